package sql

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/source"
)

// runName names a partition whose rows cannot be read again.
func runName(id string) string {
	if id == "" {
		// A partition always has a name; one that never comes again promises nothing.
		return "run-" + rand.Text()
	}
	return id
}

// partition implements [source.Partition].
type partition struct {
	s      *Source
	w      *writer
	schema *arrow.Schema
	id     string
	in     span
}

// ID implements [source.Partition].
func (p *partition) ID() string { return p.id }

// Open implements [source.Partition].
func (p *partition) Open(ctx context.Context, after string) (source.Reader, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("source/sql: open %q: %w", p.id, err)
	}
	lost := func(what string, err error) error {
		return &source.OffsetError{Partition: p.id, Position: after, Lost: what, Err: err}
	}
	at, err := parsePosition(after)
	if err != nil {
		return nil, lost("the position is not one of source/sql; reset the pipeline, or name the partition otherwise", err)
	}
	if err := p.fits(at); err != nil {
		return nil, lost("the query has another key than the position; reset the pipeline, or name the partition otherwise", err)
	}
	if p.s.q.gone() && (after != "" || p.s.read) {
		return nil, lost("the rows of a query that has neither Query.Key nor Query.Ordered are gone once they are read", nil)
	}
	r := &reader{p: p, schema: p.schema, at: at}
	if p.s.q.Ordered && at.rows > 0 {
		if err := r.pass(ctx); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// fits says in what the position is not one of the partition's.
func (p *partition) fits(at position) error {
	switch {
	case at.rows == 0: // the beginning
		return nil
	case len(at.key) != len(p.s.q.Key):
		return fmt.Errorf("it has %d values, the key %d columns", len(at.key), len(p.s.q.Key))
	case len(at.key) > 0 && at.rows > 1 && !p.s.q.Ties:
		return fmt.Errorf("it counts %d rows of one key, and Query.Ties is not set", at.rows)
	}
	for n, v := range at.key {
		want, _ := keyKind(p.w.types[n])
		if v.kind != want && !p.w.literals {
			return fmt.Errorf("the column %q is of type %s, its value is none", p.s.q.Key[n], p.w.types[n])
		}
	}
	return nil
}

// exhausted reports whether rows has a row, which it reads.
func exhausted(rows Rows) (bool, error) {
	c, err := rows.Read(1, 1)
	if err == io.EOF {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	c.Record.Release()
	return true, nil
}
