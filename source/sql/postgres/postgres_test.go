package postgres_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/sourcetest"
	floesql "github.com/floedata/floe/source/sql"
	"github.com/floedata/floe/source/sql/postgres"
)

func open(tb testing.TB, dsn string) *pgxpool.Pool {
	tb.Helper()
	pool, err := pgxpool.New(context.Background(), dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(pool.Close)
	return pool
}

func exec(tb testing.TB, pool *pgxpool.Pool, statements ...string) {
	tb.Helper()
	for _, s := range statements {
		if _, err := pool.Exec(context.Background(), s); err != nil {
			tb.Fatalf("%.200s: %v", s, err)
		}
	}
}

func TestContract(t *testing.T) {
	dsn := servers.Postgres(t).Database(t)
	exec(t, open(t, dsn), "CREATE TABLE numbers AS SELECT id, 'row ' || id AS name, id::numeric(30,3) / 7 AS part FROM generate_series(0::bigint, 99) id",
		"CREATE TABLE mixed AS SELECT id, CASE WHEN id % 20 = 3 THEN 'infinity' ELSE date '2024-01-01' + id END AS day FROM generate_series(1, 100) id")
	tests := []struct {
		name string
		q    floesql.Query
		opts floesql.Options
	}{
		{name: "key", q: floesql.Query{Table: "numbers", Key: []string{"id"}}},
		{name: "pages", q: floesql.Query{Table: "numbers", Key: []string{"part", "id"}}, opts: floesql.Options{PageRows: 23}},
		{name: "split", q: floesql.Query{Schema: "public", Table: "numbers", Key: []string{"id"}, Split: floesql.SplitInts(0, 100, 3)}},
		{name: "ordered", q: floesql.Query{Name: "all", Text: "SELECT * FROM numbers WHERE id > $1 ORDER BY id", Args: []any{5}, Ordered: true}},
		{name: "gone", q: floesql.Query{Name: "run 7", Table: "numbers"}},
		{name: "rejects", q: floesql.Query{Table: "mixed", Key: []string{"id"}}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			sourcetest.Run(t, func(testing.TB) sourcetest.Harness {
				return sourcetest.Harness{Open: func(ctx context.Context, mem memory.Allocator) (source.Source, error) {
					opts := tc.opts
					opts.Allocator, opts.BatchRows = mem, 9
					return postgres.Open(ctx, dsn, tc.q, &opts)
				}}
			})
		})
	}
}

// read reads the only partition: the fields, the rows and the rejected rows, a string each.
func read(t *testing.T, pool *pgxpool.Pool, q floesql.Query, opts floesql.Options) (fields, rows, rejected []string) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	opts.Allocator = mem
	s, err := postgres.New(pool, q, &opts)
	if err != nil {
		t.Fatal(err)
	}
	for p, err := range s.Partitions(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		for {
			b, err := r.Next(t.Context())
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, texts(b.Record)...)
			if b.Rejected != nil {
				for i, row := range texts(b.Rejected.Record) {
					rejected = append(rejected, row+" | "+b.Rejected.Reasons[i].Code+": "+b.Rejected.Reasons[i].Message)
				}
			}
			b.Release()
		}
		for _, f := range r.Schema().Fields() {
			fields = append(fields, f.Name+" "+f.Type.String())
		}
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return fields, rows, rejected
}

func texts(rec arrow.Record) []string {
	if rec == nil {
		return nil
	}
	var rows []string
	for row := range int(rec.NumRows()) {
		var values []string
		for _, c := range rec.Columns() {
			values = append(values, c.ValueStr(row))
		}
		rows = append(rows, strings.Join(values, " "))
	}
	return rows
}

// Every type comes as it is, also its extremes, and NULL.
func TestTypes(t *testing.T) {
	pool := open(t, servers.Postgres(t).Database(t))
	exec(t, pool, "CREATE TYPE mood AS ENUM ('sad', 'glad')", "CREATE DOMAIN small AS int CHECK (value < 10)", "SET timezone = 'Asia/Tokyo'")
	for _, tc := range []struct{ sql, typ, want string }{
		{"true", "bool", "true"},
		{"'-32768'::int2", "int16", "-32768"},
		{"'-2147483648'::int4", "int32", "-2147483648"},
		{"'-9223372036854775808'::int8", "int64", "-9223372036854775808"},
		{"4294967295::oid", "uint32", "4294967295"},
		{"'3.4028235e38'::float4", "float32", "3.4028235e+38"},
		{"'-Infinity'::float8", "float64", "-Inf"},
		{"'NaN'::float8", "float64", "NaN"},
		{"5e-324::float8", "float64", "5e-324"},
		{"12345.67::numeric(10,2)", "decimal(10, 2)", "12345.67"},
		{"'-0.05'::numeric(10,2)", "decimal(10, 2)", "-0.05"},
		{"99999999.99::numeric(10,2)", "decimal(10, 2)", "99999999.99"},
		{"10000::numeric(5,0)", "decimal(5, 0)", "10000"},
		{"0.00001::numeric(9,5)", "decimal(9, 5)", "1e-05"},
		{"'-99999999999999999999999999999999999999'::numeric(38,0)", "decimal(38, 0)", "-99999999999999999999999999999999999999"},
		{"0.00000000000000000000000000000000000001::numeric(38,38)", "decimal(38, 38)", "1e-38"},
		{"'-9999999999999999999999999999999999999999999999999999999999999999999999.999999'::numeric(76,6)", "decimal256(76, 6)", "-9999999999999999999999999999999999999999999999999999999999999999999999.999999"},
		{"1e-20::numeric", "utf8", "0.00000000000000000001"},
		{"'NaN'::numeric", "utf8", "NaN"},
		{"123e10::numeric", "utf8", "1230000000000"},
		{"-1234567890.0500::numeric", "utf8", "-1234567890.0500"},
		{"12345::numeric(3,-2)", "utf8", "12300"},
		{"'naïve'::varchar(9)", "utf8", "naïve"},
		{"'ab'::char(4)", "utf8", "ab  "},
		{"''::text", "utf8", ""},
		{`'{"a": 1}'::json`, "utf8", `{"a": 1}`},
		{`'{"a":1}'::jsonb`, "utf8", `{"a": 1}`},
		{"'00112233-4455-6677-8899-aabbccddeeff'::uuid", "utf8", "00112233-4455-6677-8899-aabbccddeeff"},
		{`'\x00ff'::bytea`, "binary", "AP8="},
		{"date '0001-01-01'", "date32", "0001-01-01"},
		{"date '9999-12-31'", "date32", "9999-12-31"},
		{"time '23:59:59.999999'", "time64[us]", "23:59:59.999999"},
		{"timestamp '0001-01-01 00:00:00.000001'", "timestamp[us]", "0001-01-01 00:00:00.000001Z"},
		{"timestamptz '2024-02-29 12:00:00+02'", "timestamp[us, tz=UTC]", "2024-02-29 10:00:00Z"},
		{"interval '-1 year 3 days -4.5 seconds'", "month_day_nano_interval", `{"months":-12,"days":3,"nanoseconds":-4500000000}`},
		{"ARRAY[1,NULL,3]", "list<item: int32, nullable>", "[1,null,3]"},
		{"ARRAY[]::text[]", "list<item: utf8, nullable>", "[]"},
		{"ARRAY[1.5, 2]::numeric(5,2)[]", "list<item: decimal(5, 2), nullable>", `["1.5","2"]`},
		{"'glad'::mood", "utf8", "glad"},
		{"7::small", "int32", "7"},
		{"'10.0.0.1/8'::inet", "utf8", "10.0.0.1/8"},
		{"'<a/>'::xml", "utf8", "<a/>"},
		{"point '(1,2)'", "utf8", "(1,2)"},
	} {
		t.Run(tc.sql, func(t *testing.T) {
			q := floesql.Query{Name: "x", Text: "SELECT " + tc.sql + " AS v UNION ALL SELECT NULL", Ordered: true}
			if strings.Contains(tc.sql, "numeric(") { // UNION forgets the scale
				exec(t, pool, "DROP TABLE IF EXISTS x", "CREATE TABLE x AS SELECT "+tc.sql+" AS v", "INSERT INTO x VALUES (NULL)")
				q.Text = "SELECT v FROM x"
			}
			fields, rows, rejected := read(t, pool, q, floesql.Options{})
			if diff := cmp.Diff([]string{"v " + tc.typ}, fields); diff != "" {
				t.Errorf("fields mismatch (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff([]string{tc.want, "(null)"}, rows); diff != "" || rejected != nil {
				t.Errorf("rows mismatch (-want +got)\n%s%q", diff, rejected)
			}
		})
	}
}

// Types that the options give.
func TestOverride(t *testing.T) {
	pool := open(t, servers.Postgres(t).Database(t))
	for _, tc := range []struct {
		sql  string
		typ  arrow.DataType
		want string
	}{
		{"7::int2", arrow.PrimitiveTypes.Uint64, "7"},
		{"1.5::float4", arrow.PrimitiveTypes.Float64, "1.5"},
		{"12.5::numeric", &arrow.Decimal128Type{Precision: 20, Scale: 4}, "12.5"},
		{"12.5::numeric", &arrow.Decimal256Type{Precision: 60, Scale: 1}, "12.5"},
		{"12.50::numeric(9,2)", arrow.BinaryTypes.String, "12.50"},
		{"'00112233-4455-6677-8899-aabbccddeeff'::uuid", &arrow.FixedSizeBinaryType{ByteWidth: 16}, "ABEiM0RVZneImaq7zN3u/w=="},
		{"interval '14 months 3 days 04:05:06.0700'", arrow.BinaryTypes.String, "P1Y2M3DT4H5M6.07S"},
		{"interval '-1.5 seconds'", arrow.BinaryTypes.String, "PT-1.5S"},
		{"interval '0'", arrow.BinaryTypes.String, "PT0S"},
	} {
		q := floesql.Query{Name: "x", Text: "SELECT " + tc.sql + " AS v", Ordered: true}
		_, rows, rejected := read(t, pool, q, floesql.Options{Types: map[string]arrow.DataType{"v": tc.typ}})
		if diff := cmp.Diff([]string{tc.want}, rows); diff != "" || rejected != nil {
			t.Errorf("%s as %s mismatch (-want +got)\n%s%q", tc.sql, tc.typ, diff, rejected)
		}
	}
	s, err := postgres.New(pool, floesql.Query{Name: "x", Text: "SELECT true AS v"}, &floesql.Options{Types: map[string]arrow.DataType{"v": arrow.PrimitiveTypes.Int8}})
	if err != nil {
		t.Fatal(err)
	}
	for p := range s.Partitions(t.Context()) {
		r, err := p.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(t.Context()); err == nil || !strings.Contains(err.Error(), `"v" cannot be read as int8`) {
			t.Errorf("bool as int8: %v", err)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// What has no value in Arrow is a reject, with the row as it is.
func TestRejects(t *testing.T) {
	pool := open(t, servers.Postgres(t).Database(t))
	for _, tc := range []struct {
		sql string
		typ arrow.DataType
		why string
	}{
		{"date 'infinity'", nil, `infinity`},
		{"timestamp '-infinity'", nil, `-infinity`},
		{"time '24:00'", nil, `24:00:00`},
		{"'NaN'::numeric(9,2)", nil, `NaN`},
		{"ARRAY[ARRAY[1],ARRAY[2]]", nil, `2 dimensions`},
		{"ARRAY[date 'infinity', date '2024-01-01']", nil, `1 dimensions`},
		{"interval '1000000000 hours'", nil, `0x`},
		{"300::int2", arrow.PrimitiveTypes.Int8, `300`},
		{"-1::int4", arrow.PrimitiveTypes.Uint32, `-1`},
		{"12.345::numeric", &arrow.Decimal128Type{Precision: 20, Scale: 2}, `12.345`},
		{"123::numeric", &arrow.Decimal128Type{Precision: 2, Scale: 0}, `123`},
	} {
		exec(t, pool, "DROP TABLE IF EXISTS x", "CREATE TABLE x AS SELECT 1 AS id, "+tc.sql+" AS v", "INSERT INTO x VALUES (2, NULL)")
		var types map[string]arrow.DataType
		if tc.typ != nil {
			types = map[string]arrow.DataType{"v": tc.typ}
		}
		_, rows, rejected := read(t, pool, floesql.Query{Table: "x", Key: []string{"id"}}, floesql.Options{Types: types})
		if diff := cmp.Diff([]string{"2 (null)"}, rows); diff != "" {
			t.Errorf("%s: rows mismatch (-want +got)\n%s", tc.sql, diff)
		}
		if len(rejected) != 1 || !strings.HasPrefix(rejected[0], "1 ") || !strings.Contains(rejected[0], tc.why) || !strings.Contains(rejected[0], `outofrange: column "v": `) {
			t.Errorf("%s: rejected %q, want one with %q", tc.sql, rejected, tc.why)
		}
	}
}

// Keys of every type that may be one go on where they were.
func TestKeys(t *testing.T) {
	pool := open(t, servers.Postgres(t).Database(t))
	for _, k := range []string{
		"i", "i::int2", "i + 0.5::float4", "i / 3.0::float8", "(i * 1e30)::numeric(40,5)", "i::numeric / 7", "lpad(i::text, 3, '''é')",
		"decode(lpad(i::text, 4, '0'), 'hex')", "date '1999-12-25' + i", "timestamp '1999-12-31 23:59:59.999998' + i * interval '1 us'",
		"timestamptz '1999-12-31 23:59:59.5+09' + i * interval '1 day'", "time '00:00:00.000001' * 1 + i * interval '1 s'", "lpad(i::text, 32, '0')::uuid",
	} {
		if strings.HasPrefix(k, "time '") {
			k = "time '00:00:00.000001' + i * interval '1 s'"
		}
		exec(t, pool, "DROP TABLE IF EXISTS k", "CREATE TABLE k AS SELECT "+k+" AS k, i FROM generate_series(1, 25) i")
		_, rows, rejected := read(t, pool, floesql.Query{Table: "k", Key: []string{"k"}}, floesql.Options{PageRows: 3, BatchRows: 2})
		if len(rows) != 25 || rejected != nil {
			t.Errorf("%s: %d rows %q, want 25", k, len(rows), rejected)
		}
	}
}

// Rows of one key are told apart by columns whose equal values differ, and by such as have no order.
func TestTies(t *testing.T) {
	pool := open(t, servers.Postgres(t).Database(t))
	exec(t, pool, "CREATE TABLE t AS SELECT 1 AS k, (CASE WHEN i % 3 = 0 THEN '1.0' WHEN i % 3 = 1 THEN '1.00' ELSE '1.000' END)::numeric AS n, "+
		"(CASE WHEN i % 2 = 0 THEN '1 day' ELSE '24:00' END)::interval AS d, to_json(i) AS j FROM generate_series(1, 60) i")
	seen := map[string]bool{}
	_, rows, _ := read(t, pool, floesql.Query{Table: "t", Key: []string{"k"}, Ties: true}, floesql.Options{PageRows: 7})
	for _, row := range rows {
		seen[row] = true
	}
	if len(rows) != 60 || len(seen) != 60 {
		t.Errorf("%d rows, %d of them different, want 60", len(rows), len(seen))
	}
}
