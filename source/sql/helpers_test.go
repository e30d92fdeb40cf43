package sql_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3"
	_ "modernc.org/sqlite"

	"github.com/floedata/floe/source"
)

// sqliteDrivers are those that every test of SQLite runs with.
var sqliteDrivers = []string{"sqlite", "sqlite3"}

// openSQLite makes a database with the statements run.
func openSQLite(tb testing.TB, driver string, statements ...string) *sql.DB {
	tb.Helper()
	db := open(tb, driver, filepath.Join(tb.TempDir(), "data.db"))
	exec(tb, db, "PRAGMA synchronous = OFF")
	exec(tb, db, statements...)
	return db
}

func open(tb testing.TB, driver, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

func exec(tb testing.TB, db *sql.DB, statements ...string) {
	tb.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(context.Background(), s); err != nil {
			tb.Fatalf("%.200s: %v", s, err)
		}
	}
}

func checked(tb testing.TB) memory.Allocator {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	tb.Cleanup(func() { mem.AssertSize(tb, 0) })
	return mem
}

// result is what was read of a partition, a row a string.
type result struct {
	rows, rejected []string
	batches        int
	position       string
	schema         *arrow.Schema
}

// readPartition reads a partition, at most limit batches where limit > 0.
func readPartition(ctx context.Context, p source.Partition, after string, limit int) (res *result, err error) {
	r, err := p.Open(ctx, after)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := r.Close(context.Background()); e != nil && err == nil {
			err = e
		}
	}()
	res = &result{position: after}
	for {
		b, err := r.Next(ctx)
		if err == io.EOF {
			return res, nil
		}
		if err != nil {
			return res, err
		}
		res.schema = r.Schema()
		res.rows = append(res.rows, texts(b.Record)...)
		if b.Rejected != nil {
			for i, row := range texts(b.Rejected.Record) {
				reason := b.Rejected.Reasons[i]
				res.rejected = append(res.rejected, fmt.Sprintf("%s: %d %s %s: %s", row, reason.Row, reason.Code, reason.Column, reason.Message))
			}
		}
		res.position = b.Position
		b.Release()
		if res.batches++; res.batches == limit {
			return res, nil
		}
	}
}

// texts writes each row of a record, which may be nil.
func texts(rec arrow.Record) []string {
	if rec == nil {
		return nil
	}
	var rows []string
	for row := range int(rec.NumRows()) {
		var values []string
		for _, c := range rec.Columns() {
			values = append(values, c.ValueStr(row))
		}
		rows = append(rows, strings.Join(values, " "))
	}
	return rows
}

// fields writes a schema, a field a string.
func fields(s *arrow.Schema) []string {
	var out []string
	for _, f := range s.Fields() {
		text := f.Name + " " + f.Type.String()
		if !f.Nullable {
			text += " not null"
		}
		out = append(out, text)
	}
	return out
}

// record makes the rows of tables of numbers: id and its text.
func record(from, to int64) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil))
	defer b.Release()
	for id := from; id < to; id++ {
		b.Field(0).(*array.Int64Builder).Append(id)
		b.Field(1).(*array.StringBuilder).Append(name(id))
	}
	return b.NewRecord()
}

func name(id int64) string { return fmt.Sprintf("row %d", id) }

// numbers are statements that make a table of the rows of record.
func numbers(table string, from, to int64) []string {
	return []string{"CREATE TABLE " + table + " (id BIGINT, name VARCHAR(100))", insertNumbers(table, from, to)}
}

func insertNumbers(table string, from, to int64) string {
	var rows []string
	for id := from; id < to; id++ {
		rows = append(rows, fmt.Sprintf("(%d, '%s')", id, name(id)))
	}
	return "INSERT INTO " + table + " VALUES " + strings.Join(rows, ", ")
}
