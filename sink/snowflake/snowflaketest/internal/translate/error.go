package translate

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/scalar"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// Error is what Snowflake answers to a statement that it cannot compile.
type Error struct {
	Code     int
	SQLState string
	Message  string
}

func (e *Error) Error() string { return fmt.Sprintf("%06d (%s): %s", e.Code, e.SQLState, e.Message) }

func compilation(code int, state string, at syntax.Pos, format string, args ...any) *Error {
	where := ""
	if at.Line > 0 {
		where = fmt.Sprintf(" error line %d at position %d", at.Line, at.Column-1)
	}
	return &Error{code, state, fmt.Sprintf("SQL compilation error:%s\n%s", where, fmt.Sprintf(format, args...))}
}

// UnknownFunction is the error for a function that is not known.
func UnknownFunction(name string) *Error {
	return compilation(2140, "42601", syntax.Pos{}, "Unknown function %s", name)
}

// InvalidIdentifier is the error for a column or variable that is not known.
func InvalidIdentifier(at syntax.Pos, name string) *Error {
	return compilation(904, "42000", at, "invalid identifier '%s'", name)
}

func unsupported(format string, args ...any) *Error {
	return &Error{2, "0A000", fmt.Sprintf("Unsupported feature '%s'.", fmt.Sprintf(format, args...))}
}

// failure carries an error that a Resolver gave.
type failure struct{ error }

func must[T any](v T, err error) T {
	if err != nil {
		panic(failure{err})
	}
	return v
}

func rescue(err *error) {
	switch e := recover().(type) {
	case nil:
	case *Error:
		*err = e
	case failure:
		*err = e.error
	default:
		panic(e)
	}
}

// outOfRange are the errors of DuckDB for decimals that do not fit.
var outOfRange = []*regexp.Regexp{
	regexp.MustCompile(`Casting value "([^"]*)" to type DECIMAL\((\d+),(\d+)\) failed`),
	regexp.MustCompile(`Could not cast value ([^ ]*) to DECIMAL\((\d+),(\d+)\)`),
}

// Fault is what Snowflake says for an error that DuckDB met while it ran what this package made; ok is false if it is an
// error of another sort.
func Fault(err error) (e *Error, ok bool) {
	text := err.Error()
	if f, ok := scalar.Parse(text); ok {
		return &Error{f.Code, f.SQLState, f.Message}, true
	}
	for _, re := range outOfRange {
		if m := re.FindStringSubmatch(text); m != nil {
			precision, _ := strconv.Atoi(m[2])
			return &Error{100046, "22003", fmt.Sprintf("Number out of representable range: type FIXED[%s](%s,%s){nullable}, value %s", storage(precision), m[2], m[3], m[1])}, true
		}
	}
	switch {
	case strings.Contains(text, "Overflow in"), strings.Contains(text, "Out of Range Error"), strings.Contains(text, "out of range for the destination type"):
		return &Error{100046, "22003", "Number out of representable range"}, true
	case strings.Contains(text, "More than one row returned by a subquery"):
		return &Error{90150, "22000", "Single-row subquery returns more than one row."}, true
	case strings.Contains(text, "must appear in the GROUP BY clause"):
		return compilation(979, "42601", syntax.Pos{}, "a column is neither in the group by clause nor inside an aggregate function"), true
	}
	return nil, false
}

// storage is how Snowflake says that it keeps a NUMBER of so many digits.
func storage(precision int) string {
	switch {
	case precision <= 2:
		return "SB1"
	case precision <= 4:
		return "SB2"
	case precision <= 9:
		return "SB4"
	case precision <= 18:
		return "SB8"
	}
	return "SB16"
}
