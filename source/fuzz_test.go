package source_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/source"
)

// FuzzPosition opens after any text: it is one of the positions given, or an OffsetError that names it.
func FuzzPosition(f *testing.F) {
	for _, s := range []string{"", "0", "1", "2", "+1", "01", "-1", "1 ", "\x00", "18446744073709551617"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, after string) {
		rec := record(memory.DefaultAllocator, 7)
		defer rec.Release()
		p := partition(t, source.FromRecords("x", rec, rec))
		r, err := p.Open(t.Context(), after)
		var lost *source.OffsetError
		if errors.As(err, &lost) && lost.Position == after {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for ; err == nil; n++ {
			var b source.Batch
			b, err = r.Next(t.Context())
			b.Release()
		}
		if read := strconv.Itoa(2 - (n - 1)); after != read && (after != "" || read != "0") {
			t.Errorf("after %q %d records came", after, n-1)
		}
	})
}
