package mysql

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
)

var _ dialect.Reader = Dialect{}

// Field implements [dialect.Reader]. A TINYINT is a number, also TINYINT(1); BIT, vectors and geometry are bytes; JSON,
// ENUM and SET are text. TIMESTAMP is an instant. A date of zeros, and a TIME that is none of day, are rejects; so is a
// date whose month or day is zero, unless the driver's option parseTime is set, which makes another day of it.
func (Dialect) Field(c dialect.ResultColumn) (arrow.Field, error) {
	name := c.DatabaseTypeName()
	t := resultTypes[name]
	if name == "DECIMAL" {
		t = dialect.ReadDecimal(c)
	}
	return dialect.ReadField(c, t)
}

// resultTypes are the types by the names that the driver gives them.
var resultTypes = map[string]arrow.DataType{
	"TINYINT":            arrow.PrimitiveTypes.Int8,
	"SMALLINT":           arrow.PrimitiveTypes.Int16,
	"MEDIUMINT":          arrow.PrimitiveTypes.Int32,
	"INT":                arrow.PrimitiveTypes.Int32,
	"BIGINT":             arrow.PrimitiveTypes.Int64,
	"UNSIGNED TINYINT":   arrow.PrimitiveTypes.Uint8,
	"UNSIGNED SMALLINT":  arrow.PrimitiveTypes.Uint16,
	"UNSIGNED MEDIUMINT": arrow.PrimitiveTypes.Uint32,
	"UNSIGNED INT":       arrow.PrimitiveTypes.Uint32,
	"UNSIGNED BIGINT":    arrow.PrimitiveTypes.Uint64,
	"YEAR":               arrow.PrimitiveTypes.Int16,
	"FLOAT":              arrow.PrimitiveTypes.Float32,
	"DOUBLE":             arrow.PrimitiveTypes.Float64,
	"CHAR":               arrow.BinaryTypes.String,
	"VARCHAR":            arrow.BinaryTypes.String,
	"TINYTEXT":           arrow.BinaryTypes.String,
	"TEXT":               arrow.BinaryTypes.String,
	"MEDIUMTEXT":         arrow.BinaryTypes.String,
	"LONGTEXT":           arrow.BinaryTypes.String,
	"ENUM":               arrow.BinaryTypes.String,
	"SET":                arrow.BinaryTypes.String,
	"JSON":               arrow.BinaryTypes.String,
	"BINARY":             arrow.BinaryTypes.Binary,
	"VARBINARY":          arrow.BinaryTypes.Binary,
	"TINYBLOB":           arrow.BinaryTypes.Binary,
	"BLOB":               arrow.BinaryTypes.Binary,
	"MEDIUMBLOB":         arrow.BinaryTypes.Binary,
	"LONGBLOB":           arrow.BinaryTypes.Binary,
	"BIT":                arrow.BinaryTypes.Binary,
	"GEOMETRY":           arrow.BinaryTypes.Binary,
	"VECTOR":             arrow.BinaryTypes.Binary,
	"DATE":               arrow.FixedWidthTypes.Date32,
	"TIME":               arrow.FixedWidthTypes.Time64us,
	"DATETIME":           &arrow.TimestampType{Unit: arrow.Microsecond},
	"TIMESTAMP":          arrow.FixedWidthTypes.Timestamp_us,
}

// KeyColumn implements [dialect.Reader]: MySQL orders an ENUM and a SET by the numbers of their members, and compares them
// as texts; it compares BIT, JSON and geometry with a parameter as something else than they are.
func (Dialect) KeyColumn(c dialect.ResultColumn) error {
	switch name := c.DatabaseTypeName(); name {
	case "ENUM", "SET", "BIT", "JSON", "GEOMETRY":
		return fmt.Errorf("the column %q is of type %s, whose order is not that of its comparisons: cast it in the query, or choose another key", c.Name(), name)
	}
	return nil
}

// TieOrder implements [dialect.Reader]: a text is equal to others by its collation, and only the beginning of a long one is
// looked at.
func (Dialect) TieOrder(t arrow.DataType, column string) string {
	switch t.ID() {
	case arrow.STRING, arrow.BINARY:
		return "SHA2(" + column + ", 256)"
	}
	return column
}

// Limit implements [dialect.Reader].
func (Dialect) Limit(rows int64) string { return fmt.Sprintf(" LIMIT %d", rows) }

// KeyParameter implements [dialect.Reader]: MySQL compares a decimal with text as floats, and knows no zones.
func (Dialect) KeyParameter(t arrow.DataType, placeholder string) string {
	switch t := t.(type) {
	case arrow.DecimalType:
		scale := t.GetScale()
		return fmt.Sprintf("CAST(%s AS DECIMAL(65,%d))", placeholder, scale)
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			placeholder = "REPLACE(" + placeholder + ", '+00:00', '')"
		}
		return "CAST(" + placeholder + " AS DATETIME(6))"
	case *arrow.Date32Type:
		return "CAST(" + placeholder + " AS DATE)"
	case *arrow.Time64Type:
		return "CAST(" + placeholder + " AS TIME(6))"
	}
	return placeholder
}

// Times implements [dialect.Reader]: with parseTime the driver gives the zero time for a date of zeros, and takes all
// texts to be of the zone that the DSN's loc names.
func (Dialect) Times() (noZero, wallClock bool) { return true, true }

// Session implements [dialect.Reader]: a TIMESTAMP comes in the time zone of its session.
func (Dialect) Session() (begin, end []string) {
	return []string{"SET @floe_time_zone = @@session.time_zone, time_zone = '+00:00'"},
		[]string{"SET time_zone = @floe_time_zone"}
}
