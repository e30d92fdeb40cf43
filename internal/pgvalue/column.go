package pgvalue

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/internal/jsonvalue"
)

// ColumnType returns the type of the column that is made for a field, as format_type writes it.
func ColumnType(f arrow.Field) (string, error) {
	from := sourceOf(f)
	switch {
	case from.uuid:
		return "uuid", nil
	case from.json:
		return "json", nil
	case isText(from.DataType):
		return "text", nil
	case isBinary(from.DataType):
		return "bytea", nil
	}
	switch dt := from.DataType.(type) {
	case *arrow.Decimal128Type:
		return numericOf(dt.Precision, dt.Scale), nil
	case *arrow.Decimal256Type:
		return numericOf(dt.Precision, dt.Scale), nil
	case *arrow.TimestampType:
		if dt.TimeZone != "" {
			return "timestamp with time zone", nil
		}
		return "timestamp without time zone", nil
	case *arrow.DictionaryType:
		return ColumnType(arrow.Field{Type: dt.ValueType, Metadata: f.Metadata})
	case *arrow.StructType, *arrow.MapType:
		return "jsonb", holdsJSON(dt)
	case arrow.ListLikeType:
		elem, err := ColumnType(dt.ElemField())
		if err != nil {
			return "", fmt.Errorf("its elements (%s): %w", dt.Elem(), err)
		}
		if elem == "jsonb" || elem == "json" || isList(sourceOf(dt.ElemField()).DataType) {
			return "jsonb", holdsJSON(dt)
		}
		return elem + "[]", nil
	}
	if name := columnTypes[from.ID()]; name != "" {
		return name, nil
	}
	return "", errUnknown
}

// columnTypes are those of types that have no parameters, or none that matter.
var columnTypes = map[arrow.Type]string{
	arrow.NULL:                    "text",
	arrow.BOOL:                    "boolean",
	arrow.INT8:                    "smallint",
	arrow.INT16:                   "smallint",
	arrow.INT32:                   "integer",
	arrow.INT64:                   "bigint",
	arrow.UINT8:                   "smallint",
	arrow.UINT16:                  "integer",
	arrow.UINT32:                  "bigint",
	arrow.UINT64:                  "numeric(20,0)",
	arrow.FLOAT16:                 "real",
	arrow.FLOAT32:                 "real",
	arrow.FLOAT64:                 "double precision",
	arrow.DATE32:                  "date",
	arrow.DATE64:                  "date",
	arrow.TIME32:                  "time without time zone",
	arrow.TIME64:                  "time without time zone",
	arrow.DURATION:                "interval",
	arrow.INTERVAL_MONTHS:         "interval",
	arrow.INTERVAL_DAY_TIME:       "interval",
	arrow.INTERVAL_MONTH_DAY_NANO: "interval",
}

// errUnknown: no column takes values of the type.
var errUnknown = errors.New("PostgreSQL has no type that it is loaded into: convert the column before, or leave it out")

func holdsJSON(dt arrow.DataType) error {
	if err := jsonvalue.Check(dt); err != nil {
		return fmt.Errorf("it goes into a column of JSON, and %w", err)
	}
	return nil
}

// numericOf is the type that holds decimals, written so that versions before 15 know it too.
func numericOf(precision, scale int32) string {
	switch {
	case scale < 0:
		return fmt.Sprintf("numeric(%d,0)", precision-scale)
	case scale > precision:
		return fmt.Sprintf("numeric(%d,%d)", scale, scale)
	}
	return fmt.Sprintf("numeric(%d,%d)", precision, scale)
}
