package sql

import (
	"context"
	"database/sql"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
)

// Route is how rows get into a table: the database's own bulk loader, or multi-row INSERT, which is the default. It is
// safe for concurrent use.
type Route interface {
	// Plan prepares for rows that go into the columns of one table. An error, best an *[Unloadable], says which column
	// cannot take its field.
	Plan(into Into) (Inserter, error)
}

// Into is where the rows of one schema go.
type Into struct {
	Table   string           // quoted and qualified
	Fields  []arrow.Field    // of the rows
	Columns []dialect.Column // one a field, as the table has them
	// Key lists the columns, by number, that find the row to replace; nil = rows are added.
	Key []int
	// Rest are the columns of the table that the rows lack. A row that is replaced gets their defaults.
	Rest []dialect.Column
}

// Inserter puts rows of one schema into one table. It is safe for concurrent use.
type Inserter interface {
	// Check names the rows of a borrowed record that the columns cannot hold as they are, in ascending order, one
	// reason each, whose Row counts within the record. Null keys are not its matter.
	Check(rec arrow.Record) []deadletter.Reason
	// Insert puts the rows of borrowed records in, all of them or none, within the transaction that is open on c. Where
	// rows are replaced, no two of them have one key, as far as Go can tell, and a key that the database takes for equal
	// to another, by a collation, may fail as [dialect.RowFault]: the sink comes again with fewer rows. Errors are the
	// driver's, wrapped: the sink classifies them.
	Insert(ctx context.Context, c *sql.Conn, records []arrow.Record) error
}

// Unloadable says that a column cannot take the values of its field.
type Unloadable struct {
	Column int   // number in [Into]
	Err    error // why, and what to do
}

func (u *Unloadable) Error() string { return u.Err.Error() }
func (u *Unloadable) Unwrap() error { return u.Err }
