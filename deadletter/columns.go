package deadletter

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Origin says where rows were refused. (Pipeline, Partition, Offset, Row) identify a row over restarts: a
// dead letter that was written twice, because a crash fell between it and its batch, has them equal.
type Origin struct {
	Stage     string // what refused the rows: "source", "transform 2", "sink"
	Pipeline  string
	Partition string
	Offset    string // the source's position from which Reason.Row counts
}

// Columns returns the fields that [Rows.WithReasons] adds. Their names begin with an underscore and "floe".
func Columns() []arrow.Field {
	text := func(name string) arrow.Field { return arrow.Field{Name: name, Type: arrow.BinaryTypes.String} }
	column := text("_floe_column")
	column.Nullable = true
	return []arrow.Field{
		text("_floe_reason"),
		text("_floe_code"),
		column,
		text("_floe_stage"),
		text("_floe_pipeline"),
		text("_floe_partition"),
		text("_floe_offset"),
		{Name: "_floe_row", Type: arrow.PrimitiveTypes.Int64},
	}
}

// Schema returns in with the fields of [Columns] behind its own. All fields of in become nullable: a row is
// rejected also because a value is missing.
func Schema(in *arrow.Schema) *arrow.Schema {
	fields := make([]arrow.Field, 0, in.NumFields()+8)
	for _, f := range in.Fields() {
		f.Nullable = true
		fields = append(fields, f)
	}
	meta := in.Metadata()
	return arrow.NewSchema(append(fields, Columns()...), &meta)
}

// Original returns the schema without the fields of [Columns]: [Schema] undone, but for the nullability.
func Original(schema *arrow.Schema) *arrow.Schema {
	ours := map[string]bool{}
	for _, f := range Columns() {
		ours[f.Name] = true
	}
	var fields []arrow.Field
	for _, f := range schema.Fields() {
		if !ours[f.Name] {
			fields = append(fields, f)
		}
	}
	meta := schema.Metadata()
	return arrow.NewSchema(fields, &meta)
}

// WithReasons returns the rows with their reasons and origin as further columns, in [Schema]. The result is
// the caller's; r stays as it is.
func (r *Rows) WithReasons(mem memory.Allocator, o Origin) arrow.Record {
	b := array.NewRecordBuilder(mem, arrow.NewSchema(Columns(), nil))
	defer b.Release()
	text := func(col int, s string) { b.Field(col).(*array.StringBuilder).Append(s) }
	for _, reason := range r.Reasons {
		text(0, reason.Message)
		text(1, reason.Code)
		if reason.Column == "" {
			b.Field(2).AppendNull()
		} else {
			text(2, reason.Column)
		}
		text(3, o.Stage)
		text(4, o.Pipeline)
		text(5, o.Partition)
		text(6, o.Offset)
		b.Field(7).(*array.Int64Builder).Append(reason.Row)
	}
	reasons := b.NewRecord()
	defer reasons.Release()
	cols := append(append([]arrow.Array{}, r.Record.Columns()...), reasons.Columns()...)
	return array.NewRecord(Schema(r.Record.Schema()), cols, r.Len())
}
