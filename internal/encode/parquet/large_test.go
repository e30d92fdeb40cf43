package parquet_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/parquet-go/parquet-go/format"

	"github.com/floedata/floe/internal/encode/parquet"
)

// texts makes a record of a column of numbers and one of texts.
func texts(mem memory.Allocator, rows int, number func(i int) int64, text func(i int) string) arrow.Record {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	for i := range rows {
		b.Field(0).(*array.Int64Builder).Append(number(i))
		b.Field(1).(*array.StringBuilder).Append(text(i))
	}
	return b.NewRecord()
}

// sameLarge compares what the decoder finds with a record of the same types.
func sameLarge(t *testing.T, file []byte, want arrow.Record) {
	t.Helper()
	got := readOurs(t, file)
	for i := range int(want.NumCols()) {
		var chunks []arrow.Array
		for _, rec := range got {
			chunks = append(chunks, rec.Column(i))
		}
		all, err := array.Concatenate(chunks, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		if !array.Equal(want.Column(i), all) {
			t.Errorf("column %q differs", want.ColumnName(i))
		}
		all.Release()
	}
}

// TestDictionaries: chunks have a dictionary where it pays, give it up where it does not, and go on without it where
// there is more than it holds.
func TestDictionaries(t *testing.T) {
	const rows = 300_000
	rnd := rand.New(rand.NewPCG(1, 1))
	long := strings.Repeat("x", 50_000)
	tests := []struct {
		name   string
		rows   int
		number func(i int) int64
		text   func(i int) string
		want   [2]string // the encodings of the data pages
	}{
		{"few", rows, func(int) int64 { return rnd.Int64N(7) }, func(i int) string { return fmt.Sprint(i % 5) }, [2]string{"RLE_DICTIONARY", "RLE_DICTIONARY"}},
		{"all different", rows, func(i int) int64 { return int64(i) }, func(i int) string { return fmt.Sprint(i) }, [2]string{"PLAIN", "PLAIN"}},
		{"ever more", rows, func(i int) int64 { return int64(i / 3) }, func(i int) string { return fmt.Sprint(i / 3) }, [2]string{"RLE_DICTIONARY PLAIN", "RLE_DICTIONARY PLAIN"}},
		{"at once", 200_000, func(i int) int64 { return int64(max(0, i-100_000)) }, func(i int) string { return fmt.Sprint(max(0, i-100_000)) }, [2]string{"RLE_DICTIONARY PLAIN", "RLE_DICTIONARY PLAIN"}},
		{"five rows", 5, func(i int) int64 { return int64(i) }, func(i int) string { return fmt.Sprint(i) }, [2]string{"PLAIN", "PLAIN"}},
		{"long and the same", 500, func(int) int64 { return 1 }, func(int) string { return long }, [2]string{"RLE_DICTIONARY", "RLE_DICTIONARY"}},
		{"long and many", 500, func(int) int64 { return 1 }, func(i int) string { return long + fmt.Sprint(i/3) }, [2]string{"RLE_DICTIONARY", "RLE_DICTIONARY PLAIN"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			rec := texts(memory.DefaultAllocator, tc.rows, tc.number, tc.text)
			defer rec.Release()
			file := encode(t, rec.Schema(), nil, rec)
			sameLarge(t, file, rec)
			for _, g := range footer(t, file).RowGroups {
				for i, c := range g.Columns {
					if got := dataEncodings(&c); got != tc.want[i] && len(footer(t, file).RowGroups) == 1 {
						t.Errorf("column %d: %s, want %s", i, got, tc.want[i])
					}
				}
			}
		})
	}
}

func dataEncodings(c *format.ColumnChunk) string {
	var list []string
	for _, s := range c.MetaData.EncodingStats {
		if s.PageType == format.DataPage {
			list = append(list, s.Encoding.String())
		}
	}
	return strings.Join(list, " ")
}

// TestMillion has a dictionary of a million entries overflow.
func TestMillion(t *testing.T) {
	if testing.Short() {
		t.Skip("a million rows are not for short tests")
	}
	mem := checked(t)
	rnd := rand.New(rand.NewPCG(2, 1))
	rec := texts(mem, 1_000_000, func(int) int64 { return rnd.Int64N(500_000) }, func(i int) string { return fmt.Sprint(i / 8) })
	defer rec.Release()
	sameLarge(t, encode(t, rec.Schema(), nil, rec), rec)
}

// TestBounds: row groups end at their rows and bytes, and Size follows the file.
func TestBounds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 1))
	rec := texts(memory.DefaultAllocator, 200_000, func(int) int64 { return rnd.Int64() }, func(int) string { return fmt.Sprint(rnd.Uint64()) })
	defer rec.Release()
	const limit = 1 << 20
	var buf bytes.Buffer
	w, err := parquet.NewWriter(&buf, rec.Schema(), &parquet.Options{RowGroupBytes: limit, PageBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	for from := int64(0); from < rec.NumRows(); from += 10_000 {
		before := w.Size()
		slice := rec.NewSlice(from, from+10_000)
		if err := w.Write(slice); err != nil {
			t.Fatal(err)
		}
		slice.Release()
		if held := w.Size() - int64(buf.Len()); held > limit*3/2 {
			t.Errorf("%d bytes are held where %d are the bound", held, limit)
		}
		// Before the first pages it is not known how much smaller they get.
		if grown := w.Size() - before; from >= 20_000 && grown < 50_000 || grown > 400_000 {
			t.Errorf("10,000 rows after %d bytes make the file %d bytes larger", before, grown)
		}
	}
	estimate := w.Size()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if size := int64(buf.Len()); estimate < size*8/10 || estimate > size*12/10 {
		t.Errorf("an estimate of %d bytes for a file of %d", estimate, size)
	}
	groups := footer(t, buf.Bytes()).RowGroups
	for i, g := range groups {
		if g.TotalCompressedSize > limit*3/2 || i < len(groups)-1 && g.TotalCompressedSize < limit/2 {
			t.Errorf("row group %d of %d has %d bytes where %d are the bound", i, len(groups), g.TotalCompressedSize, limit)
		}
	}
	sameLarge(t, buf.Bytes(), rec)

	file := encode(t, rec.Schema(), &parquet.Options{RowGroupRows: 70_000}, rec)
	var rows []int64
	for _, g := range footer(t, file).RowGroups {
		rows = append(rows, g.NumRows)
	}
	if got := fmt.Sprint(rows); got != "[70000 70000 60000]" {
		t.Errorf("row groups of %s rows", got)
	}
}

// TestAllocations: what a Writer allocates is for pages and row groups, not for rows, and its memory is used again.
func TestAllocations(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 1))
	rec := texts(memory.DefaultAllocator, 50_000, func(int) int64 { return rnd.Int64() }, func(i int) string { return fmt.Sprint(i % 100) })
	defer rec.Release()
	w, err := parquet.NewWriter(io.Discard, rec.Schema(), &parquet.Options{RowGroupRows: 50_000})
	if err != nil {
		t.Fatal(err)
	}
	write := func() {
		if err := w.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	write()
	if n := testing.AllocsPerRun(10, write); n > 150 {
		t.Errorf("%v allocations for 50,000 rows of a row group", n)
	}
}

// TestSideBySide: several writers encode the same records at once, which change nothing in them.
func TestSideBySide(t *testing.T) {
	mem := checked(t)
	rec := kinds(t, mem, 5_000)
	defer rec.Release()
	slice := rec.NewSlice(10, 4_000)
	defer slice.Release()
	files := make([][]byte, 4)
	var wg sync.WaitGroup
	for i := range files {
		wg.Go(func() { files[i] = encode(t, rec.Schema(), nil, rec, slice) })
	}
	wg.Wait()
	for _, b := range files[1:] {
		if !bytes.Equal(b, files[0]) {
			t.Error("the files differ")
		}
	}
}

// kinds has a column of each kind.
func kinds(tb testing.TB, mem memory.Allocator, rows int) arrow.Record {
	tb.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "code", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
		{Name: "time", Type: arrow.FixedWidthTypes.Timestamp_us, Nullable: true},
		{Name: "price", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "measure", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "total", Type: &arrow.Decimal128Type{Precision: 12, Scale: 2}, Nullable: true},
		{Name: "flag", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "kind", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "token", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "tags", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32), Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		if rnd.IntN(20) == 0 {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.Int32Builder).Append(rnd.Int32N(265))
		}
		b.Field(2).(*array.TimestampBuilder).Append(arrow.Timestamp(1.7e15 + float64(i)*1e6 + float64(rnd.IntN(1e6))))
		b.Field(3).(*array.Float64Builder).Append(float64(rnd.IntN(20_000)) / 100)
		if rnd.IntN(10) == 0 {
			b.Field(4).AppendNull()
		} else {
			b.Field(4).(*array.Float64Builder).Append(float64(rnd.IntN(1e6)) / 1e4)
		}
		b.Field(5).(*array.Decimal128Builder).Append(decimal128.FromI64(rnd.Int64N(1e10)))
		b.Field(6).(*array.BooleanBuilder).Append(rnd.IntN(2) == 0)
		b.Field(7).(*array.StringBuilder).Append([]string{"card", "cash", "no charge", "dispute"}[rnd.IntN(4)])
		b.Field(8).(*array.StringBuilder).Append(fmt.Sprintf("%016x%016x", rnd.Uint64(), rnd.Uint64()))
		list := b.Field(9).(*array.ListBuilder)
		list.Append(true)
		for range rnd.IntN(4) {
			list.ValueBuilder().(*array.Int32Builder).Append(rnd.Int32N(100))
		}
	}
	return b.NewRecord()
}
