package sinktest_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
)

// mutant is a sink that is broken in exactly one way, and the rule that must name it. Hooks that are nil leave the
// sound sink as it is.
type mutant struct {
	name string
	rule string

	options sink.MemoryOptions
	staged  bool // the writers stage
	open    func(m *mutated, ctx context.Context, partition string) (sink.Writer, string, error)
	prepare func(w *writer, ctx context.Context, schema *arrow.Schema) error
	stage   func(w *writer, ctx context.Context, b *sink.Batch) error
	load    func(w *writer, ctx context.Context, b *sink.Batch) (sink.Receipt, error)
	loadAll func(m *mutated, ctx context.Context, group []sink.Loading) ([]sink.Receipt, []error)
	close   func(w *writer, ctx context.Context) error
	reset   func(m *mutated) error
	harness func(m *mutated, h *sinktest.Harness)
}

// mutated is a sound sink with the mutant's hooks around it.
type mutated struct {
	*sink.Memory
	mutant
	inner sink.Sink // the Memory, or what stages in front of it

	mu      sync.Mutex
	extra   []arrow.Record // that Read answers too; owned
	pending []func()       // what a broken sink does later
	names   []string       // of columns, when first prepared
	gen     int            // of the schema
	running int            // loads
	strike  bool           // the next load fails
}

type writer struct {
	sink.Writer
	m         *mutated
	ctx       context.Context // of Open, which a sound sink would not keep
	partition string
	gen       int
	done      map[*sink.Batch]bool // loaded
	tried     map[*sink.Batch]bool // and failed
	last      *sink.Batch          // staged
}

type stagingWriter struct{ *writer }

func newMutated(mt mutant) *mutated {
	m := &mutated{mutant: mt}
	if mt.staged {
		s := sinktest.NewStaged(&mt.options)
		m.Memory, m.inner = s.Memory, s
	} else {
		m.Memory = sink.NewMemory(&mt.options)
		m.inner = m.Memory
	}
	return m
}

func (m *mutated) Limits() sink.Limits { return m.inner.(sink.Limiter).Limits() }

func (m *mutated) Open(ctx context.Context, _, partition string) (sink.Writer, string, error) {
	open := m.openSound
	if m.open != nil {
		open = func(ctx context.Context, partition string) (sink.Writer, string, error) {
			return m.open(m, ctx, partition)
		}
	}
	inner, committed, err := open(ctx, partition)
	if err != nil {
		return nil, "", err
	}
	w := &writer{Writer: inner, m: m, ctx: ctx, partition: partition, done: map[*sink.Batch]bool{}, tried: map[*sink.Batch]bool{}}
	if m.staged {
		return stagingWriter{w}, committed, nil
	}
	return w, committed, nil
}

func (m *mutated) openSound(ctx context.Context, partition string) (sink.Writer, string, error) {
	return m.inner.Open(ctx, "sinktest", partition)
}

func (m *mutated) Reset(ctx context.Context, pipeline string) error {
	if m.reset != nil {
		return m.reset(m)
	}
	return m.Memory.Reset(ctx, pipeline)
}

func (m *mutated) LoadAll(ctx context.Context, group []sink.Loading) ([]sink.Receipt, []error) {
	for i, l := range group {
		group[i].Writer = l.Writer.(*writer).Writer
	}
	if m.loadAll != nil {
		return m.loadAll(m, ctx, group)
	}
	return m.Memory.LoadAll(ctx, group)
}

func (w *writer) Prepare(ctx context.Context, schema *arrow.Schema) error {
	if w.m.prepare != nil {
		return w.m.prepare(w, ctx, schema)
	}
	return w.Writer.Prepare(ctx, schema)
}

func (w *writer) Load(ctx context.Context, b *sink.Batch) (r sink.Receipt, err error) {
	if w.m.load != nil {
		r, err = w.m.load(w, ctx, b)
	} else {
		r, err = w.Writer.Load(ctx, b)
	}
	w.done[b], w.tried[b] = err == nil, err != nil
	return r, err
}

func (w *writer) Close(ctx context.Context) error {
	if w.m.close != nil {
		return w.m.close(w, ctx)
	}
	return w.Writer.Close(ctx)
}

func (w stagingWriter) Stage(ctx context.Context, b *sink.Batch) error {
	if w.m.stage != nil {
		return w.m.stage(w.writer, ctx, b)
	}
	return w.Writer.(sink.Stager).Stage(ctx, b)
}

// keep makes rows visible, beside all claims and offsets.
func (m *mutated) keep(recs ...arrow.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, rec := range recs {
		rec.Retain()
		m.extra = append(m.extra, rec)
	}
}

func (m *mutated) read(context.Context) ([]arrow.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	recs := m.Records()
	for _, rec := range m.extra {
		rec.Retain()
		recs = append(recs, rec)
	}
	return recs, nil
}

func (m *mutated) release() error {
	for _, rec := range m.extra {
		rec.Release()
	}
	m.Release()
	return nil
}

func (m *mutated) newHarness() sinktest.Harness {
	h := sinktest.Harness{
		Open:        func(context.Context) (sink.Sink, error) { return m, nil },
		Read:        m.read,
		Close:       m.release,
		Types:       sinktest.AllTypes(),
		AddColumns:  true,
		RefusedName: "refused",
	}
	if m.harness != nil {
		m.harness(m, &h)
	}
	return h
}

// with returns b with other records; its Gate is told of the rows of b.
func with(b *sink.Batch, recs []arrow.Record, schema *arrow.Schema) *sink.Batch {
	c := *b
	c.Records, c.Schema, c.Rows = recs, schema, 0
	for _, rec := range recs {
		c.Rows += rec.NumRows()
	}
	c.Gate = func(ctx context.Context, r sink.Receipt) error {
		r.Rows += b.Rows - c.Rows
		return b.Gate(ctx, r)
	}
	return &c
}

// gated returns b with another Gate.
func gated(b *sink.Batch, gate func(ctx context.Context, r sink.Receipt) error) *sink.Batch {
	c := *b
	c.Gate = gate
	return &c
}

func ungated(b *sink.Batch) *sink.Batch {
	return gated(b, func(_ context.Context, r sink.Receipt) error { r.Rejected.Release(); return nil })
}

// sound are the sinks that the mutants differ from in one way.
func sound() []mutant {
	return []mutant{
		{name: "append"},
		{name: "staged", staged: true},
		{name: "grouped", options: sink.MemoryOptions{Limits: sink.Limits{InFlight: 4, Group: 8, EmptyBatches: true}}},
		{name: "refusing values", harness: refusesNumbers, options: sink.MemoryOptions{Check: refuseNumbers}},
		{name: "named", harness: named(false)},
		{name: "faulty", harness: faulty, load: faultyLoad(true)},
	}
}

func TestSoundSinks(t *testing.T) {
	for _, mt := range sound() {
		t.Run(mt.name, func(t *testing.T) {
			if mt.options.Check == nil {
				mt.options.Check = refuse("refused")
			}
			mt.options.AddColumns = true
			err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) { return newMutated(mt).newHarness(), nil })
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMutants holds the suite against sinks that break one rule each.
func TestMutants(t *testing.T) {
	proved := map[string]bool{}
	for _, mt := range mutants(t) {
		proved[mt.rule] = true
		t.Run(mt.name, func(t *testing.T) {
			if mt.options.Check == nil {
				mt.options.Check = refuse("refused")
			}
			mt.options.AddColumns = true
			names(t, mt.rule, func() (sinktest.Harness, error) { return newMutated(mt).newHarness(), nil })
		})
	}
	for _, mt := range modeMutants() {
		proved[mt.rule] = true
		t.Run(mt.name, func(t *testing.T) {
			names(t, mt.rule, func() (sinktest.Harness, error) { return newModeTable(mt.mode, mt.bug).harness(), nil })
		})
	}
	for _, rule := range sinktest.Rules() {
		if !proved[rule] {
			t.Errorf("no mutant stands behind the rule %s", rule)
		}
	}
}

// TestHangs holds the suite against sinks that do not return.
func TestHangs(t *testing.T) {
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	hang := func() { <-end }
	for _, mt := range []mutant{
		{name: "Close hangs", rule: "context/close", close: func(*writer, context.Context) error { hang(); return nil }},
		{name: "Load hangs", rule: "life/load", load: func(*writer, context.Context, *sink.Batch) (sink.Receipt, error) { hang(); return sink.Receipt{}, nil }},
	} {
		t.Run(mt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			err := sinktest.Check(ctx, func() (sinktest.Harness, error) { return newMutated(mt).newHarness(), nil }, mt.rule)
			if err == nil || !strings.Contains(err.Error(), mt.rule+": a call does not return") {
				t.Errorf("Check = %v, want that %s hangs", err, mt.rule)
			}
		})
	}
}

// names runs one rule and expects it to be named.
func names(t *testing.T, rule string, newHarness func() (sinktest.Harness, error)) {
	t.Helper()
	err := sinktest.Check(t.Context(), newHarness, rule)
	if err == nil {
		t.Fatal("the suite found nothing")
	}
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		var broken *sinktest.RuleError
		if errors.As(e, &broken) && broken.Rule == rule {
			t.Log(e)
			return
		}
	}
	t.Errorf("the suite does not name %s: %v", rule, err)
}
