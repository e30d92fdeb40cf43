package snowflake

import (
	"io"
	"log/slog"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/floedata/floe/config"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// Options are read once, by [Open] and [New]; the zero value, and nil, append to an existing or new table.
type Options struct {
	// Mode is what a load does with rows that are there. Default: sink.Append.
	Mode sink.Mode
	// Key names the columns by which sink.Upsert finds the row to replace, which becomes the new one as a whole. Needed
	// by Upsert, refused otherwise. A key must not come in two partitions: their order is not kept.
	Key []string
	// Evolve is what Prepare may change in a table that exists. Default: sink.EvolveNone.
	Evolve sink.Evolve
	// SchemaEvolution leaves to Snowflake what sink.AddColumns allows, which Evolve must be then: Prepare sets
	// ENABLE_SCHEMA_EVOLUTION of the table where it is not, and has a COPY of a file without rows add the columns, in the
	// types that Snowflake finds right, up to 100 at once: for timestamps with a zone there is none. A column that is NOT NULL, and that the rows lack, takes nulls
	// then. A role needs EVOLVE SCHEMA on a table that has it set, and OWNERSHIP where it is to be set.
	SchemaEvolution bool
	// KeepCase takes names of tables, columns, schemas and stages as they are. Default: a plain name, such as events,
	// stands for what Snowflake makes of it where it is not quoted, EVENTS; any other is taken as it is.
	KeepCase bool
	// Database and Schema hold the table, the offsets and the stage; they must exist. Default: those of the session.
	Database, Schema string
	// Rejects names a table, in the same schema, that keeps the rows which the table cannot take: they come in the
	// load's own transaction, so that each is there once. It is made where it is missing. Default: none.
	Rejects string

	// Stage is the internal stage that files are uploaded to: the name of one in the schema, which is made where it is
	// missing, "%" for the table's own, or "~" for the user's. Default: _FLOE_STAGE.
	Stage string
	// External is the bucket of an external stage, where Stage names one. Default: Stage is an internal one.
	External *External
	// Prefix is the directory on the stage, below which the sink makes its own. Letters, digits, _, -, ., = and / are
	// allowed. Default: "floe".
	Prefix string
	// FileSize is how large a file becomes, in bytes, compressed. Snowflake advises 100 to 250 MB. Default: 128 MB.
	FileSize int64
	// FlushInterval is how long rows wait for others to make a file with. Default: 60 s.
	FlushInterval time.Duration
	// Compression is that of the pages in the files. Default: Zstd.
	Compression Compression
	// Uploads is how many files are uploaded at once. Default: 4.
	Uploads int
	// CopyFiles is how many files one COPY takes at most, up to 1,000. Default: 1,000.
	CopyFiles int
	// OnError says what becomes of a batch of which COPY refuses rows that the sink took for good. Other than Abort, the
	// rows go through a temporary table, their batch stays in memory until it is loaded, and batches load one by one.
	// Default: Abort.
	OnError OnError
	// KeepStaged leaves the files on the stage after they are loaded.
	KeepStaged bool
	// StagingDir is a local directory for files on their way, which must exist; what the sink puts there it removes.
	// Default: a temporary directory, which is made for the sink and removed with it.
	StagingDir string
	// InMemory is how large a file may be, in bytes, that waits for its upload in memory, not in StagingDir. What the
	// stage has of it is looked at after the upload, which takes a statement more: gosnowflake v1.19.1 uploads nothing
	// where it has to try again. Default: 0, all are on disk.
	InMemory int64

	// Manifest is told of each file that was loaded, see [ManifestLine]: one line of JSON each, after the load has
	// committed. A process that dies between the two does not tell. Default: none.
	Manifest io.Writer

	// Warehouse and Role are switched to by [Open]. Default: those of the configuration, or of the user.
	Warehouse, Role string
	// QueryTag marks the sink's statements in Snowflake's history. Default: "floe".
	QueryTag string
	// LockTimeout is how long a statement waits for another transaction. Default: 60 s.
	LockTimeout time.Duration
	// StatementTimeout is how long a statement may run, and, of what [Open] connects, each call of an upload. Default: 1 h.
	StatementTimeout time.Duration

	// Logger is told what the sink creates, evolves and swaps. nil: nothing is logged.
	Logger *slog.Logger
}

// Compression is a codec of Parquet pages.
type Compression int

// Codecs.
const (
	Zstd Compression = iota
	Snappy
	Uncompressed
)

// Defaults of options, and the bounds that Snowflake sets.
const (
	defaultStage = "_FLOE_STAGE"
	mostFiles    = 1_000 // that the FILES of a COPY name
)

// checked returns a copy of o with its defaults, or all its faults as a *config.Error.
func checked(of, table string, o *Options) (Options, error) {
	var opts Options
	if o != nil {
		opts = *o
		opts.Key = slices.Clone(o.Key)
	}
	var f config.Faults
	opts.checkExternal(&f)
	opts.setDefaults()
	opts.checkNames(&f, table)
	if opts.Mode < sink.Append || opts.Mode > sink.Replace {
		f.Add("Options.Mode", "%d is none of Append, Upsert, Replace", opts.Mode)
	}
	if opts.Evolve < sink.EvolveNone || opts.Evolve > sink.Widen {
		f.Add("Options.Evolve", "%d is none of EvolveNone, AddColumns, Widen", opts.Evolve)
	}
	if opts.SchemaEvolution && opts.Evolve != sink.AddColumns {
		f.Add("Options.SchemaEvolution", "needs Evolve to be AddColumns, which is what Snowflake does")
	}
	opts.checkKey(&f)
	if opts.Stage == "%" && opts.Mode == sink.Replace {
		f.Add("Options.Stage", "the table's own stage goes with the table that is replaced: name another one")
	}
	if strings.ContainsAny(opts.StagingDir, "*?'\"") {
		f.Add("Options.StagingDir", "%q has a character of *?'\" in it, which PUT does not take as it is: name another one", opts.StagingDir)
	}
	if strings.Trim(opts.Prefix, plainPath) != "" || strings.HasPrefix(opts.Prefix, "/") || strings.HasSuffix(opts.Prefix, "/") {
		f.Add("Options.Prefix", "%q is not a directory of letters, digits, _, -, ., = with / between", opts.Prefix)
	}
	if opts.OnError.fault != "" {
		f.Add("Options.OnError", "%s", opts.OnError.fault)
	}
	if opts.Compression < Zstd || opts.Compression > Uncompressed {
		f.Add("Options.Compression", "%d is none of Zstd, Snappy, Uncompressed", opts.Compression)
	}
	bounds := func(field string, n, least, most int64) {
		if n < least || n > most {
			f.Add(field, "%d is not between %d and %d: leave it 0 for the default", n, least, most)
		}
	}
	bounds("Options.FileSize", opts.FileSize, 1<<10, 4<<30)
	bounds("Options.InMemory", opts.InMemory, 0, 1<<30)
	bounds("Options.Uploads", int64(opts.Uploads), 1, 99)
	bounds("Options.CopyFiles", int64(opts.CopyFiles), 1, mostFiles)
	for _, d := range []struct {
		field string
		value time.Duration
		least time.Duration
	}{
		{"Options.FlushInterval", opts.FlushInterval, 1},
		{"Options.LockTimeout", opts.LockTimeout, time.Second},
		{"Options.StatementTimeout", opts.StatementTimeout, time.Second},
	} {
		if d.value < d.least || d.value > 7*24*time.Hour {
			f.Add(d.field, "%v is not between %v and 7 days: leave it 0 for the default", d.value, d.least)
		}
	}
	return opts, f.Err(of)
}

// checkExternal makes External a copy.
func (o *Options) checkExternal(f *config.Faults) {
	if o.External == nil {
		return
	}
	e := *o.External
	defer func() { o.External = &e }()
	if o.Stage == "" || o.Stage == "~" || o.Stage == "%" {
		f.Add("Options.Stage", "is not the name of an external stage, which Options.External needs")
	}
	if o.StagingDir != "" {
		f.Add("Options.StagingDir", "has no effect with Options.External: files are not kept on disk on their way")
	}
	if o.InMemory != 0 {
		f.Add("Options.InMemory", "has no effect with Options.External: files do not wait for their upload")
	}
	e.check(f)
	if e.Integration != "" {
		if err := (sf.Dialect{}).CheckName(e.Integration); err != nil {
			f.Add("Options.External.Integration", "%q %v", e.Integration, err)
		}
	}
}

func (o *Options) setDefaults() {
	set(&o.Stage, defaultStage)
	set(&o.Prefix, "floe")
	set(&o.FileSize, 128_000_000)
	set(&o.FlushInterval, time.Minute)
	set(&o.Uploads, 4)
	set(&o.CopyFiles, mostFiles)
	set(&o.QueryTag, "floe")
	set(&o.LockTimeout, time.Minute)
	set(&o.StatementTimeout, time.Hour)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (o *Options) checkNames(f *config.Faults, table string) {
	var d sf.Dialect
	check := func(field, name string) {
		if err := d.CheckName(name); err != nil {
			f.Add(field, "%q %v", name, err)
		}
	}
	check("table", table)
	for _, n := range []struct{ field, name string }{
		{"Options.Database", o.Database},
		{"Options.Schema", o.Schema},
		{"Options.Rejects", o.Rejects},
		{"Options.Warehouse", o.Warehouse},
		{"Options.Role", o.Role},
	} {
		if n.name != "" {
			check(n.field, n.name)
		}
	}
	if o.Stage != "%" && o.Stage != "~" {
		check("Options.Stage", o.Stage)
	}
	switch o.resolve(o.Rejects) {
	case "":
	case o.resolve(table):
		f.Add("Options.Rejects", "is the table itself")
	case offsetsTable(o.resolve(table)):
		f.Add("Options.Rejects", "%q is the name of the table of offsets", o.Rejects)
	}
}

func (o *Options) checkKey(f *config.Faults) {
	if o.Mode == sink.Upsert && len(o.Key) == 0 {
		f.Add("Options.Key", "is needed by Upsert: name the columns that make a row unique")
	}
	if o.Mode != sink.Upsert && len(o.Key) > 0 {
		f.Add("Options.Key", "has no effect in mode %s: leave it out, or set Mode to Upsert", o.Mode)
	}
	var d sf.Dialect
	seen := map[string]bool{}
	for _, k := range o.Key {
		if err := d.CheckName(k); err != nil {
			f.Add("Options.Key", "%q %v", k, err)
		} else if seen[o.resolve(k)] {
			f.Add("Options.Key", "names %q twice", k)
		}
		seen[o.resolve(k)] = true
	}
}

// resolve returns the name that Snowflake has for one of the user's.
func (o *Options) resolve(name string) string {
	if o.KeepCase {
		return name
	}
	return sf.Unquoted(name)
}

// offsetsTable is the name of the table that keeps the offsets of table.
func offsetsTable(table string) string {
	name := strings.ToUpper(offset.DefaultTable)
	if table == name {
		return name + "_"
	}
	return name
}

// parallel is how many batches of a partition are encoded at once.
func parallel() int { return min(runtime.GOMAXPROCS(0), math.MaxInt8) }
