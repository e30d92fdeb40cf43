package dialect

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Standard is the part of a [Dialect] that many databases share: what the SQL standard says, and ON CONFLICT, which it
// does not. Embed it and write what is different.
type Standard struct{}

// Quote puts a name in double quotes.
func (Standard) Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// CheckName refuses the empty name and NUL.
func (Standard) CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("is empty")
	case strings.ContainsRune(name, 0):
		return errors.New("holds NUL")
	}
	return nil
}

// Fold takes names for different that differ in anything.
func (Standard) Fold(name string) string { return name }

// FoldTable takes names for different that differ in anything.
func (Standard) FoldTable(_ context.Context, _ DB, name string) (string, error) { return name, nil }

// Placeholder is a question mark.
func (Standard) Placeholder(int) string { return "?" }

// MaxParameters is 999, which every database takes.
func (Standard) MaxParameters() int { return 999 }

// Begin is BEGIN.
func (Standard) Begin() []string { return []string{"BEGIN"} }

// Lock needs no statement.
func (Standard) Lock(string) []string { return nil }

// Unlock needs no statement.
func (Standard) Unlock(string) []string { return nil }

// TransactionalDDL is true.
func (Standard) TransactionalDDL() bool { return true }

// OffsetTypes are TEXT.
func (Standard) OffsetTypes() (key, text string) { return "TEXT", "TEXT" }

// CreateTable names the columns with their types, defaults and the key.
func (s Standard) CreateTable(table string, columns []Column, key []string) string {
	return CreateTable(s.Quote, table, columns, key)
}

// CreateTable writes the statement with the names quoted by quote.
func CreateTable(quote func(string) string, table string, columns []Column, key []string) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + table + " (")
	for i, c := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(definition(quote, c))
	}
	if len(key) > 0 {
		quoted := make([]string, len(key))
		for i, k := range key {
			quoted[i] = quote(k)
		}
		b.WriteString(", PRIMARY KEY (" + strings.Join(quoted, ", ") + ")")
	}
	b.WriteString(")")
	return b.String()
}

func definition(quote func(string) string, c Column) string {
	text := quote(c.Name) + " " + c.Type
	if c.NotNull {
		text += " NOT NULL"
	}
	if c.Default != "" {
		text += " DEFAULT " + c.Default
	}
	return text
}

// CreateLike answers an error: the standard's catalog does not tell enough.
func (Standard) CreateLike(context.Context, DB, string, string, *Table) ([]string, error) {
	return nil, errors.New("this dialect has no way to make a table like another one")
}

// AddColumn is ALTER TABLE … ADD COLUMN.
func (s Standard) AddColumn(table string, c Column) string {
	return "ALTER TABLE " + table + " ADD COLUMN " + definition(s.Quote, c)
}

// AlterColumn is ALTER TABLE … ALTER COLUMN … TYPE.
func (s Standard) AlterColumn(table string, c Column, typ string) string {
	return fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s", table, s.Quote(c.Name), typ)
}

// Comment is "": the standard has none.
func (Standard) Comment(string, string) string { return "" }

// CommentOf answers an error: where tables have comments, they are in the database's own catalog.
func (Standard) CommentOf(context.Context, DB, string, string) (string, bool, error) {
	return "", false, errors.New("this dialect writes comments of tables and has no way to read them")
}

// Swap drops the old table and renames the shadow, which is one step where DDL is transactional.
func (s Standard) Swap(_ context.Context, _ DB, schema, shadow, table string, old *Table) ([]string, error) {
	name := func(t string) string {
		if schema == "" {
			return s.Quote(t)
		}
		return s.Quote(schema) + "." + s.Quote(t)
	}
	var list []string
	if old != nil {
		list = append(list, "DROP TABLE "+name(old.Name))
	}
	return append(list, "ALTER TABLE "+name(shadow)+" RENAME TO "+s.Quote(table)), nil
}

// Upsert is ON CONFLICT … DO UPDATE.
func (s Standard) Upsert(u Upsert) string {
	isKey := map[string]bool{}
	key := make([]string, len(u.Key))
	for i, k := range u.Key {
		isKey[k] = true
		key[i] = s.Quote(k)
	}
	var set []string
	for _, c := range u.Columns {
		if !isKey[c] {
			set = append(set, s.Quote(c)+" = excluded."+s.Quote(c))
		}
	}
	for _, c := range u.Rest {
		if c.Generated {
			continue
		}
		value := c.Default
		if value == "" {
			value = "NULL"
		}
		set = append(set, s.Quote(c.Name)+" = "+value)
	}
	clause := " ON CONFLICT (" + strings.Join(key, ", ") + ") DO "
	if len(set) == 0 {
		return clause + "NOTHING"
	}
	return clause + "UPDATE SET " + strings.Join(set, ", ")
}

// UpsertByAnyKey is false: ON CONFLICT names the key.
func (Standard) UpsertByAnyKey() bool { return false }

// Message is the error's text.
func (Standard) Message(err error) string { return err.Error() }
