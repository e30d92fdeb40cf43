package file_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/source/file"
)

// Many tiny files make few batches, in little time, and few of their positions are long.
func TestTenThousandFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 10,000 files")
	}
	const files = 10_000
	mem := memory.NewGoAllocator()
	kinds := []struct {
		ext   string
		files int
		text  func(i int) string
	}{
		{"csv", 4000, func(i int) string { return csvNumbers(i, 1) }},
		{"json", 4000, func(i int) string { return jsonNumbers(i, 1) }},
		{"csv.gz", 1000, func(i int) string { return gz(t, csvNumbers(i, 1)) }},
		{"parquet", 1000, func(i int) string { return parquetFile(t, numbers(mem, i, 1, 1)...) }},
	}
	dir, n := t.TempDir(), 0
	for _, k := range kinds {
		for range k.files {
			write(t, dir, fmt.Sprintf("%05d.%s", n, k.ext), k.text(n))
			n++
		}
	}
	s, err := file.New([]string{filepath.Join(dir, "*")}, &file.Options{Allocator: checked(t)})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	res, err := run(t.Context(), s, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	t.Logf("%d files in %v, %d batches, position of %d bytes", files, took, len(res.batches), len(res.position()))
	if diff := cmp.Diff(want(0, files), res.rows()); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
	if len(res.batches) > 3 {
		t.Errorf("%d batches, want at most 3", len(res.batches))
	}
	if took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
	again, err := run(t.Context(), s, res.position(), 0)
	if err != nil || len(again.batches) > 0 {
		t.Errorf("a second run: %d batches, error %v", len(again.batches), err)
	}
}
