package main

import (
	"fmt"

	"github.com/floedata/floe/benchmarks/internal/child"
)

// How far the largest may be above the smallest, over all sizes.
const (
	memorySpread = 0.20 // of the peaks of memory
	timeSpread   = 0.30 // of the time of a row
)

// verdict judges loads of growing size.
type verdict struct{ memory, clock, cpu span }

func (v *verdict) add(r child.Result) {
	v.memory.add(float64(r.RSS))
	v.clock.add(r.Seconds / float64(r.Rows))
	v.cpu.add(r.CPU / float64(r.Rows))
}

func (v *verdict) judge() (text string, ok bool) {
	text = fmt.Sprintf("memory spreads by %.0f%%, of %.0f%%; the time of a row by %.0f%% by the clock and %.0f%% by the CPU, of %.0f%%",
		100*v.memory.spread(), 100*memorySpread, 100*v.clock.spread(), 100*v.cpu.spread(), 100*timeSpread)
	return text, v.memory.spread() <= memorySpread && min(v.clock.spread(), v.cpu.spread()) <= timeSpread
}

// span is the smallest and largest of some numbers above 0.
type span struct{ least, most float64 }

func (s *span) add(x float64) {
	if s.least == 0 || x < s.least {
		s.least = x
	}
	s.most = max(s.most, x)
}

// spread is how far the largest is above the smallest, as a part of that.
func (s *span) spread() float64 { return s.most/s.least - 1 }
