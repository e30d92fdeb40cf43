package types_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

var instants = []time.Time{
	time.Unix(0, 0),
	time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	time.Date(2024, 2, 29, 12, 34, 56, 123_456_789, time.FixedZone("", -7*3600)),
	time.Date(2024, 2, 29, 12, 34, 56, 1, time.FixedZone("", 5*3600+1800)),
}

func TestNanos(t *testing.T) {
	for _, want := range instants {
		if got := types.AtNanos(types.Nanos(want)); !got.Equal(want) {
			t.Errorf("%v became %v", want, got)
		}
	}
	if got, want := types.Nanos(time.Unix(-1, 999_999_999)), big.NewInt(-1); got.Cmp(want) != 0 {
		t.Errorf("one nanosecond before 1970 is %v, want %v", got, want)
	}
}

func TestZoned(t *testing.T) {
	for _, want := range instants {
		got := types.AtZoned(types.Zoned(want))
		_, a := got.Zone()
		_, b := want.Zone()
		if !got.Equal(want) || a != b {
			t.Errorf("%v became %v", want, got)
		}
	}
	for i, a := range instants {
		for _, b := range instants[i+1:] {
			if types.Zoned(a).Cmp(types.Zoned(b)) != a.Compare(b) {
				t.Errorf("%v and %v do not sort as their integers", a, b)
			}
		}
	}
}

func TestDuckDB(t *testing.T) {
	for _, c := range []struct {
		of   types.Type
		want string
	}{
		{types.Type{Kind: types.Fixed, Precision: 38}, "DECIMAL(38,0)"},
		{types.Type{Kind: types.Fixed, Precision: 12, Scale: 2}, "DECIMAL(12,2)"},
		{types.Type{Kind: types.Real}, "DOUBLE"},
		{types.Type{Kind: types.Text, Length: 3}, "VARCHAR"},
		{types.Type{Kind: types.Binary, Length: 3}, "BLOB"},
		{types.Type{Kind: types.Boolean}, "BOOLEAN"},
		{types.Type{Kind: types.Date}, "DATE"},
		{types.Type{Kind: types.Time, Scale: 9}, "BIGINT"},
		{types.Type{Kind: types.TimestampNTZ, Scale: 9}, "HUGEINT"},
		{types.Type{Kind: types.TimestampLTZ, Scale: 6}, "HUGEINT"},
		{types.Type{Kind: types.TimestampTZ, Scale: 9}, "HUGEINT"},
		{types.Type{Kind: types.Variant}, "VARCHAR"},
		{types.Type{Kind: types.Array}, "VARCHAR"},
	} {
		if got := c.of.DuckDB(); got != c.want {
			t.Errorf("%v is %s, want %s", c.of, got, c.want)
		}
	}
}
