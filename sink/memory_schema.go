package sink

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
)

// memoryTarget is what errors about the schema name.
const memoryTarget = "memory"

// mergeSchema returns the schema of the table after a Prepare for in. table is nil where there is none yet.
func mergeSchema(table, in *arrow.Schema, addColumns bool) (*arrow.Schema, error) {
	seen := map[string]bool{}
	for _, f := range in.Fields() {
		if seen[f.Name] {
			return nil, &SchemaError{Target: memoryTarget, Column: f.Name, Reason: "two columns have this name: rename one"}
		}
		seen[f.Name] = true
		if !holdable(f.Type) {
			return nil, &SchemaError{Target: memoryTarget, Column: f.Name, Type: f.Type, Reason: "this type has no nulls of its own and is not held: cast the column"}
		}
	}
	if table == nil {
		return arrow.NewSchema(in.Fields(), nil), nil
	}
	fields := append([]arrow.Field{}, table.Fields()...)
	for i, f := range fields {
		if !seen[f.Name] {
			fields[i].Nullable = true
		}
	}
	for _, f := range in.Fields() {
		at := table.FieldIndices(f.Name)
		switch {
		case len(at) == 0 && !addColumns:
			return nil, &SchemaError{Target: memoryTarget, Column: f.Name, Reason: "the table has no such column: drop it, or set AddColumns"}
		case len(at) == 0:
			f.Nullable = true
			fields = append(fields, f)
		case !arrow.TypeEqual(f.Type, fields[at[0]].Type):
			return nil, &SchemaError{
				Target: memoryTarget, Column: f.Name, Type: f.Type,
				Reason: fmt.Sprintf("the table has it as %s: cast the column", fields[at[0]].Type),
			}
		default:
			fields[at[0]].Nullable = fields[at[0]].Nullable || f.Nullable
		}
	}
	return arrow.NewSchema(fields, nil), nil
}

// holdable says whether a column of that type can be null where a record lacks it.
func holdable(dt arrow.DataType) bool {
	switch dt.ID() {
	case arrow.DENSE_UNION, arrow.SPARSE_UNION, arrow.RUN_END_ENCODED:
		return false
	case arrow.EXTENSION:
		return holdable(dt.(arrow.ExtensionType).StorageType())
	}
	if nested, ok := dt.(arrow.NestedType); ok {
		for _, f := range nested.Fields() {
			if !holdable(f.Type) {
				return false
			}
		}
	}
	return true
}

// covered answers a SchemaError unless the table has every column of in, of the same type.
func covered(table, in *arrow.Schema) error {
	for _, f := range in.Fields() {
		var at []int
		if table != nil {
			at = table.FieldIndices(f.Name)
		}
		if len(at) == 0 || !arrow.TypeEqual(f.Type, table.Field(at[0]).Type) {
			return &SchemaError{Target: memoryTarget, Column: f.Name, Type: f.Type, Reason: "the table has no such column: Prepare comes before Load"}
		}
	}
	return nil
}

// conform returns rec in the given schema, which has all its columns; the others are null. The caller
// releases the result.
func conform(mem memory.Allocator, rec arrow.Record, schema *arrow.Schema) arrow.Record {
	cols := make([]arrow.Array, schema.NumFields())
	for i, f := range schema.Fields() {
		if at := rec.Schema().FieldIndices(f.Name); len(at) > 0 {
			cols[i] = rec.Column(at[0])
			cols[i].Retain()
		} else {
			cols[i] = nulls(mem, f.Type, int(rec.NumRows()))
		}
	}
	out := array.NewRecord(schema, cols, rec.NumRows())
	for _, c := range cols {
		c.Release()
	}
	return out
}

// nulls returns n nulls of a type, an extension type included.
func nulls(mem memory.Allocator, dt arrow.DataType, n int) arrow.Array {
	ext, ok := dt.(arrow.ExtensionType)
	if !ok {
		return array.MakeArrayOfNull(mem, dt, n)
	}
	storage := nulls(mem, ext.StorageType(), n)
	defer storage.Release()
	return array.NewExtensionArrayWithStorage(ext, storage)
}

// shiftReasons returns reasons with n added to their rows; what it is given stays as it is.
func shiftReasons(reasons []deadletter.Reason, n int64) []deadletter.Reason {
	out := make([]deadletter.Reason, len(reasons))
	for i, r := range reasons {
		r.Row += n
		out[i] = r
	}
	return out
}

// joinRejected makes one of several sets of rows of one schema, which it takes over unless it fails.
func joinRejected(mem memory.Allocator, sets []*deadletter.Rows) (*deadletter.Rows, error) {
	if len(sets) < 2 {
		if len(sets) == 0 {
			return nil, nil
		}
		return sets[0], nil
	}
	schema := sets[0].Record.Schema()
	cols := make([]arrow.Array, schema.NumFields())
	defer func() {
		for _, c := range cols {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i := range cols {
		parts := make([]arrow.Array, len(sets))
		for k, s := range sets {
			parts[k] = s.Record.Column(i)
		}
		joined, err := array.Concatenate(parts, mem)
		if err != nil {
			return nil, fmt.Errorf("join rejected rows: column %q: %w", schema.Field(i).Name, err)
		}
		cols[i] = joined
	}
	all := &deadletter.Rows{}
	for _, s := range sets {
		all.Reasons = append(all.Reasons, s.Reasons...)
	}
	all.Record = array.NewRecord(schema, cols, all.Len())
	for _, s := range sets {
		s.Release()
	}
	return all, nil
}

func releaseAll(records []arrow.Record) {
	for _, rec := range records {
		rec.Release()
	}
}
