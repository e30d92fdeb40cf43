package sql

import (
	"log/slog"

	"github.com/floedata/floe/sink"
)

// Options are read once, by [New]; the zero value, and nil, append to an existing or new table.
type Options struct {
	// Mode is what a load does with rows that are there. Default: sink.Append.
	Mode sink.Mode
	// Key names the columns by which sink.Upsert finds the row to replace, which becomes the new one as a whole. Needed
	// by Upsert, refused otherwise. A key must not come in two partitions: their order is not kept.
	Key []string
	// Evolve is what Prepare may change in a table that exists. Default: sink.EvolveNone.
	Evolve sink.Evolve
	// Schema is the schema that holds the table and the offsets; it must exist. In MySQL it is the database, in SQLite
	// the name under which a file is attached. Default: the one of the connection.
	Schema string
	// Rejects names a table, in the same schema, that keeps the rows which the target refuses: they are written
	// in the load's own transaction, so that each is there once. It is made where it is missing. Default: none.
	Rejects string
	// Logger is told what the sink creates, evolves and swaps. nil: nothing is logged.
	Logger *slog.Logger
	// Route is how rows get in; the packages beside bring their own. Default: multi-row INSERT.
	Route Route
}
