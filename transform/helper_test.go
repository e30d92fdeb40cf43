package transform_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/transform"
)

func field(name string, dt arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: dt, Nullable: true}
}

var (
	text      = arrow.BinaryTypes.String
	placeType = arrow.StructOf(field("city", text), field("lat", arrow.PrimitiveTypes.Float64))
	codeType  = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: text}
)

// wideSchema has a column of every kind that transforms meet.
var wideSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	field("delay", arrow.PrimitiveTypes.Int32),
	field("origin", text),
	field("price", &arrow.Decimal128Type{Precision: 10, Scale: 2}),
	field("ratio", arrow.PrimitiveTypes.Float64),
	field("at", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}),
	field("day", arrow.FixedWidthTypes.Date32),
	field("ok", arrow.FixedWidthTypes.Boolean),
	field("tags", arrow.ListOf(text)),
	field("place", placeType),
	field("code", codeType),
	field("blob", arrow.BinaryTypes.Binary),
	field("counts", arrow.MapOf(text, arrow.PrimitiveTypes.Int32)),
	field("nothing", arrow.Null),
}, nil)

// wide returns a record of 24 rows of wideSchema with nulls in all places but id.
func wide(mem memory.Allocator) arrow.Record {
	origins := []string{"JFK", "LAX", "SFO", "naïve", ""}
	var b strings.Builder
	for i := range 24 {
		value := func(k int, s string, args ...any) string {
			if i%7 == k {
				return "null"
			}
			return fmt.Sprintf(s, args...)
		}
		fmt.Fprintf(&b, `{"id": %d, "delay": %s, "origin": %s, "price": %s, "ratio": %s, "at": %s, "day": %s, "ok": %s, "tags": %s, "place": %s, "code": %s, "blob": %s, "counts": %s, "nothing": null}`+"\n",
			i,
			value(1, "%d", i*i-60),
			value(2, "%q", origins[i%5]),
			value(3, `"%d.25"`, i*100-700),
			value(4, "%d.5", i-9),
			value(5, `"2024-02-%02dT10:%02d:07.25Z"`, i+1, i),
			value(6, `"20%02d-01-31"`, i),
			value(0, "%t", i%2 == 0),
			value(1, `["a%d", null, "b"]`, i),
			value(2, `{"city": %q, "lat": %s}`, origins[(i+1)%5], value(3, "%d.125", i)),
			value(4, "%q", origins[i%3]),
			value(5, `"%s"`, []string{"AAE=", "aGVsbG8=", ""}[i%3]),
			value(6, `[{"key": "x", "value": %d}, {"key": "y", "value": null}]`, i))
	}
	rec, _, err := array.RecordFromJSON(mem, wideSchema, strings.NewReader("["+strings.ReplaceAll(strings.TrimSpace(b.String()), "\n", ",")+"]"))
	if err != nil {
		panic(err)
	}
	return rec
}

// fromJSON makes a record of an array of objects.
func fromJSON(t testing.TB, mem memory.Allocator, schema *arrow.Schema, rows string) arrow.Record {
	t.Helper()
	rec, _, err := array.RecordFromJSON(mem, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// checked returns a context with an allocator that must be at zero when the test ends.
func checked(t testing.TB) (context.Context, memory.Allocator) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return compute.WithAllocator(t.Context(), mem), mem
}

// apply binds the transform to the record's schema and processes the record.
func apply(ctx context.Context, tr transform.Transform, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
	p, err := tr.Bind(ctx, rec.Schema())
	if err != nil {
		return nil, nil, err
	}
	out, rejected, err := p.Process(ctx, rec)
	if e := p.Close(ctx); err == nil {
		err = e
	}
	return out, rejected, err
}

// show gives the rows of a record, one a string.
func show(rec arrow.Record) []string {
	if rec == nil {
		return nil
	}
	rows := make([]string, rec.NumRows())
	for i := range rows {
		var parts []string
		for _, c := range rec.Columns() {
			parts = append(parts, c.ValueStr(i))
		}
		rows[i] = strings.Join(parts, "|")
	}
	return rows
}

// showRejects gives the reasons of rejected rows.
func showRejects(r *deadletter.Rows) []string {
	if r == nil {
		return nil
	}
	var rows []string
	for _, reason := range r.Reasons {
		rows = append(rows, fmt.Sprintf("%d %s %s: %s", reason.Row, reason.Code, reason.Column, reason.Message))
	}
	return rows
}

// printRecord is what examples print: names, then rows.
func printRecord(rec arrow.Record) {
	var names []string
	for _, f := range rec.Schema().Fields() {
		names = append(names, f.Name)
	}
	fmt.Println(strings.Join(names, "|"))
	for _, row := range show(rec) {
		fmt.Println(row)
	}
}
