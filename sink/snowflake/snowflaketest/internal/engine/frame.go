package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// frame is a block of Snowflake Scripting that runs: its names, and what it knows of its last statement.
type frame struct {
	outer  *frame
	names  map[string]*variable
	caught *thrown // what the handler that runs has caught
	sqlID  string
	count  value // SQLROWCOUNT
	found  value // SQLFOUND
}

// variable is one name of a block.
type variable struct {
	kind   syntax.DeclKind
	typ    types.Type // kind 0 = whatever is assigned
	value  value
	query  syntax.Statement // of a cursor
	from   string           // of a cursor over a result set
	result *Result          // of a result set, and of a cursor that is open
	next   int              // row of an open cursor
	row    map[string]value // of the row that a FOR goes over
	code   int              // of an exception
	text   string
}

// thrown is an exception on its way through blocks.
type thrown struct {
	name string // STATEMENT_ERROR, EXPRESSION_ERROR or a declared one
	err  *Error
	at   syntax.Pos
}

func (t *thrown) Error() string { return t.err.Error() }

// The ways out of a list of statements.
type (
	returned struct{ value *value } // RETURN; nil = nothing
	tabled   struct{ result *Result }
	broken   struct {
		label string
		again bool // CONTINUE
	}
)

func (returned) Error() string { return "RETURN" }

func (tabled) Error() string { return "RETURN TABLE" }

func (broken) Error() string { return "BREAK" }

// outermost is the block that all others of a request are in.
func (f *frame) outermost() *frame {
	if f == nil {
		return nil
	}
	for f.outer != nil {
		f = f.outer
	}
	return f
}

func (f *frame) find(name string) *variable {
	for ; f != nil; f = f.outer {
		if v, ok := f.names[name]; ok {
			return v
		}
	}
	return nil
}

// uncaught is the error that a client gets of an exception that no block handled.
func (t *thrown) uncaught() *Error {
	e := *t.err
	e.Message = fmt.Sprintf("Uncaught exception of type '%s' on line %d at position %d : %s", t.name, t.at.Line, max(0, t.at.Column-1), e.Message)
	return &e
}

// throw makes an exception of an error; what is one already, or a way out, stays as it is.
func throw(ctx context.Context, err error, name string, at syntax.Pos) error {
	var t *thrown
	var b broken
	if err == nil || errors.As(err, &t) || errors.As(err, &b) || isReturn(err) {
		return err
	}
	return &thrown{name: name, err: answer(ctx, err), at: at}
}

const (
	statementError  = "STATEMENT_ERROR"
	expressionError = "EXPRESSION_ERROR"
)

// field is the value of a name with one or two parts in an expression of a block.
func (s *Session) field(parts []string) (value, bool) {
	f := s.frame
	if f == nil {
		return value{}, false
	}
	if v := f.find(parts[0]); v != nil {
		switch {
		case len(parts) == 2 && v.row != nil:
			x, ok := v.row[parts[1]]
			return x, ok
		case len(parts) == 1 && v.kind == syntax.DeclVariable && v.row == nil:
			return v.value, true
		}
		return value{}, false
	}
	if len(parts) != 1 {
		return value{}, false
	}
	switch parts[0] {
	case "SQLROWCOUNT":
		return f.count, true
	case "SQLFOUND":
		return f.found, true
	case "SQLNOTFOUND":
		if b, ok := f.found.v.(bool); ok {
			return boolValue(!b), true
		}
		return null, true
	case "SQLID":
		return textValue(f.sqlID), true
	case "SQLCODE", "SQLERRM", "SQLSTATE":
		for ; f != nil; f = f.outer {
			if f.caught == nil {
				continue
			}
			switch parts[0] {
			case "SQLCODE":
				return numberValue(int64(f.caught.err.Code)), true
			case "SQLSTATE":
				return textValue(f.caught.err.SQLState), true
			}
			return textValue(strings.TrimSpace(f.caught.err.Message)), true
		}
	}
	return value{}, false
}
