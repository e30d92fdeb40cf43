package sqlite

import (
	"crypto/md5"
	"database/sql"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
	_ "modernc.org/sqlite"

	"github.com/floedata/floe/dialect"
	litedialect "github.com/floedata/floe/dialect/sqlite"
	floesql "github.com/floedata/floe/sink/sql"
)

// BenchmarkInsert compares the route, with several numbers of rows a statement, with what a program would write by hand: a
// prepared INSERT of one row in one transaction. It needs the package's inside to set the number. The CPU time counts,
// because it does not depend on what else the machine does.
func BenchmarkInsert(b *testing.B) {
	rec := trips(100_000)
	defer rec.Release()
	into := floesql.Into{Table: `"main"."trips"`, Fields: rec.Schema().Fields()}
	for _, f := range into.Fields {
		typ, err := (litedialect.Dialect{}).Type(f, false)
		if err != nil {
			b.Fatal(err)
		}
		into.Columns = append(into.Columns, dialect.Column{Name: f.Name, Type: typ})
	}
	for _, rows := range []int{1, 5, 10, 25, 50, 100} {
		b.Run(fmt.Sprintf("route=bind/rows=%d", rows), func(b *testing.B) {
			planned, err := route{}.Plan(into)
			if err != nil {
				b.Fatal(err)
			}
			p := planned.(*inserter)
			p.rows, p.many = rows, statementOf(into, rows)
			measure(b, rec, into, func(dir string) *sql.DB { return sql.OpenDB(connector{filepath.Join(dir, "test.db")}) }, func(c *sql.Conn) error {
				return p.Insert(b.Context(), c, []arrow.Record{rec})
			})
		})
	}
	open := func(dir string) *sql.DB {
		db, err := sql.Open("sqlite", filepath.Join(dir, "test.db"))
		if err != nil {
			b.Fatal(err)
		}
		return db
	}
	b.Run("route=default", func(b *testing.B) {
		p, err := (floesql.Insert{Dialect: litedialect.Dialect{}}).Plan(into)
		if err != nil {
			b.Fatal(err)
		}
		measure(b, rec, into, open, func(c *sql.Conn) error { return p.Insert(b.Context(), c, []arrow.Record{rec}) })
	})
	b.Run("route=byhand", func(b *testing.B) {
		measure(b, rec, into, open, func(c *sql.Conn) error { return byHand(b, c, into, rec) })
	})
}

func measure(b *testing.B, rec arrow.Record, into floesql.Into, open func(dir string) *sql.DB, load func(c *sql.Conn) error) {
	db := open(b.TempDir())
	defer db.Close()
	c, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	exec := func(q string) {
		if _, err := c.ExecContext(b.Context(), q); err != nil {
			b.Fatalf("%s: %v", q, err)
		}
	}
	exec((litedialect.Dialect{}).CreateTable(into.Table, into.Columns, nil))
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	for b.Loop() {
		exec("BEGIN IMMEDIATE")
		if err := load(c); err != nil {
			b.Fatal(err)
		}
		exec("COMMIT")
	}
	b.ReportMetric(float64(rec.NumRows())*float64(b.N)/(cpu()-before).Seconds(), "rows/cpu-s")
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// byHand loads row by row.
func byHand(b *testing.B, c *sql.Conn, into floesql.Into, rec arrow.Record) error {
	stmt, err := c.PrepareContext(b.Context(), statementOf(into, 1))
	if err != nil {
		return err
	}
	defer stmt.Close()
	args := make([]any, rec.NumCols())
	for row := range int(rec.NumRows()) {
		for i, col := range rec.Columns() {
			if col.IsNull(row) {
				args[i] = nil
				continue
			}
			switch a := col.(type) {
			case *array.Int64:
				args[i] = a.Value(row)
			case *array.Int32:
				args[i] = int64(a.Value(row))
			case *array.Boolean:
				args[i] = a.Value(row)
			case *array.Float64:
				args[i] = a.Value(row)
			case *array.Timestamp:
				args[i] = a.Value(row).ToTime(arrow.Microsecond)
			case *array.Date32:
				args[i] = a.Value(row).ToTime().Format(time.DateOnly)
			case *array.Decimal128:
				args[i] = float64(a.Value(row).LowBits()) / 100
			case *array.String:
				args[i] = a.Value(row)
			}
		}
		if _, err := stmt.ExecContext(b.Context(), args...); err != nil {
			return err
		}
	}
	return nil
}

// trips makes a table of 20 columns as rides have.
func trips(n int) arrow.Record {
	i64, i32, f64 := arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Float64
	ts, str := &arrow.TimestampType{Unit: arrow.Microsecond}, arrow.BinaryTypes.String
	d10, d12 := &arrow.Decimal128Type{Precision: 10, Scale: 2}, &arrow.Decimal128Type{Precision: 12, Scale: 2}
	types := []arrow.DataType{i64, i32, i32, i32, i32, i32, ts, ts, arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Boolean, f64, f64, f64, f64, f64, d10, d12, str, str, str}
	var fields []arrow.Field
	for i, t := range types {
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("column_%d", i), Type: t, Nullable: true})
	}
	rb := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer rb.Release()
	for row := range n {
		hash := md5.Sum(fmt.Append(nil, row))
		for i := range types {
			v := int64(hash[i%16])<<16 | int64(hash[(i+3)%16])<<8 | int64(hash[(i+7)%16])
			switch b := rb.Field(i).(type) {
			case *array.Int64Builder:
				b.Append(int64(row))
			case *array.Int32Builder:
				if i == 4 && v%20 == 0 {
					b.AppendNull()
				} else {
					b.Append(int32(v % [...]int64{0, 4, 265, 265, 6, 1 << 24}[i]))
				}
			case *array.TimestampBuilder:
				b.Append(arrow.Timestamp(1_700_000_000_000_000 + int64(row)*1_000_000 + v))
			case *array.Date32Builder:
				b.Append(arrow.Date32(19_675 + row/86_400))
			case *array.BooleanBuilder:
				b.Append(v%2 == 0)
			case *array.Float64Builder:
				if i == 12 && v%10 == 0 {
					b.AppendNull()
				} else {
					b.Append(float64(v%1_000_000) / 10_000)
				}
			case *array.Decimal128Builder:
				if i == 15 && v%4 == 0 {
					b.AppendNull()
				} else {
					b.Append(decimal128.FromI64(v))
				}
			case *array.StringBuilder:
				switch i {
				case 17:
					b.Append([]string{"card", "cash", "no charge", "dispute"}[v%4])
				case 18:
					b.Append([]string{"Manhattan", "Brooklyn", "Queens", "Bronx", "Staten Island", "Newark"}[v%6])
				default:
					b.Append(fmt.Sprintf("%x", hash))
				}
			}
		}
	}
	return rb.NewRecord()
}
