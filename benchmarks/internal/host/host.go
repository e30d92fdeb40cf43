// Package host starts the database servers that benchmarks load into. They are those of the tests, with the memory of a
// small server in production: nothing is synced to the disk, so that what is measured is the database and not the disk
// of the machine, on both sides of a comparison alike. No work of their own falls into a measurement: neither
// checkpoints nor vacuum.
package host

import (
	"errors"
	"fmt"
	"os"

	"github.com/floedata/floe/internal/servers"
)

// variable of the environment has the DSN for the processes that measure.
const variable = "FLOE_BENCHMARK_DSN"

// DSN returns how a process started after [Postgres] or [MariaDB] connects.
func DSN() string { return os.Getenv(variable) }

// Postgres starts a PostgreSQL with an empty database, until stop.
func Postgres() (stop func() error, err error) {
	return start(func(t servers.TB) *servers.Private {
		return servers.StartPostgres(t, "shared_buffers=512MB", "max_wal_size=8GB", "checkpoint_timeout=1h", "autovacuum=off")
	})
}

// MariaDB starts a MariaDB with an empty database, until stop.
func MariaDB() (stop func() error, err error) {
	return start(func(t servers.TB) *servers.Private {
		return servers.StartMariaDB(t, "innodb-buffer-pool-size=1G", "innodb-log-file-size=1G")
	})
}

func start(server func(servers.TB) *servers.Private) (stop func() error, err error) {
	h := &holder{}
	defer func() {
		if failure, ok := recover().(failure); ok {
			err = errors.Join(failure.error, h.stop())
		}
	}()
	s := server(h)
	return h.stop, os.Setenv(variable, s.Database(h))
}

// holder stands in for the test that the servers are usually for.
type holder struct {
	cleanups []func()
	errs     []error
}

// failure is how a holder ends what cannot go on.
type failure struct{ error }

func (*holder) Helper()                          {}
func (*holder) Name() string                     { return "benchmark" }
func (h *holder) Cleanup(f func())               { h.cleanups = append(h.cleanups, f) }
func (h *holder) Errorf(format string, a ...any) { h.errs = append(h.errs, fmt.Errorf(format, a...)) }
func (*holder) Fatalf(format string, a ...any)   { panic(failure{fmt.Errorf(format, a...)}) }
func (*holder) Skipf(format string, a ...any)    { panic(failure{fmt.Errorf(format, a...)}) }

func (h *holder) stop() error {
	for len(h.cleanups) > 0 {
		last := len(h.cleanups) - 1
		h.cleanups[last]()
		h.cleanups = h.cleanups[:last]
	}
	return errors.Join(h.errs...)
}
