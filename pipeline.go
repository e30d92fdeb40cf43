package floe

import (
	"context"
	"fmt"
	"sync"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
)

// Pipeline moves rows from a source, through transforms, into a sink. It is safe for concurrent use, but runs
// once at a time. It does not close the source and the sink: whoever made them does, after the last run.
type Pipeline struct {
	name string
	src  source.Source
	dst  sink.Sink
	opts Options

	mu      sync.Mutex
	current *run     // nil = not running
	last    Progress // of the run before
}

// New makes a pipeline. Its name is the one under which the sink keeps its offsets: a pipeline that is made
// again under the same name goes on where the last one ended. opts may be nil. All faults are reported
// together in a *[config.Error].
func New(name string, src source.Source, dst sink.Sink, opts *Options) (*Pipeline, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	var faults config.Faults
	o.validate(name, src, dst, &faults)
	if err := faults.Err("floe.New"); err != nil {
		return nil, err
	}
	return &Pipeline{
		name: name, src: src, dst: dst, opts: o.withDefaults(),
		last: Progress{EstimatedRows: -1, EstimatedBytes: -1},
	}, nil
}

// Run moves rows until the source has ended, all is loaded and the sink has finished; or until [Pipeline.Drain]
// was called and what had been read is loaded; or until the first error that trying again does not mend. An
// unbounded source ends only by Drain, by ctx or by an error. ctx done aborts: what is not loaded is given up,
// nothing is half-written, and the next Run goes on from what is committed. Every goroutine has ended when Run
// returns. The error is a *[BatchError] with its cause, the cause of ctx, or nil; the Result is true in any
// case.
func (p *Pipeline) Run(ctx context.Context) (Result, error) {
	r, err := p.begin()
	if err != nil {
		return Result{}, err
	}
	err = r.run(ctx)
	return p.end(r), err
}

// Drain stops reading, waits until what was read is loaded, and lets Run return nil. It returns at once where
// nothing runs, and the cause of ctx where that is done first: the run goes on draining then.
func (p *Pipeline) Drain(ctx context.Context) error {
	p.mu.Lock()
	r := p.current
	p.mu.Unlock()
	if r == nil {
		return nil
	}
	r.drain()
	select {
	case <-r.ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Progress returns a snapshot of the run, or of the last one where none is under way.
func (p *Pipeline) Progress() Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil {
		return p.last
	}
	return p.current.progress()
}

// Reset forgets the pipeline's offsets at the sink: the next Run starts at the beginning. Rows that are loaded
// stay. It fails while the pipeline runs, and where the sink keeps no offsets that it could forget.
func (p *Pipeline) Reset(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		return ErrRunning
	}
	rs, ok := p.dst.(sink.Resetter)
	if !ok {
		return fmt.Errorf("floe: pipeline %q: the sink cannot forget offsets (it is no sink.Resetter)", p.name)
	}
	if err := rs.Reset(ctx, p.name); err != nil {
		return fmt.Errorf("floe: pipeline %q: reset: %w", p.name, err)
	}
	return nil
}

func (p *Pipeline) begin() (*run, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		return nil, ErrRunning
	}
	p.current = newRun(p)
	return p.current, nil
}

func (p *Pipeline) end(r *run) Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = r.progress()
	p.last.Running = false
	p.current = nil
	close(r.ended)
	return p.last.Result
}
