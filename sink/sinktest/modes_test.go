package sinktest_test

import (
	"context"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
)

// modeTable is a sink of usual rows that upserts or replaces, with a bug or none.
type modeTable struct {
	sync.Mutex
	mode    sink.Mode
	bug     string
	visible []nameRow
	aside   []nameRow // replace: of the generation that loads
	epochs  map[string]int
	offsets map[string]string
}

type nameRow struct {
	id   int64
	name string
	null bool
}

func newModeTable(mode sink.Mode, bug string) *modeTable {
	return &modeTable{mode: mode, bug: bug, epochs: map[string]int{}, offsets: map[string]string{}}
}

type modeWriter struct {
	*modeTable
	partition string
	epoch     int
}

func (s *modeTable) Open(ctx context.Context, _, partition string) (sink.Writer, string, error) {
	s.Lock()
	defer s.Unlock()
	s.epochs[partition]++
	if s.bug == "begins anew after a crash" && len(s.aside) > 3 {
		s.aside, s.offsets = nil, map[string]string{}
	}
	return &modeWriter{s, partition, s.epochs[partition]}, s.offsets[partition], ctx.Err()
}

func (w *modeWriter) Prepare(ctx context.Context, _ *arrow.Schema) error { return ctx.Err() }

func (w *modeWriter) Load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	w.Lock()
	defer w.Unlock()
	switch committed := w.offsets[w.partition]; {
	case w.epoch != w.epochs[w.partition] || committed != b.From && committed != b.To:
		return sink.Receipt{}, sink.ErrFenced
	case committed == b.To || ctx.Err() != nil:
		return sink.Receipt{Rows: b.Rows}, ctx.Err()
	}
	rows, rejected, err := w.take(b)
	if err != nil {
		return sink.Receipt{}, err
	}
	r := sink.Receipt{Rows: b.Rows - rejected.Len(), Rejected: rejected}
	if err := b.Gate(ctx, r); err != nil {
		return sink.Receipt{}, err
	}
	w.offsets[w.partition] = b.To
	switch {
	case w.mode == sink.Upsert:
		w.upsert(rows)
	case w.bug == "shows rows before Finish":
		w.visible = append(w.visible, rows...)
	default:
		w.aside = append(w.aside, rows...)
	}
	return r, nil
}

// take reads the rows of b; one whose key is null is a reject where the mode has keys.
func (w *modeWriter) take(b *sink.Batch) (rows []nameRow, rejected *deadletter.Rows, err error) {
	at := int64(0)
	for _, rec := range b.Records {
		ids, names := rec.Column(0).(*array.Int64), rec.Column(1).(*array.String)
		var bad []deadletter.Reason
		for i := range ids.Len() {
			if ids.IsNull(i) && w.bug != "takes a null key for 0" {
				bad = append(bad, deadletter.Reason{Row: int64(i), Code: deadletter.CodeNull, Column: "id", Message: "the key is null"})
				continue
			}
			r := nameRow{id: ids.Value(i), null: names.IsNull(i)}
			if !r.null {
				r.name = string([]byte(names.Value(i)))
			}
			rows = append(rows, r)
		}
		kept, refused, err := deadletter.Split(memory.DefaultAllocator, rec, bad)
		if err != nil {
			return nil, nil, err
		}
		if kept != nil {
			kept.Release()
		}
		if refused != nil {
			for i := range refused.Reasons {
				refused.Reasons[i].Row += at
			}
			rejected = refused // the rule has one bad row
		}
		at += rec.NumRows()
	}
	return rows, rejected, nil
}

func (s *modeTable) upsert(rows []nameRow) {
	first := map[int64]bool{}
	for _, r := range rows {
		if s.bug == "keeps the first row of a key in a batch" && first[r.id] {
			continue
		}
		first[r.id] = true
		found := false
		for i := range s.visible {
			if s.visible[i].id == r.id {
				found = true
				if s.bug != "keeps the first row of a key" {
					s.visible[i] = r
				}
			}
		}
		if !found {
			s.visible = append(s.visible, r)
		}
	}
}

func (w *modeWriter) Close(context.Context) error { w.epoch = 0; return nil }

func (s *modeTable) Close(context.Context) error { return nil }

// Finish swaps, unless the generation was finished before.
func (s *modeTable) Finish(ctx context.Context, _ string, partitions []string) error {
	s.Lock()
	defer s.Unlock()
	if len(s.offsets) == 0 && s.bug != "swaps twice" {
		return ctx.Err()
	}
	if s.bug == "adds to the old rows" {
		s.aside = append(s.aside, s.visible...)
	}
	s.visible, s.aside = s.aside, nil
	if s.bug != "keeps the offsets of the generation" {
		s.offsets = map[string]string{}
	}
	return ctx.Err()
}

func (s *modeTable) read(rows *[]nameRow) func(context.Context) ([]arrow.Record, error) {
	return func(context.Context) ([]arrow.Record, error) {
		s.Lock()
		defer s.Unlock()
		ids, names := array.NewInt64Builder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
		for _, r := range *rows {
			ids.Append(r.id)
			if r.null {
				names.AppendNull()
			} else {
				names.Append(r.name)
			}
		}
		schema := arrow.NewSchema([]arrow.Field{{Name: "name", Type: arrow.BinaryTypes.String}, {Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)
		return []arrow.Record{array.NewRecord(schema, []arrow.Array{names.NewArray(), ids.NewArray()}, int64(len(*rows)))}, nil
	}
}

func (s *modeTable) harness() sinktest.Harness {
	h := sinktest.Harness{
		Open: func(context.Context) (sink.Sink, error) { return s, nil },
		Read: s.read(&s.visible),
		Mode: s.mode,
	}
	if s.mode == sink.Replace {
		h.Loading = s.read(&s.aside)
	}
	return h
}

type modeMutant struct {
	name, rule string
	mode       sink.Mode
	bug        string
}

func modeMutants() []modeMutant {
	m := func(rule string, mode sink.Mode, bug string) modeMutant { return modeMutant{bug, rule, mode, bug} }
	return []modeMutant{
		m("modes/upsert", sink.Upsert, "keeps the first row of a key"),
		m("modes/upsert", sink.Upsert, "keeps the first row of a key in a batch"),
		m("modes/upsert-null-key", sink.Upsert, "takes a null key for 0"),
		m("modes/replace", sink.Replace, "shows rows before Finish"),
		m("modes/replace", sink.Replace, "begins anew after a crash"),
		m("modes/replace", sink.Replace, "swaps twice"),
		m("modes/replace", sink.Replace, "adds to the old rows"),
		m("modes/replace", sink.Replace, "keeps the offsets of the generation"),
	}
}

func TestSoundModes(t *testing.T) {
	for name, mode := range map[string]sink.Mode{"upsert": sink.Upsert, "replace": sink.Replace} {
		t.Run(name, func(t *testing.T) {
			err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) { return newModeTable(mode, "").harness(), nil },
				"life", "ownership", "context", "atomicity", "exactly-once", "fencing", "gate", "modes", "concurrency")
			if err != nil {
				t.Error(err)
			}
		})
	}
}
