package mysql

import (
	"bytes"
	"encoding/base64"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/internal/mysqlvalue"
)

// decode reads a stream as the manual says that LOAD DATA does, of fields ended by a tab and escaped by a backslash, and
// lines ended by a line feed; null = \N.
func decode(stream []byte, null string) [][]string {
	var rows [][]string
	row, field, isNull := []string{}, []byte{}, false
	end := func() {
		if isNull {
			field = []byte(null)
		}
		row, field, isNull = append(row, string(field)), nil, false
	}
	for i := 0; i < len(stream); i++ {
		switch c := stream[i]; c {
		case '\t':
			end()
		case '\n':
			end()
			rows, row = append(rows, row), nil
		case '\\':
			i++
			switch c := stream[i]; c {
			case '0':
				field = append(field, 0)
			case 'b':
				field = append(field, '\b')
			case 'n':
				field = append(field, '\n')
			case 'r':
				field = append(field, '\r')
			case 't':
				field = append(field, '\t')
			case 'Z':
				field = append(field, 26)
			case 'N':
				isNull = len(field) == 0
			default:
				field = append(field, c)
			}
		default:
			field = append(field, c)
		}
	}
	return rows
}

// fuzzColumns are a text, bytes and a number.
func fuzzColumns(t testing.TB) []column {
	var columns []column
	for _, c := range []struct {
		dt  arrow.DataType
		typ string
	}{{arrow.BinaryTypes.String, "longtext"}, {arrow.BinaryTypes.Binary, "longblob"}, {arrow.PrimitiveTypes.Int64, "bigint(20)"}} {
		typ, err := mysqlvalue.ParseColumn(c.typ)
		if err != nil {
			t.Fatal(err)
		}
		codec, err := mysqlvalue.For(c.dt, typ)
		if err != nil {
			t.Fatal(err)
		}
		columns = append(columns, column{Codec: codec})
	}
	return columns
}

var fuzzSchema = arrow.NewSchema([]arrow.Field{
	{Name: "a", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "b", Type: arrow.BinaryTypes.Binary, Nullable: true},
	{Name: "c", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
}, nil)

// FuzzEncoder: what the stream says of rows is what they are, however it is read and the records are cut.
func FuzzEncoder(f *testing.F) {
	for _, s := range []string{"", "a", "\\N", "\\", "a\tb\nc\x00\\", "NULL", "\r\n\x1a\b", "日本語\x00", "\\\\N", "\t\t\n\n"} {
		f.Add(s, []byte(s), int64(len(s)), uint8(0))
		f.Add(s+s, []byte("x"), int64(-1), uint8(0b10101))
	}
	f.Fuzz(func(t *testing.T, text string, data []byte, number int64, nulls uint8) {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		defer mem.AssertSize(t, 0)
		b := array.NewRecordBuilder(mem, fuzzSchema)
		defer b.Release()
		var want [][]string
		const null = "a null that no value is"
		for row := range 4 {
			cells := []string{text[:len(text)*row/3], base64.StdEncoding.EncodeToString(data), ""}
			if nulls>>row&1 == 1 {
				b.Field(0).AppendNull()
				cells[0] = null
			} else {
				b.Field(0).(*array.StringBuilder).Append(cells[0])
			}
			if nulls>>(row+2)&1 == 1 {
				b.Field(1).AppendNull()
				cells[1] = null
			} else {
				b.Field(1).(*array.BinaryBuilder).Append(data)
			}
			b.Field(2).(*array.Int64Builder).Append(number)
			cells[2] = strconv.FormatInt(number, 10)
			want = append(want, cells)
		}
		rec := b.NewRecord()
		defer rec.Release()
		head, tail := rec.NewSlice(0, 1), rec.NewSlice(1, 4)
		defer head.Release()
		defer tail.Release()
		for _, records := range [][]arrow.Record{{rec}, {head, tail}} {
			for _, slow := range []bool{false, true} {
				var r io.Reader = newEncoder(fuzzColumns(t), records)
				if slow {
					r = iotest.OneByteReader(r)
				}
				stream, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, decode(stream, null)); diff != "" {
					t.Errorf("%d records, stream %q (-want +got)\n%s", len(records), stream, diff)
				}
			}
		}
	})
}

// TestEncoderAllocations: what a row costs is no allocation.
func TestEncoderAllocations(t *testing.T) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, fuzzSchema)
	defer b.Release()
	const rows = 10_000
	for i := range rows {
		b.Field(0).(*array.StringBuilder).Append("a\ttext\\")
		b.Field(1).(*array.BinaryBuilder).Append([]byte("bytes"))
		b.Field(2).(*array.Int64Builder).Append(int64(i))
	}
	rec := b.NewRecord()
	defer rec.Release()
	columns, buf := fuzzColumns(t), make([]byte, 16<<10)
	allocs := testing.AllocsPerRun(5, func() {
		e := newEncoder(columns, []arrow.Record{rec})
		for {
			if _, err := e.Read(buf); err == io.EOF {
				return
			}
		}
	})
	if allocs > 100 {
		t.Errorf("%d rows made %.0f allocations", rows, allocs)
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain": "plain", "\t": `\t`, "a\\b": `a\\b`, "\n\n": `\n\n`, "\x00x": `\0x`, "\r": "\r", "日本\t": `日本\t`,
	} {
		got := escape([]byte("before\t"+in), len("before\t"))
		if string(got) != "before\t"+want {
			t.Errorf("escape(%q) = %q, want %q behind what was there", in, got, want)
		}
	}
	long := strings.Repeat("a\\", 1000)
	if got := escape([]byte(long), 0); !bytes.Equal(got, []byte(strings.Repeat(`a\\`, 1000))) {
		t.Error("a long text is not escaped as a short one is")
	}
}

func TestSchemaOf(t *testing.T) {
	for table, want := range map[string]string{
		"`t`": "", "`s`.`t`": "`s`.", "`a.b`": "", "`a``.``b`": "", "`s``.``x`.`t`": "`s``.``x`.", "`s`.`a``.``b`": "`s`.", "`x.``.`.`t`": "`x.``.`.",
	} {
		if got := schemaOf(table); got != want {
			t.Errorf("schemaOf(%s) = %s, want %s", table, got, want)
		}
	}
	if !slices.Equal(numbered(2), []string{"c0", "c1"}) {
		t.Error(numbered(2))
	}
}
