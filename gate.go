package floe

import (
	"context"
	"fmt"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// gated is what a flight's gate has seen.
type gated struct {
	passed  bool
	receipt sink.Receipt   // the last one that passed
	rows    int64          // rejected: of source, transforms and sink
	kept    int64          // of them, those that the sink keeps itself
	own     bool           // the rejects of source and transforms are durable
	durable map[int64]bool // rows of the batch whose sink rejects are durable
}

// gate checks that a receipt adds up and makes the batch's rejects durable. It is the sink.Batch's Gate. A
// repeated load passes it again: what is durable already is not written twice.
func (f *flight) gate(ctx context.Context, receipt sink.Receipt) error {
	refused := receipt.Rejected
	defer refused.Release()
	if receipt.Rows < 0 || receipt.Rows+refused.Len() != f.b.Rows {
		return retry.Permanent(fmt.Errorf("the receipt does not add up: %d rows loaded and %d rejected of a batch of %d",
			receipt.Rows, refused.Len(), f.b.Rows))
	}
	if err := f.refuseOwn(ctx); err != nil {
		return err
	}
	switch {
	case refused.Len() == 0:
	case f.s.run.limits.KeepsRejects:
		// A repeated load counts them again: only what is more is new.
		if more := refused.Len() - f.gated.kept; more > 0 {
			if err := f.bear(more, refused); err != nil {
				return err
			}
			f.gated.kept += more
			f.refused("sink", more, refused)
		}
	default:
		if err := f.refuseFromSink(ctx, refused); err != nil {
			return err
		}
	}
	f.gated.passed = true
	receipt.Rejected = nil
	f.gated.receipt = receipt
	return nil
}

// refuseOwn writes the rejects of source and transforms, once.
func (f *flight) refuseOwn(ctx context.Context) error {
	if f.gated.own {
		return nil
	}
	for _, r := range f.rejects {
		if err := f.refuse(ctx, r.rows, deadletter.Origin{Stage: r.stage, Offset: r.before}); err != nil {
			return err
		}
	}
	f.gated.own = true
	return nil
}

// refuseFromSink writes the sink's rejects that are not durable yet, grouped by the source position from which
// their rows count.
func (f *flight) refuseFromSink(ctx context.Context, refused *deadletter.Rows) error {
	if int64(len(refused.Reasons)) != refused.Record.NumRows() {
		return retry.Permanent(fmt.Errorf("the sink gave %d reasons for %d rejected rows", len(refused.Reasons), refused.Record.NumRows()))
	}
	for i := 0; i < len(refused.Reasons); {
		first := f.offsetAt(refused.Reasons[i].Row)
		base := first.Skip - refused.Reasons[i].Row // what turns a row of the batch into one since the position
		var reasons []deadletter.Reason
		start := i
		for ; i < len(refused.Reasons) && len(reasons) == i-start; i++ {
			reason := refused.Reasons[i]
			if f.offsetAt(reason.Row).Position != first.Position || f.gated.durable[reason.Row] {
				break
			}
			reason.Row += base
			reasons = append(reasons, reason)
		}
		if len(reasons) == 0 {
			i++ // durable already
			continue
		}
		part := &deadletter.Rows{Record: refused.Record.NewSlice(int64(start), int64(i)), Reasons: reasons}
		err := f.refuse(ctx, part, deadletter.Origin{Stage: "sink", Offset: first.Position})
		part.Release()
		if err != nil {
			return err
		}
		if f.gated.durable == nil {
			f.gated.durable = map[int64]bool{}
		}
		for _, reason := range refused.Reasons[start:i] {
			f.gated.durable[reason.Row] = true
		}
	}
	return nil
}

// refuse counts rejected rows and writes them to the dead letters; rows stay the caller's.
func (f *flight) refuse(ctx context.Context, rows *deadletter.Rows, origin deadletter.Origin) error {
	if f.s.run.opts.DeadLetter == nil {
		return retry.Permanent(&RejectError{Rows: rows.Len(), Message: rows.Reasons[0].Message})
	}
	if err := f.bear(rows.Len(), rows); err != nil {
		return err
	}
	origin.Pipeline, origin.Partition = f.b.Pipeline, f.b.Partition
	if err := f.s.letters.write(ctx, rows, origin); err != nil {
		return retry.Permanent(fmt.Errorf("dead letters: %w", err))
	}
	f.refused(origin.Stage, rows.Len(), rows)
	return nil
}

// bear counts n of the rejected rows against Options.MaxRejects.
func (f *flight) bear(n int64, rows *deadletter.Rows) error {
	r := f.s.run
	total := r.counters.refused.Add(n)
	if r.opts.MaxRejects > 0 && total > r.opts.MaxRejects {
		return retry.Permanent(&RejectError{Rows: total, Message: rows.Reasons[0].Message, TooMany: true})
	}
	return nil
}

// refused notes n of the rejected rows, which are durable, or will be with the load.
func (f *flight) refused(stage string, n int64, rows *deadletter.Rows) {
	f.gated.rows += n
	if h := f.s.run.opts.Hooks.Rejected; h != nil {
		h(Rejected{Pipeline: f.b.Pipeline, Partition: f.b.Partition, Stage: stage, Rows: n, Message: rows.Reasons[0].Message})
	}
}
