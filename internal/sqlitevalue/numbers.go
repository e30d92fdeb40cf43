package sqlitevalue

import (
	"fmt"
	"math"
	"math/big"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/decimaltext"
)

// numbers is the form of booleans, integers and floats; nil = there is none.
func numbers(from source, into declared) *Form {
	switch from.ID() {
	case arrow.BOOL:
		switch into.family {
		case boolean, integer, numeric, anything:
			return &Form{bind: each(func(p Params, param int, a *array.Boolean, row int) {
				v := int64(0)
				if a.Value(row) {
					v = 1
				}
				p.BindInt64(param, v)
			})}
		}
	case arrow.INT8:
		return signed(into, 3, func(a *array.Int8) []int8 { return a.Int8Values() })
	case arrow.INT16:
		return signed(into, 5, func(a *array.Int16) []int16 { return a.Int16Values() })
	case arrow.INT32:
		return signed(into, 10, func(a *array.Int32) []int32 { return a.Int32Values() })
	case arrow.INT64:
		return signed(into, 19, func(a *array.Int64) []int64 { return a.Int64Values() })
	case arrow.UINT8:
		return signed(into, 3, func(a *array.Uint8) []uint8 { return a.Uint8Values() })
	case arrow.UINT16:
		return signed(into, 5, func(a *array.Uint16) []uint16 { return a.Uint16Values() })
	case arrow.UINT32:
		return signed(into, 10, func(a *array.Uint32) []uint32 { return a.Uint32Values() })
	case arrow.UINT64:
		return unsigned(into)
	case arrow.FLOAT16:
		return floats(into, func(a *array.Float16, row int) float64 { return float64(a.Value(row).Float32()) })
	case arrow.FLOAT32:
		return floats(into, func(a *array.Float32, row int) float64 { return float64(a.Value(row)) })
	case arrow.FLOAT64:
		return floats(into, func(a *array.Float64, row int) float64 { return a.Value(row) })
	}
	return nil
}

type smallInteger interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32
}

// signed is the form of integers of at most so many digits that an int64 holds.
func signed[T smallInteger, A arrow.Array](into declared, digits int32, values func(A) []T) *Form {
	switch {
	case into.family == integer, into.family == anything, into.family == numeric && into.room(digits, 0):
		return &Form{bind: func(p Params, param, stride int, arr arrow.Array, from, to int) {
			nulls := arr.NullN() > 0
			for i, v := range values(arr.(A))[from:to] {
				if nulls && arr.IsNull(from+i) {
					p.BindNull(param)
				} else {
					p.BindInt64(param, int64(v))
				}
				param += stride
			}
		}}
	case into.family == float && digits <= 10:
		return &Form{bind: each(func(p Params, param int, a A, row int) { p.BindFloat(param, float64(values(a)[row])) })}
	case into.family == decimalText && into.room(digits, 0):
		return &Form{bind: eachText(func(dst []byte, a A, row int) []byte {
			return decimaltext.Append(dst, big.NewInt(int64(values(a)[row])), 0, max(0, into.scale))
		})}
	}
	return nil
}

func unsigned(into declared) *Form {
	switch {
	case into.family == integer, into.family == anything, into.family == numeric && into.room(20, 0):
		return &Form{
			check: eachChecked(func(a *array.Uint64, row int) *dialect.Unfit {
				if v := a.Value(row); v > math.MaxInt64 {
					return &dialect.Unfit{Code: deadletter.CodeOutOfRange, Message: fmt.Sprintf("%d is beyond 9223372036854775807, the largest integer of SQLite: make the column decimal(20,0), which is kept as text", v)}
				}
				return nil
			}),
			bind: each(func(p Params, param int, a *array.Uint64, row int) { p.BindInt64(param, int64(a.Value(row))) }),
		}
	case into.family == decimalText && into.room(20, 0):
		return &Form{bind: eachText(func(dst []byte, a *array.Uint64, row int) []byte {
			return decimaltext.Append(dst, new(big.Int).SetUint64(a.Value(row)), 0, max(0, into.scale))
		})}
	}
	return nil
}

// floats is their form. A numeric column turns whole ones into integers, which are equal.
func floats[A arrow.Array](into declared, value func(A, int) float64) *Form {
	switch {
	case into.family == float, into.family == anything, into.family == numeric && into.precision < 0:
		return &Form{
			check: eachChecked(func(a A, row int) *dialect.Unfit {
				if v := value(a, row); v != v {
					return &dialect.Unfit{Code: deadletter.CodeOutOfRange, Message: "NaN, which SQLite has not and would make NULL"}
				}
				return nil
			}),
			bind: each(func(p Params, param int, a A, row int) { p.BindFloat(param, value(a, row)) }),
		}
	}
	return nil
}

// decimals is the form of decimals, of either width; nil = there is none.
func decimals(precision, scale int32, into declared) (*Form, error) {
	if err := checkScale(precision, scale); err != nil {
		return nil, err
	}
	small := isNumber(precision, scale)
	form := &Form{check: eachChecked(func(a arrow.Array, row int) *dialect.Unfit {
		if v, ok := int64Of(a, row); ok && precision <= 18 && -pow10[precision] < v && v < pow10[precision] {
			return nil
		}
		v, _, _ := decimaltext.Value(a, row)
		if new(big.Int).Abs(v).Cmp(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)) < 0 {
			return nil
		}
		return &dialect.Unfit{Code: deadletter.CodeOutOfRange, Message: fmt.Sprintf("%s has more than %d digits", decimaltext.Append(nil, v, scale, scale), precision)}
	})}
	switch {
	case small && scale == 0 && (into.family == integer || into.family == anything || into.family == numeric && into.room(precision, scale)):
		form.bind = each(func(p Params, param int, a arrow.Array, row int) {
			v, _ := int64Of(a, row)
			p.BindInt64(param, v)
		})
	case precision <= 15 && (into.family == float || into.family == anything || into.family == numeric && into.room(precision, scale)):
		// A float holds the digits and the power of ten exactly, so that their quotient is the float that is nearest
		// to the decimal: its first 15 digits are those.
		unit := float64(pow10[scale])
		form.bind = each(func(p Params, param int, a arrow.Array, row int) {
			v, _ := int64Of(a, row)
			p.BindFloat(param, float64(v)/unit)
		})
	case into.family == text, into.family == anything:
		form.bind = eachText(decimalsAs(scale, scale))
	case into.family == decimalText && into.room(precision, scale):
		as := scale
		if into.precision >= 0 {
			as = into.scale
		}
		form.bind = eachText(decimalsAs(scale, as))
	default:
		return nil, nil
	}
	return form, nil
}

// decimalsAs writes decimals with so many digits behind the point.
func decimalsAs(scale, digits int32) func(dst []byte, a arrow.Array, row int) []byte {
	return func(dst []byte, a arrow.Array, row int) []byte {
		v, _, _ := decimaltext.Value(a, row)
		return decimaltext.Append(dst, v, scale, digits)
	}
}

var pow10 = func() (p [19]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

// int64Of returns the digits of a decimal that an int64 holds.
func int64Of(arr arrow.Array, row int) (int64, bool) {
	switch a := arr.(type) {
	case *array.Decimal128:
		v := a.Value(row)
		low := int64(v.LowBits())
		return low, v.HighBits() == low>>63
	case *array.Decimal256:
		w := a.Value(row).Array()
		low := int64(w[0])
		sign := uint64(low >> 63)
		return low, w[1] == sign && w[2] == sign && w[3] == sign
	}
	return 0, false
}
