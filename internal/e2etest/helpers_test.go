package e2etest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	_ "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
	"github.com/floedata/floe/source/file"
)

// work is a pipeline from files into a table of a DuckDB file.
type work struct {
	name  string // of the pipeline; "" = "e2e"
	paths []string
	db    string
	table string // "" = "t"
	from  file.Options
	to    duckdb.Options
	opts  floe.Options
}

// into is the pipeline of the files under paths into a fresh database.
func into(t testing.TB, paths ...string) work {
	return work{paths: paths, db: filepath.Join(t.TempDir(), "target.duckdb")}
}

// run opens source and sink, runs the pipeline once and closes both. Records that are not released fail the test.
func (w work) run(t testing.TB) (res floe.Result, err error) {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	w.from.Allocator, w.opts.Allocator = mem, mem
	return w.start(t.Context(), nil)
}

// start is run without a test; running is told the pipeline before it runs.
func (w work) start(ctx context.Context, running func(*floe.Pipeline)) (res floe.Result, err error) {
	closing := context.WithoutCancel(ctx)
	src, err := file.New(w.paths, &w.from)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, src.Close(closing)) }()
	dst, err := duckdb.Open(w.db, w.tableName(), &w.to)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, dst.Close(closing)) }()
	p, err := floe.New(w.pipeline(), src, dst, w.options())
	if err != nil {
		return res, err
	}
	if running != nil {
		running(p)
	}
	return p.Run(ctx)
}

func (w work) options() *floe.Options {
	o := w.opts
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &o
}

func (w work) tableName() string {
	if w.table == "" {
		return "t"
	}
	return w.table
}

func (w work) pipeline() string {
	if w.name == "" {
		return "e2e"
	}
	return w.name
}

// must runs the pipeline and checks how many rows it read, wrote and rejected.
func (w work) must(t testing.TB, read, written, rejected int64) floe.Result {
	t.Helper()
	res, err := w.run(t)
	if err != nil {
		t.Fatal(err)
	}
	got := [3]int64{res.Read, res.Written, res.Rejected}
	if want := [3]int64{read, written, rejected}; got != want {
		t.Fatalf("read, written and rejected are %v, want %v", got, want)
	}
	return res
}

// look opens a database file until the test ends or the returned function is called.
func look(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// ask opens a database file, asks one query and closes it: the next run opens it anew.
func ask(t testing.TB, path, query string) []string {
	t.Helper()
	db := look(t, path)
	defer db.Close()
	return lines(t, db, query)
}

// do runs statements in a database file.
func do(t testing.TB, path string, statements ...string) {
	t.Helper()
	db := look(t, path)
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// lines answers the rows of a query, the values as texts joined by bars.
func lines(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	values := make([]sql.NullString, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		texts := make([]string, len(columns))
		for i, v := range values {
			texts[i] = "NULL"
			if v.Valid {
				texts[i] = v.String
			}
		}
		list = append(list, strings.Join(texts, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return list
}

// same holds the rows of two queries against each other, as multisets: each row must come from both equally often.
func same(t testing.TB, path, want, got string) {
	t.Helper()
	db := look(t, path)
	defer db.Close()
	difference := "SELECT sum(_floe_n)::BIGINT AS _floe_surplus, * EXCLUDE (_floe_n) FROM (SELECT -1 AS _floe_n, * FROM (" + want +
		") UNION ALL SELECT 1, * FROM (" + got + ")) GROUP BY ALL HAVING _floe_surplus <> 0"
	if rows := lines(t, db, "SELECT *, count(*) OVER () FROM ("+difference+") ORDER BY ALL LIMIT 5"); len(rows) > 0 {
		t.Errorf("rows differ; the first number says how often one is surplus, below 0 missing, the last how many differ:\n%s", strings.Join(rows, "\n"))
	}
}

// columns holds the names and types of a table against want.
func columns(t testing.TB, path, table string, want ...string) {
	t.Helper()
	got := ask(t, path, "SELECT column_name || ' ' || data_type FROM duckdb_columns() WHERE table_name = '"+table+"' ORDER BY column_index")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns mismatch (-want +got):\n%s", diff)
	}
}

// tables answers the tables of a database file, but for those of the sink itself.
func tables(t testing.TB, path string) []string {
	t.Helper()
	return ask(t, path, "SELECT table_name FROM duckdb_tables() WHERE NOT starts_with(table_name, '_floe') ORDER BY 1")
}

// write puts a file into dir and answers its path.
func write(t testing.TB, dir, name string, content []byte) string {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.WriteFile(p, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

// some is a part of the rows that most tests load, as a query: id, name and value.
func some(from, to int) string {
	return fmt.Sprintf("SELECT i AS id, 'row-' || i AS name, i / 2 AS value FROM range(%d, %d) r(i)", from, to)
}

// forms are the formats in which make can write rows, as the ends of file names.
func forms() []string { return []string{".csv", ".json", ".ndjson", ".parquet", ".arrow"} }

// made answers the rows of some as the content of a file.
func made(t testing.TB, form string, from, to int) []byte {
	t.Helper()
	var b bytes.Buffer
	switch form {
	case ".csv":
		b.WriteString("id,name,value\n")
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, "%d,row-%d,%v\n", i, i, float64(i)/2)
		}
	case ".ndjson", ".json":
		for i := from; i < to; i++ {
			if form == ".json" {
				b.WriteString(map[bool]string{true: "[", false: ",\n"}[i == from])
			}
			fmt.Fprintf(&b, `{"id":%d,"name":"row-%d","value":%v}`, i, i, float64(i)/2)
			if form == ".ndjson" {
				b.WriteByte('\n')
			}
		}
		if form == ".json" {
			b.WriteString("]\n")
		}
	case ".parquet":
		return parquet(t, some(from, to))
	case ".arrow":
		return arrowFile(t, from, to)
	default:
		t.Fatalf("no form %q", form)
	}
	return b.Bytes()
}

// parquet lets DuckDB write the rows of a query as a Parquet file with row groups of 2,048 rows.
func parquet(t testing.TB, query string) []byte {
	t.Helper()
	p := filepath.Join(t.TempDir(), "made.parquet")
	do(t, "", "COPY ("+query+") TO '"+p+"' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
	b, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func gz(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// at puts a path into a query, where {} is.
func at(query, path string) string {
	return strings.ReplaceAll(query, "{}", strings.ReplaceAll(path, "'", "''"))
}

// asStruct writes columns, each a name and a type, as DuckDB's readers take them.
func asStruct(columns []string) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		k := strings.LastIndexByte(c, ' ')
		list[i] = "'" + c[:k] + "': '" + c[k+1:] + "'"
	}
	return "{" + strings.Join(list, ", ") + "}"
}

// box is a DuckDB file for dead letters.
type box struct {
	path string
	sink *duckdb.Sink
}

func letterbox(t testing.TB) box {
	t.Helper()
	b := box{path: filepath.Join(t.TempDir(), "letters.duckdb")}
	var err error
	if b.sink, err = duckdb.Open(b.path, "letters", &duckdb.Options{Evolve: sink.AddColumns}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.sink.Close(context.Background()) })
	return b
}

func (b box) close(t testing.TB) {
	t.Helper()
	if err := b.sink.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// arrowFile writes the rows of some as an Arrow file of records of 1,000 rows.
func arrowFile(t testing.TB, from, to int) []byte {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "name", Type: arrow.BinaryTypes.String},
		{Name: "value", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	f, err := os.Create(filepath.Join(t.TempDir(), "made.arrow"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := ipc.NewFileWriter(f, ipc.WithSchema(schema))
	if err != nil {
		t.Fatal(err)
	}
	build := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	defer build.Release()
	for i := from; i < to; i++ {
		build.Field(0).(*array.Int64Builder).Append(int64(i))
		build.Field(1).(*array.StringBuilder).Append(fmt.Sprint("row-", i))
		build.Field(2).(*array.Float64Builder).Append(float64(i) / 2)
		if i == to-1 || (i-from)%1000 == 999 {
			rec := build.NewRecord()
			err := w.Write(rec)
			rec.Release()
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// says checks that err has all of the texts.
func says(t testing.TB, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one that says %q", texts)
	}
	if i := slices.IndexFunc(texts, func(s string) bool { return !strings.Contains(err.Error(), s) }); i >= 0 {
		t.Errorf("the error does not say %q: %v", texts[i], err)
	}
}
