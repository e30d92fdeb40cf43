package batching_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

var leaves = []arrow.DataType{
	arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Float64,
	arrow.FixedWidthTypes.Boolean, arrow.BinaryTypes.String, arrow.BinaryTypes.Binary,
	arrow.BinaryTypes.LargeString, arrow.BinaryTypes.LargeBinary, arrow.BinaryTypes.StringView,
	&arrow.FixedSizeBinaryType{ByteWidth: 5}, arrow.FixedWidthTypes.Timestamp_us, arrow.FixedWidthTypes.Date32,
	&arrow.Decimal128Type{Precision: 20, Scale: 3}, &arrow.Decimal256Type{Precision: 50, Scale: 3},
	arrow.Null, extension(),
	&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String},
	&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String},
	&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint16, ValueType: arrow.PrimitiveTypes.Int64},
}

func randomSchema(r *rand.Rand) *arrow.Schema {
	var fields []arrow.Field
	for i := range 1 + r.IntN(5) {
		fields = append(fields, arrow.Field{Name: fmt.Sprint("c", i), Type: randomType(r, 2), Nullable: true})
	}
	return arrow.NewSchema(fields, nil)
}

func randomType(r *rand.Rand, depth int) arrow.DataType {
	if depth == 0 || r.IntN(2) == 0 {
		return leaves[r.IntN(len(leaves))]
	}
	sub := func() arrow.DataType { return randomType(r, depth-1) }
	switch r.IntN(9) {
	case 0:
		return arrow.ListOf(sub())
	case 1:
		return arrow.LargeListOf(sub())
	case 2:
		return arrow.FixedSizeListOf(1+r.Int32N(3), sub())
	case 3:
		return arrow.MapOf(arrow.BinaryTypes.String, sub())
	case 4:
		return arrow.ListViewOf(arrow.PrimitiveTypes.Int32)
	case 5:
		return arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String)
	case 6:
		return arrow.SparseUnionOf(unionFields(sub(), sub()), []arrow.UnionTypeCode{3, 5})
	case 7:
		return arrow.DenseUnionOf(unionFields(sub(), sub()), []arrow.UnionTypeCode{0, 9})
	default:
		return arrow.StructOf(arrow.Field{Name: "x", Type: sub(), Nullable: true}, arrow.Field{Name: "y", Type: sub(), Nullable: true})
	}
}

func unionFields(a, b arrow.DataType) []arrow.Field {
	return []arrow.Field{{Name: "a", Type: a, Nullable: true}, {Name: "b", Type: b, Nullable: true}}
}

// narrow reports whether a record of the schema may end early, because a dictionary of it is full.
func narrow(schema *arrow.Schema) bool { return strings.Contains(schema.String(), "indices=int8") }

func randomRecord(mem memory.Allocator, r *rand.Rand, schema *arrow.Schema, n int) arrow.Record {
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	for _, f := range b.Fields() {
		nulls := []int{0, 2, 10}[r.IntN(3)]
		for range n {
			appendRandom(f, r, nulls)
		}
	}
	return b.NewRecord()
}

// appendRandom appends a value, or a null once in nulls times; 0 = never.
func appendRandom(b array.Builder, r *rand.Rand, nulls int) {
	if nulls > 0 && r.IntN(nulls) == 0 {
		b.AppendNull()
		return
	}
	text := strings.Repeat("é", r.IntN(3)) + fmt.Sprint(r.IntN(60))
	again := func(c array.Builder) { appendRandom(c, r, nulls) }
	switch b := b.(type) {
	case *array.Int64Builder:
		b.Append(r.Int64())
	case *array.Int32Builder:
		b.Append(r.Int32())
	case *array.Int8Builder:
		b.Append(int8(r.IntN(256) - 128))
	case *array.Float64Builder:
		b.Append(r.NormFloat64())
	case *array.BooleanBuilder:
		b.Append(r.IntN(2) == 0)
	case *array.StringBuilder:
		b.Append(text)
	case *array.LargeStringBuilder:
		b.Append(text)
	case *array.StringViewBuilder:
		b.Append(text + strings.Repeat("long", r.IntN(6)))
	case *array.BinaryBuilder:
		b.Append([]byte(text))
	case *array.FixedSizeBinaryBuilder:
		v := make([]byte, b.Type().(*arrow.FixedSizeBinaryType).ByteWidth)
		for i := range v {
			v[i] = byte(r.Uint32())
		}
		b.Append(v)
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(r.Int64N(1 << 50)))
	case *array.Date32Builder:
		b.Append(arrow.Date32(r.Int32N(40000)))
	case *array.Decimal128Builder:
		b.Append(decimal128.New(r.Int64N(10), r.Uint64()))
	case *array.Decimal256Builder:
		b.Append(decimal256.FromI64(r.Int64()))
	case *array.NullBuilder:
		b.AppendNull()
	case *array.ExtensionBuilder:
		again(b.StorageBuilder())
	case *array.BinaryDictionaryBuilder:
		must(b.AppendString(text))
	case *array.Int64DictionaryBuilder:
		must(b.Append(r.Int64N(300)))
	case *array.MapBuilder:
		b.Append(true)
		for i := range r.IntN(3) {
			b.KeyBuilder().(*array.StringBuilder).Append(fmt.Sprint(i))
			again(b.ItemBuilder())
		}
	case *array.FixedSizeListBuilder:
		b.Append(true)
		for range b.Type().(*arrow.FixedSizeListType).Len() {
			again(b.ValueBuilder())
		}
	case *array.ListViewBuilder:
		n := r.IntN(4)
		b.AppendWithSize(true, n)
		for range n {
			again(b.ValueBuilder())
		}
	case array.ListLikeBuilder:
		b.Append(true)
		for range r.IntN(4) {
			again(b.ValueBuilder())
		}
	case *array.StructBuilder:
		b.Append(true)
		for i := range b.NumField() {
			again(b.FieldBuilder(i))
		}
	case *array.RunEndEncodedBuilder:
		b.Append(uint64(1))
		again(b.ValueBuilder())
	case *array.SparseUnionBuilder:
		codes := b.Type().(arrow.UnionType).TypeCodes()
		k := r.IntN(2)
		b.Append(codes[k])
		again(b.Child(k))
		b.Child(1 - k).AppendEmptyValue()
	case *array.DenseUnionBuilder:
		k := r.IntN(2)
		b.Append(b.Type().(arrow.UnionType).TypeCodes()[k])
		again(b.Child(k))
	default:
		panic(fmt.Sprintf("no random value for %T", b))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// tag is an extension type over text.
type tag struct{ arrow.ExtensionBase }

func extension() arrow.ExtensionType {
	return &tag{arrow.ExtensionBase{Storage: arrow.BinaryTypes.String}}
}

func (*tag) ArrayType() reflect.Type { return reflect.TypeFor[tagArray]() }
func (*tag) ExtensionName() string   { return "tag" }
func (*tag) Serialize() string       { return "" }
func (t *tag) ExtensionEquals(other arrow.ExtensionType) bool {
	return other.ExtensionName() == t.ExtensionName()
}

func (*tag) Deserialize(arrow.DataType, string) (arrow.ExtensionType, error) {
	return extension(), nil
}

type tagArray struct{ array.ExtensionArrayBase }

func (a *tagArray) ValueStr(i int) string { return a.Storage().ValueStr(i) }
