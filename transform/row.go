package transform

import (
	"errors"
	"fmt"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// Inputs has the columns that a function reads. The function asks for each with [Column], once, when it is
// bound to a schema.
type Inputs struct {
	kind  string
	in    *arrow.Schema
	opens []func(rec arrow.Record) cell
	errs  []error
}

// Row is one row, for the length of one call.
type Row struct {
	cells []cell
	row   int
}

// cell reads one column of one record.
type cell struct {
	column arrow.Array
	value  any // a reader[T]; what is in it is asked for once a row, and boxes nothing
}

// Value is what a Go function reads from a column.
type Value interface {
	int64 | uint64 | float64 | bool | string | []byte | time.Time | decimal128.Num
}

// Reader reads one column. It may be used for the rows that are given to the function that asked for it.
type Reader[T Value] struct{ at int }

// At returns the column's value in the row; of a null the zero value. A string or []byte is valid for the
// length of the call only, and must not be changed.
func (r Reader[T]) At(row Row) T {
	c := row.cells[r.at]
	if c.column.IsNull(row.row) {
		var zero T
		return zero
	}
	return c.value.(reader[T])(row.row)
}

// IsNull says whether the column has no value in the row.
func (r Reader[T]) IsNull(row Row) bool { return isNull(row.cells[r.at].column, row.row) }

// Column asks for a column as Go values of type T. What T reads:
//
//   - int64 all integers but uint64, and uint64 that one
//   - float64 floats
//   - bool booleans
//   - string and []byte strings, binaries and binaries of fixed width
//   - time.Time dates and timestamps, in the zone of their type
//   - decimal128.Num decimals of up to 38 digits, without their scale
//
// and dictionaries of these. A column that is missing or of another type is an error of Bind.
func Column[T Value](in *Inputs, name string) Reader[T] {
	at, err := find(in.kind, in.in, name)
	if err != nil {
		in.errs = append(in.errs, err)
		return Reader[T]{}
	}
	dt := in.in.Field(at).Type
	read := openValue[T](dt)
	if read == nil {
		var zero T
		in.errs = append(in.errs, fmt.Errorf("transform: %s: column %q of type %s cannot be read as %T", in.kind, name, dt, zero))
		return Reader[T]{}
	}
	in.opens = append(in.opens, func(rec arrow.Record) cell {
		col := rec.Column(at)
		return cell{col, read(col)}
	})
	return Reader[T]{len(in.opens) - 1}
}

// bindInputs lets a function ask for its columns.
func bindInputs[F any](kind string, in *arrow.Schema, bind func(*Inputs) F) (*Inputs, F, error) {
	inputs := &Inputs{kind: kind, in: in}
	f := bind(inputs)
	return inputs, f, errors.Join(inputs.errs...)
}

func (in *Inputs) open(rec arrow.Record) []cell {
	cells := make([]cell, len(in.opens))
	for i, o := range in.opens {
		cells[i] = o(rec)
	}
	return cells
}

// openValue returns how columns of the type are read as T, or nil.
func openValue[T Value](dt arrow.DataType) open[T] {
	if d, ok := dt.(*arrow.DictionaryType); ok {
		inner := openValue[T](d.ValueType)
		if inner == nil {
			return nil
		}
		return func(col arrow.Array) reader[T] {
			d := col.(*array.Dictionary)
			entry, entries := inner(d.Dictionary()), d.Dictionary()
			return func(row int) (v T) {
				if k := d.GetValueIndex(row); entries.IsValid(k) {
					v = entry(k)
				}
				return v
			}
		}
	}
	o, _ := openAny[T](dt).(open[T])
	return o
}

// openAny chooses by T and the type; the answer is an open[T] or nil.
func openAny[T Value](dt arrow.DataType) any {
	f := familyOf(dt)
	var zero T
	switch any(zero).(type) {
	case int64:
		if f == familyInt && dt.ID() != arrow.UINT64 {
			return open[int64](openInt)
		}
	case uint64:
		if dt.ID() == arrow.UINT64 {
			return open[uint64](values[uint64])
		}
	case float64:
		if f == familyFloat {
			return open[float64](openFloat)
		}
	case bool:
		if f == familyBool {
			return open[bool](func(col arrow.Array) reader[bool] { return col.(*array.Boolean).Value })
		}
	case string:
		if f == familyText || f == familyBytes {
			return open[string](openText)
		}
	case []byte:
		if f == familyText || f == familyBytes {
			return open[[]byte](openBytes)
		}
	case decimal128.Num:
		if dt.ID() == arrow.DECIMAL128 {
			return open[decimal128.Num](values[decimal128.Num])
		}
	case time.Time:
		return openTime(dt)
	}
	return nil
}

func openTime(dt arrow.DataType) any {
	zone := time.UTC
	switch dt := dt.(type) {
	case *arrow.TimestampType:
		var err error
		if zone, err = dt.GetZone(); err != nil {
			return nil
		}
	case *arrow.Date32Type, *arrow.Date64Type:
	default:
		return nil
	}
	nanos := nanosOf(dt)
	return open[time.Time](func(col arrow.Array) reader[time.Time] {
		value := openInt(col)
		return func(row int) time.Time {
			t, _ := instant(value(row), nanos)
			return t.In(zone)
		}
	})
}

func openBytes(col arrow.Array) reader[[]byte] {
	switch a := col.(type) {
	case *array.Binary:
		return a.Value
	case *array.LargeBinary:
		return a.Value
	case *array.FixedSizeBinary:
		return a.Value
	}
	value := openText(col)
	return func(row int) []byte { return []byte(value(row)) }
}
