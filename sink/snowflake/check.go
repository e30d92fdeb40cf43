package snowflake

import (
	"fmt"
	"math"
	"math/big"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/rejects"
)

// check notes the rows of a borrowed array whose values a column cannot hold as they are.
type check func(a arrow.Array, f *faults)

// faults gathers the rows of an array that the table cannot hold, in ascending order.
type faults struct{ list []deadletter.Reason }

func (f *faults) add(row int, code, format string, args ...any) {
	f.list = append(f.list, deadletter.Reason{Row: int64(row), Code: code, Message: fmt.Sprintf(format, args...)})
}

// each calls do for the rows that are not null.
func each(a arrow.Array, do func(row int)) {
	for row := range a.Len() {
		if a.IsValid(row) {
			do(row)
		}
	}
}

// checkNull is of a column that is NOT NULL.
func checkNull(a arrow.Array, f *faults) {
	if _, dict := a.(*array.Dictionary); !dict && a.NullN() == 0 && a.DataType().ID() != arrow.NULL {
		return
	}
	for row := range a.Len() {
		if rejects.IsNull(a, row) {
			f.add(row, deadletter.CodeNull, "null, and the table has it as NOT NULL")
		}
	}
}

// checkInteger is of integers in a NUMBER; nil = every one fits.
func checkInteger(dt arrow.DataType, t sf.Type) check {
	before, _, _ := sf.Digits(dt)
	room := t.Precision - t.Scale
	if before <= room {
		return nil
	}
	limit := uint64(1)
	for range room {
		limit *= 10
	}
	note := func(f *faults, row int, value any) {
		f.add(row, deadletter.CodeOutOfRange, "%v has more digits than NUMBER(%d,%d)", value, t.Precision, t.Scale)
	}
	return func(a arrow.Array, f *faults) {
		switch a := a.(type) {
		case *array.Int8:
			signed(a, a.Int8Values(), limit, f, note)
		case *array.Int16:
			signed(a, a.Int16Values(), limit, f, note)
		case *array.Int32:
			signed(a, a.Int32Values(), limit, f, note)
		case *array.Int64:
			signed(a, a.Int64Values(), limit, f, note)
		case *array.Uint8:
			unsigned(a, a.Uint8Values(), limit, f, note)
		case *array.Uint16:
			unsigned(a, a.Uint16Values(), limit, f, note)
		case *array.Uint32:
			unsigned(a, a.Uint32Values(), limit, f, note)
		case *array.Uint64:
			unsigned(a, a.Uint64Values(), limit, f, note)
		}
	}
}

func signed[T int8 | int16 | int32 | int64](a arrow.Array, values []T, limit uint64, f *faults, note func(*faults, int, any)) {
	for row, v := range values {
		n := uint64(v)
		if v < 0 {
			n = -n
		}
		if n >= limit && a.IsValid(row) {
			note(f, row, v)
		}
	}
}

func unsigned[T uint8 | uint16 | uint32 | uint64](a arrow.Array, values []T, limit uint64, f *faults, note func(*faults, int, any)) {
	for row, v := range values {
		if uint64(v) >= limit && a.IsValid(row) {
			note(f, row, v)
		}
	}
}

// checkDecimal is of decimals in a NUMBER: Snowflake would round what has more digits behind the point. Of all of them
// it is also seen that they have no more digits than their own type says.
func checkDecimal(dt arrow.DecimalType, t sf.Type) check {
	ten := big.NewInt(10)
	power := func(n int32) *big.Int { return new(big.Int).Exp(ten, big.NewInt(int64(n)), nil) }
	digits := min(dt.GetPrecision(), t.Precision-t.Scale+dt.GetScale())
	limit := power(max(digits, 0))
	var finer *big.Int
	if dt.GetScale() > t.Scale {
		finer = power(dt.GetScale() - t.Scale)
	}
	high, low := new(big.Int).Rsh(limit, 64).Uint64(), new(big.Int).And(limit, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	return func(a arrow.Array, f *faults) {
		value := func(row int) *big.Int { return a.(*array.Decimal128).Value(row).BigInt() }
		if wide, ok := a.(*array.Decimal256); ok {
			value = func(row int) *big.Int { return wide.Value(row).BigInt() }
		} else if finer == nil && below(a.(*array.Decimal128), high, low) {
			return
		}
		var rest big.Int
		each(a, func(row int) {
			v := value(row)
			switch {
			case v.CmpAbs(limit) >= 0:
				f.add(row, deadletter.CodeOutOfRange, "%s has more digits than %s or NUMBER(%d,%d)", a.ValueStr(row), dt, t.Precision, t.Scale)
			case finer != nil && rest.Rem(v, finer).Sign() != 0:
				f.add(row, deadletter.CodeOutOfRange, "%s has more digits behind the point than NUMBER(%d,%d)", a.ValueStr(row), t.Precision, t.Scale)
			}
		})
	}
}

// below says that all values, without their signs, are below a limit. It looks at null slots too, which may hold
// anything: false sends the caller to a slower look.
func below(a *array.Decimal128, high, low uint64) bool {
	for _, v := range a.Values() {
		hi, lo := uint64(v.HighBits()), v.LowBits()
		if v.HighBits() < 0 {
			lo = -lo
			hi = ^hi
			if lo == 0 {
				hi++
			}
		}
		if hi > high || hi == high && lo >= low {
			return false
		}
	}
	return true
}

// checkText is of texts in a VARCHAR of so many characters.
func checkText(length int64) check {
	return func(a arrow.Array, f *faults) {
		value, all := texts(a)
		if all != nil && validText(all, length) {
			return
		}
		each(a, func(row int) {
			v := value(row)
			if !utf8.ValidString(v) {
				f.add(row, deadletter.CodeInvalid, "%.100q is not valid UTF-8", v)
			} else if int64(len(v)) > length && int64(utf8.RuneCountInString(v)) > length {
				f.add(row, deadletter.CodeOutOfRange, "%.20q… has %d characters, and the column has room for %d", v, utf8.RuneCountInString(v), length)
			}
		})
	}
}

// validText says that all texts of an array are valid and short enough, by one look at all their bytes: valid as a whole,
// and none begins amid a character.
func validText(a *array.String, length int64) bool {
	offsets := a.ValueOffsets()
	if a.Len() == 0 || !utf8.Valid(a.ValueBytes()) {
		return a.Len() == 0
	}
	bytes := a.ValueBytes()
	first := offsets[0]
	for i := range a.Len() {
		start, end := offsets[i]-first, offsets[i+1]-first
		if int64(end-start) > length || start < end && !utf8.RuneStart(bytes[start]) {
			return false
		}
	}
	return true
}

// texts returns what reads a text; all is the array itself where one look at all its bytes is possible.
func texts(a arrow.Array) (value func(row int) string, all *array.String) {
	switch a := a.(type) {
	case *array.String:
		return a.Value, a
	case *array.LargeString:
		return a.Value, nil
	case *array.StringView:
		return a.Value, nil
	}
	return a.ValueStr, nil
}

// checkBytes is of bytes in a BINARY of so many.
func checkBytes(length int64) check {
	return func(a arrow.Array, f *faults) {
		size := func(int) int { return 0 }
		switch a := a.(type) {
		case *array.Binary:
			size = a.ValueLen
		case *array.LargeBinary:
			size = func(row int) int { return len(a.Value(row)) }
		case *array.BinaryView:
			size = func(row int) int { return len(a.Value(row)) }
		case *array.FixedSizeBinary:
			width := a.DataType().(*arrow.FixedSizeBinaryType).ByteWidth
			size = func(int) int { return width }
		}
		each(a, func(row int) {
			if n := int64(size(row)); n > length {
				f.add(row, deadletter.CodeOutOfRange, "%d bytes, and the column has room for %d", n, length)
			}
		})
	}
}

// The days and seconds since 1970 of the years that Snowflake has: 1 to 9999.
const (
	daySeconds = 24 * 60 * 60
	firstDay   = -719_162
	lastDay    = 2_932_896
	firstTime  = firstDay * daySeconds
	lastTime   = (lastDay + 1) * daySeconds // excluded
)

func checkDate(a arrow.Array, f *faults) {
	each(a, func(row int) {
		day, whole := int64(0), true
		switch a := a.(type) {
		case *array.Date32:
			day = int64(a.Value(row))
		case *array.Date64:
			ms := int64(a.Value(row))
			day, whole = floorDiv(ms, daySeconds*1000), ms%(daySeconds*1000) == 0
		}
		switch {
		case day < firstDay || day > lastDay:
			f.add(row, deadletter.CodeOutOfRange, "%d days since 1970 is not in the years 1 to 9999", day)
		case !whole:
			f.add(row, deadletter.CodeOutOfRange, "%v is not a whole day, and DATE has no time", a.(*array.Date64).Value(row))
		}
	})
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// checkTime is of times of day in a TIME of so many digits behind the second.
func checkTime(dt arrow.DataType, digits int32) check {
	unit := arrow.Second
	switch t := dt.(type) {
	case *arrow.Time32Type:
		unit = t.Unit
	case *arrow.Time64Type:
		unit = t.Unit
	}
	per := perSecond(unit)
	grain := grainOf(per, digits)
	return func(a arrow.Array, f *faults) {
		each(a, func(row int) {
			v := int64(0)
			switch a := a.(type) {
			case *array.Time32:
				v = int64(a.Value(row))
			case *array.Time64:
				v = int64(a.Value(row))
			}
			switch {
			case v < 0 || v >= daySeconds*per:
				f.add(row, deadletter.CodeOutOfRange, "%d %s is no time of day", v, unit)
			case v%grain != 0:
				f.add(row, deadletter.CodeOutOfRange, "%d %s is finer than TIME(%d)", v, unit, digits)
			}
		})
	}
}

// checkTimestamp is of timestamps in a column of so many digits behind the second.
func checkTimestamp(dt *arrow.TimestampType, t sf.Type) check {
	per := perSecond(dt.Unit)
	grain := grainOf(per, t.Scale)
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	if per <= 1_000_000 { // nanoseconds reach from 1677 to 2262 alone
		low, high = firstTime*per, lastTime*per-1
	}
	return func(a arrow.Array, f *faults) {
		for row, v := range a.(*array.Timestamp).TimestampValues() {
			if v := int64(v); (v < low || v > high || v%grain != 0) && a.IsValid(row) {
				if v < low || v > high {
					f.add(row, deadletter.CodeOutOfRange, "%d %s since 1970 is not in the years 1 to 9999", v, dt.Unit)
				} else {
					f.add(row, deadletter.CodeOutOfRange, "%d %s since 1970 is finer than %s(%d)", v, dt.Unit, t.Name, t.Scale)
				}
			}
		}
	}
}

func perSecond(u arrow.TimeUnit) int64 {
	return map[arrow.TimeUnit]int64{arrow.Second: 1, arrow.Millisecond: 1e3, arrow.Microsecond: 1e6, arrow.Nanosecond: 1e9}[u]
}

// grainOf is how many units, of so many a second, the last digit of a column has.
func grainOf(per int64, digits int32) int64 {
	for range digits {
		if per == 1 {
			break
		}
		per /= 10
	}
	return per
}

// checkDictionary checks the values that a dictionary has, and then where they are used.
func checkDictionary(values check) check {
	return func(a arrow.Array, f *faults) {
		d := a.(*array.Dictionary)
		var bad faults
		values(d.Dictionary(), &bad)
		if len(bad.list) == 0 {
			return
		}
		reasons := map[int]deadletter.Reason{}
		for _, r := range bad.list {
			reasons[int(r.Row)] = r
		}
		each(a, func(row int) {
			if r, ok := reasons[d.GetValueIndex(row)]; ok {
				r.Row = int64(row)
				f.list = append(f.list, r)
			}
		})
	}
}

// checkVariant is of nested values: JSON has no NaN and no infinity, and is UTF-8.
func checkVariant(a arrow.Array, f *faults) {
	each(a, func(row int) {
		if problem := inVariant(a, row); problem != "" {
			f.add(row, deadletter.CodeInvalid, "%s", problem)
		}
	})
}

// inVariant says what of a value VARIANT cannot hold; "" = nothing.
func inVariant(a arrow.Array, row int) string {
	if a.IsNull(row) {
		return ""
	}
	switch a := a.(type) {
	case *array.Float32:
		return finite(float64(a.Value(row)))
	case *array.Float64:
		return finite(a.Value(row))
	case *array.String:
		return valid(a.Value(row))
	case *array.LargeString:
		return valid(a.Value(row))
	case *array.Struct:
		for i := range a.NumField() {
			if problem := inVariant(a.Field(i), row); problem != "" {
				return problem
			}
		}
	case *array.Map:
		start, end := a.ValueOffsets(row)
		keys := a.Keys().(*array.String)
		seen := make(map[string]bool, end-start)
		for i := int(start); i < int(end); i++ {
			key := keys.Value(i)
			if seen[key] {
				return fmt.Sprintf("the key %.100q comes twice, and an object in VARIANT has it once", key)
			}
			seen[key] = true
			if problem := valid(key) + inVariant(a.Items(), i); problem != "" {
				return problem
			}
		}
	case array.ListLike:
		start, end := a.ValueOffsets(row)
		for i := int(start); i < int(end); i++ {
			if problem := inVariant(a.ListValues(), i); problem != "" {
				return problem
			}
		}
	}
	return ""
}

func finite(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Sprintf("%v inside a VARIANT: JSON has no such number", v)
	}
	return ""
}

func valid(v string) string {
	if !utf8.ValidString(v) {
		return fmt.Sprintf("%.100q is not valid UTF-8", v)
	}
	return ""
}
