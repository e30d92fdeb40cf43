package sql

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/source"
)

// reader implements [source.Reader].
type reader struct {
	p      *partition
	schema *arrow.Schema // nil = not known yet
	at     position      // behind what was given
	ended  bool

	rows   Rows // open result, or nil
	cancel context.CancelFunc
	limit  int64 // of the open result; 0 = none
	got    int64 // rows of the open result
	skip   int64 // rows at `at` that the open result has first
}

// Schema implements [source.Reader].
func (r *reader) Schema() *arrow.Schema { return r.schema }

// Next implements [source.Reader]. After an error it may be called again and goes on behind the last batch, by
// another query.
func (r *reader) Next(ctx context.Context) (source.Batch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return source.Batch{}, fmt.Errorf("source/sql: read %q: %w", r.p.id, err)
		}
		if r.ended {
			return source.Batch{}, io.EOF
		}
		b, err := r.step(ctx)
		if err != nil {
			r.drop()
			return source.Batch{}, r.fault(ctx, err)
		}
		if b.Record != nil || b.Rejected != nil {
			return b, nil
		}
	}
}

// step gives the next rows of the open result, if there are any; it opens a result where none is, and closes it at its end.
func (r *reader) step(ctx context.Context) (source.Batch, error) {
	if r.rows == nil {
		if err := r.open(ctx); err != nil {
			return source.Batch{}, err
		}
	}
	c, err := r.read(ctx, r.p.s.opts.BatchRows)
	if err == io.EOF {
		return source.Batch{}, r.turn()
	}
	if err != nil {
		return source.Batch{}, err
	}
	return r.take(c)
}

// open runs the query for the rows behind `at`.
func (r *reader) open(ctx context.Context) error {
	s := r.p.s
	if s.q.gone() && s.read {
		return errGone
	}
	r.skip, r.got, r.limit = r.at.rows, 0, 0
	var text string
	var args []any
	if len(s.q.Key) == 0 {
		text, args = r.p.w.whole()
	} else {
		if s.opts.PageRows > 0 {
			r.limit = s.opts.PageRows + r.skip
		}
		text, args = r.p.w.rows(r.p.in, r.at, r.limit)
	}
	// The result outlives ctx, which is that of one call.
	long, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	rows, err := s.query(long, r.p.w, text, args)
	if !stop() && err == nil {
		err = errors.Join(ctx.Err(), rows.Close())
	}
	if err != nil {
		cancel()
		return err
	}
	r.rows, r.cancel = rows, cancel
	if s.q.gone() { // there is one partition, while others are opened in parallel
		s.read = true
	}
	if r.schema == nil {
		if err := s.check(rows.Schema()); err != nil {
			return err
		}
		r.schema = rows.Schema()
	}
	if len(s.q.Key) == 0 && r.at.rows > 0 {
		return r.skipRows(ctx)
	}
	return nil
}

var errGone = errors.New("the rows of a query that has neither Query.Key nor Query.Ordered cannot be read again")

// read reads rows of the open result as long as ctx is not done.
func (r *reader) read(ctx context.Context, most int64) (Chunk, error) {
	stop := context.AfterFunc(ctx, r.cancel)
	c, err := r.rows.Read(most, r.p.s.opts.BatchBytes)
	if !stop() && err == nil {
		c.Record.Release()
		return Chunk{}, ctx.Err()
	}
	if err == nil {
		r.got += c.Record.NumRows()
	}
	return c, err
}

// turn closes the result that has ended. The partition has too, unless it was a page that was full.
func (r *reader) turn() error {
	full := r.limit > 0 && r.got >= r.limit
	if r.skip > 0 && r.p.s.q.Ties {
		return r.missing()
	}
	err := r.shut()
	r.ended = !full && err == nil
	return err
}

// missing is the error where rows that were given with the last key are not there any more.
func (r *reader) missing() error {
	return &source.OffsetError{
		Partition: r.p.id, Position: r.at.String(), Lost: fmt.Sprintf("%d of the %d rows that were read with that key are not there any more, so which of the "+
			"others were is not known; reset the pipeline, and add a column to Query.Key that tells the rows of one key apart", r.skip, r.at.rows),
	}
}

// pass opens the result and skips the rows before `at`.
func (r *reader) pass(ctx context.Context) error {
	if err := r.open(ctx); err != nil {
		r.drop()
		return r.fault(ctx, err)
	}
	return nil
}

// skipRows reads the rows that the position counts.
func (r *reader) skipRows(ctx context.Context) error {
	for left := r.at.rows; left > 0; {
		c, err := r.read(ctx, min(left, r.p.s.opts.BatchRows))
		if err == io.EOF {
			return &source.OffsetError{
				Partition: r.p.id, Position: r.at.String(),
				Lost: fmt.Sprintf("the query has %d rows, fewer than were read before; reset the pipeline", r.at.rows-left),
			}
		}
		if err != nil {
			return err
		}
		left -= c.Record.NumRows()
		c.Record.Release()
	}
	return nil
}

// fault says what failed.
func (r *reader) fault(ctx context.Context, err error) error {
	var lost *source.OffsetError
	switch {
	case errors.As(err, &lost):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("source/sql: read %q: %w", r.p.id, errors.Join(ctx.Err(), err))
	case r.p.s.q.gone():
		return fmt.Errorf("source/sql: read %s: %w", r.p.s.name(), err) // another try would not go on where this one failed
	}
	return r.p.s.wrap("read", err)
}

// shut closes the result that has ended. Its context is not cancelled, which holds nothing: at such a moment the driver of
// Snowflake panics, where its last download is not quite over (gosnowflake 1.19.1).
func (r *reader) shut() error {
	err := r.rows.Close()
	r.rows = nil
	return err
}

// drop closes a result that is not needed any more, whatever comes of it.
func (r *reader) drop() {
	if r.rows != nil {
		r.cancel()
		_ = r.shut() // errors of the cancellation, which is no error here
	}
}

// Close implements [source.Reader].
func (r *reader) Close(context.Context) error {
	r.drop()
	return nil
}
