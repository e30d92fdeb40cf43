package copyinto

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Setting is one option as a statement has it: NAME = text, or NAME = ('a', 'b'). Names are in upper case.
type Setting struct {
	Name   string
	Text   string // of a word, a number or a string
	Quoted bool   // it is a string
	List   []string
	IsList bool // the value is List
}

// set puts an option's value where it belongs.
type set func(Setting) error

// apply sets what the settings say, each name once.
func apply(settings []Setting, known map[string]set) error {
	seen := map[string]bool{}
	for _, s := range settings {
		to, ok := known[s.Name]
		if !ok {
			return compilation(1420, "22023", "invalid parameter '%s'", s.Name)
		}
		if seen[s.Name] {
			// Certain: this sentence has its line feed at its end.
			return &Error{Code: 1054, SQLState: "42601", Message: fmt.Sprintf("SQL compilation error: conflicting values for copy option '%s'\n", s.Name)}
		}
		seen[s.Name] = true
		if err := to(s); err != nil {
			return err
		}
	}
	return nil
}

// invalid is the refusal of a value, which is shown as it is written.
func invalid(s Setting) error {
	shown := s.Text
	switch {
	case s.IsList:
		shown = "('" + strings.Join(s.List, "', '") + "')"
	case s.Quoted:
		shown = "'" + s.Text + "'"
	}
	return compilation(1008, "22023", "invalid value [%s] for parameter '%s'", shown, s.Name)
}

// compilation is an error of a statement that does not run.
func compilation(code int, state, format string, args ...any) *Error {
	return &Error{Code: code, SQLState: state, Message: "SQL compilation error:\n" + fmt.Sprintf(format, args...)}
}

// unsupported is a refusal of what Snowflake has and this package has not.
func unsupported(format string, args ...any) *Error {
	return &Error{Code: 2, SQLState: "0A000", Message: fmt.Sprintf("Unsupported feature '"+format+"'.", args...)}
}

// boolean takes TRUE and FALSE; strings are refused, as Snowflake does.
func boolean(to *bool) set {
	return func(s Setting) error {
		if s.IsList || s.Quoted {
			return invalid(s)
		}
		switch strings.ToUpper(s.Text) {
		case "TRUE":
			*to = true
		case "FALSE":
			*to = false
		default:
			return invalid(s)
		}
		return nil
	}
}

// inverse is boolean the other way round.
func inverse(to *bool) set {
	return func(s Setting) error {
		var b bool
		if err := boolean(&b)(s); err != nil {
			return err
		}
		*to = !b
		return nil
	}
}

// count takes an integer that is not negative.
func count(to *int64) set {
	return func(s Setting) error {
		n, err := strconv.ParseInt(s.Text, 10, 64)
		if err != nil || n < 0 || s.IsList || s.Quoted {
			return invalid(s)
		}
		*to = n
		return nil
	}
}

// choice takes one of the words, quoted or not, in any case.
func choice[T ~string](to *T, words ...T) set {
	return func(s Setting) error {
		word := T(strings.ToUpper(s.Text))
		if s.IsList || !slices.Contains(words, word) {
			return invalid(s)
		}
		*to = word
		return nil
	}
}

// pattern takes a format of dates or times; AUTO is "".
func pattern(to *string) set {
	return func(s Setting) error {
		if s.IsList {
			return invalid(s)
		}
		*to = s.Text
		if strings.EqualFold(s.Text, "AUTO") {
			*to = ""
		}
		return nil
	}
}

// list takes strings in parentheses, or one without.
func list(to *[]string) set {
	return func(s Setting) error {
		if s.IsList {
			*to = slices.Clone(s.List)
		} else {
			*to = []string{s.Text}
		}
		return nil
	}
}

// delimiter takes a string with escapes; NONE is "".
func delimiter(to *string) set {
	return func(s Setting) error {
		if s.IsList {
			return invalid(s)
		}
		if strings.EqualFold(s.Text, "NONE") {
			*to = ""
			return nil
		}
		text, ok := unescape(s.Text)
		if !ok || text == "" || len(text) > 20 {
			return invalid(s)
		}
		*to = text
		return nil
	}
}

// character takes a single byte with escapes; NONE is 0.
func character(to *byte) set {
	return func(s Setting) error {
		var text string
		if err := delimiter(&text)(s); err != nil {
			return err
		}
		switch {
		case text == "":
			*to = 0
		case len(text) > 1 || text[0] > 0x7f:
			return invalid(s)
		default:
			*to = text[0]
		}
		return nil
	}
}

// unescape resolves \t, \n, \r, \\, \', \", octal and hex escapes, and the form 0x..; ok is false where one is cut short.
func unescape(text string) (plain string, ok bool) {
	if len(text) >= 4 && (strings.HasPrefix(text, "0x") || strings.HasPrefix(text, "0X")) {
		text = `\x` + text[2:]
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		switch c := text[i]; {
		case c == 't':
			b.WriteByte('\t')
		case c == 'n':
			b.WriteByte('\n')
		case c == 'r':
			b.WriteByte('\r')
		case c == 'x':
			n, err := strconv.ParseUint(text[min(i+1, len(text)):min(i+3, len(text))], 16, 8)
			if err != nil || i+2 >= len(text) {
				return "", false
			}
			b.WriteByte(byte(n))
			i += 2
		case c >= '0' && c <= '7':
			end := i
			for end < len(text) && end < i+3 && text[end] >= '0' && text[end] <= '7' {
				end++
			}
			n, err := strconv.ParseUint(text[i:end], 8, 8)
			if err != nil {
				return "", false
			}
			b.WriteByte(byte(n))
			i = end - 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}
