package sql_test

import (
	"testing"

	floesql "github.com/floedata/floe/source/sql"
)

// FuzzPosition: a text is a position in the form in which it is written, or it is refused.
func FuzzPosition(f *testing.F) {
	for _, s := range []string{
		"", "s1|i-5", "s1|u18446744073709551615|sa%7Cb", "s1|f1e-05", "s1|fNaN", "s1|d-0.10", "s1|x00ff", "s1|D2024-02-29", "s1|T12:34:56.5",
		"s1|t2024-02-29+12%3A00%3A00.000001", "s1|z2024-02-29+12%3A00%3A00%2B00%3A00", "s1|i5|*3", "s1|#7",
		"s1", "s1|", "s1|i", "s1|i+5", "s1|i05", "s1|i5|*1", "s1|i5|*0", "s1|#0", "s1|i5|#7", "s1|*5", "s1|q5", "s1|D2024-02-30", "s1|sa b", "s1|x0", "s1|x0A", "s2|i5", "s1|i5\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		again, err := floesql.ParsePosition(text)
		if err == nil && again != text {
			t.Errorf("%q was read and written as %q", text, again)
		}
		if err != nil && again != "" {
			t.Errorf("%q was refused with %q", text, again)
		}
	})
}

func TestPositionForms(t *testing.T) {
	for text, ok := range map[string]bool{
		"s1|i-5": true, "s1|i05": false, "s1|u18446744073709551615": true, "s1|u-1": false, "s1|fNaN": true, "s1|f1.50": false,
		"s1|d-0.10": true, "s1|d.1": false, "s1|sa%7Cb": true, "s1|sa|b": false, "s1|x00ff": true, "s1|x00FF": false,
		"s1|D2024-02-29": true, "s1|D2023-02-29": false, "s1|i5|*2": true, "s1|i5|*1": false, "s1|#7": true, "s1|#07": false, "s1|i5|#7": false,
		"s1|z2024-02-29+12%3A00%3A00%2B02%3A00": false,
	} {
		if _, err := floesql.ParsePosition(text); (err == nil) != ok {
			t.Errorf("%q: %v, want ok %t", text, err, ok)
		}
	}
}

func TestLiterals(t *testing.T) {
	for text, want := range map[string]string{
		"5": "i5", "-9223372036854775808": "i-9223372036854775808", "1.5": "f1.5", "9.0e+999": "", "'it''s'": "sit%27s", "''": "s", "X'00FF'": "x00ff",
		"NULL": "", "'": "", "X'0'": "", "": "", "now()": "",
	} {
		got, err := floesql.ParseLiteral(text)
		if (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}
