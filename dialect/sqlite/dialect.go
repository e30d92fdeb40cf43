package sqlite

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/sqlitevalue"
)

// Dialect is SQLite's. The zero value is ready.
type Dialect struct{ dialect.Standard }

var _ dialect.Dialect = Dialect{}

// Name is "sqlite".
func (Dialect) Name() string { return "sqlite" }

// CheckName refuses also what SQLite keeps for itself, and what is not UTF-8.
func (d Dialect) CheckName(name string) error {
	switch {
	case !utf8.ValidString(name):
		return errors.New("is not UTF-8")
	case strings.HasPrefix(d.Fold(name), "sqlite_"):
		return errors.New("begins with sqlite_, which SQLite keeps for itself")
	}
	return d.Standard.CheckName(name)
}

// FoldTable is [Dialect.Fold].
func (d Dialect) FoldTable(_ context.Context, _ dialect.DB, name string) (string, error) {
	return d.Fold(name), nil
}

// Fold takes names for one that differ in the case of ASCII letters.
func (Dialect) Fold(name string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// MaxParameters is far from the 32,766 that SQLite takes: modernc's driver looks for each among all.
func (Dialect) MaxParameters() int { return 240 }

// Begin takes the lock for writing at once: a transaction that asks for it later may be refused it for good.
func (Dialect) Begin() []string { return []string{"BEGIN IMMEDIATE"} }

// Type implements [dialect.Dialect].
func (Dialect) Type(f arrow.Field, _ bool) (string, error) { return sqlitevalue.Declare(f) }

// Bind implements [dialect.Dialect].
func (Dialect) Bind(f arrow.Field, c dialect.Column) (dialect.Binder, error) {
	form, err := sqlitevalue.For(f, c.Type)
	if err != nil {
		return nil, err
	}
	return func(a arrow.Array, row int) (any, error) {
		p := boxes.Get().(*box)
		defer boxes.Put(p)
		p.value, p.unfit = nil, nil
		form.Check(a, row, row+1, p.bad)
		if p.unfit != nil {
			return nil, p.unfit
		}
		form.Bind(p, 0, 0, a, row, row+1)
		return p.value, nil
	}, nil
}

// Widen is never needed: what a column can hold it holds already.
func (Dialect) Widen(dialect.Column, arrow.Field) (string, bool) { return "", false }

// Schema is main: what is attached is named by the user.
func (Dialect) Schema(context.Context, dialect.DB) (string, error) { return "main", nil }

// rowID is the default of an INTEGER PRIMARY KEY: SQLite puts the next number in the place of NULL.
const rowID = "NULL /* the next rowid */"

// Upsert is ON CONFLICT … DO UPDATE, which leaves a rowid as it is. Behind a SELECT without WHERE the statement
// cannot be read: give it one, such as WHERE true.
func (d Dialect) Upsert(u dialect.Upsert) string {
	rest := u.Rest
	u.Rest = nil
	for _, c := range rest {
		if c.Default != rowID {
			u.Rest = append(u.Rest, c)
		}
	}
	return d.Standard.Upsert(u)
}
