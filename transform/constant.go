package transform

import (
	"fmt"
	"math/big"
	"reflect"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/arrow/scalar"
)

// constantText is the text of a Go constant in a fingerprint: equal only for equal constants.
func constantText(v any) string {
	switch v := v.(type) {
	case time.Time:
		return "time " + v.UTC().Format(time.RFC3339Nano)
	case []byte:
		return fmt.Sprintf("bytes %q", v)
	case string:
		return fmt.Sprintf("%q", v)
	default:
		return fmt.Sprintf("%T %v", v, v)
	}
}

// constant makes a Go value a scalar of the type, exactly.
func constant(dt arrow.DataType, v any) (scalar.Scalar, error) {
	no := fmt.Errorf("it cannot be compared with the %T %s", v, constantText(v))
	switch {
	case arrow.IsInteger(dt.ID()):
		n, ok := integer(v)
		if !ok {
			return nil, no
		}
		if !n.IsInt64() && !n.IsUint64() {
			return nil, no
		}
		s, err := integerScalar(dt, n)
		if err != nil {
			return nil, fmt.Errorf("it cannot hold %v", v)
		}
		return s, nil
	case dt.ID() == arrow.FLOAT32 || dt.ID() == arrow.FLOAT64:
		f, ok := float(v)
		if !ok {
			return nil, no
		}
		if dt.ID() == arrow.FLOAT32 {
			return scalar.NewFloat32Scalar(float32(f)), nil
		}
		return scalar.NewFloat64Scalar(f), nil
	case arrow.IsDecimal(dt.ID()):
		return decimalScalar(dt.(arrow.DecimalType), v, no)
	case arrow.IsBaseBinary(dt.ID()) || dt.ID() == arrow.FIXED_SIZE_BINARY:
		return binaryScalar(dt, v, no)
	case dt.ID() == arrow.BOOL:
		if b, ok := v.(bool); ok {
			return scalar.NewBooleanScalar(b), nil
		}
		return nil, no
	default:
		return temporalScalar(dt, v, no)
	}
}

// integer reads any Go integer.
func integer(v any) (*big.Int, bool) {
	r := reflect.ValueOf(v)
	switch {
	case !r.IsValid():
		return nil, false
	case r.CanInt():
		if _, isDuration := v.(time.Duration); isDuration {
			return nil, false
		}
		return big.NewInt(r.Int()), true
	case r.CanUint():
		return new(big.Int).SetUint64(r.Uint()), true
	}
	return nil, false
}

// float reads any Go float, and any integer that a float64 holds exactly.
func float(v any) (float64, bool) {
	if n, ok := integer(v); ok {
		f, accuracy := new(big.Float).SetInt(n).Float64()
		return f, accuracy == big.Exact
	}
	if r := reflect.ValueOf(v); r.IsValid() && r.CanFloat() {
		return r.Float(), true
	}
	return 0, false
}

func integerScalar(dt arrow.DataType, n *big.Int) (scalar.Scalar, error) {
	width := dt.(arrow.FixedWidthDataType).BitWidth()
	if arrow.IsUnsignedInteger(dt.ID()) {
		if !n.IsUint64() || n.BitLen() > width {
			return nil, arrow.ErrInvalid
		}
		return scalar.MakeScalarParam(n.Uint64(), dt)
	}
	if !n.IsInt64() || n.Int64() != n.Int64()<<(64-width)>>(64-width) {
		return nil, arrow.ErrInvalid
	}
	return scalar.MakeScalarParam(n.Int64(), dt)
}

func decimalScalar(dt arrow.DecimalType, v any, no error) (scalar.Scalar, error) {
	r, ok := new(big.Rat), false
	if n, isInt := integer(v); isInt {
		r, ok = r.SetInt(n), true
	} else if s, isText := v.(string); isText && plainNumber(s) {
		r, ok = r.SetString(s)
	}
	if !ok {
		return nil, no
	}
	n, ok := unscaled(r, dt.GetPrecision(), dt.GetScale())
	if !ok {
		return nil, fmt.Errorf("it cannot hold %v", v)
	}
	if dt.ID() == arrow.DECIMAL128 {
		return scalar.NewDecimal128Scalar(decimal128.FromBigInt(n), dt), nil
	}
	return scalar.NewDecimal256Scalar(decimal256.FromBigInt(n), dt), nil
}

// plainNumber says whether s is a number of digits, with sign and point: big.Rat reads fractions and powers
// too, of which a few characters may make a number that fills the memory.
func plainNumber(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	digits, points := 0, 0
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			points++
		default:
			return false
		}
	}
	return digits > 0 && points <= 1
}

// unscaled returns r times ten to the scale, where that is whole and has no more digits than the precision.
func unscaled(r *big.Rat, precision, scale int32) (*big.Int, bool) {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(scale, -scale))), nil)
	scaled := new(big.Rat).SetInt(power)
	if scale < 0 {
		scaled.Inv(scaled)
	}
	scaled.Mul(scaled, r)
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
	return scaled.Num(), scaled.IsInt() && scaled.Num().CmpAbs(limit) < 0
}

func binaryScalar(dt arrow.DataType, v any, no error) (scalar.Scalar, error) {
	var b []byte
	switch v := v.(type) {
	case string:
		b = []byte(v)
	case []byte:
		b = append([]byte{}, v...)
	default:
		return nil, no
	}
	buf := memory.NewBufferBytes(b)
	switch dt := dt.(type) {
	case *arrow.StringType:
		return scalar.NewStringScalarFromBuffer(buf), nil
	case *arrow.LargeStringType:
		return scalar.NewLargeStringScalarFromBuffer(buf), nil
	case *arrow.BinaryType:
		return scalar.NewBinaryScalar(buf, dt), nil
	case *arrow.LargeBinaryType:
		return scalar.NewLargeBinaryScalar(buf), nil
	case *arrow.FixedSizeBinaryType:
		if len(b) != dt.ByteWidth {
			return nil, fmt.Errorf("it cannot hold %d bytes", len(b))
		}
		return scalar.NewFixedSizeBinaryScalar(buf, dt), nil
	}
	return nil, no
}

func temporalScalar(dt arrow.DataType, v any, no error) (scalar.Scalar, error) {
	inexact := fmt.Errorf("it cannot hold %s exactly", constantText(v))
	if d, ok := v.(time.Duration); ok {
		t, has := dt.(arrow.TemporalWithUnit)
		if !has || dt.ID() == arrow.TIMESTAMP {
			return nil, no
		}
		unit := t.TimeUnit().Multiplier()
		n := int64(d / unit)
		if time.Duration(n)*unit != d || (dt.ID() == arrow.TIME32 && n != int64(int32(n))) {
			return nil, inexact
		}
		switch dt.ID() {
		case arrow.TIME32:
			return scalar.NewTime32Scalar(arrow.Time32(n), dt), nil
		case arrow.TIME64:
			return scalar.NewTime64Scalar(arrow.Time64(n), dt), nil
		case arrow.DURATION:
			return scalar.NewDurationScalar(arrow.Duration(n), dt), nil
		}
		return nil, no
	}
	t, ok := v.(time.Time)
	if !ok {
		return nil, no
	}
	switch dt := dt.(type) {
	case *arrow.TimestampType:
		n, ok := ticks(t, int64(dt.Unit.Multiplier()))
		if !ok {
			return nil, inexact
		}
		return scalar.NewTimestampScalar(arrow.Timestamp(n), dt), nil
	case *arrow.Date32Type, *arrow.Date64Type:
		days, ok := wholeDays(t)
		if !ok {
			return nil, inexact
		}
		if dt.ID() == arrow.DATE32 {
			return scalar.NewDate32Scalar(arrow.Date32(days)), nil
		}
		return scalar.NewDate64Scalar(arrow.Date64(days * int64(24*time.Hour/time.Millisecond))), nil
	}
	return nil, no
}

// ticks returns t in units of up to a second since 1970, where it is a whole number of them that an int64 holds.
func ticks(t time.Time, nanos int64) (int64, bool) {
	perSecond := int64(time.Second) / nanos
	if int64(t.Nanosecond())%nanos != 0 {
		return 0, false
	}
	seconds, fraction := t.Unix(), int64(t.Nanosecond())/nanos
	if seconds < 0 && fraction > 0 { // both with one sign, so that the sum does not overflow half-way
		seconds, fraction = seconds+1, fraction-perSecond
	}
	n, ok := times(seconds, perSecond)
	sum := n + fraction
	return sum, ok && (fraction == 0 || (sum > n) == (fraction > 0))
}

// wholeDays returns the days from 1970 to the date of t in its own zone, where t is the beginning of that day.
func wholeDays(t time.Time) (int64, bool) {
	y, m, d := t.Date()
	h, mi, s := t.Clock()
	if h != 0 || mi != 0 || s != 0 || t.Nanosecond() != 0 {
		return 0, false
	}
	days := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
	return days, days == int64(int32(days))
}
