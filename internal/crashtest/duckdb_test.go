package crashtest_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	_ "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/internal/crashtest"
	"github.com/floedata/floe/sink/duckdb"
)

// load is a pipeline from the numbers into DuckDB, in small batches.
func load(opts duckdb.Options) crashtest.Job {
	return func(ctx context.Context, dir string, loaded func()) error {
		dst, err := duckdb.Open(filepath.Join(dir, "target.duckdb"), "numbers", &opts)
		if err != nil {
			return err
		}
		return run(ctx, numbers, dst, loaded)
	}
}

func TestKillDuckDBAppend(t *testing.T)  { crashtest.Kill(t, "append", verifyAll) }
func TestKillDuckDBReplace(t *testing.T) { crashtest.Kill(t, "replace", verifyAll) }
func TestKillDuckDBUpsert(t *testing.T)  { crashtest.Kill(t, "upsert", verifyLastOfEachKey) }

// every is the source as a query.
func every() string {
	per := numbers.Batches * numbers.Rows
	return fmt.Sprintf(`SELECT i AS id, (i // %d) * %d + i %% %d AS key, 'row-' || i AS name, i / 2 AS value FROM range(%d) r(i)`,
		per, numbers.Keys, numbers.Keys, numbers.Total())
}

func verifyAll(t *testing.T, dir string) { compare(t, dir, every()) }

func verifyLastOfEachKey(t *testing.T, dir string) {
	compare(t, dir, `SELECT * FROM (`+every()+`) QUALIFY row_number() OVER (PARTITION BY key ORDER BY id DESC) = 1`)
}

// compare holds the target against the rows of a query, both as multisets.
func compare(t *testing.T, dir, want string) {
	t.Helper()
	db, err := sql.Open("duckdb", filepath.Join(dir, "target.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const columns = `id, key, name, value`
	for what, query := range map[string]string{
		"missing": `SELECT count(*), min(id) FROM (SELECT ` + columns + ` FROM (` + want + `) EXCEPT ALL SELECT ` + columns + ` FROM numbers)`,
		"surplus": `SELECT count(*), min(id) FROM (SELECT ` + columns + ` FROM numbers EXCEPT ALL SELECT ` + columns + ` FROM (` + want + `))`,
	} {
		var n int64
		var first sql.NullInt64
		if err := db.QueryRow(query).Scan(&n, &first); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			t.Errorf("%d rows %s, from id %d on", n, what, first.Int64)
		}
	}
}
