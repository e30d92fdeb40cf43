package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/floedata/floe/config"
	dialect "github.com/floedata/floe/dialect/sqlite"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
)

// Sink loads one table. It is safe for concurrent use, and loads one batch at a time.
type Sink struct {
	*floesql.Sink
	db       *sql.DB // the sink's own
	database string
}

// Open returns a sink of a table in a database file, which is made where it is missing, with the directory it is in
// being there. The file is opened by the first [Sink.Open]: only then is it seen that it cannot be. Others may read
// and write it meanwhile. The path is taken as it is: it is no URI. All faults of the options come together as a
// *config.Error.
func Open(path, table string, opts *floesql.Options) (*Sink, error) {
	var f config.Faults
	switch {
	case path == "" || path == ":memory:":
		f.Add("path", "names no file; for a database in memory give New a *sql.DB")
	case strings.ContainsRune(path, 0):
		f.Add("path", "%q holds NUL", path)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		f.AddErr("path", "has no absolute form", err)
	}
	db := sql.OpenDB(connector{path})
	s, err := newSink(db, table, opts, route{}, &f, "sink/sql/sqlite.Open")
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s.database = "sqlite " + realPath(path)
	return s, nil
}

// New returns a sink of a table in the caller's database, which stays the caller's to close, after the sink. A load takes
// one connection of its pool, and for a moment after a failure a second one. All faults of the options come together as
// a *config.Error.
func New(db *sql.DB, table string, opts *floesql.Options) (*Sink, error) {
	if db == nil {
		return nil, errors.New("sink/sql/sqlite.New: the database is nil")
	}
	patient := sql.OpenDB(&borrower{db: db})
	patient.SetMaxIdleConns(-1) // what is not in use is the caller's
	s, err := newSink(patient, table, opts, nil, &config.Faults{}, "sink/sql/sqlite.New")
	if err != nil {
		return nil, errors.Join(err, patient.Close())
	}
	s.database = fmt.Sprintf("sqlite of %p", db)
	return s, nil
}

func newSink(db *sql.DB, table string, opts *floesql.Options, r floesql.Route, f *config.Faults, of string) (*Sink, error) {
	var o floesql.Options
	if opts != nil {
		o = *opts
	}
	if o.Route != nil {
		f.Add("Options.Route", "is the package's own: leave it out, or use sink/sql.New")
	}
	if err := f.Err(of); err != nil {
		return nil, err
	}
	o.Route = r
	s, err := floesql.New(db, dialect.Dialect{}, table, &o)
	if err != nil {
		return nil, err
	}
	return &Sink{Sink: s, db: db}, nil
}

// Limits implements [sink.Limiter].
func (s *Sink) Limits() sink.Limits {
	l := s.Sink.Limits()
	l.Loads = 1
	l.Database = s.database
	return l
}

// Close implements [sink.Sink].
func (s *Sink) Close(ctx context.Context) error { return errors.Join(s.Sink.Close(ctx), s.db.Close()) }

// realPath names a file alike however its path was written, also one that is not there yet.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}
