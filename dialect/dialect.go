// Package dialect says in what SQL databases differ, as far as loading and querying them goes: how a name is
// quoted, which column type holds an Arrow type, how a row is replaced, what an error means. sink/sql and source/sql
// stand on it.
//
// The dialects of this module are in the folders beside: postgres, mysql, sqlite. One of your own embeds [Standard],
// which has the standard's SQL, and says what is different: its name, its column types, its catalog and its errors.
package dialect

import (
	"context"
	"database/sql"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// DB is what a dialect asks the database through: a *sql.DB, *sql.Conn or *sql.Tx.
type DB interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Dialect is one kind of database. It is a value without state, safe for concurrent use. Names of tables that it is
// handed in statements are quoted and qualified already, see [Qualified]; names of columns are not.
type Dialect interface {
	// Name is that of the database in messages and logs, in lower case: "postgres".
	Name() string

	// Quote writes a name as it stands in a statement.
	Quote(name string) string
	// CheckName says why the name cannot be one of a table or column, such as "is longer than 63 bytes, which
	// PostgreSQL would cut off"; nil = it can.
	CheckName(name string) error
	// Fold returns one text for all names of columns that the database takes for one.
	Fold(name string) string
	// FoldTable does so for names of tables, for which it may depend on the server.
	FoldTable(ctx context.Context, db DB, name string) (string, error)
	// Placeholder writes the n-th parameter of a statement, from 1.
	Placeholder(n int) string
	// MaxParameters is how many parameters a statement may have.
	MaxParameters() int

	// Begin returns the statements that begin a transaction, at read committed or stricter, in which other sessions
	// cannot be waited for without end.
	Begin() []string
	// Lock and Unlock return the statements that keep others from changing tables under that name meanwhile; none
	// where the database does it by itself. Lock runs in a transaction, where DDL is transactional, else on the
	// connection before it.
	Lock(name string) []string
	Unlock(name string) []string
	// TransactionalDDL says that CREATE, ALTER, DROP are rolled back with their transaction. Where they are not, they
	// commit what is open.
	TransactionalDDL() bool

	// Type returns the type of the column that is made for a field; key says that the column is part of a primary
	// key. An error says why there is none and what to do.
	Type(f arrow.Field, key bool) (string, error)
	// Bind says how values of the field become parameters that go into the column. An error says why they cannot
	// and what to do: the column's type does not hold every value of the field's type as it is.
	Bind(f arrow.Field, c Column) (Binder, error)
	// Widen returns the type to which the column can be altered so that it keeps all its values and holds those of
	// the field too; false = there is none.
	Widen(c Column, f arrow.Field) (string, bool)
	// OffsetTypes are the column types of the keys and the texts of the table of offsets: both compare bytewise, and
	// three keys make a primary key.
	OffsetTypes() (key, text string)

	// Schema returns the schema in which a table is that is named without one.
	Schema(ctx context.Context, db DB) (string, error)
	// Inspect reads what the catalog says of a table; nil = there is none of that name.
	Inspect(ctx context.Context, db DB, schema, table string) (*Table, error)

	// CreateTable returns the statement that makes a table; key names the columns of its primary key, if any.
	CreateTable(table string, columns []Column, key []string) string
	// CreateLike returns the statements that make a table like another one: columns, defaults, constraints, indexes.
	CreateLike(ctx context.Context, db DB, schema, table string, like *Table) ([]string, error)
	// AddColumn and AlterColumn return the statements that change a table.
	AddColumn(table string, c Column) string
	AlterColumn(table string, c Column, typ string) string
	// Comment returns the statement that sets the comment of a table; "" = tables have none.
	Comment(table, text string) string
	// CommentOf reads the comment of a table, and whether there is such a table, at the least cost: every load asks.
	// It is not called where tables have none.
	CommentOf(ctx context.Context, db DB, schema, table string) (text string, found bool, err error)
	// Swap returns the statements by which the table shadow takes the name of another one, which goes; old is nil
	// where there is none. Where DDL commits by itself they can be run again from the first after a crash between any
	// two, as long as shadow is there; once shadow is gone, [Dialect.Inspect] of the table finds shadow's comment. Where
	// the old table is put aside on the way, it is under [Aside] of shadow, from where it is dropped.
	Swap(ctx context.Context, db DB, schema, shadow, table string, old *Table) ([]string, error)

	// Upsert returns what makes of an INSERT one that replaces the row with the same key: it is put behind the
	// VALUES or the SELECT.
	Upsert(u Upsert) string
	// UpsertByAnyKey says that such an INSERT replaces the row with which it shares any unique key, not just the one
	// that was named.
	UpsertByAnyKey() bool

	// Classify says what kind of error the driver answered. It sees through wrapping.
	Classify(err error) Class
	// Message is the database's own text of an error, without the driver's frame: the reason of a reject.
	Message(err error) string
}

// Table is a table as the catalog has it.
type Table struct {
	Schema, Name string
	Columns      []Column
	// Unique lists the columns of each primary key, unique constraint and unique index that holds for all rows; one
	// that holds for some, or is over expressions, has Columns nil.
	Unique []Unique
	// Comment is the user's and a mark; "" = none.
	Comment string
	// Unfit says why rows cannot be loaded exactly once: "is a view", "has the engine MyISAM, which knows no
	// transactions". "" = they can.
	Unfit string
}

// Column returns the column of that name, or nil.
func (t *Table) Column(d Dialect, name string) *Column {
	for i := range t.Columns {
		if d.Fold(t.Columns[i].Name) == d.Fold(name) {
			return &t.Columns[i]
		}
	}
	return nil
}

// Column is one column of a table.
type Column struct {
	Name string
	// Type is as the database writes it, with its parameters: "numeric(10,2)", "varchar(20)".
	Type string
	// NotNull, and Default: an expression; "" = NULL. Identity columns and such have one too.
	NotNull bool
	Default string
	// Generated says that the database computes it, so that it cannot be loaded.
	Generated bool
}

// Unique is a set of columns whose values no two rows share.
type Unique struct {
	Columns []string
	Primary bool
}

// Upsert is what an INSERT that replaces rows is about. Its names are not quoted.
type Upsert struct {
	Columns []string // that the INSERT gives
	Key     []string // of them, those that find the row
	// Rest are the columns that the INSERT does not give: a row that is replaced gets their defaults.
	Rest []Column
}

// Binder makes the parameter of one value, which is not null. An error, best an *[Unfit], makes the row a reject.
type Binder func(a arrow.Array, row int) (any, error)

// Unfit says why a value cannot go into its column as it is.
type Unfit struct {
	Code    string // one of the codes of package deadletter
	Message string // what is wrong with which value, without the column's name
}

func (u *Unfit) Error() string { return u.Message }

// Qualified writes the name of a table as it stands in a statement; schema "" = none.
func Qualified(d Dialect, schema, table string) string {
	if schema == "" {
		return d.Quote(table)
	}
	return d.Quote(schema) + "." + d.Quote(table)
}

// Aside is the name under which a table waits to be dropped that shadow has taken the place of.
func Aside(shadow string) string { return "_floe_old_" + strings.TrimPrefix(shadow, "_floe_new_") }

// Names quotes a list of names, with commas between.
func Names(d Dialect, names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = d.Quote(n)
	}
	return strings.Join(quoted, ", ")
}
