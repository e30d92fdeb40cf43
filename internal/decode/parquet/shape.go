package parquet

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// conversion is how physical values become Arrow's.
type conversion uint8

const (
	convCopy       conversion = iota // same bytes
	convNarrow8                      // int32 to one byte
	convNarrow16                     // int32 to two bytes
	convInt32To128                   // sign extension
	convInt64To128                   // sign extension
	convBigEndian                    // big-endian two's complement of any length to little-endian
	convInt96                        // days and nanoseconds to nanoseconds
	convInterval                     // months, days, milliseconds to months, days, nanoseconds
	convBits                         // booleans
	convBytes                        // byte strings
	convNull                         // no values
)

// shape is the Arrow side of a leaf.
type shape struct {
	dataType arrow.DataType
	conv     conversion
	physical int // bytes of a physical value; 0 for BOOLEAN and BYTE_ARRAY
	width    int // bytes of an Arrow value; 0 for bits, byte strings and nulls
	large    bool
	uuid     bool
}

var physicalWidths = [...]int{
	format.Boolean: 0, format.Int32: 4, format.Int64: 8, format.Int96: 12,
	format.Float: 4, format.Double: 8, format.ByteArray: 0, format.FixedLenByteArray: 0,
}

// shapeOf answers what the leaf e is in Arrow.
func shapeOf(e *format.SchemaElement) (shape, error) {
	t := e.Type.V
	if t < 0 || int(t) >= len(physicalWidths) {
		return shape{}, fmt.Errorf("unknown physical type %d", t)
	}
	s := shape{physical: physicalWidths[t]}
	if t == format.FixedLenByteArray {
		s.physical = int(e.TypeLength.V)
		if s.physical <= 0 || s.physical > 1<<24 {
			return shape{}, fmt.Errorf("a FIXED_LEN_BYTE_ARRAY of %d bytes", e.TypeLength.V)
		}
	}
	known, err := s.annotate(t, logicalOf(e))
	if err != nil {
		return shape{}, err
	}
	if !known && e.ConvertedType.Valid && e.ConvertedType.V == deprecated.Interval && t == format.FixedLenByteArray && s.physical == 12 {
		s.set(arrow.FixedWidthTypes.MonthDayNanoInterval, convInterval, 16)
	} else if !known {
		s.plain(t)
	}
	return s, nil
}

func (s *shape) set(dt arrow.DataType, c conversion, width int) {
	s.dataType, s.conv, s.width = dt, c, width
}

// plain is the type of a column without an annotation.
func (s *shape) plain(t format.Type) {
	switch t {
	case format.Boolean:
		s.set(arrow.FixedWidthTypes.Boolean, convBits, 0)
	case format.Int32:
		s.set(arrow.PrimitiveTypes.Int32, convCopy, 4)
	case format.Int64:
		s.set(arrow.PrimitiveTypes.Int64, convCopy, 8)
	case format.Int96:
		s.set(&arrow.TimestampType{Unit: arrow.Nanosecond}, convInt96, 8)
	case format.Float:
		s.set(arrow.PrimitiveTypes.Float32, convCopy, 4)
	case format.Double:
		s.set(arrow.PrimitiveTypes.Float64, convCopy, 8)
	case format.ByteArray:
		s.set(arrow.BinaryTypes.Binary, convBytes, 0)
	case format.FixedLenByteArray:
		s.set(&arrow.FixedSizeBinaryType{ByteWidth: s.physical}, convCopy, s.physical)
	}
}

// annotate applies a logical type. It answers false where there is none, or
// none that changes how the physical type reads.
func (s *shape) annotate(t format.Type, logical format.LogicalTypeValue) (bool, error) {
	switch l := logical.(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		if t == format.ByteArray {
			s.set(arrow.BinaryTypes.String, convBytes, 0)
			return true, nil
		}
	case *format.IntType:
		return s.integer(t, l)
	case *format.DecimalType:
		return true, s.decimal(t, l)
	case *format.DateType:
		if t == format.Int32 {
			s.set(arrow.FixedWidthTypes.Date32, convCopy, 4)
			return true, nil
		}
	case *format.TimeType:
		return s.time(t, l)
	case *format.TimestampType:
		if unit, ok := arrowUnit(l.Unit.Value); ok && t == format.Int64 {
			zone := ""
			if l.IsAdjustedToUTC {
				zone = "UTC"
			}
			s.set(&arrow.TimestampType{Unit: unit, TimeZone: zone}, convCopy, 8)
			return true, nil
		}
	case *format.NullType:
		s.set(arrow.Null, convNull, 0)
		return true, nil
	case *format.Float16Type:
		if t == format.FixedLenByteArray && s.physical == 2 {
			s.set(arrow.FixedWidthTypes.Float16, convCopy, 2)
			return true, nil
		}
	case *format.UUIDType:
		s.uuid = t == format.FixedLenByteArray && s.physical == 16
		return false, nil
	case nil, *format.BsonType, *format.VariantType, *format.GeometryType, *format.GeographyType:
		return false, nil
	}
	return false, fmt.Errorf("a logical type %s on %s", logical.String(), t)
}

func (s *shape) integer(t format.Type, l *format.IntType) (bool, error) {
	p, conv := arrow.PrimitiveTypes, convCopy
	var dt arrow.FixedWidthDataType
	switch {
	case t == format.Int64 && l.BitWidth == 64:
		dt = pick(l.IsSigned, p.Int64, p.Uint64)
	case t == format.Int32 && l.BitWidth == 32:
		dt = pick(l.IsSigned, p.Int32, p.Uint32)
	case t == format.Int32 && l.BitWidth == 16:
		dt, conv = pick(l.IsSigned, p.Int16, p.Uint16), convNarrow16
	case t == format.Int32 && l.BitWidth == 8:
		dt, conv = pick(l.IsSigned, p.Int8, p.Uint8), convNarrow8
	default:
		return false, fmt.Errorf("a logical type %s on %s", l, t)
	}
	s.set(dt, conv, dt.BitWidth()/8)
	return true, nil
}

func pick(signed bool, a, b arrow.DataType) arrow.FixedWidthDataType {
	if signed {
		return a.(arrow.FixedWidthDataType)
	}
	return b.(arrow.FixedWidthDataType)
}

func (s *shape) time(t format.Type, l *format.TimeType) (bool, error) {
	unit, ok := arrowUnit(l.Unit.Value)
	switch {
	case ok && t == format.Int32 && unit == arrow.Millisecond:
		s.set(arrow.FixedWidthTypes.Time32ms, convCopy, 4)
	case ok && t == format.Int64 && unit != arrow.Millisecond:
		s.set(&arrow.Time64Type{Unit: unit}, convCopy, 8)
	default:
		return false, fmt.Errorf("a logical type %s on %s", l, t)
	}
	return true, nil
}

func arrowUnit(u format.TimeUnitValue) (arrow.TimeUnit, bool) {
	switch u.(type) {
	case *format.MilliSeconds:
		return arrow.Millisecond, true
	case *format.MicroSeconds:
		return arrow.Microsecond, true
	case *format.NanoSeconds:
		return arrow.Nanosecond, true
	default:
		return 0, false
	}
}

func (s *shape) decimal(t format.Type, l *format.DecimalType) error {
	const most128, most256 = 38, 76
	if l.Precision < 1 || l.Precision > most256 {
		return fmt.Errorf("a decimal of %d digits; 1 to %d can be read", l.Precision, most256)
	}
	s.width = 16
	s.dataType = &arrow.Decimal128Type{Precision: l.Precision, Scale: l.Scale}
	if l.Precision > most128 {
		s.width = 32
		s.dataType = &arrow.Decimal256Type{Precision: l.Precision, Scale: l.Scale}
	}
	switch t {
	case format.Int32:
		s.conv = convInt32To128
	case format.Int64:
		s.conv = convInt64To128
	case format.ByteArray, format.FixedLenByteArray:
		s.conv = convBigEndian
		return nil
	default:
		return fmt.Errorf("a decimal on %s", t)
	}
	if s.width != 16 {
		return errors.New("a decimal of more than 38 digits on an integer")
	}
	return nil
}

// logicalOf answers the logical type of e, made from the old converted type where there is no other.
func logicalOf(e *format.SchemaElement) format.LogicalTypeValue {
	if e.LogicalType.Value != nil || !e.ConvertedType.Valid {
		return e.LogicalType.Value
	}
	millis := format.TimeUnit{Value: &format.MilliSeconds{}}
	micros := format.TimeUnit{Value: &format.MicroSeconds{}}
	switch c := e.ConvertedType.V; c {
	case deprecated.UTF8:
		return &format.StringType{}
	case deprecated.Enum:
		return &format.EnumType{}
	case deprecated.Json:
		return &format.JsonType{}
	case deprecated.Decimal:
		return &format.DecimalType{Scale: e.Scale.V, Precision: e.Precision.V}
	case deprecated.Date:
		return &format.DateType{}
	case deprecated.TimeMillis:
		return &format.TimeType{IsAdjustedToUTC: true, Unit: millis}
	case deprecated.TimeMicros:
		return &format.TimeType{IsAdjustedToUTC: true, Unit: micros}
	case deprecated.TimestampMillis:
		return &format.TimestampType{IsAdjustedToUTC: true, Unit: millis}
	case deprecated.TimestampMicros:
		return &format.TimestampType{IsAdjustedToUTC: true, Unit: micros}
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return &format.IntType{BitWidth: 8 << (c - deprecated.Uint8)}
	case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
		return &format.IntType{BitWidth: 8 << (c - deprecated.Int8), IsSigned: true}
	default:
		return nil
	}
}
