package snowflake_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/snowflakedb/gosnowflake"
)

// TestMain keeps the driver, which logs every error that it answers, quiet.
func TestMain(m *testing.M) {
	if err := gosnowflake.GetLogger().SetLogLevel("fatal"); err != nil {
		panic(err)
	}
	m.Run()
}

// look asks an account by connections that do not stay, and by results in JSON, whose numbers are texts.
func look(cfg *gosnowflake.Config, do func(db *sql.DB) error) error {
	format, zone := "JSON", "UTC"
	cfg.Params = map[string]*string{"GO_QUERY_RESULT_FORMAT": &format, "TIMEZONE": &zone}
	db := sql.OpenDB(gosnowflake.NewConnector(gosnowflake.SnowflakeDriver{}, *cfg))
	return errors.Join(do(db), db.Close())
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// namesOf returns the column name of a SHOW.
func namesOf(ctx context.Context, db *sql.DB, show string) ([]string, error) {
	rows, err := db.QueryContext(ctx, show)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var names []string
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
			if columns[i] == "name" {
				values[i] = new(string)
			}
		}
		if err := rows.Scan(values...); err != nil {
			return nil, err
		}
		for _, v := range values {
			if name, ok := v.(*string); ok {
				names = append(names, *name)
			}
		}
	}
	return names, rows.Err()
}

// timeFormat writes a timestamp in SQL, and timeLayout in Go.
const (
	timeFormat = "YYYY-MM-DD HH24:MI:SS.FF9"
	timeLayout = "2006-01-02 15:04:05.000000000"
)

// readTable reads a table through the driver, whose decoding knows nothing of this module; nil = there is none. Timestamps
// are read as texts: of those before 1970 the driver mistakes the fraction.
func readTable(ctx context.Context, db *sql.DB, schema, table string) ([]arrow.Record, error) {
	name := quoted(schema) + "." + quoted(table)
	types, err := columnTypes(ctx, db, "SELECT * FROM "+name+" LIMIT 0")
	var missing *gosnowflake.SnowflakeError
	if errors.As(err, &missing) && missing.Number == 2003 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list := make([]string, len(types))
	for i, c := range types {
		list[i] = quoted(c.Name())
		if strings.HasPrefix(c.DatabaseTypeName(), "TIMESTAMP") {
			list[i] = "TO_VARCHAR(" + list[i] + ", '" + timeFormat + "')"
		}
	}
	rows, err := db.QueryContext(ctx, "SELECT "+strings.Join(list, ", ")+" FROM "+name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all [][]any
	for rows.Next() {
		values := make([]any, len(types))
		into := make([]any, len(types))
		for i := range into {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i, v := range values {
			if text, ok := v.(string); ok && strings.HasPrefix(types[i].DatabaseTypeName(), "TIMESTAMP") {
				if values[i], err = time.Parse(timeLayout, text); err != nil {
					return nil, err
				}
			}
		}
		all = append(all, values)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	fields := make([]arrow.Field, len(types))
	for i, c := range types {
		dt, err := arrowType(c, all, i)
		if err != nil {
			return nil, err
		}
		fields[i] = arrow.Field{Name: c.Name(), Type: dt, Nullable: true}
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	for _, values := range all {
		for i, v := range values {
			if err := appendValue(b.Field(i), types[i].DatabaseTypeName(), v); err != nil {
				return nil, fmt.Errorf("column %q: %w", fields[i].Name, err)
			}
		}
	}
	return []arrow.Record{b.NewRecord()}, nil
}

func columnTypes(ctx context.Context, db *sql.DB, query string) ([]*sql.ColumnType, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	return types, errors.Join(err, rows.Err())
}

// unitOf is that of a column of timestamps: nanoseconds, which do not reach the years 1 and 9999, where a value needs them.
func unitOf(rows [][]any, column int) arrow.TimeUnit {
	for _, values := range rows {
		if at, ok := values[column].(time.Time); ok && at.Nanosecond()%1000 != 0 {
			return arrow.Nanosecond
		}
	}
	return arrow.Microsecond
}

func arrowType(c *sql.ColumnType, rows [][]any, i int) (arrow.DataType, error) {
	switch c.DatabaseTypeName() {
	case "FIXED":
		precision, scale, ok := c.DecimalSize()
		if !ok {
			return nil, fmt.Errorf("column %q: no precision", c.Name())
		}
		return &arrow.Decimal128Type{Precision: int32(precision), Scale: int32(scale)}, nil
	case "REAL":
		return arrow.PrimitiveTypes.Float64, nil
	case "TEXT", "VARIANT", "OBJECT", "ARRAY":
		return arrow.BinaryTypes.String, nil
	case "BINARY":
		return arrow.BinaryTypes.Binary, nil
	case "BOOLEAN":
		return arrow.FixedWidthTypes.Boolean, nil
	case "DATE":
		return arrow.FixedWidthTypes.Date32, nil
	case "TIME":
		return arrow.FixedWidthTypes.Time64ns, nil
	case "TIMESTAMP_NTZ":
		return &arrow.TimestampType{Unit: unitOf(rows, i)}, nil
	case "TIMESTAMP_LTZ":
		return &arrow.TimestampType{Unit: unitOf(rows, i), TimeZone: "UTC"}, nil
	}
	return nil, fmt.Errorf("column %q is of type %s", c.Name(), c.DatabaseTypeName())
}

func appendValue(b array.Builder, name string, v any) (err error) {
	if v == nil {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.Decimal128Builder:
		text := strings.Replace(fmt.Sprint(v), ".", "", 1)
		n, ok := new(big.Int).SetString(text, 10)
		if !ok {
			return fmt.Errorf("%v is no number", v)
		}
		b.Append(decimal128.FromBigInt(n))
	case *array.Float64Builder:
		f, err := strconv.ParseFloat(fmt.Sprint(v), 64)
		if err != nil {
			return err
		}
		b.Append(f)
	case *array.StringBuilder:
		text := v.(string)
		if name != "TEXT" {
			if text, err = canonicalText(text); err != nil {
				return err
			}
		}
		b.Append(text)
	case *array.BinaryBuilder:
		b.Append(v.([]byte))
	case *array.BooleanBuilder:
		set, err := strconv.ParseBool(fmt.Sprint(v))
		if err != nil {
			return err
		}
		b.Append(set)
	case *array.Date32Builder:
		b.Append(arrow.Date32FromTime(v.(time.Time)))
	case *array.Time64Builder:
		at := v.(time.Time)
		b.Append(arrow.Time64(at.Sub(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location()))))
	case *array.TimestampBuilder:
		at := v.(time.Time)
		if b.Type().(*arrow.TimestampType).Unit == arrow.Nanosecond {
			b.Append(arrow.Timestamp(at.UnixNano()))
		} else {
			b.Append(arrow.Timestamp(at.UnixMicro()))
		}
	default:
		return fmt.Errorf("no values of type %s", b.Type())
	}
	return nil
}

func canonicalText(text string) (string, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "", fmt.Errorf("%.100q is no JSON: %w", text, err)
	}
	return canonical(v)
}

// canonical writes a value as JSON in one form: keys ordered, numbers by their value.
func canonical(v any) (string, error) {
	var plain func(v any) (any, error)
	plain = func(v any) (any, error) {
		switch v := v.(type) {
		case int64, uint64, float64, json.Number:
			text := fmt.Sprint(v)
			if f, ok := v.(float64); ok {
				text = strconv.FormatFloat(f, 'g', -1, 64)
			}
			r, ok := new(big.Rat).SetString(text)
			if !ok {
				return nil, fmt.Errorf("%q is no number", text)
			}
			return json.Number(r.RatString()), nil
		case []any:
			list := []any{}
			for _, e := range v {
				p, err := plain(e)
				if err != nil {
					return nil, err
				}
				list = append(list, p)
			}
			return list, nil
		case map[string]any:
			object := map[string]any{}
			for k, e := range v {
				p, err := plain(e)
				if err != nil {
					return nil, err
				}
				object[k] = p
			}
			return object, nil
		}
		return v, nil
	}
	p, err := plain(v)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%v", p), nil
}
