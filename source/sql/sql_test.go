package sql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/dialect/mysql"
	"github.com/floedata/floe/dialect/postgres"
	"github.com/floedata/floe/dialect/sqlite"
	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/source"
	floesql "github.com/floedata/floe/source/sql"
)

func newSource(t *testing.T, db *sql.DB, d dialect.Dialect, q floesql.Query, opts floesql.Options) *floesql.Source {
	t.Helper()
	opts.Allocator = checked(t)
	s, err := floesql.New(db, d, q, &opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// readOne reads the only partition.
func readOne(t *testing.T, s *floesql.Source, after string) (*result, error) {
	t.Helper()
	var res *result
	for p, err := range s.Partitions(t.Context()) {
		if err != nil {
			return nil, err
		}
		if res, err = readPartition(t.Context(), p, after, 0); err != nil {
			return res, err
		}
	}
	return res, nil
}

// Rows that come behind the position are read by the next run, also where the row at the position is gone.
func TestGoOn(t *testing.T) {
	db := openSQLite(t, "sqlite", numbers("t", 0, 10)...)
	q := floesql.Query{Table: "t", Key: []string{"id"}}
	s := newSource(t, db, sqlite.Dialect{}, q, floesql.Options{BatchRows: 4})
	first, err := readOne(t, s, "")
	if err != nil || len(first.rows) != 10 || first.position != "s1|i9" {
		t.Fatalf("%+v, %v", first, err)
	}
	exec(t, db, insertNumbers("t", 10, 12))
	more, err := readOne(t, s, first.position)
	if diff := cmp.Diff([]string{"10 row 10", "11 row 11"}, more.rows); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	exec(t, db, "DELETE FROM t WHERE id <= 11", insertNumbers("t", 12, 13))
	if more, err = readOne(t, s, more.position); err != nil || len(more.rows) != 1 {
		t.Errorf("%+v, %v", more, err)
	}
}

// What a key would pass over, or not tell apart, is an error that names it, wherever reading begins.
func TestBadKeys(t *testing.T) {
	for _, driver := range sqliteDrivers {
		db := openSQLite(t, driver, numbers("t", 0, 10)...)
		exec(t, db, "INSERT INTO t VALUES (5, 'twice')")
		q := floesql.Query{Table: "t", Key: []string{"id"}}
		for _, opts := range []floesql.Options{{}, {BatchRows: 1}, {BatchRows: 6}, {PageRows: 1}, {PageRows: 6}, {PageRows: 3, BatchRows: 2}} {
			s := newSource(t, db, sqlite.Dialect{}, q, opts)
			for _, after := range []string{"", "s1|i4", "s1|i5"} {
				if _, err := readOne(t, s, after); err == nil || !strings.Contains(err.Error(), "two rows have the key (id) = (5)") {
					t.Errorf("%+v after %q: %v", opts, after, err)
				}
			}
		}
		exec(t, db, "UPDATE t SET id = NULL WHERE id = 7")
		s := newSource(t, db, sqlite.Dialect{}, q, floesql.Options{})
		if _, err := readOne(t, s, "s1|i8"); err == nil || !strings.Contains(err.Error(), `column "id" is NULL`) {
			t.Errorf("with a NULL: %v", err)
		}
	}
}

// Rows of one key, some of which were given, must still be there.
func TestTiesGone(t *testing.T) {
	db := openSQLite(t, "sqlite", "CREATE TABLE t (day INT, n INT)", "INSERT INTO t VALUES (1, 1), (2, 1), (2, 2), (2, 3), (3, 1)")
	s := newSource(t, db, sqlite.Dialect{}, floesql.Query{Table: "t", Key: []string{"day"}, Ties: true}, floesql.Options{BatchRows: 3})
	for p := range s.Partitions(t.Context()) {
		res, err := readPartition(t.Context(), p, "", 1)
		if err != nil || res.position != "s1|i2|*2" {
			t.Fatalf("%+v, %v", res, err)
		}
	}
	rest, err := readOne(t, s, "s1|i2|*2")
	if diff := cmp.Diff([]string{"2 3", "3 1"}, rest.rows); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	exec(t, db, "DELETE FROM t WHERE day = 2 AND n > 1")
	var lost *source.OffsetError
	if _, err := readOne(t, s, "s1|i2|*2"); !errors.As(err, &lost) {
		t.Errorf("with rows gone: %v", err)
	}
	exec(t, db, "DELETE FROM t WHERE day = 3")
	if _, err := readOne(t, s, "s1|i2|*2"); !errors.As(err, &lost) {
		t.Errorf("with rows gone at the end: %v", err)
	}
}

// A position behind the rows that there are is refused.
func TestOrderedShorter(t *testing.T) {
	db := openSQLite(t, "sqlite", numbers("t", 0, 10)...)
	s := newSource(t, db, sqlite.Dialect{}, floesql.Query{Name: "x", Text: "SELECT * FROM t ORDER BY id", Ordered: true}, floesql.Options{})
	var lost *source.OffsetError
	if _, err := readOne(t, s, "s1|#11"); !errors.As(err, &lost) || !strings.Contains(lost.Lost, "10 rows") {
		t.Errorf("%v", err)
	}
	if res, err := readOne(t, s, "s1|#10"); err != nil || len(res.rows) != 0 {
		t.Errorf("at the end: %+v, %v", res, err)
	}
}

func TestConfiguration(t *testing.T) {
	db := openSQLite(t, "sqlite")
	for _, tc := range []struct {
		q    floesql.Query
		opts floesql.Options
		want []string
	}{
		{floesql.Query{}, floesql.Options{}, []string{"Query.Table"}},
		{floesql.Query{Table: "t", Text: "SELECT 1"}, floesql.Options{}, []string{"Query.Text"}},
		{floesql.Query{Text: "SELECT 1", Key: []string{"a"}, Columns: []string{"b"}}, floesql.Options{}, []string{"Query.Name", "Query.Text", "Query.Key"}},
		{floesql.Query{Table: "t", Key: []string{"a", "a", ""}, Ordered: true, Args: []any{1}}, floesql.Options{}, []string{"Query.Args", "Query.Key", "Query.Key", "Query.Ordered"}},
		{floesql.Query{Table: "t", Ties: true, Split: []any{1}}, floesql.Options{PageRows: 1}, []string{"Query.Ties", "Query.Split", "Options.PageRows"}},
		{
			floesql.Query{Table: "t", Key: []string{"a"}, Split: []any{struct{}{}}},
			floesql.Options{PageRows: -1, BatchRows: -1, BatchBytes: -1, Types: map[string]arrow.DataType{"a": nil}},
			[]string{"Options.Types", "Options.PageRows", "Options.BatchRows", "Options.BatchBytes", "Query.Split"},
		},
	} {
		_, err := floesql.New(db, sqlite.Dialect{}, tc.q, &tc.opts)
		var faults *config.Error
		if !errors.As(err, &faults) {
			t.Errorf("%+v: %v", tc.q, err)
			continue
		}
		var got []string
		for _, f := range faults.Faults {
			got = append(got, f.Field)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%+v mismatch (-want +got)\n%s", tc.q, diff)
		}
	}
	exec(t, db, "CREATE TABLE t (a INT, j NUMERIC)")
	for want, q := range map[string]floesql.Query{
		`"b", which is no column`:                {Table: "t", Key: []string{"b"}, Columns: []string{"a", "b"}},
		`column "j" is of type NUMERIC`:          {Table: "t", Key: []string{"a"}},
		`two columns are named "a"`:              {Name: "x", Text: "SELECT a, a FROM t", Ordered: true},
		`column "x" is an expression whose type`: {Name: "x", Text: "SELECT a + 1 AS x FROM t", Ordered: true},
		`is not behind the one before`:           {Table: "t", Columns: []string{"a"}, Key: []string{"a"}, Split: []any{5, 5}},
		`is not a value of type int64`:           {Table: "t", Columns: []string{"a"}, Key: []string{"a"}, Split: []any{"x"}},
	} {
		s := newSource(t, db, sqlite.Dialect{}, q, floesql.Options{})
		if _, err := readOne(t, s, ""); err == nil {
			t.Errorf("%+v: no error, want %s", q, want)
		} else if !strings.Contains(err.Error(), want) && !strings.Contains(want, "no column") {
			t.Errorf("%+v: %v, want %s", q, err, want)
		}
	}
}

func TestSplitValues(t *testing.T) {
	if diff := cmp.Diff([]any{int64(33), int64(66)}, floesql.SplitInts(0, 100, 3)); diff != "" {
		t.Error(diff)
	}
	if got := floesql.SplitInts(math.MinInt64, math.MaxInt64, 2); len(got) != 1 || got[0] != int64(-1) {
		t.Errorf("the whole range: %v", got)
	}
	if got := floesql.SplitInts(0, 2, 100); len(got) != 1 {
		t.Errorf("a narrow range: %v", got)
	}
	day := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	if diff := cmp.Diff([]any{day.Add(12 * time.Hour)}, floesql.SplitTimes(day, day.AddDate(0, 0, 1), 2)); diff != "" {
		t.Error(diff)
	}
}

// Every type comes as it is, from every database; what does not fit is a reject.
func TestTypes(t *testing.T) {
	databases := []struct {
		name   string
		d      dialect.Dialect
		open   func() *sql.DB
		values []typed
	}{
		{"sqlite", sqlite.Dialect{}, func() *sql.DB { return openSQLite(t, "sqlite") }, sqliteValues},
		{"sqlite3", sqlite.Dialect{}, func() *sql.DB { return openSQLite(t, "sqlite3") }, sqliteValues},
		{"postgres", postgres.Dialect{}, func() *sql.DB { return open(t, "pgx", servers.Postgres(t).Database(t)) }, []typed{
			{"bigint", "-9223372036854775808", "int64", "-9223372036854775808"},
			{"real", "'3.4028235e38'", "float32", "3.4028235e+38"},
			{"numeric(20,3)", "12345678901234567.125", "decimal(20, 3)", "12345678901234567.125"},
			{"numeric(60,1)", "-12345678901234567890123456789012345678901.5", "decimal256(60, 1)", "-12345678901234567890123456789012345678901.5"},
			{"numeric", "1e-20", "utf8", "0.00000000000000000001"},
			{"numeric(5,2)", "'NaN'", "decimal(5, 2)", "reject"},
			{"date", "'infinity'", "date32", "reject"},
			{"date", "'0001-01-01'", "date32", "0001-01-01"},
			{"time", "'23:59:59.999999'", "time64[us]", "23:59:59.999999"},
			{"timestamp", "'2024-02-29 12:00:00.000001'", "timestamp[us]", "2024-02-29 12:00:00.000001Z"},
			{"timestamptz", "'2024-02-29 12:00:00+02'", "timestamp[us, tz=UTC]", "2024-02-29 10:00:00Z"},
			{"uuid", "'00112233-4455-6677-8899-aabbccddeeff'", "utf8", "00112233-4455-6677-8899-aabbccddeeff"},
			{"jsonb", `'{"a": 1}'`, "utf8", `{"a": 1}`},
			{"bytea", `'\x00ff'`, "binary", "AP8="},
			{"boolean", "true", "bool", "true"},
			{"int[]", "'{1,NULL}'", "utf8", "{1,NULL}"},
		}},
		{"mariadb", mysql.Dialect{}, func() *sql.DB { return open(t, "mysql", servers.MariaDB(t).Database(t)) }, []typed{
			{"BIGINT UNSIGNED", "18446744073709551615", "uint64", "18446744073709551615"},
			{"TINYINT", "-128", "int8", "-128"},
			{"FLOAT", "1.23456789", "float32", "1.2345679"},
			{"DOUBLE", "1.7976931348623157e308", "float64", "1.7976931348623157e+308"},
			{"DECIMAL(20,3)", "12345678901234567.125", "decimal(20, 3)", "12345678901234567.125"},
			{"DECIMAL(50,1)", "-1234567890123456789012345678901234567890123456789.5", "decimal256(50, 1)", "-1234567890123456789012345678901234567890123456789.5"},
			{"DATE", "'9999-12-31'", "date32", "9999-12-31"},
			{"DATETIME(6)", "'2024-02-29 12:00:00.000001'", "timestamp[us]", "2024-02-29 12:00:00.000001Z"},
			{"TIMESTAMP(6) NULL", "FROM_UNIXTIME(1709200800.5)", "timestamp[us, tz=UTC]", "2024-02-29 10:00:00.5Z"},
			{"TIME(6)", "'23:59:59.999999'", "time64[us]", "23:59:59.999999"},
			{"TIME", "'-12:00:00'", "time64[us]", "reject"},
			{"LONGTEXT CHARACTER SET utf8mb4", "'naïve'", "utf8", "naïve"},
			{"VARBINARY(9)", "X'00FF'", "binary", "AP8="},
			{"ENUM('a','b')", "'b'", "utf8", "b"},
			{"BIT(9)", "b'100000001'", "binary", "AQE="},
			{"YEAR", "2024", "int16", "2024"},
		}},
	}
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			conn := db.open()
			for _, v := range db.values {
				exec(t, conn, "DROP TABLE IF EXISTS t", "CREATE TABLE t (id INT, v "+v.declared+")", "INSERT INTO t VALUES (1, "+v.literal+"), (2, NULL)")
				res, err := readOne(t, newSource(t, conn, db.d, floesql.Query{Table: "t", Key: []string{"id"}}, floesql.Options{}), "")
				if err != nil {
					t.Errorf("%s: %v", v.declared, err)
					continue
				}
				if got := fields(res.schema)[1]; got != "v "+v.typ {
					t.Errorf("%s is read as %s, want %s", v.declared, got, v.typ)
				}
				want := []string{"1 " + v.want, "2 (null)"}
				if v.want == "reject" {
					want = want[1:]
				}
				if diff := cmp.Diff(want, res.rows); diff != "" || len(res.rejected) != 2-len(want) {
					t.Errorf("%s %s mismatch (-want +got)\n%s%q", v.declared, v.literal, diff, res.rejected)
				}
			}
		})
	}
}

// typed is a value of a column, the type as which it is read, and the text.
type typed struct{ declared, literal, typ, want string }

var sqliteValues = []typed{
	{"INTEGER", "9223372036854775807", "int64", "9223372036854775807"},
	{"INTEGER", "'many'", "int64", "reject"},
	{"INTEGER", "2.5", "int64", "reject"},
	{"REAL", "1e300", "float64", "1e+300"},
	{"DECIMAL(10,2)", "12.34", "decimal(10, 2)", "12.34"},
	{"DECIMAL(10,2)", "12.345", "decimal(10, 2)", "reject"},
	{"DECIMAL TEXT(38,2)", "'-123456789012345678901234567890123456.75'", "decimal(38, 2)", "-123456789012345678901234567890123456.75"},
	{"TEXT", "'naïve'", "utf8", "naïve"},
	{"VARCHAR(3)", "''", "utf8", ""},
	{"BLOB", "X'00FF'", "binary", "AP8="},
	{"BOOLEAN", "1", "bool", "true"},
	{"DATE", "'2024-02-29'", "date32", "2024-02-29"},
	{"DATE", "'soon'", "date32", "reject"},
	{"TIMESTAMP", "'2024-02-29 12:00:00.000001'", "timestamp[us]", "2024-02-29 12:00:00.000001Z"},
	{"TIMESTAMP(9)", "'2024-02-29 12:00:00.000000001'", "timestamp[ns]", "2024-02-29 12:00:00.000000001Z"},
	{"TIMESTAMPTZ", "'2024-02-29 12:00:00.000000+02:00'", "timestamp[us, tz=UTC]", "2024-02-29 10:00:00Z"},
	{"TIME", "'12:34:56.5'", "time64[us]", "12:34:56.500000"},
}

// A rejected row has its column, the value and all others as texts.
func TestRejectedRow(t *testing.T) {
	db := openSQLite(t, "sqlite", "CREATE TABLE t (id INTEGER, n INTEGER, d DECIMAL(30,2), b BLOB)",
		"INSERT INTO t VALUES (1, 'many', 0.5, X'00FF'), (2, 7, 1, NULL), (3, NULL, 'x', 'text')")
	res, err := readOne(t, newSource(t, db, sqlite.Dialect{}, floesql.Query{Table: "t", Key: []string{"id"}}, floesql.Options{}), "")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`1 many 0.50 0x00ff: 0 invalid n: column "n": "many" is not a value of type int64`,
		`3 (null) x text: 2 invalid d: column "d": "x" is not a value of type decimal(30, 2)`,
	}
	if diff := cmp.Diff(want, res.rejected); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
}

// A date of zeros is a reject, whether or not the driver reads dates; the session's zone does not matter, and stays.
func TestMariaDBDates(t *testing.T) {
	dsn := servers.MariaDB(t).Database(t)
	for _, parameters := range []string{"", "?parseTime=true", "?parseTime=true&loc=Asia%2FTokyo&time_zone=%27-07%3A00%27"} {
		db := open(t, "mysql", dsn+parameters)
		db.SetMaxOpenConns(1)
		exec(t, db, "SET sql_mode = ''", "DROP TABLE IF EXISTS t", "CREATE TABLE t (id INT, d DATE, at DATETIME, ts TIMESTAMP NULL)",
			"INSERT INTO t VALUES (1, '2024-02-29', '2024-02-29 12:00:00', FROM_UNIXTIME(1709200800)), (2, '0000-00-00', NULL, NULL)")
		zone := func() (z string) {
			if err := db.QueryRow("SELECT @@session.time_zone").Scan(&z); err != nil {
				t.Fatal(err)
			}
			return z
		}
		before := zone()
		res, err := readOne(t, newSource(t, db, mysql.Dialect{}, floesql.Query{Table: "t", Key: []string{"id"}}, floesql.Options{}), "")
		if err != nil {
			t.Fatal(err)
		}
		want := "1 2024-02-29 2024-02-29 12:00:00Z 2024-02-29 10:00:00Z"
		if diff := cmp.Diff([]string{want}, res.rows); diff != "" || len(res.rejected) != 1 {
			t.Errorf("%q mismatch (-want +got)\n%s%q", parameters, diff, res.rejected)
		}
		if after := zone(); after != before {
			t.Errorf("%q: the session's zone was %s and is %s", parameters, before, after)
		}
	}
}

// Keys of every type go on where they were, on every database.
func TestKeys(t *testing.T) {
	for _, db := range []struct {
		name string
		d    dialect.Dialect
		open func() *sql.DB
		keys []string
	}{
		{"sqlite", sqlite.Dialect{}, func() *sql.DB { return openSQLite(t, "sqlite") }, []string{"BIGINT %d", "TEXT '%03d'", "DATETIME '2024-02-29 12:00:00.%03d'", "DATE '2024-02-29T%03d'", "DECIMAL(9,2) %d.25", "BLOB X'%04d'", "REAL %d.1"}},
		{"sqlite3", sqlite.Dialect{}, func() *sql.DB { return openSQLite(t, "sqlite3") }, []string{"DATETIME '2024-02-29 12:00:00.%03d'", "TIMESTAMP '2024-02-29T12:00:00.%03dZ'"}},
		{"postgres", postgres.Dialect{}, func() *sql.DB { return open(t, "pgx", servers.Postgres(t).Database(t)) }, []string{
			"int %d", "numeric(40,3) 1e30 + %d", "numeric %d / 7.0", "text '%03d'", "timestamp '2024-02-29 12:00:00.%06d'", "timestamptz '2024-02-29 12:00:00.%06d+05'", "date date '2024-02-28' + %d",
			"time '12:00:00.%06d'", "uuid lpad('%d', 32, '0')::uuid", "bytea '\\x%04d'", "double precision %d / 3.0::float8",
		}},
		{"mariadb", mysql.Dialect{}, func() *sql.DB { return open(t, "mysql", servers.MariaDB(t).Database(t)) }, []string{
			"BIGINT UNSIGNED 18446744073709551000 + %d", "DECIMAL(40,3) 1000000000000000000000000000000 + %d", "VARCHAR(9) '%03d'", "DATETIME(6) '2024-02-29 12:00:00.%06d'",
			"TIMESTAMP(6) '2024-02-29 12:00:00.%06d'", "DATE DATE_ADD('2024-02-28', INTERVAL %d DAY)", "TIME(6) '12:00:00.%06d'", "VARBINARY(9) X'%04d'", "DOUBLE %d / 3e0", "FLOAT %d / 3e0",
		}},
	} {
		t.Run(db.name, func(t *testing.T) {
			conn := db.open()
			for _, key := range db.keys {
				typ, value, _ := strings.Cut(key, " ")
				if rest, ok := strings.CutPrefix(value, "precision "); ok {
					typ, value = typ+" precision", rest
				}
				if rest, ok := strings.CutPrefix(value, "UNSIGNED "); ok {
					typ, value = typ+" UNSIGNED", rest
				}
				exec(t, conn, "DROP TABLE IF EXISTS t", "CREATE TABLE t (k "+typ+", i INT)")
				var rows []string
				for i := range 25 {
					rows = append(rows, "("+fmt.Sprintf(value, i)+fmt.Sprintf(", %d)", i))
				}
				exec(t, conn, "INSERT INTO t VALUES "+strings.Join(rows, ", "))
				opts := floesql.Options{PageRows: 3, BatchRows: 2}
				if db.name[:3] == "sql" && strings.HasPrefix(typ, "DATE") && strings.Contains(value, "T") {
					opts.Types = map[string]arrow.DataType{"k": arrow.BinaryTypes.String}
				}
				res, err := readOne(t, newSource(t, conn, db.d, floesql.Query{Table: "t", Key: []string{"k"}}, opts), "")
				if err != nil {
					t.Errorf("%s: %v", key, err)
					continue
				}
				if len(res.rows) != 25 || res.rejected != nil {
					t.Errorf("%s: %d rows, %q", key, len(res.rows), res.rejected)
				}
			}
		})
	}
}

func ExampleNew() {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection would have a memory of its own
	if _, err := db.Exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT); INSERT INTO orders VALUES (1, 'bread'), (2, 'milk'), (3, 'eggs')"); err != nil {
		log.Fatal(err)
	}
	src, err := floesql.New(db, sqlite.Dialect{}, floesql.Query{Table: "orders", Key: []string{"id"}}, &floesql.Options{Allocator: memory.DefaultAllocator})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	for p, err := range src.Partitions(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		r, err := p.Open(ctx, "s1|i1") // a position that was given with the first order
		if err != nil {
			log.Fatal(err)
		}
		b, err := r.Next(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(p.ID(), b.Record.Column(1), b.Position)
		b.Release()
		if err := r.Close(ctx); err != nil {
			log.Fatal(err)
		}
	}
	// Output: orders ["milk" "eggs"] s1|i3
}
