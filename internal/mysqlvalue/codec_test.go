package mysqlvalue_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/decimaltext"
	"github.com/floedata/floe/internal/mysqlvalue"
)

func codecOf(t testing.TB, dt arrow.DataType, column string) mysqlvalue.Codec {
	t.Helper()
	c, err := mysqlvalue.ParseColumn(column)
	if err != nil {
		t.Fatal(err)
	}
	codec, err := mysqlvalue.For(dt, c)
	if err != nil {
		t.Fatalf("%s into %s: %v", dt, column, err)
	}
	return codec
}

// written writes the values of an array, or says what is wrong with them.
func written(codec mysqlvalue.Codec, a arrow.Array) []string {
	list := make([]string, a.Len())
	bad := map[int]bool{}
	if codec.Check != nil {
		codec.Check(a, 0, a.Len(), func(row int, u *dialect.Unfit) {
			bad[row] = true
			list[row] = u.Code + ": " + u.Message
		})
	}
	write := codec.On(a)
	for row := range list {
		switch {
		case bad[row]:
		case a.IsNull(row):
			list[row] = "null"
		default:
			list[row] = string(write(nil, row))
		}
	}
	return list
}

// TestCodecs writes values of each type, as the server reads them, in the whole array and in a slice.
func TestCodecs(t *testing.T) {
	ts := func(unit arrow.TimeUnit) arrow.DataType { return &arrow.TimestampType{Unit: unit} }
	for _, tc := range []struct {
		dt           arrow.DataType
		column, json string
		want         []string
	}{
		{arrow.FixedWidthTypes.Boolean, "tinyint(1)", `[true, false, null]`, []string{"1", "0", "null"}},
		{arrow.FixedWidthTypes.Boolean, "bit(1)", `[true]`, []string{"1"}},
		{arrow.PrimitiveTypes.Int64, "bigint(20)", `["-9223372036854775808", "9223372036854775807"]`, []string{"-9223372036854775808", "9223372036854775807"}},
		{arrow.PrimitiveTypes.Uint64, "bigint unsigned", `["18446744073709551615"]`, []string{"18446744073709551615"}},
		{arrow.PrimitiveTypes.Float64, "double", `[0.1, 1e308, 5e-324, null]`, []string{"0.1", "1e+308", "5e-324", "null"}},
		{arrow.PrimitiveTypes.Float32, "float", `[0.1]`, []string{"0.10000000149011612"}},
		{&arrow.Decimal128Type{Precision: 5, Scale: 2}, "decimal(5,2)", `["1.5", "-0.05", "0.00", "999.99", null]`, []string{"1.50", "-0.05", "0.00", "999.99", "null"}},
		{&arrow.Decimal256Type{Precision: 5, Scale: 2}, "decimal(5,2)", `["1.5", "-0.05", null]`, []string{"1.50", "-0.05", "null"}},
		{arrow.BinaryTypes.String, "varchar(3)", `["abc", "日本語", "abcd", "", null]`, []string{"abc", "日本語", "outofrange: the text of 4 characters is longer than 3", "", "null"}},
		{arrow.BinaryTypes.LargeString, "char(3)", `["a", "a ", " "]`, []string{"a", `invalid: "a " ends with a blank, which CHAR drops`, `invalid: " " ends with a blank, which CHAR drops`}},
		{arrow.BinaryTypes.String, "tinytext", `["` + strings.Repeat("é", 128) + `"]`, []string{"outofrange: the value of 256 bytes is longer than 255"}},
		{arrow.BinaryTypes.Binary, "varbinary(2)", `["AAE=", "AAEC", ""]`, []string{"\x00\x01", "outofrange: the value of 3 bytes is longer than 2", ""}},
		{arrow.BinaryTypes.Binary, "binary(2)", `["AAE=", "AA=="]`, []string{"\x00\x01", "invalid: the value of 1 bytes is shorter than 2, and BINARY would fill it up"}},
		{arrow.FixedWidthTypes.Date32, "date", `["0001-01-01", "9999-12-31", "2024-02-29"]`, []string{"0001-01-01", "9999-12-31", "2024-02-29"}},
		{arrow.FixedWidthTypes.Date32, "datetime", `["2024-02-29"]`, []string{"2024-02-29 00:00:00"}},
		{arrow.FixedWidthTypes.Time32s, "time", `["23:59:59"]`, []string{"23:59:59"}},
		{arrow.FixedWidthTypes.Time64ns, "time(6)", `["12:34:56.123456000", "12:34:56.123456001"]`, []string{"12:34:56.123456", "invalid: it has parts of a microsecond, which MySQL does not keep"}},
		{ts(arrow.Second), "datetime", `["2024-02-29 12:34:56"]`, []string{"2024-02-29 12:34:56"}},
		{ts(arrow.Millisecond), "datetime(3)", `["1969-12-31 23:59:59.999"]`, []string{"1969-12-31 23:59:59.999"}},
		{ts(arrow.Nanosecond), "datetime(6)", `["1969-12-31 23:59:59.999999000", "1969-12-31 23:59:59.999999999"]`, []string{"1969-12-31 23:59:59.999999", "invalid: it has parts of a microsecond, which MySQL does not keep"}},
		{&arrow.TimestampType{Unit: arrow.Second, TimeZone: "Europe/Berlin"}, "timestamp", `["2024-02-29 12:34:56Z"]`, []string{"2024-02-29 12:34:56"}},
		{arrow.ListOf(arrow.PrimitiveTypes.Int64), "json", `[[1, null], [], null]`, []string{"[1,null]", "[]", "null"}},
		{arrow.StructOf(arrow.Field{Name: "a", Type: arrow.BinaryTypes.String, Nullable: true}), "longtext", `[{"a": "x\"y"}]`, []string{`{"a":"x\"y"}`}},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, "varchar(3)", `["abc", "long", "abc", null]`, []string{"abc", "outofrange: the text of 4 characters is longer than 3", "abc", "null"}},
	} {
		t.Run(fmt.Sprintf("%s into %s", tc.dt, tc.column), func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			a, _, err := array.FromJSON(mem, tc.dt, strings.NewReader(tc.json))
			if err != nil {
				t.Fatal(err)
			}
			defer a.Release()
			codec := codecOf(t, tc.dt, tc.column)
			if diff := cmp.Diff(tc.want, written(codec, a)); diff != "" {
				t.Errorf("mismatch (-want +got)\n%s", diff)
			}
			tail := array.NewSlice(a, 1, int64(a.Len()))
			defer tail.Release()
			if diff := cmp.Diff(tc.want[1:], written(codec, tail)); diff != "" {
				t.Errorf("slice mismatch (-want +got)\n%s", diff)
			}
		})
	}
}

// TestUnfit: values that JSON cannot make.
func TestUnfit(t *testing.T) {
	f := array.NewFloat64Builder(memory.DefaultAllocator)
	f.AppendValues([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0, math.NaN()}, []bool{true, true, true, true, true, false})
	want := []string{"outofrange: MySQL has no NaN", "outofrange: MySQL has no +Inf", "outofrange: MySQL has no -Inf", "outofrange: MySQL has no negative zero", "0", "null"}
	if diff := cmp.Diff(want, written(codecOf(t, arrow.PrimitiveTypes.Float64, "double"), f.NewArray())); diff != "" {
		t.Errorf("floats mismatch (-want +got)\n%s", diff)
	}
	s := array.NewStringBuilder(memory.DefaultAllocator)
	s.Append("a\xff")
	if diff := cmp.Diff([]string{`invalid: "a\xff" is not valid UTF-8`}, written(codecOf(t, arrow.BinaryTypes.String, "longtext"), s.NewArray())); diff != "" {
		t.Errorf("texts mismatch (-want +got)\n%s", diff)
	}
	d := array.NewDate32Builder(memory.DefaultAllocator)
	d.AppendValues([]arrow.Date32{-719_163, -719_162, 2_932_896, 2_932_897}, nil)
	want = []string{"outofrange: the year is not from 1 to 9999", "0001-01-01", "9999-12-31", "outofrange: the year is not from 1 to 9999"}
	if diff := cmp.Diff(want, written(codecOf(t, arrow.FixedWidthTypes.Date32, "date"), d.NewArray())); diff != "" {
		t.Errorf("dates mismatch (-want +got)\n%s", diff)
	}
	at := array.NewTimestampBuilder(memory.DefaultAllocator, &arrow.TimestampType{Unit: arrow.Microsecond})
	at.AppendValues([]arrow.Timestamp{-62_135_596_800_000_001, -62_135_596_800_000_000, 253_402_300_799_999_999, 253_402_300_800_000_000, math.MinInt64, math.MaxInt64}, nil)
	year := "outofrange: the year is not from 1 to 9999"
	want = []string{year, "0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999", year, year, year}
	if diff := cmp.Diff(want, written(codecOf(t, at.Type(), "datetime(6)"), at.NewArray())); diff != "" {
		t.Errorf("timestamps mismatch (-want +got)\n%s", diff)
	}
	dec := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: 3, Scale: 1})
	dec.AppendValues([]decimal128.Num{decimal128.FromI64(999), decimal128.FromI64(1000), decimal128.FromI64(-1000), decimal128.New(math.MinInt64, 0)}, nil)
	digits := "outofrange: it has more than the 3 digits of its type"
	if diff := cmp.Diff([]string{"99.9", digits, digits, digits}, written(codecOf(t, dec.Type(), "decimal(10,2)"), dec.NewArray())); diff != "" {
		t.Errorf("decimals mismatch (-want +got)\n%s", diff)
	}
	day := array.NewDate64Builder(memory.DefaultAllocator)
	day.AppendValues([]arrow.Date64{86_400_000, 1, -86_400_001, -86_400_000}, nil)
	want = []string{"1970-01-02", "invalid: 1 ms from 1970-01-01 is amid a day", "invalid: -86400001 ms from 1970-01-01 is amid a day", "1969-12-31"}
	if diff := cmp.Diff(want, written(codecOf(t, arrow.FixedWidthTypes.Date64, "date"), day.NewArray())); diff != "" {
		t.Errorf("date64 mismatch (-want +got)\n%s", diff)
	}
}

// decimalOf makes a number of so many digits at most.
func decimalOf(rnd *rand.Rand, digits int) *big.Int {
	text := make([]byte, digits)
	for i := range text {
		text[i] = byte('0' + rnd.IntN(10))
	}
	n, _ := new(big.Int).SetString(string(text), 10)
	return n
}

// TestDecimals compares with how big numbers write themselves.
func TestDecimals(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for scale := range int32(31) {
		dt := &arrow.Decimal128Type{Precision: 38, Scale: scale}
		b := array.NewDecimal128Builder(memory.DefaultAllocator, dt)
		var want []string
		for range 300 {
			n := decimalOf(rnd, 1+rnd.IntN(38))
			if rnd.IntN(2) == 0 {
				n.Neg(n)
			}
			b.Append(decimal128.FromBigInt(n))
			want = append(want, string(decimaltext.Append(nil, n, scale, scale)))
		}
		if diff := cmp.Diff(want, written(codecOf(t, dt, fmt.Sprintf("decimal(38,%d)", scale)), b.NewArray())); diff != "" {
			t.Fatalf("scale %d: mismatch (-want +got)\n%s", scale, diff)
		}
	}
}

// TestMismatches: a column that does not hold every value of a type says what is needed.
func TestMismatches(t *testing.T) {
	for _, tc := range []struct {
		dt     arrow.DataType
		column string
		needs  string
	}{
		{arrow.PrimitiveTypes.Int64, "int(11)", "BIGINT"},
		{arrow.PrimitiveTypes.Int64, "bigint unsigned", "BIGINT"},
		{arrow.PrimitiveTypes.Uint64, "bigint(20)", "BIGINT UNSIGNED"},
		{arrow.PrimitiveTypes.Uint32, "int(11)", "INT UNSIGNED"},
		{arrow.PrimitiveTypes.Int64, "decimal(18,0)", "BIGINT"},
		{arrow.PrimitiveTypes.Int64, "double", "BIGINT"},
		{arrow.PrimitiveTypes.Int32, "float", "INT"},
		{arrow.PrimitiveTypes.Float64, "float", "DOUBLE"},
		{arrow.PrimitiveTypes.Float64, "double(10,2)", "DOUBLE"},
		{arrow.PrimitiveTypes.Float64, "double unsigned", "DOUBLE"},
		{&arrow.Decimal128Type{Precision: 10, Scale: 3}, "decimal(12,2)", "DECIMAL(10,3)"},
		{&arrow.Decimal128Type{Precision: 10, Scale: 3}, "decimal(10,4)", "DECIMAL(10,3)"},
		{arrow.BinaryTypes.String, "int(11)", "LONGTEXT"},
		{arrow.BinaryTypes.String, "longblob", "LONGTEXT"},
		{arrow.BinaryTypes.Binary, "longtext", "LONGBLOB"},
		{arrow.FixedWidthTypes.Date32, "timestamp", "DATE"},
		{arrow.FixedWidthTypes.Time64us, "time(3)", "TIME(6)"},
		{&arrow.TimestampType{Unit: arrow.Millisecond}, "datetime", "DATETIME(3)"},
		{&arrow.TimestampType{Unit: arrow.Second}, "timestamp", "DATETIME(6)"},
		{&arrow.TimestampType{Unit: arrow.Second}, "date", "DATETIME"},
		{arrow.ListOf(arrow.PrimitiveTypes.Int64), "varchar(20)", "JSON"},
		{arrow.FixedWidthTypes.Boolean, "varchar(20)", "TINYINT(1)"},
		{arrow.BinaryTypes.String, "set('a')", "another type"},
		{arrow.FixedWidthTypes.Duration_us, "bigint(20)", "convert the column"},
		{arrow.FixedWidthTypes.MonthInterval, "bigint(20)", "convert the column"},
		{&arrow.Decimal256Type{Precision: 70, Scale: 2}, "decimal(65,2)", "65 digits"},
		{&arrow.Decimal128Type{Precision: 38, Scale: 31}, "decimal(65,30)", "30 of them"},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.PrimitiveTypes.Int64}, "int(11)", "BIGINT"},
	} {
		c, err := mysqlvalue.ParseColumn(tc.column)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := mysqlvalue.For(tc.dt, c); err == nil || !strings.Contains(err.Error(), tc.needs) {
			t.Errorf("%s into %s: %v, want to hear of %s", tc.dt, tc.column, err, tc.needs)
		}
	}
}
