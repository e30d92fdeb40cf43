package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/source"
)

func goneRules() []rule {
	return []rule{
		{"gone/rewind", "a source that cannot be replayed answers a rewind with an OffsetError, and never with other rows", checkRewind},
	}
}

func ackRules() []rule {
	return []rule{
		{"ack/beside-next", "Ack is called on another goroutine than Next, and leaves the rows as they are", checkAckBeside},
		{"ack/noted", "what was acked is noted at the origin, also when a later position stands for an earlier one", checkAckNoted},
		{"ack/no-loss", "an ack moves nothing but what Acked answers: after it come the rows behind it, and without a position all of them", checkAckLoss},
	}
}

func revokeRules() []rule {
	return []rule{
		{"revoked/reading", "of a partition that was taken away, Next, Open and Assigned answer ErrRevoked", checkRevoked},
		{"revoked/waiting", "Next that waits for rows answers ErrRevoked as soon as the partition is taken away", checkRevokedWaiting},
		{"revoked/again", "a partition that is assigned again is yielded again, also while the old reader is open, and goes on after any position", checkRevokedAgain},
	}
}

func checkRewind(ctx context.Context, k *kit) error {
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	if !s.gone {
		return skip("the source can be replayed")
	}
	id := s.ids()[0]
	tr, err := s.part(ctx, id, "", -1, 2)
	if err != nil {
		return err
	}
	if len(tr.cuts) < 2 {
		return skip("the origin has not two batches")
	}
	for _, position := range []string{"", tr.cuts[0].position} {
		_, err := s.reader(ctx, s.parts[id], position)
		if err := wantOffsetError(err, id, position); err != nil {
			return err
		}
	}
	// In another process nothing of this one is there.
	if err := s.close(); err != nil {
		return err
	}
	if s, err = k.open(ctx); err != nil {
		return err
	}
	id = s.ids()[0]
	_, err = s.reader(ctx, s.parts[id], tr.cuts[1].position)
	return wantOffsetError(err, id, tr.cuts[1].position)
}

// acked reads the busiest partition and acks about the half of it, from another goroutine. It closes the source
// and answers where it stands.
func (k *kit) acked(ctx context.Context) (id string, tr *trace, at cut, err error) {
	all, err := k.replayable(ctx)
	if err != nil {
		return "", nil, cut{}, err
	}
	if id, tr, err = busiest(all); err != nil {
		return "", nil, cut{}, err
	}
	s, err := k.open(ctx)
	if err != nil {
		return "", nil, cut{}, err
	}
	r, err := s.reader(ctx, s.parts[id], "")
	if err != nil {
		return "", nil, cut{}, err
	}
	acker, ok := r.Reader.(source.Acker)
	if !ok {
		return "", nil, cut{}, skip("the source wants no acks")
	}
	positions, done, failed := make(chan string, len(tr.items)+1), make(chan struct{}), make(chan error, 1)
	go func() { failed <- guard(func() error { return ackEach(ctx, acker, positions, done) }) }()
	got, last := k.trace(), ""
	for n := 0; len(got.items) < len(tr.items); n++ {
		if err := got.read(ctx, r, last, len(tr.items), 1); err != nil {
			close(positions)
			<-failed
			return "", nil, cut{}, err
		}
		if len(got.cuts) == 0 {
			continue
		}
		last = got.cuts[len(got.cuts)-1].position
		// Every second batch of the first half: a later position stands for an earlier one.
		if at.position == "" || n%2 == 0 && len(got.items) <= len(tr.items)/2 {
			first := at.position == ""
			at = got.cuts[len(got.cuts)-1]
			positions <- at.position
			if first {
				<-done // what an ack does to the reading shows from here on
			}
		}
	}
	close(positions)
	if err := <-failed; err != nil {
		return "", nil, cut{}, fmt.Errorf("ack: %w", err)
	}
	if err := differ(tr.items, got.items); err != nil {
		return "", nil, cut{}, err
	}
	return id, tr, at, s.close()
}

// ackEach acks what it is told, and closes first after the first; a transient failure is made up for by the next ack, or by trying again.
func ackEach(ctx context.Context, acker source.Acker, positions <-chan string, first chan<- struct{}) error {
	once := sync.OnceFunc(func() { close(first) })
	defer once()
	for position := range positions {
		for n := 1; ; n++ {
			err := acker.Ack(ctx, position)
			if err == nil {
				once()
				break
			}
			if n == 100 || !retry.IsTransient(err) {
				return err
			}
		}
	}
	return nil
}

func checkAckBeside(ctx context.Context, k *kit) error {
	_, _, _, err := k.acked(ctx)
	return err
}

func checkAckNoted(ctx context.Context, k *kit) error {
	if k.h.Acked == nil {
		return skip("the origin cannot be asked")
	}
	id, _, at, err := k.acked(ctx)
	if err != nil {
		return err
	}
	noted, err := k.h.Acked(ctx, id)
	if err != nil {
		return fmt.Errorf("the harness: %w", err)
	}
	if noted != at.position {
		return fmt.Errorf("partition %q was acked up to %.100q, but the origin has noted %.100q", id, at.position, noted)
	}
	return nil
}

func checkAckLoss(ctx context.Context, k *kit) error {
	id, tr, at, err := k.acked(ctx)
	if err != nil {
		return err
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	rest, err := s.read(ctx, id, at.position, at.items)
	if err != nil {
		return err
	}
	if err := differ(tr.items[at.items:], rest.items); err != nil {
		return fmt.Errorf("partition %q, opened after the acked position %.100q: %w", id, at.position, err)
	}
	if origin, ok := s.parts[id].(source.Resumer); ok {
		acked, err := origin.Acked(ctx)
		if err != nil {
			return fmt.Errorf("partition %q: Acked: %w", id, err)
		}
		if acked != at.position {
			return fmt.Errorf("partition %q was acked up to %.100q, and says %.100q", id, at.position, acked)
		}
	}
	first, err := s.read(ctx, id, "", 0)
	if err != nil {
		return err
	}
	if err := differ(tr.items, first.items); err != nil {
		return fmt.Errorf("partition %q, opened without a position after acks up to row %d: %w", id, at.items, err)
	}
	return nil
}

// revoke opens a source and its busiest partition, reads some batches of it (-1 = all), and lets then take it
// away.
func (k *kit) revoke(ctx context.Context, batches int, then func(s *session, p source.Partition, r *openReader, tr *trace) error) error {
	if k.h.Revoke == nil {
		return skip("partitions are not taken away")
	}
	all, err := k.whole(ctx)
	if err != nil {
		return err
	}
	id, _, err := busiest(all)
	if err != nil {
		return err
	}
	s, err := k.open(ctx)
	if err != nil {
		return err
	}
	p := s.parts[id]
	r, err := s.reader(ctx, p, "")
	if err != nil {
		return err
	}
	tr := k.trace()
	if err := tr.read(ctx, r, "", s.total(id), batches); err != nil {
		return err
	}
	if a, ok := p.(source.Assigner); ok {
		if err := a.Assigned(ctx); err != nil {
			return fmt.Errorf("partition %q: Assigned, before it was taken away: %w", id, err)
		}
	}
	return then(s, p, r, tr)
}

func wantRevoked(what string, err error) error {
	if !errors.Is(err, source.ErrRevoked) {
		return fmt.Errorf("%s of a partition that was taken away answered %v", what, err)
	}
	return nil
}

// drain reads on until Next fails: what a reader has at hand it may still give.
func drain(ctx context.Context, r source.Reader) error {
	for {
		b, err := next(ctx, r, new(int))
		if err != nil {
			return err
		}
		b.Release()
	}
}

func checkRevoked(ctx context.Context, k *kit) error {
	return k.revoke(ctx, 1, func(s *session, p source.Partition, r *openReader, _ *trace) error {
		if err := k.h.Revoke(ctx, p.ID()); err != nil {
			return fmt.Errorf("the harness: %w", err)
		}
		late, cancel := context.WithTimeout(ctx, k.h.Patience)
		defer cancel()
		if err := wantRevoked("Next", drain(late, r)); err != nil {
			return err
		}
		if err := s.closeReader(r); err != nil {
			return err
		}
		_, err := s.reader(ctx, p, "")
		if err := wantRevoked("Open", err); err != nil {
			return err
		}
		if a, ok := p.(source.Assigner); ok {
			return wantRevoked("Assigned", a.Assigned(ctx))
		}
		return errors.New("the partition does not implement source.Assigner")
	})
}

func checkRevokedWaiting(ctx context.Context, k *kit) error {
	return k.revoke(ctx, -1, func(_ *session, p source.Partition, r *openReader, _ *trace) error {
		late, cancel := context.WithTimeout(ctx, k.h.Patience)
		defer cancel()
		returned := make(chan error, 1)
		go func() { returned <- guard(func() error { return drain(late, r) }) }()
		time.Sleep(20 * time.Millisecond) // to let it wait: it must not matter
		if err := k.h.Revoke(ctx, p.ID()); err != nil {
			return fmt.Errorf("the harness: %w", err)
		}
		select {
		case err := <-returned:
			return wantRevoked("Next", err)
		case <-time.After(2 * k.h.Patience):
			return errors.New("Next did not return, not even when its context was done")
		}
	})
}

func checkRevokedAgain(ctx context.Context, k *kit) error {
	return k.revoke(ctx, 1, func(s *session, p source.Partition, old *openReader, tr *trace) error {
		id := p.ID()
		if err := k.h.Revoke(ctx, id); err != nil {
			return fmt.Errorf("the harness: %w", err)
		}
		again, err := s.another(ctx)
		if err != nil {
			return err
		}
		if again.ID() != id {
			return fmt.Errorf("%q was taken away and assigned again, but %q was yielded", id, again.ID())
		}
		s.parts[id] = again
		if a, ok := again.(source.Assigner); ok {
			if err := a.Assigned(ctx); err != nil {
				return fmt.Errorf("partition %q: Assigned, after it was assigned again: %w", id, err)
			}
		}
		at := tr.cuts[len(tr.cuts)-1]
		rest, err := s.read(ctx, id, at.position, at.items)
		if err != nil {
			return err
		}
		whole, err := s.read(ctx, id, "", 0)
		if err != nil {
			return err
		}
		if err := differ(whole.items[at.items:], rest.items); err != nil {
			return fmt.Errorf("partition %q, assigned again and opened after %.100q: %w", id, at.position, err)
		}
		late, cancel := context.WithTimeout(ctx, k.h.Patience)
		defer cancel()
		return wantRevoked("Next", drain(late, old))
	})
}
