package timetext_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/timetext"
)

func TestDates(t *testing.T) {
	day := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := day.Unix() / 86400; timetext.CheckDay(n) == nil; n++ {
		if got, want := string(timetext.AppendDate(nil, n)), day.Format(time.DateOnly); got != want {
			t.Fatalf("day %d = %s, want %s", n, got, want)
		}
		step := 1
		if day.Year()%100 > 4 {
			step = 13
		}
		n += int64(step) - 1
		day = day.AddDate(0, 0, step)
	}
	if day.Year() != 10_000 {
		t.Errorf("the first day without a text is %s, want one of the year 10000", day)
	}
	if timetext.CheckDay(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).Unix()/86400-1) == nil {
		t.Error("the day before the year 0 has a text")
	}
}

func TestInstants(t *testing.T) {
	layouts := [...]string{"2006-01-02 15:04:05", "2006-01-02 15:04:05.000", "2006-01-02 15:04:05.000000", "2006-01-02 15:04:05.000000000"}
	rnd := rand.New(rand.NewPCG(1, 2))
	for unit := arrow.Second; unit <= arrow.Nanosecond; unit++ {
		per := timetext.PerSecond(unit)
		numbers := []int64{0, 1, -1, per - 1, per, -per, -per - 1, 86400*per - 1, 86400 * per, -86400 * per, -86400*per - 1}
		for range 2_000 {
			numbers = append(numbers, rnd.Int64N(math.MaxInt64), -rnd.Int64N(math.MaxInt64), rnd.Int64N(4e9*per)-2e9*per)
		}
		kept := 0
		for _, n := range numbers {
			second, part := n/per, n%per
			want := time.Unix(second, part*int64(unit.Multiplier())).UTC()
			if ok := want.Year() >= 0 && want.Year() <= 9999 && second > -1e12 && second < 1e12; ok != (timetext.CheckInstant(n, unit) == nil) {
				t.Fatalf("CheckInstant(%d%s) = %v, want an error: %t", n, unit, timetext.CheckInstant(n, unit), !ok)
			} else if !ok {
				continue
			}
			kept++
			for digits := timetext.Digits(unit); digits <= 9; digits += 3 {
				if got, want := string(timetext.AppendInstant(nil, n, unit, digits)), want.Format(layouts[digits/3]); got != want {
					t.Fatalf("%d%s with %d digits = %s, want %s", n, unit, digits, got, want)
				}
			}
		}
		if kept < 1_000 {
			t.Errorf("%s: only %d instants were compared", unit, kept)
		}
	}
}

func TestClock(t *testing.T) {
	for _, tc := range []struct {
		n      int64
		unit   arrow.TimeUnit
		digits int
		want   string
	}{
		{0, arrow.Second, 0, "00:00:00"},
		{86_399, arrow.Second, 6, "23:59:59.000000"},
		{45_296_007, arrow.Millisecond, 3, "12:34:56.007"},
		{45_296_007, arrow.Millisecond, 6, "12:34:56.007000"},
		{86_399_999_999_999, arrow.Nanosecond, 9, "23:59:59.999999999"},
		{1, arrow.Nanosecond, 9, "00:00:00.000000001"},
	} {
		if err := timetext.CheckClock(tc.n, tc.unit); err != nil {
			t.Error(err)
		}
		if got := string(timetext.AppendClock(nil, tc.n, tc.unit, tc.digits)); got != tc.want {
			t.Errorf("%d%s = %s, want %s", tc.n, tc.unit, got, tc.want)
		}
	}
	for _, n := range []int64{-1, 86_400} {
		if timetext.CheckClock(n, arrow.Second) == nil {
			t.Errorf("%d s is taken for a time of day", n)
		}
	}
}

func TestAppend(t *testing.T) {
	const ms = 1_709_210_096_007 // 2024-02-29 12:34:56.007
	for _, tc := range []struct {
		typ  arrow.DataType
		n    int64
		want string // "" = an error
	}{
		{arrow.FixedWidthTypes.Date32, 19782, "2024-02-29"},
		{arrow.FixedWidthTypes.Date32, math.MaxInt32, ""},
		{arrow.FixedWidthTypes.Date64, 19782 * 86_400_000, "2024-02-29"},
		{arrow.FixedWidthTypes.Date64, -86_400_000, "1969-12-31"},
		{arrow.FixedWidthTypes.Date64, 1, ""},
		{arrow.FixedWidthTypes.Time32s, 45_296, "12:34:56"},
		{arrow.FixedWidthTypes.Time32ms, 86_400_000, ""},
		{arrow.FixedWidthTypes.Time64us, 1, "00:00:00.000001"},
		{arrow.FixedWidthTypes.Time64ns, -1, ""},
		{&arrow.TimestampType{Unit: arrow.Millisecond}, ms, "2024-02-29 12:34:56.007"},
		{&arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "Europe/Berlin"}, ms, "2024-02-29 12:34:56.007+00:00"},
		{&arrow.TimestampType{Unit: arrow.Second}, math.MinInt64, ""},
		{arrow.PrimitiveTypes.Int64, 1, ""},
	} {
		b := array.NewBuilder(memory.DefaultAllocator, tc.typ)
		switch b := b.(type) {
		case *array.Date32Builder:
			b.Append(arrow.Date32(tc.n))
		case *array.Date64Builder:
			b.Append(arrow.Date64(tc.n))
		case *array.Time32Builder:
			b.Append(arrow.Time32(tc.n))
		case *array.Time64Builder:
			b.Append(arrow.Time64(tc.n))
		case *array.TimestampBuilder:
			b.Append(arrow.Timestamp(tc.n))
		case *array.Int64Builder:
			b.Append(tc.n)
		}
		got, err := timetext.Append(nil, b.NewArray(), 0)
		if (err != nil) != (tc.want == "") || err == nil && string(got) != tc.want {
			t.Errorf("Append of %s %d = %q, %v; want %q", tc.typ, tc.n, got, err, tc.want)
		}
	}
}
