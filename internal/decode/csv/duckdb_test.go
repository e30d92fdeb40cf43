package csv_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	_ "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/internal/decode/csv"
	"github.com/floedata/floe/internal/decode/text"
)

// duckTypes has the names of the types as DuckDB calls them.
var duckTypes = map[string]string{
	"BOOLEAN": "bool", "BIGINT": "int64", "DOUBLE": "float64", "DATE": "date32", "TIMESTAMP": "timestamp[us]", "VARCHAR": "utf8",
}

// TestAgainstDuckDB compares real files with what DuckDB reads of them: names, types, values.
func TestAgainstDuckDB(t *testing.T) {
	for _, name := range []string{"airports.csv", "seattle-weather.csv", "zipcodes.csv"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("../../../../shared/data", name)
			data, err := os.ReadFile(file)
			if err != nil {
				t.Skipf("the optional data is not here: %v", err)
			}
			db, err := sql.Open("duckdb", "")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			rows, err := db.Query(fmt.Sprintf("SELECT * FROM read_csv('%s', sample_size=-1)", file))
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			schema, err := csv.Infer(data, true, csv.Options{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			compareTypes(t, rows, schema)
			compareRows(t, rows, data, schema)
		})
	}
}

func compareTypes(t *testing.T, rows *sql.Rows, schema *arrow.Schema) {
	t.Helper()
	columns, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, c := range columns {
		want = append(want, c.Name()+" "+duckTypes[c.DatabaseTypeName()])
	}
	for _, f := range schema.Fields() {
		got = append(got, f.Name+" "+f.Type.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("schema mismatch (-want +got):\n%s", diff)
	}
}

func compareRows(t *testing.T, rows *sql.Rows, data []byte, schema *arrow.Schema) {
	t.Helper()
	d, err := csv.NewDecoder(memory.DefaultAllocator, schema, nil, csv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := csv.NewSplitter(bytes.NewReader(data), csv.Options{}, 10000, text.Mark{})
	values := make([]any, schema.NumFields())
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	for {
		b, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rec, rejected, err := d.Decode(b)
		if err != nil || rejected != nil {
			t.Fatal(rejected, err)
		}
		for row := range int(rec.NumRows()) {
			if !rows.Next() {
				t.Fatal("DuckDB has fewer rows")
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			for i, want := range values {
				if got := valueAt(rec.Column(i), row); got != want {
					t.Fatalf("line %d and %d more, column %q: %v, DuckDB has %v", b.Line, row, schema.Field(i).Name, got, want)
				}
			}
		}
		rec.Release()
	}
	if rows.Next() {
		t.Error("DuckDB has more rows")
	}
}

// valueAt returns a value as database/sql gives it.
func valueAt(a arrow.Array, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch a := a.(type) {
	case *array.Int64:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.Date32:
		return a.Value(i).ToTime()
	case *array.Timestamp:
		return a.Value(i).ToTime(arrow.Microsecond).In(time.UTC)
	}
	return a.ValueStr(i)
}
