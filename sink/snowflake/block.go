package snowflake

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/offset"
)

// block is a program in Snowflake Scripting that is sent as one statement: it goes on to its end, and ends its
// transaction, also where its client dies.
type block struct {
	variables []string // with their types
	body      []string // statements
	failed    []string // what is done after an error, before it is raised again
}

func (b *block) add(statements ...string) { b.body = append(b.body, statements...) }

// String writes the block.
func (b *block) String() string {
	var w strings.Builder
	if len(b.variables) > 0 {
		w.WriteString("DECLARE\n")
		for _, v := range b.variables {
			w.WriteString("  " + v + ";\n")
		}
	}
	w.WriteString("BEGIN\n")
	write := func(indent string, statements []string) {
		for _, q := range statements {
			w.WriteString(indent + q + ";\n") // no other line is indented: it may be that of a literal
		}
	}
	write("  ", b.body)
	w.WriteString("EXCEPTION\n  WHEN OTHER THEN\n")
	write("    ", append(append([]string{"ROLLBACK"}, b.failed...), "RAISE"))
	w.WriteString("END;")
	return w.String()
}

// when writes a branch, whose statements end with what the block answers.
func when(condition string, statements ...string) string {
	return "IF (" + condition + ") THEN\n    " + strings.Join(statements, ";\n    ") + ";\n  END IF"
}

// script is an [offset.DB] that writes down the statements of an [offset.Table] with their parameters in place, for a block.
type script struct{ statements []string }

// hole is what stands for a parameter in a statement that is being written: no name of a table holds it.
const hole = "\x00"

// of returns the table whose statements go into a script.
func (s *script) of(t offset.Table) offset.Table {
	t.Placeholder = func(int) string { return hole }
	return t
}

// ExecContext implements [offset.DB].
func (s *script) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	for _, arg := range args {
		literal := ""
		switch arg := arg.(type) {
		case string:
			literal = sf.Literal(arg)
		default:
			literal = fmt.Sprint(arg)
		}
		query = strings.Replace(query, hole, literal, 1)
	}
	s.statements = append(s.statements, query)
	return driver.RowsAffected(1), nil
}

// QueryContext implements [offset.DB].
func (s *script) QueryContext(context.Context, string, ...any) (*sql.Rows, error) {
	return nil, errors.New("a script cannot be read from")
}

// move writes the statement that moves an offset.
func (s *Sink) move(key offset.Key, epoch int64, from, to string) string {
	var w script
	_, _ = w.of(s.offsets).Move(context.Background(), &w, key, epoch, from, to)
	return w.statements[0]
}

// stored are the literals of a key as the table of offsets keeps them.
type stored struct{ pipeline, target, partition string }

func literals(key offset.Key) stored {
	k := key.Stored()
	return stored{sf.Literal(k.Pipeline), sf.Literal(k.Target), sf.Literal(k.Partition)}
}

// is writes the condition that finds the key's row; alias has its dot, or is "".
func (k stored) is(alias string) string {
	return fmt.Sprintf("%spipeline = %s AND %starget = %s AND %spartition_id = %s", alias, k.pipeline, alias, k.target, alias, k.partition)
}
