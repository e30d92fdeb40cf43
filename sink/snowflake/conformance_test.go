package snowflake_test

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

func TestConformanceAppend(t *testing.T) {
	i := newInstance(t, snowflake.Options{})
	if testing.Short() {
		i.check(t, "life/", "ownership/", "context/", "concurrency/", "schema/", "shape/column")
		i.check(t, short...)
		return
	}
	sinktest.Run(t, i.harness)
}

// TestConformanceEvolving runs the rules that the option is about.
func TestConformanceEvolving(t *testing.T) {
	i := newInstance(t, snowflake.Options{Evolve: sink.Widen})
	err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) {
		h, err := i.on(t.Context(), "t")
		h.AddColumns, h.Widen = true, true
		return h, err
	}, "schema/", "shape/columns")
	if err != nil {
		t.Error(err)
	}
}

func TestConformanceUpsert(t *testing.T) {
	newInstance(t, snowflake.Options{Mode: sink.Upsert, Key: []string{"id"}}).conform(t)
}

func TestConformanceReplace(t *testing.T) {
	newInstance(t, snowflake.Options{Mode: sink.Replace}).conform(t)
}

// short are the rules in which a mode may differ from another, without the hundred interleavings.
var short = []string{
	"modes/", "exactly-once/", "fencing/older", "fencing/same-sink", "fencing/staged", "gate/", "atomicity/", "types/round-trip", "errors/", "group/",
}

// conform runs the rules in which a mode may differ from another.
func (i *instance) conform(t *testing.T) {
	i.check(t, short...)
	if !testing.Short() {
		i.check(t, "fencing/interleavings", "fencing/reset", "types/slices", "life/", "concurrency/")
	}
}

func (i *instance) check(t *testing.T, rules ...string) {
	t.Helper()
	if err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) { return i.on(t.Context(), "t") }, rules...); err != nil {
		t.Error(err)
	}
}

// TestConformanceRejects runs the rules that are about a table which does not take every row.
func TestConformanceRejects(t *testing.T) {
	i := newInstance(t, snowflake.Options{})
	err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) { return i.refusing(t.Context()) }, "rejects/", "gate/")
	if err != nil {
		t.Error(err)
	}
}

// instance is an account in which every harness has a schema of its own.
type instance struct {
	config  func() *gosnowflake.Config
	exec    func(ctx context.Context, query string) error
	faults  map[string]sinktest.Fault
	options snowflake.Options
	// open opens the sink; nil = the one that options are of.
	open    func(ctx context.Context, schema, table string) (sink.Sink, error)
	mode    sink.Mode
	oneCase bool
	prefix  string       // of the names of schemas
	schemas atomic.Int64 // made so far: their names' numbers
}

// newInstance starts a fake account.
func newInstance(t *testing.T, o snowflake.Options) *instance {
	o.KeepCase = true
	return on(start(t), o)
}

// on returns the instance of a fake account.
func on(server *snowflaketest.Server, o snowflake.Options) *instance {
	return &instance{
		config: func() *gosnowflake.Config { return impatient(server) }, exec: server.Exec, faults: faults(server),
		options: o, mode: o.Mode, prefix: "S",
	}
}

func (i *instance) harness(t testing.TB) sinktest.Harness {
	h, err := i.on(t.Context(), "t")
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// refusing returns a harness for a table that does not take every name.
func (i *instance) refusing(ctx context.Context) (sinktest.Harness, error) {
	h, err := i.on(ctx, "t")
	if err == nil {
		err = i.exec(ctx, fmt.Sprintf(`CREATE TABLE %s%d."t" ("id" NUMBER(38,0), "name" VARCHAR(50))`, i.prefix, i.schemas.Load()))
	}
	h.RefusedName = strings.Repeat("x", 51)
	return h, err
}

// on returns a harness for a table of that name.
func (i *instance) on(ctx context.Context, table string) (sinktest.Harness, error) {
	schema := fmt.Sprint(i.prefix, i.schemas.Add(1))
	if err := i.exec(ctx, "CREATE SCHEMA "+schema); err != nil {
		return sinktest.Harness{}, err
	}
	o := i.options
	o.Schema = schema
	read := func(ctx context.Context, table string) (recs []arrow.Record, err error) {
		err = look(i.config(), func(db *sql.DB) error {
			recs, err = readTable(ctx, db, schema, table)
			return err
		})
		return recs, err
	}
	return sinktest.Harness{
		Open: func(ctx context.Context) (sink.Sink, error) {
			if i.open != nil {
				return i.open(ctx, schema, table)
			}
			return snowflake.Open(ctx, snowflake.Config{Driver: i.config()}, table, &o)
		},
		Read: func(ctx context.Context) ([]arrow.Record, error) { return read(ctx, table) },
		Loading: func(ctx context.Context) ([]arrow.Record, error) {
			var names []string
			err := look(i.config(), func(db *sql.DB) (err error) {
				names, err = namesOf(ctx, db, "SHOW TABLES IN SCHEMA "+schema+" STARTS WITH '_FLOE_NEW_'")
				return err
			})
			if err != nil || len(names) == 0 {
				return nil, err
			}
			return read(ctx, names[0])
		},
		Close: func() error { return i.exec(context.Background(), "DROP SCHEMA "+schema) },
		Types: conformanceTypes(),
		Widen: true, // every integer is a NUMBER(38,0)
		Mode:  i.mode, OneCase: i.oneCase,
		Named:  func(name string) (sinktest.Harness, error) { return i.on(ctx, name) },
		Faults: i.faults,
	}, nil
}

// impatient is the server's configuration, with a driver that tries nothing again by itself.
func impatient(s *snowflaketest.Server) *gosnowflake.Config {
	cfg := s.Config()
	cfg.MaxRetryCount = -1
	return cfg
}

// faults are what goes wrong with uploads and loads.
func faults(s *snowflaketest.Server) map[string]sinktest.Fault {
	load, upload := snowflaketest.Text("COPY INTO"), snowflaketest.Statement("PUT")
	at := func(match func(snowflaketest.Call) bool, e snowflaketest.Effect, class sinktest.Class) sinktest.Fault {
		return sinktest.Fault{Class: class, Inject: func(context.Context) (func(), error) {
			s.Inject(snowflaketest.Fault{Match: match, Effect: e})
			return nil, nil
		}}
	}
	// Of a lost reply alone nothing is told: the offset says at once that the load is there.
	blind := sinktest.Fault{Class: sinktest.Transient, Inject: func(context.Context) (func(), error) {
		s.Inject(snowflaketest.Fault{Match: load, Effect: snowflaketest.CutAfter()})
		s.Inject(snowflaketest.Fault{Match: snowflaketest.Text("SELECT epoch, committed"), Effect: snowflaketest.CutBefore()})
		return nil, nil
	}}
	return map[string]sinktest.Fault{
		"the upload is cut off":                                at(upload, snowflaketest.CutBefore(), sinktest.Transient),
		"the reply to the upload is lost":                      at(upload, snowflaketest.CutAfter(), sinktest.Transient),
		"the upload is throttled":                              at(upload, snowflaketest.Throttle(429, 0), sinktest.Transient),
		"the load is cut off":                                  at(load, snowflaketest.CutBefore(), sinktest.Transient),
		"the reply to the load is lost, and the look after it": blind,
		"the load is throttled":                                at(load, snowflaketest.Throttle(503, 0), sinktest.Transient),
		"the load waited for a lock":                           at(load, snowflaketest.Fail(625, "57014", "lock timeout"), sinktest.Transient),
		"the session is gone":                                  at(load, snowflaketest.Fail(390111, "08001", "session no longer exists"), sinktest.Transient),
		"a privilege was taken":                                at(load, snowflaketest.Fail(3001, "42501", "insufficient privileges"), sinktest.Permanent),
		"a row was refused":                                    at(load, snowflaketest.Fail(100038, "22018", "numeric value 'x' is not recognized"), sinktest.Permanent),
		"the load is not understood":                           at(load, snowflaketest.Fail(1003, "42000", "syntax error"), sinktest.Permanent),
	}
}

// conformanceTypes is the published table as far as the kit has values of it.
func conformanceTypes() []sinktest.Type {
	types := append(sinktest.LeastTypes(), sinktest.Types(
		arrow.FixedWidthTypes.Float16,
		&arrow.Decimal256Type{Precision: 38, Scale: 5},
		arrow.BinaryTypes.LargeString, arrow.BinaryTypes.LargeBinary, &arrow.FixedSizeBinaryType{ByteWidth: 16},
		arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64ns,
		arrow.LargeListOf(arrow.PrimitiveTypes.Int64), arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int64),
		arrow.ListOf(arrow.PrimitiveTypes.Float64), arrow.ListOf(arrow.PrimitiveTypes.Uint64),
		arrow.ListOf(arrow.ListOf(arrow.PrimitiveTypes.Int64)),
		arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64),
	)...)
	for i := range types {
		switch types[i].Type.(type) {
		case *arrow.Date64Type:
			types[i].Refuses = func(in arrow.Array, k int) bool { return in.(*array.Date64).Value(k)%86_400_000 != 0 }
		case arrow.ListLikeType, *arrow.StructType:
			types[i].Want, types[i].Refuses = asJSON, notFinite
		}
	}
	return append(types, sinktest.Type{Type: arrow.Null, As: arrow.BinaryTypes.String, Want: func(mem memory.Allocator, in arrow.Array) arrow.Array {
		return array.MakeArrayOfNull(mem, arrow.BinaryTypes.String, in.Len())
	}})
}

// asJSON is what VARIANT has of nested values.
func asJSON(mem memory.Allocator, in arrow.Array) arrow.Array {
	b := array.NewStringBuilder(mem)
	defer b.Release()
	for i := range in.Len() {
		if in.IsNull(i) {
			b.AppendNull()
			continue
		}
		text, err := canonical(plainValue(in, i))
		if err != nil {
			panic(err)
		}
		b.Append(text)
	}
	return b.NewArray()
}

// plainValue is the value that JSON has of one.
func plainValue(in arrow.Array, i int) any {
	if in.IsNull(i) {
		return nil
	}
	switch a := in.(type) {
	case *array.Int64:
		return a.Value(i)
	case *array.Uint64:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.String:
		return a.Value(i)
	case *array.Struct:
		object := map[string]any{}
		for k, f := range a.DataType().(*arrow.StructType).Fields() {
			object[f.Name] = plainValue(a.Field(k), i)
		}
		return object
	case *array.Map:
		from, to := a.ValueOffsets(i)
		object := map[string]any{}
		for k := from; k < to; k++ {
			object[a.Keys().(*array.String).Value(int(k))] = plainValue(a.Items(), int(k))
		}
		return object
	case array.ListLike:
		from, to := a.ValueOffsets(i)
		list := []any{}
		for k := from; k < to; k++ {
			list = append(list, plainValue(a.ListValues(), int(k)))
		}
		return list
	}
	panic(fmt.Sprintf("no JSON of %s", in.DataType()))
}

// notFinite says that a nested value has a number that JSON has not.
func notFinite(in arrow.Array, i int) bool {
	var look func(v any) bool
	look = func(v any) bool {
		switch v := v.(type) {
		case float64:
			return math.IsNaN(v) || math.IsInf(v, 0)
		case map[string]any:
			for _, inner := range v {
				if look(inner) {
					return true
				}
			}
		case []any:
			for _, inner := range v {
				if look(inner) {
					return true
				}
			}
		}
		return false
	}
	return look(plainValue(in, i))
}
