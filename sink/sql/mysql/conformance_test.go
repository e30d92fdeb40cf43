package mysql_test

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	driver "github.com/go-sql-driver/mysql"

	"github.com/floedata/floe/internal/jsonvalue"
	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/mysql"
)

func TestConformanceAppend(t *testing.T)  { conform(t, floesql.Options{}, 0) }
func TestConformanceReplace(t *testing.T) { conform(t, floesql.Options{Mode: sink.Replace}, 0) }

func TestConformanceUpsert(t *testing.T) {
	conform(t, floesql.Options{Mode: sink.Upsert, Key: []string{"id"}}, 0)
}

// TestConformanceEvolving runs the rules that the option is about.
func TestConformanceEvolving(t *testing.T) {
	in := newInstance(t, floesql.Options{Evolve: sink.Widen}, 0)
	err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) {
		h := in.harness(t)
		h.AddColumns, h.Widen = true, true
		return h, nil
	}, "schema/", "shape/columns")
	if err != nil {
		t.Error(err)
	}
}

// conform runs all rules.
func conform(t *testing.T, o floesql.Options, few int64) {
	newInstance(t, o, few).conform(t, func(string) bool { return true })
}

// conform runs the rules that are wanted. Two are left out: one of the names of columns and tables that they try has a
// character above U+FFFF, which no name in MySQL has.
func (in *instance) conform(t *testing.T, wanted func(rule string) bool) {
	for _, rule := range sinktest.Rules() {
		if rule == "shape/column-names" || rule == "shape/target-names" || !wanted(rule) {
			continue
		}
		t.Run(rule, func(t *testing.T) {
			if err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) { return in.harness(t), nil }, rule); err != nil {
				t.Error(err)
			}
		})
	}
}

// instance is a server on which every harness has a database of its own.
type instance struct {
	server  *servers.Server
	options floesql.Options
	few     int64
}

func newInstance(t *testing.T, o floesql.Options, few int64) *instance {
	return &instance{server: servers.MariaDB(t), options: o, few: few}
}

// open opens a pool on a database, of which a sink is one of several processes.
func open(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Logger = &driver.NopLogger{}
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxIdleConns(4)
	t.Cleanup(func() { db.Close() })
	return db
}

func (in *instance) harness(t testing.TB) sinktest.Harness {
	return in.on(t, open(t, in.server.Database(t)), "t")
}

func (in *instance) on(t testing.TB, db *sql.DB, table string) sinktest.Harness {
	o := in.options
	return sinktest.Harness{
		Open: func(context.Context) (sink.Sink, error) { return mysql.NewFew(db, table, &o, in.few) },
		Read: func(ctx context.Context) ([]arrow.Record, error) { return readTable(ctx, db, table) },
		Loading: func(ctx context.Context) ([]arrow.Record, error) {
			var shadow string
			err := db.QueryRowContext(ctx, `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE '\_floe\_new\_%'`).Scan(&shadow)
			if err != nil {
				return nil, nil //nolint:nilerr // there is none
			}
			return readTable(ctx, db, shadow)
		},
		Close:   db.Close,
		Types:   conformanceTypes(),
		OneCase: true,
		Mode:    o.Mode,
	}
}

// conformanceTypes is the published table as far as the kit has values of it.
func conformanceTypes() []sinktest.Type {
	var types []sinktest.Type
	for _, t := range append(sinktest.LeastTypes(), sinktest.Types(
		arrow.FixedWidthTypes.Float16, &arrow.Decimal256Type{Precision: 60, Scale: 5},
		arrow.BinaryTypes.LargeString, arrow.BinaryTypes.LargeBinary, &arrow.FixedSizeBinaryType{ByteWidth: 16},
		arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64ns,
		arrow.LargeListOf(arrow.PrimitiveTypes.Int64), arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int64),
		arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64),
	)...) {
		t.Refuses = refuses
		if arrow.IsNested(t.Type.ID()) {
			t.As, t.Want = arrow.BinaryTypes.String, asJSON
		}
		if ts, ok := t.Type.(*arrow.TimestampType); ok && ts.TimeZone != "" {
			t.As = &arrow.TimestampType{Unit: arrow.Microsecond}
			t.Want = func(_ memory.Allocator, in arrow.Array) arrow.Array { return inUTC(in) }
		}
		types = append(types, t)
	}
	return append(types, sinktest.Type{Type: arrow.Null, As: arrow.PrimitiveTypes.Int64, Want: func(mem memory.Allocator, in arrow.Array) arrow.Array {
		return array.MakeArrayOfNull(mem, arrow.PrimitiveTypes.Int64, in.Len())
	}})
}

// refuses is the last column of the published table.
func refuses(in arrow.Array, i int) bool {
	float := func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) || v == 0 && math.Signbit(v) }
	switch a := in.(type) {
	case *array.Float32:
		return float(float64(a.Value(i)))
	case *array.Float64:
		return float(a.Value(i))
	case *array.Time64:
		return a.DataType().(*arrow.Time64Type).Unit == arrow.Nanosecond && a.Value(i)%1000 != 0
	case *array.Timestamp:
		return a.DataType().(*arrow.TimestampType).Unit == arrow.Nanosecond && a.Value(i)%1000 != 0
	case *array.Date64:
		return a.Value(i)%86_400_000 != 0
	}
	return false
}

func asJSON(mem memory.Allocator, in arrow.Array) arrow.Array {
	b := array.NewStringBuilder(mem)
	defer b.Release()
	for i := range in.Len() {
		if in.IsNull(i) {
			b.AppendNull()
			continue
		}
		text, err := jsonvalue.Append(nil, in, i)
		if err != nil {
			panic(err)
		}
		b.Append(string(text))
	}
	return b.NewArray()
}

// inUTC is the same instants without a zone.
func inUTC(in arrow.Array) arrow.Array {
	d := in.Data()
	data := array.NewData(&arrow.TimestampType{Unit: d.DataType().(*arrow.TimestampType).Unit}, d.Len(), slices.Clone(d.Buffers()), nil, d.NullN(), d.Offset())
	defer data.Release()
	return array.NewTimestampData(data)
}
