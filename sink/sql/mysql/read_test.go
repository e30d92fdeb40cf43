package mysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// typeOf is the Arrow type as which the tests read a column.
func typeOf(columnType string) arrow.DataType {
	base, unsigned := strings.CutSuffix(columnType, " unsigned")
	base, arguments, _ := strings.Cut(base, "(")
	switch {
	case columnType == "tinyint(1)":
		return arrow.FixedWidthTypes.Boolean
	case strings.HasSuffix(base, "int") && unsigned:
		return arrow.PrimitiveTypes.Uint64
	case strings.HasSuffix(base, "int"), base == "bit":
		return arrow.PrimitiveTypes.Int64
	case base == "double", base == "float":
		return arrow.PrimitiveTypes.Float64
	case base == "decimal":
		var p, s int32
		_, _ = fmt.Sscanf(arguments, "%d,%d", &p, &s)
		return &arrow.Decimal256Type{Precision: p, Scale: s}
	case strings.HasSuffix(base, "blob"), strings.HasSuffix(base, "binary"):
		return arrow.BinaryTypes.Binary
	case base == "date":
		return arrow.FixedWidthTypes.Date32
	case base == "datetime", base == "timestamp":
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case base == "time":
		return arrow.FixedWidthTypes.Time64us
	}
	return arrow.BinaryTypes.String
}

// readTable reads all rows of a table, by the protocol that sends numbers as they are; none where there is no table.
func readTable(ctx context.Context, db *sql.DB, table string) ([]arrow.Record, error) {
	var fields []arrow.Field
	columns, err := db.QueryContext(ctx, "SELECT COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND BINARY TABLE_NAME = ? ORDER BY ORDINAL_POSITION", table)
	if err != nil {
		return nil, err
	}
	defer columns.Close()
	for columns.Next() {
		var name, typ string
		if err := columns.Scan(&name, &typ); err != nil {
			return nil, err
		}
		fields = append(fields, arrow.Field{Name: name, Type: typeOf(typ), Nullable: true})
	}
	if len(fields) == 0 || columns.Err() != nil {
		return nil, columns.Err()
	}
	rows, err := db.QueryContext(ctx, "SELECT * FROM `"+strings.ReplaceAll(table, "`", "``")+"` WHERE 1 = ?", 1)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	values := make([]sql.RawBytes, len(fields))
	into := make([]any, len(fields))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i, v := range values {
			if err := appendText(b.Field(i), v); err != nil {
				return nil, fmt.Errorf("column %s: %w", fields[i].Name, err)
			}
		}
	}
	return []arrow.Record{b.NewRecord()}, rows.Err()
}

func appendText(b array.Builder, v sql.RawBytes) error {
	if v == nil {
		b.AppendNull()
		return nil
	}
	s := string(v)
	switch b := b.(type) {
	case *array.BinaryBuilder:
		b.Append(slices.Clone(v))
		return nil
	case *array.Decimal256Builder:
		dt := b.Type().(*arrow.Decimal256Type)
		n, err := decimal256.FromString(s, dt.Precision, dt.Scale)
		b.Append(n)
		return err
	case *array.Float64Builder:
		f, err := strconv.ParseFloat(s, 64)
		b.Append(f)
		return err
	case *array.TimestampBuilder:
		at, err := time.Parse("2006-01-02 15:04:05", s)
		b.Append(arrow.Timestamp(at.UnixMicro()))
		return err
	case *array.BooleanBuilder:
		b.Append(s != "0")
		return nil
	}
	return b.AppendValueFromString(s)
}
