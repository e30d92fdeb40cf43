package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/postgres"
)

func TestConformanceAppend(t *testing.T) {
	sinktest.Run(t, newInstance(t, floesql.Options{}).harness)
}

// TestConformanceEvolving runs the rules that the option is about.
func TestConformanceEvolving(t *testing.T) {
	instance := newInstance(t, floesql.Options{Evolve: sink.Widen})
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
	sinktest.Run(t, newInstance(t, floesql.Options{Mode: sink.Upsert, Key: []string{"id"}}).harness)
}

func TestConformanceReplace(t *testing.T) {
	sinktest.Run(t, newInstance(t, floesql.Options{Mode: sink.Replace}).harness)
}

// instance is a database in which every harness has a schema of its own.
type instance struct {
	dsn     string
	options floesql.Options
	schemas atomic.Int64 // made so far: their names' numbers
}

func newInstance(t *testing.T, o floesql.Options) *instance {
	return &instance{dsn: servers.Postgres(t).Database(t), options: o}
}

func (i *instance) harness(t testing.TB) sinktest.Harness {
	h, err := i.on(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// on returns a harness for a table of that name.
func (i *instance) on(ctx context.Context, table string) (sinktest.Harness, error) {
	schema := fmt.Sprintf("s%d", i.schemas.Add(1))
	if err := i.exec(ctx, "CREATE SCHEMA "+schema); err != nil {
		return sinktest.Harness{}, err
	}
	o := i.options
	o.Schema = schema
	return sinktest.Harness{
		Open: func(ctx context.Context) (sink.Sink, error) { return postgres.Open(ctx, i.dsn, table, &o) },
		Read: func(ctx context.Context) (recs []arrow.Record, err error) {
			err = i.look(ctx, func(pool *pgxpool.Pool) error {
				recs, err = readTable(ctx, pool, schema, table)
				return err
			})
			return recs, err
		},
		Loading: func(ctx context.Context) (recs []arrow.Record, err error) {
			err = i.look(ctx, func(pool *pgxpool.Pool) error {
				var shadow string
				err := pool.QueryRow(ctx, `SELECT coalesce(max(tablename), '') FROM pg_tables WHERE schemaname = $1 AND tablename LIKE '\_floe\_new\_%'`, schema).Scan(&shadow)
				if err != nil || shadow == "" {
					return err
				}
				recs, err = readTable(ctx, pool, schema, shadow)
				return err
			})
			return recs, err
		},
		Close: func() error { return i.exec(context.Background(), "DROP SCHEMA "+schema+" CASCADE") },
		Types: conformanceTypes(),
		Mode:  o.Mode,
		Named: func(name string) (sinktest.Harness, error) { return i.on(ctx, name) },
	}, nil
}

func (i *instance) exec(ctx context.Context, query string) error {
	return i.look(ctx, func(pool *pgxpool.Pool) error {
		_, err := pool.Exec(ctx, query)
		return err
	})
}

// look asks the database by connections that do not stay: one that is idle may have a goroutine, which a rule would take
// for one of the sink's.
func (i *instance) look(ctx context.Context, do func(pool *pgxpool.Pool) error) error {
	pool, err := pgxpool.New(ctx, i.dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	return do(pool)
}

// conformanceTypes is the published table as far as the kit has values of it.
func conformanceTypes() []sinktest.Type {
	types := append(sinktest.LeastTypes(), sinktest.Types(
		arrow.FixedWidthTypes.Float16,
		&arrow.Decimal256Type{Precision: 60, Scale: 5},
		arrow.BinaryTypes.LargeString, arrow.BinaryTypes.LargeBinary, &arrow.FixedSizeBinaryType{ByteWidth: 16},
		arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64ns,
		arrow.LargeListOf(arrow.PrimitiveTypes.Int64), arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int64),
		arrow.ListOf(arrow.PrimitiveTypes.Float64), arrow.ListOf(arrow.PrimitiveTypes.Uint64),
		arrow.ListOf(arrow.ListOf(arrow.PrimitiveTypes.Int64)),
		arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64),
	)...)
	for i := range types {
		switch dt := types[i].Type.(type) {
		case *arrow.TimestampType:
			if dt.Unit == arrow.Nanosecond {
				types[i].Refuses = func(in arrow.Array, k int) bool { return in.(*array.Timestamp).Value(k)%1000 != 0 }
			}
		case *arrow.Time64Type:
			if dt.Unit == arrow.Nanosecond {
				types[i].Refuses = func(in arrow.Array, k int) bool { return in.(*array.Time64).Value(k)%1000 != 0 }
			}
		case *arrow.Date64Type:
			types[i].Refuses = func(in arrow.Array, k int) bool { return in.(*array.Date64).Value(k)%86_400_000 != 0 }
		case *arrow.StructType, *arrow.MapType:
			types[i].Want = asJSON
		case arrow.ListLikeType:
			if arrow.IsNested(dt.Elem().ID()) {
				types[i].Want = asJSON
			}
		}
	}
	for _, t := range []arrow.DataType{
		arrow.FixedWidthTypes.Duration_us, arrow.FixedWidthTypes.MonthInterval, arrow.FixedWidthTypes.DayTimeInterval,
		arrow.FixedWidthTypes.MonthDayNanoInterval,
	} {
		types = append(types, sinktest.Type{Type: t, As: arrow.FixedWidthTypes.MonthDayNanoInterval, Want: asInterval})
	}
	return append(types, sinktest.Type{Type: arrow.Null, As: arrow.BinaryTypes.String, Want: func(mem memory.Allocator, in arrow.Array) arrow.Array {
		return array.MakeArrayOfNull(mem, arrow.BinaryTypes.String, in.Len())
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

// asJSON is what jsonb makes of nested values: keys by length and alphabet, a blank behind each comma and colon, numbers
// as numeric writes them.
func asJSON(mem memory.Allocator, in arrow.Array) arrow.Array {
	b := array.NewStringBuilder(mem)
	defer b.Release()
	for i := range in.Len() {
		if in.IsNull(i) {
			b.AppendNull()
		} else {
			b.Append(jsonb(in, i))
		}
	}
	return b.NewArray()
}

func jsonb(in arrow.Array, i int) string {
	if in.IsNull(i) {
		return "null"
	}
	quoted := func(s string) string {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(s); err != nil {
			panic(err)
		}
		return strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(strings.TrimSuffix(b.String(), "\n"))
	}
	switch a := in.(type) {
	case *array.Int64:
		return fmt.Sprint(a.Value(i))
	case *array.Float64:
		v := a.Value(i)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprintf("%q", fmt.Sprint(v))
		}
		return plainNumber(v)
	case *array.String:
		return quoted(a.Value(i))
	case *array.Struct:
		var parts []string
		for k, f := range a.DataType().(*arrow.StructType).Fields() {
			parts = append(parts, quoted(f.Name)+": "+jsonb(a.Field(k), i))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case *array.Map:
		from, to := a.ValueOffsets(i)
		parts := []string{}
		for k := from; k < to; k++ {
			parts = append(parts, `{"key": `+jsonb(a.Keys(), int(k))+`, "value": `+jsonb(a.Items(), int(k))+"}")
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		parts := []string{}
		for k := from; k < to; k++ {
			parts = append(parts, jsonb(a.ListValues(), int(k)))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	panic(fmt.Sprintf("no JSON of %s", in.DataType()))
}

// plainNumber writes the shortest digits that give v, without an exponent; numeric has no sign of zero.
func plainNumber(v float64) string {
	if v == 0 {
		return "0"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
