package sqlite

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
)

var _ dialect.Reader = Dialect{}

// Field implements [dialect.Reader], by the declared type of a table's column: the types of this package, and by SQLite's
// own rules (sqlite.org/datatype3.html) any other. A value that is not of the type is a reject of source/sql.
func (Dialect) Field(c dialect.ResultColumn) (arrow.Field, error) {
	return dialect.ReadField(c, declaredType(c.DatabaseTypeName()))
}

// declaredType is the type of a column's values; nil = the declared type says nothing.
func declaredType(declared string) arrow.DataType {
	name, brackets, _ := strings.Cut(strings.ToUpper(declared), "(")
	name = strings.Join(strings.Fields(name), " ")
	precision, scale := sizes(brackets)
	unit := arrow.Microsecond
	if precision > 6 {
		unit = arrow.Nanosecond
	}
	switch name {
	case "":
		return nil
	case "BOOLEAN", "BOOL":
		return arrow.FixedWidthTypes.Boolean
	case "DATE":
		return arrow.FixedWidthTypes.Date32
	case "TIME":
		return &arrow.Time64Type{Unit: unit}
	case "TIMESTAMP", "DATETIME":
		return &arrow.TimestampType{Unit: unit}
	case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return &arrow.TimestampType{Unit: unit, TimeZone: "UTC"}
	case "DECIMAL", "NUMERIC", "DECIMAL TEXT":
		if t, err := arrow.NewDecimalType(decimalID(precision), int32(precision), int32(scale)); err == nil && precision > 0 && scale <= precision {
			return t
		}
		return nil
	}
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(name, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		return arrow.PrimitiveTypes.Int64
	case has("CHAR", "CLOB", "TEXT"), name == "JSON", name == "UUID":
		return arrow.BinaryTypes.String
	case has("BLOB"):
		return arrow.BinaryTypes.Binary
	case has("REAL", "FLOA", "DOUB"):
		return arrow.PrimitiveTypes.Float64
	}
	return nil
}

func decimalID(precision int) arrow.Type {
	if precision <= 38 {
		return arrow.DECIMAL128
	}
	return arrow.DECIMAL256
}

// sizes reads what stands in brackets behind a type: "10, 2)".
func sizes(brackets string) (precision, scale int) {
	first, second, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(brackets), ")"), ",")
	precision, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0, 0
	}
	scale, err = strconv.Atoi(strings.TrimSpace(second))
	if err != nil {
		return precision, 0
	}
	return precision, scale
}

// Limit implements [dialect.Reader].
func (Dialect) Limit(rows int64) string { return fmt.Sprintf(" LIMIT %d", rows) }

// TieOrder implements [dialect.Reader]: a column may have a collation, and numbers of two types that are equal.
func (Dialect) TieOrder(_ arrow.DataType, column string) string {
	return column + ", quote(" + column + ")"
}

// KeyLiteral implements [dialect.Reader]: a column may hold numbers beside texts, and drivers make times of texts.
func (Dialect) KeyLiteral(column string) string { return "quote(" + column + ")" }

// Times implements [dialect.Reader]: mattn/go-sqlite3 gives the zero time for any text that is not a date.
func (Dialect) Times() (noZero, wallClock bool) { return true, false }
