package floe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/compute"
	"golang.org/x/sync/errgroup"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/transform"
)

// run is one run of a pipeline: it gives each partition a lane and joins what all lanes share.
type run struct {
	p           *Pipeline
	opts        Options
	limits      sink.Limits
	seal        batching.Policy // when a batch is sealed
	fingerprint string          // of the transforms
	counters    *counters
	budget      *budget
	workers     *workers      // nil = no transforms
	loads       places        // for each Load at once
	letterLoads places        // for each Load of dead letters
	groups      *groups       // nil = the sink loads no groups
	ended       chan struct{} // closed once Run returns

	mu          sync.Mutex
	lanes       map[string]*lane // the newest of each partition; nil = a bounded one that has ended
	done        []string         // partitions of a bounded source that ended with io.EOF
	drained     bool
	reading     map[int]context.CancelCauseFunc // ended by drain
	lastReading int                             // key given last
}

func newRun(p *Pipeline) *run {
	r := &run{
		p: p, opts: p.opts, limits: limitsOf(p.dst), counters: newCounters(),
		budget: newBudget(p.opts.MemoryLimit), fingerprint: fingerprint(p.opts.Transforms),
		ended: make(chan struct{}), lanes: map[string]*lane{}, reading: map[int]context.CancelCauseFunc{},
	}
	r.seal = r.opts.Batching.Stricter(r.limits.Batch).Stricter(r.limits.Largest)
	if r.seal.Rows == 0 && r.seal.Bytes == 0 {
		r.seal.Rows, r.seal.Bytes = DefaultRows, DefaultBytes
	}
	if r.seal.Delay == 0 && p.src.Unbounded() {
		r.seal.Delay = DefaultDelay
	}
	r.loads = newPlaces(r.limits.Loads)
	if r.opts.DeadLetter != nil {
		r.letterLoads = newPlaces(limitsOf(r.opts.DeadLetter).Loads)
	}
	return r
}

// fingerprint is a short text that changes when the effect of the transforms on rows does.
func fingerprint(transforms []transform.Transform) string {
	if len(transforms) == 0 {
		return "0"
	}
	h := sha256.New()
	for _, t := range transforms {
		f := t.Fingerprint()
		h.Write([]byte(strconv.Itoa(len(f)) + ":" + f))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// drain ends all reading.
func (r *run) drain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drained = true
	for _, cancel := range r.reading {
		cancel(errDrained)
	}
}

func (r *run) isDraining() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.drained
}

func (r *run) progress() Progress {
	return Progress{
		Result: r.counters.result(), Running: true,
		Partitions: int(r.counters.partitions.Load()), Memory: r.budget.held(),
		EstimatedRows: r.counters.estimatedRows.Load(), EstimatedBytes: r.counters.estimatedBytes.Load(),
	}
}

// run does the whole run and joins all of its goroutines.
func (r *run) run(ctx context.Context) error {
	// Transforms take the allocator from the context, as arrow's own compute functions do.
	ctx = compute.WithAllocator(ctx, r.opts.Allocator)
	g, gctx := errgroup.WithContext(ctx)
	if len(r.opts.Transforms) > 0 {
		r.workers = startWorkers(gctx, r.opts.Workers)
		defer r.workers.stop()
	}
	if loader, ok := r.p.dst.(sink.GroupLoader); ok && r.limits.Group > 1 {
		r.groups = &groups{run: r, loader: loader}
		defer r.groups.stop()
	}
	g.Go(func() error { return r.open(gctx, g) })
	if err := g.Wait(); err != nil {
		return err
	}
	// A run that was aborted from outside between two steps has no error of its own.
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return r.finish(ctx)
}

// open gives each partition that the source yields a lane in g.
func (r *run) open(ctx context.Context, g *errgroup.Group) error {
	listing, stop := r.untilDrained(ctx)
	defer stop(nil)
	if e, ok := r.p.src.(source.Estimator); ok {
		rows, bytes := e.Estimate(listing)
		r.counters.estimatedRows.Store(rows)
		r.counters.estimatedBytes.Store(bytes)
	}
	// A bounded source has at most Workers partitions open; an unbounded one has all of them.
	var places chan struct{}
	if !r.p.src.Unbounded() {
		places = make(chan struct{}, r.opts.Workers)
	}
	for part, err := range r.p.src.Partitions(listing) {
		if listing.Err() != nil {
			break
		}
		if err != nil {
			return &BatchError{Step: StepPartitions, Pipeline: r.p.name, Attempt: 1, Err: err}
		}
		if places != nil {
			select {
			case places <- struct{}{}:
			case <-listing.Done():
			}
		}
		if listing.Err() != nil {
			break
		}
		l, before, err := r.newLane(part)
		if err != nil {
			return err
		}
		g.Go(func() error {
			if places != nil {
				defer func() { <-places }()
			}
			return r.follow(ctx, l, before)
		})
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// newLane registers a lane, and answers the lane before it for the same partition, if any.
func (r *run) newLane(part source.Partition) (l, before *lane, err error) {
	id := part.ID()
	if id == "" {
		return nil, nil, &BatchError{Step: StepPartitions, Pipeline: r.p.name, Attempt: 1, Err: errors.New("the source gave a partition without an ID")}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	before, seen := r.lanes[id]
	if seen && !r.p.src.Unbounded() {
		return nil, nil, &BatchError{
			Step: StepPartitions, Pipeline: r.p.name, Partition: id, Attempt: 1,
			Err: errors.New("the source gave the partition twice"),
		}
	}
	l = &lane{run: r, id: id, part: part, pressed: make(chan struct{}, 1), gone: make(chan struct{})}
	r.lanes[id] = l
	return l, before, nil
}

// follow runs a lane once the one before it for the same partition has ended.
func (r *run) follow(ctx context.Context, l, before *lane) error {
	defer close(l.gone)
	if before != nil {
		<-before.gone
	}
	r.counters.partitions.Add(1)
	err := undrained(l.live(ctx))
	r.counters.partitions.Add(-1)
	if f := r.opts.Hooks.Ended; f != nil {
		f(Ended{Pipeline: r.p.name, Partition: l.id, Err: err})
	}
	r.forget(l)
	return err
}

// forget drops a lane that has ended, so that a run's memory does not grow with the partitions it has done.
func (r *run) forget(l *lane) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !r.p.src.Unbounded():
		r.lanes[l.id] = nil
		if l.atEnd {
			r.done = append(r.done, l.id)
		}
	case r.lanes[l.id] == l:
		delete(r.lanes, l.id)
	}
}

// untilDrained derives a context that ends by drain too, with errDrained as its cause.
func (r *run) untilDrained(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.drained {
		cancel(errDrained)
		return ctx, cancel
	}
	r.lastReading++
	n := r.lastReading
	r.reading[n] = cancel
	return ctx, func(cause error) {
		cancel(cause)
		r.mu.Lock()
		delete(r.reading, n)
		r.mu.Unlock()
	}
}

// finish makes sure that every partition of a bounded source has ended, and tells the sink so. After a drain some
// have not.
func (r *run) finish(ctx context.Context) error {
	if r.p.src.Unbounded() || r.isDraining() {
		return nil
	}
	if len(r.done) != len(r.lanes) {
		return fmt.Errorf("floe: pipeline %q: %d of %d partitions ended; the others were taken away", r.p.name, len(r.done), len(r.lanes))
	}
	f, ok := r.p.dst.(sink.Finisher)
	if !ok {
		return nil
	}
	sort.Strings(r.done)
	return r.try(ctx, where{step: StepFinish}, func(ctx context.Context) error {
		return f.Finish(ctx, r.p.name, r.done)
	})
}

// where says what is tried, for errors and hooks.
type where struct {
	step      Step
	partition string
	batch     int64
}

// try calls op under the run's retry policy. Its error is a *BatchError, but for what only steers the engine:
// source.ErrRevoked comes as it is.
func (r *run) try(ctx context.Context, w where, op func(context.Context) error) error {
	err := r.opts.Retry.Do(ctx, func(ctx context.Context, _ int) error { return op(ctx) }, func(a retry.Attempt) { r.retried(w, a) })
	return r.failed(w, err)
}

// failed wraps what retry.Policy.Do answered.
func (r *run) failed(w where, err error) error {
	if err == nil {
		return nil
	}
	attempts := 1
	var re *retry.Error
	if errors.As(err, &re) {
		attempts = re.Attempts
		if re.Cause == nil {
			err = re.Last
		}
	}
	return &BatchError{Step: w.step, Pipeline: r.p.name, Partition: w.partition, Batch: w.batch, Attempt: attempts, Err: err}
}

func (r *run) retried(w where, a retry.Attempt) {
	r.counters.retries.Add(1)
	r.opts.Logger.Warn("floe: trying again", "pipeline", r.p.name, "partition", w.partition, "batch", w.batch,
		"step", string(w.step), "attempt", a.Number, "wait", a.Wait, "error", a.Err)
	if f := r.opts.Hooks.Retried; f != nil {
		f(Retried{Pipeline: r.p.name, Partition: w.partition, Batch: w.batch, Step: w.step, Attempt: a.Number, Err: a.Err, Wait: a.Wait})
	}
}
