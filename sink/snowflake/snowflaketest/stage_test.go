package snowflaketest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
	"github.com/google/go-cmp/cmp"
	"github.com/snowflakedb/gosnowflake"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// routes are the ways of files to a stage.
var routes = []struct {
	name  string
	local bool
	stage string // what CREATE STAGE says
}{
	{"local", true, ""},
	{"http", false, "ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')"},
	{"http encrypted", false, ""},
}

// parquetFile returns a Parquet file of rows with ID from first on, and a text.
func parquetFile(t *testing.T, first, rows int) []byte {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "ID", Type: arrow.PrimitiveTypes.Int64}, {Name: "V", Type: arrow.BinaryTypes.String},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range rows {
		b.Field(0).(*array.Int64Builder).Append(int64(first + i))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("row %d", first+i))
	}
	rec := b.NewRecord()
	defer rec.Release()
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &out, nil, pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(rec), w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// rewinding is a reader that begins again after its end: the driver reads a stream twice, once to upload it and once to
// sum it up, and uploads what it has summed up where it copies to a directory.
type rewinding struct{ *bytes.Reader }

func (r rewinding) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		_, _ = r.Seek(0, io.SeekStart)
	}
	return n, err
}

// TestPut holds that files and streams arrive by all routes, are listed, loaded, and come back.
func TestPut(t *testing.T) {
	t.Parallel()
	for _, route := range routes {
		t.Run(route.name, func(t *testing.T) {
			t.Parallel()
			srv := snowflaketest.Start(t, &snowflaketest.Options{LocalStages: route.local})
			db := open(t, srv)
			db.SetMaxOpenConns(1)
			mustExec(t, db, "CREATE STAGE ST "+route.stage, "CREATE TABLE T (ID NUMBER(38,0), V VARCHAR)")
			local := t.TempDir()
			var want [][]byte
			for i := range 3 {
				want = append(want, parquetFile(t, 1000*i, 1000))
				if err := os.WriteFile(filepath.Join(local, fmt.Sprintf("part%d.parquet", i)), want[i], 0o600); err != nil {
					t.Fatal(err)
				}
			}
			stream := parquetFile(t, 3000, 1000)

			put := "PUT 'file://%s' @ST/in/ AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=NONE OVERWRITE=TRUE"
			got := query(t, db, fmt.Sprintf(put, filepath.Join(local, "part*.parquet")))
			if len(got) != 3 || got[0][1] != "part0.parquet" || got[2][6] != "UPLOADED" || got[1][3] != fmt.Sprint(len(want[1])) {
				t.Errorf("PUT answers %v", got)
			}
			ctx := gosnowflake.WithFileStream(t.Context(), rewinding{bytes.NewReader(stream)})
			if _, err := db.ExecContext(ctx, fmt.Sprintf(put, "/nowhere/stream.parquet")); err != nil {
				t.Fatal(err)
			}

			list := query(t, db, "LIST @ST/in")
			var names []string
			for _, row := range list {
				names = append(names, filepath.Base(row[0]))
			}
			if diff := cmp.Diff([]string{"part0.parquet", "part1.parquet", "part2.parquet", "stream.parquet"}, names); diff != "" {
				t.Errorf("LIST (-want +got):\n%s", diff)
			}

			loaded := query(t, db, "COPY INTO T FROM @ST/in FILE_FORMAT=(TYPE=PARQUET USE_VECTORIZED_SCANNER=TRUE) MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE")
			if len(loaded) != 4 || loaded[0][1] != "LOADED" || loaded[0][2] != "1000" || loaded[0][3] != "1000" {
				t.Errorf("COPY answers %v", loaded)
			}
			if sums := query(t, db, "SELECT COUNT(*), SUM(ID), COUNT_IF(V = 'row ' || ID) FROM T"); !cmp.Equal(sums, [][]string{{"4000", "7998000", "4000"}}) {
				t.Errorf("the table has %v", sums)
			}

			back := t.TempDir()
			files := query(t, db, "GET @ST/in 'file://"+back+"'")
			if len(files) != 4 || files[0][2] != "DOWNLOADED" {
				t.Errorf("GET answers %v", files)
			}
			for i, data := range append(want, stream) {
				name := fmt.Sprintf("part%d.parquet", i)
				if i == len(want) {
					name = "stream.parquet"
				}
				if got, err := os.ReadFile(filepath.Join(back, name)); err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s came back with %d bytes instead of %d, equal: %t, %v", name, len(got), len(data), bytes.Equal(got, data), err)
				}
			}

			mustExec(t, db, "REMOVE @ST/in/part1.parquet")
			if left := query(t, db, "LIST @ST"); len(left) != 3 {
				t.Errorf("after REMOVE there are %v", left)
			}
			if up := srv.Uploads(); !route.local && (up.Files != 4 || up.Bytes != int64(len(stream)+len(want[0])+len(want[1])+len(want[2]))) {
				t.Errorf("the server counts %+v", up)
			}
		})
	}
}

// TestPutCompressed holds that what the driver compresses on its way is read.
func TestPutCompressed(t *testing.T) {
	t.Parallel()
	for _, route := range routes {
		t.Run(route.name, func(t *testing.T) {
			t.Parallel()
			db := open(t, snowflaketest.Start(t, &snowflaketest.Options{LocalStages: route.local}))
			mustExec(t, db, "CREATE STAGE ST "+route.stage, "CREATE TABLE T (ID NUMBER(38,0), V VARCHAR)")
			local := t.TempDir()
			for i := range 2 {
				if err := os.WriteFile(filepath.Join(local, fmt.Sprintf("data%d.csv", i)), []byte(strings.Repeat("7,seven\n", 100)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got := query(t, db, "PUT 'file://"+local+"/*.csv' @ST")
			if len(got) != 2 || got[0][1] != "data0.csv.gz" || got[0][5] != "GZIP" {
				t.Errorf("PUT answers %v", got)
			}
			mustExec(t, db, "COPY INTO T FROM @ST FILE_FORMAT=(TYPE=CSV)")
			if sums := query(t, db, "SELECT COUNT(*), SUM(ID), MIN(V) FROM T"); !cmp.Equal(sums, [][]string{{"200", "1400", "seven"}}) {
				t.Errorf("the table has %v", sums)
			}
			back := t.TempDir()
			mustExec(t, db, "GET @ST/data1.csv.gz 'file://"+back+"'")
			f, err := os.Open(filepath.Join(back, "data1.csv.gz"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			z, err := gzip.NewReader(f)
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(z); err != nil || len(text) != 800 {
				t.Errorf("it came back with %d bytes, %v", len(text), err)
			}
		})
	}
}

// TestGetStream holds that GET goes to a stream in parts.
func TestGetStream(t *testing.T) {
	t.Parallel()
	db := open(t, snowflaketest.Start(t, nil))
	mustExec(t, db, "CREATE STAGE ST")
	want := bytes.Repeat([]byte("0123456789abcde\n"), 1<<20) // 16 MB: more than the least part that the driver fetches
	ctx := gosnowflake.WithFileStream(t.Context(), rewinding{bytes.NewReader(want)})
	if _, err := db.ExecContext(ctx, "PUT 'file:///nowhere/big.txt' @ST AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=NONE OVERWRITE=TRUE"); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	ctx = gosnowflake.WithFileGetStream(t.Context(), &got)
	ctx = gosnowflake.WithFileTransferOptions(ctx, &gosnowflake.SnowflakeFileTransferOptions{
		GetFileToStream: true, MultiPartThreshold: 5 << 20,
	})
	if _, err := db.ExecContext(ctx, "GET @ST/big.txt 'file://"+t.TempDir()+"'"); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%d bytes came back, want %d", got.Len(), len(want))
	}
}

// TestCountOnly holds that a server for measurements tells what a loader would load, and keeps no rows.
func TestCountOnly(t *testing.T) {
	t.Parallel()
	for _, route := range routes[1:] {
		t.Run(route.name, func(t *testing.T) {
			t.Parallel()
			srv := snowflaketest.Start(t, &snowflaketest.Options{CountOnly: true})
			db := open(t, srv)
			db.SetMaxOpenConns(1)
			mustExec(t, db, "CREATE STAGE ST "+route.stage, "CREATE TABLE T (ID NUMBER(38,0), V VARCHAR)")
			file := parquetFile(t, 0, 5000)
			for i := range 3 {
				ctx := gosnowflake.WithFileStream(t.Context(), rewinding{bytes.NewReader(file)})
				if _, err := db.ExecContext(ctx, fmt.Sprintf("PUT 'file:///nowhere/%d.parquet' @ST AUTO_COMPRESS=FALSE OVERWRITE=TRUE", i)); err != nil {
					t.Fatal(err)
				}
			}
			want := snowflaketest.Uploads{Files: 3, Rows: 15_000, Bytes: 3 * int64(len(file))}
			if got := srv.Uploads(); got != want {
				t.Errorf("the server counts %+v, want %+v", got, want)
			}
			loaded := query(t, db, "COPY INTO T FROM @ST FILE_FORMAT=(TYPE=PARQUET USE_VECTORIZED_SCANNER=TRUE) MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE")
			if len(loaded) != 3 || loaded[1][1] != "LOADED" || loaded[1][3] != "5000" {
				t.Errorf("COPY answers %v", loaded)
			}
			if got := query(t, db, "SELECT COUNT(*) FROM T"); got[0][0] != "0" {
				t.Errorf("the table has %s rows", got[0][0])
			}
			ctx := gosnowflake.WithFileStream(t.Context(), rewinding{bytes.NewReader([]byte("no Parquet"))})
			if _, err := db.ExecContext(ctx, "PUT 'file:///nowhere/x.parquet' @ST AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=NONE OVERWRITE=TRUE"); err == nil {
				t.Error("a file that is not Parquet was taken")
			}
		})
	}
}

// TestExternalStage holds that COPY reads what lies in a bucket, whose objects have their URLs as names, and that a bucket
// that nobody gave is refused.
func TestExternalStage(t *testing.T) {
	t.Parallel()
	bucket := memblob.OpenBucket(nil)
	defer bucket.Close()
	for key, from := range map[string]int{"in/a.parquet": 0, "in/more/b.parquet": 100, "inside/c.parquet": 200} {
		if err := bucket.WriteAll(t.Context(), key, parquetFile(t, from, 100), nil); err != nil {
			t.Fatal(err)
		}
	}
	db := open(t, snowflaketest.Start(t, &snowflaketest.Options{Buckets: map[string]*blob.Bucket{"s3://bucket": bucket}}))
	mustExec(t, db, "CREATE TABLE T (ID NUMBER(38,0), V VARCHAR)",
		"CREATE FILE FORMAT PQ TYPE = PARQUET", "CREATE STAGE HERE URL = 's3://bucket/in/'", "CREATE STAGE ELSEWHERE URL = 's3://bucket2/in/'")
	names := func(rows [][]string) (list []string) {
		for _, row := range rows {
			list = append(list, row[0])
		}
		return list
	}
	want := []string{"s3://bucket/in/a.parquet", "s3://bucket/in/more/b.parquet"}
	if got := names(query(t, db, "LIST @HERE")); !cmp.Equal(got, want) {
		t.Errorf("LIST has %v", got)
	}
	const load = "COPY INTO T FROM @%s FILE_FORMAT=(TYPE=PARQUET USE_VECTORIZED_SCANNER=TRUE) MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE "
	if got := names(query(t, db, fmt.Sprintf(load, "HERE")+"PURGE = TRUE FILES = ('a.parquet')")); !cmp.Equal(got, want[:1]) {
		t.Errorf("COPY of one file has loaded %v", got)
	}
	if there, err := bucket.Exists(t.Context(), "in/a.parquet"); err != nil || there {
		t.Errorf("PURGE has left the object: %t, %v", there, err)
	}
	if got := names(query(t, db, fmt.Sprintf(load, "HERE")+"PATTERN = 'in/.*[.]parquet'")); !cmp.Equal(got, want[1:]) {
		t.Errorf("COPY of the rest has loaded %v", got)
	}
	if got := query(t, db, fmt.Sprintf(load, "HERE")); !cmp.Equal(got, [][]string{{"Copy executed with 0 files processed."}}) {
		t.Errorf("COPY again answers %v", got)
	}
	if got := query(t, db, "SELECT COUNT(*), SUM(ID) FROM T"); !cmp.Equal(got, [][]string{{"200", "19900"}}) {
		t.Errorf("the table has %v", got)
	}
	if got := query(t, db, "SELECT DISTINCT METADATA$FILENAME FROM @HERE (FILE_FORMAT => 'PQ')"); !cmp.Equal(got, [][]string{{"in/more/b.parquet"}}) {
		t.Errorf("the files that are read are %v", got)
	}
	if got := names(query(t, db, "REMOVE @HERE/more/")); !cmp.Equal(got, want[1:]) {
		t.Errorf("REMOVE has removed %v", got)
	}
	if there, err := bucket.Exists(t.Context(), "inside/c.parquet"); err != nil || !there {
		t.Errorf("an object beside the stage is gone: %t, %v", there, err)
	}
	for statement, why := range map[string]string{
		fmt.Sprintf(load, "ELSEWHERE"):              "none of the buckets",
		fmt.Sprintf(load, "HERE") + "FILES = ('x')": "'s3://bucket/in/x' was not found",
		"PUT 'file:///nowhere/x.parquet' @HERE":     "PUT to an external stage",
		"GET @HERE 'file:///nowhere/'":              "GET from an external stage",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q", statement, err, why)
		}
	}
}

// TestBulkIngest sends what the ADBC driver for Snowflake sends to load a table: streams that are read once, a COPY that
// takes whatever is new, several at once, and counts of the table.
func TestBulkIngest(t *testing.T) {
	t.Parallel()
	db := open(t, snowflaketest.Start(t, nil))
	conn := one(t, db)
	exec := func(ctx context.Context, sql string, args ...any) {
		t.Helper()
		if _, err := conn.ExecContext(ctx, sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exec(t.Context(), `CREATE TABLE "ingested" ("ID" INTEGER, "V" TEXT)`)
	exec(t.Context(), "CREATE OR REPLACE TEMPORARY STAGE ADBC$BIND FILE_FORMAT=(TYPE=PARQUET USE_LOGICAL_TYPE=TRUE BINARY_AS_TEXT=FALSE USE_VECTORIZED_SCANNER=TRUE REPLACE_INVALID_CHARACTERS=TRUE)")
	const load = "COPY INTO IDENTIFIER(?) FROM @ADBC$BIND MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE"
	loaded := map[string]bool{}
	for i := range 3 {
		stream := gosnowflake.WithFileStream(t.Context(), bytes.NewReader(parquetFile(t, 100*i, 100)))
		exec(stream, fmt.Sprintf("PUT 'file:///tmp/placeholder/%d.parquet' @ADBC$BIND OVERWRITE = TRUE", i))
		rows, err := conn.QueryContext(t.Context(), load, `"ingested"`)
		for _, row := range rowsOf(t, rows, err) {
			loaded[filepath.Base(row[0])] = true
		}
	}
	if want := map[string]bool{"0.parquet": true, "1.parquet": true, "2.parquet": true}; !cmp.Equal(loaded, want) {
		t.Errorf("COPY has loaded %v", loaded)
	}
	rows, err := conn.QueryContext(t.Context(), load, `"ingested"`)
	if got := rowsOf(t, rows, err); !cmp.Equal(got, [][]string{{"Copy executed with 0 files processed."}}) {
		t.Errorf("COPY with nothing to load answers %v", got)
	}
	rows, err = conn.QueryContext(t.Context(), "SELECT COUNT(*), SUM(ID) FROM IDENTIFIER(?)", `"ingested"`)
	if got := rowsOf(t, rows, err); !cmp.Equal(got, [][]string{{"300", "44850"}}) {
		t.Errorf("the table has %v", got)
	}
}
