package source

import (
	"context"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
)

// Replay returns src without the columns that dead letters carry (deadletter.Columns): the rows as they were
// when they were refused, to be loaded once more. src reads what a dead-letter sink has stored: a file, a
// table. All else is as src has it, and closing closes src.
//
// Fields are nullable that were not before they were refused. Rows of different stages have different schemas;
// store the letters of each apart, or let a transform bring them together.
func Replay(src Source) Source { return &replay{src} }

// replay answers for capabilities that src has not as the engine would take their absence.
type replay struct{ Source }

func (r *replay) Partitions(ctx context.Context) iter.Seq2[Partition, error] {
	return func(yield func(Partition, error) bool) {
		for p, err := range r.Source.Partitions(ctx) {
			if p != nil {
				p = &replayPartition{p}
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

func (r *replay) Estimate(ctx context.Context) (rows, bytes int64) {
	if e, ok := r.Source.(Estimator); ok {
		return e.Estimate(ctx)
	}
	return -1, -1
}

func (r *replay) RunID() (id string, notReplayable bool) {
	if nr, ok := r.Source.(NotReplayable); ok {
		return nr.RunID()
	}
	return "", false
}

type replayPartition struct{ Partition }

func (p *replayPartition) Open(ctx context.Context, after string) (Reader, error) {
	r, err := p.Partition.Open(ctx, after)
	if err != nil {
		return nil, err
	}
	return &replayReader{r}, nil
}

func (p *replayPartition) Assigned(ctx context.Context) error {
	if a, ok := p.Partition.(Assigner); ok {
		return a.Assigned(ctx)
	}
	return nil
}

type replayReader struct{ Reader }

func (r *replayReader) Schema() *arrow.Schema {
	schema := r.Reader.Schema()
	if schema == nil {
		return nil
	}
	return deadletter.Original(schema)
}

func (r *replayReader) Next(ctx context.Context) (Batch, error) {
	b, err := r.Reader.Next(ctx)
	b.Record = strip(b.Record)
	if b.Rejected != nil {
		// It would get these columns twice, should it be refused again.
		b.Rejected.Record = strip(b.Rejected.Record)
	}
	return b, err
}

// strip takes over the reference to rec, which may be nil.
func strip(rec arrow.Record) arrow.Record {
	if rec == nil {
		return nil
	}
	defer rec.Release()
	return deadletter.Strip(rec)
}

func (r *replayReader) Ack(ctx context.Context, position string) error {
	if a, ok := r.Reader.(Acker); ok {
		return a.Ack(ctx, position)
	}
	return nil
}
