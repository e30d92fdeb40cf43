package sql

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/source"
)

// Source reads the rows of a query. It implements [source.Source] and [source.NotReplayable].
type Source struct {
	route Route
	d     Dialect
	q     Query
	opts  Options
	read  bool // rows that cannot be read again have been
}

// New returns the source of the rows of q from a database. db stays the caller's. nil options are the defaults. It
// looks at nothing but its arguments; all faults come together as a *[config.Error].
func New(db *sql.DB, d dialect.Dialect, q Query, opts *Options) (*Source, error) {
	var f config.Faults
	if db == nil {
		f.Add("db", "it is nil")
	}
	if d == nil {
		f.Add("d", "there is no dialect")
		return nil, f.Err("source/sql")
	}
	r, ok := d.(dialect.Reader)
	if !ok {
		r = dialect.Standard{}
	}
	full := reading{d, r}
	return build(&f, full, &scanRoute{db: db, d: full}, q, opts)
}

// reading is a dialect with what reading needs besides.
type reading struct {
	dialect.Dialect
	dialect.Reader
}

// NewRoute is [New] for rows that come on a route of their own. The source closes it.
func NewRoute(r Route, d Dialect, q Query, opts *Options) (*Source, error) {
	return build(&config.Faults{}, d, r, q, opts)
}

func build(f *config.Faults, d Dialect, r Route, q Query, opts *Options) (*Source, error) {
	q = q.checked(f)
	s := &Source{route: r, d: d, q: q, opts: opts.checked(f, &q)}
	for i, v := range q.Split {
		if _, err := splitName(v); err != nil {
			f.AddErr("Query.Split", fmt.Sprintf("value %d cannot be one", i), err)
		}
	}
	if err := f.Err("source/sql"); err != nil {
		return nil, err
	}
	return s, nil
}

// Unbounded implements [source.Source]: the rows that are there end.
func (s *Source) Unbounded() bool { return false }

// RunID implements [source.NotReplayable].
func (s *Source) RunID() (id string, notReplayable bool) {
	if !s.q.gone() {
		return "", false
	}
	return s.q.Name, true
}

// Close closes what the source has opened, which is no *sql.DB.
func (s *Source) Close(ctx context.Context) error {
	if err := s.route.Close(ctx); err != nil {
		return fmt.Errorf("source/sql: close: %w", err)
	}
	return nil
}

// Partitions asks the database for the columns of the query, looks whether its key has NULLs, and yields the
// partitions.
func (s *Source) Partitions(ctx context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) {
		parts, err := s.partitions(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, p := range parts {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func (s *Source) partitions(ctx context.Context) ([]*partition, error) {
	w := &writer{d: s.d, q: &s.q}
	if len(s.q.Key) == 0 { // what it has is seen when it runs: not every statement can be asked before
		id := s.q.Name
		if s.q.gone() {
			id = runName(id)
		}
		return []*partition{{s: s, w: w, id: id}}, nil
	}
	schema, err := s.describe(ctx, w)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(w, schema); err != nil {
		return nil, fmt.Errorf("source/sql: %s: %w", s.name(), err)
	}
	if err := s.findNulls(ctx, w, schema); err != nil {
		return nil, err
	}
	spans, err := split(s.q.Split, w.types)
	if err != nil {
		return nil, fmt.Errorf("source/sql: %s: Query.Split: %w", s.name(), err)
	}
	if err := s.findOverlap(ctx, w, spans); err != nil {
		return nil, err
	}
	var parts []*partition
	for _, in := range spans {
		parts = append(parts, &partition{s: s, w: w, schema: schema, id: s.q.Name + in.name, in: in.span})
	}
	return parts, nil
}

// name is that of the query in errors.
func (s *Source) name() string {
	if s.q.Name != "" {
		return fmt.Sprintf("%q", s.q.Name)
	}
	return "a query"
}

// describe returns the schema of the rows.
func (s *Source) describe(ctx context.Context, w *writer) (*arrow.Schema, error) {
	text, args := w.describe()
	rows, err := s.query(ctx, w, text, args)
	if err != nil {
		return nil, s.wrap("look at the columns of", err)
	}
	schema := rows.Schema()
	if err := rows.Close(); err != nil {
		return nil, s.wrap("look at the columns of", err)
	}
	return schema, nil
}

// check compares the options with the columns of the query.
func (s *Source) check(schema *arrow.Schema) error {
	seen := map[string]bool{}
	for _, f := range schema.Fields() {
		if seen[f.Name] {
			return fmt.Errorf("two columns are named %q: name them apart in the query", f.Name)
		}
		seen[f.Name] = true
	}
	for name := range s.opts.Types {
		if !seen[name] {
			return fmt.Errorf("Options.Types names %q, which is no column of it", name)
		}
	}
	for _, k := range s.q.Key {
		if !seen[k] {
			return fmt.Errorf("Query.Key names %q, which is no column of it", k)
		}
	}
	return nil
}

// prepare checks the query against its columns, and tells w what it needs of them.
func (s *Source) prepare(w *writer, schema *arrow.Schema) error {
	if err := s.check(schema); err != nil {
		return err
	}
	for _, k := range s.q.Key {
		t := schema.Field(schema.FieldIndices(k)[0]).Type
		if _, ok := keyKind(t); !ok {
			return fmt.Errorf("the column %q is of type %s, which cannot be part of a key", k, t)
		}
		w.types = append(w.types, t)
		w.literals = s.d.KeyLiteral(s.d.Quote(k)) != ""
	}
	if s.q.Ties {
		for _, f := range schema.Fields() {
			if !slices.Contains(s.q.Key, f.Name) {
				w.ties = append(w.ties, s.d.TieOrder(f.Type, s.d.Quote(f.Name)))
			}
		}
	}
	return nil
}

// findNulls looks for rows that the key does not reach.
func (s *Source) findNulls(ctx context.Context, w *writer, schema *arrow.Schema) error {
	for n, k := range s.q.Key {
		if !schema.Field(schema.FieldIndices(k)[0]).Nullable {
			continue
		}
		text, args := w.nulls(n)
		there, err := s.any(ctx, w, text, args)
		if err != nil {
			return s.wrap(fmt.Sprintf("look for NULLs in the column %q of", k), err)
		}
		if there {
			return fmt.Errorf("source/sql: %s: the key's column %q is NULL in a row, which would never be read: leave such rows out by a condition, or choose another key", s.name(), k)
		}
	}
	return nil
}

// findOverlap looks for rows of two partitions, where the order of the values is the database's to know.
func (s *Source) findOverlap(ctx context.Context, w *writer, parts []part) error {
	if len(parts) < 3 || parts[1].from.kind != textKind {
		return nil
	}
	text, args := w.overlap(parts)
	there, err := s.any(ctx, w, text, args)
	if err != nil {
		return s.wrap("look whether Query.Split ascends in", err)
	}
	if there {
		return fmt.Errorf("source/sql: %s: the values of Query.Split do not ascend in the order of the column %q: a row would be of two partitions", s.name(), s.q.Key[0])
	}
	return nil
}

// any reports whether a statement has rows.
func (s *Source) any(ctx context.Context, w *writer, text string, args []any) (bool, error) {
	rows, err := s.query(ctx, w, text, args)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	return exhausted(rows)
}

// query runs a statement that has columns of the query.
func (s *Source) query(ctx context.Context, w *writer, text string, args []any) (Rows, error) {
	types := map[string]arrow.DataType{}
	for name, t := range s.opts.Types {
		types[name] = t
	}
	if w.literals {
		for n := range s.q.Key {
			types[literalColumn(n)] = arrow.BinaryTypes.String
		}
	}
	return s.route.Query(ctx, Statement{Text: text, Args: args, Types: types, Key: s.q.Key, Allocator: s.opts.Allocator})
}

// wrap says what failed, and classifies it.
func (s *Source) wrap(doing string, err error) error {
	transient := s.d.Classify(err).Transient()
	err = fmt.Errorf("source/sql: %s %s: %w", doing, s.name(), err)
	if transient {
		return retry.Transient(err)
	}
	return err
}
