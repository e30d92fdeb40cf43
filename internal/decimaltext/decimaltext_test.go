package decimaltext_test

import (
	"math/big"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/decimaltext"
)

func TestAppend(t *testing.T) {
	for _, tc := range []struct {
		digits         string
		scale, written int32
		want           string
	}{
		{"0", 0, 0, "0"},
		{"0", 2, 2, "0.00"},
		{"5", 2, 2, "0.05"},
		{"-5", 2, 4, "-0.0500"},
		{"12", 2, 2, "0.12"},
		{"1250", 2, 2, "12.50"},
		{"-1250", 2, 5, "-12.50000"},
		{"120", 0, 0, "120"},
		{"-120", 0, 3, "-120.000"},
		{"1", 5, 5, "0.00001"},
		{"99999999999999999999999999999999999999", 10, 10, "9999999999999999999999999999.9999999999"},
	} {
		v, _ := new(big.Int).SetString(tc.digits, 10)
		before := v.String()
		if got := string(decimaltext.Append(nil, v, tc.scale, tc.written)); got != tc.want {
			t.Errorf("Append(%s, %d, %d) = %s, want %s", tc.digits, tc.scale, tc.written, got, tc.want)
		}
		if v.String() != before {
			t.Errorf("Append changed %s to %s", before, v)
		}
	}
}

func TestValue(t *testing.T) {
	small := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: 9, Scale: 2})
	small.Append(decimal128.FromI64(-1250))
	large := array.NewDecimal256Builder(memory.DefaultAllocator, &arrow.Decimal256Type{Precision: 60, Scale: 5})
	large.Append(decimal256.FromI64(-1250))
	for _, tc := range []struct {
		in    arrow.Array
		scale int32
	}{{small.NewArray(), 2}, {large.NewArray(), 5}} {
		if v, scale, ok := decimaltext.Value(tc.in, 0); !ok || scale != tc.scale || v.Int64() != -1250 {
			t.Errorf("Value of %s = %s, %d, %t", tc.in, v, scale, ok)
		}
	}
	if _, _, ok := decimaltext.Value(array.NewNull(1), 0); ok {
		t.Error("Value took an array of nulls")
	}
}
