package text_test

import (
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/decode/text"
)

// inferred are the types that are inferred from texts, but text itself, and the kinds that they hold.
var inferred = []struct {
	dt    arrow.DataType
	kinds text.Kind
}{
	{arrow.FixedWidthTypes.Boolean, text.KindBool},
	{arrow.PrimitiveTypes.Int64, text.KindInt},
	{arrow.PrimitiveTypes.Float64, text.KindInt | text.KindFloat},
	{&arrow.TimestampType{Unit: arrow.Microsecond}, text.KindDate | text.KindTimestamp},
	{&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: time.UTC.String()}, text.KindInstant},
}

var strictSeeds = []string{
	"0", "-0", "1", "-1", "501", "00501", "-007", "+5", "1e3", "1.0", "1.5", "007.5", "+1.5", "0.5", "-0.5", ".5", "5.", "-.5",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "1000000000000000000", "0000000000000000001",
	"-73.98542022705078125", "12345678901234567890.5", "nan", "-inf", "+inf", "00e1", "0e1", "1e400", "--1", "-+1", "+", "-", "",
	"true", "FALSE", "yes", "no", "t", "y", "x", "2024-01-02", "2024-01-02 03:04", "2024-01-02 03:04:05", "2024-01-02T03:04:05Z",
	"2024-01-02 03:04:05.123456+02:00", "2024-01-02 03:04:05 +0200", "2024-01-02 03:04:05-02", "2024-01-02 03:04z", "2024-01-02 03:04:05.5",
}

// A strict column takes what a sample would have taken for its type, and nothing else. What it refuses is one thing
// where its type reads it, and another where not.
func FuzzStrictColumn(f *testing.F) {
	for _, s := range strictSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := []byte(s)
		for _, want := range inferred {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			lenient, err := text.NewColumn(mem, want.dt, text.Raw)
			if err != nil {
				t.Fatal(err)
			}
			strict, err := text.NewStrictColumn(mem, want.dt, text.Raw)
			if err != nil {
				t.Fatal(err)
			}
			expected := lenient.Append(b, true)
			fits := text.KindOf(text.Trim(b))&want.kinds != 0
			if expected == text.None && !fits {
				expected = text.Altered
			}
			if got := strict.Append(b, true); got != expected {
				t.Errorf("%q as %s: fault %d, want %d", s, want.dt, got, expected)
			}
			read, kept := lenient.Finish(), strict.Finish()
			if kept.IsNull(0) != (expected != text.None) || expected == text.None && kept.ValueStr(0) != read.ValueStr(0) {
				t.Errorf("%q as %s: %v, want %v", s, want.dt, kept, read)
			}
			read.Release()
			kept.Release()
			mem.AssertSize(t, 0)
		}
	})
}

// The types that files of other formats bring to texts are strict, too.
func TestStrictColumnOfOtherTypes(t *testing.T) {
	for _, dt := range []arrow.DataType{
		arrow.PrimitiveTypes.Uint64, &arrow.Decimal128Type{Precision: 20, Scale: 2}, &arrow.Decimal256Type{Precision: 50, Scale: 2},
	} {
		c, err := text.NewStrictColumn(memory.DefaultAllocator, dt, text.Raw)
		if err != nil {
			t.Fatal(err)
		}
		for s, want := range map[string]text.Fault{"501": text.None, "0": text.None, "00501": text.Altered, "+5": text.Altered, "x": text.Invalid} {
			if got := c.Append([]byte(s), true); got != want {
				t.Errorf("%q as %s: fault %d, want %d", s, dt, got, want)
			}
		}
		c.Release()
	}
	if _, err := text.NewStrictColumn(memory.DefaultAllocator, arrow.Null, text.Raw); err == nil {
		t.Error("there is a column of the null type")
	}
}
