package parquet

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/float16"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// form is what the values of a leaf are in the file, and how they come there.
type form struct {
	physical  format.Type
	length    int // bytes of a FIXED_LEN_BYTE_ARRAY
	logical   format.LogicalTypeValue
	converted thrift.Null[deprecated.ConvertedType]
	values    func() values
	width     int // bytes of a value; 0 if they differ
}

// extensionName is the name of the extension type that a field says its values are of.
func extensionName(f arrow.Field) string {
	if ext, ok := f.Type.(arrow.ExtensionType); ok {
		return ext.ExtensionName()
	}
	name, _ := f.Metadata.GetValue("ARROW:extension:name")
	return name
}

// formOf answers the form of a leaf of type dt, whose extension type has the given name.
func formOf(dt arrow.DataType, extension string) (form, error) {
	switch dt := dt.(type) {
	case *arrow.NullType:
		return form{physical: format.Int32, logical: &format.NullType{}, values: func() values { return nullValues{} }}, nil
	case *arrow.BooleanType:
		return form{physical: format.Boolean, values: func() values { return new(bitValues) }, width: 1}, nil
	case *arrow.Int8Type:
		return integer(8, true, deprecated.Int8, cast[int8, int32]), nil
	case *arrow.Int16Type:
		return integer(16, true, deprecated.Int16, cast[int16, int32]), nil
	case *arrow.Uint8Type:
		return integer(8, false, deprecated.Uint8, cast[uint8, uint32]), nil
	case *arrow.Uint16Type:
		return integer(16, false, deprecated.Uint16, cast[uint16, uint32]), nil
	case *arrow.Uint32Type:
		return integer(32, false, deprecated.Uint32, direct[uint32]), nil
	case *arrow.Uint64Type:
		return integer(64, false, deprecated.Uint64, direct[uint64]), nil
	case *arrow.Int32Type:
		return number(format.Int32, direct[int32]), nil
	case *arrow.Int64Type:
		return number(format.Int64, direct[int64]), nil
	case *arrow.Float16Type:
		return number(format.Float, cast16), nil
	case *arrow.Float32Type:
		return number(format.Float, direct[float32]), nil
	case *arrow.Float64Type:
		return number(format.Double, direct[float64]), nil
	case *arrow.Decimal128Type:
		return decimal(dt, narrow128, wide128)
	case *arrow.Decimal256Type:
		return decimal(dt, narrow256, wide256)
	case *arrow.Date32Type:
		return annotate(number(format.Int32, direct[int32]), &format.DateType{}, deprecated.Date), nil
	case *arrow.Date64Type:
		return annotate(number(format.Int32, days), &format.DateType{}, deprecated.Date), nil
	case *arrow.Time32Type:
		return timeOfDay32(dt.Unit), nil
	case *arrow.Time64Type:
		return timeOfDay64(dt.Unit), nil
	case *arrow.TimestampType:
		return timestamp(dt), nil
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType:
		f := bytesForm(byteLoader(dt.ID()), true)
		if extension == "arrow.json" {
			return annotate(f, &format.JsonType{}, deprecated.Json), nil
		}
		return annotate(f, &format.StringType{}, deprecated.UTF8), nil
	case *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.BinaryViewType:
		return bytesForm(byteLoader(dt.ID()), false), nil
	case *arrow.FixedSizeBinaryType:
		return fixedBinary(dt.ByteWidth, extension)
	}
	return form{}, fmt.Errorf("values of type %s have no form in Parquet that keeps them: convert the column before, or leave it out", dt)
}

func number[T word](physical format.Type, load loader[T]) form {
	return form{physical: physical, width: int(sizeOf[T]()), values: func() values { return newNumbers(load) }}
}

// annotate adds a logical type and its counterpart in version 1 of the format, which LogicalTypes.md tells writers to
// set where there is one.
func annotate(f form, logical format.LogicalTypeValue, converted deprecated.ConvertedType) form {
	f.logical, f.converted = logical, thrift.New(converted)
	return f
}

func integer[T word](bits int8, signed bool, converted deprecated.ConvertedType, load loader[T]) form {
	physical := format.Int32
	if bits == 64 {
		physical = format.Int64
	}
	return annotate(number(physical, load), &format.IntType{BitWidth: bits, IsSigned: signed}, converted)
}

// timeOfDay32 and timeOfDay64: an Arrow time is of no zone, which is a TIME not adjusted to UTC. LogicalTypes.md, "TIME":
// a local time too must have the legacy annotation.
func timeOfDay32(unit arrow.TimeUnit) form {
	load := direct[int32]
	if unit == arrow.Second {
		load = seconds[int32]
	}
	return annotate(number(format.Int32, load), &format.TimeType{Unit: format.TimeUnit{Value: &format.MilliSeconds{}}}, deprecated.TimeMillis)
}

func timeOfDay64(unit arrow.TimeUnit) form {
	f := number(format.Int64, direct[int64])
	if unit == arrow.Microsecond {
		return annotate(f, &format.TimeType{Unit: format.TimeUnit{Value: &format.MicroSeconds{}}}, deprecated.TimeMicros)
	}
	f.logical = &format.TimeType{Unit: format.TimeUnit{Value: &format.NanoSeconds{}}}
	return f
}

// timestamp: with a zone the values are instants, counted in UTC; without, the fields of a local clock. LogicalTypes.md,
// "TIMESTAMP": a local timestamp too must have the legacy annotation; nanoseconds have none.
func timestamp(dt *arrow.TimestampType) form {
	utc := dt.TimeZone != ""
	f := number(format.Int64, direct[int64])
	switch dt.Unit {
	case arrow.Second:
		f = number(format.Int64, seconds[int64])
		fallthrough
	case arrow.Millisecond:
		return annotate(f, &format.TimestampType{IsAdjustedToUTC: utc, Unit: format.TimeUnit{Value: &format.MilliSeconds{}}}, deprecated.TimestampMillis)
	case arrow.Microsecond:
		return annotate(f, &format.TimestampType{IsAdjustedToUTC: utc, Unit: format.TimeUnit{Value: &format.MicroSeconds{}}}, deprecated.TimestampMicros)
	default:
		f.logical = &format.TimestampType{IsAdjustedToUTC: utc, Unit: format.TimeUnit{Value: &format.NanoSeconds{}}}
		return f
	}
}

// decimal: LogicalTypes.md, "DECIMAL": 1 to 9 digits in an INT32, to 18 in an INT64, more in as many bytes as they
// need; the scale from 0 to the precision.
func decimal(dt arrow.DecimalType, narrow func(digits int32) loader[int64], wide func(digits int32, width int) byteLoad) (form, error) {
	p, s := dt.GetPrecision(), dt.GetScale()
	if p < 1 {
		return form{}, fmt.Errorf("a decimal of %d digits", p)
	}
	if s < 0 || s > p {
		return form{}, fmt.Errorf("a decimal with scale %d of %d digits: Parquet has scales from 0 to the precision: convert the column before", s, p)
	}
	var f form
	switch {
	case p <= 9:
		f = number(format.Int32, narrowed(narrow(p)))
	case p <= 18:
		f = number(format.Int64, narrow(p))
	default:
		n := decimalBytes(p)
		f = form{physical: format.FixedLenByteArray, length: n, width: n, values: func() values {
			return newByteValues(wide(p, n), byteOrder{width: n, signed: true})
		}}
	}
	return annotate(f, &format.DecimalType{Precision: p, Scale: s}, deprecated.Decimal), nil
}

// decimalBytes is the least n so that n bytes of two's complement hold p digits.
func decimalBytes(p int32) int {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(p)), nil)
	return most.Sub(most, big.NewInt(1)).BitLen()/8 + 1
}

func bytesForm(load byteLoad, text bool) form {
	return form{physical: format.ByteArray, values: func() values { return newByteValues(load, byteOrder{text: text}) }}
}

func fixedBinary(n int, extension string) (form, error) {
	if n < 1 {
		return form{}, errors.New("values of no bytes: leave the column out")
	}
	f := form{physical: format.FixedLenByteArray, length: n, width: n, values: func() values {
		return newByteValues(fixedBytes(n), byteOrder{width: n})
	}}
	if extension == "arrow.uuid" && n == 16 {
		f.logical = &format.UUIDType{}
	}
	return f, nil
}

// cast16 widens half precision: every value has its equal in single precision, which every reader knows.
func cast16(arr arrow.Array, s selection, scratch *[]float32) ([]float32, error) {
	src := slice[float16.Num](arr)
	dst := room(scratch, s.len())
	for i := range dst {
		dst[i] = src[s.at(i)].Float32()
	}
	return dst, nil
}
