package deadletter_test

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/deadletter"
)

func TestWithReasons(t *testing.T) {
	mem := allocator(t)
	rec := record(mem, everyType(), 12)
	defer rec.Release()
	_, rejected, err := splitAt(mem, rec, 2, 9)
	if err != nil {
		t.Fatal(err)
	}
	defer rejected.Release()
	rejected.Reasons[0] = deadletter.Reason{Row: 2, Code: deadletter.CodeNull, Column: "c1", Message: "a null"}
	rejected.Reasons[1] = deadletter.Reason{Row: 9, Code: deadletter.CodeFailed, Message: "no column"}
	origin := deadletter.Origin{Stage: "sink", Pipeline: "p", Partition: "a.csv", Offset: "42"}

	with := rejected.WithReasons(mem, origin)
	if err := valid(with); err != nil {
		t.Error(err)
	}
	before, after := show(rec), show(with)
	want := []string{
		before[2] + "|a null|null|c1|sink|p|a.csv|42|2",
		before[9] + "|no column|failed|(null)|sink|p|a.csv|42|9",
	}
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("WithReasons mismatch (-want +got)\n%s", diff)
	}
	if !with.Schema().Equal(deadletter.Schema(rec.Schema())) {
		t.Errorf("the schema is %v, not that of Schema", with.Schema())
	}
	with.Release()
	if got := show(rejected.Record); len(got) != 2 || got[0] != before[2] {
		t.Errorf("WithReasons changed the rows: %q", got)
	}
}

// splitAt rejects the rows given and drops the others.
func splitAt(mem memory.Allocator, rec arrow.Record, rows ...int64) (int64, *deadletter.Rows, error) {
	var reasons []deadletter.Reason
	for _, row := range rows {
		reasons = append(reasons, deadletter.Reason{Row: row})
	}
	kept, rejected, err := deadletter.Split(mem, rec, reasons)
	if err != nil || kept == nil {
		return 0, rejected, err
	}
	defer kept.Release()
	return kept.NumRows(), rejected, nil
}

// valid says whether the columns are as the schema says.
func valid(rec arrow.Record) error {
	for i, f := range rec.Schema().Fields() {
		if col := rec.Column(i); !arrow.TypeEqual(col.DataType(), f.Type) || int64(col.Len()) != rec.NumRows() {
			return fmt.Errorf("column %q: %d values of type %s in a record of %d rows of %s", f.Name, col.Len(), col.DataType(), rec.NumRows(), f.Type)
		}
	}
	return nil
}

func TestSchema(t *testing.T) {
	meta := arrow.NewMetadata([]string{"k"}, []string{"v"})
	in := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, Metadata: meta},
		field("name", arrow.BinaryTypes.String),
	}, &meta)
	got := deadletter.Schema(in)
	want := []string{
		"id int64 true", "name utf8 true",
		"_floe_reason utf8 false", "_floe_code utf8 false", "_floe_column utf8 true", "_floe_stage utf8 false",
		"_floe_pipeline utf8 false", "_floe_partition utf8 false", "_floe_offset utf8 false", "_floe_row int64 false",
	}
	if diff := cmp.Diff(want, fields(got)); diff != "" {
		t.Errorf("Schema mismatch (-want +got)\n%s", diff)
	}
	if in.Field(0).Nullable {
		t.Error("Schema changed what it was given")
	}
	back := deadletter.Original(got)
	if diff := cmp.Diff([]string{"id int64 true", "name utf8 true"}, fields(back)); diff != "" {
		t.Errorf("Original mismatch (-want +got)\n%s", diff)
	}
	for name, s := range map[string]*arrow.Schema{"Schema": got, "Original": back} {
		if !s.Metadata().Equal(meta) || !s.Field(0).Metadata.Equal(meta) {
			t.Errorf("%s lost metadata: %v, %v", name, s.Metadata(), s.Field(0).Metadata)
		}
	}
	if again := deadletter.Original(back); !again.Equal(back) {
		t.Errorf("Original of a schema without the columns is %v", again)
	}
}

// fields gives the fields of a schema, one a string.
func fields(s *arrow.Schema) []string {
	var out []string
	for _, f := range s.Fields() {
		out = append(out, fmt.Sprintf("%s %s %t", f.Name, f.Type, f.Nullable))
	}
	return out
}
