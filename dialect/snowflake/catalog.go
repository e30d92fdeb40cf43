package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/floedata/floe/dialect"
)

// Schema implements [dialect.Dialect].
func (Dialect) Schema(ctx context.Context, db dialect.DB) (string, error) {
	rows, err := db.QueryContext(ctx, "SELECT CURRENT_SCHEMA()")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var schema sql.NullString
	for rows.Next() {
		if err := rows.Scan(&schema); err != nil {
			return "", err
		}
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	if schema.String == "" {
		return "", errors.New("the session has no schema: name one")
	}
	return schema.String, nil
}

// Inspect implements [dialect.Dialect].
func (d Dialect) Inspect(ctx context.Context, db dialect.DB, schema, table string) (*dialect.Table, error) {
	return Inspect(ctx, db, Place{Schema: schema}, table)
}

// CommentOf implements [dialect.Dialect].
func (d Dialect) CommentOf(ctx context.Context, db dialect.DB, schema, table string) (text string, found bool, err error) {
	return Place{Schema: schema}.Comment(ctx, db, table)
}

// Place is where tables are. An empty name is the session's own.
type Place struct{ Database, Schema string }

// Of writes the name of what is there as it stands in a statement: quoted, and qualified.
func (p Place) Of(name string) string {
	if p.Schema == "" {
		return quote(name)
	}
	return p.quoted() + "." + quote(name)
}

func (p Place) quoted() string {
	if p.Database == "" {
		return quote(p.Schema)
	}
	return quote(p.Database) + "." + quote(p.Schema)
}

func quote(name string) string { return dialect.Standard{}.Quote(name) }

// ShowTables writes the statement whose result has the table of that name, and others whose names begin so.
func (p Place) ShowTables(table string) string {
	return p.Show("TABLES") + " STARTS WITH " + Literal(table)
}

// Show writes the statement that lists the objects of a kind, TABLES and the like.
func (p Place) Show(kind string) string {
	if p.Schema == "" {
		return "SHOW " + kind
	}
	return "SHOW " + kind + " IN SCHEMA " + p.quoted()
}

// Comment reads the comment of a table, and whether there is such a table.
func (p Place) Comment(ctx context.Context, db dialect.DB, table string) (text string, found bool, err error) {
	t, err := find(ctx, db, p, table)
	if err != nil || t == nil {
		return "", false, err
	}
	return t.Comment, true, nil
}

// Inspect reads what the catalog says of a table; nil = there is none of that name. Keys are listed in Unique, though
// Snowflake enforces none.
func Inspect(ctx context.Context, db dialect.DB, p Place, table string) (*dialect.Table, error) {
	t, err := find(ctx, db, p, table)
	if err != nil || t == nil {
		return nil, err
	}
	var key []string
	err = Each(ctx, db, "DESCRIBE TABLE "+p.Of(table), func(row map[string]string) {
		if row["kind"] != "COLUMN" {
			return
		}
		t.Columns = append(t.Columns, dialect.Column{
			Name: row["name"], Type: row["type"], NotNull: row["null?"] == "N", Default: row["default"], Generated: row["expression"] != "",
		})
		if row["primary key"] == "Y" {
			key = append(key, row["name"])
		}
	})
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", p.Of(table), err)
	}
	if len(key) > 0 {
		t.Unique = []dialect.Unique{{Columns: key, Primary: true}}
	}
	return t, nil
}

// find reads what SHOW TABLES says; nil = there is no such table.
func find(ctx context.Context, db dialect.DB, p Place, table string) (t *dialect.Table, err error) {
	err = Each(ctx, db, p.ShowTables(table), func(row map[string]string) {
		if row["name"] == table {
			t = &dialect.Table{Schema: p.Schema, Name: table, Comment: row["comment"], Unfit: unfit(row)}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", p.Of(table), err)
	}
	return t, nil
}

// unfit says why rows cannot be loaded into a table of SHOW TABLES exactly once.
func unfit(row map[string]string) string {
	switch {
	case row["kind"] == "TEMPORARY":
		return "is temporary: other sessions do not see it"
	case row["is_external"] == "Y":
		return "is an external table, whose rows are files"
	case row["is_dynamic"] == "Y":
		return "is a dynamic table, whose rows come from its query"
	case row["is_hybrid"] == "Y":
		return "is a hybrid table, into which COPY and its offset do not go in one transaction"
	}
	return ""
}

// Each calls do for every row of a result, with its values as texts by the names of the columns in lower case; null is "".
func Each(ctx context.Context, db dialect.DB, query string, do func(row map[string]string)) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]sql.NullString, len(names))
	into := make([]any, len(names))
	for i := range into {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		row := make(map[string]string, len(names))
		for i, name := range names {
			row[strings.ToLower(name)] = values[i].String
		}
		do(row)
	}
	return rows.Err()
}
