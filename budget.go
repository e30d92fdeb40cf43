package floe

import (
	"container/list"
	"context"
	"sync"
)

// budget counts the bytes of record batches that a run holds. A reader waits in acquire until its record
// fits, or until nothing else is held: a record larger than the limit proceeds alone.
//
// Held bytes are in one of three places: in transit (read, on the way into a batch), filling (in the batch
// that a lane fills) or sealed (in a batch on its way into the target). Transit and sealed bytes come free by
// themselves; filling ones may wait for more rows, which must not be the rows of a reader that waits for
// memory. So whenever a reader waits and all that is held is filling, the lane that holds most is asked to
// seal. The level is looked at after every change, so that no wake-up can be lost.
type budget struct {
	mu      sync.Mutex
	limit   int64
	used    int64
	transit int64
	sealed  int64
	filling map[*lane]int64
	waiting list.List // of *claimOfBytes, first come first served
}

type claimOfBytes struct {
	bytes   int64
	granted chan struct{}
}

func newBudget(limit int64) *budget {
	return &budget{limit: limit, filling: map[*lane]int64{}}
}

// acquire charges n bytes as transit, waiting until they fit. ctx done wins over room.
func (b *budget) acquire(ctx context.Context, n int64) error {
	b.mu.Lock()
	if ctx.Err() != nil {
		b.mu.Unlock()
		return context.Cause(ctx)
	}
	if b.waiting.Len() == 0 && b.fitsLocked(n) {
		b.used += n
		b.transit += n
		b.mu.Unlock()
		return nil
	}
	c := &claimOfBytes{bytes: n, granted: make(chan struct{})}
	place := b.waiting.PushBack(c)
	b.settleLocked()
	b.mu.Unlock()

	select {
	case <-c.granted:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-c.granted:
		b.used -= n
		b.transit -= n
	default:
		b.waiting.Remove(place)
	}
	b.settleLocked()
	return context.Cause(ctx)
}

// recharge corrects n bytes in transit to what is held of them now: transforms drop rows and make new ones. Growth
// is a debt that does not wait.
func (b *budget) recharge(n, holds int64) {
	b.mu.Lock()
	b.transit += holds - n
	b.used += holds - n
	b.settleLocked()
	b.mu.Unlock()
}

// fill moves n bytes from transit into the batch that l fills.
func (b *budget) fill(l *lane, n int64) {
	b.mu.Lock()
	b.transit -= n
	b.filling[l] += n
	b.settleLocked()
	b.mu.Unlock()
}

// drop frees n bytes in transit.
func (b *budget) drop(n int64) {
	b.mu.Lock()
	b.transit -= n
	b.used -= n
	b.settleLocked()
	b.mu.Unlock()
}

// seal moves what l's filling batch was charged to the sealed bytes, and corrects it to what the sealed batch
// holds: growth is a debt that does not wait.
func (b *budget) seal(l *lane, holds int64) {
	b.mu.Lock()
	b.used += holds - b.filling[l]
	b.sealed += holds
	delete(b.filling, l)
	b.settleLocked()
	b.mu.Unlock()
}

// free gives n sealed bytes back.
func (b *budget) free(n int64) {
	b.mu.Lock()
	b.sealed -= n
	b.used -= n
	b.settleLocked()
	b.mu.Unlock()
}

// abandon frees what l's filling batch was charged.
func (b *budget) abandon(l *lane) { b.seal(l, 0) }

func (b *budget) held() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

func (b *budget) fitsLocked(n int64) bool { return b.used == 0 || b.used+n <= b.limit }

// settleLocked grants what fits, and asks for a seal where nothing else can make room.
func (b *budget) settleLocked() {
	for e := b.waiting.Front(); e != nil; e = b.waiting.Front() {
		c := e.Value.(*claimOfBytes)
		if !b.fitsLocked(c.bytes) {
			break
		}
		b.used += c.bytes
		b.transit += c.bytes
		b.waiting.Remove(e)
		close(c.granted)
	}
	if b.waiting.Len() == 0 || b.transit > 0 || b.sealed > 0 {
		return
	}
	var largest *lane
	for l, n := range b.filling {
		if n > 0 && (largest == nil || n > b.filling[largest]) {
			largest = l
		}
	}
	if largest != nil {
		select {
		case largest.pressed <- struct{}{}:
		default: // asked already
		}
	}
}
