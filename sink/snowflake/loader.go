package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// Loader loads batches that have ids, for callers with a loop or a workflow engine of their own: a batch is loaded once,
// however often it is written. It is safe for concurrent use.
type Loader struct {
	s     *Sink
	name  string
	force bool
	retry retry.Policy
}

// LoaderOptions are read once, by [OpenLoader].
type LoaderOptions struct {
	Options
	// Name tells the ids of one loader from those of another on the same table. Default: "loader".
	Name string
	// Force loads a batch again whose id was loaded: its rows are then there once more, or, in mode Upsert, replaced.
	Force bool
	// Retry is how a batch is tried again. Default: 3 retries, the first after 1 s, each after twice the wait before.
	Retry retry.Policy
}

// BatchError says which batch was not loaded.
type BatchError struct {
	BatchID string
	Err     error
}

func (e *BatchError) Error() string { return fmt.Sprintf("batch %q: %v", e.BatchID, e.Err) }
func (e *BatchError) Unwrap() error { return e.Err }

// OpenLoader connects as [Open] does, and returns a loader of a table. What is wrong with the configuration or the options,
// and what keeps from connecting within [Config].Timeout, is a *config.Error.
func OpenLoader(ctx context.Context, cfg Config, table string, opts *LoaderOptions) (*Loader, error) {
	var o LoaderOptions
	if opts != nil {
		o = *opts
	}
	set(&o.Name, "loader")
	set(&o.Retry, retry.Policy{Retries: 3, Base: time.Second, Factor: 2})
	const of = "sink/snowflake.OpenLoader"
	if o.Mode == sink.Replace {
		var f config.Faults
		f.Add("LoaderOptions.Mode", "is Replace, which needs to be told of an end: use a pipeline, or Append or Upsert")
		return nil, f.Err(of)
	}
	s, err := open(ctx, of, cfg, table, &o.Options)
	if err != nil {
		return nil, err
	}
	return &Loader{s: s, name: o.Name, force: o.Force, retry: o.Retry}, nil
}

// WriteBatch loads the rows of a borrowed record, all or none, and returns how many were loaded. Of a batch id that was
// loaded it returns how many were, and loads nothing, unless [LoaderOptions].Force is set. A row that the table cannot take
// fails the batch, unless [Options].Rejects keeps it. Transient errors are tried again; an error is a *[BatchError].
func (l *Loader) WriteBatch(ctx context.Context, batchID string, rec arrow.Record) (rows int64, err error) {
	t := turn{l: l, id: batchID, rec: rec}
	err = l.retry.Do(ctx, func(ctx context.Context, _ int) error { return t.try(ctx) }, nil)
	if t.w != nil {
		err = errors.Join(err, t.w.Close(ctx))
	}
	if err != nil {
		return 0, &BatchError{BatchID: batchID, Err: err}
	}
	return t.rows, nil
}

// Close releases what the loader holds.
func (l *Loader) Close(ctx context.Context) error { return l.s.Close(ctx) }

// turn is one batch on its way, as far as it has come.
type turn struct {
	l   *Loader
	id  string
	rec arrow.Record

	w    *writer
	b    *sink.Batch // nil before it is staged
	rows int64
}

// try goes on from where the last try failed. Where another process has claimed the same batch, it begins anew: that one may
// have loaded it by the next try.
func (t *turn) try(ctx context.Context) error {
	err := t.goOn(ctx)
	if errors.Is(err, sink.ErrFenced) && !t.l.force {
		err = retry.Transient(errors.Join(err, t.w.Close(ctx)))
		t.w, t.b = nil, nil
	}
	return err
}

// goOn claims, stages and loads, as far as that is not done. A batch is the only one of a partition of its own, whose
// committed offset says that it is loaded.
func (t *turn) goOn(ctx context.Context) error {
	if t.w == nil {
		if done, err := t.claim(ctx); done || err != nil {
			return err
		}
	}
	if t.b == nil {
		if err := t.stage(ctx); err != nil {
			return err
		}
	}
	_, err := t.w.Load(ctx, t.b)
	return err
}

// claim claims the batch's partition, and says whether it is loaded.
func (t *turn) claim(ctx context.Context) (done bool, err error) {
	s := t.l.s
	w, committed, err := s.Open(ctx, t.l.name, t.id)
	if err != nil {
		return false, err
	}
	t.w = w.(*writer)
	t.w.batchID = t.id
	if committed == "" {
		return false, nil
	}
	if t.l.force {
		err := s.session(ctx, func(c *sql.Conn) error {
			_, err := s.offsets.Adopt(ctx, c, t.w.Key, t.w.Epoch, t.w.Mark, "")
			return err
		})
		if err != nil {
			t.w = nil
			return false, s.wrap(ctx, "load a batch again into", err)
		}
		return false, nil
	}
	at, err := offset.Parse(committed)
	if err == nil {
		t.rows, err = strconv.ParseInt(at.Position, 10, 64)
	}
	if err != nil {
		return false, fmt.Errorf("its offset is not a loader's: %w", err)
	}
	return true, nil
}

func (t *turn) stage(ctx context.Context) error {
	if err := t.w.Prepare(ctx, t.rec.Schema()); err != nil {
		return err
	}
	b := &sink.Batch{
		Pipeline: t.l.name, Partition: t.id, To: offset.Offset{Position: "0"}.String(),
		Schema: t.rec.Schema(), Rows: t.rec.NumRows(), Release: func() {}, Gate: t.accept,
	}
	if b.Rows > 0 {
		b.Records = []arrow.Record{t.rec}
		if err := t.w.Stage(ctx, b); err != nil {
			return err
		}
		t.rows = b.State.(*staged).rows
		b.To = offset.Offset{Position: strconv.FormatInt(t.rows, 10), Ordinal: b.Rows, Skip: b.Rows}.String()
	}
	t.b = b
	return nil
}

// accept is the Gate of the batch.
func (t *turn) accept(_ context.Context, r sink.Receipt) error {
	defer r.Rejected.Release()
	if r.Rejected.Len() == 0 || t.l.s.opts.Rejects != "" {
		return nil
	}
	first := r.Rejected.Reasons[0]
	return fmt.Errorf("%d of %d rows do not go into the table, the first of them row %d: %s", r.Rejected.Len(), t.b.Rows, first.Row, first.Message)
}
