package crashtest_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/floedata/floe/internal/crashtest"
	floesql "github.com/floedata/floe/sink/sql"
)

const rivalsVar = "FLOE_CRASHTEST_RIVALS" // the database of both processes

// rivalJobs are named by database and process.
func rivalJobs() map[string]crashtest.Job {
	jobs := map[string]crashtest.Job{}
	for name, d := range databases {
		for _, process := range []string{" a", " b"} {
			jobs[name+process] = func(ctx context.Context, _ string, _ func()) error {
				dst, err := d.open(ctx, os.Getenv(rivalsVar), "rivals", &floesql.Options{})
				if err != nil {
					return err
				}
				return crashtest.Rival(ctx, name+process, dst)
			}
		}
	}
	return jobs
}

func TestRivalsPostgres(t *testing.T)  { rivals(t, "postgres") }
func TestRivalsMariaDB(t *testing.T)   { rivals(t, "mysql") }
func TestRivalsSnowflake(t *testing.T) { rivals(t, "snowflake") }
func TestRivalsSQLite(t *testing.T)    { rivals(t, "sqlite") }

// rivals is 100 interleavings of two processes; after each the table, which the first of them makes, holds the winner's
// rows of its partition and of those before.
func rivals(t *testing.T, of string) {
	d := databases[of]
	dsn := filepath.Join(t.TempDir(), "target.sqlite")
	if d.variable != "" {
		dsn = d.dsn(t)
	}
	t.Setenv(rivalsVar, dsn)
	db, err := sql.Open(d.driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	table, id, name := d.d.Quote("rivals"), d.d.Quote("id"), d.d.Quote("name")
	crashtest.Rivals(t, [2]string{of + " a", of + " b"}, 100, func(t *testing.T, partition, winner string) {
		var rows, ids, others int
		err := db.QueryRow("SELECT count(*), count(DISTINCT "+id+"), coalesce(sum(CASE WHEN "+name+" = '"+winner+"' THEN 0 ELSE 1 END), 0) FROM "+table).
			Scan(&rows, &ids, &others)
		if err != nil {
			t.Fatal(err)
		}
		if rows != crashtest.RivalRows || ids != rows || others != 0 {
			t.Errorf("%s, won by %s: %d rows of %d ids, %d of them not the winner's; want %d", partition, winner, rows, ids, others, crashtest.RivalRows)
		}
		if _, err := db.Exec("DELETE FROM " + table); err != nil {
			t.Fatal(err)
		}
	})
}
