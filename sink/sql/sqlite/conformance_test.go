package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	_ "github.com/mattn/go-sqlite3"
	_ "modernc.org/sqlite"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/sqlite"
)

// opener makes sinks of a table in a file, each as another process would.
type opener struct {
	name   string
	driver string // that looks into the file
	open   func(path, table string, o floesql.Options) (sink.Sink, error)
}

// openers are the ways to a sink.
var openers = []opener{
	{"Open", "sqlite", func(path, table string, o floesql.Options) (sink.Sink, error) { return sqlite.Open(path, table, &o) }},
	{"New modernc", "sqlite", func(path, table string, o floesql.Options) (sink.Sink, error) {
		return openNew("sqlite", path+"?_pragma=journal_mode(wal)&_pragma=synchronous(off)", table, o)
	}},
	{"New mattn", "sqlite3", func(path, table string, o floesql.Options) (sink.Sink, error) {
		return openNew("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=OFF&_busy_timeout=10", table, o)
	}},
}

// closing closes the database with the sink.
type closing struct {
	*sqlite.Sink
	db *sql.DB
}

func (c closing) Close(ctx context.Context) error {
	if err := c.Sink.Close(ctx); err != nil {
		return err
	}
	return c.db.Close()
}

func openNew(driver, dsn, table string, o floesql.Options) (sink.Sink, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	s, err := sqlite.New(db, table, &o)
	if err != nil {
		return nil, err
	}
	return closing{s, db}, nil
}

func TestConformance(t *testing.T) {
	for _, open := range openers {
		for mode, o := range map[string]floesql.Options{
			"append":  {},
			"upsert":  {Mode: sink.Upsert, Key: []string{"id"}},
			"replace": {Mode: sink.Replace},
		} {
			t.Run(open.name+"/"+mode, func(t *testing.T) {
				sinktest.Run(t, func(t testing.TB) sinktest.Harness {
					return harness(t.TempDir(), "t", open, o)
				})
			})
		}
	}
}

// TestConformanceEvolving runs the rules that the option is about.
func TestConformanceEvolving(t *testing.T) {
	for _, open := range openers {
		t.Run(open.name, func(t *testing.T) {
			err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) {
				h := harness(t.TempDir(), "t", open, floesql.Options{Evolve: sink.Widen})
				h.AddColumns = true
				return h, nil
			}, "schema/", "shape/columns")
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func harness(dir, table string, open opener, o floesql.Options) sinktest.Harness {
	in := target{filepath.Join(dir, "test.db"), open.driver}
	return sinktest.Harness{
		Open: func(context.Context) (sink.Sink, error) { return open.open(in.path, table, o) },
		Read: func(ctx context.Context) ([]arrow.Record, error) { return in.read(ctx, table) },
		Loading: func(ctx context.Context) ([]arrow.Record, error) {
			shadow, err := in.shadow(ctx)
			if err != nil || shadow == "" {
				return nil, err
			}
			return in.read(ctx, shadow)
		},
		Types:   conformanceTypes(),
		Mode:    o.Mode,
		Widen:   true, // an INTEGER holds all integers
		OneCase: true,
		// A table has 2,000 columns at most.
		MaxColumns: 2000,
		Named: func(name string) (sinktest.Harness, error) {
			dir, err := os.MkdirTemp(dir, "named")
			return harness(dir, name, open, o), err
		},
	}
}

// shadow is the table that is loaded aside; "" = there is none.
func (f target) shadow(ctx context.Context) (name string, err error) {
	db, err := f.open()
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(name), '') FROM sqlite_schema WHERE type = 'table' AND name LIKE '\_floe\_new\_%' ESCAPE '\'`).Scan(&name)
	return name, err
}

// conformanceTypes is the published table as far as the kit has values of it.
func conformanceTypes() []sinktest.Type {
	var types []sinktest.Type
	for _, t := range append(sinktest.LeastTypes(), sinktest.Types(
		arrow.Null, arrow.FixedWidthTypes.Float16, &arrow.Decimal256Type{Precision: 60, Scale: 5},
		&arrow.Decimal128Type{Precision: 15, Scale: 15}, &arrow.Decimal128Type{Precision: 16, Scale: 1},
		arrow.BinaryTypes.LargeString, arrow.BinaryTypes.LargeBinary, &arrow.FixedSizeBinaryType{ByteWidth: 16},
		arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64ns,
		&arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "Asia/Tokyo"},
		arrow.LargeListOf(arrow.PrimitiveTypes.Int64), arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int64),
		arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64),
	)...) {
		switch t.Type.ID() {
		case arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64:
			t.Want, t.Refuses = withoutNegativeZero, func(in arrow.Array, i int) bool { return in.ValueStr(i) == "NaN" }
		case arrow.UINT64:
			t.Refuses = func(in arrow.Array, i int) bool { return in.(*array.Uint64).Value(i) > math.MaxInt64 }
		}
		if arrow.IsNested(t.Type.ID()) {
			t.As, t.Want = arrow.BinaryTypes.String, asJSON
		}
		types = append(types, t)
	}
	return types
}

// withoutNegativeZero makes 0 of -0, as SQLite does.
func withoutNegativeZero(mem memory.Allocator, in arrow.Array) arrow.Array {
	b := array.NewFloat64Builder(mem)
	defer b.Release()
	for i := range in.Len() {
		var v float64
		switch a := in.(type) {
		case *array.Float16:
			v = float64(a.Value(i).Float32())
		case *array.Float32:
			v = float64(a.Value(i))
		case *array.Float64:
			v = a.Value(i)
		}
		if in.IsNull(i) {
			b.AppendNull()
		} else {
			b.Append(v + 0)
		}
	}
	return b.NewArray()
}

// asJSON is what Arrow and encoding/json make of a nested value; the fields of the structs are in alphabetic order.
func asJSON(mem memory.Allocator, in arrow.Array) arrow.Array {
	b := array.NewStringBuilder(mem)
	defer b.Release()
	for i := range in.Len() {
		if in.IsNull(i) {
			b.AppendNull()
			continue
		}
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		if err := e.Encode(in.GetOneForMarshal(i)); err != nil {
			panic(fmt.Sprintf("%s: %v", in.DataType(), err))
		}
		b.Append(string(bytes.TrimSpace(text.Bytes())))
	}
	return b.NewArray()
}
