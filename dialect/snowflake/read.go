package snowflake

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
)

var _ dialect.Reader = Dialect{}

// Field implements [dialect.Reader]: VARIANT, OBJECT and ARRAY are text, of JSON, and a TIMESTAMP_TZ is the instant alone.
func (Dialect) Field(c dialect.ResultColumn) (arrow.Field, error) {
	t := resultTypes[c.DatabaseTypeName()]
	if c.DatabaseTypeName() == "FIXED" {
		t = dialect.ReadDecimal(c)
	}
	return dialect.ReadField(c, t)
}

// resultTypes are the types by the names that the driver gives them.
var resultTypes = map[string]arrow.DataType{
	"BOOLEAN":       arrow.FixedWidthTypes.Boolean,
	"REAL":          arrow.PrimitiveTypes.Float64,
	"TEXT":          arrow.BinaryTypes.String,
	"VARIANT":       arrow.BinaryTypes.String,
	"OBJECT":        arrow.BinaryTypes.String,
	"ARRAY":         arrow.BinaryTypes.String,
	"BINARY":        arrow.BinaryTypes.Binary,
	"DATE":          arrow.FixedWidthTypes.Date32,
	"TIME":          arrow.FixedWidthTypes.Time64ns,
	"TIMESTAMP_NTZ": &arrow.TimestampType{Unit: arrow.Nanosecond},
	"TIMESTAMP_LTZ": arrow.FixedWidthTypes.Timestamp_ns,
	"TIMESTAMP_TZ":  arrow.FixedWidthTypes.Timestamp_ns,
}

// KeyColumn implements [dialect.Reader]: VARIANT and its kin compare by type before value, and a TIMESTAMP_TZ shows another
// clock than it compares by.
func (Dialect) KeyColumn(c dialect.ResultColumn) error {
	switch name := c.DatabaseTypeName(); name {
	case "VARIANT", "OBJECT", "ARRAY", "TIMESTAMP_TZ":
		return fmt.Errorf("the column %q is of type %s, whose order is not that of its comparisons: cast it in the query, or choose another key", c.Name(), name)
	}
	return nil
}

// Limit implements [dialect.Reader].
func (Dialect) Limit(rows int64) string { return fmt.Sprintf(" LIMIT %d", rows) }

// Session implements [dialect.Reader]: parameters and results are in UTC.
func (Dialect) Session() (begin, end []string) {
	return []string{"ALTER SESSION SET TIMEZONE = 'UTC'"}, []string{"ALTER SESSION UNSET TIMEZONE"}
}
