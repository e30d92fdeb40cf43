package offset_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/offset"
)

func TestTextForm(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    offset.Offset
		want string
	}{
		{"beginning", offset.Offset{}, "floe1//0/0/"},
		{"full", offset.Offset{Position: "p", Skip: 3, Ordinal: 10, Fingerprint: "ab12"}, "floe1/ab12/10/3/p"},
		{"slashes in the position", offset.Offset{Position: "/a//b/", Ordinal: 1}, "floe1//1/0//a//b/"},
		{"any byte in the position", offset.Offset{Position: "\x00\xff\n floe1/", Ordinal: 1}, "floe1//1/0/\x00\xff\n floe1/"},
		{"largest", offset.Offset{Ordinal: math.MaxInt64, Skip: math.MaxInt64}, "floe1//9223372036854775807/9223372036854775807/"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := tc.o.String()
			if diff := cmp.Diff(tc.want, text); diff != "" {
				t.Errorf("String() mismatch (-want +got):\n%s", diff)
			}
			got, err := offset.Parse(text)
			if err != nil {
				t.Fatalf("Parse(%q): %v", text, err)
			}
			if diff := cmp.Diff(tc.o, got); diff != "" {
				t.Errorf("Parse(%q) mismatch (-want +got):\n%s", text, diff)
			}
		})
	}
}

func TestParseOfTheBeginning(t *testing.T) {
	got, err := offset.Parse("")
	if err != nil || got != (offset.Offset{}) {
		t.Errorf(`Parse("") = %+v, %v; want the zero Offset`, got, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"x", "42", "floe1", "floe1/", "floe1/f/1/0", "floe2/f/1/0/p", " floe1/f/1/0/p", "Floe1/f/1/0/p",
		"floe1/f//0/p", "floe1/f/x/0/p", "floe1/f/1/x/p", "floe1/f/-1/0/p", "floe1/f/1/-1/p",
		"floe1/f/+1/0/p", "floe1/f/01/0/p", "floe1/f/-0/0/p", "floe1/f/1/00/p", "floe1/f/ 1/0/p",
		"floe1/f/9223372036854775808/0/p",
		"floe1/f/1/2/p",
	} {
		t.Run(text, func(t *testing.T) {
			o, err := offset.Parse(text)
			if err == nil {
				t.Fatalf("Parse(%q) = %+v, want an error", text, o)
			}
			if !strings.HasPrefix(err.Error(), "offset: ") {
				t.Errorf("Parse(%q): %q does not say whose error it is", text, err)
			}
			if _, err := offset.Ordinal(text); err == nil {
				t.Errorf("Ordinal(%q): no error", text)
			}
			if _, err := offset.At(text, 1); err == nil {
				t.Errorf("At(%q, 1): no error", text)
			}
		})
	}
}

// TestParseErrorIsShort: a position may be long, and an error is read by people.
func TestParseErrorIsShort(t *testing.T) {
	_, err := offset.Parse(strings.Repeat("x", 10_000))
	if err == nil || len(err.Error()) > 200 {
		t.Errorf("Parse of 10,000 bytes answers %d bytes of error", len(err.Error()))
	}
}

func TestAtAndOrdinal(t *testing.T) {
	for _, tc := range []struct {
		text string
		n    int64
		want string
		rows int64
	}{
		{"", 0, "", 0},
		{"", 5, "floe1//5/5/", 5},
		{"floe1/f/10/0/p", 0, "floe1/f/10/0/p", 10},
		{"floe1/f/10/2/p/q", 7, "floe1/f/17/9/p/q", 17},
	} {
		t.Run(fmt.Sprintf("%s+%d", tc.text, tc.n), func(t *testing.T) {
			got, err := offset.At(tc.text, tc.n)
			if err != nil {
				t.Fatalf("At(%q, %d): %v", tc.text, tc.n, err)
			}
			if got != tc.want {
				t.Errorf("At(%q, %d) = %q, want %q", tc.text, tc.n, got, tc.want)
			}
			rows, err := offset.Ordinal(got)
			if err != nil || rows != tc.rows {
				t.Errorf("Ordinal(%q) = %d, %v; want %d", got, rows, err, tc.rows)
			}
		})
	}
}

// FuzzParse: what Parse accepts has one text, and String makes it.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "floe1//0/0/", "floe1/ab/10/3/p/q", "floe1/a/01/0/", "floe1/a/1/-0/", "floe1/a/1/2/p", "floe2/a/1/0/p"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := offset.Parse(text)
		if err != nil {
			if o != (offset.Offset{}) {
				t.Errorf("Parse(%q) = %+v beside an error", text, o)
			}
			return
		}
		if o.Skip < 0 || o.Ordinal < o.Skip {
			t.Errorf("Parse(%q) = %+v: skips more rows than it counts", text, o)
		}
		if text != "" && o.String() != text {
			t.Errorf("Parse(%q).String() = %q", text, o.String())
		}
	})
}

// FuzzString: every offset survives its text.
func FuzzString(f *testing.F) {
	f.Add("p", int64(1), int64(2), "ab")
	f.Add("/", int64(0), int64(0), "")
	f.Fuzz(func(t *testing.T, position string, skip, more int64, fingerprint string) {
		if skip < 0 || more < 0 || skip+more < 0 || strings.Contains(fingerprint, "/") {
			return
		}
		want := offset.Offset{Position: position, Skip: skip, Ordinal: skip + more, Fingerprint: fingerprint}
		got, err := offset.Parse(want.String())
		if err != nil {
			t.Fatalf("Parse(%q): %v", want.String(), err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse(String()) mismatch (-want +got):\n%s", diff)
		}
	})
}

func ExampleParse() {
	o, err := offset.Parse("floe1/9f3c/1500/200/orders.csv:4096")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("position:", o.Position)
	fmt.Println("rows so far:", o.Ordinal, "of them since the position:", o.Skip)
	fmt.Println("50 rows later:", o.Advance(50))
	_, err = offset.Parse("orders.csv:4096")
	fmt.Println(err)
	// Output:
	// position: orders.csv:4096
	// rows so far: 1500 of them since the position: 200
	// 50 rows later: floe1/9f3c/1550/250/orders.csv:4096
	// offset: "orders.csv:4096" is not an offset of this library (it begins with "floe1/")
}

func ExampleAt() {
	text, _ := offset.At("", 1000)
	fmt.Println(text)
	rows, _ := offset.Ordinal(text)
	fmt.Println(rows)
	// Output:
	// floe1//1000/1000/
	// 1000
}
