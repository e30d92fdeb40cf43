package e2etest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/floedata/floe"
)

// TestMemoryLimit loads a large file three times over with little memory. What the pipeline holds stays below the limit but for
// what is documented: growth where records are joined is a debt, of which each batch on its way may have one record.
func TestMemoryLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("the large file is loaded without -short only")
	}
	large := data(t, "flights-3m.parquet")
	const links, rows, limit = 3, 3_000_000, 64 << 20
	dir := t.TempDir()
	for i := range links {
		if err := os.Symlink(large, filepath.Join(dir, fmt.Sprint(i, ".parquet"))); err != nil {
			t.Fatal(err)
		}
	}
	w := into(t, dir)
	w.opts.MemoryLimit, w.to.MemoryLimit = limit, 256<<20
	var most int64
	var sampling sync.WaitGroup
	done := make(chan struct{})
	res, err := w.start(t.Context(), func(p *floe.Pipeline) {
		sampling.Go(func() {
			for tick := time.NewTicker(time.Millisecond); ; {
				most = max(most, p.Progress().Memory)
				select {
				case <-done:
					tick.Stop()
					return
				case <-tick.C:
				}
			}
		})
	})
	close(done)
	sampling.Wait()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v; at most %.1f MiB were held", res, float64(most)/(1<<20))
	if res.Written != links*rows {
		t.Errorf("%d rows are written, want %d", res.Written, links*rows)
	}
	if most > limit+12<<20 {
		t.Errorf("%d bytes were held, the limit is %d", most, limit)
	}
	if got := ask(t, w.db, "SELECT count(*), sum(delay)::BIGINT, sum(distance)::BIGINT FROM t")[0]; got != ask(t, "", at(fmt.Sprintf("SELECT count(*) * %d, sum(delay)::BIGINT * %d, sum(distance)::BIGINT * %d FROM read_parquet('{}')", links, links, links), large))[0] {
		t.Errorf("count and sums are %s", got)
	}
}
