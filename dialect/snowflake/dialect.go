package snowflake

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
)

// Dialect is Snowflake's. The zero value is ready to use.
type Dialect struct{ dialect.Standard }

var _ dialect.Dialect = Dialect{}

// Name implements [dialect.Dialect].
func (Dialect) Name() string { return "snowflake" }

// MaxParameters implements [dialect.Dialect].
func (Dialect) MaxParameters() int { return 16_384 }

// Begin implements [dialect.Dialect]. Snowflake knows read committed alone.
func (Dialect) Begin() []string { return []string{"BEGIN TRANSACTION"} }

// TransactionalDDL implements [dialect.Dialect]: DDL commits what is open.
func (Dialect) TransactionalDDL() bool { return false }

// OffsetTypes implements [dialect.Dialect].
func (Dialect) OffsetTypes() (key, text string) { return "VARCHAR", "VARCHAR" }

// Type implements [dialect.Dialect].
func (Dialect) Type(f arrow.Field, key bool) (string, error) {
	name, err := ColumnType(f)
	if err == nil && key && name == "VARIANT" {
		return "", errors.New("a column of VARIANT cannot be part of a key: make the column text before")
	}
	return name, err
}

// Bind implements [dialect.Dialect]. It answers an error: see the package's comment.
func (Dialect) Bind(arrow.Field, dialect.Column) (dialect.Binder, error) {
	return nil, errors.New("rows do not go into Snowflake by INSERT: load them with sink/snowflake")
}

// Widen implements [dialect.Dialect].
func (Dialect) Widen(c dialect.Column, f arrow.Field) (string, bool) {
	return widen(ParseType(c.Type), f)
}

// AddColumn implements [dialect.Dialect]. Another process may have added it meanwhile.
func (d Dialect) AddColumn(table string, c dialect.Column) string {
	return "ALTER TABLE " + table + " ADD COLUMN IF NOT EXISTS " + d.Quote(c.Name) + " " + c.Type
}

// AlterColumn implements [dialect.Dialect].
func (d Dialect) AlterColumn(table string, c dialect.Column, typ string) string {
	return fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET DATA TYPE %s", table, d.Quote(c.Name), typ)
}

// Comment implements [dialect.Dialect].
func (Dialect) Comment(table, text string) string {
	return "COMMENT ON TABLE " + table + " IS " + Literal(text)
}

// CreateLike implements [dialect.Dialect]. The new table has the columns, defaults, keys, clustering and privileges of the
// old one, and a comment like it.
func (d Dialect) CreateLike(_ context.Context, _ dialect.DB, schema, table string, like *dialect.Table) ([]string, error) {
	name := dialect.Qualified(d, schema, table)
	list := []string{"CREATE TABLE " + name + " LIKE " + dialect.Qualified(d, like.Schema, like.Name) + " COPY GRANTS"}
	if like.Comment != "" {
		list = append(list, d.Comment(name, like.Comment))
	}
	return list, nil
}

// Swap implements [dialect.Dialect]. SWAP WITH is one step: the old table then has the shadow's name, and is dropped.
func (d Dialect) Swap(_ context.Context, _ dialect.DB, schema, shadow, table string, old *dialect.Table) ([]string, error) {
	beside := dialect.Qualified(d, schema, shadow)
	if old == nil {
		return []string{"ALTER TABLE " + beside + " RENAME TO " + dialect.Qualified(d, schema, table)}, nil
	}
	return []string{
		"ALTER TABLE " + dialect.Qualified(d, schema, old.Name) + " SWAP WITH " + beside,
		"DROP TABLE IF EXISTS " + beside,
	}, nil
}
