package pgvalue_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/floedata/floe/internal/pgvalue"
)

// pair is a type of values, and a column that they go into.
type pair struct {
	from   arrow.DataType
	column string
	oid    uint32
	add    func(b array.Builder, r *rand.Rand)
	want   func(a arrow.Array) string // of the first value, as show writes it; nil = what the text says
}

func integers[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](r *rand.Rand) T {
	v := T(r.Uint64() >> r.IntN(64))
	if r.IntN(2) == 0 {
		return -v
	}
	return v
}

func bigInt(r *rand.Rand, bits int) *big.Int {
	v := new(big.Int)
	for range (bits + 63) / 64 {
		v.Or(v.Lsh(v, 64), new(big.Int).SetUint64(r.Uint64()))
	}
	v.Rsh(v, uint(r.IntN(bits))+uint(v.BitLen())-uint(min(v.BitLen(), bits)))
	if r.IntN(3) == 0 { // zeros in the middle and at the end
		ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(r.IntN(bits/4))), nil)
		v.Sub(v, new(big.Int).Mod(v, ten))
	}
	if r.IntN(2) == 0 {
		v.Neg(v)
	}
	return v
}

func rational(v *big.Int, scale int32) string {
	f := new(big.Rat).SetInt(v)
	ten := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(scale, -scale))), nil))
	if scale < 0 {
		return f.Mul(f, ten).String()
	}
	return f.Quo(f, ten).String()
}

func pairs() []pair {
	decimals := func(scale int32) []pair {
		return []pair{
			{
				&arrow.Decimal128Type{Precision: 38, Scale: scale}, "numeric", pgtype.NumericOID,
				func(b array.Builder, r *rand.Rand) {
					b.(*array.Decimal128Builder).Append(decimal128.FromBigInt(bigInt(r, 127)))
				},
				func(a arrow.Array) string { return rational(a.(*array.Decimal128).Value(0).BigInt(), scale) },
			},
			{
				&arrow.Decimal256Type{Precision: 76, Scale: scale}, "numeric", pgtype.NumericOID,
				func(b array.Builder, r *rand.Rand) {
					b.(*array.Decimal256Builder).Append(decimal256.FromBigInt(bigInt(r, 255)))
				},
				func(a arrow.Array) string { return rational(a.(*array.Decimal256).Value(0).BigInt(), scale) },
			},
		}
	}
	instants := func(unit arrow.TimeUnit, zone, column string, oid uint32) pair {
		return pair{
			&arrow.TimestampType{Unit: unit, TimeZone: zone}, column, oid,
			func(b array.Builder, r *rand.Rand) {
				per := int64(time.Second / unit.Multiplier())
				v := r.Int64N(2*9_000_000_000) - 9_000_000_000
				switch {
				case per == 1_000_000_000:
					b.(*array.TimestampBuilder).Append(arrow.Timestamp(v * per / 1000 * 1000))
				default:
					b.(*array.TimestampBuilder).Append(arrow.Timestamp(v*per + r.Int64N(per)))
				}
			},
			func(a arrow.Array) string {
				return a.(*array.Timestamp).Value(0).ToTime(unit).UTC().Format(time.RFC3339Nano)
			},
		}
	}
	list := []pair{
		{arrow.FixedWidthTypes.Boolean, "boolean", pgtype.BoolOID, func(b array.Builder, r *rand.Rand) { b.(*array.BooleanBuilder).Append(r.IntN(2) == 0) }, nil},
		{arrow.PrimitiveTypes.Int8, "smallint", pgtype.Int2OID, func(b array.Builder, r *rand.Rand) { b.(*array.Int8Builder).Append(integers[int8](r)) }, nil},
		{arrow.PrimitiveTypes.Int16, "integer", pgtype.Int4OID, func(b array.Builder, r *rand.Rand) { b.(*array.Int16Builder).Append(integers[int16](r)) }, nil},
		{arrow.PrimitiveTypes.Int32, "bigint", pgtype.Int8OID, func(b array.Builder, r *rand.Rand) { b.(*array.Int32Builder).Append(integers[int32](r)) }, nil},
		{
			arrow.PrimitiveTypes.Int64, "numeric", pgtype.NumericOID, func(b array.Builder, r *rand.Rand) { b.(*array.Int64Builder).Append(integers[int64](r)) },
			func(a arrow.Array) string { return rational(big.NewInt(a.(*array.Int64).Value(0)), 0) },
		},
		{arrow.PrimitiveTypes.Int64, "bigint", pgtype.Int8OID, func(b array.Builder, r *rand.Rand) { b.(*array.Int64Builder).Append(integers[int64](r)) }, nil},
		{arrow.PrimitiveTypes.Uint8, "smallint", pgtype.Int2OID, func(b array.Builder, r *rand.Rand) { b.(*array.Uint8Builder).Append(integers[uint8](r)) }, nil},
		{arrow.PrimitiveTypes.Uint16, "real", pgtype.Float4OID, func(b array.Builder, r *rand.Rand) { b.(*array.Uint16Builder).Append(integers[uint16](r)) }, nil},
		{arrow.PrimitiveTypes.Uint32, "double precision", pgtype.Float8OID, func(b array.Builder, r *rand.Rand) { b.(*array.Uint32Builder).Append(integers[uint32](r)) }, nil},
		{
			arrow.PrimitiveTypes.Uint64, "numeric(20,0)", pgtype.NumericOID, func(b array.Builder, r *rand.Rand) { b.(*array.Uint64Builder).Append(integers[uint64](r)) },
			func(a arrow.Array) string { return rational(new(big.Int).SetUint64(a.(*array.Uint64).Value(0)), 0) },
		},
		{arrow.FixedWidthTypes.Float16, "real", pgtype.Float4OID, func(b array.Builder, r *rand.Rand) {
			b.(*array.Float16Builder).Append(float16.New(float32(r.NormFloat64())))
		}, nil},
		{arrow.PrimitiveTypes.Float32, "double precision", pgtype.Float8OID, func(b array.Builder, r *rand.Rand) {
			b.(*array.Float32Builder).Append(float32(r.IntN(1 << 24)))
		}, nil},
		{arrow.PrimitiveTypes.Float32, "real", pgtype.Float4OID, func(b array.Builder, r *rand.Rand) {
			b.(*array.Float32Builder).Append(math.Float32frombits(r.Uint32()))
		}, nil},
		{arrow.PrimitiveTypes.Float64, "double precision", pgtype.Float8OID, func(b array.Builder, r *rand.Rand) {
			b.(*array.Float64Builder).Append(math.Float64frombits(r.Uint64()))
		}, nil},
		{arrow.BinaryTypes.String, "text", pgtype.TextOID, func(b array.Builder, r *rand.Rand) { b.(*array.StringBuilder).Append(randomText(r)) }, nil},
		{arrow.BinaryTypes.LargeString, "json", pgtype.TextOID, func(b array.Builder, r *rand.Rand) { b.(*array.LargeStringBuilder).Append(randomText(r)) }, nil},
		{arrow.BinaryTypes.StringView, "varchar", pgtype.TextOID, func(b array.Builder, r *rand.Rand) { b.(*array.StringViewBuilder).Append(randomText(r)) }, nil},
		{arrow.BinaryTypes.Binary, "bytea", pgtype.ByteaOID, func(b array.Builder, r *rand.Rand) {
			b.(*array.BinaryBuilder).Append([]byte(randomText(r) + "\xff\x00"))
		}, nil},
		{arrow.BinaryTypes.BinaryView, "bytea", pgtype.ByteaOID, func(b array.Builder, r *rand.Rand) {
			b.(*array.BinaryViewBuilder).Append([]byte(randomText(r) + "\xff\x00"))
		}, nil},
		{&arrow.FixedSizeBinaryType{ByteWidth: 16}, "uuid", pgtype.UUIDOID, func(b array.Builder, r *rand.Rand) {
			b.(*array.FixedSizeBinaryBuilder).Append(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, r.Uint64()), r.Uint64()))
		}, nil},
		{
			arrow.FixedWidthTypes.Date32, "date", pgtype.DateOID, func(b array.Builder, r *rand.Rand) {
				b.(*array.Date32Builder).Append(arrow.Date32(r.IntN(4_000_000) - 700_000))
			},
			func(a arrow.Array) string { return a.(*array.Date32).Value(0).ToTime().Format(time.RFC3339Nano) },
		},
		{arrow.FixedWidthTypes.Time32ms, "time", pgtype.TimeOID, func(b array.Builder, r *rand.Rand) { b.(*array.Time32Builder).Append(arrow.Time32(r.IntN(86_400_001))) }, nil},
		{arrow.FixedWidthTypes.Time64ns, "time", pgtype.TimeOID, func(b array.Builder, r *rand.Rand) {
			b.(*array.Time64Builder).Append(arrow.Time64(r.IntN(86_400_000_000) * 1000))
		}, nil},
		instants(arrow.Second, "", "timestamp", pgtype.TimestampOID), instants(arrow.Millisecond, "", "timestamp", pgtype.TimestampOID),
		instants(arrow.Microsecond, "", "timestamp", pgtype.TimestampOID), instants(arrow.Nanosecond, "", "timestamp", pgtype.TimestampOID),
		instants(arrow.Microsecond, "UTC", "timestamptz", pgtype.TimestamptzOID), instants(arrow.Second, "Asia/Tokyo", "timestamptz", pgtype.TimestamptzOID),
		{arrow.FixedWidthTypes.MonthDayNanoInterval, "interval", pgtype.IntervalOID, func(b array.Builder, r *rand.Rand) {
			b.(*array.MonthDayNanoIntervalBuilder).Append(arrow.MonthDayNanoInterval{
				Months: integers[int32](r) / 100, Days: integers[int32](r) / 100, Nanoseconds: integers[int64](r) / 1000 * 1000,
			})
		}, nil},
		{arrow.FixedWidthTypes.DayTimeInterval, "interval", pgtype.IntervalOID, func(b array.Builder, r *rand.Rand) {
			b.(*array.DayTimeIntervalBuilder).Append(arrow.DayTimeInterval{Days: integers[int32](r) / 100, Milliseconds: integers[int32](r)})
		}, nil},
		{arrow.ListOf(arrow.BinaryTypes.String), "text[]", pgtype.TextArrayOID, func(b array.Builder, r *rand.Rand) {
			l := b.(*array.ListBuilder)
			l.Append(true)
			for range r.IntN(4) {
				if r.IntN(4) == 0 {
					l.ValueBuilder().AppendNull()
				} else {
					l.ValueBuilder().(*array.StringBuilder).Append(randomText(r))
				}
			}
		}, nil},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.PrimitiveTypes.Int32}, "integer", pgtype.Int4OID, func(b array.Builder, r *rand.Rand) {
			if err := b.(*array.Int32DictionaryBuilder).Append(integers[int32](r)); err != nil {
				panic(err)
			}
		}, nil},
	}
	for _, scale := range []int32{0, 1, 2, 3, 4, 5, 7, 18, 38, -1, -2, -3, -4, -5} {
		list = append(list, decimals(scale)...)
	}
	return list
}

func randomText(r *rand.Rand) string {
	alphabet := []rune("ab\"\\{}, '\n\tNUL\u00e9日🙂\x01")
	s := make([]rune, r.IntN(40))
	for i := range s {
		s[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(s)
}

// columnName is how format_type writes what is short here.
func columnName(name string) string {
	switch name {
	case "varchar":
		return "character varying"
	case "time":
		return "time without time zone"
	case "timestamp":
		return "timestamp without time zone"
	case "timestamptz":
		return "timestamp with time zone"
	}
	return name
}

// decode reads a value as pgx does.
func decode(t *testing.T, m *pgtype.Map, oid uint32, format int16, src []byte) string {
	t.Helper()
	typ, ok := m.TypeForOID(oid)
	if !ok {
		t.Fatalf("pgx does not know the type %d", oid)
	}
	v, err := typ.Codec.DecodeValue(m, oid, format, src)
	if err != nil {
		t.Fatalf("decode %q: %v", src, err)
	}
	return show(v)
}

func show(v any) string {
	switch v := v.(type) {
	case pgtype.Numeric:
		return rational(v.Int, -v.Exp)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case float32:
		return show(float64(v))
	case float64:
		return fmt.Sprint(v, math.Signbit(v) && !math.IsNaN(v))
	}
	return fmt.Sprintf("%#v", v)
}

// FuzzCodec: what is written in binary and as text is what pgx reads.
func FuzzCodec(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	list := pairs()
	f.Fuzz(func(t *testing.T, seed uint64) {
		m := pgtype.NewMap()
		for i, p := range list {
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			b := array.NewBuilder(memory.DefaultAllocator, p.from)
			b.AppendNull()
			p.add(b, r)
			whole := b.NewArray()
			b.Release()
			a := array.NewSlice(whole, 1, 2)
			whole.Release()
			c, err := pgvalue.For(arrow.Field{Type: p.from, Nullable: true}, pgvalue.Parse(columnName(p.column)))
			if err != nil {
				t.Fatalf("%s into %s: %v", p.from, p.column, err)
			}
			if check := c.Check(a); check != nil {
				if fault := check(0); fault != nil {
					t.Fatalf("%s into %s: %v", p.from, p.column, fault)
				}
			}
			text := string(c.Text(a)(nil, 0))
			buf := c.Binary(a)([]byte("before"), 0)[len("before"):]
			if n := binary.BigEndian.Uint32(buf); int(n) != len(buf)-4 {
				t.Fatalf("%s into %s: a length of %d before %d bytes", p.from, p.column, n, len(buf)-4)
			}
			got := decode(t, m, p.oid, pgtype.BinaryFormatCode, buf[4:])
			if read := decode(t, m, p.oid, pgtype.TextFormatCode, []byte(text)); got != read && p.oid != pgtype.TextOID {
				t.Errorf("%s into %s: %s in binary is %s, the text %q is %s", p.from, p.column, a, got, text, read)
			}
			if p.want != nil {
				if diff := cmp.Diff(p.want(a), got); diff != "" {
					t.Errorf("%s into %s: %s mismatch (-want +got)\n%s", p.from, p.column, a, diff)
				}
			}
			a.Release()
		}
	})
}
