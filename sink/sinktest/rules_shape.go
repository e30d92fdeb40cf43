package sinktest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/sink"
)

func ownershipRules() []rule {
	return []rule{
		ruleBorrowed.by(checkBorrowed),
		ruleLeak.by(checkLeak),
	}
}

// checkBorrowed loads batches whose memory is overwritten before what was loaded is read back.
func checkBorrowed(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 50)
	if err != nil {
		return err
	}
	if err := l.loadRows(ctx, 50, 7); err != nil {
		return err
	}
	if err := guard(func() error { return k.expect(ctx, idRange(0, 0, 100)) }); err != nil {
		return fmt.Errorf("the batches were released, and: %w", err)
	}
	return nil
}

// checkLeak walks the ways on which a sink may forget a record; the count is looked at after the rule.
func checkLeak(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 5)
	if err != nil || l.o.limits.NoOffsets {
		return err
	}
	for range 2 {
		if _, _, err := l.failOnce(ctx, 5); err != nil {
			return err
		}
		if l.o.limits.StageIsFinal {
			return nil
		}
	}
	newer, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	if err := l.fenced(ctx, 5); err != nil {
		return err
	}
	t := newer.next(5)
	defer t.done()
	return newer.stage(ctx, t)
}

func shapeRules() []rule {
	return []rule{
		{"shape/rows", "batches of 1 row and of 1 million rows, and many of them, load all their rows", checkRows},
		{"shape/columns", "tables of 1 column and of the most columns that the target takes load", checkColumns},
		{"shape/column-names", "hostile column names come back as they are; where the target cannot hold two of them at once, that is a SchemaError", checkColumnNames},
		{"shape/partition-names", "partitions whose names differ in case, blanks or quotes alone are different partitions", checkPartitionNames},
		{"shape/target-names", "hostile names of targets work", checkTargetNames},
	}
}

func checkRows(ctx context.Context, k *kit) error {
	l, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	if err := l.loadRows(ctx, 30, 1); err != nil {
		return err
	}
	many := int64(1_000_000)
	if k.short {
		many = 100_000
	}
	if err := l.loadRows(ctx, many, many); err != nil {
		return err
	}
	return k.expect(ctx, idRange(0, 0, 30+many))
}

// numbers makes one record of n rows of int64 columns of those names, the first the id; the value in column c of
// row i is i + c.
func numbers(mem memory.Allocator, names []string, n int64) arrow.Record {
	fields := make([]arrow.Field, len(names))
	for i, name := range names {
		fields[i] = arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64, Nullable: i > 0}
	}
	b := array.NewRecordBuilder(mem, arrow.NewSchema(fields, nil))
	defer b.Release()
	for c := range names {
		col := b.Field(c).(*array.Int64Builder)
		for i := range n {
			col.Append(i + int64(c))
		}
	}
	return b.NewRecord()
}

// checkNumbers loads a record of numbers of those columns as a partition of k and compares.
func checkNumbers(ctx context.Context, k *kit, names []string) error {
	o, err := k.open(ctx)
	if err != nil {
		return err
	}
	l, err := k.claimOnly(ctx, o, 0)
	if err != nil {
		return err
	}
	mem := &watched{parent: &k.mem}
	rec := numbers(mem, names, 3)
	if err := l.prepare(ctx, rec.Schema()); err != nil {
		rec.Release()
		return err
	}
	t := l.batch(mem, rec.Schema(), []arrow.Record{rec})
	err = l.load(ctx, t)
	t.done()
	if err != nil {
		return err
	}
	rows, err := k.rows(ctx, names[1:]...)
	if err != nil {
		return err
	}
	for i := range int64(3) {
		want := make([]string, len(names)-1)
		for c := range want {
			want[c] = fmt.Sprint(i + int64(c) + 1)
		}
		if got, ok := rows[i]; !ok || got != strings.Join(want, " ") {
			return fmt.Errorf("row %d reads %.200q, want %.200q", i, got, strings.Join(want, " "))
		}
	}
	return nil
}

// elsewhere runs f on another harness, with a target of its own.
func (k *kit) elsewhere(f func(k *kit) error) error { return k.on(k.newHarness, f) }

func (k *kit) on(newHarness func() (Harness, error), f func(k *kit) error) error {
	h, err := newHarness()
	if err != nil {
		return fmt.Errorf("no harness: %w", err)
	}
	other := &kit{h: h, short: k.short, newHarness: k.newHarness}
	other.mem.parent = &k.mem
	err = guard(func() error { return f(other) })
	k.found = append(k.found, other.found...)
	return errors.Join(err, other.close(rule{name: "a rule on another target"}))
}

func checkColumns(ctx context.Context, k *kit) error {
	if err := checkNumbers(ctx, k, []string{"id"}); err != nil {
		return fmt.Errorf("1 column: %w", err)
	}
	most := k.h.MaxColumns
	if most == 0 {
		most = 300
	}
	names := make([]string, most)
	names[0] = "id"
	for i := 1; i < most; i++ {
		names[i] = fmt.Sprintf("c%04d", i)
	}
	if err := k.elsewhere(func(k *kit) error { return checkNumbers(ctx, k, names) }); err != nil {
		return fmt.Errorf("%d columns: %w", most, err)
	}
	return nil
}

// hostile are names that go wrong where they are not quoted, or quoted wrongly.
var hostile = []string{
	"select", "a\"b", "a'b", "a`b", "naïve", "with blank", " leading", "Mixed Case", "semi;colon", "--comment", "/*x*/", "back\\slash", "a.b", "%s", "$1", "?", ":name", "[x]",
	"日本語", "🙂", "1st", "_floe_offsets", "long_" + strings.Repeat("x", 50), "tab\there",
}

func checkColumnNames(ctx context.Context, k *kit) error {
	names := append([]string{"id"}, hostile...)
	if k.h.MaxColumns > 0 {
		names = names[:min(len(names), k.h.MaxColumns)]
	}
	if err := checkNumbers(ctx, k, names); err != nil {
		return err
	}
	err := k.elsewhere(func(k *kit) error {
		if k.h.OneCase {
			l, err := k.typedLane(ctx, typed{schema: arrow.NewSchema(baseSchema.Fields()[:1], nil)})
			if err != nil {
				return err
			}
			rec := numbers(memory.DefaultAllocator, []string{"id", "x", "X"}, 0)
			err = l.w.Prepare(ctx, rec.Schema())
			var se *sink.SchemaError
			if !errors.As(err, &se) {
				return fmt.Errorf("the target holds names in one case only, and Prepare answered no SchemaError: %w", orNil(err))
			}
			return nil
		}
		return checkNumbers(ctx, k, []string{"id", "x", "X"})
	})
	if err != nil {
		return fmt.Errorf("columns x and X: %w", err)
	}
	err = k.elsewhere(func(k *kit) error {
		l, err := k.typedLane(ctx, typed{schema: arrow.NewSchema(baseSchema.Fields()[:1], nil)})
		if err != nil {
			return err
		}
		rec := numbers(memory.DefaultAllocator, []string{"id", "x", "x"}, 0)
		return wantSchemaError(l.w.Prepare(ctx, rec.Schema()), "x", "two columns of one name")
	})
	if err != nil {
		return fmt.Errorf("columns x and x: %w", err)
	}
	return nil
}

func checkPartitionNames(ctx context.Context, k *kit) error {
	o, err := k.open(ctx)
	if err != nil {
		return err
	}
	names := []string{"p", "P", "p ", "p'", `p"`, `p\`, "naïve", "nai\u0308ve", "orders/2024 a=b&c.csv", "%", strings.Repeat("long/", 40)}
	var want [][]int64
	lanes := make([]*lane, len(names))
	for i, name := range names {
		l, err := k.claimNamed(ctx, o, i, name)
		if err != nil {
			return err
		}
		if l.committed != "" {
			return fmt.Errorf("the first claim of %q answers the offset %q, want none: another partition's?", name, l.committed)
		}
		if err := l.prepare(ctx, baseSchema); err != nil {
			return err
		}
		if err := l.loadRows(ctx, int64(i+1), 20); err != nil {
			return err
		}
		lanes[i] = l
		want = append(want, idRange(i, 0, int64(i+1)))
	}
	if err := k.expect(ctx, want...); err != nil {
		return err
	}
	for _, l := range lanes {
		if _, err := l.reclaim(ctx, o, l.committed); err != nil {
			return err
		}
	}
	return nil
}

func checkTargetNames(ctx context.Context, k *kit) error {
	if k.h.Named == nil {
		return skip("the harness names no targets")
	}
	for _, name := range hostile {
		err := k.on(func() (Harness, error) { return k.h.Named(name) }, func(k *kit) error {
			if _, err := k.loaded(ctx, 0, 3); err != nil {
				return err
			}
			return k.expect(ctx, idRange(0, 0, 3))
		})
		if err != nil {
			return fmt.Errorf("target %q: %w", name, err)
		}
	}
	return nil
}

func schemaRules() []rule {
	return []rule{
		{"schema/by-name", "columns in another order load by name, or are a SchemaError where the sink is strict", checkReordered},
		{"schema/dropped", "rows without a column of the target have null there, or are a SchemaError where the sink is strict", checkDropped},
		{"schema/added", "a new column is added where the sink claims it, and null in the rows before; else it is a SchemaError that names it", checkAdded},
		{"schema/widened", "a column that widens from int32 to int64 loads where the sink claims it; else it is a SchemaError that names it, or every value is right", checkWidened},
		{"schema/changed", "a column of another kind than the target's is a SchemaError that names it, and the rows before stay", checkChanged},
		{"schema/others", "a partition on the older schema goes on while another has widened the target", checkOthers},
	}
}

// loadAs loads the next n usual rows in another schema of int64 and utf8 columns: id, name, and numbers that equal
// the id in every other column.
func (l *lane) loadAs(ctx context.Context, schema *arrow.Schema, n int64) error {
	mem := &watched{parent: &l.k.mem}
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	for _, rowID := range idRange(l.number, l.ordinal(), l.ordinal()+n) {
		for c, f := range schema.Fields() {
			switch col := b.Field(c).(type) {
			case *array.StringBuilder:
				col.Append("plain")
			case *array.Int64Builder:
				col.Append(rowID)
			default:
				panic("sinktest: no value for column " + f.Name)
			}
		}
	}
	t := l.batch(mem, schema, []arrow.Record{b.NewRecord()})
	defer t.done()
	return l.persist(ctx, t)
}

// expectRows compares the texts of columns, by id, and the rows that are there.
func (k *kit) expectRows(ctx context.Context, columns []string, want map[int64]string) error {
	got, err := k.rows(ctx, columns...)
	if err != nil {
		return err
	}
	if err := compareIDs(slices.Collect(maps.Keys(want)), slices.Collect(maps.Keys(got))); err != nil {
		return err
	}
	for rowID, values := range want {
		if got[rowID] != values {
			return fmt.Errorf("row %d has %s = %s, want %s", rowID, strings.Join(columns, ", "), got[rowID], values)
		}
	}
	return nil
}

var (
	idField    = baseSchema.Field(0)
	nameField  = baseSchema.Field(1)
	extraField = arrow.Field{Name: "extra", Type: arrow.PrimitiveTypes.Int64, Nullable: true}
)

func schemaOf(fields ...arrow.Field) *arrow.Schema { return arrow.NewSchema(fields, nil) }

// then prepares for a schema, as the engine does where the schema changes, and loads one row of it.
func (l *lane) then(ctx context.Context, schema *arrow.Schema) error {
	if err := l.prepare(ctx, schema); err != nil {
		return err
	}
	return l.loadAs(ctx, schema, 1)
}

func checkReordered(ctx context.Context, k *kit) error {
	o, err := k.open(ctx)
	if err != nil {
		return err
	}
	l, err := k.claimOnly(ctx, o, 0)
	if err != nil {
		return err
	}
	a := arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64, Nullable: true}
	mem := &watched{parent: &k.mem}
	for i, names := range [][]string{{"id", "a", "b"}, {"b", "id", "a"}, {"a", "b", "id"}} {
		fields := make([]arrow.Field, len(names))
		b := make([]arrow.Array, len(names))
		for c, name := range names {
			fields[c] = a
			fields[c].Name = name
			col := array.NewInt64Builder(mem)
			col.Append(int64(i) + map[string]int64{"id": 0, "a": 100, "b": 200}[name])
			b[c] = col.NewArray()
			col.Release()
		}
		schema := schemaOf(fields...)
		rec := newRecord(schema, b, 1)
		if k.h.Strict && i > 0 {
			rec.Release()
			return wantSchemaError(l.w.Prepare(ctx, schema), "", "columns in another order")
		}
		if err := l.prepare(ctx, schema); err != nil {
			rec.Release()
			return err
		}
		t := l.batch(mem, schema, []arrow.Record{rec})
		err := l.load(ctx, t)
		t.done()
		if err != nil {
			return err
		}
	}
	return k.expectRows(ctx, []string{"a", "b"}, map[int64]string{0: "100 200", 1: "101 201", 2: "102 202"})
}

func checkDropped(ctx context.Context, k *kit) error {
	l, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	if k.h.Strict {
		return wantSchemaError(l.w.Prepare(ctx, schemaOf(idField)), "", "a column less")
	}
	for _, schema := range []*arrow.Schema{schemaOf(idField, nameField), schemaOf(idField), schemaOf(idField, nameField)} {
		if err := l.then(ctx, schema); err != nil {
			return err
		}
	}
	return k.expectRows(ctx, []string{"name"}, map[int64]string{0: `"plain"`, 1: "null", 2: `"plain"`})
}

func checkAdded(ctx context.Context, k *kit) error {
	l, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	if err := l.then(ctx, baseSchema); err != nil {
		return err
	}
	wide := schemaOf(idField, nameField, extraField)
	if !k.h.AddColumns {
		if err := wantSchemaError(l.w.Prepare(ctx, wide), "extra", "a new column"); err != nil {
			return err
		}
		if err := l.then(ctx, baseSchema); err != nil {
			return fmt.Errorf("after the SchemaError: %w", err)
		}
		return k.expectRows(ctx, []string{"name", "extra"}, map[int64]string{0: `"plain" missing`, 1: `"plain" missing`})
	}
	for _, schema := range []*arrow.Schema{wide, baseSchema, wide} {
		if err := l.then(ctx, schema); err != nil {
			return err
		}
	}
	if l, err = l.again(ctx, l.committed); err != nil {
		return fmt.Errorf("a new claim on the older schema: %w", err)
	}
	if err := l.loadAs(ctx, baseSchema, 1); err != nil {
		return fmt.Errorf("a new claim on the older schema: %w", err)
	}
	return k.expectRows(ctx, []string{"name", "extra"}, map[int64]string{
		0: `"plain" null`, 1: `"plain" 1`, 2: `"plain" null`, 3: `"plain" 3`, 4: `"plain" null`,
	})
}

func checkWidened(ctx context.Context, k *kit) error {
	if !slices.ContainsFunc(k.h.claimed(), func(t Type) bool { return t.Type.ID() == arrow.INT32 }) {
		return skip("the sink does not claim int32")
	}
	narrow := schemaOf(idField, arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int32, Nullable: true})
	wide := schemaOf(idField, arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true})
	l, err := k.typedLane(ctx, typed{schema: narrow})
	if err != nil {
		return err
	}
	mem := &watched{parent: &k.mem}
	loadOne := func(schema *arrow.Schema, value int64) error {
		b := array.NewRecordBuilder(mem, schema)
		defer b.Release()
		b.Field(0).(*array.Int64Builder).Append(l.ordinal())
		if narrow, ok := b.Field(1).(*array.Int32Builder); ok {
			narrow.Append(int32(value))
		} else {
			b.Field(1).(*array.Int64Builder).Append(value)
		}
		t := l.batch(mem, schema, []arrow.Record{b.NewRecord()})
		defer t.done()
		return l.load(ctx, t)
	}
	if err := loadOne(narrow, -7); err != nil {
		return err
	}
	if err := l.w.Prepare(ctx, wide); err != nil {
		if k.h.Widen {
			return err
		}
		if err := wantSchemaError(err, "n", "a column that widens"); err != nil {
			return err
		}
		return k.expectRows(ctx, []string{"n"}, map[int64]string{0: "-7"})
	}
	const big = 1 << 40
	if err := loadOne(wide, big); err != nil {
		return err
	}
	if err := l.prepare(ctx, narrow); err != nil {
		return fmt.Errorf("back to the narrow schema: %w", err)
	}
	if err := loadOne(narrow, 9); err != nil {
		return err
	}
	return k.expectRows(ctx, []string{"n"}, map[int64]string{0: "-7", 1: fmt.Sprint(int64(big)), 2: "9"})
}

func checkChanged(ctx context.Context, k *kit) error {
	l, err := k.loaded(ctx, 0, 3)
	if err != nil {
		return err
	}
	other := schemaOf(arrow.Field{Name: "id", Type: arrow.BinaryTypes.String}, nameField)
	if err := wantSchemaError(l.w.Prepare(ctx, other), "id", "a column of text where the target has numbers"); err != nil {
		return err
	}
	if l, err = l.again(ctx, l.committed); err != nil {
		return err
	}
	if err := l.loadRows(ctx, 2, 2); err != nil {
		return err
	}
	return k.expect(ctx, idRange(0, 0, 5))
}

func checkOthers(ctx context.Context, k *kit) error {
	if !k.h.AddColumns {
		return skip("the sink adds no columns")
	}
	older, err := k.lane(ctx, 0)
	if err != nil {
		return err
	}
	newer, err := k.claim(ctx, older.o, 1)
	if err != nil {
		return err
	}
	want := map[int64]string{}
	for i := range int64(4) {
		if err := older.loadAs(ctx, baseSchema, 1); err != nil {
			return fmt.Errorf("the partition on the older schema: %w", err)
		}
		want[id(0, i)] = `"plain" null`
		schema := schemaOf(extraField, nameField, idField)
		if i == 0 {
			err = newer.then(ctx, schema)
		} else {
			err = newer.loadAs(ctx, schema, 1)
		}
		if err != nil {
			return fmt.Errorf("the partition that widened the target: %w", err)
		}
		want[id(1, i)] = fmt.Sprintf(`"plain" %d`, id(1, i))
	}
	return k.expectRows(ctx, []string{"name", "extra"}, want)
}
