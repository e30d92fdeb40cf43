package sinktest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// pipeline is the name that the suite loads under.
const pipeline = "sinktest"

// kit is what one run of a rule works with.
type kit struct {
	h          Harness
	short      bool
	newHarness func() (Harness, error)
	mem        watched

	mu    sync.Mutex
	sinks []*opened
	found []error // broken rules that were seen on the way
}

// opened is a sink and its writers that may still be open.
type opened struct {
	sink.Sink
	limits  sink.Limits
	loads   chan struct{} // a place for each Load at once; nil = no bound
	crashed bool
	writers []sink.Writer
}

// open opens another sink on the target, as a new process would.
func (k *kit) open(ctx context.Context) (*opened, error) {
	s, err := k.h.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the sink: %w", err)
	}
	o := &opened{Sink: s}
	if l, ok := s.(sink.Limiter); ok {
		o.limits = l.Limits()
	}
	if o.limits.Loads > 0 {
		o.loads = make(chan struct{}, o.limits.Loads)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sinks = append(k.sinks, o)
	return o, nil
}

// crash ends the process of a sink, as far as that can be simulated.
func (k *kit) crash(o *opened) {
	if k.h.Crash != nil {
		k.h.Crash(o.Sink)
		o.crashed = true
	}
}

// note records a rule that was broken beside the one under test.
func (k *kit) note(r rule, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.found = append(k.found, r.broken(err))
}

// close closes all that was opened, on a fresh context, newest sink first.
func (k *kit) close(r rule) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var errs []error
	for i := len(k.sinks) - 1; i >= 0; i-- {
		o := k.sinks[i]
		if o.crashed {
			continue
		}
		for _, w := range o.writers {
			errs = append(errs, guard(func() error { return w.Close(ctx) }))
		}
		errs = append(errs, guard(func() error { return o.Close(ctx) }))
	}
	if k.h.Close != nil {
		errs = append(errs, guard(k.h.Close))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close after %s: %w", r.name, err)
	}
	return nil
}

// exact answers a skip for a sink that keeps no offsets.
func (k *kit) exact(o *opened) error {
	if o.limits.NoOffsets {
		return skip("the sink is at least once")
	}
	return nil
}

// read returns the rows that are loaded: in Replace those aside.
func (k *kit) read(ctx context.Context) ([]arrow.Record, error) {
	read := k.h.Read
	if k.h.Mode == sink.Replace {
		read = k.h.Loading
	}
	recs, err := read(ctx)
	if err != nil {
		return nil, fmt.Errorf("read back: %w", err)
	}
	return recs, nil
}

// lane is one partition on its way, as the engine has it.
type lane struct {
	k         *kit
	o         *opened
	w         sink.Writer
	number    int // of the partition: its rows have the ids from number<<32
	partition string
	committed string
}

// claim opens partition number and prepares the target for the usual rows.
func (k *kit) claim(ctx context.Context, o *opened, number int) (*lane, error) {
	l, err := k.claimOnly(ctx, o, number)
	if err != nil {
		return nil, err
	}
	return l, l.prepare(ctx, baseSchema)
}

func (k *kit) claimOnly(ctx context.Context, o *opened, number int) (*lane, error) {
	return k.claimNamed(ctx, o, number, fmt.Sprintf("partition %d", number))
}

func (k *kit) claimNamed(ctx context.Context, o *opened, number int, partition string) (*lane, error) {
	var w sink.Writer
	var committed string
	err := patience.Do(ctx, func(ctx context.Context, _ int) (err error) {
		w, committed, err = o.Open(ctx, pipeline, partition)
		return err
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("claim partition %q: %w", partition, err)
	}
	k.mu.Lock()
	o.writers = append(o.writers, w)
	k.mu.Unlock()
	if _, err := offset.Parse(committed); err != nil {
		return nil, fmt.Errorf("claim partition %q: the committed offset is not one that was stored: %w", partition, err)
	}
	return &lane{k: k, o: o, w: w, number: number, partition: partition, committed: committed}, nil
}

func (l *lane) prepare(ctx context.Context, schema *arrow.Schema) error {
	err := patience.Do(ctx, func(ctx context.Context, _ int) error { return l.w.Prepare(ctx, schema) }, nil)
	if err != nil {
		return fmt.Errorf("prepare for %d columns: %w", schema.NumFields(), err)
	}
	return nil
}

// close closes the writer and takes it out of what the kit closes.
func (l *lane) close(ctx context.Context) error {
	l.k.mu.Lock()
	for i, w := range l.o.writers {
		if w == l.w {
			l.o.writers = append(l.o.writers[:i], l.o.writers[i+1:]...)
			break
		}
	}
	l.k.mu.Unlock()
	if err := l.w.Close(ctx); err != nil {
		return fmt.Errorf("close the writer of %q: %w", l.partition, err)
	}
	return nil
}

// ordinal is how many rows are committed, as the lane knows.
func (l *lane) ordinal() int64 {
	n, err := offset.Ordinal(l.committed)
	if err != nil {
		panic(err) // checked by claim, or made by NewBatch
	}
	return n
}

// trial is a batch, and what became of it.
type trial struct {
	*sink.Batch
	l     *lane
	mem   *watched
	freed int64 // by mem before
	sums  []uint64

	extra  []arrow.Record // a reference of our own to each record
	staged bool

	mu    sync.Mutex
	gates int
	seen  sink.Receipt // of the last Gate; Rejected is released
	bad   []rejected
	gate  func(ctx context.Context) error // what Gate does when the receipt adds up; nil = nothing
}

// next makes a batch of the next n usual rows.
func (l *lane) next(n int64) *trial {
	from := l.ordinal()
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = id(l.number, from+int64(i))
	}
	return l.of(ids, nil)
}

// of makes a batch of the usual rows with these ids, and the names where they are given.
func (l *lane) of(ids []int64, names []string) *trial {
	mem := &watched{parent: &l.k.mem}
	per := len(ids)/3 + 1
	if l.o.limits.RecordRows > 0 {
		per = int(l.o.limits.RecordRows)
	}
	var recs []arrow.Record
	for at := 0; at < len(ids); at += per {
		end := min(at+per, len(ids))
		var part []string
		if names != nil {
			part = names[at:end]
		}
		recs = append(recs, baseRecord(mem, ids[at:end], part))
	}
	return l.batch(mem, baseSchema, recs)
}

// batch makes a batch of records, which it takes over.
func (l *lane) batch(mem *watched, schema *arrow.Schema, recs []arrow.Record) *trial {
	rows := int64(0)
	for _, rec := range recs {
		rows += rec.NumRows()
	}
	b, err := NewBatch(pipeline, l.partition, l.committed, position(l.ordinal()+rows), schema, recs...)
	if err != nil {
		panic(err) // l.committed was parsed before
	}
	t := &trial{Batch: b, l: l, mem: mem, freed: mem.freed.Load(), extra: recs}
	for _, rec := range recs {
		t.sums = append(t.sums, checksum(rec))
	}
	if rows == 0 {
		b.Release()
	}
	b.Gate = t.passGate
	return t
}

// position is the source's, with what sinks may stumble over.
func position(row int64) string { return fmt.Sprintf(`row %d of 'naïve/"%%s\?";--.csv`, row) }

func (t *trial) passGate(ctx context.Context, r sink.Receipt) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer r.Rejected.Release()
	t.gates++
	if err := addsUp(t.Batch, r); err != nil {
		return ruleAddsUp.broken(err)
	}
	t.bad = rejectsOf(r.Rejected)
	r.Rejected = nil
	t.seen = r
	if t.gate != nil {
		return t.gate(ctx)
	}
	return nil
}

// load stages and loads t once.
func (l *lane) load(ctx context.Context, t *trial) error {
	if err := l.stage(ctx, t); err != nil {
		return err
	}
	return l.loadStaged(ctx, t)
}

func (l *lane) stage(ctx context.Context, t *trial) error {
	if s, ok := l.w.(sink.Stager); ok && !t.staged {
		if err := s.Stage(ctx, t.Batch); err != nil {
			return fmt.Errorf("stage %s: %w", t, err)
		}
		t.staged = true
	}
	return nil
}

func (l *lane) loadStaged(ctx context.Context, t *trial) error {
	if _, err := l.w.Load(ctx, t.Batch); err != nil {
		return fmt.Errorf("load %s: %w", t, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gates == 0 && t.Rows > 0 {
		return ruleGateCalled.broken(fmt.Errorf("load %s answered nil and had not called Gate", t))
	}
	l.committed = t.To
	return nil
}

func (t *trial) String() string {
	from, _ := offset.Ordinal(t.From)
	return fmt.Sprintf("rows %d to %d of %q", from, from+t.Rows, t.Partition)
}

// done gives the batch back and looks at what the sink did to its records.
func (t *trial) done() {
	for i, rec := range t.extra {
		if t.mem.freed.Load() == t.freed && checksum(rec) != t.sums[i] {
			t.l.k.note(ruleBorrowed, fmt.Errorf("the buffers of record %d of %s were changed", i, t))
		}
	}
	t.Release()
	if t.mem.freed.Load() != t.freed {
		t.l.k.note(ruleBorrowed, fmt.Errorf("records of %s were released once more than they were retained", t))
		return // our own reference is gone with them
	}
	for _, rec := range t.extra {
		rec.Release()
	}
}

// errNoProgress is what loadRows answers a sink that rewinds for ever.
var errNoProgress = errors.New("ErrRewind 20 times in a row without a row in between")

// patience is how a call is repeated that may meet another claim or load: as the engine would.
var patience = retry.Policy{Retries: 40, Base: time.Millisecond, Factor: 1.2, Max: 50 * time.Millisecond}

// loadRows loads the next n rows in batches of at most per: it tries again after transient errors, and goes back
// where the sink asks for it.
func (l *lane) loadRows(ctx context.Context, n, per int64) error {
	if largest := l.o.limits.Largest.Rows; largest > 0 {
		per = min(per, largest)
	}
	end := l.ordinal() + n
	for rewinds := 0; l.ordinal() < end; {
		t := l.next(min(per, end-l.ordinal()))
		err := l.persist(ctx, t)
		t.done()
		switch {
		case err == nil:
			rewinds = 0
		case errors.Is(err, sink.ErrRewind) && rewinds < 20:
			rewinds++
			if err := l.rewind(ctx); err != nil {
				return err
			}
		case errors.Is(err, sink.ErrRewind):
			return errNoProgress
		default:
			return err
		}
	}
	return nil
}

// persist loads t as the engine does: within the loads that the sink bears at once, and again after transient
// errors.
func (l *lane) persist(ctx context.Context, t *trial) error {
	return patience.Do(ctx, func(ctx context.Context, _ int) error {
		if err := l.stage(ctx, t); err != nil {
			return err
		}
		if l.o.loads != nil {
			l.o.loads <- struct{}{}
			defer func() { <-l.o.loads }()
		}
		return l.loadStaged(ctx, t)
	}, nil)
}

// rewind does what the engine does after ErrRewind.
func (l *lane) rewind(ctx context.Context) error {
	r, ok := l.w.(sink.Rewinder)
	if !ok {
		return errors.New("the writer answers ErrRewind and has no Rewind")
	}
	committed, err := r.Rewind(ctx)
	if err != nil {
		return fmt.Errorf("rewind %q: %w", l.partition, err)
	}
	if _, err := offset.Parse(committed); err != nil {
		return fmt.Errorf("rewind %q: %w", l.partition, err)
	}
	l.committed = committed
	return nil
}

func (l *lane) ordinalOf(text string) int64 {
	n, err := offset.Ordinal(text)
	if err != nil {
		panic(err) // made by NewBatch
	}
	return n
}
