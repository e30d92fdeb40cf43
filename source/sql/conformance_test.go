package sql_test

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/dialect/mysql"
	"github.com/floedata/floe/dialect/postgres"
	"github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/dialect/sqlite"
	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/sourcetest"
	floesql "github.com/floedata/floe/source/sql"
)

// The contract of sources, on every database and driver, for every way of going on.
func TestContract(t *testing.T) {
	for _, driver := range sqliteDrivers {
		t.Run(driver, func(t *testing.T) {
			contract(t, sqlite.Dialect{}, func(tb testing.TB) *sql.DB { return openSQLite(tb, driver) })
		})
	}
}

func TestContractPostgres(t *testing.T) {
	dsn := servers.Postgres(t).Database(t)
	contract(t, postgres.Dialect{}, func(tb testing.TB) *sql.DB { return open(tb, "pgx", dsn) })
}

func TestContractMariaDB(t *testing.T) {
	dsn := servers.MariaDB(t).Database(t)
	contract(t, mysql.Dialect{}, func(tb testing.TB) *sql.DB { return open(tb, "mysql", dsn) })
}

// A fake Snowflake is slow to make tables, and goes the same way as the others: three queries tell.
func TestContractSnowflake(t *testing.T) {
	t.Parallel()
	dsn := snowflaketest.Start(t, &snowflaketest.Options{ChunkRows: 5}).DSN()
	contract(t, snowflake.Dialect{}, func(tb testing.TB) *sql.DB { return open(tb, "snowflake", dsn) }, "pages", "split", "gone")
}

// contract holds the source to it in the database that connect opens, by the queries named, or all.
func contract(t *testing.T, d dialect.Dialect, connect func(testing.TB) *sql.DB, only ...string) {
	whole := map[string][]arrow.Record{"numbers": {record(0, 100)}}
	quoted := strings.NewReplacer("numbers", d.Quote("numbers"), "id", d.Quote("id"), "name", d.Quote("name")).Replace
	tests := []struct {
		name string
		make []string
		q    floesql.Query
		opts floesql.Options
		want map[string][]arrow.Record
		bad  map[string]int64
	}{
		{name: "key", q: floesql.Query{Table: "numbers", Key: []string{"id"}}, want: whole},
		{name: "pages", q: floesql.Query{Table: "numbers", Key: []string{"id"}}, opts: floesql.Options{PageRows: 23}, want: whole},
		{
			name: "two columns", q: floesql.Query{Table: "numbers", Key: []string{"name", "id"}}, opts: floesql.Options{PageRows: 10},
		},
		{
			name: "ties", make: []string{"UPDATE numbers SET name = 'x' WHERE id < 50", "INSERT INTO numbers VALUES (7, 'x')"},
			q: floesql.Query{Table: "numbers", Key: []string{"name"}, Ties: true}, opts: floesql.Options{PageRows: 11},
		},
		{
			name: "split", q: floesql.Query{Table: "numbers", Key: []string{"id"}, Split: floesql.SplitInts(0, 100, 3)},
			want: map[string][]arrow.Record{
				"numbers[,33)": {record(0, 33)}, "numbers[33,66)": {record(33, 66)}, "numbers[66,)": {record(66, 100)},
			},
		},
		{
			name: "text", q: floesql.Query{
				Name: "big", Text: "SELECT id, name FROM numbers WHERE id >= " + d.Placeholder(1) + " -- from there;", Args: []any{40}, Key: []string{"id"},
			},
			want: map[string][]arrow.Record{"big": {record(40, 100)}},
		},
		{
			name: "ordered", q: floesql.Query{Name: "all", Text: "SELECT * FROM numbers ORDER BY id;", Ordered: true},
			want: map[string][]arrow.Record{"all": {record(0, 100)}},
		},
		{
			name: "gone", q: floesql.Query{Name: "run 7", Table: "numbers", Where: "id < " + d.Placeholder(1), Args: []any{30}},
			want: map[string][]arrow.Record{"run 7": {record(0, 30)}},
		},
		{name: "gone without a name", q: floesql.Query{Text: "SELECT id, name FROM numbers ORDER BY id"}},
		{
			name: "rejects", make: []string{"UPDATE numbers SET name = '4' WHERE id < 90"},
			q: floesql.Query{Table: "numbers", Key: []string{"id"}}, opts: floesql.Options{
				Types: map[string]arrow.DataType{"name": arrow.PrimitiveTypes.Int8}, PageRows: 45,
			},
		},
	}
	for _, tc := range tests {
		if len(only) > 0 && !slices.Contains(only, tc.name) {
			continue
		}
		t.Run(tc.name, func(t *testing.T) {
			sourcetest.Run(t, func(tb testing.TB) sourcetest.Harness {
				db := connect(tb)
				exec(tb, db, quoted("DROP TABLE IF EXISTS numbers")) // of the rule before
				for _, s := range append(numbers("numbers", 0, 100), tc.make...) {
					exec(tb, db, quoted(s))
				}
				q := tc.q
				q.Text, q.Where = quoted(q.Text), quoted(q.Where)
				return sourcetest.Harness{
					Close: db.Close,
					Open: func(_ context.Context, mem memory.Allocator) (source.Source, error) {
						opts := tc.opts
						opts.Allocator, opts.BatchRows = mem, 9
						opts.Types = map[string]arrow.DataType{"id": arrow.PrimitiveTypes.Int64} // Snowflake has decimals alone
						maps.Copy(opts.Types, tc.opts.Types)
						return floesql.New(db, d, q, &opts)
					},
					Want: tc.want, Rejects: tc.bad,
				}
			})
		})
	}
}
