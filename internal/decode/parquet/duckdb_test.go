package parquet_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/internal/decode/parquet"
)

// sameAsPqarrow reads b with both readers and compares them column by column.
func sameAsPqarrow(t *testing.T, b []byte, o parquet.Options) {
	t.Helper()
	sameAs(t, oracle(t, b), b, o)
}

func sameAs(t *testing.T, want arrow.Table, b []byte, o parquet.Options) {
	t.Helper()
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
	for codec, rows := range map[string]int{
		"zstd": 15_000, "snappy": 15_000, "gzip": 15_000, "uncompressed": 15_000,
		"brotli": 4_500, // which takes long to write
	} {
		t.Run(codec, func(t *testing.T) {
			b := duck(t, trips(rows), "CODEC '"+codec+"', ROW_GROUP_SIZE 2048")
			sameAsPqarrow(t, b, parquet.Options{BatchRows: 1_500, Parallel: 2})
			sameAsPqarrow(t, b, parquet.Options{Start: int64(rows) * 2 / 3})
		})
	}
}

// TestDictionaries reads columns as dictionaries, also across row groups, and only where all of them are.
func TestDictionaries(t *testing.T) {
	b := duck(t, trips(15_000), "CODEC 'snappy', ROW_GROUP_SIZE 6000")
	o := parquet.Options{BatchRows: 4_000, Start: 100, Dictionaries: true, Allocator: checked(t), Columns: []string{"zone", "token", "payment", "id"}}
	schema, recs := drain(t, open(t, b), o)
	var types []string
	for _, f := range schema.Fields() {
		types = append(types, f.Name+" "+f.Type.ID().String())
	}
	want := []string{"zone DICTIONARY", "token STRING", "payment DICTIONARY", "id INT64"}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Fatalf("types mismatch (-want +got):\n%s", diff)
	}
	plain := o
	plain.Dictionaries, plain.Allocator = false, checked(t)
	_, texts := drain(t, open(t, b), plain)
	for i := range o.Columns {
		for k := range recs {
			sameColumn(t, o.Columns[i], texts[k].Column(i), recs[k].Column(i))
		}
	}
}

// TestFlights reads three million rows that Polars wrote.
func TestFlights(t *testing.T) {
	const path = "../../../../shared/data/flights-3m.parquet"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("the optional data are not there: %v", err)
	}
	if testing.Short() {
		t.Skip("3 million rows are not for short tests")
	}
	want := oracle(t, b)
	sameAs(t, want, b, parquet.Options{})
	sameAs(t, want, b, parquet.Options{Start: 2_345_678, BatchRows: 100_000})
}
