package file_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/source/file"
)

// Empty files are looked at by every run, which takes little time and no place in positions.
func TestTenThousandEmptyFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 10,000 files")
	}
	const files = 10_000
	dir := t.TempDir()
	for i := range files {
		write(t, dir, fmt.Sprintf("%05d.csv", i), []string{"", "id,name\n"}[i%2])
	}
	write(t, dir, "rows.csv", csvNumbers(0, 3))
	s, err := file.New([]string{dir}, &file.Options{Allocator: checked(t)})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	res, err := run(t.Context(), s, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want(0, 3), res.rows()); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
	if n := len(res.position()); n > 100 {
		t.Errorf("a position of %d bytes", n)
	}
	again, err := run(t.Context(), s, res.position(), 0)
	if err != nil || len(again.batches) > 0 {
		t.Errorf("a second run: %d batches, error %v", len(again.batches), err)
	}
	took := time.Since(start)
	t.Logf("two runs over %d files in %v", files, took)
	if took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}
