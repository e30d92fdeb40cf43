package sql

import (
	"log/slog"
	"slices"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/offset"
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
	// Route is how rows get in; the packages beside bring their own. Default: INSERT of many rows a statement.
	Route Route
}

// checked returns a copy of o with its defaults, or all its faults as a *config.Error.
func checked(d dialect.Dialect, table string, o *Options) (Options, error) {
	var opts Options
	if o != nil {
		opts = *o
		opts.Key = slices.Clone(o.Key)
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	var f config.Faults
	if err := d.CheckName(table); err != nil {
		f.Add("table", "%q %v", table, err)
	}
	if opts.Mode < sink.Append || opts.Mode > sink.Replace {
		f.Add("Options.Mode", "%d is none of Append, Upsert, Replace", opts.Mode)
	}
	if opts.Evolve < sink.EvolveNone || opts.Evolve > sink.Widen {
		f.Add("Options.Evolve", "%d is none of EvolveNone, AddColumns, Widen", opts.Evolve)
	}
	opts.checkKey(&f, d)
	if opts.Schema != "" {
		if err := d.CheckName(opts.Schema); err != nil {
			f.Add("Options.Schema", "%q %v", opts.Schema, err)
		}
	}
	if opts.Rejects != "" {
		if err := d.CheckName(opts.Rejects); err != nil {
			f.Add("Options.Rejects", "%q %v", opts.Rejects, err)
		} else if d.Fold(opts.Rejects) == d.Fold(table) {
			f.Add("Options.Rejects", "is the table itself")
		} else if d.Fold(opts.Rejects) == d.Fold(offsetsTable(d, table)) {
			f.Add("Options.Rejects", "%q is the name of the table of offsets", opts.Rejects)
		}
	}
	return opts, f.Err("sink/sql: " + d.Name())
}

func (o Options) checkKey(f *config.Faults, d dialect.Dialect) {
	if o.Mode == sink.Upsert && len(o.Key) == 0 {
		f.Add("Options.Key", "is needed by Upsert: name the columns that make a row unique")
	}
	if o.Mode != sink.Upsert && len(o.Key) > 0 {
		f.Add("Options.Key", "has no effect in mode %s: leave it out, or set Mode to Upsert", o.Mode)
	}
	seen := map[string]bool{}
	for _, k := range o.Key {
		if err := d.CheckName(k); err != nil {
			f.Add("Options.Key", "%q %v", k, err)
		} else if seen[d.Fold(k)] {
			f.Add("Options.Key", "names %q twice", k)
		}
		seen[d.Fold(k)] = true
	}
}

// offsetsTable is the name of the table that keeps the offsets of table.
func offsetsTable(d dialect.Dialect, table string) string {
	if d.Fold(table) == d.Fold(offset.DefaultTable) {
		return offset.DefaultTable + "_"
	}
	return offset.DefaultTable
}
