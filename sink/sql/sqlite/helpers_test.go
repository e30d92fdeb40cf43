package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
)

// on runs a test for every way to a sink, each on a file of its own.
func on(t *testing.T, test func(t *testing.T, o opener, in target)) {
	for _, o := range openers {
		t.Run(o.name, func(t *testing.T) {
			test(t, o, target{filepath.Join(t.TempDir(), "test.db"), o.driver})
		})
	}
}

func (o opener) sink(t testing.TB, in target, options floesql.Options) sink.Sink {
	t.Helper()
	s, err := o.open(in.path, "t", options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ready returns a writer that is prepared for schema.
func ready(t testing.TB, s sink.Sink, schema *arrow.Schema) sink.Writer {
	t.Helper()
	w, _, err := s.Open(t.Context(), "p", "0")
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { w.Close(context.Background()) })
	if err := w.Prepare(t.Context(), schema); err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	return w
}

// gate gathers what Gate was given last.
type gate struct {
	receipt sink.Receipt
	reasons []string
}

func (g *gate) pass(_ context.Context, r sink.Receipt) error {
	g.receipt = r
	g.reasons = nil
	if r.Rejected != nil {
		for _, reason := range r.Rejected.Reasons {
			g.reasons = append(g.reasons, fmt.Sprintf("%d %s: %s", reason.Row, reason.Code, reason.Message))
		}
		r.Rejected.Release()
	}
	return nil
}

// batchOf makes the batch that follows from, and releases the records at the end of the test.
func batchOf(t testing.TB, from string, g *gate, records ...arrow.Record) *sink.Batch {
	b := &sink.Batch{Pipeline: "p", Partition: "0", From: from, Gate: g.pass, Records: records}
	for _, r := range records {
		b.Schema = r.Schema()
		b.Rows += r.NumRows()
	}
	t.Cleanup(func() {
		for _, r := range records {
			r.Release()
		}
	})
	start, err := offset.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	b.To = offset.Offset{Position: fmt.Sprint(start.Ordinal + b.Rows), Ordinal: start.Ordinal + b.Rows}.String()
	b.At = func(n int64) string { to, _ := offset.At(from, n); return to }
	return b
}

// fromJSON makes a record of the rows in a JSON array, in memory that is watched.
func fromJSON(t testing.TB, schema *arrow.Schema, rows string) arrow.Record {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	rec, _, err := array.RecordFromJSON(mem, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

var idAndName = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)
