package clouds

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/file"
)

var numbers = arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)

// record has the ids from first on.
func record(first, n int64) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, numbers)
	defer b.Release()
	for i := range n {
		b.Field(0).(*array.Int64Builder).Append(first + i)
	}
	return b.NewRecord()
}

// content writes ids in the format that a name says.
func content(t *testing.T, name string, first, n int64) []byte {
	t.Helper()
	rec := record(first, n)
	defer rec.Release()
	var out bytes.Buffer
	var err error
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "csv":
		out.WriteString("id\n")
		for i := range n {
			fmt.Fprintln(&out, first+i)
		}
	case "json":
		for i := range n {
			fmt.Fprintf(&out, "{\"id\": %d}\n", first+i)
		}
	case "parquet":
		table := array.NewTableFromRecords(numbers, []arrow.Record{rec})
		defer table.Release()
		err = pqarrow.WriteTable(table, &out, 1000, nil, pqarrow.DefaultWriterProps())
	case "arrow":
		var w *ipc.FileWriter
		if w, err = ipc.NewFileWriter(writeSeeker{&out}, ipc.WithSchema(numbers)); err == nil {
			if err = w.Write(rec); err == nil {
				err = w.Close()
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// writeSeeker is what the writer of files asks for, which only asks where it is.
type writeSeeker struct{ *bytes.Buffer }

func (w writeSeeker) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence == io.SeekStart {
		return 0, fmt.Errorf("seek %d %d", offset, whence)
	}
	return int64(w.Len()), nil
}

// seen is how far reading has come: how many rows of which sum are before a position.
type seen struct {
	position  string
	rows, sum int64
}

// read reads the files under URLs behind a position, and returns what was seen after each batch, none at least.
func read(t *testing.T, after string, urls ...string) []seen {
	t.Helper()
	all := []seen{{position: after}}
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	s, err := file.New(urls, &file.Options{Allocator: mem, BatchRows: 1000, BlockBytes: 4096})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	for p, err := range s.Partitions(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Open(t.Context(), after)
		if err != nil {
			t.Fatal(err)
		}
		for {
			var b source.Batch
			if b, err = r.Next(t.Context()); err != nil {
				break
			}
			now := all[len(all)-1]
			now.position = b.Position
			if b.Record != nil {
				ids := b.Record.Column(0).(*array.Int64)
				for i := range ids.Len() {
					now.sum += ids.Value(i)
				}
				now.rows += b.Record.NumRows()
				b.Record.Release()
			}
			all = append(all, now)
		}
		if err != io.EOF {
			t.Fatal(err)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	return all
}

// last is what was seen in the end.
func last(all []seen) seen { return all[len(all)-1] }

// TestSource: files of all formats are found and read, whole and from amid them on.
func TestSource(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		const n = 5000
		b := p.bucket(t)
		names := []string{"in/a.csv", "in/deep/b.parquet", "in/deep/c.arrow", "in/d e+f%.json"}
		for i, name := range names {
			if err := b.WriteAll(t.Context(), name, content(t, name, int64(i)*n, n), nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.WriteAll(t.Context(), "input.csv", content(t, "input.csv", 1<<40, 1), nil); err != nil {
			t.Fatal(err)
		}
		total := int64(len(names) * n)
		whole := read(t, "", p.path+"in/"+p.query)
		end := last(whole)
		if end.rows != total || end.sum != total*(total-1)/2 || len(whole) < 10 {
			t.Fatalf("%d rows of sum %d in %d batches", end.rows, end.sum, len(whole))
		}
		for _, from := range []seen{whole[1], whole[len(whole)/2], end} {
			rest := last(read(t, from.position, p.path+"in/"+p.query))
			if rest.rows != end.rows-from.rows || rest.sum != end.sum-from.sum {
				t.Errorf("%d rows of sum %d are behind %d rows of sum %d", rest.rows, rest.sum, from.rows, from.sum)
			}
		}
		some := last(read(t, "", p.path+"in/deep/*.parquet"+p.query, p.path+"in/a.csv"+p.query))
		if some.rows != 2*n || some.sum != 2*n*(2*n-1)/2 {
			t.Errorf("%d rows of sum %d of a pattern and a name", some.rows, some.sum)
		}
	})
}
