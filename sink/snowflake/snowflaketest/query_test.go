package snowflaketest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// formats are the two that results come in.
var formats = []string{"JSON", "ARROW"}

// TestTypes holds that values of all types come back through the driver, in both forms of results.
func TestTypes(t *testing.T) {
	t.Parallel()
	srv := snowflaketest.Start(t, nil)
	db := open(t, srv)
	zone := func(h, m int) *time.Location { return time.FixedZone("", (h*60+m)*60) }
	utc := func(y int, mo time.Month, d, h, mi, s, n int) time.Time {
		return time.Date(y, mo, d, h, mi, s, n, time.UTC)
	}
	for i, tc := range []struct {
		column string
		value  string // as SQL
		want   any
	}{
		{"NUMBER(38,0)", "99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
		{"NUMBER(38,0)", "-1", "-1"},
		{"NUMBER(38,20)", "-123456789012345678.5", "-123456789012345678.50000000000000000000"},
		{"NUMBER(18,4)", "-12345.6789", "-12345.6789"},
		{"NUMBER(5,2)", "0.05", "0.05"},
		{"FLOAT", "0.1", 0.1},
		{"FLOAT", "-1e300", -1e300},
		{"FLOAT", "'NaN'::FLOAT", math.NaN()},
		{"FLOAT", "'-inf'::FLOAT", math.Inf(-1)},
		{"VARCHAR", "'naïve ☃'", "naïve ☃"},
		{"VARCHAR", "''", ""},
		{"BINARY", "TO_BINARY('00FF10', 'HEX')", []byte{0, 0xff, 0x10}},
		{"BOOLEAN", "TRUE", true},
		{"BOOLEAN", "FALSE", false},
		{"DATE", "'2024-02-29'", utc(2024, 2, 29, 0, 0, 0, 0)},
		{"DATE", "'0001-01-01'", utc(1, 1, 1, 0, 0, 0, 0)},
		{"DATE", "'9999-12-31'", utc(9999, 12, 31, 0, 0, 0, 0)},
		{"TIME", "'23:59:59.123456789'", utc(1, 1, 1, 23, 59, 59, 123456789)},
		{"TIME(3)", "'00:00:00.001'", utc(1, 1, 1, 0, 0, 0, 1000000)},
		{"TIMESTAMP_NTZ", "'2024-02-29 12:34:56.123456789'", utc(2024, 2, 29, 12, 34, 56, 123456789)},
		{"TIMESTAMP_NTZ(3)", "'1969-12-31 23:59:58'", utc(1969, 12, 31, 23, 59, 58, 0)},
		{"TIMESTAMP_NTZ", "'0001-01-01 00:00:00'", utc(1, 1, 1, 0, 0, 0, 0)},
		{"TIMESTAMP_NTZ", "'9999-12-31 23:59:59.999999999'", utc(9999, 12, 31, 23, 59, 59, 999999999)},
		{"TIMESTAMP_LTZ", "'2024-02-29 12:00:00.5 +0200'", utc(2024, 2, 29, 10, 0, 0, 500000000)},
		{"TIMESTAMP_LTZ(6)", "'2024-02-29 12:00:00.000001 +0000'", utc(2024, 2, 29, 12, 0, 0, 1000)},
		{"TIMESTAMP_TZ", "'2024-02-29 12:00:00.000000001 +0530'", time.Date(2024, 2, 29, 12, 0, 0, 1, zone(5, 30))},
		{"TIMESTAMP_TZ(3)", "'2024-02-29 12:00:00.5 -0800'", time.Date(2024, 2, 29, 12, 0, 0, 500000000, zone(-8, 0))},
		{"VARIANT", "PARSE_JSON('{\"a\":[1,null,\"x\"]}')", `{"a":[1,null,"x"]}`},
		{"ARRAY", "ARRAY_CONSTRUCT(1, 2)", `[1,2]`},
		{"OBJECT", "OBJECT_CONSTRUCT('k', 'v')", `{"k":"v"}`},
	} {
		table := "T" + strconv.Itoa(i)
		mustExec(t, db,
			fmt.Sprintf("CREATE TABLE %s (ID INT, X %s)", table, tc.column),
			fmt.Sprintf("INSERT INTO %s SELECT 1, %s", table, tc.value),
			fmt.Sprintf("INSERT INTO %s SELECT 2, NULL", table))
		for _, format := range formats {
			t.Run(tc.column+" "+tc.value+" "+format, func(t *testing.T) {
				conn := one(t, db)
				if _, err := conn.ExecContext(t.Context(), "ALTER SESSION SET TIMEZONE = 'UTC', GO_QUERY_RESULT_FORMAT = '"+format+"'"); err != nil {
					t.Fatal(err)
				}
				rows, err := conn.QueryContext(t.Context(), "SELECT X FROM "+table+" ORDER BY ID")
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = rows.Close() }()
				if got := scanAs(t, rows, tc.want); !same(got, tc.want) {
					t.Errorf("got %#v, want %#v", got, tc.want)
				}
				var null any
				if !rows.Next() || rows.Scan(&null) != nil || null != nil {
					t.Errorf("NULL came as %#v (%v)", null, rows.Err())
				}
			})
		}
	}
}

// scanAs scans the next row's value into a variable of the type of like.
func scanAs(t *testing.T, rows *sql.Rows, like any) any {
	t.Helper()
	if !rows.Next() {
		t.Fatalf("no row: %v", rows.Err())
	}
	scan := func(into any) {
		if err := rows.Scan(into); err != nil {
			t.Fatal(err)
		}
	}
	switch like.(type) {
	case float64:
		var v float64
		scan(&v)
		return v
	case bool:
		var v bool
		scan(&v)
		return v
	case []byte:
		var v []byte
		scan(&v)
		return v
	case time.Time:
		var v time.Time
		scan(&v)
		return v
	}
	var v string
	scan(&v)
	return v
}

func same(got, want any) bool {
	switch w := want.(type) {
	case float64:
		g, ok := got.(float64)
		return ok && (g == w || math.IsNaN(g) && math.IsNaN(w))
	case time.Time:
		g, ok := got.(time.Time)
		_, gotOffset := g.Zone()
		_, wantOffset := w.Zone()
		return ok && g.Equal(w) && gotOffset == wantOffset
	}
	return cmp.Equal(got, want)
}

// TestBinds holds that values go in by placeholders.
func TestBinds(t *testing.T) {
	t.Parallel()
	db := open(t, snowflaketest.Start(t, nil))
	mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0), F FLOAT, S VARCHAR, B BOOLEAN, TS TIMESTAMP_NTZ, D DATE, X BINARY)")
	at := time.Date(2024, 2, 29, 12, 0, 0, 123456789, time.UTC)
	insert := "INSERT INTO T VALUES (?, ?, ?, ?, ?, ?, ?)"
	res, err := db.ExecContext(t.Context(), insert, 7, 0.5, "it's ?", true, gosnowflake.DataTypeTimestampNtz, at,
		gosnowflake.DataTypeDate, at, gosnowflake.DataTypeBinary, []byte{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); n != 1 || err != nil {
		t.Errorf("%d rows affected, %v; want 1", n, err)
	}
	if _, err := db.ExecContext(t.Context(), insert, nil, nil, nil, nil, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	got := query(t, db, "SELECT N, F, S, B, TO_VARCHAR(TS, 'YYYY-MM-DD HH24:MI:SS.FF9'), D::VARCHAR, X::VARCHAR FROM T WHERE N = ? AND S LIKE ?", 7, "it%")
	want := [][]string{{"7", "0.5", "it's ?", "1", "2024-02-29 12:00:00.123456789", "2024-02-29", "0102"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if got := query(t, db, "SELECT COUNT(*) FROM T WHERE N IS NULL AND X IS NULL"); got[0][0] != "1" {
		t.Errorf("%s rows of NULLs, want 1", got[0][0])
	}
}

// TestArrayBinds holds that one INSERT takes many rows.
func TestArrayBinds(t *testing.T) {
	t.Parallel()
	db := open(t, snowflaketest.Start(t, nil))
	mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0), S VARCHAR)")
	const rows = 5_000
	numbers, texts := make([]int, rows), make([]string, rows)
	for i := range numbers {
		numbers[i], texts[i] = i, strconv.Itoa(i)
	}
	res, err := db.ExecContext(t.Context(), "INSERT INTO T VALUES (?, ?)", gosnowflake.Array(&numbers), gosnowflake.Array(&texts))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); n != rows || err != nil {
		t.Errorf("%d rows affected, %v", n, err)
	}
	if got := query(t, db, "SELECT COUNT(*), SUM(N), COUNT_IF(S <> N::VARCHAR) FROM T"); !cmp.Equal(got, [][]string{{"5000", "12497500", "0"}}) {
		t.Errorf("the table has %v", got)
	}
}

// TestChunks holds that long results arrive whole and in order.
func TestChunks(t *testing.T) {
	t.Parallel()
	srv := snowflaketest.Start(t, &snowflaketest.Options{ChunkRows: 100})
	db := open(t, srv)
	mustExec(t, db, "CREATE TABLE T AS SELECT SEQ4() AS N, 'row ' || SEQ4() AS S FROM TABLE(GENERATOR(ROWCOUNT => 1050))")
	for _, format := range formats {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s stream=%t", format, stream), func(t *testing.T) {
				conn := one(t, db)
				if _, err := conn.ExecContext(t.Context(), "ALTER SESSION SET GO_QUERY_RESULT_FORMAT = '"+format+"'"); err != nil {
					t.Fatal(err)
				}
				before := count(srv, snowflaketest.Path("/results/"))
				// gosnowflake 1.19.1 panics if the context of a query is cancelled just when its last chunk was read.
				ctx := context.WithoutCancel(t.Context())
				if stream {
					ctx = gosnowflake.WithStreamDownloader(ctx)
				}
				rows, err := conn.QueryContext(ctx, "SELECT N, S FROM T ORDER BY N")
				got := rowsOf(t, rows, err)
				for i, row := range got {
					if row[0] != strconv.Itoa(i) || row[1] != "row "+row[0] {
						t.Fatalf("row %d is %v", i, row)
					}
				}
				if len(got) != 1050 {
					t.Errorf("%d rows, want 1050", len(got))
				}
				if n := count(srv, snowflaketest.Path("/results/")) - before; n != 10 {
					t.Errorf("%d chunks fetched, want 10", n)
				}
			})
		}
	}
}

// TestArrowBatches holds that a result without rows, and one with, are batches too.
func TestArrowBatches(t *testing.T) {
	t.Parallel()
	db := open(t, snowflaketest.Start(t, &snowflaketest.Options{ChunkRows: 10}))
	conn := one(t, db)
	if _, err := conn.ExecContext(t.Context(), "ALTER SESSION SET GO_QUERY_RESULT_FORMAT = 'ARROW'"); err != nil {
		t.Fatal(err)
	}
	for _, rows := range []int{0, 25} {
		var total int64
		err := conn.Raw(func(c any) error {
			q := c.(driver.QueryerContext)
			r, err := q.QueryContext(gosnowflake.WithArrowBatches(t.Context()),
				fmt.Sprintf("SELECT SEQ4() AS N FROM TABLE(GENERATOR(ROWCOUNT => 100)) WHERE N < %d", rows), nil)
			if err != nil {
				return err
			}
			defer func() { _ = r.Close() }()
			batches, err := r.(gosnowflake.SnowflakeRows).GetArrowBatches()
			if err != nil {
				return err
			}
			for _, b := range batches {
				records, err := b.Fetch()
				if err != nil {
					return err
				}
				for _, rec := range *records {
					total += rec.NumRows()
					rec.Release()
				}
			}
			return nil
		})
		if err != nil || total != int64(rows) {
			t.Errorf("%d rows in batches, %v; want %d", total, err, rows)
		}
	}
}

func TestMultiStatement(t *testing.T) {
	t.Parallel()
	db := open(t, snowflaketest.Start(t, nil))
	mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0))")
	ctx, err := gosnowflake.WithMultiStatement(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	res, err := db.ExecContext(ctx, "INSERT INTO T VALUES (1), (2); UPDATE T SET N = N + 1; DELETE FROM T WHERE N = 3")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); n != 5 || err != nil {
		t.Errorf("%d rows affected, %v; want 2 + 2 + 1", n, err)
	}
	if ctx, err = gosnowflake.WithMultiStatement(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(ctx, "SELECT N FROM T; SELECT 'x', 'y'")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var n, x, y string
	if !rows.Next() || rows.Scan(&n) != nil || n != "2" {
		t.Errorf("the first result has %q, %v", n, rows.Err())
	}
	if !rows.NextResultSet() || !rows.Next() || rows.Scan(&x, &y) != nil || x+y != "xy" {
		t.Errorf("the second result has %q %q, %v", x, y, rows.Err())
	}
	if _, err := db.ExecContext(t.Context(), "SELECT 1; SELECT 2"); code(err) != 8 {
		t.Errorf("two statements where one is expected: %v, want error 8", err)
	}
}

// TestAsync holds that a query goes on without its client, is watched, and is found by its id.
func TestAsync(t *testing.T) {
	t.Parallel()
	db := open(t, snowflaketest.Start(t, &snowflaketest.Options{LongPoll: 50 * time.Millisecond}))
	mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0))", "INSERT INTO T VALUES (1)")
	holder, waiter := one(t, db), one(t, db)
	for _, s := range []string{"BEGIN", "UPDATE T SET N = 2"} {
		if _, err := holder.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	var id string
	err := waiter.Raw(func(c any) error {
		res, err := c.(driver.ExecerContext).ExecContext(gosnowflake.WithAsyncMode(t.Context()), "UPDATE T SET N = N + 10", nil)
		if err != nil {
			return err
		}
		id = res.(gosnowflake.SnowflakeResult).GetQueryID()
		if _, err := c.(gosnowflake.SnowflakeConnection).GetQueryStatus(t.Context(), id); code(err) != gosnowflake.ErrQueryIsRunning {
			t.Errorf("the status of a query that waits: %v", err)
		}
		if _, err := holder.ExecContext(t.Context(), "COMMIT"); err != nil {
			return err
		}
		if n, err := res.RowsAffected(); n != 1 || err != nil {
			t.Errorf("%d rows affected, %v; want 1", n, err)
		}
		status, err := c.(gosnowflake.SnowflakeConnection).GetQueryStatus(t.Context(), id)
		if err == nil && status.EndTime < status.StartTime {
			t.Errorf("the query ended before it began: %+v", status)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(gosnowflake.WithFetchResultByID(t.Context(), id), "")
	if got := rowsOf(t, rows, err); got[0][0] != "1" {
		t.Errorf("the result by id is %v, want 1 row updated", got)
	}
	if got := query(t, db, "SELECT N FROM T"); got[0][0] != "12" {
		t.Errorf("the table has %v, want 12", got)
	}
}

// TestDescribeOnly holds that columns are told without anything being run.
func TestDescribeOnly(t *testing.T) {
	t.Parallel()
	db := open(t, snowflaketest.Start(t, nil))
	mustExec(t, db, "CREATE TABLE T (N NUMBER(12,3), S VARCHAR(7))", "INSERT INTO T VALUES (1, 'x')")
	rows, err := db.QueryContext(gosnowflake.WithDescribeOnly(t.Context()), "SELECT N, S FROM T")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.ColumnTypes()
	if err != nil || len(columns) != 2 {
		t.Fatalf("%d columns, %v", len(columns), err)
	}
	precision, scale, _ := columns[0].DecimalSize()
	length, _ := columns[1].Length()
	if columns[0].DatabaseTypeName() != "FIXED" || precision != 12 || scale != 3 || columns[1].DatabaseTypeName() != "TEXT" || length != 7 {
		t.Errorf("columns are %s(%d,%d) and %s(%d)", columns[0].DatabaseTypeName(), precision, scale, columns[1].DatabaseTypeName(), length)
	}
	if rows.Next() {
		t.Error("there are rows")
	}
}

// TestErrors holds what errors of statements are to the driver.
func TestErrors(t *testing.T) {
	t.Parallel()
	db := open(t, snowflaketest.Start(t, nil))
	for sql, want := range map[string]gosnowflake.SnowflakeError{
		"SELECT * FROM NOTHERE": {Number: 2003, SQLState: "42S02"},
		"SELEKT":                {Number: 1003, SQLState: "42000"},
		"SELECT NO_SUCH(1)":     {Number: 2140, SQLState: "42601"},
	} {
		_, err := db.ExecContext(t.Context(), sql)
		var got *gosnowflake.SnowflakeError
		if !errors.As(err, &got) || got.Number != want.Number || got.SQLState != want.SQLState || got.QueryID == "" || got.QueryID == "-1" {
			t.Errorf("%s: %#v, want number %d, state %s and a query id", sql, err, want.Number, want.SQLState)
		}
	}
}

// TestCancel holds that a statement that waits for a lock ends when its client gives up, and that its session goes on.
func TestCancel(t *testing.T) {
	t.Parallel()
	srv := snowflaketest.Start(t, &snowflaketest.Options{LongPoll: 100 * time.Millisecond})
	db := open(t, srv)
	mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0))", "INSERT INTO T VALUES (1)")
	holder, waiter := one(t, db), one(t, db)
	for _, s := range []string{"BEGIN", "UPDATE T SET N = 2"} {
		if _, err := holder.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := waiter.ExecContext(ctx, "UPDATE T SET N = 3")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the statement ended by %v, want the deadline", err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if n := count(srv, snowflaketest.Path("/queries/v1/abort-request")); n == 0 {
		t.Error("the driver has not asked for the statement to be aborted")
	}
	if _, err := holder.ExecContext(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if _, err := waiter.ExecContext(t.Context(), "INSERT INTO T VALUES (4)"); err != nil {
		t.Fatalf("the session does not go on: %v", err)
	}
	if got := query(t, db, "SELECT N FROM T ORDER BY N"); !cmp.Equal(got, [][]string{{"2"}, {"4"}}) {
		t.Errorf("the table has %v", got)
	}
}

// TestUse holds that the driver learns where the session stands.
func TestUse(t *testing.T) {
	t.Parallel()
	db := open(t, snowflaketest.Start(t, nil))
	db.SetMaxOpenConns(1)
	mustExec(t, db, "CREATE DATABASE D2", "CREATE SCHEMA D2.S2", "USE SCHEMA D2.S2")
	if got := query(t, db, "SELECT CURRENT_DATABASE(), CURRENT_SCHEMA()"); !cmp.Equal(got, [][]string{{"D2", "S2"}}) {
		t.Errorf("the session is in %v", got)
	}
}
