package e2etest_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	_ "github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/floedata/floe"
	"github.com/floedata/floe/dialect/mysql"
	"github.com/floedata/floe/dialect/sqlite"
	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
	sqlsink "github.com/floedata/floe/sink/sql"
	mysqlsink "github.com/floedata/floe/sink/sql/mysql"
	postgressink "github.com/floedata/floe/sink/sql/postgres"
	sqlsource "github.com/floedata/floe/source/sql"
	duckdbsource "github.com/floedata/floe/source/sql/duckdb"
	postgressource "github.com/floedata/floe/source/sql/postgres"
)

// database is one that tests copy from or to.
type database struct {
	*sql.DB
	dsn string
}

func openDatabase(t *testing.T, driver, dsn string) database {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return database{db, dsn}
}

func (d database) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := d.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// row returns the only row of a query as text.
func (d database) row(t *testing.T, query string) string {
	t.Helper()
	var text string
	if err := d.QueryRowContext(t.Context(), query).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text
}

// copyTable runs a pipeline from src to dst once and closes both.
func copyTable(t *testing.T, src *sqlsource.Source, dst sink.Sink, opts floe.Options) (res floe.Result) {
	t.Helper()
	defer func() {
		if err := errors.Join(src.Close(context.Background()), dst.Close(context.Background())); err != nil {
			t.Error(err)
		}
	}()
	p, err := floe.New("copy", src, dst, &opts)
	if err != nil {
		t.Fatal(err)
	}
	if res, err = p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return res
}

// must takes an error for the end of a test.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func summary(t *testing.T, d database, text string) string {
	t.Helper()
	return "count " + d.row(t, "SELECT CAST(count(*) AS "+text+") FROM orders") +
		", ids " + d.row(t, "SELECT CAST(sum(id) AS "+text+") FROM orders") +
		", prices " + d.row(t, "SELECT CAST(CAST(sum(price) AS DECIMAL(20,2)) AS "+text+") FROM orders") +
		", no names " + d.row(t, "SELECT CAST(count(*) AS "+text+") FROM orders WHERE name IS NULL")
}

// PostgreSQL → DuckDB, by partitions, in two runs: the second has what was added to the table since.
func TestCopyPostgresDuckDB(t *testing.T) {
	from := openDatabase(t, "pgx", servers.Postgres(t).Database(t))
	from.exec(t, "CREATE TABLE orders (id bigint PRIMARY KEY, price numeric(12,2), name text, at timestamptz, tags text[])")
	add := `INSERT INTO orders SELECT i, i %% 1000 / 45.0, CASE WHEN i %% 7 <> 0 THEN 'näme ' || i END,
		timestamptz '2024-02-29 12:00+05' + i * interval '1 microsecond', ARRAY[i::text, NULL] FROM generate_series(%d, %d) i`
	file := filepath.Join(t.TempDir(), "target.duckdb")
	for _, ids := range [][2]int64{{0, 1999}, {2000, 2999}} {
		if _, err := from.Exec(fmt.Sprintf(add, ids[0], ids[1])); err != nil {
			t.Fatal(err)
		}
		q := sqlsource.Query{Table: "orders", Key: []string{"id"}, Split: sqlsource.SplitInts(0, 3000, 3)}
		pool := must(pgxpool.New(t.Context(), from.dsn))(t)
		src := must(postgressource.New(pool, q, &sqlsource.Options{BatchRows: 300}))(t)
		res := copyTable(t, src, must(duckdb.Open(file, "orders", nil))(t), floe.Options{})
		pool.Close()
		if want := ids[1] - ids[0] + 1; res.Read != want || res.Written != want {
			t.Errorf("read %d rows and wrote %d, want %d", res.Read, res.Written, want)
		}
	}
	to := openDatabase(t, "duckdb", file)
	want := summary(t, from, "text")
	if diff := cmp.Diff(want, summary(t, to, "VARCHAR")); diff != "" {
		t.Errorf("copy mismatch (-source +target)\n%s", diff)
	}
	last := to.row(t, "SELECT concat_ws('|', id, price, name, epoch_us(at), tags, typeof(price), typeof(tags)) FROM orders ORDER BY id DESC LIMIT 1")
	if want := "2999|22.20|näme 2999|1709190000002999|[2999, NULL]|DECIMAL(12,2)|VARCHAR[]"; last != want {
		t.Errorf("the last row is %s, want %s", last, want)
	}
}

// SQLite → PostgreSQL: rows that are not of their column's type are letters.
func TestCopySQLitePostgres(t *testing.T) {
	from := openDatabase(t, "sqlite", filepath.Join(t.TempDir(), "source.db"))
	from.exec(t, "CREATE TABLE orders (id INTEGER PRIMARY KEY, price DECIMAL(12,2), name TEXT, at TIMESTAMP)",
		`WITH RECURSIVE r(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM r WHERE i < 2999)
		INSERT INTO orders SELECT i, printf('%.2f', i % 1000 / 45.0), CASE WHEN i % 7 <> 0 THEN 'näme ' || i END, '2024-02-29 12:00:00.5' FROM r`,
		"UPDATE orders SET price = 'a lot' WHERE id IN (5, 2998)")
	to := openDatabase(t, "pgx", servers.Postgres(t).Database(t))
	src := must(sqlsource.New(from.DB, sqlite.Dialect{}, sqlsource.Query{Table: "orders", Key: []string{"id"}}, &sqlsource.Options{PageRows: 700, BatchRows: 300}))(t)
	letters := sink.NewMemory(nil)
	res := copyTable(t, src, must(postgressink.Open(t.Context(), to.dsn, "orders", nil))(t), floe.Options{DeadLetter: letters})
	if res.Read != 3000 || res.Written != 2998 || res.Rejected != 2 {
		t.Errorf("%v", res)
	}
	from.exec(t, "DELETE FROM orders WHERE price = 'a lot'")
	if diff := cmp.Diff(from.row(t, "SELECT count(*) || ' ' || sum(id) || ' ' || printf('%.2f', sum(price)) FROM orders"),
		to.row(t, "SELECT count(*) || ' ' || sum(id) || ' ' || sum(price) FROM orders")); diff != "" {
		t.Errorf("copy mismatch (-source +target)\n%s", diff)
	}
	if got := to.row(t, "SELECT concat_ws('|', id, name, at, pg_typeof(price), pg_typeof(at)) FROM orders ORDER BY id DESC LIMIT 1"); got != "2999|näme 2999|2024-02-29 12:00:00.5|numeric|timestamp without time zone" {
		t.Errorf("the last row is %s", got)
	}
}

// DuckDB → MySQL, and back by the generic source: types that only one of them has.
func TestCopyDuckDBMySQL(t *testing.T) {
	from := openDatabase(t, "duckdb", filepath.Join(t.TempDir(), "source.duckdb"))
	from.exec(t, `CREATE TABLE orders AS SELECT i::UBIGINT + 18446744073709548615 AS id, (i % 1000 / 45.0)::DECIMAL(12,2) AS price,
		CASE WHEN i % 7 <> 0 THEN 'näme ' || i END AS name, TIMESTAMP '2024-02-29 12:00:00' + INTERVAL (i) MICROSECOND AS at,
		i / 3 AS third FROM range(3000) r(i)`)
	to := openDatabase(t, "mysql", servers.MariaDB(t).Database(t))
	src := must(duckdbsource.New(from.DB, sqlsource.Query{Table: "orders", Key: []string{"id"}}, &sqlsource.Options{BatchRows: 700}))(t)
	if res := copyTable(t, src, must(mysqlsink.Open(t.Context(), to.dsn, "orders", &sqlsink.Options{Mode: sink.Upsert, Key: []string{"id"}}))(t), floe.Options{}); res.Written != 3000 {
		t.Errorf("%v", res)
	}
	if diff := cmp.Diff(summary(t, from, "VARCHAR"), summary(t, to, "CHAR")); diff != "" {
		t.Errorf("copy mismatch (-source +target)\n%s", diff)
	}
	back := filepath.Join(t.TempDir(), "back.duckdb")
	src = must(sqlsource.New(to.DB, mysql.Dialect{}, sqlsource.Query{Table: "orders", Key: []string{"at"}}, &sqlsource.Options{
		PageRows: 999, Types: map[string]arrow.DataType{"price": &arrow.Decimal128Type{Precision: 12, Scale: 2}},
	}))(t)
	if res := copyTable(t, src, must(duckdb.Open(back, "orders", nil))(t), floe.Options{}); res.Written != 3000 {
		t.Errorf("%v", res)
	}
	from.exec(t, "ATTACH '"+back+"' AS back (READ_ONLY)")
	if n := from.row(t, `SELECT count(*) FROM ((SELECT id, price, name, at, third FROM orders EXCEPT SELECT id, price, name, at, third FROM back.orders)
		UNION ALL (SELECT id, price, name, at, third FROM back.orders EXCEPT SELECT id, price, name, at, third FROM orders))`); n != "0" {
		t.Errorf("%s rows are not as they were", n)
	}
}
