package duckdb_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink/duckdb"
)

// Rows that break a constraint come back with their numbers and reasons, and the others are there.
func TestConstraints(t *testing.T) {
	const rows = `[{"id":1,"name":"a"},{"id":2,"name":"bad"},{"id":null,"name":"c"},{"id":1,"name":"d"},{"id":5,"name":"e"}]`
	for _, c := range []struct {
		name, ddl string
		rejected  []string
		message   string // of the first
		ids       []string
	}{
		{"not null", "CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR)", []string{"2 null"}, "NOT NULL constraint failed: t.id", []string{"1", "1", "2", "5"}},
		{"check", "CREATE TABLE t (id BIGINT, name VARCHAR CHECK (name <> 'bad'))", []string{"1 constraint"}, "CHECK constraint failed: t", []string{"1", "1", "5", "NULL"}},
		{"unique", "CREATE TABLE t (id BIGINT UNIQUE, name VARCHAR)", []string{"3 constraint"}, `duplicate key "1"`, []string{"1", "2", "5", "NULL"}},
		{"primary key with a row", "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR); INSERT INTO t VALUES (5, 'old')", []string{"2 null", "3 constraint", "4 constraint"}, "NOT NULL", []string{"1", "2", "5"}},
		{"unique index", "CREATE TABLE t (id BIGINT, name VARCHAR); CREATE UNIQUE INDEX i ON t (id)", []string{"3 constraint"}, "duplicate key", []string{"1", "2", "5", "NULL"}},
		{"enum", "CREATE TYPE e AS ENUM ('a', 'c', 'd', 'e'); CREATE TABLE t (id BIGINT, name e)", []string{"1 outofrange"}, "cannot hold bad", []string{"1", "1", "5", "NULL"}},
		{"foreign key", "CREATE TABLE r (id BIGINT PRIMARY KEY); INSERT INTO r VALUES (1), (2); CREATE TABLE t (id BIGINT REFERENCES r (id), name VARCHAR)", []string{"4 constraint"}, `the columns id of "r" have no key "5"`, []string{"1", "1", "2", "NULL"}},
		{"foreign key of two columns", `CREATE TABLE "R (" (n VARCHAR, "i, j" BIGINT, UNIQUE ("i, j", n)); INSERT INTO "R (" VALUES ('a', 1), ('bad', 2), ('d', 5), ('e', 1);
			CREATE TABLE t (id BIGINT, name VARCHAR, FOREIGN KEY (id, name) REFERENCES "R (" ("i, j", n))`, []string{"3 constraint", "4 constraint"}, `have no key "1, d"`, []string{"1", "2", "NULL"}},
		{"foreign key of the table itself", "CREATE TABLE t (id BIGINT REFERENCES t (up), name VARCHAR, up BIGINT UNIQUE); INSERT INTO t (up) VALUES (1), (2)", []string{"4 constraint"}, "foreign key", []string{"1", "1", "2", "NULL", "NULL", "NULL"}},
		{"unique index over an expression", "CREATE TABLE t (id BIGINT, name VARCHAR); CREATE UNIQUE INDEX i ON t (upper(name)); INSERT INTO t VALUES (9, 'BAD'), (9, 'e')", []string{"1 constraint", "4 constraint"}, "Duplicate key", []string{"1", "1", "9", "9", "NULL"}},
		{"all", "CREATE TABLE t (id BIGINT CHECK (id > 100), name VARCHAR NOT NULL CHECK (length(name) > 100))", []string{"0 constraint", "1 constraint", "2 constraint", "3 constraint", "4 constraint"}, "CHECK", []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			mem := checked(t)
			connector, db := inMemory(t)
			if _, err := db.Exec(c.ddl); err != nil {
				t.Fatal(err)
			}
			s := open(t, connector, "t", &duckdb.Options{Rejects: "refused rows"})
			w, _ := claim(t, s, "0")
			prepare(t, w, idAndName)
			g := &gate{}
			b := batchOf(t, offset.Offset{Position: "x", Ordinal: 7, Skip: 7}.String(), g, fromJSON(t, mem, idAndName, rows))
			if _, err := db.Exec("UPDATE _floe_offsets SET committed = ?", b.From); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Load(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.rejected, g.reasons); diff != "" || g.receipt.Rows != int64(5-len(c.rejected)) {
				t.Errorf("%d rows loaded, rejected (-want +got):\n%s", g.receipt.Rows, diff)
			}
			if diff := cmp.Diff(c.ids, query(t, db, "SELECT id FROM t ORDER BY id")); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			kept := query(t, db, `SELECT _floe_row - 7 || ' ' || _floe_code FROM "refused rows" ORDER BY _floe_row`)
			if diff := cmp.Diff(c.rejected, kept); diff != "" {
				t.Errorf("rows of the rejects table (-want +got):\n%s", diff)
			}
			if got := query(t, db, `SELECT _floe_reason FROM "refused rows" ORDER BY _floe_row`); !strings.Contains(got[0], c.message) {
				t.Errorf("the first reason is %q, want it to have %q", got[0], c.message)
			}
		})
	}
}

// Values that DuckDB cannot hold are rejects, wherever they stand, and never something else.
func TestRefusedValues(t *testing.T) {
	text := func(values ...string) arrow.Array {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		b.AppendValues(values, nil)
		return b.NewArray()
	}
	int64s := func(dt arrow.DataType, values ...int64) arrow.Array {
		b := array.NewInt64Builder(memory.DefaultAllocator)
		b.AppendValues(values, nil)
		a := b.NewArray()
		return array.MakeFromData(array.NewData(dt, a.Len(), a.Data().Buffers(), nil, 0, 0))
	}
	inList := func(a arrow.Array) arrow.Array {
		b := array.NewListBuilder(memory.DefaultAllocator, arrow.PrimitiveTypes.Int8)
		for range a.Len() {
			b.Append(true)
			b.ValueBuilder().(*array.Int8Builder).Append(0)
		}
		l := b.NewArray()
		return array.MakeFromData(array.NewData(arrow.ListOf(a.DataType()), a.Len(), l.Data().Buffers(), []arrow.ArrayData{a.Data()}, 0, 0))
	}
	us, ns := &arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}
	const most, least = 1<<63 - 1, -1 << 63
	for _, c := range []struct {
		name   string
		values arrow.Array
		want   []string
	}{
		{"text", text("a", "\xff", "b", "é"), []string{"1 invalid"}},
		{"text cut amid a character", text("a", "\xc3", "\xa9", "b"), []string{"1 invalid", "2 invalid"}},
		{"text in a list", inList(text("a", "\xff")), []string{"1 invalid"}},
		{"timestamp", int64s(us, 0, most, -most, least), []string{"1 outofrange", "2 outofrange", "3 outofrange"}},
		{"timestamp in a list", inList(int64s(us, 0, most)), []string{"1 outofrange"}},
		{"timestamp_s", int64s(&arrow.TimestampType{Unit: arrow.Second}, 0, most/1000), []string{"1 outofrange"}},
		{"timestamp_ns with zone", int64s(ns, 1000, 1001), []string{"1 outofrange"}},
		{"timestamp_s with zone", int64s(&arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}, 0, most/1000), []string{"1 outofrange"}},
		{"time64_ns", int64s(arrow.FixedWidthTypes.Time64ns, 1000, 1001), []string{"1 outofrange"}},
		{"time64_us", int64s(arrow.FixedWidthTypes.Time64us, 0, -1, 24*3600*1_000_000+1), []string{"1 outofrange", "2 outofrange"}},
		{"date64", int64s(arrow.FixedWidthTypes.Date64, 86_400_000, 1), []string{"1 outofrange"}},
		{"duration_s", int64s(arrow.FixedWidthTypes.Duration_s, 1, most), []string{"1 outofrange"}},
		{"decimal", array.MakeFromData(array.NewData(&arrow.Decimal128Type{Precision: 4, Scale: 0}, 2, int64s(us, 9999, 0, 10_000, 0).Data().Buffers(), nil, 0, 0)), []string{"1 outofrange"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			connector, db := inMemory(t)
			s := open(t, connector, "t", &duckdb.Options{Rejects: "refused"})
			w, from := claim(t, s, "0")
			schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: c.values.DataType(), Nullable: true}}, nil)
			prepare(t, w, schema)
			g := &gate{}
			rec := array.NewRecord(schema, []arrow.Array{c.values}, int64(c.values.Len()))
			if _, err := w.Load(t.Context(), batchOf(t, from, g, rec)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, g.reasons); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
			if got := query(t, db, "SELECT (SELECT count(*) FROM t WHERE c IS NOT NULL) + (SELECT count(*) FROM refused)"); got[0] != query(t, db, "SELECT "+itoa(c.values.Len()))[0] {
				t.Errorf("rows and rejects are %s, want %d", got[0], c.values.Len())
			}
		})
	}
}

// Many rows without the key that they refer to are found by one query, among many that have it.
func TestForeignKeyOfMany(t *testing.T) {
	const rows, every = 50_000, 50
	connector, db := inMemory(t)
	if _, err := db.Exec("CREATE TABLE r (id BIGINT PRIMARY KEY); INSERT INTO r SELECT i FROM range(50000) AS t(i) WHERE i % 50 > 0; CREATE TABLE t (id BIGINT REFERENCES r (id), name VARCHAR)"); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s := open(t, connector, "t", &duckdb.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	w, from := claim(t, s, "0")
	prepare(t, w, idAndName)
	g := &gate{}
	if _, err := w.Load(t.Context(), batchOf(t, from, g, numbers(rows))); err != nil {
		t.Fatal(err)
	}
	if g.receipt.Rows != rows-rows/every || len(g.reasons) != rows/every {
		t.Errorf("%d rows loaded and %d rejected, want %d and %d", g.receipt.Rows, len(g.reasons), rows-rows/every, rows/every)
	}
	if strings.Contains(log.String(), "halves") {
		t.Errorf("halves were tried:\n%s", log.String())
	}
}

// Trying halves is announced, and ends with the context.
func TestHalvesEnd(t *testing.T) {
	connector, db := inMemory(t)
	if _, err := db.Exec("CREATE TABLE t (id BIGINT, name VARCHAR); CREATE UNIQUE INDEX i ON t ((id + 1)); INSERT INTO t (id) SELECT * FROM range(5000)"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	said := ""
	s := open(t, connector, "t", &duckdb.Options{Logger: slog.New(slog.NewTextHandler(writerFunc(func(line []byte) {
		if bytes.Contains(line, []byte("halves")) {
			said = string(line)
			time.AfterFunc(20*time.Millisecond, cancel)
		}
	}), nil))})
	w, from := claim(t, s, "0")
	prepare(t, w, idAndName)
	began := time.Now()
	_, err := w.Load(ctx, batchOf(t, from, &gate{}, numbers(5000)))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Load answered %v, want that the context is done", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("Load took %v", took)
	}
	if !strings.Contains(said, "rows=5000") || !strings.Contains(said, "Duplicate key") {
		t.Errorf("what was said of the halves: %q", said)
	}
}

type writerFunc func(line []byte)

func (f writerFunc) Write(line []byte) (int, error) {
	f(line)
	return len(line), nil
}

// numbers makes rows with the ids from 0.
func numbers(rows int64) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, idAndName)
	defer b.Release()
	for i := range rows {
		b.Field(0).(*array.Int64Builder).Append(i)
		b.Field(1).(*array.StringBuilder).Append("a")
	}
	return b.NewRecord()
}
