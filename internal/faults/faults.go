// Package faults wraps sources and sinks so that calls of their contracts fail: before they take effect, after
// it, or late. The wrapped part is real; only its answers are tampered with.
package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/floedata/floe/retry"
)

// Op names a call of a contract, for example "writer.Load".
type Op string

// Calls that can be made to fail.
const (
	Partitions Op = "source.Partitions"
	Assigned   Op = "partition.Assigned"
	OpenReader Op = "partition.Open"
	Next       Op = "reader.Next"
	Ack        Op = "reader.Ack"
	Claim      Op = "sink.Open"
	Prepare    Op = "writer.Prepare"
	Stage      Op = "writer.Stage"
	Load       Op = "writer.Load"
	LoadAll    Op = "sink.LoadAll"
	Rewind     Op = "writer.Rewind"
	Gate       Op = "batch.Gate"
	Finish     Op = "sink.Finish"
)

// Fault is what happens to one call. The zero value is nothing.
type Fault struct {
	Delay  time.Duration // before the call
	Before error         // answered instead of the call
	After  error         // answered after the call took effect
}

// Injector decides about each call. It is safe for concurrent use.
type Injector interface {
	Inject(op Op) Fault
}

// Error is the injected error; it is marked transient unless said otherwise.
var Error = errors.New("injected fault")

// None injects nothing.
type None struct{}

// Inject implements Injector.
func (None) Inject(Op) Fault { return Fault{} }

// OnNth makes the n-th call of op (from 1) meet fault, and counts.
type OnNth struct {
	Op    Op
	N     int
	Fault Fault

	mu   sync.Mutex
	seen int
}

// Inject implements Injector.
func (o *OnNth) Inject(op Op) Fault {
	if op != o.Op {
		return Fault{}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seen++
	if o.seen == o.N {
		return o.Fault
	}
	return Fault{}
}

// Met reports whether the fault surfaced.
func (o *OnNth) Met() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.seen >= o.N
}

// Random makes calls meet transient faults at a rate, but at most Most in a row of one kind, so that retries
// come through.
type Random struct {
	mu    sync.Mutex
	rng   *rand.Rand
	rate  float64
	most  int
	inRow map[Op]int
	count map[Op]int
}

// NewRandom returns a Random of a seed.
func NewRandom(seed uint64, rate float64, most int) *Random {
	return &Random{rng: rand.New(rand.NewPCG(seed, 1)), rate: rate, most: most, inRow: map[Op]int{}, count: map[Op]int{}}
}

// Inject implements Injector.
func (r *Random) Inject(op Op) Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	var f Fault
	if r.rng.Float64() < r.rate {
		f.Delay = time.Duration(r.rng.IntN(300)) * time.Microsecond
	}
	if r.rng.Float64() >= r.rate || r.inRow[op] >= r.most {
		r.inRow[op] = 0
		return f
	}
	r.inRow[op]++
	r.count[op]++
	err := retry.Transient(fmt.Errorf("%w in %s", Error, op))
	if r.rng.IntN(2) == 0 {
		f.Before = err
	} else {
		f.After = err
	}
	return f
}

// Count returns how many faults of op were injected.
func (r *Random) Count(op Op) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count[op]
}

// run makes a call meet its fault.
func run(ctx context.Context, in Injector, op Op, call func() error) error {
	f := in.Inject(op)
	if f.Delay > 0 {
		t := time.NewTimer(f.Delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	if f.Before != nil {
		return f.Before
	}
	if err := call(); err != nil {
		return err
	}
	return f.After
}
