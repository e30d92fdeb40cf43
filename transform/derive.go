package transform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/compute"

	"github.com/floedata/floe/deadletter"
)

// ErrNull is what a function of [Derive] returns to make the value null.
var ErrNull = errors.New("transform: no value")

// Derived is what a function of [Derive] may compute, and which column it makes: int64, float64, bool,
// string, binary ([]byte), and a timestamp of microseconds in UTC (time.Time; what is finer is cut off).
type Derived interface {
	int64 | float64 | bool | string | []byte | time.Time
}

type derivation[T Derived] struct {
	name, fingerprint string
	bind              func(in *Inputs) func(Row) (T, error)
}

// Derive computes a column by a Go function, row by row. The column takes the place of the one of that name,
// or comes last. bind asks for the columns that the function reads and returns the function:
//
//	transform.Derive("total", "price*count", func(in *transform.Inputs) func(transform.Row) (float64, error) {
//		price, count := transform.Column[float64](in, "price"), transform.Column[int64](in, "count")
//		return func(r transform.Row) (float64, error) { return price.At(r) * float64(count.At(r)), nil }
//	})
//
// The error [ErrNull] makes the value null; any other rejects the row with [deadletter.CodeFailed]. The
// function is called from several goroutines at once and must give the same for the same row. fingerprint
// is its part of [Transform.Fingerprint]: change it when the function changes.
func Derive[T Derived](name, fingerprint string, bind func(in *Inputs) func(Row) (T, error)) Transform {
	switch {
	case name == "":
		return failed{"derive", errors.New("the column's name is empty")}
	case fingerprint == "":
		return failed{"derive", errNoFingerprint}
	case bind == nil:
		return failed{"derive", errors.New("the function is nil")}
	}
	return derivation[T]{name, fingerprint, bind}
}

func (d derivation[T]) Fingerprint() string {
	var zero T
	return fmt.Sprintf("derive(%q, %T, %q)", d.name, zero, d.fingerprint)
}

func (d derivation[T]) Bind(_ context.Context, in *arrow.Schema) (Processor, error) {
	inputs, f, err := bindInputs(fmt.Sprintf("derive %q", d.name), in, d.bind)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return nil, fmt.Errorf("transform: derive %q: the function is nil", d.name)
	}
	fields := slices.Clone(in.Fields())
	at := len(fields)
	field := arrow.Field{Name: d.name, Type: derivedType[T](), Nullable: true}
	switch old := in.FieldIndices(d.name); len(old) {
	case 0:
		fields = append(fields, field)
	case 1:
		at = old[0]
		fields[at] = field
	default:
		return nil, fmt.Errorf("transform: derive: column %q is there %d times; rename the columns in the source", d.name, len(old))
	}
	out := schemaOf(in, fields)
	return &processor{kind: "derive", in: in, out: out, fn: func(ctx context.Context, rec arrow.Record) (result, error) {
		var broken reasons
		col := derive(ctx, f, inputs.open(rec), int(rec.NumRows()), field.Type, func(row int, err error) {
			broken.add(row, deadletter.CodeFailed, d.name, func() string { return fmt.Sprintf("column %q: %v", d.name, err) })
		})
		defer col.Release()
		cols := slices.Clone(rec.Columns())
		if at == len(cols) {
			cols = append(cols, col)
		} else {
			cols[at] = col
		}
		return broken.split(compute.GetAllocator(ctx), rec, array.NewRecord(out, cols, rec.NumRows()))
	}}, nil
}

// derive computes the column; a row that fails has a null in it.
func derive[T Derived](ctx context.Context, f func(Row) (T, error), cells []cell, rows int, dt arrow.DataType, bad func(int, error)) arrow.Array {
	b := array.NewBuilder(compute.GetAllocator(ctx), dt)
	defer b.Release()
	b.Reserve(rows)
	add := derivedAppend[T](b)
	for i := range rows {
		switch v, err := f(Row{cells, i}); {
		case err == nil:
			add(v)
		case errors.Is(err, ErrNull):
			b.AppendNull()
		default:
			bad(i, err)
			b.AppendNull()
		}
	}
	return b.NewArray()
}

func derivedType[T Derived]() arrow.DataType {
	var zero T
	switch any(zero).(type) {
	case int64:
		return arrow.PrimitiveTypes.Int64
	case float64:
		return arrow.PrimitiveTypes.Float64
	case bool:
		return arrow.FixedWidthTypes.Boolean
	case string:
		return arrow.BinaryTypes.String
	case []byte:
		return arrow.BinaryTypes.Binary
	default:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	}
}

// derivedAppend returns the builder's method for T, looked up once a record.
func derivedAppend[T Derived](b array.Builder) func(T) {
	var f any
	switch b := b.(type) {
	case *array.Int64Builder:
		f = b.Append
	case *array.Float64Builder:
		f = b.Append
	case *array.BooleanBuilder:
		f = b.Append
	case *array.StringBuilder:
		f = b.Append
	case *array.BinaryBuilder:
		f = func(v []byte) {
			if v == nil {
				v = []byte{}
			}
			b.Append(v)
		}
	case *array.TimestampBuilder:
		f = func(v time.Time) { b.Append(arrow.Timestamp(v.UnixMicro())) }
	}
	return f.(func(T))
}
