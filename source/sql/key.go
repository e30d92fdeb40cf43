package sql

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
)

// keyKind is the kind of values that a key has in a column of that type; false = it cannot be part of a key.
func keyKind(t arrow.DataType) (kind, bool) {
	switch t.ID() {
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64:
		return intKind, true
	case arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64:
		return uintKind, true
	case arrow.FLOAT32, arrow.FLOAT64:
		return floatKind, true
	case arrow.DECIMAL128, arrow.DECIMAL256:
		return decimalKind, true
	case arrow.STRING:
		return textKind, true
	case arrow.BINARY, arrow.FIXED_SIZE_BINARY:
		return bytesKind, true
	case arrow.DATE32:
		return dateKind, true
	case arrow.TIME32, arrow.TIME64:
		return timeKind, true
	case arrow.TIMESTAMP:
		if t.(*arrow.TimestampType).TimeZone == "" {
			return timestampKind, true
		}
		return instantKind, true
	}
	return 0, false
}

// keyColumn is a column of a key in one record.
type keyColumn struct {
	name    string
	column  arrow.Array
	literal bool // the column has SQL literals
}

// value returns the value in a row, which outlives the record. The error names the column.
func (k keyColumn) value(row int) (value, error) {
	if k.column.IsNull(row) {
		return value{}, fmt.Errorf("the key's column %q is NULL in a row: keys must not be, see Query.Key", k.name)
	}
	if k.literal {
		v, err := parseLiteral(k.column.(*array.String).Value(row))
		if err != nil {
			return value{}, fmt.Errorf("the key's column %q: %w", k.name, err)
		}
		v.text = strings.Clone(v.text)
		return v, nil
	}
	kind, _ := keyKind(k.column.DataType())
	v := value{kind: kind, text: strings.Clone(textOf(k.column, row))}
	if !v.valid() {
		return value{}, fmt.Errorf("the key's column %q: %.100q cannot be written as a position", k.name, v.text)
	}
	return v, nil
}

// same reports whether two rows, neither of them null, have one value.
func (k keyColumn) same(i, j int) bool {
	switch c := k.column.(type) {
	case *array.Int64:
		return c.Value(i) == c.Value(j)
	case *array.Int32:
		return c.Value(i) == c.Value(j)
	case *array.String:
		return c.Value(i) == c.Value(j)
	case *array.Timestamp:
		return c.Value(i) == c.Value(j)
	}
	return textOf(k.column, i) == textOf(k.column, j)
}

// textOf is a value as positions and dead letters write it.
func textOf(a arrow.Array, row int) string {
	switch a := a.(type) {
	case *array.Float32:
		return formatFloat(float64(a.Value(row)))
	case *array.Float64:
		return formatFloat(a.Value(row))
	case *array.Decimal128:
		n := a.Value(row)
		return formatDecimal(n.BigInt(), a.DataType().(*arrow.Decimal128Type).Scale)
	case *array.Decimal256:
		var n decimal256.Num = a.Value(row)
		return formatDecimal(n.BigInt(), a.DataType().(*arrow.Decimal256Type).Scale)
	case *array.String:
		return a.Value(row)
	case *array.Binary:
		return string(a.Value(row))
	case *array.FixedSizeBinary:
		return string(a.Value(row))
	case *array.Date32:
		return a.Value(row).ToTime().Format(dateForm)
	case *array.Time32:
		return a.Value(row).ToTime(a.DataType().(*arrow.Time32Type).Unit).Format(timeForm)
	case *array.Time64:
		return a.Value(row).ToTime(a.DataType().(*arrow.Time64Type).Unit).Format(timeForm)
	case *array.Timestamp:
		t := a.DataType().(*arrow.TimestampType)
		form := timestampForm
		if t.TimeZone != "" {
			form = instantForm
		}
		return a.Value(row).ToTime(t.Unit).Format(form)
	}
	return a.ValueStr(row) // integers
}

// formatDecimal writes an unscaled value with its point.
func formatDecimal(n *big.Int, scale int32) string {
	if scale <= 0 {
		return new(big.Int).Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-scale)), nil)).String()
	}
	digits := new(big.Int).Abs(n).String()
	if missing := int(scale) + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - int(scale)
	text := digits[:point] + "." + digits[point:]
	if n.Sign() < 0 {
		text = "-" + text
	}
	return text
}

// parseLiteral reads what dialect.Reader.KeyLiteral writes: a number, 'text' or X'bytes'.
func parseLiteral(text string) (value, error) {
	quoted := func(s string) (string, bool) {
		if len(s) < 2 || s[0] != '\'' || s[len(s)-1] != '\'' {
			return "", false
		}
		return s[1 : len(s)-1], true
	}
	if body, ok := quoted(text); ok {
		return value{textKind, strings.ReplaceAll(body, "''", "'")}, nil
	}
	if strings.HasPrefix(text, "X") || strings.HasPrefix(text, "x") {
		if body, ok := quoted(text[1:]); ok {
			raw, err := hex.DecodeString(body)
			return value{bytesKind, string(raw)}, err
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return value{intKind, strconv.FormatInt(n, 10)}, nil
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return value{floatKind, formatFloat(n)}, nil
	}
	if text == "NULL" {
		return value{}, errors.New("it is NULL in a row: keys must not be, see Query.Key")
	}
	return value{}, fmt.Errorf("%.100q is not a literal of a value", text)
}
