package duckdb

import (
	"log/slog"
	"net/url"
	"strings"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// Options are read once, by [Open] or [New]; the zero value, and nil, append to an existing or new table.
type Options struct {
	// Mode is what a load does with rows that are there. Default: Append.
	Mode sink.Mode
	// Key names the columns by which Upsert finds the row to replace, which becomes the new one as a whole. Needed
	// by Upsert, refused otherwise. A key must not come in two partitions: their order is not kept.
	Key []string
	// Evolve is what Prepare may change in a table that exists. Default: EvolveNone.
	Evolve sink.Evolve
	// Schema is the schema of the current database that holds the table and the offsets; it must exist.
	// Default: the current schema, usually main.
	Schema string
	// Rejects names a table, in the same schema, that keeps the rows which the target refuses: they are written
	// in the load's own transaction, so that each is there once. It is made where it is missing. Default: none.
	Rejects string
	// MemoryLimit bounds DuckDB's own memory, in bytes. 0: DuckDB's default, 80 % of the machine. [Open] only.
	MemoryLimit int64
	// Threads bounds DuckDB's threads. 0: DuckDB's default, one a core. [Open] only.
	Threads int
	// Logger is told what the sink creates, evolves and swaps. nil: nothing is logged.
	Logger *slog.Logger
}

// checked returns a copy of o with its defaults, or all its faults. path is checked where owned is true.
func checked(of, path, table string, o *Options, owned bool) (Options, error) {
	var opts Options
	if o != nil {
		opts = *o
		opts.Key = append([]string(nil), o.Key...)
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	var f config.Faults
	if owned {
		checkPath(&f, path)
	}
	if err := checkName(table); err != nil {
		f.Add("table", "%q %v", table, err)
	}
	opts.check(&f, table, owned)
	return opts, f.Err(of)
}

// offsetsTable is the name of the table that keeps the offsets of table.
func offsetsTable(table string) string {
	if fold(table) == offset.DefaultTable {
		return offset.DefaultTable + "_"
	}
	return offset.DefaultTable
}

func checkPath(f *config.Faults, path string) {
	switch {
	case path == "" || path == ":memory:":
		f.Add("path", "names no file; for a database in memory give New a connector")
	case strings.ContainsAny(path, "?\x00"):
		f.Add("path", "%q holds a question mark or NUL, which the driver would cut off", path)
	default:
		if _, err := url.Parse(path); err != nil {
			f.AddErr("path", "cannot be passed to the driver, which reads it as a URL", err)
		}
	}
}

func (o Options) check(f *config.Faults, table string, owned bool) {
	if o.Mode < sink.Append || o.Mode > sink.Replace {
		f.Add("Options.Mode", "%d is none of Append, Upsert, Replace", o.Mode)
	}
	if o.Evolve < sink.EvolveNone || o.Evolve > sink.Widen {
		f.Add("Options.Evolve", "%d is none of EvolveNone, AddColumns, Widen", o.Evolve)
	}
	if o.Mode == sink.Upsert && len(o.Key) == 0 {
		f.Add("Options.Key", "is needed by Upsert: name the columns that make a row unique")
	}
	if o.Mode != sink.Upsert && len(o.Key) > 0 {
		f.Add("Options.Key", "has no effect in mode %s: leave it out, or set Mode to Upsert", o.Mode)
	}
	seen := map[string]bool{}
	for _, k := range o.Key {
		if err := checkName(k); err != nil {
			f.Add("Options.Key", "%q %v", k, err)
		} else if seen[fold(k)] {
			f.Add("Options.Key", "names %q twice", k)
		}
		seen[fold(k)] = true
	}
	if o.Schema != "" {
		if err := checkName(o.Schema); err != nil {
			f.Add("Options.Schema", "%q %v", o.Schema, err)
		}
	}
	if o.Rejects != "" {
		if err := checkName(o.Rejects); err != nil {
			f.Add("Options.Rejects", "%q %v", o.Rejects, err)
		} else if fold(o.Rejects) == fold(table) {
			f.Add("Options.Rejects", "is the table itself")
		} else if fold(o.Rejects) == offsetsTable(table) {
			f.Add("Options.Rejects", "%q is the name of the table of offsets", o.Rejects)
		}
	}
	if o.MemoryLimit < 0 {
		f.Add("Options.MemoryLimit", "%d is negative", o.MemoryLimit)
	}
	if o.Threads < 0 {
		f.Add("Options.Threads", "%d is negative", o.Threads)
	}
	if !owned && o.MemoryLimit != 0 {
		f.Add("Options.MemoryLimit", "is a setting of the whole instance, which is the caller's: set it on the connector")
	}
	if !owned && o.Threads != 0 {
		f.Add("Options.Threads", "is a setting of the whole instance, which is the caller's: set it on the connector")
	}
}
