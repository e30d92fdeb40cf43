package copyinto

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// Evolution is how a table with ENABLE_SCHEMA_EVOLUTION changes before it takes files.
type Evolution struct {
	Added   []Added   // in the order of the files
	Dropped []Dropped // in the order of the table
}

// Added is a column that files have and the table has not. It is nullable.
type Added struct {
	Name string
	Type types.Type
	File string // the first that has it
}

// Dropped is a column of the table that is no longer NOT NULL, because a file has not got it.
type Dropped struct {
	Column string
	File   string
}

// maxAdded is how many columns a COPY may add, documented.
const maxAdded = 100

// Evolve returns how the request's table changes by its files, which is not at all without MATCH_BY_COLUMN_NAME. See [Load]
// about look and errors.
func Evolve(ctx context.Context, look *sql.Conn, req Request) (Evolution, error) {
	var e Evolution
	match := req.Options.Match
	if match == MatchNone || match == "" {
		return e, nil
	}
	if csv, ok := req.Format.(*CSV); ok && (!csv.ParseHeader || csv.ErrorOnColumnCountMismatch) {
		return e, nil // documented: it needs PARSE_HEADER, and ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE
	}
	for _, f := range req.Files {
		found, err := infer(ctx, look, req.Format, f)
		var broken *fileError
		switch {
		case errors.As(err, &broken) && req.Options.OnError.Action != Abort:
			continue // it is left out, or loaded as far as can be, as ON_ERROR says
		case broken != nil:
			return Evolution{}, broken.row(f).abort()
		case err != nil:
			return Evolution{}, fmt.Errorf("evolve by %s: %w", f.Name, err)
		}
		e.add(req, found, f)
		e.drop(req, found, f)
	}
	if len(e.Added) > maxAdded {
		return Evolution{}, compilation(93201, "22000", "schema evolution adds %d columns to table %s, more than the %d that a COPY may add", len(e.Added), req.Table, maxAdded)
	}
	return e, nil
}

func (e *Evolution) add(req Request, found []Inferred, f File) {
	known := map[string]bool{}
	for _, c := range req.Columns {
		known[fold(c.Name, req.Options.Match)] = true
	}
	for _, c := range found {
		if known[fold(c.Name, req.Options.Match)] {
			continue
		}
		c.Name = fold(c.Name, req.Options.Match)
		if c.Type.Kind == 0 {
			c.Type = anyText
		}
		again := false
		for i := range e.Added {
			if e.Added[i].Name == c.Name {
				e.Added[i].Type = common(e.Added[i].Type, c.Type)
				again = true
			}
		}
		if !again {
			e.Added = append(e.Added, Added{c.Name, c.Type, f.relative()})
		}
	}
}

func (e *Evolution) drop(req Request, found []Inferred, f File) {
	has := map[string]bool{}
	for _, c := range found {
		has[fold(c.Name, req.Options.Match)] = true
	}
	for _, d := range e.Dropped {
		has[fold(d.Column, req.Options.Match)] = true
	}
	for _, m := range req.Options.Include {
		has[fold(m.Column, req.Options.Match)] = true
	}
	for _, c := range req.Columns {
		if !c.Nullable && !has[fold(c.Name, req.Options.Match)] {
			e.Dropped = append(e.Dropped, Dropped{c.Name, f.relative()})
		}
	}
}
