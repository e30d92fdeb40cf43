package duckdb_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	goduckdb "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
	"github.com/floedata/floe/sink/sinktest"
)

func TestConformanceAppend(t *testing.T) {
	sinktest.Run(t, func(t testing.TB) sinktest.Harness {
		return harness(t, filepath.Join(t.TempDir(), "test.db"), duckdb.Options{})
	})
}

func TestConformanceEvolving(t *testing.T) {
	sinktest.Run(t, func(t testing.TB) sinktest.Harness {
		h := harness(t, "", duckdb.Options{Evolve: duckdb.Widen})
		h.AddColumns, h.Widen = true, true
		return h
	})
}

func TestConformanceUpsert(t *testing.T) {
	sinktest.Run(t, func(t testing.TB) sinktest.Harness {
		return harness(t, "", duckdb.Options{Mode: duckdb.Upsert, Key: []string{"id"}})
	})
}

func TestConformanceReplace(t *testing.T) {
	sinktest.Run(t, func(t testing.TB) sinktest.Harness {
		return harness(t, "", duckdb.Options{Mode: duckdb.Replace})
	})
}

// harness is a database of its own, in memory where path is "", with one thread, which is quicker for few rows. Every sink is one of the same instance, as several
// in one process are.
func harness(t testing.TB, path string, o duckdb.Options) sinktest.Harness {
	connector, err := goduckdb.NewConnector(path+"?threads=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	return harnessOn(connector, "t", o)
}

func harnessOn(connector *goduckdb.Connector, table string, o duckdb.Options) sinktest.Harness {
	h := sinktest.Harness{
		Open: func(context.Context) (sink.Sink, error) { return duckdb.New(connector, table, &o) },
		Read: func(ctx context.Context) ([]arrow.Record, error) { return readTable(ctx, connector, table) },
		Loading: func(ctx context.Context) ([]arrow.Record, error) {
			shadows, err := readNames(ctx, connector)
			if err != nil || len(shadows) == 0 {
				return nil, err
			}
			return readTable(ctx, connector, shadows[0])
		},
		Close:   connector.Close,
		Types:   conformanceTypes(),
		OneCase: true,
		Named: func(name string) (sinktest.Harness, error) {
			other, err := goduckdb.NewConnector("?threads=1", nil)
			if err != nil {
				return sinktest.Harness{}, err
			}
			return harnessOn(other, name, o), nil
		},
	}
	switch o.Mode {
	case duckdb.Upsert:
		h.Mode = sinktest.Upsert
	case duckdb.Replace:
		h.Mode = sinktest.Replace
	}
	return h
}

// conformanceTypes is the published table as far as the kit has values of it.
func conformanceTypes() []sinktest.Type {
	types := sinktest.LeastTypes()
	types = append(types, sinktest.Types(
		arrow.FixedWidthTypes.Float16,
		&arrow.Decimal256Type{Precision: 38, Scale: 5},
		arrow.BinaryTypes.LargeString, arrow.BinaryTypes.LargeBinary, &arrow.FixedSizeBinaryType{ByteWidth: 16},
		arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms,
		arrow.LargeListOf(arrow.PrimitiveTypes.Int64), arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int64),
		arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64),
	)...)
	// DuckDB gives every interval back in months, days and microseconds.
	for _, t := range []arrow.DataType{
		arrow.FixedWidthTypes.Duration_us, arrow.FixedWidthTypes.MonthInterval, arrow.FixedWidthTypes.DayTimeInterval,
		arrow.FixedWidthTypes.MonthDayNanoInterval,
	} {
		types = append(types, sinktest.Type{Type: t, As: arrow.FixedWidthTypes.MonthDayNanoInterval, Want: asInterval})
	}
	return append(types, sinktest.Type{Type: arrow.Null, As: arrow.PrimitiveTypes.Int32, Want: func(mem memory.Allocator, in arrow.Array) arrow.Array {
		return array.MakeArrayOfNull(mem, arrow.PrimitiveTypes.Int32, in.Len())
	}})
}

func asInterval(mem memory.Allocator, in arrow.Array) arrow.Array {
	b := array.NewMonthDayNanoIntervalBuilder(mem)
	defer b.Release()
	for i := range in.Len() {
		if in.IsNull(i) {
			b.AppendNull()
			continue
		}
		switch a := in.(type) {
		case *array.Duration:
			b.Append(arrow.MonthDayNanoInterval{Nanoseconds: int64(a.Value(i)) * 1000})
		case *array.MonthInterval:
			b.Append(arrow.MonthDayNanoInterval{Months: int32(a.Value(i))})
		case *array.DayTimeInterval:
			b.Append(arrow.MonthDayNanoInterval{Days: a.Value(i).Days, Nanoseconds: int64(a.Value(i).Milliseconds) * 1_000_000})
		case *array.MonthDayNanoInterval:
			b.Append(a.Value(i))
		}
	}
	return b.NewArray()
}

func onConn(ctx context.Context, connector *goduckdb.Connector, query string) (array.RecordReader, error) {
	c, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	a, err := goduckdb.NewArrowFromConn(c)
	if err != nil {
		return nil, err
	}
	return a.QueryContext(ctx, query)
}

func readNames(ctx context.Context, connector *goduckdb.Connector) ([]string, error) {
	r, err := onConn(ctx, connector, "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '\\_floe\\_new\\_%' ESCAPE '\\'")
	if err != nil {
		return nil, err
	}
	defer r.Release()
	var names []string
	for r.Next() {
		for i := range int(r.Record().NumRows()) {
			names = append(names, strings.Clone(r.Record().Column(0).ValueStr(i)))
		}
	}
	return names, r.Err()
}

func readTable(ctx context.Context, connector *goduckdb.Connector, table string) ([]arrow.Record, error) {
	there, err := onConn(ctx, connector, "SELECT 1 FROM duckdb_tables() WHERE table_name = '"+sqlText(table)+"'")
	if err != nil {
		return nil, err
	}
	defer there.Release()
	if !there.Next() {
		return nil, nil
	}
	r, err := onConn(ctx, connector, `SELECT * FROM "`+sqlName(table)+`"`)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", table, err)
	}
	defer r.Release()
	var records []arrow.Record
	for r.Next() {
		rec := r.Record()
		rec.Retain()
		records = append(records, rec)
	}
	return records, r.Err()
}
