package json_test

import (
	"bytes"
	"database/sql"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	_ "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/internal/decode/json"
	"github.com/floedata/floe/internal/decode/text"
)

// TestAgainstDuckDB compares real files with what DuckDB reads of them: names, types, values. Columns of mixed
// values are JSON to DuckDB, and text here: their strings are written without quotes.
func TestAgainstDuckDB(t *testing.T) {
	for _, tc := range []struct {
		name string
		want string // types
	}{
		{name: "flights-20k.json", want: "VARCHAR=utf8 BIGINT=int64 BIGINT=int64 VARCHAR=utf8 VARCHAR=utf8 "},
		{name: "movies.json", want: "JSON=utf8 BIGINT=int64 BIGINT=int64 BIGINT=int64 BIGINT=int64 VARCHAR=utf8 VARCHAR=utf8 BIGINT=int64 " +
			"VARCHAR=utf8 VARCHAR=utf8 VARCHAR=utf8 VARCHAR=utf8 VARCHAR=utf8 BIGINT=int64 DOUBLE=float64 BIGINT=int64 "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := filepath.Join("../../../../shared/data", tc.name)
			data, err := os.ReadFile(file)
			if err != nil {
				t.Skipf("the optional data is not here: %v", err)
			}
			db, err := sql.Open("duckdb", "")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			rows, err := db.Query(fmt.Sprintf("SELECT COLUMNS(*)::VARCHAR FROM read_json('%s', sample_size=-1)", file))
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			if !json.IsArray(data) {
				t.Error("IsArray is false")
			}
			schema, _, err := json.Infer(data, true, array, nil)
			if err != nil {
				t.Fatal(err)
			}
			types, err := db.Query(fmt.Sprintf("SELECT column_type, column_name FROM (DESCRIBE SELECT * FROM read_json('%s', sample_size=-1))", file))
			if err != nil {
				t.Fatal(err)
			}
			defer types.Close()
			got := ""
			for i := 0; types.Next(); i++ {
				var dt, name string
				if err := types.Scan(&dt, &name); err != nil {
					t.Fatal(err)
				}
				if f := schema.Field(i); f.Name != name {
					t.Errorf("column %d is %q, not %q", i, f.Name, name)
				}
				got += dt + "=" + schema.Field(i).Type.String() + " "
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Fatalf("types mismatch (-want +got):\n%s", diff)
			}
			compareRows(t, rows, data)
		})
	}
}

func compareRows(t *testing.T, rows *sql.Rows, data []byte) {
	t.Helper()
	schema, _, err := json.Infer(data, true, array, nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := json.NewDecoder(memory.DefaultAllocator, schema, array)
	if err != nil {
		t.Fatal(err)
	}
	s := json.NewSplitter(bytes.NewReader(data), array, 10000, text.Mark{})
	theirs := make([]sql.NullString, schema.NumFields())
	into := make([]any, len(theirs))
	for i := range theirs {
		into[i] = &theirs[i]
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
			for i, ours := range values(rec, row) {
				want := "NULL"
				if theirs[i].Valid {
					want = theirs[i].String
				}
				if ours != want && !sameValue(ours, want) {
					t.Fatalf("line %d and %d more, column %q: %q, DuckDB has %q", b.Line, row, schema.Field(i).Name, ours, want)
				}
			}
		}
		rec.Release()
	}
	if rows.Next() {
		t.Error("DuckDB has more rows")
	}
}

// sameValue compares what two programs write in different ways: a JSON string and its value, 6 and 6.0.
func sameValue(ours, theirs string) bool {
	var s string
	if stdjson.Unmarshal([]byte(theirs), &s) == nil {
		return s == ours
	}
	var a, b float64
	return stdjson.Unmarshal([]byte(ours), &a) == nil && stdjson.Unmarshal([]byte(theirs), &b) == nil && a == b
}
