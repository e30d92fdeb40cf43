package copyinto

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// input is a file that has been opened: a relation of DuckDB.
type input struct {
	rows    int64        // records that the file has
	from    string       // FROM this, whose column n is the record's ordinal from 1
	columns []fileColumn // what the records have
	errors  []RowError   // of records that are not in the relation
	// locate completes the error of a value of the column with that index in the file; nil for formats of records, which
	// have no places.
	locate func(e *RowError, column int)
	drop   []func(context.Context) error
}

// fileColumn is a column of a file, or of a transformation.
type fileColumn struct {
	name   string
	typ    types.Type
	sql    string // over the relation
	marked bool   // text may have [invalidText]
}

// close drops what the input has made.
func (in *input) close(ctx context.Context) error {
	var first error
	for _, drop := range in.drop {
		if err := drop(ctx); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// fileError is an error that is a file's fault, so that ON_ERROR says what becomes of it.
type fileError struct {
	fault fault
	value string
}

func (e *fileError) Error() string { return e.fault.message(e.value) }

// row is the error as one of the file.
func (e *fileError) row(f File) RowError {
	r := e.fault.row(e.value, 0)
	r.File = f.relative()
	return r
}

// tables numbers the temporary tables of this process.
var tables atomic.Int64

// table makes a temporary table with the columns' definitions on conn, which the input drops.
func (in *input) table(ctx context.Context, conn *sql.Conn, definitions string) (string, error) {
	return in.tableAs(ctx, conn, "("+definitions+")")
}

// tableAs makes a temporary table of what follows its name in CREATE TABLE, which the input drops.
func (in *input) tableAs(ctx context.Context, conn *sql.Conn, definition string) (string, error) {
	name := fmt.Sprintf("floe_copy_%d", tables.Add(1))
	if _, err := conn.ExecContext(ctx, "CREATE TEMP TABLE "+name+" "+definition); err != nil {
		return "", fmt.Errorf("make a table for records: %w", err)
	}
	in.drop = append(in.drop, func(ctx context.Context) error {
		_, err := conn.ExecContext(ctx, "DROP TABLE temp."+name)
		return err
	})
	return name, nil
}

// openParquet makes an input of the columns of a Parquet file.
func openParquet(ctx context.Context, look *sql.Conn, f *Parquet, c *converter, path string) (_ *input, err error) {
	in := &input{}
	defer func() {
		if err != nil {
			_ = in.close(ctx)
		}
	}()
	path, remove, err := plainPath(path)
	if err != nil {
		return nil, err
	}
	in.drop = append(in.drop, func(context.Context) error { remove(); return nil })
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	elements, rows, err := readSchema(ctx, look, path)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &fileError{notParquet, err.Error()}
	}
	in.rows = rows
	if anyNanos(elements) {
		if path, err = withoutTimes(path); err != nil {
			return nil, &fileError{notParquet, err.Error()}
		}
		in.drop = append(in.drop, func(context.Context) error { return os.Remove(path) })
	}
	names := ""
	for i, e := range elements {
		column := fmt.Sprintf("c%d", i)
		names += column + ", "
		made, err := parquetColumn(f, c, e, column)
		if err != nil {
			return nil, err
		}
		in.columns = append(in.columns, made)
	}
	in.from = "(SELECT * REPLACE (n + 1 AS n) FROM read_parquet(" + lit(path) + ", file_row_number = TRUE, hive_partitioning = FALSE) AS file(" + names + "n))"
	return in, nil
}

func anyNanos(elements []*element) bool {
	for _, e := range elements {
		if e.leaf() && e.nanos() || anyNanos(e.children) {
			return true
		}
	}
	return false
}

func parquetColumn(f *Parquet, c *converter, e *element, s string) (fileColumn, error) {
	made := fileColumn{name: e.name, sql: s}
	if e.leaf() && !e.repeated {
		typ, value, err := f.value(e, s)
		made.typ, made.sql, made.marked = typ, value, f.decodes(e)
		return made, err
	}
	n := &nested{format: f, converter: c}
	text, err := n.child(e, s)
	made.typ, made.sql, made.marked = types.Type{Kind: types.Variant}, text, f.decodes(e)
	return made, err
}

// whole is the input as one column of JSON objects: what a file of records is without MATCH_BY_COLUMN_NAME.
func (in *input) whole(f *Parquet, c *converter) *input {
	n := &nested{format: f, converter: c}
	var names, values []string
	marked := false
	for _, column := range in.columns {
		names = append(names, column.name)
		values = append(values, "CASE WHEN "+column.sql+" IS NULL THEN NULL ELSE "+c.json(column.typ, column.sql)+" END")
		marked = marked || column.marked
	}
	one := *in
	one.columns = []fileColumn{{name: "$1", typ: types.Type{Kind: types.Variant}, sql: n.object(names, values), marked: marked}}
	return &one
}
