package parquet_test

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/internal/decode/parquet"
)

// sameAsPqarrow reads b with both readers and compares them column by column.
func sameAsPqarrow(t *testing.T, b []byte, o parquet.Options) {
	t.Helper()
	want := oracle(t, b)
	o.Allocator = checked(t)
	schema, recs := drain(t, open(t, b), o)
	sameTable(t, want, schema, recs, o)
}

func sameTable(t *testing.T, want arrow.Table, schema *arrow.Schema, recs []arrow.Record, o parquet.Options) {
	t.Helper()
	var rows int64
	for _, rec := range recs {
		rows += rec.NumRows()
	}
	if rows != want.NumRows()-o.Start {
		t.Fatalf("%d rows, want %d", rows, want.NumRows()-o.Start)
	}
	if rows == 0 {
		return
	}
	for i := range int(want.NumCols()) {
		w := concat(t, want.Column(i).Data().Chunks())
		w = array.NewSlice(w, o.Start, int64(w.Len()))
		t.Cleanup(w.Release)
		got := column(t, recs, i)
		if !array.Equal(w, got) {
			t.Errorf("column %q (%s, want %s) differs%s", schema.Field(i).Name, got.DataType(), w.DataType(), difference(w, got))
		}
	}
}

func difference(w, g arrow.Array) string {
	for i := range min(w.Len(), g.Len()) {
		if !array.SliceEqual(w, int64(i), int64(i+1), g, int64(i), int64(i+1)) {
			return fmt.Sprintf(" first at row %d: %s, want %s", i, g.ValueStr(i), w.ValueStr(i))
		}
	}
	return fmt.Sprintf(" in length: %d, want %d", g.Len(), w.Len())
}

func TestDuckDB(t *testing.T) {
	for _, codec := range []string{"zstd", "snappy", "gzip", "uncompressed", "brotli", "lz4"} {
		t.Run(codec, func(t *testing.T) {
			b := duck(t, trips(50_000), "CODEC '"+codec+"', ROW_GROUP_SIZE 20000")
			sameAsPqarrow(t, b, parquet.Options{BatchRows: 7_000, Parallel: 2})
			sameAsPqarrow(t, b, parquet.Options{Start: 33_333})
		})
	}
}
