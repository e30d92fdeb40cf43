package duckdb_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
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
	sinktest.Run(t, newInstance(t, filepath.Join(t.TempDir(), "test.db"), duckdb.Options{}).harness)
}

// TestConformanceEvolving runs the rules that the option is about.
func TestConformanceEvolving(t *testing.T) {
	instance := newInstance(t, "", duckdb.Options{Evolve: sink.Widen})
	err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) {
		h, err := instance.on(t.Context(), "t")
		h.AddColumns, h.Widen = true, true
		return h, err
	}, "schema/", "shape/columns")
	if err != nil {
		t.Error(err)
	}
}

func TestConformanceUpsert(t *testing.T) {
	sinktest.Run(t, newInstance(t, "", duckdb.Options{Mode: sink.Upsert, Key: []string{"id"}}).harness)
}

func TestConformanceReplace(t *testing.T) {
	sinktest.Run(t, newInstance(t, "", duckdb.Options{Mode: sink.Replace}).harness)
}

// instance is a database in which every harness has a schema of its own: to make one is ten times as quick as to
// open another database.
type instance struct {
	connector *goduckdb.Connector
	options   duckdb.Options
	schemas   atomic.Int64 // made so far: their names' numbers
}

// newInstance opens a file, or a database in memory where path is "", with one thread, which is quicker for few rows.
func newInstance(t *testing.T, path string, o duckdb.Options) *instance {
	connector, err := goduckdb.NewConnector(path+"?threads=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := connector.Close(); err != nil {
			t.Error(err)
		}
	})
	return &instance{connector: connector, options: o}
}

func (i *instance) harness(t testing.TB) sinktest.Harness {
	h, err := i.on(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// on returns a harness for a table of that name. Every sink is one of the same instance, as several in one process
// are.
func (i *instance) on(ctx context.Context, table string) (sinktest.Harness, error) {
	schema := fmt.Sprintf("s%d", i.schemas.Add(1))
	if err := i.exec(ctx, "CREATE SCHEMA "+schema); err != nil {
		return sinktest.Harness{}, err
	}
	o := i.options
	o.Schema = schema
	h := sinktest.Harness{
		Open: func(context.Context) (sink.Sink, error) { return duckdb.New(i.connector, table, &o) },
		Read: func(ctx context.Context) ([]arrow.Record, error) { return readTable(ctx, i.connector, schema, table) },
		Loading: func(ctx context.Context) ([]arrow.Record, error) {
			shadows, err := readNames(ctx, i.connector, schema)
			if err != nil || len(shadows) == 0 {
				return nil, err
			}
			return readTable(ctx, i.connector, schema, shadows[0])
		},
		Close:   func() error { return i.exec(context.Background(), "DROP SCHEMA "+schema+" CASCADE") },
		Types:   conformanceTypes(),
		OneCase: true,
		Named:   func(name string) (sinktest.Harness, error) { return i.on(ctx, name) },
	}
	switch o.Mode {
	case sink.Upsert:
		h.Mode = sink.Upsert
	case sink.Replace:
		h.Mode = sink.Replace
	}
	return h, nil
}

func (i *instance) exec(ctx context.Context, query string) error {
	r, err := onConn(ctx, i.connector, query)
	if err == nil {
		r.Release()
	}
	return err
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

func readNames(ctx context.Context, connector *goduckdb.Connector, schema string) ([]string, error) {
	r, err := onConn(ctx, connector, "SELECT table_name FROM duckdb_tables() WHERE schema_name = '"+schema+"' AND table_name LIKE '\\_floe\\_new\\_%' ESCAPE '\\'")
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

func readTable(ctx context.Context, connector *goduckdb.Connector, schema, table string) ([]arrow.Record, error) {
	there, err := onConn(ctx, connector, "SELECT 1 FROM duckdb_tables() WHERE schema_name = '"+schema+"' AND table_name = '"+sqlText(table)+"'")
	if err != nil {
		return nil, err
	}
	defer there.Release()
	if !there.Next() {
		return nil, nil
	}
	r, err := onConn(ctx, connector, `SELECT * FROM `+schema+`."`+sqlName(table)+`"`)
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
