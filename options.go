package floe

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/config"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/transform"
)

// Defaults of [Options].
const (
	DefaultMemoryLimit  = 1 << 30
	DefaultCloseTimeout = 30 * time.Second
	// DefaultRows and DefaultBytes bound the batches where neither the user nor the sink bounds rows or bytes.
	DefaultRows  = 100_000
	DefaultBytes = 64 << 20
	// DefaultDelay bounds those of an unbounded source, where neither the user nor the sink bounds the delay.
	DefaultDelay = time.Second
)

// Options of a [Pipeline]. The zero value, and nil, mean the default of each field. New copies it; it is read
// at the start of each run.
type Options struct {
	// Transforms are applied to each record, in this order.
	Transforms []transform.Transform
	// Batching bounds the batches; the stricter of it and of what the sink prefers wins. A batch is sealed at the
	// first end of a source batch at which a bound is reached, so that it may exceed Rows and Bytes by one source
	// batch. Zero fields are left to the sink.
	Batching batching.Policy
	// Retry is how transient errors are tried again; the zero value is 3 retries, base 1 s, factor 2, jitter.
	Retry retry.Policy
	// Workers is how many records are transformed at once, and how many partitions of a bounded source are open
	// at once; 0 = GOMAXPROCS.
	Workers int
	// MemoryLimit bounds the bytes of record batches held at once, over all partitions; 0 = 1 GiB. A record that is
	// larger proceeds alone. What sources read ahead and sinks keep inside is theirs to bound.
	MemoryLimit int64
	// DeadLetter takes the rejected rows, in the schema of [deadletter.Rows.WithReasons]; nil: the first reject
	// fails the run. It must not be on a database that bears one load at a time and is the sink's own.
	DeadLetter sink.Sink
	// MaxRejects is how many rejected rows a run bears; one more fails it. 0 = no bound.
	MaxRejects int64
	// AcceptChangedTransforms lets a run go on inside a source batch that other transforms began. The rows already
	// loaded are counted by number, so some may be lost or doubled where the transforms drop or multiply rows.
	AcceptChangedTransforms bool
	// Allocator makes the records that the engine joins; nil = the Go allocator.
	Allocator memory.Allocator
	// Logger gets what is worth knowing and not an error of the run; nil = slog.Default().
	Logger *slog.Logger
	// Hooks are told what happens, while it happens.
	Hooks Hooks
	// CloseTimeout bounds the closing of readers and writers once a run has ended or was aborted; 0 = 30 s.
	CloseTimeout time.Duration
}

func (o Options) withDefaults() Options {
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.MemoryLimit == 0 {
		o.MemoryLimit = DefaultMemoryLimit
	}
	if o.Allocator == nil {
		o.Allocator = memory.DefaultAllocator
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.CloseTimeout == 0 {
		o.CloseTimeout = DefaultCloseTimeout
	}
	return o
}

// validate notes every fault of the options and of what they join.
func (o Options) validate(name string, src source.Source, dst sink.Sink, faults *config.Faults) {
	if name == "" {
		faults.Add("name", "must not be empty: offsets are kept under it")
	}
	if src == nil {
		faults.Add("source", "must not be nil")
	}
	if dst == nil {
		faults.Add("sink", "must not be nil")
	}
	notNegative(faults, "Options.Batching.Rows", o.Batching.Rows)
	notNegative(faults, "Options.Batching.Bytes", o.Batching.Bytes)
	notNegative(faults, "Options.Batching.Delay", o.Batching.Delay)
	notNegative(faults, "Options.Workers", o.Workers)
	notNegative(faults, "Options.MemoryLimit", o.MemoryLimit)
	notNegative(faults, "Options.MaxRejects", o.MaxRejects)
	notNegative(faults, "Options.CloseTimeout", o.CloseTimeout)
	for i, t := range o.Transforms {
		if t == nil {
			faults.Add("Options.Transforms", "entry %d is nil", i)
		}
	}
	if o.MaxRejects > 0 && o.DeadLetter == nil && (dst == nil || !limitsOf(dst).KeepsRejects) {
		faults.Add("Options.MaxRejects", "has no effect without Options.DeadLetter: the first reject fails the run")
	}
	if src != nil && dst != nil {
		o.validateJoined(src, dst, faults)
	}
}

func (o Options) validateJoined(src source.Source, dst sink.Sink, faults *config.Faults) {
	limits := limitsOf(dst)
	if nr, ok := src.(source.NotReplayable); ok && !limits.NoOffsets {
		if id, no := nr.RunID(); no && id == "" {
			faults.Add("source", "cannot be replayed and has no id: give its adapter an id that is fresh for each run, or use an at-least-once sink")
		}
	}
	if limits.BoundedOnly != "" && src.Unbounded() {
		faults.Add("source", "has no end, and the sink needs one: %s", limits.BoundedOnly)
	}
	if o.DeadLetter != nil && shareDatabase(limits, limitsOf(o.DeadLetter)) {
		faults.Add("Options.DeadLetter", "is on the sink's own database, which bears one load at a time: its load would wait for the one that waits for it. Use another database, or the sink's own table of rejects")
	}
}

// shareDatabase reports whether two sinks have a database in common that bears one load at a time.
func shareDatabase(a, b sink.Limits) bool {
	for place := range strings.Lines(a.Database) {
		for other := range strings.Lines(b.Database) {
			if strings.TrimSuffix(place, "\n") == strings.TrimSuffix(other, "\n") {
				return true
			}
		}
	}
	return false
}

func notNegative[T int | int64 | time.Duration](faults *config.Faults, field string, v T) {
	if v < 0 {
		faults.Add(field, "must not be negative, is %v; 0 means the default", v)
	}
}

func limitsOf(s sink.Sink) sink.Limits {
	if l, ok := s.(sink.Limiter); ok {
		return l.Limits()
	}
	return sink.Limits{}
}

// closing returns a context for closing: of its own time, also where ctx is done.
func (o Options) closing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), o.CloseTimeout)
}
