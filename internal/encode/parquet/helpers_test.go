package parquet_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"math/big"
	"reflect"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	"github.com/google/go-cmp/cmp"
	pqgo "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	decode "github.com/floedata/floe/internal/decode/parquet"
	"github.com/floedata/floe/internal/encode/internal/sample"
	"github.com/floedata/floe/internal/encode/parquet"
)

// checked answers an allocator that must be empty at the end of the test.
func checked(tb testing.TB) *memory.CheckedAllocator {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	tb.Cleanup(func() { mem.AssertSize(tb, 0) })
	return mem
}

// encode writes records to a file in memory, and once more with the same writer, which must give the same bytes.
func encode(tb testing.TB, schema *arrow.Schema, o *parquet.Options, recs ...arrow.Record) []byte {
	tb.Helper()
	var buf, again bytes.Buffer
	w, err := parquet.NewWriter(&buf, schema, o)
	if err != nil {
		tb.Fatal(err)
	}
	writeAll(tb, w, &buf, recs)
	if err := w.Reset(&again); err != nil {
		tb.Fatal(err)
	}
	writeAll(tb, w, &again, recs)
	if !bytes.Equal(buf.Bytes(), again.Bytes()) {
		tb.Errorf("after Reset the file has %d bytes that differ from the %d of the first", again.Len(), buf.Len())
	}
	return buf.Bytes()
}

func writeAll(tb testing.TB, w *parquet.Writer, buf *bytes.Buffer, recs []arrow.Record) {
	tb.Helper()
	for _, rec := range recs {
		if err := w.Write(rec); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	if w.Size() != int64(buf.Len()) {
		tb.Errorf("Size is %d after Close of a file of %d bytes", w.Size(), buf.Len())
	}
}

// valuesOf are the values of a column of some records.
func valuesOf(recs []arrow.Record, column int) []any {
	list := []any{}
	for _, rec := range recs {
		for i := range int(rec.NumRows()) {
			list = append(list, sample.Value(rec.Column(column), i))
		}
	}
	return list
}

// readBack compares what all readers find in a file with the records that were written.
func readBack(tb testing.TB, file []byte, want ...arrow.Record) {
	tb.Helper()
	rows := int64(0)
	for _, rec := range want {
		rows += rec.NumRows()
	}
	for name, got := range map[string][]arrow.Record{"decode": readOurs(tb, file), "pqarrow": readPqarrow(tb, file)} {
		found := int64(0)
		for _, rec := range got {
			found += rec.NumRows()
		}
		if found != rows {
			tb.Errorf("%s: %d rows, want %d", name, found, rows)
			continue
		}
		for i := range int(want[0].NumCols()) {
			same(tb, fmt.Sprintf("%s: column %q of type %s", name, want[0].ColumnName(i), want[0].Column(i).DataType()), valuesOf(want, i), valuesOf(got, i))
		}
	}
	compareLeaves(tb, file, want)
}

func same(tb testing.TB, what string, want, got []any) {
	tb.Helper()
	for i := range want {
		if i >= len(got) || !reflect.DeepEqual(want[i], got[i]) {
			tb.Errorf("%s: row %d mismatch (-want +got):\n%s", what, i, cmp.Diff(want[i], at(got, i)))
			return
		}
	}
	if len(got) > len(want) {
		tb.Errorf("%s: %d rows, want %d", what, len(got), len(want))
	}
}

func at(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return "nothing"
}

func readOurs(tb testing.TB, b []byte) []arrow.Record {
	tb.Helper()
	recs, err := drain(b)
	for _, rec := range recs {
		tb.Cleanup(rec.Release)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return recs
}

func drain(b []byte) (recs []arrow.Record, err error) {
	f, err := decode.Open(context.Background(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	r, err := f.Reader(decode.Options{BatchRows: 5_000, Parallel: 1})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		rec, err := r.Next(context.Background())
		if err == io.EOF {
			return recs, nil
		}
		if err != nil {
			return recs, err
		}
		recs = append(recs, rec)
	}
}

func readPqarrow(tb testing.TB, b []byte) []arrow.Record {
	tb.Helper()
	pf, err := file.NewParquetReader(bytes.NewReader(b))
	if err != nil {
		tb.Fatal(err)
	}
	defer pf.Close()
	r, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{BatchSize: 5_000}, memory.DefaultAllocator)
	if err != nil {
		tb.Fatal(err)
	}
	if pf.NumRows() == 0 {
		return nil
	}
	rr, err := r.GetRecordReader(context.Background(), nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer rr.Release()
	var recs []arrow.Record
	for rr.Next() {
		rec := rr.Record()
		rec.Retain()
		tb.Cleanup(rec.Release)
		recs = append(recs, rec)
	}
	if err := rr.Err(); err != nil && err != io.EOF {
		tb.Fatal(err)
	}
	return recs
}

// leafValue is one of a leaf of the file: its levels and what it is, nil below the level of a value.
type leafValue struct {
	rep, def int
	value    any
}

// compareLeaves compares the leaves, as parquet-go reads them, with what the rule of nested encoding makes of the
// values row by row, and the page index with the pages.
func compareLeaves(tb testing.TB, b []byte, recs []arrow.Record) {
	tb.Helper()
	f, err := pqgo.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		tb.Fatal(err)
	}
	var want [][]leafValue
	for c, field := range recs[0].Schema().Fields() {
		leaves := make([][]leafValue, leafCount(field.Type))
		for _, v := range valuesOf(recs, c) {
			shred(leaves, field, v, 0, 0, 0)
		}
		want = append(want, leaves...)
	}
	for i := range want {
		var got []leafValue
		for k, g := range f.RowGroups() {
			index := columnIndex(tb, b, &f.Metadata().RowGroups[k].Columns[i])
			got = append(got, chunkValues(tb, f, g.ColumnChunks()[i], index)...)
		}
		if len(got) != len(want[i]) {
			tb.Errorf("leaf %d: %d values, want %d", i, len(got), len(want[i]))
			continue
		}
		for k := range got {
			if want[i][k] != got[k] {
				tb.Errorf("leaf %d: value %d is %+v, want %+v", i, k, got[k], want[i][k])
				break
			}
		}
	}
}

func leafCount(dt arrow.DataType) int {
	switch dt := dt.(type) {
	case arrow.ExtensionType:
		return leafCount(dt.StorageType())
	case arrow.NestedType:
		if d, ok := dt.(*arrow.MapType); ok {
			return leafCount(d.KeyType()) + leafCount(d.ItemType())
		}
		n := 0
		for _, f := range dt.Fields() {
			n += leafCount(f.Type)
		}
		return n
	default:
		return 1
	}
}

// shred appends what the leaves below f have of v: a null, or an empty list, ends all of them; the first element of a
// list has the repetition level that the list has, the others that of the list's elements.
func shred(leaves [][]leafValue, f arrow.Field, v any, rep, maxRep, def int) {
	if f.Nullable || f.Type.ID() == arrow.NULL {
		if v == nil {
			for i := range leaves {
				leaves[i] = append(leaves[i], leafValue{rep, def, nil})
			}
			return
		}
		def++
	}
	elements := func(n int, each func(k, rep int)) {
		if n == 0 {
			for i := range leaves {
				leaves[i] = append(leaves[i], leafValue{rep, def, nil})
			}
		}
		for k := range n {
			if k == 0 {
				each(k, rep)
			} else {
				each(k, maxRep+1)
			}
		}
	}
	switch v := v.(type) {
	case sample.Struct:
		at := 0
		for k, child := range f.Type.(*arrow.StructType).Fields() {
			n := leafCount(child.Type)
			shred(leaves[at:at+n], child, v[k], rep, maxRep, def)
			at += n
		}
	case sample.List:
		elements(len(v), func(k, rep int) {
			shred(leaves, f.Type.(arrow.ListLikeType).ElemField(), v[k], rep, maxRep+1, def+1)
		})
	case sample.Pairs:
		dt := f.Type.(*arrow.MapType)
		n := leafCount(dt.KeyType())
		elements(len(v), func(k, rep int) {
			shred(leaves[:n], arrow.Field{Type: dt.KeyType()}, v[k][0], rep, maxRep+1, def+1)
			shred(leaves[n:], dt.ItemField(), v[k][1], rep, maxRep+1, def+1)
		})
	default:
		leaves[0] = append(leaves[0], leafValue{rep, def, v})
	}
}

// columnIndex reads the column index of a chunk, nil if there is none. Parquet-go itself reads none of a file whose first
// chunk has none.
func columnIndex(tb testing.TB, file []byte, c *format.ColumnChunk) pqgo.ColumnIndex {
	tb.Helper()
	if c.ColumnIndexOffset == 0 {
		return nil
	}
	x := new(format.ColumnIndex)
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), file[c.ColumnIndexOffset:][:c.ColumnIndexLength], x); err != nil {
		tb.Fatal(err)
	}
	return pqgo.NewColumnIndex(pqgo.Kind(c.MetaData.Type), x)
}

// chunkValues reads a column chunk with parquet-go and compares its pages with the page index.
func chunkValues(tb testing.TB, f *pqgo.File, chunk pqgo.ColumnChunk, columns pqgo.ColumnIndex) []leafValue {
	tb.Helper()
	var element *format.SchemaElement
	leaf := 0
	for i := range f.Metadata().Schema {
		if e := &f.Metadata().Schema[i]; e.Type.Valid {
			if leaf == chunk.Column() {
				element = e
			}
			leaf++
		}
	}
	offsets, err := chunk.OffsetIndex()
	if err != nil {
		tb.Fatal(err)
	}
	bounded := true // by every page
	var list []leafValue
	pages := chunk.Pages()
	defer pages.Close()
	row := int64(0)
	for i := 0; ; i++ {
		page, err := pages.ReadPage()
		if err == io.EOF {
			if n := offsets.NumPages(); i != n || columns != nil && columns.NumPages() != n {
				tb.Errorf("leaf %d: an index of %d pages for %d", chunk.Column(), n, i)
			}
			if bounded && columns == nil {
				tb.Errorf("leaf %d: there is no column index", chunk.Column())
			}
			return list
		}
		if err != nil {
			tb.Fatal(err)
		}
		vals := make([]pqgo.Value, page.NumValues())
		n, err := page.Values().ReadValues(vals)
		if n != len(vals) {
			tb.Fatalf("%d values of a page of %d: %v", n, len(vals), err)
		}
		for _, v := range vals {
			l := leafValue{v.RepetitionLevel(), v.DefinitionLevel(), nil}
			if !v.IsNull() {
				l.value = plain(element, v)
			}
			list = append(list, l)
		}
		if offsets.FirstRowIndex(i) != row {
			tb.Errorf("leaf %d, page %d: row %d is the first, not %d", chunk.Column(), i, row, offsets.FirstRowIndex(i))
		}
		row += page.NumRows()
		bounded = checkBounds(tb, element, chunk, columns, i, vals) && bounded
		pqgo.Release(page)
	}
}

// checkBounds compares what the index says of a page with its values, and answers whether they have bounds: a NaN has none.
func checkBounds(tb testing.TB, e *format.SchemaElement, chunk pqgo.ColumnChunk, x pqgo.ColumnIndex, i int, vals []pqgo.Value) bool {
	tb.Helper()
	var low, high pqgo.Value
	nulls, nan := int64(0), false
	compare := func(a, b pqgo.Value) int {
		if _, ok := e.LogicalType.Value.(*format.DecimalType); ok {
			return digits(a).Cmp(digits(b)) // parquet-go compares those of bytes as bytes
		}
		return chunk.Type().Compare(a, b)
	}
	for k, v := range vals {
		if v.IsNull() {
			nulls++
			continue
		}
		nan = nan || plain(e, v) == sample.Float(math.NaN())
		if low.IsNull() || compare(v, low) < 0 {
			low = vals[k].Clone()
		}
		if high.IsNull() || compare(v, high) > 0 {
			high = vals[k].Clone()
		}
	}
	long := e.Type.V == format.ByteArray && !low.IsNull() && (len(low.ByteArray()) > 64 || len(high.ByteArray()) > 64)
	if x == nil {
		return !nan && !long
	}
	if nan {
		tb.Fatalf("leaf %d: an index of pages with a NaN", chunk.Column())
	}
	if x.NullCount(i) != nulls || x.NullPage(i) != (int(nulls) == len(vals)) {
		tb.Fatalf("leaf %d, page %d: %d nulls of %d values, the index says %d, %t", chunk.Column(), i, nulls, len(vals), x.NullCount(i), x.NullPage(i))
	}
	if low.IsNull() {
		return true
	}
	least, most := x.MinValue(i), x.MaxValue(i)
	exact := compare(least, low) == 0 && compare(most, high) == 0
	if compare(least, low) > 0 || compare(most, high) < 0 || !exact && !long {
		tb.Fatalf("leaf %d, page %d: from %v to %v, the index says %v to %v", chunk.Column(), i, low, high, least, most)
	}
	if i > 0 && !x.NullPage(i-1) {
		up := compare(x.MinValue(i-1), least) <= 0 && compare(x.MaxValue(i-1), most) <= 0
		down := compare(x.MinValue(i-1), least) >= 0 && compare(x.MaxValue(i-1), most) >= 0
		if x.IsAscending() && !up || x.IsDescending() && !x.IsAscending() && !down {
			tb.Fatalf("leaf %d, page %d: the bounds are out of order", chunk.Column(), i)
		}
	}
	return true
}

// plain is the value of a leaf as package sample has it.
func plain(e *format.SchemaElement, v pqgo.Value) any {
	switch l := e.LogicalType.Value.(type) {
	case *format.IntType:
		if !l.IsSigned && l.BitWidth == 64 {
			return v.Uint64()
		}
		if !l.IsSigned {
			return uint64(v.Uint32())
		}
	case *format.DecimalType:
		return sample.DecimalOf(digits(v), l.Scale)
	case *format.DateType:
		return sample.Days(int64(v.Int32()))
	case *format.TimeType:
		return sample.ClockOf(number(v), l.Unit.Value.Duration())
	case *format.TimestampType:
		return sample.InstantOf(number(v), l.Unit.Value.Duration())
	case *format.StringType, *format.JsonType:
		return sample.Text(v.ByteArray())
	}
	switch v.Kind() {
	case pqgo.Boolean:
		return v.Boolean()
	case pqgo.Float:
		return sample.Float(float64(v.Float()))
	case pqgo.Double:
		return sample.Float(v.Double())
	case pqgo.ByteArray, pqgo.FixedLenByteArray:
		return sample.Bytes(v.ByteArray())
	default:
		return number(v)
	}
}

func number(v pqgo.Value) int64 {
	if v.Kind() == pqgo.Int32 {
		return int64(v.Int32())
	}
	return v.Int64()
}

// digits of a decimal: of bytes, big-endian two's complement.
func digits(v pqgo.Value) *big.Int {
	if v.Kind() != pqgo.FixedLenByteArray {
		return big.NewInt(number(v))
	}
	b := v.ByteArray()
	n := new(big.Int).SetBytes(b)
	if b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}
