package sqlite_test

import (
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"zombiezen.com/go/sqlite"
)

// readTable reads a table as it stands in the file, by the types that its columns declare.
func readTable(path, table string) ([]arrow.Record, error) {
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return nil, nil
	}
	c, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	columns, _, err := c.PrepareTransient(`SELECT name, type FROM pragma_table_info(?) ORDER BY cid`)
	if err != nil {
		return nil, err
	}
	defer columns.Finalize()
	columns.BindText(1, table)
	var fields []arrow.Field
	for {
		more, err := columns.Step()
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		fields = append(fields, arrow.Field{Name: columns.ColumnText(0), Type: arrowType(columns.ColumnText(1)), Nullable: true})
	}
	if fields == nil {
		return nil, nil
	}
	stmt, _, err := c.PrepareTransient(`SELECT * FROM "` + strings.ReplaceAll(table, `"`, `""`) + `"`)
	if err != nil {
		return nil, err
	}
	defer stmt.Finalize()
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	for {
		more, err := stmt.Step()
		if err != nil {
			return nil, err
		}
		if !more {
			return []arrow.Record{b.NewRecord()}, nil
		}
		for i := range fields {
			if err := appendValue(b.Field(i), stmt, i); err != nil {
				return nil, fmt.Errorf("column %q: %w", fields[i].Name, err)
			}
		}
	}
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
func appendValue(b array.Builder, stmt *sqlite.Stmt, i int) error {
	class := stmt.ColumnType(i)
	if class == sqlite.TypeNull {
		b.AppendNull()
		return nil
	}
	want := sqlite.TypeText
	text := stmt.ColumnText(i)
	var err error
	switch b := b.(type) {
	case *array.Int64Builder:
		want = sqlite.TypeInteger
		b.Append(stmt.ColumnInt64(i))
	case *array.BooleanBuilder:
		want = sqlite.TypeInteger
		b.Append(stmt.ColumnInt64(i) == 1)
	case *array.Float64Builder:
		want = sqlite.TypeFloat
		b.Append(stmt.ColumnFloat(i))
	case *array.BinaryBuilder:
		want = sqlite.TypeBlob
		buf := make([]byte, stmt.ColumnLen(i))
		stmt.ColumnBytes(i, buf)
		b.Append(buf)
	case *array.StringBuilder:
		b.Append(text)
	case *array.Date32Builder:
		var at time.Time
		at, err = time.Parse("2006-01-02", text)
		b.Append(arrow.Date32FromTime(at))
	case *array.Time64Builder:
		unit := b.Type().(*arrow.Time64Type).Unit
		var at time.Time
		at, err = time.Parse([...]string{2: "15:04:05.000000", 3: "15:04:05.000000000"}[unit], text)
		b.Append(arrow.Time64(at.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)) / unit.Multiplier()))
	case *array.TimestampBuilder:
		dt := b.Type().(*arrow.TimestampType)
		layout := [...]string{2: "2006-01-02 15:04:05.000000", 3: "2006-01-02 15:04:05.000000000"}[dt.Unit]
		if dt.TimeZone != "" {
			layout += "-07:00"
		}
		var at time.Time
		if at, err = time.Parse(layout, text); err == nil {
			var n arrow.Timestamp
			n, err = arrow.TimestampFromTime(at, dt.Unit)
			b.Append(n)
		}
	case *array.Decimal128Builder:
		dt := b.Type().(*arrow.Decimal128Type)
		if dt.Precision <= 15 || dt.Scale == 0 && dt.Precision <= 18 {
			// SQLite makes integers of whole numbers.
			if want = class; class != sqlite.TypeInteger && class != sqlite.TypeFloat {
				return fmt.Errorf("%q is no number", text)
			}
		}
		var v *big.Int
		v, err = digits(text, dt.Scale)
		b.Append(decimal128.FromBigInt(v))
	case *array.Decimal256Builder:
		var v *big.Int
		v, err = digits(text, b.Type().(*arrow.Decimal256Type).Scale)
		b.Append(decimal256.FromBigInt(v))
	default:
		return fmt.Errorf("no column of %s is expected to have the value %q", b.Type(), text)
	}
	if class != want {
		return fmt.Errorf("%q is stored as %s, want %s", text, class, want)
	}
	return err
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
func query(t testing.TB, path, q string) []string {
	t.Helper()
	c, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stmt, _, err := c.PrepareTransient(q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	defer stmt.Finalize()
	list := []string{}
	for {
		more, err := stmt.Step()
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		if !more {
			return list
		}
		var texts []string
		for i := range stmt.ColumnCount() {
			text := stmt.ColumnText(i)
			if stmt.ColumnIsNull(i) {
				text = "NULL"
			}
			texts = append(texts, text)
		}
		list = append(list, strings.Join(texts, "|"))
	}
}
