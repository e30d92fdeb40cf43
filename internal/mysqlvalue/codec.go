package mysqlvalue

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/dialect"
)

// Form is how a value stands in a stream or statement.
type Form int

// Forms of values.
const (
	Plain Form = iota // text without any character that needs an escape
	Text              // any text
	Bytes             // any bytes
	Bits              // the digits of a number, for a column of bits
)

// Bad is told of a value that does not fit.
type Bad func(row int, u *dialect.Unfit)

// Writer appends the value of a row, which is not null and was not found bad.
type Writer func(dst []byte, row int) []byte

// Codec is how values of one Arrow type go into one column. It is safe for concurrent use.
type Codec struct {
	Form Form
	// Check names the values from row to row that do not fit, in ascending order; nil = all fit. Nulls are passed over.
	Check func(a arrow.Array, from, to int, bad Bad)
	// On returns the writer for an array of the type; nil = all its values are null.
	On func(a arrow.Array) Writer
}

// For returns the codec of a type and a column. An error says why the column cannot take all values, and what to do.
func For(dt arrow.DataType, c Column) (Codec, error) {
	if ext, ok := dt.(arrow.ExtensionType); ok {
		return forExtension(ext, c)
	}
	if d, ok := dt.(*arrow.DictionaryType); ok {
		return forDictionary(d, c)
	}
	if c.Base == "set" || c.Base == "geometry" {
		return Codec{}, fmt.Errorf("columns of type %s are not loaded: use a column of another type", c.Base)
	}
	if bits, unsigned, ok := IntegerOf(dt); ok {
		return forInteger(dt, bits, unsigned, c)
	}
	switch dt := dt.(type) {
	case *arrow.NullType:
		return Codec{On: func(arrow.Array) Writer { return nil }}, nil
	case *arrow.BooleanType:
		return forBool(c)
	case *arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type:
		return forFloat(dt, c)
	case *arrow.Decimal128Type:
		return forDecimal(dt, dt.Precision, dt.Scale, c)
	case *arrow.Decimal256Type:
		return forDecimal(dt, dt.Precision, dt.Scale, c)
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType:
		return forText(dt, c)
	case *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.BinaryViewType, *arrow.FixedSizeBinaryType:
		return forBytes(dt, c)
	case *arrow.Date32Type, *arrow.Date64Type:
		return forDate(dt, c)
	case *arrow.Time32Type:
		return forTime(dt, dt.Unit, c)
	case *arrow.Time64Type:
		return forTime(dt, dt.Unit, c)
	case *arrow.TimestampType:
		return forTimestamp(dt, c)
	}
	if arrow.IsNested(dt.ID()) {
		return forNested(dt, c)
	}
	return Codec{}, NoType(dt)
}

// NoType is the error of a type that is not loaded.
func NoType(dt arrow.DataType) error {
	return fmt.Errorf("MySQL has no type that %s is loaded into: convert the column before, or leave it out", dt)
}

// mismatch is the error of a column that does not take the type.
func mismatch(dt arrow.DataType, c Column, needs string) error {
	return fmt.Errorf("the table has it as %s, which does not hold every %s as it is: it needs %s, or convert the column before", c.Bare, dt, needs)
}

func forExtension(ext arrow.ExtensionType, c Column) (Codec, error) {
	var codec Codec
	var err error
	if fixed, ok := ext.StorageType().(*arrow.FixedSizeBinaryType); ok && ext.ExtensionName() == "arrow.uuid" && fixed.ByteWidth == 16 && c.Base == "uuid" {
		codec = uuidCodec()
	} else if codec, err = For(ext.StorageType(), c); err != nil {
		return Codec{}, err
	}
	check, on := codec.Check, codec.On
	if check != nil {
		codec.Check = func(a arrow.Array, from, to int, bad Bad) { check(a.(array.ExtensionArray).Storage(), from, to, bad) }
	}
	codec.On = func(a arrow.Array) Writer { return on(a.(array.ExtensionArray).Storage()) }
	return codec, nil
}

// forDictionary looks at each value once, and then at the indexes of rows.
func forDictionary(dt *arrow.DictionaryType, c Column) (Codec, error) {
	if arrow.IsNested(dt.ValueType.ID()) || dt.ValueType.ID() == arrow.DICTIONARY || dt.ValueType.ID() == arrow.NULL {
		return Codec{}, errors.New("a dictionary must be one of plain values: unpack the column before")
	}
	codec, err := For(dt.ValueType, c)
	if err != nil {
		return Codec{}, err
	}
	check, on := codec.Check, codec.On
	if check != nil {
		codec.Check = func(a arrow.Array, from, to int, bad Bad) {
			d := a.(*array.Dictionary)
			unfit := map[int]*dialect.Unfit{}
			check(d.Dictionary(), 0, d.Dictionary().Len(), func(i int, u *dialect.Unfit) { unfit[i] = u })
			if len(unfit) == 0 {
				return
			}
			for row := from; row < to; row++ {
				if d.IsValid(row) && unfit[d.GetValueIndex(row)] != nil {
					bad(row, unfit[d.GetValueIndex(row)])
				}
			}
		}
	}
	codec.On = func(a arrow.Array) Writer {
		d := a.(*array.Dictionary)
		write := on(d.Dictionary())
		return func(dst []byte, row int) []byte { return write(dst, d.GetValueIndex(row)) }
	}
	return codec, nil
}
