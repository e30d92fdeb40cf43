package postgres_test

import (
	"context"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/floedata/floe/internal/servers"
)

// newPool connects to a database of the test's own.
func newPool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return poolOf(t, servers.Postgres(t).Database(t))
}

func poolOf(t testing.TB, dsn string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func exec(t testing.TB, pool *pgxpool.Pool, queries ...string) {
	t.Helper()
	for _, q := range queries {
		if _, err := pool.Exec(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// readTable reads a table by pgx, whose decoding knows nothing of this module; nil = there is none.
func readTable(ctx context.Context, pool *pgxpool.Pool, schema, table string) ([]arrow.Record, error) {
	name := pgx.Identifier{schema, table}.Sanitize()
	var there bool
	if err := pool.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", name).Scan(&there); err != nil || !there {
		return nil, err
	}
	return query(ctx, pool, "SELECT * FROM "+name)
}

func query(ctx context.Context, pool *pgxpool.Pool, q string) ([]arrow.Record, error) {
	rows, err := pool.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var fields []arrow.Field
	for _, c := range rows.FieldDescriptions() {
		dt, err := arrowType(c)
		if err != nil {
			return nil, err
		}
		fields = append(fields, arrow.Field{Name: c.Name, Type: dt, Nullable: true})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	n := int64(0)
	for ; rows.Next(); n++ {
		vals, err := rows.Values()
		if err != nil {
			return nil, err
		}
		for i, v := range vals {
			if fields[i].Type.ID() == arrow.STRING && v != nil {
				v = string(rows.RawValues()[i])
				if rows.FieldDescriptions()[i].DataTypeOID == pgtype.JSONBOID && rows.FieldDescriptions()[i].Format == 1 {
					v = v.(string)[1:]
				}
			}
			if err := appendValue(b.Field(i), v); err != nil {
				return nil, fmt.Errorf("column %q: %w", fields[i].Name, err)
			}
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	rec := b.NewRecord()
	if len(fields) == 0 { // a table without columns has rows all the same
		defer rec.Release()
		return []arrow.Record{array.NewRecord(rec.Schema(), nil, n)}, nil
	}
	return []arrow.Record{rec}, nil
}

func arrowType(c pgconn.FieldDescription) (arrow.DataType, error) {
	switch c.DataTypeOID {
	case pgtype.BoolOID:
		return arrow.FixedWidthTypes.Boolean, nil
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		return arrow.PrimitiveTypes.Int64, nil
	case pgtype.Float4OID:
		return arrow.PrimitiveTypes.Float32, nil
	case pgtype.Float8OID:
		return arrow.PrimitiveTypes.Float64, nil
	case pgtype.NumericOID:
		scale := int32(20)
		if c.TypeModifier >= 0 {
			scale = (c.TypeModifier-4)&0x7ff ^ 1024 - 1024
		}
		return &arrow.Decimal256Type{Precision: 76, Scale: scale}, nil
	case pgtype.ByteaOID:
		return arrow.BinaryTypes.Binary, nil
	case pgtype.DateOID:
		return arrow.FixedWidthTypes.Date32, nil
	case pgtype.TimeOID:
		return arrow.FixedWidthTypes.Time64us, nil
	case pgtype.TimestampOID:
		return &arrow.TimestampType{Unit: arrow.Microsecond}, nil
	case pgtype.TimestamptzOID:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, nil
	case pgtype.IntervalOID:
		return arrow.FixedWidthTypes.MonthDayNanoInterval, nil
	case pgtype.UUIDOID:
		return &arrow.FixedSizeBinaryType{ByteWidth: 16}, nil
	case pgtype.Int8ArrayOID:
		return arrow.ListOf(arrow.PrimitiveTypes.Int64), nil
	case pgtype.TextArrayOID:
		return arrow.ListOf(arrow.BinaryTypes.String), nil
	case pgtype.Float8ArrayOID:
		return arrow.ListOf(arrow.PrimitiveTypes.Float64), nil
	case pgtype.NumericArrayOID:
		return arrow.ListOf(&arrow.Decimal256Type{Precision: 76, Scale: 20}), nil
	}
	return arrow.BinaryTypes.String, nil // as the server sends it
}

func appendValue(b array.Builder, v any) error {
	if v == nil {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v.(bool))
	case *array.Int64Builder:
		switch v := v.(type) {
		case int16:
			b.Append(int64(v))
		case int32:
			b.Append(int64(v))
		case int64:
			b.Append(v)
		}
	case *array.Float32Builder:
		b.Append(v.(float32))
	case *array.Float64Builder:
		b.Append(v.(float64))
	case *array.Decimal256Builder:
		return appendNumeric(b, v.(pgtype.Numeric))
	case *array.StringBuilder:
		b.Append(v.(string))
	case *array.BinaryBuilder:
		b.Append(v.([]byte))
	case *array.FixedSizeBinaryBuilder:
		id := v.([16]byte)
		b.Append(id[:])
	case *array.Date32Builder:
		b.Append(arrow.Date32FromTime(v.(time.Time)))
	case *array.Time64Builder:
		b.Append(arrow.Time64(v.(pgtype.Time).Microseconds))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.(time.Time).UnixMicro()))
	case *array.MonthDayNanoIntervalBuilder:
		i := v.(pgtype.Interval)
		b.Append(arrow.MonthDayNanoInterval{Months: i.Months, Days: i.Days, Nanoseconds: i.Microseconds * 1000})
	case *array.ListBuilder:
		b.Append(true)
		for _, e := range v.([]any) {
			if err := appendValue(b.ValueBuilder(), e); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("no way to read %T into %s", v, b.Type())
	}
	return nil
}

func appendNumeric(b *array.Decimal256Builder, v pgtype.Numeric) error {
	scale := b.Type().(*arrow.Decimal256Type).Scale
	if v.NaN || v.InfinityModifier != 0 || v.Exp < -scale {
		return fmt.Errorf("the numeric %+v does not fit scale %d", v, scale)
	}
	n := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(v.Exp+scale)), nil)
	b.Append(decimal256.FromBigInt(n.Mul(n, v.Int)))
	return nil
}
