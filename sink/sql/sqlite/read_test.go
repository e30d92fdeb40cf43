package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// target is a database file, looked into by the library that loads it: two libraries in one process would take each other's
// locks away, see the package comment.
type target struct{ path, driver string }

func (f target) open() (*sql.DB, error) {
	if f.driver == "sqlite3" {
		return sql.Open(f.driver, "file:"+f.path)
	}
	return sql.Open(f.driver, f.path)
}

// read reads a table as it stands in the file, by the types that its columns declare.
func (f target) read(ctx context.Context, table string) ([]arrow.Record, error) {
	db, err := f.open()
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var fields []arrow.Field
	var list []string
	err = scan(ctx, db, func(rows *sql.Rows) error {
		var name, typ string
		err := rows.Scan(&name, &typ)
		fields = append(fields, arrow.Field{Name: name, Type: arrowType(typ), Nullable: true})
		list = append(list, `+"`+strings.ReplaceAll(name, `"`, `""`)+`"`) // an expression has no declared type for drivers to go by
		return err
	}, `SELECT name, type FROM pragma_table_info(?) ORDER BY cid`, table)
	if err != nil || fields == nil {
		return nil, err
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	values, into := make([]any, len(fields)), make([]any, len(fields))
	for i := range values {
		into[i] = &values[i]
	}
	err = scan(ctx, db, func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			if err := appendValue(b.Field(i), v); err != nil {
				return fmt.Errorf("column %q: %w", fields[i].Name, err)
			}
		}
		return nil
	}, `SELECT `+strings.Join(list, ", ")+` FROM "`+strings.ReplaceAll(table, `"`, `""`)+`"`)
	if err != nil {
		return nil, err
	}
	return []arrow.Record{b.NewRecord()}, nil
}

func scan(ctx context.Context, db *sql.DB, f func(*sql.Rows) error, query string, args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func arrowType(declared string) arrow.DataType {
	var p, s int32
	switch {
	case declared == "INTEGER":
		return arrow.PrimitiveTypes.Int64
	case declared == "BOOLEAN":
		return arrow.FixedWidthTypes.Boolean
	case declared == "REAL":
		return arrow.PrimitiveTypes.Float64
	case declared == "BLOB":
		return arrow.BinaryTypes.Binary
	case declared == "DATE":
		return arrow.FixedWidthTypes.Date32
	case strings.HasPrefix(declared, "TIMESTAMPTZ"):
		return &arrow.TimestampType{Unit: unitOf(declared), TimeZone: "UTC"}
	case strings.HasPrefix(declared, "TIMESTAMP"):
		return &arrow.TimestampType{Unit: unitOf(declared)}
	case strings.HasPrefix(declared, "TIME"):
		return &arrow.Time64Type{Unit: unitOf(declared)}
	case declared == "":
		return arrow.Null
	}
	if n, _ := fmt.Sscanf(declared, "DECIMAL(%d,%d)", &p, &s); n == 2 {
		return &arrow.Decimal128Type{Precision: p, Scale: s}
	}
	if n, _ := fmt.Sscanf(declared, "DECIMAL TEXT(%d,%d)", &p, &s); n == 2 {
		if p > 38 {
			return &arrow.Decimal256Type{Precision: p, Scale: s}
		}
		return &arrow.Decimal128Type{Precision: p, Scale: s}
	}
	return arrow.BinaryTypes.String
}

func unitOf(declared string) arrow.TimeUnit {
	if strings.HasSuffix(declared, "(9)") {
		return arrow.Nanosecond
	}
	return arrow.Microsecond
}

// appendValue fails for a value that is not of the storage class that the column's type promises.
func appendValue(b array.Builder, v any) error {
	if v == nil {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.Int64Builder:
		if v, ok := v.(int64); ok {
			b.Append(v)
			return nil
		}
	case *array.BooleanBuilder:
		if v, ok := v.(int64); ok && (v == 0 || v == 1) {
			b.Append(v == 1)
			return nil
		}
	case *array.Float64Builder:
		if v, ok := v.(float64); ok {
			b.Append(v)
			return nil
		}
	case *array.BinaryBuilder:
		if v, ok := v.([]byte); ok {
			b.Append(v)
			return nil
		}
	case *array.Decimal128Builder:
		dt := b.Type().(*arrow.Decimal128Type)
		number := dt.Precision <= 15 || dt.Scale == 0 && dt.Precision <= 18
		if _, text := v.(string); text != number {
			d, err := digits(fmt.Sprint(v), dt.Scale)
			b.Append(decimal128.FromBigInt(d))
			return err
		}
	default:
		if v, ok := v.(string); ok {
			return appendText(b, v)
		}
	}
	return fmt.Errorf("%v of type %T stands in a column that holds %s", v, v, b.Type())
}

func appendText(b array.Builder, text string) error {
	switch b := b.(type) {
	case *array.StringBuilder:
		b.Append(text)
	case *array.Decimal256Builder:
		d, err := digits(text, b.Type().(*arrow.Decimal256Type).Scale)
		b.Append(decimal256.FromBigInt(d))
		return err
	case *array.Date32Builder:
		at, err := time.Parse("2006-01-02", text)
		b.Append(arrow.Date32FromTime(at))
		return err
	case *array.Time64Builder:
		unit := b.Type().(*arrow.Time64Type).Unit
		at, err := time.Parse([...]string{2: "15:04:05.000000", 3: "15:04:05.000000000"}[unit], text)
		b.Append(arrow.Time64(at.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)) / unit.Multiplier()))
		return err
	case *array.TimestampBuilder:
		dt := b.Type().(*arrow.TimestampType)
		layout := [...]string{2: "2006-01-02 15:04:05.000000", 3: "2006-01-02 15:04:05.000000000"}[dt.Unit]
		if dt.TimeZone != "" {
			layout += "-07:00"
		}
		at, err := time.Parse(layout, text)
		if err != nil {
			return err
		}
		n, err := arrow.TimestampFromTime(at, dt.Unit)
		b.Append(n)
		return err
	default:
		return fmt.Errorf("no column of %s is expected to have the value %q", b.Type(), text)
	}
	return nil
}

func digits(text string, scale int32) (*big.Int, error) {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return new(big.Int), fmt.Errorf("%q is no number", text)
	}
	r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
	if !r.IsInt() {
		return new(big.Int), fmt.Errorf("%q has more than %d digits behind the point", text, scale)
	}
	return r.Num(), nil
}

// query returns the rows of a query, their values as text joined by bars.
func (f target) query(t testing.TB, q string, args ...any) []string {
	t.Helper()
	db, err := f.open()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	list := []string{}
	err = scan(t.Context(), db, func(rows *sql.Rows) error {
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			values[i].String = "NULL"
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		texts := make([]string, len(columns))
		for i, v := range values {
			if texts[i] = v.String; !v.Valid {
				texts[i] = "NULL"
			}
		}
		list = append(list, strings.Join(texts, "|"))
		return nil
	}, q, args...)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return list
}

// exec runs statements.
func (f target) exec(t testing.TB, statements ...string) {
	t.Helper()
	db, err := f.open()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range statements {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}
