package postgres

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/dialect"
	floesql "github.com/floedata/floe/sink/sql"
)

// planned is the plan for records of the schema in a table that is made for them; types are those of columns that are
// of another type.
func planned(t testing.TB, schema *arrow.Schema, types map[string]string) *copier {
	t.Helper()
	into := floesql.Into{Table: "t", Fields: schema.Fields()}
	for _, f := range schema.Fields() {
		typ, err := dia.Type(f, false)
		if err != nil {
			t.Fatal(err)
		}
		if types[f.Name] != "" {
			typ = types[f.Name]
		}
		into.Columns = append(into.Columns, dialect.Column{Name: f.Name, Type: typ})
	}
	p, err := route{}.Plan(into)
	if err != nil {
		t.Fatal(err)
	}
	return p.(*copier)
}

var small = arrow.NewSchema([]arrow.Field{
	{Name: "n", Type: arrow.PrimitiveTypes.Int16, Nullable: true},
	{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

func record(t testing.TB, mem memory.Allocator, rows string) arrow.Record {
	t.Helper()
	rec, _, err := array.RecordFromJSON(mem, small, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func read(t testing.TB, p *copier, records ...arrow.Record) string {
	t.Helper()
	r := newReader(p, records)
	defer r.close()
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// TestReaderFormats holds the bytes against what the documentation of COPY says.
func TestReaderFormats(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	rec := record(t, mem, `[{"n":1,"s":"a\tb\\"},{"n":null,"s":""},{"n":-2,"s":null},{"n":3,"s":"last"}]`)
	defer rec.Release()
	empty, part := rec.NewSlice(1, 1), rec.NewSlice(1, 3)
	defer empty.Release()
	defer part.Release()

	const header = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	want := header +
		"\x00\x02\x00\x00\x00\x02\x00\x01\x00\x00\x00\x04a\tb\\" +
		"\x00\x02\xff\xff\xff\xff\x00\x00\x00\x00" +
		"\x00\x02\x00\x00\x00\x02\xff\xfe\xff\xff\xff\xff" +
		"\x00\x02\x00\x00\x00\x02\x00\x03\x00\x00\x00\x04last" +
		"\x00\x02\xff\xff\xff\xff\x00\x00\x00\x00" +
		"\x00\x02\x00\x00\x00\x02\xff\xfe\xff\xff\xff\xff" +
		"\xff\xff"
	binary := planned(t, small, nil)
	if diff := cmp.Diff(want, read(t, binary, empty, rec, empty, part, empty)); diff != "" {
		t.Errorf("binary mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(header+"\xff\xff", read(t, binary)); diff != "" {
		t.Errorf("binary without rows (-want +got):\n%s", diff)
	}
	text := planned(t, small, map[string]string{"s": "inet"})
	if diff := cmp.Diff("1\ta\\tb\\\\\n\\N\t\n-2\t\\N\n3\tlast\n\\N\t\n-2\t\\N\n", read(t, text, rec, part)); diff != "" {
		t.Errorf("text mismatch (-want +got):\n%s", diff)
	}
	if got := read(t, text, empty); got != "" {
		t.Errorf("text without rows is %q", got)
	}
	if binary.copy != `COPY t ("n", "s") FROM STDIN (FORMAT binary)` || text.copy != `COPY t ("n", "s") FROM STDIN (FORMAT text)` {
		t.Errorf("the statements are %q and %q", binary.copy, text.copy)
	}
}

// TestReaderCuts: however it is read, the bytes are the same; a row may be larger than a block.
func TestReaderCuts(t *testing.T) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, small)
	defer b.Release()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		b.Field(0).(*array.Int16Builder).Append(int16(i))
		b.Field(1).(*array.StringBuilder).Append(strings.Repeat("x", r.IntN(300)))
	}
	b.Field(0).AppendNull()
	b.Field(1).(*array.StringBuilder).Append(strings.Repeat("y", 5*blockSize))
	rec := b.NewRecord()
	defer rec.Release()
	p := planned(t, small, nil)
	want := read(t, p, rec, rec)
	for name, of := range map[string]func(io.Reader) io.Reader{"one": iotest.OneByteReader, "half": iotest.HalfReader} {
		in := newReader(p, []arrow.Record{rec, rec})
		var got bytes.Buffer
		if _, err := io.Copy(&got, of(in)); err != nil {
			t.Fatal(err)
		}
		in.close()
		if got.String() != want {
			t.Errorf("%s: %d bytes, want %d", name, got.Len(), len(want))
		}
	}
	in := newReader(p, []arrow.Record{rec, rec})
	defer in.close()
	if err := iotest.TestReader(in, []byte(want)); err != nil {
		t.Error(err)
	}
}

// TestReaderClosed: once close has returned, nobody reads the records.
func TestReaderClosed(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	p := planned(t, small, nil)
	for range 50 {
		rec := record(t, mem, `[{"n":1,"s":"a"},{"n":2,"s":"b"}]`)
		r := newReader(p, []arrow.Record{rec, rec, rec})
		var both sync.WaitGroup
		both.Go(func() {
			for buf := make([]byte, 7); ; {
				if _, err := r.Read(buf); err != nil {
					return
				}
			}
		})
		r.close()
		rec.Release()
		if _, err := r.Read(make([]byte, 7)); err == nil || err == io.EOF {
			t.Fatalf("a read after close answers %v: the server would take the rows for all", err)
		}
		both.Wait()
	}
}

// trips is a record like the table of the comparisons: 20 columns, about 190 bytes a row.
func trips(rows int) arrow.Record {
	i32, f64, text := arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Float64, arrow.BinaryTypes.String
	at := &arrow.TimestampType{Unit: arrow.Microsecond}
	var fields []arrow.Field
	for i, dt := range []arrow.DataType{
		arrow.PrimitiveTypes.Int64, i32, i32, i32, i32, i32, at, at, arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Boolean,
		f64, f64, f64, f64, f64, &arrow.Decimal128Type{Precision: 10, Scale: 2}, &arrow.Decimal128Type{Precision: 12, Scale: 2}, text, text, text,
	} {
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("c%d", i), Type: dt, Nullable: true})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	r := rand.New(rand.NewPCG(1, 2))
	for range rows {
		for i, f := range fields {
			if i%4 == 3 && r.IntN(10) == 0 {
				b.Field(i).AppendNull()
				continue
			}
			switch b := b.Field(i).(type) {
			case *array.Int64Builder:
				b.Append(r.Int64())
			case *array.Int32Builder:
				b.Append(r.Int32())
			case *array.TimestampBuilder:
				b.Append(arrow.Timestamp(1_700_000_000_000_000 + r.Int64N(1e12)))
			case *array.Date32Builder:
				b.Append(arrow.Date32(19_000 + r.Int32N(1000)))
			case *array.BooleanBuilder:
				b.Append(r.IntN(2) == 0)
			case *array.Float64Builder:
				b.Append(r.Float64())
			case *array.Decimal128Builder:
				b.Append(decimal128.FromI64(r.Int64N(10_000_000)))
			case *array.StringBuilder:
				b.Append([]string{"card", "Manhattan", "0123456789abcdef0123456789abcdef"}[f.Name[len(f.Name)-1]-'7'])
			}
		}
	}
	return b.NewRecord()
}

// TestReaderAllocates nothing a row.
func TestReaderAllocates(t *testing.T) {
	rec := trips(10_000)
	defer rec.Release()
	p := planned(t, rec.Schema(), nil)
	buf := make([]byte, blockSize)
	drain := func(n int64) float64 {
		part := rec.NewSlice(0, n)
		defer part.Release()
		return testing.AllocsPerRun(20, func() {
			r := newReader(p, []arrow.Record{part})
			for {
				if _, err := r.Read(buf); err != nil {
					break
				}
			}
			r.close()
			if reasons := p.Check(part); len(reasons) > 0 {
				t.Fatal(reasons)
			}
		})
	}
	if few, many := drain(100), drain(10_000); many > few+3 {
		t.Errorf("100 rows take %v allocations, 10,000 take %v", few, many)
	}
}

func BenchmarkEncode(b *testing.B) {
	const rows = 100_000
	rec := trips(rows)
	defer rec.Release()
	p := planned(b, rec.Schema(), nil)
	buf := make([]byte, 65_531)
	for _, part := range []string{"read", "check"} {
		b.Run(fmt.Sprintf("part=%s/rows=%d/cols=20", part, rows), func(b *testing.B) {
			b.ReportAllocs()
			n := int64(0)
			for b.Loop() {
				if part == "check" {
					p.Check(rec)
					continue
				}
				r := newReader(p, []arrow.Record{rec})
				for n = 0; ; {
					k, err := r.Read(buf)
					if n += int64(k); err != nil {
						break
					}
				}
				r.close()
			}
			if n > 0 {
				b.SetBytes(n)
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
