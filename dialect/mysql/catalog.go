package mysql

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
	var name sql.NullString
	if err := one(ctx, db, []any{&name}, "SELECT DATABASE()"); err != nil {
		return "", err
	}
	if !name.Valid {
		return "", errors.New("the connection has no database: name one in the DSN, or in Options.Schema")
	}
	return name.String, nil
}

// Inspect implements [dialect.Dialect].
func (d Dialect) Inspect(ctx context.Context, db dialect.DB, schema, table string) (*dialect.Table, error) {
	t, err := find(ctx, db, schema, table)
	if t == nil || err != nil {
		return nil, err
	}
	if t.Columns, err = columns(ctx, db, t); err != nil {
		return nil, fmt.Errorf("read the columns of %s: %w", dialect.Qualified(d, schema, t.Name), err)
	}
	if t.Unique, err = uniques(ctx, db, t); err != nil {
		return nil, fmt.Errorf("read the indexes of %s: %w", dialect.Qualified(d, schema, t.Name), err)
	}
	return t, nil
}

// CommentOf implements [dialect.Dialect].
func (Dialect) CommentOf(ctx context.Context, db dialect.DB, schema, table string) (text string, found bool, err error) {
	t, err := find(ctx, db, schema, table)
	if t == nil || err != nil {
		return "", false, err
	}
	return t.Comment, true, nil
}

// find reads what is to be said of the table as a whole; nil = there is none. The catalog compares names more loosely
// than the server does, unless lower_case_table_names says that case is nothing.
func find(ctx context.Context, db dialect.DB, schema, table string) (*dialect.Table, error) {
	var t *dialect.Table
	err := all(ctx, db, func(scan func(...any) error) error {
		var name, kind, comment, engine, transactions string
		var folded bool
		if err := scan(&name, &kind, &comment, &engine, &transactions, &folded); err != nil {
			return err
		}
		if name == table || folded && strings.EqualFold(name, table) {
			t = &dialect.Table{Schema: schema, Name: name, Comment: comment, Unfit: unfit(kind, engine, transactions)}
			if kind == "VIEW" {
				t.Comment = "" // the catalog has VIEW there
			}
		}
		return nil
	}, `SELECT t.TABLE_NAME, t.TABLE_TYPE, t.TABLE_COMMENT, COALESCE(t.ENGINE, ''), COALESCE(e.TRANSACTIONS, ''), @@lower_case_table_names <> 0
FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ?`, schema, table)
	return t, err
}

func unfit(kind, engine, transactions string) string {
	switch {
	case kind != "BASE TABLE" && kind != "SYSTEM VERSIONED":
		return "is a " + strings.ToLower(kind)
	case engine == "":
		return "cannot be opened by the server"
	case transactions != "YES":
		return fmt.Sprintf("has the engine %s, which knows no transactions", engine)
	}
	return ""
}

func columns(ctx context.Context, db dialect.DB, t *dialect.Table) ([]dialect.Column, error) {
	var list []dialect.Column
	err := all(ctx, db, func(scan func(...any) error) error {
		var r row
		if err := scan(&r.name, &r.typ, &r.nullable, &r.def, &r.extra, &r.generation, &r.charset, &r.collation, &r.comment, &r.mariadb); err != nil {
			return err
		}
		list = append(list, r.column())
		return nil
	}, `SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, COALESCE(GENERATION_EXPRESSION, ''), COALESCE(CHARACTER_SET_NAME, ''), COALESCE(COLLATION_NAME, ''), COLUMN_COMMENT, VERSION() LIKE '%MariaDB%'
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND BINARY TABLE_NAME = ? ORDER BY ORDINAL_POSITION`, t.Schema, t.Name, t.Name)
	return list, err
}

// row is what the catalog says of a column.
type row struct {
	name, typ, nullable, extra, generation, charset, collation, comment string
	def                                                                 sql.NullString
	mariadb                                                             bool
}

func (r row) column() dialect.Column {
	extra := strings.ToLower(r.extra)
	c := dialect.Column{Name: r.name, Type: r.typ, NotNull: r.nullable == "NO", Generated: r.generation != ""}
	if r.charset != "" {
		c.Type += " character set " + r.charset + " collate " + r.collation
	}
	c.Default = r.defaultOf(extra)
	if _, update, found := strings.Cut(extra, "on update "); found {
		update, _, _ = strings.Cut(update, " ")
		c.Type += " ON UPDATE " + update
	}
	if strings.Contains(extra, "auto_increment") {
		c.Default = autoIncrement
		c.Type += " AUTO_INCREMENT"
	}
	if strings.Contains(extra, "invisible") {
		c.Type += " INVISIBLE"
	}
	if r.comment != "" {
		c.Type += " COMMENT " + literal(r.comment)
	}
	return c
}

// defaultOf writes the default as DDL has it. MariaDB's catalog does; MySQL's has values bare, and marks expressions.
func (r row) defaultOf(extra string) string {
	switch {
	case !r.def.Valid || r.mariadb && r.def.String == "NULL":
		return ""
	case r.mariadb:
		return r.def.String
	case strings.HasPrefix(r.def.String, "CURRENT_TIMESTAMP"), strings.HasPrefix(r.def.String, "b'"), strings.HasPrefix(r.def.String, "0x"):
		return r.def.String
	case strings.Contains(extra, "default_generated"):
		return "(" + r.def.String + ")"
	}
	return literal(r.def.String)
}

func uniques(ctx context.Context, db dialect.DB, t *dialect.Table) ([]dialect.Unique, error) {
	var list []dialect.Unique
	last := ""
	whole := false // the last one is over columns alone
	err := all(ctx, db, func(scan func(...any) error) error {
		var index string
		var column sql.NullString
		var prefix sql.NullInt64
		if err := scan(&index, &column, &prefix); err != nil {
			return err
		}
		if index != last || len(list) == 0 {
			list = append(list, dialect.Unique{Primary: index == "PRIMARY"})
			last, whole = index, true
		}
		u := &list[len(list)-1]
		if whole = whole && column.Valid && !prefix.Valid; whole {
			u.Columns = append(u.Columns, column.String)
		} else {
			u.Columns = nil
		}
		return nil
	}, `SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND BINARY TABLE_NAME = ? AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX`, t.Schema, t.Name, t.Name)
	return list, err
}

// checkReplaceable answers what would be lost, or be broken, where another table takes the place of this one.
func (d Dialect) checkReplaceable(ctx context.Context, db dialect.DB, t *dialect.Table) error {
	name := dialect.Qualified(d, t.Schema, t.Name)
	err := all(ctx, db, func(scan func(...any) error) error {
		var trigger string
		if err := scan(&trigger); err != nil {
			return err
		}
		return fmt.Errorf("%s has the trigger %s, which would be lost with it: drop it before, and make it anew after", name, d.Quote(trigger))
	}, `SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ? AND EVENT_OBJECT_TABLE = ? AND BINARY EVENT_OBJECT_TABLE = ?`, t.Schema, t.Name, t.Name)
	if err != nil {
		return err
	}
	return all(ctx, db, func(scan func(...any) error) error {
		var from, constraint string
		if err := scan(&from, &constraint); err != nil {
			return err
		}
		return fmt.Errorf("the foreign key %s of %s refers to %s, and would follow it when it is put aside: drop the foreign key before, and make it anew after",
			d.Quote(constraint), d.Quote(from), name)
	}, `SELECT TABLE_NAME, CONSTRAINT_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE UNIQUE_CONSTRAINT_SCHEMA = ? AND REFERENCED_TABLE_NAME = ?`, t.Schema, t.Name)
}

// foreignKeys writes the foreign keys of a table as ALTER TABLE adds them. Their names are the server's to choose: no
// two in a database are the same.
func (d Dialect) foreignKeys(ctx context.Context, db dialect.DB, t *dialect.Table) ([]string, error) {
	type key struct {
		from, to                      []string
		schema, table, update, delete string
	}
	var order []string
	keys := map[string]*key{}
	err := all(ctx, db, func(scan func(...any) error) error {
		var name, from, to string
		var k key
		if err := scan(&name, &from, &k.schema, &k.table, &to, &k.update, &k.delete); err != nil {
			return err
		}
		if keys[name] == nil {
			keys[name] = &k
			order = append(order, name)
		}
		keys[name].from = append(keys[name].from, from)
		keys[name].to = append(keys[name].to, to)
		return nil
	}, `SELECT k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, r.UPDATE_RULE, r.DELETE_RULE
FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.TABLE_NAME = k.TABLE_NAME AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
WHERE k.TABLE_SCHEMA = ? AND k.TABLE_NAME = ? AND BINARY k.TABLE_NAME = ? AND k.REFERENCED_TABLE_NAME IS NOT NULL ORDER BY k.CONSTRAINT_NAME, k.ORDINAL_POSITION`,
		t.Schema, t.Name, t.Name)
	list := make([]string, len(order))
	for i, name := range order {
		k := keys[name]
		list[i] = fmt.Sprintf("ADD FOREIGN KEY (%s) REFERENCES %s (%s) ON UPDATE %s ON DELETE %s",
			dialect.Names(d, k.from), dialect.Qualified(d, k.schema, k.table), dialect.Names(d, k.to), k.update, k.delete)
	}
	return list, err
}

// all runs a query and hands each row to do.
func all(ctx context.Context, db dialect.DB, do func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// one reads a query of one row.
func one(ctx context.Context, db dialect.DB, into []any, query string, args ...any) error {
	found := false
	err := all(ctx, db, func(scan func(...any) error) error {
		found = true
		return scan(into...)
	}, query, args...)
	if err == nil && !found {
		err = sql.ErrNoRows
	}
	return err
}
