package snowflake

import (
	"context"
	"errors"
	"sync"
	"time"
)

// schedule says when what has landed of a pipeline is merged, in mode Upsert: at a load, where the last merge is an interval
// ago; else when it will be, without a load that waits for it.
type schedule struct {
	interval time.Duration
	merge    func(ctx context.Context, pipeline string) error
	failed   func(pipeline string, err error) // is told of merges that nobody waits for

	begin     func(pipeline string) // merges without anyone who waits, until stop
	stop      context.CancelFunc
	mu        sync.Mutex
	closed    bool
	pipelines map[string]*landed
	later     sync.WaitGroup // merges that are set, or go on, without anyone who waits
}

// landed is what is known of rows of a pipeline that wait for a merge.
type landed struct {
	turn   chan struct{} // a place for the merge that goes on
	dirty  bool          // rows have landed since the last merge began
	merged time.Time     // when the last merge ended
	timer  *time.Timer   // of the next merge; nil = none is set
}

func newSchedule(interval time.Duration, merge func(ctx context.Context, pipeline string) error, failed func(pipeline string, err error)) *schedule {
	s := &schedule{interval: interval, merge: merge, failed: failed, pipelines: map[string]*landed{}}
	ctx, stop := context.WithCancel(context.Background()) // its merges outlive the load that sets them; close ends them
	s.stop = stop
	s.begin = func(pipeline string) {
		if err := s.now(ctx, pipeline); err != nil {
			failed(pipeline, err)
		}
	}
	return s
}

// of returns what is known of a pipeline. The caller holds the mutex.
func (s *schedule) of(pipeline string) *landed {
	l := s.pipelines[pipeline]
	if l == nil {
		l = &landed{turn: make(chan struct{}, 1)}
		s.pipelines[pipeline] = l
	}
	return l
}

// landed is told of rows that have landed. It merges where that is due, else sees to it that they will be merged.
func (s *schedule) landed(ctx context.Context, pipeline string) error {
	s.mu.Lock()
	l := s.of(pipeline)
	l.dirty = true
	wait := s.interval - time.Since(l.merged)
	if wait > 0 && l.timer == nil && !s.closed {
		s.later.Add(1)
		l.timer = time.AfterFunc(wait, func() {
			defer s.later.Done()
			s.mu.Lock()
			l.timer = nil
			s.mu.Unlock()
			s.begin(pipeline)
		})
	}
	s.mu.Unlock()
	if wait > 0 {
		return nil
	}
	return s.now(ctx, pipeline)
}

// now merges, after a merge that goes on.
func (s *schedule) now(ctx context.Context, pipeline string) error {
	s.mu.Lock()
	l := s.of(pipeline)
	s.mu.Unlock()
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	s.mu.Lock()
	l.dirty = false
	s.mu.Unlock()
	err := s.merge(ctx, pipeline)
	s.mu.Lock()
	defer s.mu.Unlock()
	l.dirty = l.dirty || err != nil
	l.merged = time.Now()
	return err
}

// close merges what waits for it. It is called once, when no load goes on.
func (s *schedule) close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	var rest []string
	for pipeline, l := range s.pipelines {
		if l.timer != nil && l.timer.Stop() {
			s.later.Done()
		}
		rest = append(rest, pipeline)
	}
	s.mu.Unlock()
	ended := context.AfterFunc(ctx, s.stop)
	s.later.Wait()
	ended()
	s.stop()
	var errs []error
	for _, pipeline := range rest {
		s.mu.Lock()
		dirty := s.pipelines[pipeline].dirty
		s.mu.Unlock()
		if dirty {
			errs = append(errs, s.now(ctx, pipeline))
		}
	}
	return errors.Join(errs...)
}
