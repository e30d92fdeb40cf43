package parquet_test

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/decode/parquet"
)

// FuzzRead changes files of real writers: whatever comes of it, reading ends
// without a panic, holds no memory afterwards, and gives whole batches or an error.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(files) == 0 {
		f.Fatal("no files", err)
	}
	for i, path := range files {
		f.Add(testdata(f, filepath.Base(path)), uint32(i*7919), byte(i), uint16(i))
	}
	f.Fuzz(func(t *testing.T, b []byte, at uint32, change byte, start uint16) {
		if len(b) == 0 || len(b) > 1<<20 {
			return
		}
		b = bytes.Clone(b)
		b[int(at)%len(b)] ^= change
		readBroken(t, b, int64(start))
	})
}

// readBroken reads what may be corrupt.
func readBroken(t *testing.T, b []byte, start int64) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	f, err := parquet.Open(context.Background(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return
	}
	r, err := f.Reader(parquet.Options{Allocator: mem, BatchRows: 50, Parallel: 1, Start: start % (f.NumRows() + 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for n := 0; n < 20; n++ {
		rec, err := r.Next(context.Background())
		if err == io.EOF {
			return
		}
		if err != nil {
			if bytes.Contains([]byte(err.Error()), []byte("runtime error")) {
				t.Fatal(err)
			}
			return
		}
		// Every value is looked at: offsets and indices must be sound.
		for _, col := range rec.Columns() {
			for i := range col.Len() {
				_ = col.ValueStr(i)
			}
		}
		rec.Release()
	}
}

// TestMutations changes bytes all over the small files, one at a time.
func TestMutations(t *testing.T) {
	for i, tc := range []struct {
		name   string
		places int
	}{
		{"delta-v1", 150},
		{"polars", 150},
		{"int96", 150},
		{"nested-v2-index", 40}, // each takes long
		{"flat-v1-snappy", 150},
		{"flat-none-v2", 150},
		{"large-dictionary", 80},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := testdata(t, tc.name+".parquet")
			step := max(1, len(b)/tc.places)
			if testing.Short() {
				step *= 4
			}
			for at := i % step; at < len(b); at += step {
				for _, change := range []byte{0x01, 0x80, 0xff} {
					b[at] ^= change
					readBroken(t, b, int64(at%60))
					b[at] ^= change
				}
			}
		})
	}
}

// TestTruncated cuts files short.
func TestTruncated(t *testing.T) {
	b := testdata(t, "polars.parquet")
	for n := range len(b) {
		if _, err := parquet.Open(context.Background(), bytes.NewReader(b[:n]), int64(n)); err == nil {
			t.Fatalf("the first %d of %d bytes open as a file", n, len(b))
		}
	}
}
