package snowflake

import (
	"slices"
	"sync"
	"time"
)

// Latency is how long files took from the stage into the table.
type Latency struct {
	Files       int64         // that were loaded
	Median, P95 time.Duration // of the last 1,000; 0 = there were none
}

// Latency returns how long the files of the sink took, from the end of the upload of their batch until they were seen to be
// loaded, which is up to [PipeOptions].Poll after they were.
func (p *PipeSink) Latency() Latency { return p.latency.report() }

// latencies is how many are kept.
const latencies = 1000

// latency keeps the last ones.
type latency struct {
	mu    sync.Mutex
	last  []time.Duration
	files int64
}

func (l *latency) add(took time.Duration, files int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range files {
		if len(l.last) < latencies {
			l.last = append(l.last, took)
		} else {
			l.last[l.files%latencies] = took
		}
		l.files++
	}
}

func (l *latency) report() Latency {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.last) == 0 {
		return Latency{}
	}
	sorted := slices.Sorted(slices.Values(l.last))
	return Latency{Files: l.files, Median: sorted[len(sorted)/2], P95: sorted[len(sorted)*95/100]}
}
