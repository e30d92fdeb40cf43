package text_test

import (
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/internal/decode/text"
)

func TestColumns(t *testing.T) {
	for _, tc := range []struct {
		dt     arrow.DataType
		binary text.Binary
		in     string // values with bars between them
		want   string
		faults string // codes with bars between them
	}{
		{dt: arrow.PrimitiveTypes.Int8, in: "127|-128|128|x", want: "127|-128|NULL|NULL", faults: "||outofrange|invalid"},
		{dt: arrow.PrimitiveTypes.Int16, in: "32767|-32769", want: "32767|NULL", faults: "|outofrange"},
		{dt: arrow.PrimitiveTypes.Int32, in: "-2147483648|2147483648", want: "-2147483648|NULL", faults: "|outofrange"},
		{dt: arrow.PrimitiveTypes.Uint8, in: "255|256|-1", want: "255|NULL|NULL", faults: "|outofrange|outofrange"},
		{dt: arrow.PrimitiveTypes.Uint16, in: "65535|-0", want: "65535|0", faults: "|"},
		{dt: arrow.PrimitiveTypes.Uint32, in: "4294967295|4294967296", want: "4294967295|NULL", faults: "|outofrange"},
		{dt: arrow.PrimitiveTypes.Uint64, in: "18446744073709551615|18446744073709551616", want: "18446744073709551615|NULL", faults: "|outofrange"},
		{dt: arrow.PrimitiveTypes.Float32, in: "0.1|1e39|-inf", want: "0.1|NULL|-Inf", faults: "|outofrange|"},
		{dt: arrow.FixedWidthTypes.Boolean, in: "true|0|x", want: "true|false|NULL", faults: "||invalid"},
		{dt: &arrow.Decimal128Type{Precision: 5, Scale: 2}, in: "999.99|1000|0.001|-1", want: "999.99|NULL|NULL|-1", faults: "|outofrange|outofrange|"},
		{dt: &arrow.Decimal256Type{Precision: 50, Scale: 1}, in: "1234567890123456789012345678901234567890.5", want: "1234567890123456789012345678901234567890.5", faults: ""},
		{dt: arrow.FixedWidthTypes.Date64, in: "2024-01-02", want: "2024-01-02", faults: ""},
		{dt: arrow.FixedWidthTypes.Time32ms, in: "10:00:00.5", want: "10:00:00.500", faults: ""},
		{dt: arrow.BinaryTypes.LargeString, in: "x|\xff", want: "x|NULL", faults: "|invalid"},
		{dt: arrow.BinaryTypes.Binary, in: "\xff", want: "/w==", faults: ""},
		{dt: arrow.BinaryTypes.Binary, binary: text.Hex, in: "00ff|0xAB|abc", want: "AP8=|qw==|NULL", faults: "||invalid"},
		{dt: arrow.BinaryTypes.LargeBinary, binary: text.Base64, in: "AP8=|AP8|_w==|*", want: "AP8=|AP8=|/w==|NULL", faults: "|||invalid"},
	} {
		t.Run(tc.dt.String(), func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			c, err := text.NewColumn(mem, tc.dt, tc.binary)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Release()
			// The second round finds the column as the first one did.
			for range 2 {
				var faults []string
				for s := range strings.SplitSeq(tc.in, "|") {
					if f := c.Append([]byte(s), true); f != text.None {
						faults = append(faults, f.Code())
					} else {
						faults = append(faults, "")
					}
				}
				a := c.Finish()
				var got []string
				for i := range a.Len() {
					if a.IsNull(i) {
						got = append(got, "NULL")
					} else {
						got = append(got, a.ValueStr(i))
					}
				}
				a.Release()
				if diff := cmp.Diff(tc.want, strings.Join(got, "|")); diff != "" {
					t.Errorf("values mismatch (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.faults, strings.Join(faults, "|")); diff != "" {
					t.Errorf("faults mismatch (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestColumnTruncates: a column that was cut goes on as if what was cut had never been there.
func TestColumnTruncates(t *testing.T) {
	for _, dt := range []arrow.DataType{arrow.PrimitiveTypes.Int64, arrow.BinaryTypes.String, arrow.FixedWidthTypes.Boolean} {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		c, err := text.NewColumn(mem, dt, text.Raw)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 1000 {
			if i%3 == 0 {
				c.AppendNull()
			} else {
				c.Append([]byte("1"), false)
			}
		}
		c.Truncate(500)
		for range 500 {
			c.Append([]byte("0"), false)
		}
		a := c.Finish()
		if a.Len() != 1000 || a.NullN() != 167 {
			t.Errorf("%s: %d values, %d nulls", dt, a.Len(), a.NullN())
		}
		for i := range a.Len() {
			want := map[bool]string{true: "1", false: "0"}[i < 500]
			if dt.ID() == arrow.BOOL {
				want = map[bool]string{true: "true", false: "false"}[i < 500]
			}
			if i < 500 && i%3 == 0 {
				want = "(null)"
			}
			if got := a.ValueStr(i); got != want {
				t.Fatalf("%s: value %d is %s, want %s", dt, i, got, want)
			}
		}
		a.Release()
		mem.AssertSize(t, 0)
	}
}

func TestNested(t *testing.T) {
	if _, err := text.NewNested(memory.DefaultAllocator, arrow.PrimitiveTypes.Int64); err == nil {
		t.Error("NewNested of int64 answered no error")
	}
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	n, err := text.NewNested(mem, arrow.ListOf(arrow.PrimitiveTypes.Int64))
	if err != nil {
		t.Fatal(err)
	}
	if f := n.Append(math.MaxInt32 + 1); f != text.OutOfRange {
		t.Errorf("a list beyond 2^31 elements: fault %v", f)
	}
	n.Append(3)
	n.AppendNull(3)
	n.Append(5)
	if child := n.Truncate(2); child != 3 || n.Len() != 2 {
		t.Errorf("%d elements of %d lists are left", child, n.Len())
	}
	n.Release()
}
