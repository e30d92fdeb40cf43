package parquet_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/encode/parquet"
)

// dictionary makes a record of a column of a dictionary array, from JSON.
func dictionary(t testing.TB, value arrow.DataType, indices, values string) arrow.Record {
	t.Helper()
	dt := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: value}
	i := column(t, arrow.PrimitiveTypes.Int32, true, indices).Column(0)
	v := column(t, value, true, values).Column(0)
	arr := array.NewDictionaryArray(dt, i, v)
	defer arr.Release()
	rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "c", Type: dt, Nullable: true}}, nil), []arrow.Array{arr}, int64(arr.Len()))
	t.Cleanup(rec.Release)
	return rec
}

// TestDictionaryArrays are written as their values, whatever their indices and values are like.
func TestDictionaryArrays(t *testing.T) {
	str, i64 := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64
	tests := []struct {
		name            string
		value           arrow.DataType
		indices, values string
	}{
		{"nulls of both kinds", str, `[0,1,null,2,1,0,2,2]`, `["a",null,"b"]`},
		{"nulls alone", str, `[0,0,null]`, `[null]`},
		{"equal values", str, `[0,1,2,2,1,0,1]`, `["a","b","a"]`},
		{"values that are not named", str, `[3,3,1,3,3]`, `["x","b","y","","z"]`},
		{"more values than rows", str, `[4,0]`, `["x","b","y","","z"]`},
		{"numbers", i64, `[2,2,null,1,1,1]`, `[1,null,-1]`},
		{"no rows", str, `[]`, `["a"]`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			rec := dictionary(t, tc.value, tc.indices, tc.values)
			for _, page := range []int{0, 1} {
				readBack(t, encode(t, rec.Schema(), &parquet.Options{PageBytes: page}, rec), rec)
			}
			if n := rec.NumRows(); n > 3 {
				slice := rec.NewSlice(1, n-1)
				defer slice.Release()
				readBack(t, encode(t, rec.Schema(), nil, slice, rec, slice), slice, rec, slice)
			}
		})
	}
}

// TestChangingDictionaries has records with dictionaries of their own, until there are more values than one holds.
func TestChangingDictionaries(t *testing.T) {
	b := array.NewDictionaryBuilder(memory.DefaultAllocator, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}).(*array.BinaryDictionaryBuilder)
	defer b.Release()
	schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: b.Type(), Nullable: true}}, nil)
	var recs []arrow.Record
	for k := range 15 {
		for i := range 10_000 {
			if err := b.AppendString(fmt.Sprint(k*5_000 + i%5_000)); err != nil {
				t.Fatal(err)
			}
		}
		arr := b.NewArray()
		rec := array.NewRecord(schema, []arrow.Array{arr}, int64(arr.Len()))
		arr.Release()
		defer rec.Release()
		recs = append(recs, rec)
		b.ResetFull()
	}
	file := encode(t, schema, nil, recs...)
	if got := dataEncodings(&footer(t, file).RowGroups[0].Columns[0]); !strings.HasPrefix(got, "RLE_DICTIONARY") {
		t.Errorf("the pages are %s", got)
	}
	same(t, "decode", valuesOf(recs, 0), valuesOf(readOurs(t, file), 0))
}

// TestSurvey has values that repeat far away, at once, among nulls, and not at all: a dictionary is given up where it is of
// no use, and there alone.
func TestSurvey(t *testing.T) {
	const rows = 40_000
	rnd := rand.New(rand.NewPCG(5, 6))
	for _, tc := range []struct {
		name  string
		value func(i int) int // -1 = null
		want  string
	}{
		{"all different", func(i int) int { return i }, "PLAIN"},
		{"almost all different", func(i int) int { return rnd.IntN(1_000_000) }, "PLAIN"},
		{"in a circle", func(i int) int { return i % 4999 }, "RLE_DICTIONARY"},
		{"many", func(i int) int { return rnd.IntN(20_000) }, "RLE_DICTIONARY"},
		{"in pairs", func(i int) int { return i / 2 }, "RLE_DICTIONARY"},
		{"different, among nulls", func(i int) int { return i | -(i & 1) }, "PLAIN"},
		{"few, among many nulls", func(i int) int {
			if i%50 > 0 {
				return -1
			}
			return i % 7
		}, "RLE_DICTIONARY"},
	} {
		for _, dt := range []arrow.DataType{
			arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64, arrow.BinaryTypes.String, &arrow.FixedSizeBinaryType{ByteWidth: 20},
		} {
			t.Run(fmt.Sprintf("%s/%s", tc.name, dt), func(t *testing.T) {
				b := array.NewBuilder(memory.DefaultAllocator, dt)
				defer b.Release()
				for i := range rows {
					switch n := tc.value(i); b := b.(type) {
					case *array.FixedSizeBinaryBuilder:
						if n < 0 {
							b.AppendNull()
						} else {
							b.Append(fmt.Appendf(nil, "%020d", n))
						}
					default:
						text := array.NullValueStr
						if n >= 0 {
							text = fmt.Sprint(n)
						}
						if err := b.AppendValueFromString(text); err != nil {
							t.Fatal(err)
						}
					}
				}
				schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: dt, Nullable: true}}, nil)
				arr := b.NewArray()
				defer arr.Release()
				rec := array.NewRecord(schema, []arrow.Array{arr}, rows)
				defer rec.Release()
				file := encode(t, schema, nil, rec)
				if got := dataEncodings(&footer(t, file).RowGroups[0].Columns[0]); !strings.HasPrefix(got, tc.want) {
					t.Errorf("the pages are %s, want %s", got, tc.want)
				}
				same(t, "decode", valuesOf([]arrow.Record{rec}, 0), valuesOf(readOurs(t, file), 0))
			})
		}
	}
}
