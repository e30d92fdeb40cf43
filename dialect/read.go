package dialect

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// Reader is what a [Dialect] implements beside, so that source/sql reads the database well. [Standard] has it for
// databases that keep to the standard's names of types.
type Reader interface {
	// Field returns the field as which a column of a result is read: the Arrow type that holds all values of the
	// column, exactly. An error says why there is none and what to do.
	Field(c ResultColumn) (arrow.Field, error)
	// KeyColumn says why a column of a result cannot be part of a key, and what to do: its values are not in the order in
	// which they compare with a parameter.
	KeyColumn(c ResultColumn) error
	// TieOrder returns what orders rows, behind ORDER BY, by a quoted column that is read as type t, so that no two
	// values that are read differently are equal there: texts that differ in case alone are not.
	TieOrder(t arrow.DataType, column string) string
	// Limit returns the clause, behind ORDER BY, that ends a result after so many rows.
	Limit(rows int64) string
	// KeyParameter writes a parameter that is compared with a column of type t. It is bound as int64, uint64, float64,
	// bytes or text; decimals and moments are text: 2006-01-02 15:04:05.999999999, with +00:00 behind where t has a
	// zone.
	KeyParameter(t arrow.DataType, placeholder string) string
	// KeyLiteral returns an expression that writes the value of a quoted column as an SQL literal: a number, 'text'
	// or X'bytes'. It is for databases where a column has values of several types, and one compares with a value of
	// its own type alone. "" = a column's values are of its type.
	KeyLiteral(column string) string
	// Times says what a driver's time.Time may be. noZero: the zero time stands for a date that the driver could not read,
	// so that the first instant of the year 1 is a reject, too. wallClock: its zone is the driver's guess; what clock and
	// calendar show is what the session said, in UTC.
	Times() (noZero, wallClock bool)
	// Session returns statements that run on a connection before it is read from, and those that undo them after.
	Session() (begin, end []string)
}

// ResultColumn is a column of a result, as the driver describes it. A *sql.ColumnType is one.
type ResultColumn interface {
	Name() string
	DatabaseTypeName() string
	Nullable() (nullable, ok bool)
	DecimalSize() (precision, scale int64, ok bool)
}

// Field takes the standard's type names, and those that are widely used beside.
func (Standard) Field(c ResultColumn) (arrow.Field, error) {
	return ReadField(c, standardType(c))
}

// ReadField makes the field of a column that is read as type t, nullable unless the driver says that it is not; where
// t is nil it is the error that names the column and its type.
func ReadField(c ResultColumn, t arrow.DataType) (arrow.Field, error) {
	if t == nil {
		name := c.DatabaseTypeName()
		if name == "" {
			return arrow.Field{}, fmt.Errorf("column %q is an expression whose type the database does not tell: give the column a type (Options.Types)", c.Name())
		}
		return arrow.Field{}, fmt.Errorf("column %q is of type %s, which is not known: give the column a type (Options.Types), or cast it in the query", c.Name(), name)
	}
	nullable, known := c.Nullable()
	return arrow.Field{Name: c.Name(), Type: t, Nullable: nullable || !known}, nil
}

// ReadDecimal returns the decimal type of a column by its precision and scale; nil where the driver does not tell them,
// or no decimal type has them.
func ReadDecimal(c ResultColumn) arrow.DataType {
	precision, scale, ok := c.DecimalSize()
	switch {
	case !ok || precision < 1 || precision > 76 || scale < 0 || scale > precision:
		return nil
	case precision <= 38:
		return &arrow.Decimal128Type{Precision: int32(precision), Scale: int32(scale)}
	}
	return &arrow.Decimal256Type{Precision: int32(precision), Scale: int32(scale)}
}

func standardType(c ResultColumn) arrow.DataType {
	name, _, _ := strings.Cut(strings.ToUpper(c.DatabaseTypeName()), "(")
	switch strings.TrimSpace(name) {
	case "BOOLEAN", "BOOL":
		return arrow.FixedWidthTypes.Boolean
	case "TINYINT", "SMALLINT":
		return arrow.PrimitiveTypes.Int16
	case "INTEGER", "INT":
		return arrow.PrimitiveTypes.Int32
	case "BIGINT":
		return arrow.PrimitiveTypes.Int64
	case "REAL":
		return arrow.PrimitiveTypes.Float32
	case "FLOAT", "DOUBLE", "DOUBLE PRECISION":
		return arrow.PrimitiveTypes.Float64
	case "DECIMAL", "NUMERIC":
		return ReadDecimal(c)
	case "CHAR", "CHARACTER", "NCHAR", "VARCHAR", "CHARACTER VARYING", "NVARCHAR", "CLOB", "TEXT", "JSON", "UUID":
		return arrow.BinaryTypes.String
	case "BINARY", "VARBINARY", "BLOB":
		return arrow.BinaryTypes.Binary
	case "DATE":
		return arrow.FixedWidthTypes.Date32
	case "TIME":
		return arrow.FixedWidthTypes.Time64us
	case "TIMESTAMP", "DATETIME":
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case "TIMESTAMP WITH TIME ZONE":
		return arrow.FixedWidthTypes.Timestamp_us
	}
	return nil
}

// KeyColumn is nil: any column may be part of a key.
func (Standard) KeyColumn(ResultColumn) error { return nil }

// TieOrder takes the column as it is.
func (Standard) TieOrder(_ arrow.DataType, column string) string { return column }

// Limit is the standard's FETCH FIRST.
func (Standard) Limit(rows int64) string { return fmt.Sprintf(" FETCH FIRST %d ROWS ONLY", rows) }

// KeyParameter takes the placeholder as it is.
func (Standard) KeyParameter(_ arrow.DataType, placeholder string) string { return placeholder }

// KeyLiteral is "": a column's values are of its type.
func (Standard) KeyLiteral(string) string { return "" }

// Times is false, false: a time.Time is the instant that it is.
func (Standard) Times() (noZero, wallClock bool) { return false, false }

// Session needs no statements.
func (Standard) Session() (begin, end []string) { return nil, nil }
