package e2etest_test

import (
	"flag"
	"os"
	"testing"

	"github.com/floedata/floe/internal/crashtest"
)

// TestMain runs the tests, or what one of them wants done in a process of its own.
func TestMain(m *testing.M) {
	child(os.Getenv(childVar))
	// Three jobs of a few kills each; -crash.kills says otherwise.
	if err := flag.Set("crash.kills", "3"); err != nil {
		panic(err)
	}
	crashtest.Main(m, map[string]crashtest.Job{
		"csv.gz":     loadKilled("*.csv.gz"),
		"ndjson.zst": loadKilled("*.ndjson.zst"),
		"parquet":    loadKilled("*.parquet"),
	})
}
