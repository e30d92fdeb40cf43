package sinktest

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Type is one row of a sink's published table of types.
type Type struct {
	// Type is the Arrow type of the column that is loaded.
	Type arrow.DataType
	// As is the Arrow type that Read gives back for it; nil = any that holds the same values. Values are the same
	// over all widths of integers and decimals, of floats, over units of time, and over a dictionary and
	// what it encodes.
	As arrow.DataType
	// Want turns values loaded into what is expected back, where the target keeps another form, such as text; in
	// is borrowed, and the suite releases the result. nil = the same values.
	Want func(mem memory.Allocator, in arrow.Array) arrow.Array
	// Refuses reports whether the target cannot hold the value at i, such as a NaN or a date before its first:
	// such a value must come back as a reject, never as null, never clipped. nil = it holds all.
	Refuses func(in arrow.Array, i int) bool
}

// Types claims types whose values come back the same.
func Types(types ...arrow.DataType) []Type {
	all := make([]Type, len(types))
	for i, t := range types {
		all[i].Type = t
	}
	return all
}

// LeastTypes are those that every sink of tables claims.
func LeastTypes() []Type {
	return Types(
		arrow.FixedWidthTypes.Boolean,
		arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
		arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
		&arrow.Decimal128Type{Precision: 38, Scale: 10}, &arrow.Decimal128Type{Precision: 9, Scale: 2}, &arrow.Decimal128Type{Precision: 18, Scale: 0},
		arrow.BinaryTypes.String, arrow.BinaryTypes.Binary,
		arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Time64us,
		&arrow.TimestampType{Unit: arrow.Second}, &arrow.TimestampType{Unit: arrow.Millisecond},
		&arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Nanosecond},
		&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Europe/Berlin"},
		arrow.ListOf(arrow.PrimitiveTypes.Int64), arrow.ListOf(arrow.BinaryTypes.String),
		arrow.StructOf(
			arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
			arrow.Field{Name: "b", Type: arrow.BinaryTypes.String, Nullable: true},
		),
		arrow.ListOf(arrow.StructOf(arrow.Field{Name: "a", Type: arrow.ListOf(arrow.PrimitiveTypes.Float64), Nullable: true})),
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String},
	)
}

// AllTypes are the least and one or more of every other kind that the suite can make values of, for sinks that
// keep records as they are.
func AllTypes() []Type { return append(LeastTypes(), Types(rareTypes()...)...) }

func rareTypes() []arrow.DataType {
	return []arrow.DataType{
		arrow.Null,
		arrow.FixedWidthTypes.Float16,
		&arrow.Decimal256Type{Precision: 60, Scale: 5},
		arrow.BinaryTypes.LargeString, arrow.BinaryTypes.LargeBinary, &arrow.FixedSizeBinaryType{ByteWidth: 16},
		arrow.FixedWidthTypes.Date64, arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64ns,
		arrow.FixedWidthTypes.Duration_us,
		arrow.FixedWidthTypes.MonthInterval, arrow.FixedWidthTypes.DayTimeInterval, arrow.FixedWidthTypes.MonthDayNanoInterval,
		arrow.LargeListOf(arrow.PrimitiveTypes.Int64), arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int64),
		arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64),
	}
}

// claimed is the harness's table, or the least of all.
func (h Harness) claimed() []Type {
	if h.Types == nil {
		return Types(arrow.PrimitiveTypes.Int64, arrow.BinaryTypes.String)
	}
	return h.Types
}

// unclaimed lists types of every kind that is not claimed.
func (h Harness) unclaimed() []arrow.DataType {
	claimed := h.claimed()
	all := slices.Clone(h.Unclaimed)
	for _, t := range AllTypes() {
		if !slices.ContainsFunc(claimed, func(c Type) bool { return c.Type.ID() == t.Type.ID() }) {
			all = append(all, t.Type)
		}
	}
	return all
}
