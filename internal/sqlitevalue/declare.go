package sqlitevalue

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/internal/jsonvalue"
)

// Declare returns the type of the column that is made for a field. An error says why there is none and what to do.
func Declare(f arrow.Field) (string, error) {
	from := sourceOf(f)
	if from.uuid {
		return "UUID TEXT", nil
	}
	switch dt := from.DataType.(type) {
	case *arrow.DictionaryType:
		return Declare(arrow.Field{Type: dt.ValueType})
	case *arrow.Decimal128Type:
		return declareDecimal(dt.Precision, dt.Scale)
	case *arrow.Decimal256Type:
		return declareDecimal(dt.Precision, dt.Scale)
	case *arrow.Time64Type:
		return "TIME" + finer(dt.Unit), nil
	case *arrow.TimestampType:
		if dt.TimeZone != "" {
			return "TIMESTAMPTZ" + finer(dt.Unit), nil
		}
		return "TIMESTAMP" + finer(dt.Unit), nil
	}
	switch from.ID() {
	case arrow.NULL:
		return "", nil
	case arrow.BOOL:
		return "BOOLEAN", nil
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64:
		return "INTEGER", nil
	case arrow.FLOAT16, arrow.FLOAT32, arrow.FLOAT64:
		return "REAL", nil
	case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW:
		return "TEXT", nil
	case arrow.BINARY, arrow.LARGE_BINARY, arrow.BINARY_VIEW, arrow.FIXED_SIZE_BINARY:
		return "BLOB", nil
	case arrow.DATE32, arrow.DATE64:
		return "DATE", nil
	case arrow.TIME32:
		return "TIME", nil
	case arrow.LIST, arrow.LARGE_LIST, arrow.FIXED_SIZE_LIST, arrow.LIST_VIEW, arrow.LARGE_LIST_VIEW, arrow.STRUCT, arrow.MAP:
		if err := jsonvalue.Check(from.DataType); err != nil {
			return "", err
		}
		return "JSON TEXT", nil
	}
	return "", errNoType
}

// finer is what stands behind the type of a column of times that has more digits than usual.
func finer(u arrow.TimeUnit) string {
	if u == arrow.Nanosecond {
		return "(9)"
	}
	return ""
}

func declareDecimal(precision, scale int32) (string, error) {
	if err := checkScale(precision, scale); err != nil {
		return "", err
	}
	if isNumber(precision, scale) {
		return fmt.Sprintf("DECIMAL(%d,%d)", precision, scale), nil
	}
	return fmt.Sprintf("DECIMAL TEXT(%d,%d)", precision, scale), nil
}

func checkScale(precision, scale int32) error {
	if scale < 0 || scale > precision {
		return errors.New("a decimal must have none to all of its digits behind the point: convert the column before")
	}
	return nil
}

// isNumber says that an integer or a float of SQLite holds every decimal of so many digits, and gives it back.
func isNumber(precision, scale int32) bool { return precision <= 15 || scale == 0 && precision <= 18 }
