package crashtest_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/floedata/floe/dialect"
	dialectmysql "github.com/floedata/floe/dialect/mysql"
	dialectpostgres "github.com/floedata/floe/dialect/postgres"
	dialectsnowflake "github.com/floedata/floe/dialect/snowflake"
	dialectsqlite "github.com/floedata/floe/dialect/sqlite"
	"github.com/floedata/floe/internal/crashtest"
	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/mysql"
	"github.com/floedata/floe/sink/sql/postgres"
	"github.com/floedata/floe/sink/sql/sqlite"
)

// database is one that a job loads into: each job its own table or file.
type database struct {
	d        dialect.Dialect
	driver   string
	appends  bool   // and does nothing else
	variable string // tells a child where its database is; "" = in a file in the job's directory
	dsn      func(tb servers.TB) string
	open     func(ctx context.Context, dsn, table string, opts *floesql.Options) (sink.Sink, error)
}

var databases = map[string]database{
	"postgres": {
		d: dialectpostgres.Dialect{}, driver: "pgx", variable: "FLOE_CRASHTEST_POSTGRES",
		dsn: func(tb servers.TB) string { return servers.Postgres(tb).Database(tb) },
		open: func(ctx context.Context, dsn, table string, opts *floesql.Options) (sink.Sink, error) {
			return postgres.Open(ctx, dsn, table, opts)
		},
	},
	"mysql": {
		d: dialectmysql.Dialect{}, driver: "mysql", variable: "FLOE_CRASHTEST_MARIADB",
		dsn: func(tb servers.TB) string { return servers.MariaDB(tb).Database(tb) },
		open: func(ctx context.Context, dsn, table string, opts *floesql.Options) (sink.Sink, error) {
			return mysql.Open(ctx, dsn, table, opts)
		},
	},
	"snowflake": {
		d: dialectsnowflake.Dialect{}, driver: "snowflake", variable: "FLOE_CRASHTEST_SNOWFLAKE",
		dsn: func(tb servers.TB) string {
			return snowflaketest.Start(tb.(testing.TB), &snowflaketest.Options{LocalStages: true}).DSN()
		},
		open: func(ctx context.Context, dsn, table string, opts *floesql.Options) (sink.Sink, error) {
			dsn += "&maxRetryCount=1" // the driver waits seconds before it tries again; the engine does not
			return snowflake.Open(ctx, snowflake.Config{DSN: dsn}, table, &snowflake.Options{Mode: opts.Mode, Key: opts.Key, KeepCase: true})
		},
	},
	"streamed": streamed,
	"piped":    piped,
	"sqlite": {
		d: dialectsqlite.Dialect{}, driver: "sqlite",
		open: func(_ context.Context, path, table string, opts *floesql.Options) (sink.Sink, error) {
			return sqlite.Open(path, table, opts)
		},
	},
}

// small is enough for servers, which take each load by itself.
var small = crashtest.Numbers{Partitions: 3, Batches: 20, Rows: 200, Keys: 300}

var modes = map[string]floesql.Options{
	"append":  {},
	"upsert":  {Mode: sink.Upsert, Key: []string{"key"}},
	"replace": {Mode: sink.Replace},
}

func (d database) place(dir string) (dsn, table string) {
	if d.variable == "" {
		return filepath.Join(dir, "target.sqlite"), "numbers"
	}
	return os.Getenv(d.variable), filepath.Base(dir)
}

// sqlJobs are named by database and mode.
func sqlJobs() map[string]crashtest.Job {
	jobs := map[string]crashtest.Job{}
	for name, d := range databases {
		for mode, opts := range modes {
			jobs[name+" "+mode] = func(ctx context.Context, dir string, loaded func()) error {
				dsn, table := d.place(dir)
				dst, err := d.open(ctx, dsn, table, &opts)
				if err != nil {
					return err
				}
				return run(ctx, small, dst, loaded)
			}
		}
	}
	return jobs
}

func TestKillPostgresAppend(t *testing.T)   { killSQL(t, "postgres", "append") }
func TestKillPostgresUpsert(t *testing.T)   { killSQL(t, "postgres", "upsert") }
func TestKillPostgresReplace(t *testing.T)  { killSQL(t, "postgres", "replace") }
func TestKillMariaDBAppend(t *testing.T)    { killSQL(t, "mysql", "append") }
func TestKillMariaDBUpsert(t *testing.T)    { killSQL(t, "mysql", "upsert") }
func TestKillMariaDBReplace(t *testing.T)   { killSQL(t, "mysql", "replace") }
func TestKillSnowflakeAppend(t *testing.T)  { killSQL(t, "snowflake", "append") }
func TestKillSnowflakeUpsert(t *testing.T)  { killSQL(t, "snowflake", "upsert") }
func TestKillSnowflakeReplace(t *testing.T) { killSQL(t, "snowflake", "replace") }
func TestKillSQLiteAppend(t *testing.T)     { killSQL(t, "sqlite", "append") }
func TestKillSQLiteUpsert(t *testing.T)     { killSQL(t, "sqlite", "upsert") }
func TestKillSQLiteReplace(t *testing.T)    { killSQL(t, "sqlite", "replace") }

func killSQL(t *testing.T, name, mode string) {
	d := databases[name]
	if d.variable != "" {
		t.Setenv(d.variable, d.dsn(t))
	}
	crashtest.Kill(t, name+" "+mode, func(t *testing.T, dir string) {
		t.Helper()
		dsn, table := d.place(dir)
		d.verify(t, dsn, table, small, mode == "upsert")
	})
}

// verify holds the table against the source, row by row, and drops it.
func (d database) verify(t *testing.T, dsn, table string, n crashtest.Numbers, lastOfKey bool) {
	t.Helper()
	db, err := sql.Open(d.driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	names := dialect.Names(d.d, []string{"id", "key", "name", "value"})
	rows, err := db.Query("SELECT " + names + " FROM " + d.d.Quote(table) + " ORDER BY " + d.d.Quote("id"))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	want := n.IDs(lastOfKey)
	for rows.Next() {
		var id, key int64
		var name string
		var value float64
		if err := rows.Scan(&id, &key, &name, &value); err != nil {
			t.Fatal(err)
		}
		if len(want) == 0 || id != want[0] {
			t.Fatalf("row %d is there in the place of %v", id, want[:min(1, len(want))])
		}
		if wantName := fmt.Sprint("row-", id); key != n.Key(id) || name != wantName || value != float64(id)/2 {
			t.Fatalf("row %d is (%d, %q, %v)", id, key, name, value)
		}
		want = want[1:]
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(want) > 0 {
		t.Fatalf("%d rows are missing, from id %d on", len(want), want[0])
	}
	if _, err := db.Exec("DROP TABLE " + d.d.Quote(table)); err != nil {
		t.Fatal(err)
	}
}
