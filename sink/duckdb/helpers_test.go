package duckdb_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	goduckdb "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
)

// checked returns an allocator that fails the test where something of it is not released.
func checked(t testing.TB) memory.Allocator {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// connect opens a database file for sinks made by New, and for looking into it.
func connect(t testing.TB) (*goduckdb.Connector, *sql.DB) {
	t.Helper()
	connector, err := goduckdb.NewConnector(filepath.Join(t.TempDir(), "test.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return connector, db
}

// inMemory opens a database that is no file, with one thread, which is quicker for few rows.
func inMemory(t testing.TB) (*goduckdb.Connector, *sql.DB) {
	t.Helper()
	connector, err := goduckdb.NewConnector("?threads=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return connector, db
}

func open(t testing.TB, connector *goduckdb.Connector, table string, o *duckdb.Options) *duckdb.Sink {
	t.Helper()
	s, err := duckdb.New(connector, table, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

func claim(t testing.TB, s sink.Sink, partition string) (sink.Writer, string) {
	t.Helper()
	w, committed, err := s.Open(t.Context(), "p", partition)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return w, committed
}

func prepare(t testing.TB, w sink.Writer, schema *arrow.Schema) {
	t.Helper()
	if err := w.Prepare(t.Context(), schema); err != nil {
		t.Fatalf("Prepare: %v", err)
	}
}

// gate gathers what Gate was given last.
type gate struct {
	receipt sink.Receipt
	reasons []string
	calls   int
	err     error
}

func (g *gate) pass(_ context.Context, r sink.Receipt) error {
	g.calls++
	g.receipt = r
	g.reasons = nil
	if r.Rejected != nil {
		for _, reason := range r.Rejected.Reasons {
			g.reasons = append(g.reasons, fmt.Sprintf("%d %s", reason.Row, reason.Code))
		}
		r.Rejected.Release()
	}
	return g.err
}

// batchOf makes the batch that follows from, and releases the records at the end of the test.
func batchOf(t testing.TB, from string, g *gate, records ...arrow.Record) *sink.Batch {
	b := &sink.Batch{Pipeline: "p", Partition: "0", From: from, Gate: g.pass}
	for _, r := range records {
		b.Schema = r.Schema()
		b.Rows += r.NumRows()
	}
	b.Records = records
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

// load loads records as one batch after from, and returns the offset after it.
func load(t testing.TB, w sink.Writer, from string, records ...arrow.Record) string {
	t.Helper()
	b := batchOf(t, from, &gate{}, records...)
	if _, err := w.Load(t.Context(), b); err != nil {
		t.Fatalf("Load: %v", err)
	}
	return b.To
}

// fromJSON makes a record of the rows in a JSON array.
func fromJSON(t testing.TB, mem memory.Allocator, schema *arrow.Schema, rows string) arrow.Record {
	t.Helper()
	rec, _, err := array.RecordFromJSON(mem, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// query returns the rows of a query, their values as text joined by bars.
func query(t testing.TB, db *sql.DB, q string) []string {
	t.Helper()
	rows, err := db.Query(q)
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

var idAndName = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

func sqlName(s string) string { return strings.ReplaceAll(s, `"`, `""`) }
func sqlText(s string) string { return strings.ReplaceAll(s, `'`, `''`) }

func itoa(n int) string { return fmt.Sprint(n) }
