package sql

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Route is the way on which rows come out of a database: database/sql, which [New] takes, or the database's own, for
// which the packages beside this one have sources. It is safe for concurrent use.
type Route interface {
	// Query runs a statement. ctx holds for all of the result: when it is done, reading fails.
	Query(ctx context.Context, s Statement) (Rows, error)
	// Close is called once, after every Rows is closed.
	Close(ctx context.Context) error
}

// Statement is a query and how its rows are read.
type Statement struct {
	Text string
	// Args are the parameters: those of the user, and values of keys as int64, uint64, float64, string or []byte.
	Args []any
	// Types are the types of columns by name, in place of the dialect's.
	Types map[string]arrow.DataType
	// Key are the columns of the key. Where one is of a type that cannot be part of it, Query answers an error.
	Key       []string
	Allocator memory.Allocator
}

// Rows is an open result. One goroutine uses it at a time.
type Rows interface {
	// Schema is that of all rows.
	Schema() *arrow.Schema
	// Read returns the next rows: at most that many, and about that many bytes at most, but one row at least. io.EOF:
	// there are none left. The chunk is the caller's.
	Read(rows, bytes int64) (Chunk, error)
	// Close ends the result, read or not. It is called once.
	Close() error
}

// Chunk is some rows of a result.
type Chunk struct {
	// Record has all of the rows. Where a value did not fit its column it has null, whether or not the field is nullable.
	Record arrow.Record
	// Faults are the rows with such values, in order.
	Faults []Fault
}

// Fault is a row with a value that its column could not take.
type Fault struct {
	Row int64 // in the chunk
	// Column is the first with such a value. Code and Message are those of a dead letter, but for the column's name, which
	// is put in front of the message.
	Column        int
	Code, Message string
	// Texts are all such values of the row in words, by column.
	Texts map[int]string
}
