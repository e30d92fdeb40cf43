package postgres

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/floedata/floe/internal/decode/text"
)

// column appends values of one column.
type column struct {
	// append takes a value that is not NULL, in the form in which it comes, which is read before append returns.
	append func(raw []byte) text.Fault
	// words is the value for a dead letter.
	words func(raw []byte) string
}

// maker makes a column that appends to a builder of its type.
type maker func(array.Builder) column

// binaryForms are the types that come in binary form; all others come as text. So do those that are the same bytes in
// both: the server makes a buffer for each value in binary form.
var binaryForms = func() pgx.QueryResultFormatsByOID {
	forms := pgx.QueryResultFormatsByOID{}
	for oid := range scalars {
		forms[oid] = pgx.BinaryFormatCode
	}
	for oid := range elements {
		forms[oid] = pgx.BinaryFormatCode
	}
	for _, oid := range []uint32{pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.JSONOID} {
		delete(forms, oid)
	}
	return forms
}()

// scalars are the types by default of what comes in binary form; nil = it depends on the column.
var scalars = map[uint32]arrow.DataType{
	pgtype.BoolOID:        arrow.FixedWidthTypes.Boolean,
	pgtype.Int2OID:        arrow.PrimitiveTypes.Int16,
	pgtype.Int4OID:        arrow.PrimitiveTypes.Int32,
	pgtype.Int8OID:        arrow.PrimitiveTypes.Int64,
	pgtype.OIDOID:         arrow.PrimitiveTypes.Uint32,
	pgtype.Float4OID:      arrow.PrimitiveTypes.Float32,
	pgtype.Float8OID:      arrow.PrimitiveTypes.Float64,
	pgtype.NumericOID:     nil,
	pgtype.TextOID:        arrow.BinaryTypes.String,
	pgtype.VarcharOID:     arrow.BinaryTypes.String,
	pgtype.BPCharOID:      arrow.BinaryTypes.String,
	pgtype.NameOID:        arrow.BinaryTypes.String,
	pgtype.JSONOID:        arrow.BinaryTypes.String,
	pgtype.JSONBOID:       arrow.BinaryTypes.String,
	pgtype.UUIDOID:        arrow.BinaryTypes.String,
	pgtype.ByteaOID:       arrow.BinaryTypes.Binary,
	pgtype.DateOID:        arrow.FixedWidthTypes.Date32,
	pgtype.TimeOID:        arrow.FixedWidthTypes.Time64us,
	pgtype.TimestampOID:   &arrow.TimestampType{Unit: arrow.Microsecond},
	pgtype.TimestamptzOID: arrow.FixedWidthTypes.Timestamp_us,
	pgtype.IntervalOID:    arrow.FixedWidthTypes.MonthDayNanoInterval,
}

// elements are the types of the elements of arrays.
var elements = map[uint32]uint32{
	pgtype.BoolArrayOID:        pgtype.BoolOID,
	pgtype.Int2ArrayOID:        pgtype.Int2OID,
	pgtype.Int4ArrayOID:        pgtype.Int4OID,
	pgtype.Int8ArrayOID:        pgtype.Int8OID,
	pgtype.Float4ArrayOID:      pgtype.Float4OID,
	pgtype.Float8ArrayOID:      pgtype.Float8OID,
	pgtype.NumericArrayOID:     pgtype.NumericOID,
	pgtype.TextArrayOID:        pgtype.TextOID,
	pgtype.VarcharArrayOID:     pgtype.VarcharOID,
	pgtype.BPCharArrayOID:      pgtype.BPCharOID,
	pgtype.JSONArrayOID:        pgtype.JSONOID,
	pgtype.JSONBArrayOID:       pgtype.JSONBOID,
	pgtype.UUIDArrayOID:        pgtype.UUIDOID,
	pgtype.ByteaArrayOID:       pgtype.ByteaOID,
	pgtype.DateArrayOID:        pgtype.DateOID,
	pgtype.TimeArrayOID:        pgtype.TimeOID,
	pgtype.TimestampArrayOID:   pgtype.TimestampOID,
	pgtype.TimestamptzArrayOID: pgtype.TimestamptzOID,
	pgtype.IntervalArrayOID:    pgtype.IntervalOID,
}

// columnOf returns the type of a column, override where it is not nil, and what makes it.
func columnOf(d pgconn.FieldDescription, override arrow.DataType) (arrow.DataType, maker, error) {
	t := override
	if t == nil {
		t = typeOf(d.DataTypeOID, d.TypeModifier)
	}
	make := makerOf(d.DataTypeOID, t)
	if make == nil {
		return nil, nil, fmt.Errorf("the column %q cannot be read as %s: cast it in the query", d.Name, t)
	}
	return t, make, nil
}

func typeOf(oid uint32, modifier int32) arrow.DataType {
	if element, ok := elements[oid]; ok {
		return arrow.ListOf(typeOf(element, modifier))
	}
	if oid == pgtype.NumericOID {
		return numericType(modifier)
	}
	if t := scalars[oid]; t != nil {
		return t
	}
	return arrow.BinaryTypes.String
}

// numericType is the decimal of a numeric's precision and scale, or text.
func numericType(modifier int32) arrow.DataType {
	const header = 4
	precision := (modifier - header) >> 16 & 0xffff
	scale := (modifier - header) & 0x7ff // 11 bits with a sign
	switch {
	case modifier < header || scale > precision || precision > 76:
		return arrow.BinaryTypes.String
	case precision > 38:
		return &arrow.Decimal256Type{Precision: precision, Scale: scale}
	}
	return &arrow.Decimal128Type{Precision: precision, Scale: scale}
}

// makerOf returns what makes columns of a type of PostgreSQL as one of Arrow; nil = there is none.
func makerOf(oid uint32, t arrow.DataType) maker {
	if element, ok := elements[oid]; ok {
		list, ok := t.(*arrow.ListType)
		if !ok {
			return nil
		}
		if of := makerOf(element, list.Elem()); of != nil {
			return func(b array.Builder) column { return listColumn(b.(*array.ListBuilder), of) }
		}
		return nil
	}
	_, binary := scalars[oid]
	switch {
	case !binary:
		return asText(t, plain)
	case oid == pgtype.BoolOID && t.ID() == arrow.BOOL:
		return fixed(readBool, builder[bool, *array.BooleanBuilder])
	case oid == pgtype.Int2OID:
		return integers(readInt2, t)
	case oid == pgtype.Int4OID:
		return integers(readInt4, t)
	case oid == pgtype.Int8OID:
		return integers(readInt8, t)
	case oid == pgtype.OIDOID:
		return integers(readOID, t)
	case oid == pgtype.Float4OID && t.ID() == arrow.FLOAT32:
		return fixed(readFloat4, builder[float32, *array.Float32Builder])
	case oid == pgtype.Float4OID && t.ID() == arrow.FLOAT64:
		return fixed(readFloat4Long, builder[float64, *array.Float64Builder])
	case oid == pgtype.Float8OID && t.ID() == arrow.FLOAT64:
		return fixed(readFloat8, builder[float64, *array.Float64Builder])
	case oid == pgtype.NumericOID:
		return numerics(t)
	case oid == pgtype.JSONBOID:
		return asText(t, afterVersion)
	case oid == pgtype.UUIDOID && t.ID() == arrow.FIXED_SIZE_BINARY && t.(*arrow.FixedSizeBinaryType).ByteWidth == 16:
		return fixed(readUUID, builder[[]byte, *array.FixedSizeBinaryBuilder])
	case oid == pgtype.UUIDOID:
		return rendered(t, appendUUID)
	case oid == pgtype.ByteaOID && t.ID() == arrow.BINARY:
		return fixed(readBytes, builder[[]byte, *array.BinaryBuilder])
	case oid == pgtype.DateOID && t.ID() == arrow.DATE32:
		return fixed(readDate, builder[arrow.Date32, *array.Date32Builder])
	case oid == pgtype.TimeOID && arrow.TypeEqual(t, arrow.FixedWidthTypes.Time64us):
		return fixed(readTime, builder[arrow.Time64, *array.Time64Builder])
	case (oid == pgtype.TimestampOID || oid == pgtype.TimestamptzOID) && arrow.TypeEqual(t, scalars[oid]):
		return fixed(readTimestamp, builder[arrow.Timestamp, *array.TimestampBuilder])
	case oid == pgtype.IntervalOID && t.ID() == arrow.INTERVAL_MONTH_DAY_NANO:
		return fixed(readInterval, builder[arrow.MonthDayNanoInterval, *array.MonthDayNanoIntervalBuilder])
	case oid == pgtype.IntervalOID:
		return rendered(t, appendInterval)
	case arrow.TypeEqual(scalars[oid], arrow.BinaryTypes.String):
		return asText(t, plain)
	}
	return nil
}

// appender is a builder of values of one type.
type appender[T any] interface{ Append(T) }

// builder returns the method that appends to a builder.
func builder[T any, B appender[T]](b array.Builder) func(T) { return b.(B).Append }

// fixed makes columns of values that are read as they are.
func fixed[T any](read func([]byte) (T, text.Fault), into func(array.Builder) func(T)) maker {
	return func(b array.Builder) column {
		appendTo := into(b)
		return column{words: inWords, append: func(raw []byte) text.Fault {
			v, f := read(raw)
			if f == text.None {
				appendTo(v)
			}
			return f
		}}
	}
}

// integers makes columns of integers of one length as those of another.
func integers(read func([]byte) (int64, text.Fault), t arrow.DataType) maker {
	into := func(b array.Builder) func(int64) bool {
		switch b := b.(type) {
		case *array.Int8Builder:
			return within(b.Append)
		case *array.Int16Builder:
			return within(b.Append)
		case *array.Int32Builder:
			return within(b.Append)
		case *array.Int64Builder:
			return within(b.Append)
		case *array.Uint8Builder:
			return within(b.Append)
		case *array.Uint16Builder:
			return within(b.Append)
		case *array.Uint32Builder:
			return within(b.Append)
		case *array.Uint64Builder:
			return within(b.Append)
		}
		return nil
	}
	if !arrow.IsInteger(t.ID()) {
		return nil
	}
	return func(b array.Builder) column {
		appendTo := into(b)
		return column{
			words: func(raw []byte) string {
				v, _ := read(raw)
				return fmt.Sprint(v)
			},
			append: func(raw []byte) text.Fault {
				v, f := read(raw)
				if f == text.None && !appendTo(v) {
					f = text.OutOfRange
				}
				return f
			},
		}
	}
}

// within appends what fits the type.
func within[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](appendTo func(T)) func(int64) bool {
	return func(v int64) bool {
		n := T(v)
		if int64(n) != v || (n < 0) != (v < 0) {
			return false
		}
		appendTo(n)
		return true
	}
}

// asText makes columns of texts that stand in the value.
func asText(t arrow.DataType, of func([]byte) []byte) maker {
	if t.ID() != arrow.STRING {
		return nil
	}
	return func(b array.Builder) column {
		str := b.(*array.StringBuilder)
		return column{
			words: func(raw []byte) string { return string(of(raw)) },
			append: func(raw []byte) text.Fault {
				v := of(raw)
				if !text.ValidUTF8(v) { // a database of encoding SQL_ASCII has any bytes
					return text.NotUTF8
				}
				str.BinaryBuilder.Append(v)
				return text.None
			},
		}
	}
}

// rendered makes columns of texts that are written from the value.
func rendered(t arrow.DataType, write func(dst, raw []byte) ([]byte, text.Fault)) maker {
	if t.ID() != arrow.STRING {
		return nil
	}
	return func(b array.Builder) column {
		str := b.(*array.StringBuilder)
		var scratch []byte
		return column{words: inWords, append: func(raw []byte) text.Fault {
			var f text.Fault
			if scratch, f = write(scratch[:0], raw); f == text.None {
				str.BinaryBuilder.Append(scratch)
			}
			return f
		}}
	}
}

// numerics makes columns of a numeric.
func numerics(t arrow.DataType) maker {
	switch t := t.(type) {
	case *arrow.Decimal128Type:
		return withWords(numericWords, fixed(decimal128Of(t.Precision, t.Scale), builder[decimal128.Num, *array.Decimal128Builder]))
	case *arrow.Decimal256Type:
		return withWords(numericWords, fixed(decimal256Of(t.Precision, t.Scale), builder[decimal256.Num, *array.Decimal256Builder]))
	}
	return withWords(numericWords, rendered(t, appendNumeric))
}

func withWords(words func([]byte) string, make maker) maker {
	if make == nil {
		return nil
	}
	return func(b array.Builder) column {
		c := make(b)
		c.words = words
		return c
	}
}
