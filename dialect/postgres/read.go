package postgres

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
)

var _ dialect.Reader = Dialect{}

// Field implements [dialect.Reader]: numbers, bool, bytea, dates, times and timestamps as themselves, anything else as
// PostgreSQL writes it as text: json, uuid, interval, arrays, enumerations, and a numeric without a scale of its own.
func (Dialect) Field(c dialect.ResultColumn) (arrow.Field, error) {
	t, ok := resultTypes[c.DatabaseTypeName()]
	if !ok && c.DatabaseTypeName() == "NUMERIC" {
		t = dialect.ReadDecimal(c)
	}
	if t == nil {
		t = arrow.BinaryTypes.String
	}
	return dialect.ReadField(c, t)
}

// resultTypes are the types by the names that drivers give them.
var resultTypes = map[string]arrow.DataType{
	"BOOL":        arrow.FixedWidthTypes.Boolean,
	"INT2":        arrow.PrimitiveTypes.Int16,
	"INT4":        arrow.PrimitiveTypes.Int32,
	"INT8":        arrow.PrimitiveTypes.Int64,
	"OID":         arrow.PrimitiveTypes.Uint32,
	"FLOAT4":      arrow.PrimitiveTypes.Float32,
	"FLOAT8":      arrow.PrimitiveTypes.Float64,
	"BYTEA":       arrow.BinaryTypes.Binary,
	"DATE":        arrow.FixedWidthTypes.Date32,
	"TIME":        arrow.FixedWidthTypes.Time64us,
	"TIMESTAMP":   &arrow.TimestampType{Unit: arrow.Microsecond},
	"TIMESTAMPTZ": arrow.FixedWidthTypes.Timestamp_us,
}

// TieOrder implements [dialect.Reader]: what is read as text may have a collation, or equal values of several forms, such as
// 1.0 and 1.00, or no order at all, as json.
func (Dialect) TieOrder(t arrow.DataType, column string) string {
	switch t.ID() {
	case arrow.STRING, arrow.INTERVAL_MONTH_DAY_NANO:
		return "CAST(" + column + ` AS text) COLLATE "C"`
	}
	return column
}

// Limit implements [dialect.Reader].
func (Dialect) Limit(rows int64) string { return fmt.Sprintf(" LIMIT %d", rows) }
