package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sort"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/rejects"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// appended is what Stage leaves for Load.
type appended struct {
	to       reached
	sent     int64 // rows of the batch
	bytes    int64
	rejected *deadletter.Rows // rows that the table cannot take; nil = none
	receipt  *sink.Receipt    // of the load, once it is done
}

// seen is what the Gate is to see. The rejects pass to it.
func (a *appended) seen() sink.Receipt {
	r := sink.Receipt{Rows: a.sent, Bytes: a.bytes}
	if a.rejected != nil {
		a.rejected.Record.Retain()
		r.Rejected = &deadletter.Rows{Record: a.rejected.Record, Reasons: a.rejected.Reasons}
	}
	return r
}

// errBroken: what was appended is not to be relied on.
var errBroken = errors.New("an earlier append is of unknown outcome, or was not committed")

// Stage implements [sink.Stager]: it appends the rows that the table can take, which is final. Those that it cannot are
// durable before, since the offset moves past them.
func (w *streamWriter) Stage(ctx context.Context, b *sink.Batch) error {
	if w.done() {
		return errClosed
	}
	if _, before := b.State.(*appended); before || b.Rows == 0 {
		return nil
	}
	return w.s.wrap(ctx, fmt.Sprintf("append rows of partition %.200q to", b.Partition), w.stage(ctx, b))
}

func (w *streamWriter) stage(ctx context.Context, b *sink.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p := w.plan.Load()
	if p == nil || !p.matches(b.Schema) {
		return errSchema
	}
	w.mu.Lock()
	channel, broken, at := w.channel, w.broken, w.at
	w.mu.Unlock()
	if broken {
		return w.lost(ctx, errBroken)
	}
	from, err := offset.Ordinal(b.From)
	if err != nil {
		return err
	}
	if from != at.ordinal() {
		return fmt.Errorf("the batch begins behind row %d, and the channel is behind row %d", from, at.ordinal())
	}
	reasons, err := p.checkBatch(b)
	if err != nil {
		return err
	}
	a := &appended{sent: b.Rows - int64(len(reasons)), bytes: b.Bytes}
	a.to = reached{at.sent + a.sent, b.To}
	if a.rejected, err = rejects.Take(w.s.mem, b.Records, reasons); err != nil {
		return err
	}
	if a.rejected != nil {
		if err := b.Gate(ctx, a.seen()); err != nil {
			a.rejected.Release()
			return fmt.Errorf("the batch was not accepted: %w", err)
		}
	}
	if err := w.append(ctx, channel, p, b, at, reasons); err != nil {
		a.rejected.Release()
		return err
	}
	w.mu.Lock()
	w.at = a.to
	w.mu.Unlock()
	w.hold(a)
	b.State = a
	b.Release()
	return nil
}

// checkBatch names the rows of a batch that the table cannot take.
func (p *plan) checkBatch(b *sink.Batch) (all []deadletter.Reason, err error) {
	first := int64(0)
	for _, rec := range b.Records {
		for _, r := range p.check(rec) {
			r.Row += first
			all = append(all, r)
		}
		first += rec.NumRows()
	}
	if first != b.Rows {
		return nil, fmt.Errorf("the batch says it has %d rows, its records have %d", b.Rows, first)
	}
	return all, nil
}

// append sends the rows that no reason names, in requests of which each moves the offset to behind its last row.
func (w *streamWriter) append(ctx context.Context, channel *streaming.Channel, p *plan, b *sink.Batch, at reached, reasons []deadletter.Reason) error {
	sent, first := int64(0), int64(0)
	err := rejects.Each(b.Records, reasons, func(rec arrow.Record, local []deadletter.Reason) error {
		start, before := at.ordinal()+first, sent
		first += rec.NumRows()
		kept, rejected, err := deadletter.Split(w.s.mem, rec, local)
		rejected.Release()
		if err != nil || kept == nil {
			return err
		}
		defer kept.Release()
		laid := w.lay(p, kept, start, local)
		defer laid.Release()
		n, err := channel.AppendRecordAt(ctx, laid, func(n int64) string {
			return reached{at.sent + before + n, b.At(position(reasons, before+n))}.token()
		})
		sent += n
		return err
	})
	if err == nil {
		return nil
	}
	var service *streaming.Error
	if sent > 0 || errors.As(err, &service) || errors.Is(err, streaming.ErrClosed) {
		w.breakOff()
	}
	return w.failed(ctx, err)
}

// position is how many rows of a batch there are up to its k-th row that is sent, and those behind it that are not; the
// reasons name, ascending, all that are not.
func position(reasons []deadletter.Reason, k int64) int64 {
	return k + int64(sort.Search(len(reasons), func(j int) bool { return reasons[j].Row-int64(j) > k }))
}

// lay lays borrowed rows out for the channel, for the caller to release.
func (w *streamWriter) lay(p *plan, kept arrow.Record, ordinal int64, local []deadletter.Reason) arrow.Record {
	laid := p.record(w.s.mem, kept, ordinal, local)
	if w.s.opts.Mode != sink.Upsert {
		return laid
	}
	defer laid.Release()
	b := array.NewStringBuilder(w.s.mem)
	defer b.Release()
	b.Reserve(int(laid.NumRows()))
	b.ReserveData(int(laid.NumRows()) * len(w.name))
	for range laid.NumRows() {
		b.Append(w.name)
	}
	names := b.NewArray()
	defer names.Release()
	fields := append(p.file.Fields(), arrow.Field{Name: channelColumn, Type: arrow.BinaryTypes.String})
	return array.NewRecord(arrow.NewSchema(fields, nil), append(laid.Columns()[:len(laid.Columns()):len(laid.Columns())], names), laid.NumRows())
}

// breakOff has all that follows wait for Rewind.
func (w *streamWriter) breakOff() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = true
}

// failed is what an error of an append, or of the wait for its commit, means: nothing that was appended since the committed
// token is to be relied on, unless the error is the caller's own.
func (w *streamWriter) failed(ctx context.Context, err error) error {
	var service *streaming.Error
	switch {
	case ctx.Err() != nil:
		return err
	case errors.Is(err, streaming.ErrClosed):
	case !errors.As(err, &service) || service.Class == streaming.Configuration:
		return err
	case service.Class == streaming.Rebuild:
		w.mu.Lock()
		client := w.client
		w.mu.Unlock()
		w.t.clients.giveUp(ctx, client)
	}
	w.breakOff()
	return w.lost(ctx, err)
}

// lost is [sink.ErrRewind], or [sink.ErrFenced] where the partition is another claim's.
func (w *streamWriter) lost(ctx context.Context, err error) error {
	standing := w.t.session(ctx, func(c *sql.Conn) error {
		_, err := w.standing(ctx, c)
		return err
	})
	if errors.Is(standing, sink.ErrFenced) {
		return fmt.Errorf("%w: %w", sink.ErrFenced, retry.Permanent(err))
	}
	return fmt.Errorf("%w: %w", sink.ErrRewind, retry.Permanent(err)) // Rewind looks again, where this look failed
}
