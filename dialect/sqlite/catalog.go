package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/floedata/floe/dialect"
)

// Inspect implements [dialect.Dialect].
func (d Dialect) Inspect(ctx context.Context, db dialect.DB, schema, table string) (*dialect.Table, error) {
	found, err := d.objects(ctx, db, schema, `type IN ('table', 'view') AND name = ? COLLATE NOCASE`, table)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	it := found[0]
	t := &dialect.Table{Schema: schema, Name: it.name, Unfit: it.unfit()}
	key, err := readColumns(ctx, db, t, it.strict())
	if err != nil {
		return nil, err
	}
	return t, readUnique(ctx, db, t, key)
}

// object is a row of sqlite_schema; sql is "" for what SQLite made by itself.
type object struct{ kind, name, sql string }

// objects reads rows of sqlite_schema in the order in which they were made.
func (d Dialect) objects(ctx context.Context, db dialect.DB, schema, where string, args ...any) ([]object, error) {
	var all []object
	err := each(ctx, db, `SELECT type, name, coalesce(sql, '') FROM `+d.Quote(schema)+`.sqlite_schema WHERE `+where+` ORDER BY rowid`, args, func(rows *sql.Rows) error {
		var o object
		err := rows.Scan(&o.kind, &o.name, &o.sql)
		all = append(all, o)
		return err
	})
	return all, err
}

// unfit says why rows cannot be loaded into it exactly once.
func (o object) unfit() string {
	if o.kind == "view" {
		return "is a view"
	}
	words := tokens(o.sql)
	if len(words) > 1 && words[1].is("virtual") {
		return "is a virtual table, whose module need not know transactions"
	}
	for i := range words {
		if i+2 < len(words) && words[i].is("on") && words[i+1].is("conflict") && !words[i+2].is("abort") {
			return "declares ON CONFLICT " + strings.ToUpper(words[i+2].text) + ", by which SQLite drops rows in silence"
		}
	}
	return ""
}

// strict says whether the table is: the word stands behind the columns.
func (o object) strict() bool {
	words := tokens(o.sql)
	for i := len(words) - 1; i >= 0 && words[i].text != ")"; i-- {
		if words[i].is("strict") {
			return true
		}
	}
	return false
}

// readColumns fills in t's columns and returns those of the primary key, in its order.
func readColumns(ctx context.Context, db dialect.DB, t *dialect.Table, strict bool) (key []string, err error) {
	places := map[int]string{}
	err = each(ctx, db, `SELECT name, type, "notnull", coalesce(dflt_value, ''), pk, hidden FROM pragma_table_xinfo(?, ?) ORDER BY cid`, []any{t.Name, t.Schema}, func(rows *sql.Rows) error {
		var c dialect.Column
		var place, hidden int
		if err := rows.Scan(&c.Name, &c.Type, &c.NotNull, &c.Default, &place, &hidden); err != nil {
			return err
		}
		if hidden == 1 {
			return nil
		}
		// Outside of STRICT tables ANY is a word like any other, and means a number.
		if strings.EqualFold(c.Type, "any") && !strict {
			c.Type = "NUMERIC"
		}
		c.Generated = hidden != 0
		if place > 0 {
			places[place] = c.Name
		}
		t.Columns = append(t.Columns, c)
		return nil
	})
	for i := 1; i <= len(places); i++ {
		key = append(key, places[i])
	}
	return key, err
}

// readUnique fills in t's unique sets of columns. A primary key without an index is the rowid.
func readUnique(ctx context.Context, db dialect.DB, t *dialect.Table, key []string) error {
	var last string
	primary := false
	err := each(ctx, db, `SELECT l.name, l.origin, l.partial, i.name FROM pragma_index_list(?1, ?2) l, pragma_index_info(l.name, ?2) i WHERE l."unique" ORDER BY l.seq, i.seqno`, []any{t.Name, t.Schema}, func(rows *sql.Rows) error {
		var index, origin string
		var partial bool
		var column sql.NullString
		if err := rows.Scan(&index, &origin, &partial, &column); err != nil {
			return err
		}
		if index != last {
			last = index
			primary = primary || origin == "pk"
			t.Unique = append(t.Unique, dialect.Unique{Primary: origin == "pk", Columns: []string{}})
		}
		u := &t.Unique[len(t.Unique)-1]
		if partial || !column.Valid {
			u.Columns = nil
		} else if u.Columns != nil {
			u.Columns = append(u.Columns, column.String)
		}
		return nil
	})
	if err == nil && len(key) > 0 && !primary {
		t.Unique = append(t.Unique, dialect.Unique{Primary: true, Columns: key})
		i := slices.IndexFunc(t.Columns, func(c dialect.Column) bool { return c.Name == key[0] })
		t.Columns[i].Default = rowID
	}
	return err
}

// each calls f for the rows of a query.
func each(ctx context.Context, db dialect.DB, query string, args []any, f func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := f(rows); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}
