package transform

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
)

// Condition is true, false or, where a null comes in, unknown for a row: the logic of SQL. The zero value is
// no condition and refused by Bind.
type Condition struct {
	text string // unambiguous: a part of the fingerprint
	bind func(in *arrow.Schema) (evaluator, error)
}

// truth has the rows for which a condition is true, and those for which it is false; for the others it is
// unknown.
type truth struct{ yes, no rowSet }

type evaluator func(ctx context.Context, rec arrow.Record) (truth, error)

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
func (o Operand) Equal(v any) Condition { return o.compare(equal, v) }

// NotEqual holds where the column is another value than v; a null is neither.
func (o Operand) NotEqual(v any) Condition { return o.compare(notEqual, v) }

// Less holds where the column is below v.
func (o Operand) Less(v any) Condition { return o.compare(less, v) }

// LessEqual holds where the column is v or below.
func (o Operand) LessEqual(v any) Condition { return o.compare(lessEqual, v) }

// Greater holds where the column is above v.
func (o Operand) Greater(v any) Condition { return o.compare(greater, v) }

// GreaterEqual holds where the column is v or above.
func (o Operand) GreaterEqual(v any) Condition { return o.compare(greaterEqual, v) }

// In holds where the column equals one of the values. Each value costs a pass over the column: for hundreds
// of values use [FilterFunc].
func (o Operand) In(values ...any) Condition {
	if len(values) == 0 {
		return invalid(fmt.Errorf("Where(%q).In has no values", o.column))
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
		at, err := lookUp(in, o.column)
		if err != nil {
			return nil, err
		}
		return func(_ context.Context, rec arrow.Record) (truth, error) {
			col := rec.Column(at)
			t := truth{newRowSet(col.Len()), newRowSet(col.Len())}
			for i := range col.Len() {
				if isNull(col, i) {
					bitutil.SetBit(t.yes, i)
				} else {
					bitutil.SetBit(t.no, i)
				}
			}
			return t, nil
		}, nil
	}}
}

// IsNotNull holds where the column is not null.
func (o Operand) IsNotNull() Condition { return o.IsNull().Not() }

// And holds where c and all others hold.
func (c Condition) And(others ...Condition) Condition {
	return join("and", c, others, func(a, b truth) {
		for i := range a.yes {
			a.yes[i] &= b.yes[i]
			a.no[i] |= b.no[i]
		}
	})
}

// Or holds where c or one of the others holds.
func (c Condition) Or(others ...Condition) Condition {
	return join("or", c, others, func(a, b truth) {
		for i := range a.yes {
			a.yes[i] |= b.yes[i]
			a.no[i] &= b.no[i]
		}
	})
}

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
		return func(ctx context.Context, rec arrow.Record) (truth, error) {
			t, err := inner(ctx, rec)
			return truth{t.no, t.yes}, err
		}, nil
	}}
}

func invalid(err error) Condition {
	return Condition{"!", func(*arrow.Schema) (evaluator, error) { return nil, err }}
}

// join makes one condition of several; merge adds a second truth to a first.
func join(word string, first Condition, others []Condition, merge func(a, b truth)) Condition {
	if len(others) == 0 {
		return first
	}
	all := append([]Condition{first}, others...)
	texts := make([]string, len(all))
	for i, c := range all {
		if c.bind == nil {
			return invalid(errors.New("a Condition is empty; begin it with Where"))
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
		return func(ctx context.Context, rec arrow.Record) (truth, error) {
			sum, err := bound[0](ctx, rec)
			for _, e := range bound[1:] {
				if err != nil {
					return truth{}, err
				}
				var next truth
				if next, err = e(ctx, rec); err == nil {
					merge(sum, next)
				}
			}
			return sum, err
		}, nil
	}}
}

func (o Operand) compare(op comparison, v any) Condition {
	text := fmt.Sprintf("%s(%q, %s)", op.kernel, o.column, constantText(v))
	return Condition{text, func(in *arrow.Schema) (evaluator, error) {
		at, err := lookUp(in, o.column)
		if err != nil {
			return nil, err
		}
		compare, err := planCompare(in.Field(at).Type, op, v)
		if err != nil {
			return nil, fmt.Errorf("column %q of type %s: %w", o.column, in.Field(at).Type, err)
		}
		return func(ctx context.Context, rec arrow.Record) (truth, error) {
			return compare(ctx, rec.Column(at))
		}, nil
	}}
}

// isNull says whether a row has no value: also where a dictionary's entry is null, and for the null type.
func isNull(a arrow.Array, i int) bool {
	if a.IsNull(i) || a.DataType().ID() == arrow.NULL {
		return true
	}
	d, ok := a.(*array.Dictionary)
	return ok && d.Dictionary().IsNull(d.GetValueIndex(i))
}
