package text_test

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/internal/decode/text"
)

// decimalForm is the notation that numbers have, as far as strconv and this package agree on it.
var decimalForm = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

func FuzzNumbers(f *testing.F) {
	for _, s := range []string{
		"0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615", "12345678", "123456789012345678",
		"1.0", "2e3", "0.1", "-0", ".5", "5.", "1e-400", "1e400", "9007199254740993", "123456.789e-22", "00000000000000000000001", "1e", "--1", "0x1", "1_0", "1e99999999999",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		form := decimalForm.MatchString(s)
		got, fault := text.ParseFloat([]byte(s))
		want, err := strconv.ParseFloat(s, 64)
		if form && (err == nil) != (fault == text.None) || form && err == nil && math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("ParseFloat(%q) = %v (%v), strconv has %v (%v)", s, got, fault, want, err)
		}
		if len(s) > 40 || !form && strings.Trim(s, " \t") != s {
			return
		}
		// A number that is whole and fits is an integer, and nothing else is.
		exact, ok := new(big.Rat).SetString(s)
		ok = ok && form
		if e := strings.IndexAny(s, "eE"); ok && e >= 0 {
			if n, err := strconv.Atoi(s[e+1:]); err != nil || n > 100 || n < -100 {
				return
			}
		}
		i, fault := text.ParseInt([]byte(s))
		if whole := ok && exact.IsInt() && exact.Num().IsInt64(); whole != (fault == text.None) || whole && exact.Num().Int64() != i {
			t.Errorf("ParseInt(%q) = %d (%v)", s, i, fault)
		}
		u, fault := text.ParseUint([]byte(s))
		if whole := ok && exact.IsInt() && exact.Num().IsUint64(); whole != (fault == text.None) || whole && exact.Num().Uint64() != u {
			t.Errorf("ParseUint(%q) = %d (%v)", s, u, fault)
		}
		d, fault := text.Decimal128(20, 3)([]byte(s))
		fits := false
		if ok {
			exact.Mul(exact, big.NewRat(1000, 1))
			limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil)
			fits = exact.IsInt() && exact.Num().CmpAbs(limit) < 0
		}
		if fits != (fault == text.None) || fits && exact.Num().Cmp(d.BigInt()) != 0 {
			t.Errorf("Decimal128(20, 3)(%q) = %s (%v)", s, d.BigInt(), fault)
		}
		wide, wideFault := text.Decimal256(20, 3)([]byte(s))
		if wideFault != fault || fits && wide.BigInt().Cmp(d.BigInt()) != 0 {
			t.Errorf("Decimal256(20, 3)(%q) = %s (%v), Decimal128 has %s (%v)", s, wide.BigInt(), wideFault, d.BigInt(), fault)
		}
	})
}

// layouts are the forms of timestamps, as package time writes them.
var layouts = []string{
	"2006-01-02", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02t15:04:05",
	"2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07", "2006-01-02 15:04:05-0700", "2006-01-02 15:04:05 -07:00",
}

func FuzzTimestamp(f *testing.F) {
	for _, s := range []string{
		"1970-01-01", "2000-02-29", "1900-02-29", "0000-01-01 00:00:00", "9999-12-31 23:59:59.999999", "2024-02-30", "2024-01-01T24:00:00", "2024-01-01 00:00:60",
		"2024-01-01 10:00:00.123456789+05:30", "2024-01-01 10:00:00Z", "2024-01-01 10:0a:00", "2024-13-01", "2024-00-10", "2024-01-01 10:00:00 +01",
	} {
		f.Add(s)
	}
	parse := text.Timestamp(arrow.Microsecond, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Trim(s, " \t") != s {
			return
		}
		got, fault := parse([]byte(s))
		var want time.Time
		ok := false
		for _, layout := range layouts {
			if tm, err := time.Parse(layout, s); err == nil {
				want, ok = tm, true
			}
		}
		if ok && want.Nanosecond()%1000 == 0 && (fault != text.None || int64(got) != want.UnixMicro()) && !lax(s) {
			t.Errorf("Timestamp(%q) = %v (%v), package time has %v", s, got.ToTime(arrow.Microsecond), fault, want)
		}
		if !ok && fault == text.None && !strings.Contains(s, "z") && !strings.Contains(s, ",") {
			day, err := time.Parse("2006-01-02", s[:10])
			if err != nil || int64(got) < day.UnixMicro()-2*86400e6 || int64(got) > day.UnixMicro()+2*86400e6 {
				t.Errorf("Timestamp(%q) = %v, package time has none", s, got.ToTime(arrow.Microsecond))
			}
		}
		d, fault := text.ParseDate32([]byte(s))
		if day, err := time.Parse("2006-01-02", s); err == nil && (fault != text.None || int64(d)*86400 != day.Unix()) {
			t.Errorf("ParseDate32(%q) = %v (%v)", s, d.ToTime(), fault)
		}
	})
}

// lax reports what package time reads and this package does not: hours of one digit, zones east of 23:59, and
// fractions finer than a nanosecond.
func lax(s string) bool {
	return !regexp.MustCompile(`^.{10}([ Tt]\d\d:\d\d(:\d\d([.,]\d{1,9})?)? ?(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)?)?$`).MatchString(s)
}

func TestDates(t *testing.T) {
	// Every day of four centuries, and the ends.
	for d := time.Date(1799, 12, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2201; d = d.AddDate(0, 0, 1) {
		s := d.Format("2006-01-02")
		if got, fault := text.ParseDate32([]byte(s)); fault != text.None || !got.ToTime().Equal(d) {
			t.Fatalf("ParseDate32(%q) = %v (%v)", s, got.ToTime(), fault)
		}
	}
	for _, s := range []string{"0000-01-01", "0000-02-29", "0000-12-31", "0001-01-01", "0004-03-01", "9999-12-31"} {
		want, err := time.Parse("2006-01-02", s)
		if err != nil {
			t.Fatal(err)
		}
		if got, fault := text.ParseDate32([]byte(s)); fault != text.None || int64(got)*86400 != want.Unix() {
			t.Errorf("ParseDate32(%q) = %d (%v), want %d", s, got, fault, want.Unix()/86400)
		}
	}
}

func TestTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skipf("there is no time zone database here: %v", err)
	}
	for _, tc := range []struct {
		in    string
		unit  arrow.TimeUnit
		loc   *time.Location
		want  int64
		fault text.Fault
	}{
		{in: "2024-07-01 12:00:00", unit: arrow.Second, loc: berlin, want: 1719828000},
		{in: "2024-01-01 12:00:00", unit: arrow.Second, loc: berlin, want: 1704106800},
		{in: "2024-07-01T12:00:00Z", unit: arrow.Millisecond, loc: berlin, want: 1719835200000},
		{in: "2024-07-01T12:00:00.1234", unit: arrow.Millisecond, fault: text.OutOfRange},
		{in: "2024-07-01T12:00:00.1230", unit: arrow.Millisecond, want: 1719835200123},
		{in: "2024-07-01T12:00:00.5", unit: arrow.Second, fault: text.OutOfRange},
		{in: "2262-04-11 23:47:16", unit: arrow.Nanosecond, fault: text.OutOfRange},
		{in: "2262-04-11 23:47:15.5", unit: arrow.Nanosecond, want: 9223372035500000000},
		{in: "1677-01-01", unit: arrow.Nanosecond, fault: text.OutOfRange},
		{in: "1969-12-31 23:59:59.5", unit: arrow.Microsecond, want: -500000},
		{in: " 1970-01-02\t", unit: arrow.Second, want: 86400},
		{in: "01.02.2024", unit: arrow.Second, fault: text.Invalid},
		{in: "", unit: arrow.Second, fault: text.Invalid},
	} {
		got, fault := text.Timestamp(tc.unit, tc.loc)([]byte(tc.in))
		if fault != tc.fault || fault == text.None && int64(got) != tc.want {
			t.Errorf("Timestamp(%v, %v)(%q) = %d (%v), want %d (%v)", tc.unit, tc.loc, tc.in, got, fault, tc.want, tc.fault)
		}
	}
	if got, fault := text.Time64(arrow.Microsecond)([]byte("23:59:59.000001")); got != 86399000001 || fault != text.None {
		t.Errorf("Time64: %d (%v)", got, fault)
	}
	if got, fault := text.Time32(arrow.Second)([]byte("01:02")); got != 3720 || fault != text.None {
		t.Errorf("Time32: %d (%v)", got, fault)
	}
	if _, fault := text.Time32(arrow.Second)([]byte("01:02:03Z")); fault != text.Invalid {
		t.Errorf("Time32 with a zone: %v", fault)
	}
	if _, fault := text.ParseDate32([]byte("2024-01-01 00:00:01")); fault != text.OutOfRange {
		t.Errorf("ParseDate32 of a timestamp: %v", fault)
	}
	if d, fault := text.ParseDate64([]byte("1970-01-02 00:00:00")); fault != text.None || d != 86400000 {
		t.Errorf("ParseDate64 of a midnight: %d (%v)", d, fault)
	}
}

func TestParseBool(t *testing.T) {
	for in, want := range map[string]bool{"true": true, "TRUE": true, "t": true, "Y": true, "yes": true, "1": true, "false": false, "F": false, "no": false, "n": false, "0": false, " true ": true} {
		if got, fault := text.ParseBool([]byte(in)); got != want || fault != text.None {
			t.Errorf("ParseBool(%q) = %v (%v)", in, got, fault)
		}
	}
	for _, in := range []string{"", "2", "\x11", "on", "truth", "\x14rue"} {
		if _, fault := text.ParseBool([]byte(in)); fault != text.Invalid {
			t.Errorf("ParseBool(%q): fault %v", in, fault)
		}
	}
}

func FuzzValidUTF8(f *testing.F) {
	f.Add([]byte("plain ascii of some length"))
	f.Add([]byte("né, \xff and 12345678é"))
	f.Add([]byte("1234567\xc3\xa9\xed\xa0\x80"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := text.ValidUTF8(b), utf8.Valid(b); got != want {
			t.Errorf("ValidUTF8(%q) = %v", b, got)
		}
	})
}

func TestQuote(t *testing.T) {
	if got := text.Quote([]byte("a\"\n")); got != `"a\"\n"` {
		t.Error(got)
	}
	long := strings.Repeat("é", 150)
	if got := text.Quote([]byte(long)); got != `"`+strings.Repeat("é", 100)+`"...` {
		t.Error(got)
	}
}
