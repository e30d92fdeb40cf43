package deadletter_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/deadletter"
)

func field(name string, dt arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: dt, Nullable: true}
}

// everyType has a column of every kind of type.
func everyType() *arrow.Schema {
	text := arrow.BinaryTypes.String
	types := []arrow.DataType{
		arrow.Null, arrow.FixedWidthTypes.Boolean,
		arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
		arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
		&arrow.Decimal128Type{Precision: 20, Scale: 3}, &arrow.Decimal256Type{Precision: 60, Scale: 3},
		text, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary,
		&arrow.FixedSizeBinaryType{ByteWidth: 3},
		arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64,
		arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Time64ns,
		arrow.FixedWidthTypes.Timestamp_s, &arrow.TimestampType{Unit: arrow.Nanosecond},
		arrow.FixedWidthTypes.Duration_us, arrow.FixedWidthTypes.MonthInterval,
		arrow.FixedWidthTypes.DayTimeInterval, arrow.FixedWidthTypes.MonthDayNanoInterval,
		arrow.ListOf(text), arrow.LargeListOf(arrow.PrimitiveTypes.Int32), arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int8),
		arrow.StructOf(field("a", text), field("b", arrow.ListOf(arrow.PrimitiveTypes.Int64))),
		arrow.MapOf(text, arrow.PrimitiveTypes.Float64),
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: text},
	}
	fields := make([]arrow.Field, len(types))
	for i, dt := range types {
		fields[i] = field(fmt.Sprintf("c%d", i), dt)
	}
	return arrow.NewSchema(fields, nil)
}

// fill appends a value that depends on i to the builder.
func fill(b array.Builder, i int) {
	if i%5 == 4 {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.NullBuilder:
		b.AppendNull()
	case *array.BooleanBuilder:
		b.Append(i%2 == 0)
	case *array.StringBuilder:
		b.Append(strings.Repeat("é", i%4))
	case *array.LargeStringBuilder:
		b.Append(fmt.Sprint("large ", i))
	case *array.BinaryBuilder:
		b.Append([]byte{byte(i), 0, 0xFF}[:i%4])
	case *array.FixedSizeBinaryBuilder:
		b.Append([]byte{byte(i), 1, 2})
	case *array.MonthIntervalBuilder:
		b.Append(arrow.MonthInterval(i))
	case *array.DayTimeIntervalBuilder:
		b.Append(arrow.DayTimeInterval{Days: int32(i), Milliseconds: 5})
	case *array.MonthDayNanoIntervalBuilder:
		b.Append(arrow.MonthDayNanoInterval{Months: int32(i), Days: 1, Nanoseconds: 2})
	case *array.ListBuilder:
		b.Append(true)
		for k := range i % 3 {
			fill(b.ValueBuilder(), i+k)
		}
	case *array.LargeListBuilder:
		b.Append(true)
		for k := range i % 3 {
			fill(b.ValueBuilder(), i+k)
		}
	case *array.FixedSizeListBuilder:
		b.Append(true)
		fill(b.ValueBuilder(), i)
		fill(b.ValueBuilder(), i+1)
	case *array.StructBuilder:
		b.Append(true)
		for k := range b.NumField() {
			fill(b.FieldBuilder(k), i+k)
		}
	case *array.MapBuilder:
		b.Append(true)
		for k := range i % 3 {
			b.KeyBuilder().(*array.StringBuilder).Append(fmt.Sprint("k", k))
			fill(b.ItemBuilder(), i+k)
		}
	case *array.Date64Builder:
		b.Append(arrow.Date64(i * 86400000))
	case *array.BinaryDictionaryBuilder:
		if err := b.AppendString(fmt.Sprint("d", i%3)); err != nil {
			panic(err)
		}
	case *array.Date32Builder:
		b.Append(arrow.Date32(i))
	case *array.Time32Builder:
		b.Append(arrow.Time32(i))
	case *array.Time64Builder:
		b.Append(arrow.Time64(i))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(i))
	case *array.DurationBuilder:
		b.Append(arrow.Duration(i))
	default:
		if err := b.AppendValueFromString(fmt.Sprint(i)); err != nil {
			panic(err)
		}
	}
}

func record(mem memory.Allocator, schema *arrow.Schema, rows int) arrow.Record {
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	for i := range rows {
		for c := range schema.NumFields() {
			fill(b.Field(c), i)
		}
	}
	return b.NewRecord()
}

// show gives the rows of a record, one a string.
func show(rec arrow.Record) []string {
	if rec == nil {
		return nil
	}
	rows := make([]string, rec.NumRows())
	for i := range rows {
		var parts []string
		for _, c := range rec.Columns() {
			parts = append(parts, c.ValueStr(i))
		}
		rows[i] = strings.Join(parts, "|")
	}
	return rows
}

func allocator(t *testing.T) memory.Allocator {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// TestSplit divides records with columns of every type, that begin anywhere, at random.
func TestSplit(t *testing.T) {
	mem := allocator(t)
	whole := record(mem, everyType(), 40)
	defer whole.Release()
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 0))
		start := random.Int64N(20)
		rec := whole.NewSlice(start, start+random.Int64N(20)+1)
		rows := show(rec)
		var reasons []deadletter.Reason
		var wantKept, wantRejected []string
		share := []int{0, 1, 2, 4, 5}[seed%5] // of 4: none are rejected, some, all
		for i, row := range rows {
			if random.IntN(4) < share {
				reasons = append(reasons, deadletter.Reason{Row: int64(i)})
				wantRejected = append(wantRejected, row)
			} else {
				wantKept = append(wantKept, row)
			}
		}
		kept, rejected, err := deadletter.Split(mem, rec, reasons)
		rec.Release()
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := cmp.Diff(wantKept, show(kept)); diff != "" {
			t.Errorf("seed %d: kept mismatch (-want +got)\n%s", seed, diff)
		}
		if (rejected == nil) != (len(reasons) == 0) || rejected.Len() != int64(len(reasons)) {
			t.Errorf("seed %d: %d rows are rejected; want %d", seed, rejected.Len(), len(reasons))
		}
		if rejected != nil {
			if diff := cmp.Diff(wantRejected, show(rejected.Record)); diff != "" {
				t.Errorf("seed %d: rejected mismatch (-want +got)\n%s", seed, diff)
			}
		}
		if kept != nil {
			kept.Release()
		}
		rejected.Release()
	}
}

func TestSplitRows(t *testing.T) {
	mem := allocator(t)
	rec := record(mem, arrow.NewSchema([]arrow.Field{field("n", arrow.PrimitiveTypes.Int64)}, nil), 4)
	defer rec.Release()
	tests := []struct {
		name                   string
		in                     []int64
		wantKept, wantRejected []string
		wantErr                string
	}{
		{"none", nil, []string{"0", "1", "2", "3"}, nil, ""},
		{"first", []int64{0}, []string{"1", "2", "3"}, []string{"0"}, ""},
		{"middle", []int64{1, 2}, []string{"0", "3"}, []string{"1", "2"}, ""},
		{"apart", []int64{0, 2}, []string{"1", "3"}, []string{"0", "2"}, ""},
		{"last", []int64{3}, []string{"0", "1", "2"}, []string{"3"}, ""},
		{"all", []int64{0, 1, 2, 3}, nil, []string{"0", "1", "2", "3"}, ""},
		{"twice", []int64{1, 1}, nil, nil, "deadletter: reasons name row 1 after row 1 of a record of 4 rows"},
		{"descending", []int64{2, 1}, nil, nil, "deadletter: reasons name row 1 after row 2"},
		{"beyond", []int64{4}, nil, nil, "deadletter: reasons name row 4 after row -1 of a record of 4 rows"},
		{"below", []int64{-1}, nil, nil, "deadletter: reasons name row -1"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var reasons []deadletter.Reason
			for _, row := range tc.in {
				reasons = append(reasons, deadletter.Reason{Row: row})
			}
			kept, rejected, err := deadletter.Split(mem, rec, reasons)
			if err != nil || tc.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
					t.Errorf("Split: %v; want %s", err, tc.wantErr)
				}
				return
			}
			var refused []string
			if rejected != nil {
				refused = show(rejected.Record)
			}
			if diff := cmp.Diff([][]string{tc.wantKept, tc.wantRejected}, [][]string{show(kept), refused}); diff != "" {
				t.Errorf("Split mismatch (-want +got)\n%s", diff)
			}
			if kept != nil {
				kept.Release()
			}
			rejected.Release()
		})
	}
}

func TestRowsNil(t *testing.T) {
	var r *deadletter.Rows
	r.Release()
	if r.Len() != 0 {
		t.Errorf("Len of nil is %d", r.Len())
	}
	(&deadletter.Rows{}).Release()
}

// TestRowsReleaseTwice: a second Release gives nothing back that is not held.
func TestRowsReleaseTwice(t *testing.T) {
	mem := allocator(t)
	rec := record(mem, everyType(), 3)
	defer rec.Release()
	rec.Retain()
	r := &deadletter.Rows{Record: rec, Reasons: make([]deadletter.Reason, 3)}
	r.Release()
	r.Release()
	if got := show(rec); len(got) != 3 {
		t.Errorf("the record has %d rows left", len(got))
	}
}
