package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"zombiezen.com/go/sqlite"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
	litedialect "github.com/floedata/floe/dialect/sqlite"
	"github.com/floedata/floe/internal/rejects"
	"github.com/floedata/floe/internal/sqlitevalue"
	floesql "github.com/floedata/floe/sink/sql"
)

// parameters is how many a statement has at most: more rows a statement than these hold are no faster.
const parameters = 500

// route binds rows straight from Arrow columns to statements of a connection of [connector].
type route struct{}

// Plan implements [floesql.Route].
func (route) Plan(into floesql.Into) (floesql.Inserter, error) {
	p := &inserter{into: into, forms: make([]*sqlitevalue.Form, len(into.Fields))}
	for i, f := range into.Fields {
		form, err := sqlitevalue.For(f, into.Columns[i].Type)
		if err != nil {
			return nil, &floesql.Unloadable{Column: i, Err: err}
		}
		p.forms[i] = form
	}
	p.rows = max(1, min(50, parameters/len(into.Fields)))
	p.one, p.many = statementOf(into, 1), statementOf(into, p.rows)
	return p, nil
}

// statementOf is the INSERT of so many rows. OR ABORT is what SQLite does by itself, where a trigger's statement does
// not say otherwise.
func statementOf(into floesql.Into, rows int) string {
	d := litedialect.Dialect{}
	names := make([]string, len(into.Columns))
	for i, c := range into.Columns {
		names[i] = c.Name
	}
	row := "(?" + strings.Repeat(", ?", len(names)-1) + ")"
	text := "INSERT OR ABORT INTO " + into.Table + " (" + dialect.Names(d, names) + ") VALUES " + row + strings.Repeat(", "+row, rows-1)
	if into.Key != nil {
		u := dialect.Upsert{Columns: names, Rest: into.Rest}
		for _, k := range into.Key {
			u.Key = append(u.Key, names[k])
		}
		text += d.Upsert(u)
	}
	return text
}

// inserter has two statements for a table, one for a row and one for many.
type inserter struct {
	into      floesql.Into
	forms     []*sqlitevalue.Form
	rows      int // of many
	one, many string
}

// Check implements [floesql.Inserter].
func (p *inserter) Check(rec arrow.Record) []deadletter.Reason {
	var all [][]deadletter.Reason
	for i, form := range p.forms {
		name := p.into.Fields[i].Name
		var list []deadletter.Reason
		form.Check(rec.Column(i), 0, int(rec.NumRows()), func(row int, u *dialect.Unfit) {
			list = append(list, deadletter.Reason{Row: int64(row), Code: u.Code, Column: name, Message: fmt.Sprintf("column %q: %s", name, u.Message)})
		})
		if list != nil {
			all = append(all, list)
		}
	}
	return rejects.Merge(all...)
}

// Insert implements [floesql.Inserter].
func (p *inserter) Insert(ctx context.Context, c *sql.Conn, records []arrow.Record) error {
	return c.Raw(func(driverConn any) error {
		conn, ok := driverConn.(*conn)
		if !ok {
			return fmt.Errorf("the route of sink/sql/sqlite needs its own connections, not %T", driverConn)
		}
		return conn.within(ctx, func() error {
			broken, err := p.brokenLater(conn.db)
			if err != nil {
				return err
			}
			if err := p.insert(conn.db, records); err != nil || broken < 0 {
				return err
			}
			if now, err := p.brokenLater(conn.db); err != nil || now <= broken {
				return err
			}
			return &codeError{code: int(sqlite.ResultConstraintForeignKey), err: errors.New("FOREIGN KEY constraint failed, which COMMIT would find")}
		})
	})
}

// brokenLater counts the rows of the table that break a foreign key, where it has one that is checked at COMMIT only:
// then it is too late to find the row. -1 = it has none.
func (p *inserter) brokenLater(db *sqlite.Conn) (int, error) {
	schema, table := split(p.into.Table)
	count := func(query string, args ...string) (n int, err error) {
		stmt, _, err := db.PrepareTransient(query)
		if err != nil {
			return 0, err
		}
		for i, a := range args {
			stmt.BindText(i+1, a)
		}
		more := true
		for more && err == nil {
			if more, err = stmt.Step(); more {
				n++
			}
		}
		return n, errors.Join(err, finalize(stmt, err))
	}
	name := strings.ReplaceAll(table[1:len(table)-1], `""`, `"`)
	n, err := count(`SELECT 1 FROM `+schema+`.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE AND sql LIKE '%deferred%'`, name)
	if err != nil || n == 0 {
		return -1, err
	}
	return count(`PRAGMA ` + schema + `.foreign_key_check(` + table + `)`)
}

// split divides a qualified name; both parts stay quoted.
func split(qualified string) (schema, table string) {
	end := 1
	for qualified[end] != '"' || qualified[end+1] == '"' {
		if qualified[end] == '"' {
			end++
		}
		end++
	}
	return qualified[:end+1], qualified[end+2:]
}

func (p *inserter) insert(db *sqlite.Conn, records []arrow.Record) error {
	many, err := db.Prepare(p.many)
	if err != nil {
		return err
	}
	one, err := db.Prepare(p.one)
	if err != nil {
		return err
	}
	for _, rec := range records {
		columns := rec.Columns()
		n := int(rec.NumRows())
		row := 0
		for ; row+p.rows <= n; row += p.rows {
			if err := p.put(db, many, columns, row, p.rows); err != nil {
				return err
			}
		}
		for ; row < n; row++ {
			if err := p.put(db, one, columns, row, 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// errSkipped: SQLite has said that all went well.
var errSkipped = errors.New("a trigger skipped rows (RAISE(IGNORE)), which the table would not have")

// put runs a statement for n rows. Their values replace those of the last time.
func (p *inserter) put(db *sqlite.Conn, stmt *sqlite.Stmt, columns []arrow.Array, row, n int) error {
	for i, form := range p.forms {
		form.Bind(stmt, i+1, len(p.forms), columns[i], row, row+n)
	}
	if _, err := stmt.Step(); err != nil {
		return err
	}
	if err := stmt.Reset(); err != nil {
		return err
	}
	if p.into.Key == nil && db.Changes() != n {
		return &codeError{code: int(sqlite.ResultConstraintTrigger), err: errSkipped}
	}
	return nil
}
