package file_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/file"
)

// checked returns an allocator that must be empty when the test ends, and sees to it that no goroutine is left.
func checked(t *testing.T) *memory.CheckedAllocator {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		mem.AssertSize(t, 0)
		for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; {
			if time.Now().After(deadline) {
				buf := make([]byte, 1<<20)
				t.Fatalf("%d goroutines are left of %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
			}
			time.Sleep(time.Millisecond)
		}
	})
	return mem
}

// write makes a file below dir and returns its path.
func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

// touch gives a file a time of modification, so that a change within the clock's precision is seen.
func touch(t testing.TB, p string, seconds int64) {
	t.Helper()
	if err := os.Chtimes(p, time.Unix(seconds, 0), time.Unix(seconds, 0)); err != nil {
		t.Fatal(err)
	}
}

func gz(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zst(t testing.TB, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(text), nil))
}

// numbers returns records with the columns id and name, of rows each.
func numbers(mem memory.Allocator, from, records, rows int) []arrow.Record {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	var out []arrow.Record
	for range records {
		b := array.NewRecordBuilder(mem, schema)
		for range rows {
			b.Field(0).(*array.Int64Builder).Append(int64(from))
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("n", from))
			from++
		}
		out = append(out, b.NewRecord())
		b.Release()
	}
	return out
}

// arrowFile returns records in the file format, or as a stream.
func arrowFile(t testing.TB, stream bool, recs ...arrow.Record) string {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var w interface {
		Write(arrow.Record) error
		Close() error
	}
	if stream {
		w = ipc.NewWriter(out, ipc.WithSchema(recs[0].Schema()))
	} else if w, err = ipc.NewFileWriter(out, ipc.WithSchema(recs[0].Schema())); err != nil {
		t.Fatal(err)
	}
	for _, r := range recs {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, r := range recs {
		r.Release()
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// parquetFile returns the records of numbers as Parquet, a row group each.
func parquetFile(t testing.TB, recs ...arrow.Record) string {
	t.Helper()
	type row struct {
		ID   *int64 `parquet:"id,optional"`
		Name string `parquet:"name,optional"`
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b)
	for _, rec := range recs {
		rows := make([]row, rec.NumRows())
		for i := range rows {
			id := rec.Column(0).(*array.Int64).Value(i)
			rows[i] = row{&id, rec.Column(1).(*array.String).Value(i)}
		}
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		rec.Release()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// csvNumbers returns the rows of numbers as CSV with a header.
func csvNumbers(from, rows int) string {
	var b strings.Builder
	b.WriteString("id,name\n")
	for i := from; i < from+rows; i++ {
		fmt.Fprintf(&b, "%d,n%d\n", i, i)
	}
	return b.String()
}

func jsonNumbers(from, rows int) string {
	var b strings.Builder
	for i := from; i < from+rows; i++ {
		fmt.Fprintf(&b, "{\"id\":%d,\"name\":\"n%d\"}\n", i, i)
	}
	return b.String()
}

// batch is a batch as text.
type batch struct {
	rows     []string // a line a row
	rejected []string // the reasons
	position string
}

// result is what a run gave.
type result struct {
	schema  *arrow.Schema
	batches []batch
}

func (r result) rows() []string {
	var out []string
	for _, b := range r.batches {
		out = append(out, b.rows...)
	}
	return out
}

func (r result) rejected() []string {
	var out []string
	for _, b := range r.batches {
		out = append(out, b.rejected...)
	}
	return out
}

func (r result) position() string {
	if len(r.batches) == 0 {
		return ""
	}
	return r.batches[len(r.batches)-1].position
}

// lines renders the rows of a record.
func lines(rec arrow.Record) []string {
	out := make([]string, rec.NumRows())
	for i := range out {
		var b strings.Builder
		for c := range rec.Columns() {
			if c > 0 {
				b.WriteByte('|')
			}
			col := rec.Column(c)
			if col.IsNull(i) {
				b.WriteString("NULL")
			} else {
				b.WriteString(col.ValueStr(i))
			}
		}
		out[i] = b.String()
	}
	return out
}

// partition returns the one partition of a source.
func partition(ctx context.Context, s *file.Source) (source.Partition, error) {
	var got []source.Partition
	for p, err := range s.Partitions(ctx) {
		if err != nil {
			return nil, err
		}
		got = append(got, p)
	}
	if len(got) != 1 {
		return nil, fmt.Errorf("%d partitions", len(got))
	}
	return got[0], nil
}

// run reads everything after a position; at most max batches where that is more than 0.
func run(ctx context.Context, s *file.Source, after string, most int) (res result, err error) {
	p, err := partition(ctx, s)
	if err != nil {
		return res, err
	}
	r, err := p.Open(ctx, after)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, r.Close(ctx)) }()
	res.schema = r.Schema()
	for most <= 0 || len(res.batches) < most {
		b, err := r.Next(ctx)
		if err == io.EOF {
			return res, nil
		}
		if err != nil {
			return res, err
		}
		got := batch{position: b.Position}
		if b.Record != nil {
			if !b.Record.Schema().Equal(res.schema) {
				b.Release()
				return res, fmt.Errorf("a record has the schema %v, the reader %v", b.Record.Schema(), res.schema)
			}
			got.rows = lines(b.Record)
		}
		if b.Rejected != nil {
			for _, reason := range b.Rejected.Reasons {
				got.rejected = append(got.rejected, fmt.Sprintf("%d %s %s", reason.Row, reason.Column, reason.Message))
			}
		}
		b.Release()
		res.batches = append(res.batches, got)
	}
	return res, nil
}

// read makes a source of paths, reads all of it and closes it.
func read(t testing.TB, opts *file.Options, paths ...string) (result, error) {
	t.Helper()
	s, err := file.New(paths, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	return run(t.Context(), s, "", 0)
}

func mustRead(t testing.TB, opts *file.Options, paths ...string) result {
	t.Helper()
	res, err := read(t, opts, paths...)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// want returns the lines of numbers.
func want(from, rows int) []string {
	var out []string
	for i := from; i < from+rows; i++ {
		out = append(out, fmt.Sprintf("%d|n%d", i, i))
	}
	return out
}
