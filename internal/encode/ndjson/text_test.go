package ndjson_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/encode/ndjson"
)

// TestEveryByte has each character of one byte at each place of a text, before and behind where eight are looked at.
func TestEveryByte(t *testing.T) {
	b := array.NewStringBuilder(checked(t))
	defer b.Release()
	var want []string
	for c := range rune(0x100) {
		for n := range 20 {
			for _, at := range []int{0, n / 2, n} {
				want = append(want, strings.Repeat("x", at)+string(c)+strings.Repeat("y", n-at))
				b.Append(want[len(want)-1])
			}
		}
	}
	for i, line := range lines(t, record(t, b.NewArray()), nil) {
		var got struct{ C *string }
		if err := json.Unmarshal([]byte(line), &got); err != nil || got.C == nil || *got.C != want[i] {
			t.Fatalf("%q is written as %s: %v", want[i], line, err)
		}
	}
}

// FuzzText has two texts side by side in one array: the bytes of one may be valid behind those of the other alone.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a\"b", "\x00\x1f\x7f", "\u2028", "é\\", "\xff", "0123456789\n0123456789"} {
		f.Add(s, "", false)
		f.Add("\xc3", s, true)
	}
	f.Fuzz(func(t *testing.T, s, u string, asJSON bool) {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		defer b.Release()
		b.AppendStringValues([]string{s, u}, nil)
		rec := record(t, b.NewArray())
		e, err := ndjson.New(rec.Schema(), &ndjson.Options{JSON: func(arrow.Field) bool { return asJSON }})
		if err != nil {
			t.Fatal(err)
		}
		fine := func(s string) bool { return utf8.ValidString(s) && (!asJSON || json.Valid([]byte(s))) }
		var fault *ndjson.ValueError
		switch err := e.Bind(rec); {
		case fine(s) && fine(u):
			if err != nil {
				t.Fatal(err)
			}
		case !errors.As(err, &fault) || (fault.Row == 0) != !fine(s):
			t.Fatalf("Bind = %v for %q and %q", err, s, u)
		default:
			return
		}
		out, _ := e.Append(nil, 0, 2, math.MaxInt)
		texts := strings.Split(string(out), "\n")
		if len(texts) != 3 {
			t.Fatalf("%q has not two lines", out)
		}
		for i, want := range []string{s, u} {
			var got struct{ C json.RawMessage }
			if err := json.Unmarshal([]byte(texts[i]), &got); err != nil {
				t.Fatalf("%q: %v", texts[i], err)
			}
			if asJSON {
				want = strings.TrimSpace(strings.NewReplacer("\n", " ", "\r", " ").Replace(want))
			} else {
				var s string
				if err := json.Unmarshal(got.C, &s); err != nil {
					t.Fatal(err)
				}
				got.C = json.RawMessage(s)
			}
			if string(got.C) != want {
				t.Errorf("%q came back as %q", want, got.C)
			}
		}
	})
}

// FuzzNumbers has floats and decimals read back as they were.
func FuzzNumbers(f *testing.F) {
	for _, v := range []float64{0, math.Copysign(0, -1), 0.1, 12.345678, 1e15, 999999999.999999, 1e-6, 1e-7, 5e-324, math.MaxFloat64, 0.3 + 0.6} {
		f.Add(v, int64(v))
	}
	f.Fuzz(func(t *testing.T, v float64, n int64) {
		fb := array.NewFloat64Builder(memory.DefaultAllocator)
		defer fb.Release()
		list := []float64{v, float64(n) / 1e6, math.Float64frombits(uint64(n)), -v}
		fb.AppendValues(list, nil)
		for i, line := range lines(t, record(t, fb.NewArray()), nil) {
			d := json.NewDecoder(strings.NewReader(line))
			d.UseNumber()
			var got struct{ C any }
			if err := d.Decode(&got); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if err := alikeDouble(got.C, list[i]); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	})
}
