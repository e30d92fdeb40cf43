package snowflake

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/rejects"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// staged is what Stage leaves for Load.
type staged struct {
	attempt
	plan     *plan
	files    []stagedFile
	reasons  []deadletter.Reason // why rows are not in files
	refused  []stagedFile        // for the table of rejects
	rejected *deadletter.Rows    // rows that the table cannot take; nil = none
	rows     int64               // in files
	bytes    int64               // of files
	made     int                 // files so far, of both kinds
	at       time.Time           // when all of them were there
	pipe     *pipe               // of a PipeSink: that the files are named to, once they are owed
}

// stagedFile is a file on the stage.
type stagedFile struct {
	name  string // below the lane
	rows  int64
	bytes int64
	end   int64 // the ordinal behind its last row
}

var errSchema = errors.New("the batch has a schema that was not prepared")

// Stage implements [sink.Stager]: it encodes the rows that the table can take, and uploads the files as they become ready.
func (w *writer) Stage(ctx context.Context, b *sink.Batch) error {
	if w.done() {
		return errClosed
	}
	if b.Rows == 0 {
		return nil
	}
	return w.s.wrap(ctx, fmt.Sprintf("stage rows of partition %.200q for", b.Partition), w.stage(ctx, b))
}

func (w *writer) stage(ctx context.Context, b *sink.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p := w.plan.Load()
	if p == nil || !p.matches(b.Schema) {
		return errSchema
	}
	from, err := offset.Ordinal(b.From)
	if err != nil {
		return err
	}
	if before, ok := b.State.(*staged); ok {
		w.drop(before)
		b.State = nil
	}
	st := &staged{attempt: newAttempt(from, from+b.Rows), plan: p}
	if err := w.upload(ctx, b, st); err != nil {
		w.leave(st.attempt)
		st.rejected.Release()
		return err
	}
	st.at = time.Now()
	w.hold(st)
	b.State = st
	if w.s.opts.OnError == Abort {
		b.Release() // else rows are wanted that COPY refuses
	}
	return nil
}

// upload makes the files of a batch and brings them to the stage.
func (w *writer) upload(ctx context.Context, b *sink.Batch, st *staged) error {
	g, ctx := errgroup.WithContext(ctx)
	err := w.encode(ctx, g, b, st)
	// An upload that failed is why the encoding was broken off, not the other way round.
	if failed := g.Wait(); failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	for _, f := range st.files {
		st.rows += f.rows
		st.bytes += f.bytes
	}
	if st.rows+st.rejected.Len() != b.Rows {
		return fmt.Errorf("%d rows were encoded and %d refused of %d", st.rows, st.rejected.Len(), b.Rows)
	}
	return nil
}

// encode writes the rows that the table can take, and keeps the others. ctx is the group's.
func (w *writer) encode(ctx context.Context, g *errgroup.Group, b *sink.Batch, st *staged) error {
	out := &files{w: w, st: st, plan: st.plan, g: g}
	defer out.abandon()
	var refused []deadletter.Reason
	first := int64(0)
	for _, rec := range b.Records {
		if err := ctx.Err(); err != nil {
			return err
		}
		reasons := st.plan.check(rec)
		if err := out.encode(ctx, rec, reasons, st.start+first); err != nil {
			return err
		}
		for _, r := range reasons {
			r.Row += first
			refused = append(refused, r)
		}
		first += rec.NumRows()
	}
	if first != b.Rows {
		return fmt.Errorf("the batch says it has %d rows, its records have %d", b.Rows, first)
	}
	if err := out.close(ctx); err != nil {
		return err
	}
	st.files = out.list
	var err error
	st.reasons = refused
	st.rejected, err = rejects.Take(w.s.mem, b.Records, refused)
	if err != nil || w.s.opts.OnError != Abort {
		return err // COPY may refuse more
	}
	return w.encodeRejects(ctx, g, b, st)
}

// encodeRejects writes the rows refused, for the table of rejects, if there is one.
func (w *writer) encodeRejects(ctx context.Context, g *errgroup.Group, b *sink.Batch, st *staged) error {
	st.refused = nil
	if w.s.opts.Rejects == "" || st.rejected == nil {
		return nil
	}
	rec, err := rejects.Record(w.s.mem, b, st.rejected)
	if err != nil {
		return err
	}
	defer rec.Release()
	out := &files{w: w, st: st, plan: st.plan.rejects, g: g}
	defer out.abandon()
	if bad := out.plan.check(rec); len(bad) > 0 {
		return fmt.Errorf("the table of rejects, %q: %s", w.s.opts.Rejects, bad[0].Message)
	}
	if err := out.encode(ctx, rec, nil, 0); err != nil {
		return err
	}
	err = out.close(ctx)
	st.refused = out.list
	return err
}

// encode writes the rows of a borrowed record that no reason names; its first has that ordinal.
func (f *files) encode(ctx context.Context, rec arrow.Record, reasons []deadletter.Reason, ordinal int64) error {
	kept, rejected, err := deadletter.Split(f.w.s.mem, rec, reasons)
	rejected.Release()
	if err != nil || kept == nil {
		return err
	}
	defer kept.Release()
	if kept.NumRows() == 0 {
		return nil
	}
	laid := f.plan.record(f.w.s.mem, kept, ordinal, reasons)
	defer laid.Release()
	return f.write(ctx, laid, ordinal+rec.NumRows())
}
