package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/floedata/floe/source"
)

// kit is what one run of a rule works with.
type kit struct {
	h        Harness
	mem      watched
	sessions []*session
}

// session is one source, as one process has it.
type session struct {
	k         *kit
	src       source.Source
	runID     string
	gone      bool // its rows are gone once read
	unbounded bool
	parts     map[string]source.Partition
	more      chan source.Partition // of an unbounded source: yielded after the first of each
	stop      context.CancelFunc    // ends Partitions
	ended     chan error            // what Partitions of an unbounded source came to
	closed    bool

	mu      sync.Mutex
	readers []*openReader
}

// openReader is a reader until closeReader.
type openReader struct {
	source.Reader
	closed bool
}

// open opens another source on the origin and lists its partitions.
func (k *kit) open(ctx context.Context) (*session, error) {
	src, err := k.h.Open(ctx, &k.mem)
	if err != nil {
		return nil, fmt.Errorf("open the source: %w", err)
	}
	s := &session{k: k, src: src, unbounded: src.Unbounded(), parts: map[string]source.Partition{}}
	if nr, ok := src.(source.NotReplayable); ok {
		s.runID, s.gone = nr.RunID()
	}
	k.sessions = append(k.sessions, s)
	if !s.unbounded {
		for p, err := range src.Partitions(ctx) {
			if err != nil {
				return nil, fmt.Errorf("Partitions: %w", err)
			}
			if err := s.add(p); err != nil {
				return nil, err
			}
		}
		return s, nil
	}
	if k.h.Want == nil {
		return nil, errors.New("the harness of an unbounded source needs Want")
	}
	return s, s.listen(ctx)
}

func (s *session) add(p source.Partition) error {
	id := p.ID()
	if id == "" {
		return errors.New("a partition has an empty ID")
	}
	if s.parts[id] != nil {
		return fmt.Errorf("partition %q was given twice", id)
	}
	s.parts[id] = p
	return nil
}

// listen ranges over Partitions of an unbounded source and returns once all that are wanted came.
func (s *session) listen(ctx context.Context) error {
	ctx, s.stop = context.WithCancel(ctx)
	s.more, s.ended = make(chan source.Partition, 1024), make(chan error, 1)
	go func() {
		s.ended <- guard(func() error {
			for p, err := range s.src.Partitions(ctx) {
				if err != nil && ctx.Err() == nil {
					return fmt.Errorf("Partitions: %w", err)
				}
				if err == nil {
					s.more <- p
				}
			}
			if ctx.Err() == nil {
				return errors.New("Partitions of an unbounded source ended, and its context is not done")
			}
			return nil
		})
	}()
	for len(s.parts) < len(s.k.h.Want) {
		p, err := s.another(ctx)
		if err != nil {
			return fmt.Errorf("%d of %d partitions came: %w", len(s.parts), len(s.k.h.Want), err)
		}
		if err := s.add(p); err != nil {
			return err
		}
	}
	return nil
}

// another waits for a partition of an unbounded source.
func (s *session) another(ctx context.Context) (source.Partition, error) {
	select {
	case p := <-s.more:
		return p, nil
	case err := <-s.ended:
		s.ended <- err
		return nil, fmt.Errorf("Partitions ended: %w", err)
	case <-time.After(s.k.h.Patience):
		return nil, fmt.Errorf("Partitions yielded nothing within %v", s.k.h.Patience)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// ids lists the partitions in order.
func (s *session) ids() []string {
	var ids []string
	for id := range s.parts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// reader opens a partition.
func (s *session) reader(ctx context.Context, p source.Partition, after string) (*openReader, error) {
	r, err := p.Open(ctx, after)
	if err != nil {
		if r != nil {
			return nil, ruleBatch.broken(fmt.Errorf("Open of %q after %.100q failed and gave a reader: %w", p.ID(), after, err))
		}
		return nil, fmt.Errorf("open %q after %.100q: %w", p.ID(), after, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	open := &openReader{Reader: r}
	s.readers = append(s.readers, open)
	return open, nil
}

func (s *session) closeReader(r *openReader) error {
	if r.closed {
		return nil
	}
	r.closed = true
	ctx, cancel := context.WithTimeout(context.Background(), s.k.h.Patience)
	defer cancel()
	if err := s.k.promptly("Close of a reader", func() error { return r.Close(ctx) }); err != nil {
		return fmt.Errorf("close a reader: %w", err)
	}
	return nil
}

// close closes readers and source in the order of the contract, on a fresh context.
func (s *session) close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	var errs []error
	for _, r := range s.readers {
		errs = append(errs, s.closeReader(r))
	}
	if s.stop != nil {
		s.stop()
		errs = append(errs, s.k.promptly("Partitions, whose context is done,", func() error {
			err := <-s.ended
			s.ended <- err
			return err
		}))
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.k.h.Patience)
	defer cancel()
	if err := s.k.promptly("Close of the source", func() error { return s.src.Close(ctx) }); err != nil {
		errs = append(errs, fmt.Errorf("close the source: %w", err))
	}
	return errors.Join(errs...)
}

// close closes what a rule left open, and takes the origin down.
func (k *kit) close() error {
	var errs []error
	for _, s := range k.sessions {
		errs = append(errs, s.close())
	}
	if k.h.Close != nil {
		errs = append(errs, k.h.Close())
	}
	return errors.Join(errs...)
}
