package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
)

// The codes and states below are those that accounts are publicly reported to answer, unless a comment says that one is
// approximate.

// compilation is an error that is found before anything runs.
func compilation(code int, state, format string, args ...any) *Error {
	return &Error{Code: code, SQLState: state, Message: "SQL compilation error:\n" + fmt.Sprintf(format, args...)}
}

func execution(code int, state, format string, args ...any) *Error {
	return &Error{Code: code, SQLState: state, Message: fmt.Sprintf(format, args...)}
}

// unsupported refuses what the fake does not know.
func unsupported(format string, args ...any) *Error {
	return compilation(2, "0A000", "Unsupported feature '%s'.", fmt.Sprintf(format, args...))
}

// missing says that an object is not there, or that the role may not know that it is. What is read or written is called
// an object with its own SQLSTATE; what a command names is called by its kind.
func missing(k syntax.Kind, name string) *Error {
	if k == syntax.Table || k == syntax.View {
		return compilation(2003, "42S02", "%s '%s' does not exist or not authorized.", title(k), name)
	}
	return compilation(2003, "02000", "%s '%s' does not exist or not authorized.", title(k), name)
}

func missingObject(name string) *Error {
	return compilation(2003, "42S02", "Object '%s' does not exist or not authorized.", name)
}

func exists(name string) *Error {
	return compilation(2002, "42710", "Object '%s' already exists.", name)
}

// denied says that the role knows the object and may not do this with it.
func denied(k syntax.Kind, name string) *Error {
	return execution(3001, "42501", "SQL access control error:\nInsufficient privileges to operate on %s '%s'.",
		strings.ToLower(string(k)), name)
}

func invalidIdentifier(name string) *Error {
	return compilation(904, "42000", "invalid identifier '%s'", name)
}

func invalidProperty(value, property string) *Error {
	return compilation(1008, "22023", "invalid value [%s] for parameter '%s'", value, property)
}

func canceled() *Error {
	return execution(604, "57014", "SQL execution canceled")
}

func sessionGone() *Error {
	return execution(390111, "08001", "Session no longer exists. New login required to access the service.")
}

// title is a kind as messages begin with it: "File Format" is "File format".
func title(k syntax.Kind) string {
	s := strings.ToLower(string(k))
	return strings.ToUpper(s[:1]) + s[1:]
}

// raised is how a query that runs in DuckDB raises an error of Snowflake's: error('floe:100038:22018:…').
const raised = "floe:"

// answer turns any error into one that a client gets.
func answer(ctx context.Context, err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	var parse *syntax.Error
	if errors.As(err, &parse) {
		if parse.Unsupported {
			return unsupported("%s", parse.Message)
		}
		return compilation(1003, "42000", "%s", parse.Error())
	}
	var load *copyinto.Error
	if errors.As(err, &load) {
		return &Error{Code: load.Code, SQLState: load.SQLState, Message: load.Message}
	}
	var translated *translate.Error
	if errors.As(err, &translated) {
		return &Error{Code: translated.Code, SQLState: translated.SQLState, Message: translated.Message}
	}
	if ctx.Err() != nil {
		var cause *Error
		if errors.As(context.Cause(ctx), &cause) {
			return cause
		}
		return canceled()
	}
	var db *duckdb.Error
	if errors.As(err, &db) {
		return ofDuckDB(db)
	}
	return execution(603, "XX000", "SQL execution internal error:\nProcessing aborted: %s", err)
}

// ofDuckDB translates the errors that DuckDB finds while it computes. What else it says is a fault of the fake, and called
// an internal error, so that nobody takes it for an answer of Snowflake's.
func ofDuckDB(err *duckdb.Error) *Error {
	if e, ok := translate.Fault(err); ok {
		return &Error{Code: e.Code, SQLState: e.SQLState, Message: e.Message}
	}
	switch err.Type {
	case duckdb.ErrorTypeConversion:
		return execution(100038, "22018", "%s", conversionText(err.Msg))
	case duckdb.ErrorTypeDivideByZero:
		return execution(100051, "22012", "Division by zero")
	}
	return execution(603, "XX000", "SQL execution internal error:\nProcessing aborted: %s", err.Msg)
}

// conversionText is what Snowflake says of a text that is no value of the type, made of what DuckDB says.
func conversionText(message string) string {
	text := lastLineless(message)
	_, rest, ok := strings.Cut(text, "'")
	if !ok {
		_, rest, ok = strings.Cut(text, `"`)
	}
	if !ok {
		return text
	}
	value := rest
	if i := strings.LastIndexAny(rest, `'"`); i >= 0 {
		value = rest[:i]
	}
	lower := strings.ToLower(text)
	what := "Numeric value"
	switch {
	case strings.Contains(lower, "timestamp"):
		what = "Timestamp"
	case strings.Contains(lower, "date"):
		what = "Date"
	case strings.Contains(lower, "time"):
		what = "Time"
	case strings.Contains(lower, "bool"):
		what = "Boolean value"
	}
	return fmt.Sprintf("%s '%s' is not recognized", what, value)
}

// lastLineless is a message of DuckDB's without its kind and without the lines that show the place in its SQL.
func lastLineless(message string) string {
	text, _, _ := strings.Cut(message, "\n")
	if _, rest, ok := strings.Cut(text, " Error: "); ok {
		return rest
	}
	return text
}

func asError(err error, to **Error) bool { return errors.As(err, to) }
