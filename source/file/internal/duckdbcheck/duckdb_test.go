// Package duckdbcheck compares what source/file reads with what DuckDB's own readers do. It stands apart, so that
// the tests of source/file link no database.
package duckdbcheck

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/source/file"
)

const (
	kept  = "../../testdata"
	large = "../../../../../shared/data" // beside the repository; not on every machine
)

func TestAgainstDuckDB(t *testing.T) {
	tests := []struct {
		name  string
		path  string
		query string // %s = the path
		rows  int64
		opts  file.Options
	}{
		{name: "seattle-weather.csv", path: kept, query: "SELECT * FROM read_csv('%s')", rows: 1461},
		{name: "airports.csv", path: kept, query: "SELECT * FROM read_csv('%s', nullstr='')", rows: 3376},
		{name: "zipcodes.csv", path: large, query: "SELECT * FROM read_csv('%s', types={'zip_code': 'VARCHAR'}, nullstr='')", rows: 42_049},
		{name: "flights-20k.json", path: large, query: "SELECT * FROM read_json('%s', columns={'date':'VARCHAR','delay':'BIGINT','distance':'BIGINT','origin':'VARCHAR','destination':'VARCHAR'})", rows: 20_000},
		{name: "movies.json", path: large, query: "SELECT * REPLACE (\"Title\"->>'$' AS \"Title\") FROM read_json('%s', sample_size=-1)", rows: 3201},
		{name: "flights-3m.parquet", path: large, query: "SELECT * FROM read_parquet('%s')", rows: 3_000_000},
		{name: "flights-3m.parquet", path: large, query: "SELECT * FROM read_parquet('%s')", rows: 3_000_000, opts: file.Options{Dictionaries: true, BatchRows: 50_000}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := filepath.Join(tc.path, tc.name)
			if _, err := os.Stat(p); err != nil {
				t.Skipf("the data is not there: %v", err)
			}
			wanted := duck(t, fmt.Sprintf(tc.query, p))
			defer release(wanted)
			got := floe(t, p, tc.opts)
			defer release(got)
			if n := rows(got); n != tc.rows {
				t.Errorf("%d rows, want %d", n, tc.rows)
			}
			compareTables(t, wanted, got)
		})
	}
}

// The Arrow file has no reader in DuckDB: rows and sums are those that Arrow's own tools show.
func TestArrowFlights(t *testing.T) {
	p := filepath.Join(large, "flights-200k.arrow")
	if _, err := os.Stat(p); err != nil {
		t.Skipf("the data is not there: %v", err)
	}
	s, err := file.New([]string{p}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n, bytes := s.Estimate(t.Context()); n != 200_000 || bytes != 1_600_864 {
		t.Errorf("the estimate is %d rows, %d bytes", n, bytes)
	}
	recs := floe(t, p, file.Options{BatchRows: 30_000})
	defer release(recs)
	if n := rows(recs); n != 200_000 {
		t.Errorf("%d rows, want 200,000", n)
	}
	if got := recs[0].Schema().String(); !strings.Contains(got, "delay: type=int16") {
		t.Errorf("schema %s", got)
	}
}

// floe reads a file with the source.
func floe(t *testing.T, p string, opts file.Options) []arrow.Record {
	t.Helper()
	s, err := file.New([]string{p}, &opts)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	var out []arrow.Record
	for part, err := range s.Partitions(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := part.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close(t.Context())
		for {
			b, err := r.Next(t.Context())
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if b.Rejected.Len() > 0 {
				t.Fatalf("rejected: %v", b.Rejected.Reasons[0])
			}
			out = append(out, b.Record)
		}
	}
	return out
}

// duck reads with a query.
func duck(t *testing.T, query string) []arrow.Record {
	t.Helper()
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	conn, err := c.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	out, err := records(t.Context(), conn, query)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func records(ctx context.Context, conn driver.Conn, query string) ([]arrow.Record, error) {
	a, err := duckdb.NewArrowFromConn(conn)
	if err != nil {
		return nil, err
	}
	r, err := a.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer r.Release()
	var out []arrow.Record
	for r.Next() {
		rec := r.Record()
		rec.Retain()
		out = append(out, rec)
	}
	return out, r.Err()
}

func release(recs []arrow.Record) {
	for _, r := range recs {
		r.Release()
	}
}

func rows(recs []arrow.Record) int64 {
	n := int64(0)
	for _, r := range recs {
		n += r.NumRows()
	}
	return n
}

// compareTables compares names and values of all columns, in the types of the first.
func compareTables(t *testing.T, wanted, got []arrow.Record) {
	t.Helper()
	if len(wanted) == 0 || len(got) == 0 {
		t.Fatalf("%d records, want %d", len(got), len(wanted))
	}
	schema := wanted[0].Schema()
	if w, g := names(schema), names(got[0].Schema()); w != g {
		t.Fatalf("columns %s, want %s", g, w)
	}
	for i, f := range schema.Fields() {
		w, err := column(wanted, i, f.Type)
		if err != nil {
			t.Fatal(err)
		}
		g, err := column(got, i, f.Type)
		if err != nil {
			t.Fatalf("column %q: %v", f.Name, err)
		}
		if !array.ApproxEqual(w, g) {
			reportFirst(t, f.Name, w, g)
		}
		w.Release()
		g.Release()
	}
}

func names(s *arrow.Schema) string {
	var out []string
	for _, f := range s.Fields() {
		out = append(out, f.Name)
	}
	return strings.Join(out, ",")
}

// column returns a column of all records in a type.
func column(recs []arrow.Record, i int, to arrow.DataType) (arrow.Array, error) {
	var parts []arrow.Array
	var errs []error
	for _, r := range recs {
		part, err := compute.CastArray(context.Background(), r.Column(i), compute.SafeCastOptions(to))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		defer part.Release()
		parts = append(parts, part)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return array.Concatenate(parts, memory.DefaultAllocator)
}

func reportFirst(t *testing.T, name string, w, g arrow.Array) {
	t.Helper()
	for i := range min(w.Len(), g.Len()) {
		if w.IsNull(i) != g.IsNull(i) || w.IsValid(i) && w.ValueStr(i) != g.ValueStr(i) {
			t.Errorf("column %q: row %d is %s, want %s", name, i, g.ValueStr(i), w.ValueStr(i))
			return
		}
	}
	t.Errorf("column %q differs: %d values, want %d", name, g.Len(), w.Len())
}
