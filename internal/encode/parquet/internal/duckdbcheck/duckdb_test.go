// Package duckdbcheck has DuckDB read what the encoder writes. It stands apart, so that the tests of the encoder link no
// database.
package duckdbcheck

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/internal/encode/internal/sample"
	"github.com/floedata/floe/internal/encode/parquet"
)

// TestTypes has a column of every type that is not nested, under every codec.
func TestTypes(t *testing.T) {
	var fields []arrow.Field
	for i, dt := range sample.Leaves() {
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("c%d", i), Type: dt, Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	conn := connect(t)
	for _, codec := range []parquet.Codec{parquet.Zstd, parquet.Snappy, parquet.None} {
		rec := sample.Record(rand.New(rand.NewPCG(uint64(codec), 3)), memory.DefaultAllocator, schema, 3_000)
		defer rec.Release()
		compare(t, conn, &parquet.Options{Codec: codec, PageBytes: 2_000, RowGroupRows: 1_000}, rec)
	}
}

// TestRandom has random, nested types.
func TestRandom(t *testing.T) {
	seeds := 40
	if testing.Short() {
		seeds = 10
	}
	conn := connect(t)
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(uint64(seed), 2))
			schema := sample.Schema(rnd, 3)
			var recs []arrow.Record
			for range 1 + rnd.IntN(3) {
				rec := sample.Record(rnd, memory.DefaultAllocator, schema, rnd.IntN(300))
				defer rec.Release()
				recs = append(recs, rec)
			}
			o := &parquet.Options{PageBytes: []int{0, 1, 1000}[rnd.IntN(3)], RowGroupRows: []int{0, 37, 200}[rnd.IntN(3)]}
			compare(t, conn, o, recs...)
			if t.Failed() {
				t.Fatalf("%+v of %s", *o, schema)
			}
		})
	}
}

// TestScattered has columns without repetition, whose pages are zstd frames of the encoder's own.
func TestScattered(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "token", Type: arrow.BinaryTypes.String},
		{Name: "at", Type: arrow.FixedWidthTypes.Timestamp_us},
		{Name: "total", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "noise", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	rnd := rand.New(rand.NewPCG(6, 6))
	for i := range 150_000 {
		b.Field(0).(*array.StringBuilder).Append(fmt.Sprintf("%016x%016x", rnd.Uint64(), rnd.Uint64()))
		b.Field(1).(*array.TimestampBuilder).Append(arrow.Timestamp(1_700_000_000_000_000 + int64(i)*1_000_000 + rnd.Int64N(1_000_000)))
		if i%7 == 0 {
			b.Field(2).AppendNull()
		} else {
			b.Field(2).(*array.Int64Builder).Append(rnd.Int64N(10_000_000))
		}
		b.Field(3).(*array.Float64Builder).Append(rnd.Float64())
	}
	rec := b.NewRecord()
	defer rec.Release()
	compare(t, connect(t), nil, rec)
}

// TestExtensions: DuckDB has types of its own for UUID and JSON.
func TestExtensions(t *testing.T) {
	named := func(name string) arrow.Metadata {
		return arrow.MetadataFrom(map[string]string{"ARROW:extension:name": name})
	}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "u", Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}, Metadata: named("arrow.uuid"), Nullable: true},
		{Name: "j", Type: arrow.BinaryTypes.String, Metadata: named("arrow.json"), Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	b.Field(0).(*array.FixedSizeBinaryBuilder).Append([]byte("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"))
	b.Field(1).(*array.StringBuilder).Append(`{"a": [1, "é"]}`)
	b.Field(0).AppendNull()
	b.Field(1).AppendNull()
	rec := b.NewRecord()
	defer rec.Release()
	got := records(t, connect(t), "SELECT typeof(u) || ' ' || u::VARCHAR, j::VARCHAR FROM read_parquet('"+write(t, nil, rec)+"')")
	defer release(got)
	want := [][]any{{sample.Text("UUID 00112233-4455-6677-8899-aabbccddeeff"), nil}, {sample.Text(`{"a": [1, "é"]}`), nil}}
	if diff := cmp.Diff(want, [][]any{values(got, 0), values(got, 1)}); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// TestPruning filters by the statistics of row groups, whose bounds decide what DuckDB reads at all.
func TestPruning(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "f", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "d", Type: &arrow.Decimal128Type{Precision: 15, Scale: 3}, Nullable: true},
		{Name: "e", Type: &arrow.Decimal128Type{Precision: 25, Scale: 3}, Nullable: true},
		{Name: "u", Type: arrow.PrimitiveTypes.Uint64, Nullable: true},
		{Name: "w", Type: arrow.PrimitiveTypes.Uint32, Nullable: true},
	}, nil)
	rec := sample.Record(rand.New(rand.NewPCG(5, 5)), memory.DefaultAllocator, schema, 2_000)
	defer rec.Release()
	conn := connect(t)
	file := "read_parquet('" + write(t, &parquet.Options{RowGroupRows: 20}, rec) + "')"
	release(records(t, conn, "CREATE TABLE loaded AS SELECT * FROM "+file))
	for _, f := range schema.Fields() {
		literals := records(t, conn, fmt.Sprintf("SELECT DISTINCT format('{}', %[1]s::VARCHAR), typeof(%[1]s) FROM loaded WHERE %[1]s IS NOT NULL ORDER BY 1 LIMIT 25", f.Name))
		for i := range int(literals[0].NumRows()) {
			literal := strings.ReplaceAll(literals[0].Column(0).ValueStr(i), "'", "''")
			for _, op := range []string{"=", "<", ">="} {
				var counts []any
				for _, from := range []string{"loaded", file} {
					got := records(t, conn, fmt.Sprintf("SELECT count(*) FROM %s WHERE %s %s '%s'::%s", from, f.Name, op, literal, literals[0].Column(1).ValueStr(i)))
					counts = append(counts, sample.Value(got[0].Column(0), 0))
					release(got)
				}
				if counts[0] != counts[1] {
					t.Errorf("%s %s %q: %v rows of the file, %v of a table", f.Name, op, literal, counts[1], counts[0])
				}
			}
		}
		release(literals)
	}
}

func connect(t *testing.T) driver.Conn {
	t.Helper()
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	conn, err := c.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func write(t *testing.T, o *parquet.Options, recs ...arrow.Record) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.parquet")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := parquet.NewWriter(f, recs[0].Schema(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range recs {
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// compare writes the records and has DuckDB read them.
func compare(t *testing.T, conn driver.Conn, o *parquet.Options, recs ...arrow.Record) {
	t.Helper()
	path := write(t, o, recs...)
	got := records(t, conn, "SELECT * FROM read_parquet('"+strings.ReplaceAll(path, "'", "''")+"')")
	defer release(got)
	for i, f := range recs[0].Schema().Fields() {
		want, found := values(recs, i), values(got, i)
		if len(want) != len(found) {
			t.Errorf("column %q: %d rows, want %d", f.Name, len(found), len(want))
			continue
		}
		for row := range want {
			if w, g := known(want[row]), known(found[row]); !reflect.DeepEqual(w, g) {
				t.Errorf("column %q of type %s, row %d mismatch (-want +got):\n%s", f.Name, f.Type, row, cmp.Diff(w, g))
				break
			}
		}
	}
}

func values(recs []arrow.Record, column int) (list []any) {
	for _, rec := range recs {
		for i := range int(rec.NumRows()) {
			list = append(list, sample.Value(rec.Column(column), i))
		}
	}
	return list
}

// known is v as far as DuckDB has types for it: its times, and its timestamps in UTC, have microseconds.
func known(v any) any {
	switch v := v.(type) {
	case sample.Clock:
		return sample.Clock(micros(string(v)))
	case sample.Instant:
		return sample.Instant(micros(string(v)))
	case sample.List:
		for i := range v {
			v[i] = known(v[i])
		}
	case sample.Struct:
		for i := range v {
			v[i] = known(v[i])
		}
	case sample.Pairs:
		for i := range v {
			v[i] = [2]any{known(v[i][0]), known(v[i][1])}
		}
	}
	return v
}

func micros(nanos string) string {
	n, _ := new(big.Int).SetString(nanos, 10)
	return n.Quo(n, big.NewInt(1000)).String()
}

func records(t *testing.T, conn driver.Conn, query string) []arrow.Record {
	t.Helper()
	a, err := duckdb.NewArrowFromConn(conn)
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	var out []arrow.Record
	for r.Next() {
		rec := r.Record()
		rec.Retain()
		out = append(out, rec)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func release(recs []arrow.Record) {
	for _, rec := range recs {
		rec.Release()
	}
}
