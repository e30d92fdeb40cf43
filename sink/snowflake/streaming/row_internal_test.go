package streaming

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"
)

type named string

// decimal is like those of packages for decimals: it has a text, and no form in JSON.
type decimal struct{ text string }

func (d decimal) String() string { return d.text }

func TestAppendRow(t *testing.T) {
	n := 5
	var none *int
	loop := map[string]any{}
	loop["self"] = loop
	deep := any("x")
	for range 300 {
		deep = []any{deep}
	}
	for _, tc := range []struct {
		name  string
		value any
		want  string // "" = left out
		err   string
	}{
		{"nil", nil, "", ""},
		{"nil pointer", none, "", ""},
		{"nil map", map[string]any(nil), "", ""},
		{"nil bytes", []byte(nil), "", ""},
		{"pointer", &n, "5", ""},
		{"text", "a\"\\\n\x00ü\u2028</b>", "\"a\\\"\\\\\\n\\u0000ü\u2028</b>\"", ""},
		{"named text", named("x"), `"x"`, ""},
		{"not UTF-8", "\xff", "", "is not UTF-8"},
		{"named text that is not UTF-8", named("\xff"), "", "is not UTF-8"},
		{"bool", true, "true", ""},
		{"int64", int64(math.MinInt64), "-9223372036854775808", ""},
		{"uint64", uint64(math.MaxUint64), "18446744073709551615", ""},
		{"int8", int8(-1), "-1", ""},
		{"float64", 0.1, "0.1", ""},
		{"large float", 1e300, "1e+300", ""},
		{"minus zero", math.Copysign(0, -1), "-0.0", ""},
		{"float32", float32(0.1), "0.10000000149011612", ""},
		{"NaN", math.NaN(), `"NaN"`, ""},
		{"infinity", math.Inf(1), `"inf"`, ""},
		{"minus infinity", float32(math.Inf(-1)), `"-inf"`, ""},
		{"NaN in a list", []any{math.NaN()}, "", "inside a list"},
		{"NaN in floats", []float64{math.NaN()}, "", "has no form in JSON"},
		{"bytes", []byte("\x00\xff"), `"AP8="`, ""},
		{"time", time.Date(2024, 2, 29, 1, 2, 3, 4000, time.FixedZone("", 3600)), `"2024-02-29T01:02:03.000004+01:00"`, ""},
		{"year 12345", time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC), "", "year 12345"},
		{"number", json.Number("-12.50"), "-12.50", ""},
		{"a number that is none", json.Number("1x"), "", "is not a number"},
		{"a number that is a text", json.Number(`"1"`), "", "is not a number"},
		{"no number", json.Number(""), "", "is not a number"},
		{"raw", json.RawMessage(`{"a": [1]}`), `{"a":[1]}`, ""},
		{"raw on two lines", json.RawMessage("{\n}"), `{}`, ""},
		{"raw that is not JSON", json.RawMessage(`{`), "", "has no form"},
		{"big", new(big.Int).Exp(big.NewInt(10), big.NewInt(30), nil), "1000000000000000000000000000000", ""},
		{"decimal", decimal{"-12.50"}, `"-12.50"`, ""},
		{"pointer to a decimal", &decimal{"1"}, `"1"`, ""},
		{"a text of its own", netip.MustParseAddr("::1"), `"::1"`, ""},
		{"duration", time.Second, "1000000000", ""},
		{"list", []any{1, nil, "x", []byte("a"), []any{}}, `[1,null,"x","YQ==",[]]`, ""},
		{"map", map[string]any{"b": nil, "a": map[string]any{}}, `{"a":{},"b":null}`, ""},
		{"struct", struct {
			A int `json:"a"`
		}{1}, `{"a":1}`, ""},
		{"ints", []int{1, 2}, "[1,2]", ""},
		{"channel", make(chan int), "", "has no form"},
		{"itself", loop, "", "deep"},
		{"deep", deep, "", "deep"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := appendRow([]byte("before\n"), map[string]any{"K": tc.value}, Base64)
			if tc.err != "" {
				var e *RowError
				if !errors.As(err, &e) || e.Column != "K" || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("%v, want %q", err, tc.err)
				}
				return
			}
			want := "before\n{}\n"
			if tc.want != "" {
				want = "before\n{\"K\":" + tc.want + "}\n"
			}
			if err != nil || string(got) != want {
				t.Errorf("%s, %v, want %s", got, err, want)
			}
		})
	}
	got, err := appendRow(nil, map[string]any{"b": 1, "a": nil, "c\"": []byte{255}, "": 0}, Hex)
	if want := `{"":0,"b":1,"c\"":"ff"}` + "\n"; err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if _, err := appendRow(nil, map[string]any{"\xff": 1}, Base64); err == nil {
		t.Error("a name that is not UTF-8 is taken")
	}
}

// FuzzAppendRow: a row is one line of JSON that reads back the same.
func FuzzAppendRow(f *testing.F) {
	f.Add("k", "v\n", 1.5, int64(7))
	f.Fuzz(func(t *testing.T, key, text string, number float64, integer int64) {
		row := map[string]any{key: text, key + "f": number, key + "i": integer, key + "l": []any{text, map[string]any{key: text}}}
		line, err := appendRow(nil, row, Base64)
		if err != nil {
			return
		}
		var got map[string]any
		if err := json.Unmarshal(line, &got); err != nil || strings.Count(string(line), "\n") != 1 {
			t.Fatalf("%q: %v", line, err)
		}
		if got[key] != text || got[key+"l"].([]any)[1].(map[string]any)[key] != text {
			t.Errorf("%q", line)
		}
		if !math.IsNaN(number) && !math.IsInf(number, 0) && got[key+"f"] != number {
			t.Errorf("%q: %v", line, number)
		}
	})
}
