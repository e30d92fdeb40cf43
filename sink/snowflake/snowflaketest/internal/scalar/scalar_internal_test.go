package scalar

import (
	"math/big"
	"strings"
	"testing"
	"time"
)

// FuzzNumber: what is read as a number is the nearest of its scale, halves away from zero, and is read again as itself.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "-12.345", "1e3", ".5", "1.", "-0.05", "99999999999999999999999999999999999999", "1e-400", "1e400", "--1", "e5"} {
		f.Add(s, 38, 2)
	}
	f.Fuzz(func(t *testing.T, text string, precision, scale int) {
		precision = min(max(precision, 1), 38)
		scale = min(max(scale, 0), precision)
		got, err := Number(text, precision, scale)
		if err != nil {
			return
		}
		if again, err := Number(got, precision, scale); err != nil || again != got {
			t.Fatalf("%q became %q, which becomes %q, %v", text, got, again, err)
		}
		if strings.ContainsAny(text, "eE") && len(text) > 20 {
			return // big.Rat would take too long for the exponent
		}
		want, ok := new(big.Rat).SetString(strings.TrimSpace(text))
		if !ok {
			t.Fatalf("%q is %q, and no rational number", text, got)
		}
		is, _ := new(big.Rat).SetString(got)
		unit := new(big.Rat).SetFrac(big.NewInt(1), pow10(scale))
		off := new(big.Rat).Sub(want, is)
		off.Abs(off).Mul(off, big.NewRat(2, 1))
		if off.Cmp(unit) > 0 {
			t.Fatalf("%q became %q at scale %d", text, got, scale)
		}
	})
}

// FuzzJSON: a VARIANT is kept as it was kept.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"b":[1,1.50,"é<"],"a":null}`, `[]`, `"x"`, ` 1e5 `, `{`, `{"a":1,"a":2}`, `1 2`, `nul`, `"\ud800"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, err := JSON(text)
		if err != nil || once == "" {
			return
		}
		twice, err := JSON(once)
		if err != nil || twice != once {
			t.Fatalf("%q became %q, which becomes %q, %v", text, once, twice, err)
		}
	})
}

// FuzzClock: a time that is written is read as itself, detected and by its format.
func FuzzClock(f *testing.F) {
	f.Add(int64(0), int64(0))
	f.Add(int64(-62135596800), int64(1))
	f.Add(int64(253402300799), int64(999_999_999))
	f.Fuzz(func(t *testing.T, seconds, nanos int64) {
		first, last := int64(-62135596800), int64(253402300799)
		at := time.Unix(min(max(seconds, first), last), min(max(nanos, 0), 999_999_999)).UTC()
		for _, format := range []string{"YYYY-MM-DD HH24:MI:SS.FF9", `YYYY-MM-DD"T"HH24:MI:SS.FF9TZH:TZM`, "DD-MON-YYYY HH12:MI:SS.FF9 AM", "MM/DD/YYYY HH24:MI:SS.FF"} {
			text := formatClock(at, format)
			if c, ok := readClock(text, format); !ok || !c.wall.Equal(at) {
				t.Fatalf("%v is written as %q by %s, which is read as %v, %v", at, text, format, c.wall, ok)
			}
			if c, ok := parseClock(text); !ok || !c.wall.Equal(at) {
				t.Fatalf("%v is written as %q, which is detected as %v, %v", at, text, c.wall, ok)
			}
		}
	})
}

// FuzzReadClock: no text and no format makes it panic.
func FuzzReadClock(f *testing.F) {
	f.Add("2024-01-02 03:04:05.6 +0100", `YYYY-MM-DD HH24:MI:SS.FF TZHTZM`)
	f.Add("x", `"`)
	f.Add("Mon", `DY "T" FF0`)
	f.Fuzz(func(t *testing.T, text, format string) {
		readClock(text, format)
		parseClock(text)
		parseHours(text)
		formatClock(time.Unix(0, 0), format)
	})
}
