package floe

import (
	"sync"
	"sync/atomic"
	"time"
)

// Progress is a snapshot of a run.
type Progress struct {
	Result
	Running    bool
	Partitions int   // open now
	Memory     int64 // bytes of record batches held now
	// EstimatedRows and EstimatedBytes are what the source says there is in all; -1 = unknown.
	EstimatedRows, EstimatedBytes int64
}

// counters is what a run counts while it works.
type counters struct {
	read, skipped, written, rejected, bytes, batches, retries atomic.Int64
	refused                                                   atomic.Int64 // rejected, also in batches that are not loaded yet
	partitions                                                atomic.Int64
	estimatedRows, estimatedBytes                             atomic.Int64
	started                                                   time.Time

	mu      sync.Mutex
	offsets map[string]string
}

func newCounters() *counters {
	c := &counters{started: time.Now(), offsets: map[string]string{}}
	c.estimatedRows.Store(-1)
	c.estimatedBytes.Store(-1)
	return c
}

func (c *counters) moved(partition, offset string) {
	c.mu.Lock()
	c.offsets[partition] = offset
	c.mu.Unlock()
}

func (c *counters) result() Result {
	c.mu.Lock()
	offsets := make(map[string]string, len(c.offsets))
	for k, v := range c.offsets {
		offsets[k] = v
	}
	c.mu.Unlock()
	return Result{
		Read: c.read.Load(), Skipped: c.skipped.Load(), Written: c.written.Load(), Rejected: c.rejected.Load(),
		Bytes: c.bytes.Load(), Batches: c.batches.Load(), Retries: c.retries.Load(),
		Elapsed: time.Since(c.started), Offsets: offsets,
	}
}
