package crashtest_test

import (
	"context"
	"errors"
	"maps"
	"testing"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/internal/crashtest"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
)

var numbers = crashtest.Numbers{Partitions: 3, Batches: 40, Rows: 500, Keys: 700}

func TestMain(m *testing.M) {
	jobs := map[string]crashtest.Job{
		"append":  load(duckdb.Options{}),
		"upsert":  load(duckdb.Options{Mode: sink.Upsert, Key: []string{"key"}}),
		"replace": load(duckdb.Options{Mode: sink.Replace}),
	}
	maps.Copy(jobs, sqlJobs())
	maps.Copy(jobs, rivalJobs())
	crashtest.Main(m, jobs)
}

// run moves the numbers into dst in small batches, and closes it.
func run(ctx context.Context, n crashtest.Numbers, dst sink.Sink, loaded func()) error {
	p, err := floe.New("crash", n.Source(), dst, &floe.Options{
		Batching: batching.Policy{Rows: 2 * int64(n.Rows)},
		Hooks:    floe.Hooks{Loaded: func(floe.BatchInfo) { loaded() }},
	})
	if err == nil {
		_, err = p.Run(ctx)
	}
	return errors.Join(err, dst.Close(ctx))
}
