package transform

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Condition is true, false or, where a null comes in, unknown for a row: the logic of SQL. The zero value is
// no condition and refused by Bind.
type Condition struct {
	text string // unambiguous: a part of the fingerprint
	bind func(in *arrow.Schema) (evaluator, error)
}

// evaluator gives a boolean array: null = unknown.
type evaluator func(ctx context.Context, rec arrow.Record) (arrow.Array, error)

// Operand is a column in a [Condition]. Its methods compare with Go constants:
//
//   - a column of integers with any Go integer
//   - of floats with a float or integer (rounded to the column's type)
//   - of decimals with an integer, or the number as a string such as "12.50"
//   - of strings and binaries with a string or []byte
//   - of booleans with a bool (Equal, NotEqual, In)
//   - of dates and timestamps with a time.Time (of a timestamp without zone: as if it were UTC)
//   - of times of day and durations with a time.Duration
//   - of dictionaries with what their values take
//
// A constant that the column's type cannot hold exactly is an error of Bind. Floats compare as in IEEE 754: NaN
// equals nothing.
type Operand struct{ column string }

// Where begins a condition on a column.
func Where(column string) Operand { return Operand{column} }

// Equal holds where the column equals v.
func (o Operand) Equal(v any) Condition { return o.compare("equal", v) }

// NotEqual holds where the column is another value than v; a null is neither.
func (o Operand) NotEqual(v any) Condition { return o.compare("not_equal", v) }

// Less holds where the column is below v.
func (o Operand) Less(v any) Condition { return o.compare("less", v) }

// LessEqual holds where the column is v or below.
func (o Operand) LessEqual(v any) Condition { return o.compare("less_equal", v) }

// Greater holds where the column is above v.
func (o Operand) Greater(v any) Condition { return o.compare("greater", v) }

// GreaterEqual holds where the column is v or above.
func (o Operand) GreaterEqual(v any) Condition { return o.compare("greater_equal", v) }

// In holds where the column equals one of the values. Each value costs a pass over the column: for hundreds
// of values use [FilterFunc].
func (o Operand) In(values ...any) Condition {
	if len(values) == 0 {
		return invalid(fmt.Errorf("transform: filter: Where(%q).In has no values", o.column))
	}
	all := make([]Condition, len(values))
	for i, v := range values {
		all[i] = o.Equal(v)
	}
	return all[0].Or(all[1:]...)
}

// IsNull holds where the column is null.
func (o Operand) IsNull() Condition {
	return Condition{fmt.Sprintf("null(%q)", o.column), func(in *arrow.Schema) (evaluator, error) {
		at, err := find("filter", in, o.column)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, rec arrow.Record) (arrow.Array, error) {
			col := rec.Column(at)
			set := newRowSet(col.Len())
			for i := range col.Len() {
				if isNull(col, i) {
					bitutil.SetBit(set, i)
				}
			}
			return boolArray(compute.GetAllocator(ctx), set, nil, col.Len()), nil
		}, nil
	}}
}

// IsNotNull holds where the column is not null.
func (o Operand) IsNotNull() Condition { return o.IsNull().Not() }

// And holds where c and all others hold.
func (c Condition) And(others ...Condition) Condition { return join("and", "and_kleene", c, others) }

// Or holds where c or one of the others holds.
func (c Condition) Or(others ...Condition) Condition { return join("or", "or_kleene", c, others) }

// Not holds where c is false. Where c is unknown it is unknown too.
func (c Condition) Not() Condition {
	if c.bind == nil {
		return c
	}
	return Condition{"not(" + c.text + ")", func(in *arrow.Schema) (evaluator, error) {
		inner, err := c.bind(in)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, rec arrow.Record) (arrow.Array, error) {
			a, err := inner(ctx, rec)
			if err != nil {
				return nil, err
			}
			defer a.Release()
			b := a.(*array.Boolean)
			value, valid := newRowSet(b.Len()), newRowSet(b.Len())
			for i := range b.Len() {
				bitutil.SetBitTo(value, i, !b.Value(i))
				bitutil.SetBitTo(valid, i, b.IsValid(i))
			}
			return boolArray(compute.GetAllocator(ctx), value, valid, b.Len()), nil
		}, nil
	}}
}

func invalid(err error) Condition {
	return Condition{"!", func(*arrow.Schema) (evaluator, error) { return nil, err }}
}

func join(word, kernel string, first Condition, others []Condition) Condition {
	if len(others) == 0 {
		return first
	}
	all := append([]Condition{first}, others...)
	texts := make([]string, len(all))
	for i, c := range all {
		if c.bind == nil {
			return invalid(errors.New("transform: filter: a Condition is empty; begin it with Where"))
		}
		texts[i] = c.text
	}
	return Condition{word + "(" + strings.Join(texts, ", ") + ")", func(in *arrow.Schema) (evaluator, error) {
		bound := make([]evaluator, len(all))
		for i, c := range all {
			var err error
			if bound[i], err = c.bind(in); err != nil {
				return nil, err
			}
		}
		return func(ctx context.Context, rec arrow.Record) (arrow.Array, error) {
			return fold(ctx, rec, kernel, bound)
		}, nil
	}}
}

// fold joins what the evaluators give by a function of two booleans.
func fold(ctx context.Context, rec arrow.Record, kernel string, all []evaluator) (arrow.Array, error) {
	sum, err := all[0](ctx, rec)
	if err != nil {
		return nil, err
	}
	for _, e := range all[1:] {
		next, err := e(ctx, rec)
		if err != nil {
			sum.Release()
			return nil, err
		}
		joined, err := call(ctx, kernel, compute.NewDatumWithoutOwning(sum), compute.NewDatumWithoutOwning(next))
		sum.Release()
		next.Release()
		if err != nil {
			return nil, err
		}
		sum = joined
	}
	return sum, nil
}

func (o Operand) compare(kernel string, v any) Condition {
	text := fmt.Sprintf("%s(%q, %s)", kernel, o.column, constantText(v))
	return Condition{text, func(in *arrow.Schema) (evaluator, error) {
		at, err := find("filter", in, o.column)
		if err != nil {
			return nil, err
		}
		dt := in.Field(at).Type
		dictionary, encoded := dt.(*arrow.DictionaryType)
		if encoded {
			dt = dictionary.ValueType
		}
		if dt.ID() == arrow.BOOL && kernel != "equal" && kernel != "not_equal" {
			return nil, fmt.Errorf("transform: filter: column %q of type %s has no order", o.column, dt)
		}
		c, err := constant(dt, v)
		if err != nil {
			return nil, fmt.Errorf("transform: filter: column %q of type %s: %w", o.column, dt, err)
		}
		right := compute.NewDatum(c)
		return func(ctx context.Context, rec arrow.Record) (arrow.Array, error) {
			if !encoded {
				return call(ctx, kernel, compute.NewDatumWithoutOwning(rec.Column(at)), right)
			}
			d := rec.Column(at).(*array.Dictionary)
			values, err := call(ctx, kernel, compute.NewDatumWithoutOwning(d.Dictionary()), right)
			if err != nil {
				return nil, err
			}
			defer values.Release()
			return spread(ctx, d, values.(*array.Boolean)), nil
		}, nil
	}}
}

// call calls a function of arrow's compute package that gives an array.
func call(ctx context.Context, name string, args ...compute.Datum) (arrow.Array, error) {
	d, err := compute.CallFunction(ctx, name, nil, args...)
	if err != nil {
		return nil, err
	}
	defer d.Release()
	return d.(*compute.ArrayDatum).MakeArray(), nil
}

// spread gives each row of d what values has for its entry of the dictionary.
func spread(ctx context.Context, d *array.Dictionary, values *array.Boolean) arrow.Array {
	value, valid := newRowSet(d.Len()), newRowSet(d.Len())
	for i := range d.Len() {
		if d.IsNull(i) {
			continue
		}
		if k := d.GetValueIndex(i); values.IsValid(k) {
			bitutil.SetBit(valid, i)
			bitutil.SetBitTo(value, i, values.Value(k))
		}
	}
	return boolArray(compute.GetAllocator(ctx), value, valid, d.Len())
}

// boolArray makes an array of bits; valid nil = no nulls.
func boolArray(mem memory.Allocator, value, valid rowSet, n int) arrow.Array {
	copied := func(b rowSet) *memory.Buffer {
		buf := memory.NewResizableBuffer(mem)
		buf.Resize(len(b))
		copy(buf.Bytes(), b)
		return buf
	}
	buffers := []*memory.Buffer{nil, copied(value)}
	defer buffers[1].Release()
	nulls := 0
	if valid != nil {
		buffers[0] = copied(valid)
		defer buffers[0].Release()
		nulls = n - bitutil.CountSetBits(valid, 0, n)
	}
	data := array.NewData(arrow.FixedWidthTypes.Boolean, n, buffers, nil, nulls, 0)
	defer data.Release()
	return array.NewBooleanData(data)
}

// isNull says whether a row has no value: also where a dictionary's entry is null, and for the null type.
func isNull(a arrow.Array, i int) bool {
	if a.IsNull(i) || a.DataType().ID() == arrow.NULL {
		return true
	}
	d, ok := a.(*array.Dictionary)
	return ok && d.Dictionary().IsNull(d.GetValueIndex(i))
}
