package parquet_test

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	_ "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/internal/decode/parquet"
)

// checked answers an allocator that must be empty at the end of the test.
func checked(t testing.TB) *memory.CheckedAllocator {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// open opens a file that lies in memory.
func open(t testing.TB, b []byte) *parquet.File {
	t.Helper()
	f, err := parquet.Open(context.Background(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// drain reads a file to its end. The records are released with the test.
func drain(t testing.TB, f *parquet.File, o parquet.Options) (*arrow.Schema, []arrow.Record) {
	t.Helper()
	r, err := f.Reader(o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var recs []arrow.Record
	for {
		rec, err := r.Next(context.Background())
		if err == io.EOF {
			return r.Schema(), recs
		}
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
		t.Cleanup(rec.Release)
	}
}

// oracle reads a file with pqarrow.
func oracle(t testing.TB, b []byte) arrow.Table {
	t.Helper()
	pf, err := file.NewParquetReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer pf.Close()
	r, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := r.ReadTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tbl.Release)
	return tbl
}

// concat joins the chunks of a column.
func concat(t testing.TB, chunks []arrow.Array) arrow.Array {
	t.Helper()
	arr, err := array.Concatenate(chunks, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(arr.Release)
	return arr
}

// column joins column i of the records.
func column(t testing.TB, recs []arrow.Record, i int) arrow.Array {
	chunks := make([]arrow.Array, len(recs))
	for k, rec := range recs {
		chunks[k] = rec.Column(i)
	}
	return concat(t, chunks)
}

// duck writes the rows of a query to a Parquet file by DuckDB's COPY and answers its bytes.
func duck(t testing.TB, query, options string) []byte {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	path := filepath.Join(t.TempDir(), "x.parquet")
	if _, err := db.Exec("COPY (" + query + ") TO '" + path + "' (FORMAT PARQUET, " + options + ")"); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tripColumns are those of a table of 20 columns like those that pipelines move: keys, measures, times, codes, a text.
const tripColumns = `SELECT
	i::BIGINT AS id,
	(hash(i) % 1000000)::INTEGER AS a,
	(hash(i + 1) % 1000)::INTEGER AS b,
	(hash(i + 2) % 100000)::INTEGER AS c,
	CASE WHEN hash(i + 3) % 10 = 0 THEN NULL ELSE (hash(i + 3) % 5000)::INTEGER END AS d,
	(hash(i + 4) % 2147483647)::INTEGER AS e,
	TIMESTAMP '2024-01-01' + to_microseconds((hash(i + 5) % 31536000000000)::BIGINT) AS pickup,
	CASE WHEN hash(i + 6) % 20 = 0 THEN NULL ELSE TIMESTAMP '2024-01-01' + to_seconds((hash(i + 6) % 31536000)::BIGINT) END AS dropoff,
	DATE '2020-01-01' + (hash(i + 7) % 2000)::INTEGER AS day,
	CASE WHEN hash(i + 8) % 25 = 0 THEN NULL ELSE hash(i + 8) % 2 = 0 END AS flag,
	(hash(i + 9) % 1000000) / 10000.0::DOUBLE AS f1,
	(hash(i + 10) % 100000) / 100.0::DOUBLE AS f2,
	CASE WHEN hash(i + 11) % 8 = 0 THEN NULL ELSE (hash(i + 11) % 100000) / 100.0::DOUBLE END AS f3,
	(hash(i + 12) % 1000000) / 1000.0::DOUBLE AS f4,
	(hash(i + 13) % 360000) / 1000.0::DOUBLE AS f5,
	((hash(i + 14) % 1000000) / 100.0)::DECIMAL(10,2) AS fare,
	((hash(i + 15) % 100000000) / 100.0)::DECIMAL(12,2) AS total,
	['cash','card','voucher','unknown','app'][1 + (hash(i + 16) % 5)::INTEGER] AS payment,
	CASE WHEN hash(i + 17) % 15 = 0 THEN NULL ELSE 'zone ' || (hash(i + 17) % 260) END AS zone,
	md5(i::VARCHAR) AS token
	FROM range(`

func trips(rows int) string { return tripColumns + strconv.Itoa(rows) + ") t(i)" }
