package duckdb

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// FuzzCheckUTF8 compares the check of all texts at once with that of every text by itself.
func FuzzCheckUTF8(f *testing.F) {
	ascii := bytes.Repeat([]byte("0123456789"), 7)
	for _, s := range []string{"", "a", "é", "\xc3", "\xe2\x82", "€uro", "\xed\xa0\x80", "\U0001F600", "\xff"} {
		for _, before := range []int{0, 7, 8, 31, 32, 33, 70} {
			f.Add(append(append([]byte{}, ascii[:before]...), s...), before+1)
			f.Add(append(append(append([]byte{}, ascii[:before]...), s...), ascii...), before)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		first := bytes.IndexFunc(data, func(r rune) bool { return r >= utf8.RuneSelf })
		if first < 0 {
			first = len(data)
		}
		if n := asciiPrefix(data); n > first || n <= first-32 {
			t.Fatalf("asciiPrefix(%q) = %d, the first byte that is not ASCII is at %d", data, n, first)
		}
		cut = max(0, min(cut, len(data)))
		texts := []string{string(data[:cut]), string(data[cut:])}
		b := array.NewStringBuilder(memory.DefaultAllocator)
		defer b.Release()
		b.AppendValues(texts, nil)
		a := b.NewStringArray()
		defer a.Release()
		var got faults
		checkUTF8(a, a.ValueOffsets(), a.ValueBytes(), a.Value, &got)
		for i, text := range texts {
			if _, bad := faultOf(got.list, int64(i)); bad == utf8.ValidString(text) {
				t.Fatalf("text %d of %q: refused %v", i, texts, bad)
			}
		}
	})
}

func BenchmarkCheckUTF8(b *testing.B) {
	const rows = 122_880
	for name, text := range map[string]string{
		"ascii": "0123456789abcdef0123456789abcdef", "mixed": "Düsseldorf Hauptbahnhof, Gleis 16", "cyrillic": "Привет как дела",
	} {
		b.Run("text="+name, func(b *testing.B) {
			bld := array.NewStringBuilder(memory.DefaultAllocator)
			defer bld.Release()
			for range rows {
				bld.Append(text)
			}
			a := bld.NewStringArray()
			defer a.Release()
			for b.Loop() {
				var f faults
				checkUTF8(a, a.ValueOffsets(), a.ValueBytes(), a.Value, &f)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}
