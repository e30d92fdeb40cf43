package sink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
)

// MemoryOptions configures a [Memory]. The zero value works.
type MemoryOptions struct {
	// AddColumns lets Prepare add columns that the target lacks; rows that are there already have null in
	// them. Without it a new column is a [SchemaError].
	AddColumns bool
	// Check is a constraint of the target: it answers the rows of rec to refuse, by ascending Reason.Row; rec is
	// borrowed. It is called by several goroutines at once. nil = every row is taken.
	Check func(rec arrow.Record) []deadletter.Reason
	// Limits is what Limits answers; the zero value stands for Limits{EmptyBatches: true}. With Group above 0
	// the Memory loads groups. Stages, StageIsFinal and NoOffsets do not apply: a Memory stages nothing, and keeps
	// offsets.
	Limits Limits
	// Allocator serves copies: of rejected rows, and of the rows beside them. nil = memory.DefaultAllocator.
	Allocator memory.Allocator
}

// Memory is the reference sink: one table in memory, loaded exactly once, with claims and fencing. It outlives
// what stands in front of it: Close changes nothing, and a next run on the same Memory goes on where the last
// one ended, as on any other target. Release gives its rows back.
//
// Loaded records are retained, not copied. Columns are matched by name: a batch that lacks one has null there.
type Memory struct {
	opts MemoryOptions

	mu       sync.Mutex
	schema   *arrow.Schema // of the table; nil = not made yet
	parts    map[memoryKey]*memoryPart
	finished map[string]bool
}

type memoryKey struct{ pipeline, partition string }

// memoryPart is what the target keeps of one partition: its rows, and the offset row beside them.
type memoryPart struct {
	epoch     int64
	committed string
	records   []arrow.Record
}

// NewMemory returns an empty target in memory. nil options are the defaults.
//
// It panics where Limits claims what a Memory does not do.
func NewMemory(opts *MemoryOptions) *Memory {
	m := &Memory{parts: map[memoryKey]*memoryPart{}, finished: map[string]bool{}}
	if opts != nil {
		m.opts = *opts
	}
	l := &m.opts.Limits
	if l.Stages != 0 || l.StageIsFinal || l.NoOffsets {
		panic("sink: NewMemory: Limits has Stages, StageIsFinal or NoOffsets, which a Memory does not do")
	}
	if *l == (Limits{}) {
		l.EmptyBatches = true
	}
	if m.opts.Allocator == nil {
		m.opts.Allocator = memory.DefaultAllocator
	}
	return m
}

// Open implements [Sink].
func (m *Memory) Open(ctx context.Context, pipeline, partition string) (Writer, string, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, "", fmt.Errorf("sink: open partition %q in memory: %w", partition, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key := memoryKey{pipeline, partition}
	part := m.parts[key]
	if part == nil {
		part = &memoryPart{}
		m.parts[key] = part
	}
	part.epoch++
	return &memoryWriter{sink: m, partition: partition, part: part, epoch: part.epoch}, part.committed, nil
}

// Close implements [Sink]. The rows stay, for the reader and for the next run; see [Memory.Release].
func (m *Memory) Close(context.Context) error { return nil }

// Limits implements [Limiter].
func (m *Memory) Limits() Limits { return m.opts.Limits }

// Committed implements [Inspector].
func (m *Memory) Committed(ctx context.Context, pipeline string, partitions ...string) (map[string]string, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string]string{}
	for key, part := range m.parts {
		if key.pipeline == pipeline && part.committed != "" && (len(partitions) == 0 || slices.Contains(partitions, key.partition)) {
			all[key.partition] = part.committed
		}
	}
	return all, nil
}

// Reset implements [Resetter].
func (m *Memory) Reset(ctx context.Context, pipeline string) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, part := range m.parts {
		if key.pipeline == pipeline {
			part.epoch++
			part.committed = ""
		}
	}
	delete(m.finished, pipeline)
	return nil
}

// Finish implements [Finisher]: it notes that the pipeline has ended, see [Memory.Finished].
func (m *Memory) Finish(ctx context.Context, pipeline string, _ []string) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finished[pipeline] = true
	return nil
}

// Finished reports whether Finish was called for the pipeline since the last Reset.
func (m *Memory) Finished(pipeline string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.finished[pipeline]
}

// Schema returns the schema of the table; nil before the first Prepare.
func (m *Memory) Schema() *arrow.Schema {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.schema
}

// Rows returns how many rows are there.
func (m *Memory) Rows() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := int64(0)
	for _, part := range m.parts {
		for _, rec := range part.records {
			n += rec.NumRows()
		}
	}
	return n
}

// Records returns all rows, in the schema of the table: partitions in the order of their names, each in its
// own order. The caller releases the records.
func (m *Memory) Records() []arrow.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := make([]memoryKey, 0, len(m.parts))
	for key := range m.parts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b memoryKey) int {
		return cmp.Or(cmp.Compare(a.pipeline, b.pipeline), cmp.Compare(a.partition, b.partition))
	})
	var all []arrow.Record
	for _, key := range keys {
		for _, rec := range m.parts[key].records {
			all = append(all, conform(m.opts.Allocator, rec, m.schema))
		}
	}
	return all
}

// Release gives back all rows. Offsets, claims and the table stay, so that what was loaded is not loaded again.
func (m *Memory) Release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, part := range m.parts {
		releaseAll(part.records)
		part.records = nil
	}
}

var errWriterClosed = errors.New("sink: the writer is closed")

// memoryWriter is one claim. Its fields do not change, but for closed, which the sink's mutex guards.
type memoryWriter struct {
	sink      *Memory
	partition string
	part      *memoryPart
	epoch     int64
	closed    bool
}

func (w *memoryWriter) Prepare(ctx context.Context, schema *arrow.Schema) error {
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	if err := w.usable(ctx); err != nil {
		return fmt.Errorf("sink: prepare the table in memory: %w", err)
	}
	merged, err := mergeSchema(w.sink.schema, schema, w.sink.opts.AddColumns)
	if err == nil {
		w.sink.schema = merged
	}
	return err
}

func (w *memoryWriter) Load(ctx context.Context, b *Batch) (Receipt, error) {
	e := &memoryLoad{w: w, b: b}
	loadTogether(ctx, []*memoryLoad{e})
	return e.receipt, e.err
}

// usable answers why this writer cannot work: it is closed, ctx is done, or another claim is newer. The caller
// holds the mutex.
func (w *memoryWriter) usable(ctx context.Context) error {
	switch {
	case w.closed:
		return errWriterClosed
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case w.part.epoch != w.epoch:
		return ErrFenced
	}
	return nil
}

// Close gives nothing back that the target needs: the claim lapses with the next one.
func (w *memoryWriter) Close(context.Context) error {
	w.sink.mu.Lock()
	defer w.sink.mu.Unlock()
	w.closed = true
	return nil
}
