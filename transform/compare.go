package transform

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/scalar"
)

// comparison is one of the six: the name of arrow's function, and which outcomes of comparing make it true.
type comparison struct {
	kernel               string
	below, same, greater bool
}

var (
	equal        = comparison{"equal", false, true, false}
	notEqual     = comparison{"not_equal", true, false, true}
	less         = comparison{"less", true, false, false}
	lessEqual    = comparison{"less_equal", true, true, false}
	greater      = comparison{"greater", false, false, true}
	greaterEqual = comparison{"greater_equal", false, true, true}
)

// holds says whether the comparison is true for a value that is below (-1), the same (0) or above (1).
func (c comparison) holds(order int) bool {
	switch {
	case order < 0:
		return c.below
	case order > 0:
		return c.greater
	}
	return c.same
}

// comparer compares a column with a constant.
type comparer func(ctx context.Context, col arrow.Array) (truth, error)

// planCompare plans the comparison of columns of the type with a Go constant. Integers and times are compared
// by arrow's vectorised kernels. Not so the others: of version 17 the kernels for decimals panic, those for
// floats say that NaN equals everything, and those for strings allocate for each value.
func planCompare(dt arrow.DataType, op comparison, v any) (comparer, error) {
	if d, ok := dt.(*arrow.DictionaryType); ok {
		inner, err := planCompare(d.ValueType, op, v)
		if err != nil {
			return nil, err
		}
		return overEntries(inner), nil
	}
	c, err := constant(dt, v)
	if err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case *scalar.Boolean:
		if op != equal && op != notEqual {
			return nil, fmt.Errorf("its values have no order")
		}
		want := c.Value == (op == equal)
		return ordering(func(col arrow.Array) reader[bool] { return col.(*array.Boolean).Value }, func(b bool) bool { return b == want }), nil
	case *scalar.Float32:
		return ordering(openFloat, floatTest(op, float64(c.Value))), nil
	case *scalar.Float64:
		return ordering(openFloat, floatTest(op, c.Value)), nil
	case *scalar.Decimal128:
		return ordering(values[decimal128.Num], func(n decimal128.Num) bool { return op.holds(n.Cmp(c.Value)) }), nil
	case *scalar.Decimal256:
		return ordering(values[decimal256.Num], func(n decimal256.Num) bool { return op.holds(n.Cmp(c.Value)) }), nil
	case scalar.BinaryScalar:
		want := string(c.Data())
		switch op {
		case equal:
			return ordering(openText, func(s string) bool { return s == want }), nil
		case notEqual:
			return ordering(openText, func(s string) bool { return s != want }), nil
		}
		return ordering(openText, func(s string) bool { return op.holds(strings.Compare(s, want)) }), nil
	}
	right := compute.NewDatum(c)
	return func(ctx context.Context, col arrow.Array) (truth, error) {
		d, err := compute.CallFunction(ctx, op.kernel, nil, compute.NewDatumWithoutOwning(col), right)
		if err != nil {
			return truth{}, err
		}
		defer d.Release()
		a := d.(*compute.ArrayDatum).MakeArray().(*array.Boolean)
		defer a.Release()
		return truthOf(a), nil
	}, nil
}

func floatTest(op comparison, c float64) func(float64) bool {
	switch op {
	case equal:
		return func(v float64) bool { return v == c }
	case notEqual:
		return func(v float64) bool { return v != c }
	case less:
		return func(v float64) bool { return v < c }
	case lessEqual:
		return func(v float64) bool { return v <= c }
	case greater:
		return func(v float64) bool { return v > c }
	}
	return func(v float64) bool { return v >= c }
}

// ordering compares value by value.
func ordering[T any](read open[T], holds func(T) bool) comparer {
	return func(_ context.Context, col arrow.Array) (truth, error) {
		t := truth{newRowSet(col.Len()), newRowSet(col.Len())}
		value := read(col)
		present(col, func(i int) {
			if holds(value(i)) {
				bitutil.SetBit(t.yes, i)
			} else {
				bitutil.SetBit(t.no, i)
			}
		})
		return t, nil
	}
}

// truthOf reads an array of booleans; null is unknown.
func truthOf(a *array.Boolean) truth {
	n, offset := a.Len(), a.Data().Offset()
	t := truth{newRowSet(n), newRowSet(n)}
	bitutil.CopyBitmap(a.Data().Buffers()[1].Bytes(), offset, n, t.yes, 0)
	if a.NullN() == 0 {
		for i, b := range t.yes {
			t.no[i] = ^b
		}
		return t
	}
	valid := newRowSet(n)
	bitutil.CopyBitmap(a.NullBitmapBytes(), offset, n, valid, 0)
	for i, b := range t.yes {
		t.yes[i] = b & valid[i]
		t.no[i] = ^b & valid[i]
	}
	return t
}

// overEntries makes a comparer of the values of dictionaries one of the dictionaries.
func overEntries(inner comparer) comparer {
	return func(ctx context.Context, col arrow.Array) (truth, error) {
		d := col.(*array.Dictionary)
		entries, err := inner(ctx, d.Dictionary())
		if err != nil {
			return truth{}, err
		}
		return spread(d, entries), nil
	}
}

// spread gives each row of d what its entry of the dictionary has.
func spread(d *array.Dictionary, entries truth) truth {
	t := truth{newRowSet(d.Len()), newRowSet(d.Len())}
	for i := range d.Len() {
		if d.IsNull(i) {
			continue
		}
		switch k := d.GetValueIndex(i); {
		case bitutil.BitIsSet(entries.yes, k):
			bitutil.SetBit(t.yes, i)
		case bitutil.BitIsSet(entries.no, k):
			bitutil.SetBit(t.no, i)
		}
	}
	return t
}
