package floe

import (
	"context"
	"sort"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// pending is what a lane's filling batch has besides its rows.
type pending struct {
	rows, bytes int64 // as added; joining may change the bytes
	marks       []mark
	rejects     []refusal
	moved       bool          // something was taken, if only a position
	timed       bool          // the delay is running
	start       offset.Offset // before the first row
}

// mark is where the source stands after the first rows rows of a batch.
type mark struct {
	rows int64
	at   offset.Offset
}

// pass notes the end of a source batch.
func (p *pending) pass(at offset.Offset) {
	p.moved = true
	if n := len(p.marks); n > 0 && p.marks[n-1].rows == p.rows {
		p.marks[n-1].at = at
		return
	}
	p.marks = append(p.marks, mark{p.rows, at})
}

// add puts one processed item into the filling batch, and seals it where a bound is reached.
func (s *session) add(ctx context.Context, it *item) error {
	if it.done != nil {
		<-it.done
	}
	charge := it.charge
	defer func() {
		s.run.budget.drop(charge)
		it.release()
	}()
	if it.err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return s.lane.failed(StepTransform, it.err)
	}
	if it.done != nil {
		holds := it.holds()
		s.run.budget.recharge(charge, holds)
		charge = holds
	}
	if it.schema != nil && it.schema != s.schema && (s.schema == nil || !it.schema.Equal(s.schema)) {
		if err := s.prepare(ctx, it.schema); err != nil {
			return err
		}
	}
	s.run.counters.read.Add(it.read)
	rec, left := s.skipLoaded(it)
	if rec != nil {
		defer rec.Release()
		var err error
		if charge, err = s.addRows(ctx, rec, charge); err != nil {
			return err
		}
	}
	s.run.budget.fill(s.lane, charge)
	charge = 0
	s.cur.Position, s.cur.Skip = it.position, left
	s.batch.pass(s.cur)
	// With the batch that moves the offset past them, so that going on inside a source batch gives each just once.
	for _, r := range it.rejects {
		r.end = s.cur.Ordinal
		s.batch.rejects = append(s.batch.rejects, r)
	}
	it.rejects = nil
	if s.run.seal.Reached(s.batch.rows, s.batch.bytes) {
		return s.sealBatch(ctx)
	}
	s.startDelay()
	return nil
}

// skipLoaded returns the rows of it that are not loaded yet, retained (nil = none), and how many loaded rows
// are to be skipped beyond it. The offset does not move by what is skipped: it counts those rows already.
func (s *session) skipLoaded(it *item) (rec arrow.Record, left int64) {
	left = s.cur.Skip
	if it.rec == nil {
		return nil, left
	}
	n := min(left, it.rec.NumRows())
	s.run.counters.skipped.Add(n)
	switch n {
	case it.rec.NumRows():
		return nil, left - n
	case 0:
		it.rec.Retain()
		return it.rec, left
	}
	return it.rec.NewSlice(n, it.rec.NumRows()), left - n
}

// addRows adds rec, cutting it only where it exceeds the largest batch that the sink takes. It answers the
// part of charge that is not with a filling batch yet.
func (s *session) addRows(ctx context.Context, rec arrow.Record, charge int64) (int64, error) {
	largest := s.run.limits.Largest
	for rec.NumRows() > 0 {
		rows, bytes := rec.NumRows(), batching.Bytes(rec)
		if s.batch.rows > 0 && exceeds(largest, s.batch.rows+rows, s.batch.bytes+bytes) {
			if err := s.sealBatch(ctx); err != nil {
				return charge, err
			}
		}
		if !exceeds(largest, rows, bytes) {
			return charge, s.addPiece(rec, rows, bytes)
		}
		n := fitting(largest, rec)
		piece, rest := rec.NewSlice(0, n), rec.NewSlice(n, rows)
		defer rest.Release()
		share := charge / rows * n
		s.run.budget.fill(s.lane, share)
		charge -= share
		err := s.addPiece(piece, n, batching.Bytes(piece))
		piece.Release()
		if err == nil {
			err = s.sealBatch(ctx)
		}
		if err != nil {
			return charge, err
		}
		rec = rest
	}
	return charge, nil
}

func (s *session) addPiece(rec arrow.Record, rows, bytes int64) error {
	if err := s.batcher.Add(rec, time.Time{}); err != nil {
		return s.lane.failed(StepLoad, err)
	}
	s.cur = s.cur.Advance(rows)
	s.batch.rows += rows
	s.batch.bytes += bytes
	s.batch.moved = true
	return nil
}

func exceeds(p batching.Policy, rows, bytes int64) bool {
	return p.Rows > 0 && rows > p.Rows || p.Bytes > 0 && bytes > p.Bytes
}

// fitting is how many of the first rows of rec fit into p: at least one.
func fitting(p batching.Policy, rec arrow.Record) int64 {
	n := rec.NumRows()
	if p.Rows > 0 {
		n = min(n, p.Rows)
	}
	whole := batching.Bytes(rec)
	if p.Bytes == 0 || whole <= p.Bytes {
		return n
	}
	// Sizes of rows may differ widely, so a mean says little.
	fit := sort.Search(int(n), func(i int) bool {
		piece := rec.NewSlice(0, int64(i)+1)
		defer piece.Release()
		return batching.Bytes(piece) > p.Bytes
	})
	if fit > 0 {
		return int64(fit)
	}
	// What all rows share, a dictionary, exceeds the bound alone, or the first row does: no cut helps, and batches
	// of one row each would help least.
	return min(n, max(1, int64(float64(rec.NumRows())*float64(p.Bytes)/float64(whole))))
}

// startDelay starts the clock of the filling batch with its first content.
func (s *session) startDelay() {
	if s.run.seal.Delay > 0 && !s.batch.timed {
		s.batch.timed = true
		s.timer.Reset(s.run.seal.Delay)
	}
}

// sealBatch closes the filling batch and sends it on its way; nothing moved = nothing to do.
func (s *session) sealBatch(ctx context.Context) error {
	s.timer.Stop()
	select {
	case <-s.lane.pressed:
	default:
	}
	if !s.batch.moved {
		return nil
	}
	f, err := s.newFlight()
	if err != nil {
		return err
	}
	select {
	case s.places <- struct{}{}:
	case <-s.failed:
		f.giveUp()
		return s.failure()
	case <-ctx.Done():
		f.giveUp()
		return context.Cause(ctx)
	}
	s.recent = append(s.recent, f)
	if n := max(1, s.run.limits.Stages); len(s.recent) > n {
		s.recent = append(s.recent[:0], s.recent[len(s.recent)-n:]...)
	}
	s.flights.Go(func() { f.fly(ctx) })
	return nil
}

func (s *session) newest() *flight {
	if len(s.recent) == 0 {
		return nil
	}
	return s.recent[len(s.recent)-1]
}

// stagedBefore is the flight whose staging makes room for the next one's: as many back as may stage at once.
func (s *session) stagedBefore() *flight {
	n := max(1, s.run.limits.Stages)
	if len(s.recent) < n {
		return nil
	}
	return s.recent[len(s.recent)-n]
}

// newFlight makes a flight of the filling batch, which is empty then.
func (s *session) newFlight() (*flight, error) {
	var records []arrow.Record
	if s.batch.rows > 0 {
		var err error
		if records, err = s.batcher.Seal(); err != nil {
			return nil, s.lane.failed(StepLoad, err)
		}
	}
	holds := int64(0)
	for _, r := range records {
		holds += batching.Bytes(r)
	}
	rejects := int64(0)
	for _, r := range s.batch.rejects {
		rejects += batching.Bytes(r.rows.Record)
	}
	s.lane.batches++
	f := &flight{
		s: s, earlier: s.stagedBefore(), number: s.lane.batches, before: s.newest(), batchBytes: holds, rejectBytes: rejects,
		start: s.batch.start, marks: s.batch.marks, rejects: s.batch.rejects, sealed: time.Now(),
		done: make(chan struct{}), entered: make(chan struct{}), staged: make(chan struct{}),
	}
	to := s.cur.String()
	// A target that is not prepared yet, because no schema is known, takes no empty batch either.
	if s.batch.rows == 0 && (!s.run.limits.EmptyBatches || s.run.limits.NoOffsets || s.schema == nil) {
		to = s.from
		f.still = true
	}
	f.b = &sink.Batch{
		Pipeline: s.run.p.name, Partition: s.lane.id, From: s.from, To: to, At: f.at,
		Schema: s.schema, Records: records, Rows: s.batch.rows, Bytes: holds,
		Gate: f.gate, Release: f.release,
	}
	s.run.budget.seal(s.lane, holds+rejects)
	s.from = to
	s.batch = pending{start: s.cur}
	if h := s.run.opts.Hooks.Sealed; h != nil {
		h(f.info())
	}
	return f, nil
}
