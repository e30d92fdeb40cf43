package parquet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/internal/decode/parquet"
)

// TestGolden reads files of other writers, whose rows are in testdata as Arrow too.
func TestGolden(t *testing.T) {
	tests := []struct{ file, want string }{
		{"flat-v1-snappy", "flat"},
		{"flat-v2-zstd-crc", "flat"},
		{"flat-plain-gzip-index", "flat"},
		{"flat-brotli", "flat"},
		{"flat-lz4raw", "flat"},
		{"flat-none-v2", "flat"},
		{"decimal256", "decimal256"},
		{"decimal-as-int", "flat"},
		{"int96", "flat"},
		{"delta-v1", "flat"},
		{"delta-v2", "flat"},
		{"nested-v1", "nested"},
		{"nested-v2-index", "nested"},
		{"nested-noarrowschema", "nested"},
		{"polars", "polars"},
		{"large-dictionary", "large"},
		{"large-plain-v2", "large"},
		{"uuid", "uuid"},
		{"uuid-noarrowschema", "uuid"},
	}
	for _, tc := range tests {
		t.Run(tc.file, func(t *testing.T) {
			b := testdata(t, tc.file+".parquet")
			want := golden(t, tc.want+".arrow")
			rows := int64(want.NumRows())
			for _, o := range []parquet.Options{
				{},
				{BatchRows: 7, Parallel: 1},
				{BatchRows: 64, Start: 33 % rows, Parallel: 3},
				{BatchRows: 16, Start: 76 % rows},
				{BatchRows: 1, Start: rows - 1},
				{Start: rows},
			} {
				t.Run(fmt.Sprintf("start=%d,rows=%d", o.Start, o.BatchRows), func(t *testing.T) {
					o.Allocator = checked(t)
					schema, recs := drain(t, open(t, b), o)
					checkBatches(t, recs, o, rows)
					for i, f := range schema.Fields() {
						at := want.Schema().FieldIndices(f.Name)
						w := array.NewSlice(want.Column(at[0]), o.Start, rows)
						defer w.Release()
						if w.Len() > 0 {
							sameColumn(t, f.Name, w, column(t, recs, i))
						}
					}
				})
			}
		})
	}
}

// TestTypesOfOtherWriters: what Parquet keeps less of than Arrow comes back from the Arrow schema in the file.
func TestTypesOfOtherWriters(t *testing.T) {
	for file, want := range map[string]string{
		"large-plain-v2": "id int32, uuid fixed_size_binary[16], bin binary, largebin large_binary, fixed fixed_size_binary[8], " +
			"largetext large_utf8, largelist list<element: int64, nullable>, fixedlist list<element: int32, nullable>, " +
			"listlarge list<element: large_utf8, nullable>",
		"uuid":               "u fixed_size_binary[16] arrow.uuid",
		"uuid-noarrowschema": "u fixed_size_binary[16] arrow.uuid",
	} {
		var got []string
		for _, f := range open(t, testdata(t, file+".parquet")).Schema().Fields() {
			s := f.Name + " " + f.Type.String()
			if ext, ok := f.Metadata.GetValue("ARROW:extension:name"); ok {
				s += " " + ext
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s: types mismatch (-want +got):\n%s", file, diff)
		}
	}
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// golden answers the one record batch of an Arrow file.
func golden(t testing.TB, name string) arrow.Record {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := ipc.NewFileReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n := r.NumRecords(); n != 1 {
		t.Fatalf("%s has %d batches", name, n)
	}
	rec, err := r.Record(0)
	if err != nil {
		t.Fatal(err)
	}
	rec.Retain()
	t.Cleanup(rec.Release)
	return rec
}

// checkBatches makes sure that batches end at multiples of BatchRows.
func checkBatches(t *testing.T, recs []arrow.Record, o parquet.Options, rows int64) {
	t.Helper()
	size := o.BatchRows
	if size == 0 {
		size = parquet.DefaultBatchRows
	}
	at := o.Start
	for i, rec := range recs {
		end := min((at/size+1)*size, rows)
		if rec.NumRows() != end-at {
			t.Fatalf("batch %d has %d rows from row %d, want %d", i, rec.NumRows(), at, end-at)
		}
		at = end
	}
	if at != rows {
		t.Fatalf("batches end at row %d of %d", at, rows)
	}
}

// sameColumn compares values; the types may differ where Parquet keeps less than Arrow.
func sameColumn(t *testing.T, name string, want, got arrow.Array) {
	t.Helper()
	if want.Len() != got.Len() {
		t.Errorf("column %q has %d values, want %d", name, got.Len(), want.Len())
		return
	}
	for i := range want.Len() {
		if w, g := want.ValueStr(i), got.ValueStr(i); w != g || want.IsNull(i) != got.IsNull(i) {
			t.Errorf("column %q (%s, want %s) row %d: %s, want %s", name, got.DataType(), want.DataType(), i, g, w)
			return
		}
	}
}
