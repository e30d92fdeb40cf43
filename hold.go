package floe

import (
	"context"
	"errors"
	"sync"

	"github.com/floedata/floe/retry"
)

// errGivenUp ends a flight because an earlier one failed; the session reports that one.
var errGivenUp = errors.New("floe: given up because an earlier batch failed")

// hold keeps later batches of a lane back while an earlier one is failing: a batch that is staged past one
// which never loads would be a hole in the target.
type hold struct {
	mu      sync.Mutex
	failing map[int64]bool // batches whose last call failed and will be repeated
	lost    int64          // lowest batch that failed for good; 0 = none
	changed chan struct{}  // closed and replaced at each change
}

// wait returns once no batch before n is failing; errGivenUp where one was lost.
func (h *hold) wait(ctx context.Context, n int64) error {
	for {
		h.mu.Lock()
		if h.lost > 0 && h.lost < n {
			h.mu.Unlock()
			return errGivenUp
		}
		clear := true
		for k := range h.failing {
			clear = clear && k >= n
		}
		changed := h.changed
		h.mu.Unlock()
		if clear {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// note says how a call for batch n ended.
func (h *hold) note(n int64, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil && !h.failing[n] {
		return
	}
	if h.failing == nil {
		h.failing = map[int64]bool{}
	}
	if err == nil {
		delete(h.failing, n)
	} else {
		h.failing[n] = true
	}
	h.announceLocked()
}

// lose says that batch n failed for good.
func (h *hold) lose(n int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.failing, n)
	if h.lost == 0 || n < h.lost {
		h.lost = n
	}
	h.announceLocked()
}

func (h *hold) announceLocked() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// call runs one attempt of batch n once no earlier batch is failing.
func (h *hold) call(ctx context.Context, n int64, op func(context.Context) error) error {
	if err := h.wait(ctx, n); err != nil {
		return retry.Permanent(err)
	}
	err := op(ctx)
	h.note(n, err)
	return err
}
