package transform

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
)

// result is what a built-in transform makes of one record.
type result struct {
	out      arrow.Record     // nil: no rows
	rejected *deadletter.Rows // with row numbers of the record given; nil: none
	// origins gives, for each row of out, the row it was made of; nil: the rows that were not rejected, in order.
	origins func() []int64
	blind   bool // origins are not known
}

func (r result) release() {
	if r.out != nil {
		r.out.Release()
	}
	r.rejected.Release()
}

// processor is the Processor of the built-in transforms: a function on records that have rows.
type processor struct {
	kind    string // for errors: "select"
	in, out *arrow.Schema
	fn      func(ctx context.Context, rec arrow.Record) (result, error)
}

func (p *processor) Schema() *arrow.Schema { return p.out }

func (p *processor) Close(context.Context) error { return nil }

func (p *processor) Process(ctx context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
	r, err := p.trace(ctx, rec)
	return r.out, r.rejected, err
}

// trace is Process that also says which row became which: Chain needs it.
func (p *processor) trace(ctx context.Context, rec arrow.Record) (result, error) {
	if ctx.Err() != nil {
		return result{}, fmt.Errorf("transform: %s: %w", p.kind, context.Cause(ctx))
	}
	if s := rec.Schema(); s != p.in && !s.Equal(p.in) {
		return result{}, fmt.Errorf("transform: %s: the record has another schema than the one bound to: %v; bound to %v", p.kind, s, p.in)
	}
	if rec.NumRows() == 0 {
		return result{}, nil
	}
	return p.fn(ctx, rec)
}

// failed is a Transform whose arguments are at fault: Bind says so.
type failed struct {
	kind string
	err  error
}

func (f failed) Bind(context.Context, *arrow.Schema) (Processor, error) {
	return nil, fmt.Errorf("transform: %s: %w", f.kind, f.err)
}

func (f failed) Fingerprint() string { return fmt.Sprintf("%s!%q", f.kind, f.err) }

// find returns the index of a column that must be there once.
func find(kind string, in *arrow.Schema, name string) (int, error) {
	at, err := lookUp(in, name)
	if err != nil {
		return 0, fmt.Errorf("transform: %s: %w", kind, err)
	}
	return at, nil
}

// lookUp is find for what others put into words.
func lookUp(in *arrow.Schema, name string) (int, error) {
	switch at := in.FieldIndices(name); len(at) {
	case 1:
		return at[0], nil
	case 0:
		return 0, fmt.Errorf("column %q is missing; there is %s", name, columnNames(in))
	default:
		return 0, fmt.Errorf("column %q is there %d times; rename the columns in the source", name, len(at))
	}
}

func columnNames(s *arrow.Schema) string {
	if s.NumFields() == 0 {
		return "no column"
	}
	names := make([]string, s.NumFields())
	for i, f := range s.Fields() {
		names[i] = f.Name
	}
	return quoted(names)
}

// quoted lists names so that no two lists look alike.
func quoted(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", n)
	}
	return b.String()
}

// duplicate returns the first name that comes twice.
func duplicate(names []string) (string, bool) {
	seen := make(map[string]bool, len(names))
	for _, n := range names {
		if seen[n] {
			return n, true
		}
		seen[n] = true
	}
	return "", false
}

// schemaOf returns a schema with other fields and the metadata of in.
func schemaOf(in *arrow.Schema, fields []arrow.Field) *arrow.Schema {
	meta := in.Metadata()
	return arrow.NewSchema(fields, &meta)
}

// project returns a processor that gives the columns of in at the indices, under the fields.
func project(kind string, in *arrow.Schema, indices []int, fields []arrow.Field) Processor {
	out := schemaOf(in, fields)
	return &processor{kind: kind, in: in, out: out, fn: func(_ context.Context, rec arrow.Record) (result, error) {
		cols := make([]arrow.Array, len(indices))
		for i, at := range indices {
			cols[i] = rec.Column(at)
		}
		return result{out: array.NewRecord(out, cols, rec.NumRows())}, nil
	}}
}
