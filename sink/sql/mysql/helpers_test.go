package mysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// checked returns an allocator that fails the test where something of it is not released.
func checked(t testing.TB) memory.Allocator {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

func exec(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%.300s: %v", q, err)
		}
	}
}

// fromJSON makes a record of the rows in a JSON array.
func fromJSON(t testing.TB, mem memory.Allocator, schema *arrow.Schema, rows string) arrow.Record {
	t.Helper()
	rec, _, err := array.RecordFromJSON(mem, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rec.Release)
	return rec
}

// loadAll loads a record as the next batch of a partition, by a claim of its own, and returns the reasons of rejects.
func loadAll(t testing.TB, s sink.Sink, rec arrow.Record) []string {
	t.Helper()
	reasons, err := tryLoad(t.Context(), s, rec)
	if err != nil {
		t.Fatal(err)
	}
	return reasons
}

func tryLoad(ctx context.Context, s sink.Sink, rec arrow.Record) (reasons []string, err error) {
	w, from, err := s.Open(ctx, "p", "0")
	if err != nil {
		return nil, err
	}
	defer w.Close(ctx)
	if err := w.Prepare(ctx, rec.Schema()); err != nil {
		return nil, err
	}
	start, err := offset.Parse(from)
	if err != nil {
		return nil, err
	}
	b := &sink.Batch{
		Pipeline: "p", Partition: "0", From: from, Schema: rec.Schema(), Records: []arrow.Record{rec}, Rows: rec.NumRows(),
		To:      offset.Offset{Position: fmt.Sprint(start.Ordinal + rec.NumRows()), Ordinal: start.Ordinal + rec.NumRows()}.String(),
		At:      func(n int64) string { to, _ := offset.At(from, n); return to },
		Release: func() {},
		Gate: func(_ context.Context, r sink.Receipt) error {
			reasons = nil
			if r.Rejected == nil {
				return nil
			}
			for _, reason := range r.Rejected.Reasons {
				reasons = append(reasons, fmt.Sprintf("%d %s: %s", reason.Row, reason.Code, reason.Message))
			}
			r.Rejected.Release()
			return nil
		},
	}
	_, err = w.Load(ctx, b)
	return reasons, err
}

// next is the first batch of a partition, of which everything must load.
func next(rec arrow.Record, partition string) *sink.Batch {
	return &sink.Batch{
		Pipeline: "p", Partition: partition, Schema: rec.Schema(), Records: []arrow.Record{rec}, Rows: rec.NumRows(),
		To: offset.Offset{Position: "end", Ordinal: rec.NumRows()}.String(),
		Gate: func(_ context.Context, r sink.Receipt) error {
			if r.Rejected != nil {
				defer r.Rejected.Release()
				return fmt.Errorf("rejects: %v", r.Rejected.Reasons)
			}
			return nil
		},
	}
}

// query returns the rows of a query, their values as text joined by bars.
func query(t testing.TB, db *sql.DB, q string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		texts := make([]string, len(columns))
		for i, v := range values {
			texts[i] = "NULL"
			if v.Valid {
				texts[i] = v.String
			}
		}
		list = append(list, strings.Join(texts, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return list
}
