// Package trips makes the test table of the comparisons: 20 columns, about 190 bytes a row in Arrow, the same on
// every machine. DuckDB computes it from the row number and writes the files.
package trips

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	_ "github.com/marcboeker/go-duckdb" // the "duckdb" driver
)

// Rows of the files: Parquet of the size that DuckDB needs to get going, and a million for everything else.
const (
	Rows     = 6_000_000
	PartRows = 1_000_000
)

// version is part of the files' names: raise it where the table changes.
const version = 1

// column is one of the table: its DuckDB type, and the expression that computes it from the row number i.
type column struct {
	name, sql, value string
	arrow            arrow.DataType
}

var columns = []column{
	{"id", "BIGINT", "i", arrow.PrimitiveTypes.Int64},
	{"vendor_id", "INTEGER", "1 + hash(i) % 4", arrow.PrimitiveTypes.Int32},
	{"pickup_zone", "INTEGER", "1 + hash(i + 1) % 265", arrow.PrimitiveTypes.Int32},
	{"dropoff_zone", "INTEGER", "1 + hash(i + 2) % 265", arrow.PrimitiveTypes.Int32},
	{"passengers", "INTEGER", "CASE WHEN hash(i + 3) % 20 = 0 THEN NULL ELSE 1 + hash(i + 4) % 6 END", arrow.PrimitiveTypes.Int32},
	{"meter", "INTEGER", "hash(i + 5) % 2000000000", arrow.PrimitiveTypes.Int32},
	{"pickup_at", "TIMESTAMP", "make_timestamp((1700000000000000 + i * 1000000 + hash(i + 6) % 1000000)::BIGINT)", &arrow.TimestampType{Unit: arrow.Microsecond}},
	{"dropoff_at", "TIMESTAMP", "CASE WHEN hash(i + 7) % 50 = 0 THEN NULL ELSE make_timestamp((1700000000000000 + i * 1000000 + hash(i + 8) % 3600000000)::BIGINT) END", &arrow.TimestampType{Unit: arrow.Microsecond}},
	{"day", "DATE", "DATE '2023-11-14' + (i // 86400)::INTEGER", arrow.FixedWidthTypes.Date32},
	{"stored", "BOOLEAN", "hash(i + 9) % 2 = 0", arrow.FixedWidthTypes.Boolean},
	{"distance", "DOUBLE", "(hash(i + 10) % 1000000) / 10000", arrow.PrimitiveTypes.Float64},
	{"fare", "DOUBLE", "(hash(i + 11) % 20000) / 100", arrow.PrimitiveTypes.Float64},
	{"tip", "DOUBLE", "CASE WHEN hash(i + 12) % 10 = 0 THEN NULL ELSE (hash(i + 13) % 5000) / 100 END", arrow.PrimitiveTypes.Float64},
	{"lat", "DOUBLE", "40 + (hash(i + 14) % 10000) / 10000", arrow.PrimitiveTypes.Float64},
	{"lon", "DOUBLE", "-74 - (hash(i + 15) % 10000) / 10000", arrow.PrimitiveTypes.Float64},
	{"tolls", "DECIMAL(10,2)", "CASE WHEN hash(i + 16) % 4 = 0 THEN NULL ELSE (hash(i + 17) % 100000) / 100 END", &arrow.Decimal128Type{Precision: 10, Scale: 2}},
	{"total", "DECIMAL(12,2)", "(hash(i + 18) % 10000000) / 100", &arrow.Decimal128Type{Precision: 12, Scale: 2}},
	{"payment", "VARCHAR", "CASE hash(i + 19) % 5 WHEN 0 THEN 'card' WHEN 1 THEN 'cash' WHEN 2 THEN 'no charge' WHEN 3 THEN 'dispute' ELSE NULL END", arrow.BinaryTypes.String},
	{"borough", "VARCHAR", "['Manhattan', 'Brooklyn', 'Queens', 'Bronx', 'Staten Island', 'Newark'][(1 + hash(i + 20) % 6)::BIGINT]", arrow.BinaryTypes.String},
	{"token", "VARCHAR", "md5(i::VARCHAR)", arrow.BinaryTypes.String},
}

// Schema is the table's, as Arrow.
func Schema() *arrow.Schema {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.name, Type: c.arrow, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

// Columns is the schema of some of the table's columns.
func Columns(names ...string) *arrow.Schema {
	all := Schema()
	fields := make([]arrow.Field, len(names))
	for i, name := range names {
		fields[i] = all.Field(all.FieldIndices(name)[0])
	}
	return arrow.NewSchema(fields, nil)
}

// Names are those of the columns.
func Names() []string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.name
	}
	return list
}

// Decimals are the types of the decimal columns by their place.
func Decimals() map[int]*arrow.Decimal128Type {
	found := map[int]*arrow.Decimal128Type{}
	for i, c := range columns {
		if t, ok := c.arrow.(*arrow.Decimal128Type); ok {
			found[i] = t
		}
	}
	return found
}

// Table is the column list of a CREATE TABLE.
func Table() string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c.name + " " + c.sql
	}
	return strings.Join(list, ", ")
}

// Types is the struct literal that DuckDB's readers of text take as their columns parameter.
func Types() string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = fmt.Sprintf("'%s': '%s'", c.name, c.sql)
	}
	return "{" + strings.Join(list, ", ") + "}"
}

// Sum is the expression that sums the hashes of all rows: it tells any two tables apart whose rows differ,
// whatever their order.
func Sum() string {
	return "sum(hash(" + strings.Join(Names(), ", ") + ")::HUGEINT)"
}

// Kind is a form of the table on disk.
type Kind string

// Kinds.
const (
	Zstd   Kind = "zstd.parquet"
	Snappy Kind = "snappy.parquet"
	Part   Kind = "part.parquet"
	CSV    Kind = "csv"
	NDJSON Kind = "ndjson"
)

// Path is where the file of a kind is, in the cache directory dir, once [Make] has made it.
func Path(dir string, kind Kind) string {
	return filepath.Join(dir, fmt.Sprintf("trips-v%d-%d.%s", version, kind.rows(), kind))
}

func (k Kind) rows() int64 {
	switch k {
	case CSV, NDJSON, Part:
		return PartRows
	default:
		return Rows
	}
}

func (k Kind) format() string {
	switch k {
	case Zstd, Part:
		return "FORMAT parquet, COMPRESSION zstd"
	case Snappy:
		return "FORMAT parquet, COMPRESSION snappy"
	case CSV:
		return "FORMAT csv, HEADER"
	default:
		return "FORMAT json"
	}
}

// Make writes the file of a kind where it is missing.
func Make(ctx context.Context, dir string, kind Kind) error {
	path := Path(dir, kind)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = fmt.Sprintf("(%s)::%s AS %s", c.value, c.sql, c.name)
	}
	part := path + ".part"
	_, err = db.ExecContext(ctx, fmt.Sprintf("COPY (SELECT %s FROM range(%d) t(i)) TO '%s' (%s)",
		strings.Join(list, ", "), kind.rows(), strings.ReplaceAll(part, "'", "''"), kind.format()))
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	return os.Rename(part, path)
}
