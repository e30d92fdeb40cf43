package mysql

import (
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/jsonvalue"
	"github.com/floedata/floe/internal/mysqlvalue"
	"github.com/floedata/floe/internal/timetext"
)

// text is the character set of the columns that are made, with the collation that compares bytes and blanks at the end,
// which has another name in each of the two databases: MySQL takes the first comment for one, MariaDB the second.
const text = " CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin *//*!80017 COLLATE utf8mb4_0900_bin */"

// keyLength is the length of texts and bytes in keys: three of them make a key of 3,072 bytes, InnoDB's most.
const keyLength = 255

// Type implements [dialect.Dialect].
func (Dialect) Type(f arrow.Field, key bool) (string, error) {
	dt := f.Type
	for {
		if d, ok := dt.(*arrow.DictionaryType); ok {
			dt = d.ValueType
		} else if e, ok := dt.(arrow.ExtensionType); ok {
			dt = e.StorageType()
		} else {
			break
		}
	}
	typ, err := typeOf(dt, key)
	if err != nil {
		return "", err
	}
	// Whether the column takes the values is the codec's to say.
	c, err := mysqlvalue.ParseColumn(typ)
	if err == nil {
		_, err = mysqlvalue.For(f.Type, c)
	}
	return typ, err
}

func typeOf(dt arrow.DataType, key bool) (string, error) {
	switch dt := dt.(type) {
	case *arrow.NullType:
		return "INT", nil
	case *arrow.BooleanType:
		return "TINYINT(1)", nil
	case *arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type:
		return "DOUBLE", nil
	case arrow.DecimalType:
		return fmt.Sprintf("DECIMAL(%d,%d)", dt.GetPrecision(), dt.GetScale()), nil
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType:
		if key {
			return fmt.Sprintf("VARCHAR(%d)", keyLength) + text, nil
		}
		return "LONGTEXT" + text, nil
	case *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.BinaryViewType:
		if key {
			return fmt.Sprintf("VARBINARY(%d)", keyLength), nil
		}
		return "LONGBLOB", nil
	case *arrow.FixedSizeBinaryType:
		return fixedType(dt.ByteWidth, key)
	case *arrow.Date32Type, *arrow.Date64Type:
		return "DATE", nil
	case *arrow.Time32Type:
		return clockType("TIME", dt.Unit), nil
	case *arrow.Time64Type:
		return clockType("TIME", dt.Unit), nil
	case *arrow.TimestampType:
		return clockType("DATETIME", dt.Unit), nil
	}
	if bits, unsigned, ok := mysqlvalue.IntegerOf(dt); ok {
		return mysqlvalue.IntegerType(bits, unsigned), nil
	}
	if arrow.IsNested(dt.ID()) && jsonvalue.Check(dt) == nil {
		if key {
			return "", errors.New("a key must be of plain values")
		}
		return "JSON", nil
	}
	return "", mysqlvalue.NoType(dt)
}

func fixedType(width int, key bool) (string, error) {
	switch {
	case width > 0 && width <= keyLength:
		return fmt.Sprintf("BINARY(%d)", width), nil
	case key:
		return "", fmt.Errorf("bytes in a key must be 1 to %d: choose another key", keyLength)
	}
	return "LONGBLOB", nil
}

func clockType(name string, unit arrow.TimeUnit) string {
	if digits := min(timetext.Digits(unit), 6); digits > 0 {
		return fmt.Sprintf("%s(%d)", name, digits)
	}
	return name
}

// Bind implements [dialect.Dialect].
func (Dialect) Bind(f arrow.Field, c dialect.Column) (dialect.Binder, error) {
	col, err := mysqlvalue.ParseColumn(c.Type)
	if err != nil {
		return nil, err
	}
	codec, err := mysqlvalue.For(f.Type, col)
	if err != nil {
		return nil, err
	}
	return func(a arrow.Array, row int) (any, error) {
		if a.DataType().ID() == arrow.NULL {
			return nil, nil
		}
		if codec.Check != nil {
			var unfit *dialect.Unfit
			codec.Check(a, row, row+1, func(_ int, u *dialect.Unfit) { unfit = u })
			if unfit != nil {
				return nil, unfit
			}
		}
		value := codec.On(a)(nil, row)
		switch codec.Form {
		case mysqlvalue.Bytes:
			return append([]byte{}, value...), nil // nil would be NULL
		case mysqlvalue.Bits:
			return int64(value[0] - '0'), nil
		}
		return string(value), nil
	}, nil
}

// Widen implements [dialect.Dialect].
func (Dialect) Widen(c dialect.Column, f arrow.Field) (string, bool) {
	have, err := mysqlvalue.ParseColumn(c.Type)
	if err != nil {
		return "", false
	}
	typ, ok := widen(have, f.Type)
	if !ok {
		return "", false
	}
	return strings.TrimSpace(typ + " " + have.Attributes), true
}

func widen(have mysqlvalue.Column, dt arrow.DataType) (string, bool) {
	if d, ok := dt.(*arrow.DictionaryType); ok {
		return widen(have, d.ValueType)
	}
	bits, unsigned, integer := mysqlvalue.IntegerOf(dt)
	haveBits, haveUnsigned := have.Integer()
	switch dt := dt.(type) {
	case *arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type:
		return "DOUBLE", have.Base == "float" && have.Precision < 0 && !have.Unsigned || haveBits > 0 && haveBits <= 32
	case arrow.DecimalType:
		return widenDecimal(have, int(dt.GetPrecision()-dt.GetScale()), int(dt.GetScale()))
	case *arrow.Time32Type:
		return clockType("TIME", dt.Unit), have.Base == "time"
	case *arrow.Time64Type:
		return clockType("TIME", dt.Unit), have.Base == "time"
	case *arrow.TimestampType:
		if have.Base == "timestamp" {
			return clockType("TIMESTAMP", dt.Unit), dt.TimeZone != ""
		}
		return clockType("DATETIME", dt.Unit), have.Base == "datetime" || have.Base == "date"
	}
	switch {
	case integer && haveBits > 0 && unsigned == haveUnsigned:
		return mysqlvalue.IntegerType(max(bits, haveBits), unsigned), true
	case integer && haveBits > 0:
		return widenMixed(bits, unsigned, haveBits)
	case integer && have.Base == "float":
		return "DOUBLE", bits <= 32 && have.Precision < 0 && !have.Unsigned
	case integer:
		return widenDecimal(have, mysqlvalue.IntegerDigits(bits, unsigned), 0)
	}
	return "", false
}

// widenMixed: signed and unsigned together need one bit more than the unsigned one.
func widenMixed(bits int, unsigned bool, haveBits int) (string, bool) {
	plain, positive := bits, haveBits
	if unsigned {
		plain, positive = haveBits, bits
	}
	for _, width := range []int{16, 32, 64} {
		if width >= plain && width > positive {
			return mysqlvalue.IntegerType(width, false), true
		}
	}
	return "DECIMAL(20,0)", true
}

func widenDecimal(have mysqlvalue.Column, digits, scale int) (string, bool) {
	switch bits, unsigned := have.Integer(); {
	case bits > 0:
		digits = max(digits, mysqlvalue.IntegerDigits(bits, unsigned))
	case have.Base == "decimal":
		digits, scale = max(digits, have.Digits()), max(scale, have.Scale)
	default:
		return "", false
	}
	ok := scale >= 0 && scale <= mysqlvalue.MaxDecimalScale && digits+scale <= mysqlvalue.MaxDecimalDigits
	return fmt.Sprintf("DECIMAL(%d,%d)", digits+scale, scale), ok
}
