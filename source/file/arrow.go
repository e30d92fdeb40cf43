package file

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// arrowBuffer is what is read of an Arrow stream at once, at least.
const arrowBuffer = 256 << 10

// isArrowFile tells the file format from the stream format, and both from what they are taken for.
func isArrowFile(r io.ReaderAt, size int64) (bool, error) {
	if size == 0 {
		return false, errors.New("not an Arrow file: it is empty")
	}
	head := make([]byte, min(size, 8))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return false, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("ARROW1")):
		return true, nil
	case bytes.HasPrefix(head, []byte("FEA1")):
		return false, errors.New("not an Arrow file but Feather version 1: write it again as version 2, which is Arrow IPC")
	case len(head) == 8 && head[3] == 0xff || len(head) == 8 && head[3] == 0:
		return false, nil // a message's length, with or without the mark before it
	}
	return false, fmt.Errorf("not an Arrow file: it begins with %q", head)
}

// probeArrow reads the schema, and of a file the number of rows.
func probeArrow(ctx context.Context, e *entry) (shape, error) {
	r, err := e.store.openAt(ctx, e)
	if err != nil {
		return shape{}, err
	}
	defer r.Close()
	isFile, err := isArrowFile(r, e.size)
	if err != nil {
		return shape{}, err
	}
	if !isFile {
		stream, err := newArrowStream(bufio.NewReaderSize(io.NewSectionReader(r, 0, e.size), 64<<10), memory.DefaultAllocator)
		if err != nil {
			return shape{}, err
		}
		defer stream.close()
		return shape{schema: stream.r.Schema(), rows: -1}, nil
	}
	f, err := openArrowFile(r, e.size)
	if err != nil {
		return shape{}, err
	}
	defer f.Close()
	return shape{schema: f.Schema(), rows: arrowRows(r, e.size)}, nil
}

// openArrowFile opens the file format. Corrupt files make the library panic.
func openArrowFile(r io.ReaderAt, size int64) (f *ipc.FileReader, err error) {
	defer recovered(&err)
	// The library does not release the dictionaries of a file, nor the buffers of a record that it fails to
	// read: only Go's own memory may be used here.
	f, err = ipc.NewFileReader(io.NewSectionReader(r, 0, size), ipc.WithAllocator(memory.NewGoAllocator()))
	if err != nil {
		return nil, fmt.Errorf("the Arrow file is cut off or corrupt: %w", err)
	}
	return f, nil
}

func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the Arrow file is cut off or corrupt: %v", p)
	}
}

// scanArrow gives the record batches from a place on, cut to BatchRows.
func scanArrow(ctx context.Context, e *entry, v *view, opts *Options, at place, out *feed) error {
	r, err := e.store.openAt(ctx, e)
	if err != nil {
		return err
	}
	defer r.Close()
	a := newAdapter(opts.Allocator, v.shapes[e.name].schema, v.schema)
	isFile, err := isArrowFile(r, e.size)
	if err != nil {
		return err
	}
	if isFile {
		return scanArrowFile(ctx, r, e.size, opts.BatchRows, a, at, out)
	}
	return scanArrowStream(ctx, r, e.size, opts, a, at, out)
}

func scanArrowFile(ctx context.Context, r io.ReaderAt, size, batchRows int64, a *adapter, at place, out *feed) error {
	f, err := openArrowFile(r, size)
	if err != nil {
		return err
	}
	defer f.Close()
	if at.offset > int64(f.NumRecords()) {
		return fmt.Errorf("the file has %d record batches, %d were read already", f.NumRecords(), at.offset)
	}
	for ; at.offset < int64(f.NumRecords()); at = (place{offset: at.offset + 1}) {
		rec, err := recordAt(f, int(at.offset))
		if err != nil {
			return fmt.Errorf("record batch %d: %w", at.offset, err)
		}
		if err := putSlices(ctx, rec, batchRows, a, at, out); err != nil {
			return err
		}
	}
	return nil
}

func recordAt(f *ipc.FileReader, i int) (rec arrow.Record, err error) {
	defer recovered(&err)
	return f.RecordAt(i)
}

func scanArrowStream(ctx context.Context, r io.ReaderAt, size int64, opts *Options, a *adapter, at place, out *feed) error {
	s, err := newArrowStream(bufio.NewReaderSize(io.NewSectionReader(r, 0, size), arrowBuffer), opts.Allocator)
	if err != nil {
		return err
	}
	defer s.close()
	for n := int64(0); ; n++ {
		rec, err := s.next()
		if err == io.EOF && n < at.offset {
			return fmt.Errorf("the stream has %d record batches, %d were read already", n, at.offset)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("record batch %d: %w", n, err)
		}
		if n < at.offset {
			continue
		}
		from := place{offset: n}
		if n == at.offset {
			from = at
		}
		rec.Retain()
		if err := putSlices(ctx, rec, opts.BatchRows, a, from, out); err != nil {
			return err
		}
	}
}

// putSlices takes a record batch over and gives its rows from a place on, so many at a time.
func putSlices(ctx context.Context, rec arrow.Record, batchRows int64, a *adapter, at place, out *feed) error {
	defer rec.Release()
	rows := rec.NumRows()
	if at.row > rows {
		return fmt.Errorf("record batch %d: it has %d rows, %d were read already", at.offset, rows, at.row)
	}
	for from := at.row; from < rows; from += batchRows {
		to := min(from+batchRows, rows)
		part, err := a.adapt(ctx, rec.NewSlice(from, to))
		if err != nil {
			return fmt.Errorf("record batch %d: %w", at.offset, err)
		}
		after := place{offset: at.offset, row: to}
		if to == rows {
			after = place{offset: at.offset + 1}
		}
		if err := out.put(ctx, piece{rec: part, after: after}); err != nil {
			return err
		}
	}
	return nil
}

// arrowStream reads the stream format.
type arrowStream struct {
	r        *ipc.Reader
	messages *strictMessages
}

func newArrowStream(r io.Reader, mem memory.Allocator) (*arrowStream, error) {
	counted := &countingReader{r: r}
	messages := &strictMessages{MessageReader: ipc.NewMessageReader(counted, ipc.WithAllocator(mem)), read: counted}
	reader, err := ipc.NewReaderFromMessageReader(messages, ipc.WithAllocator(mem))
	if err != nil {
		return nil, fmt.Errorf("the Arrow stream is cut off or corrupt: %w", err)
	}
	return &arrowStream{r: reader, messages: messages}, nil
}

// next returns a record that is good until the next call.
func (s *arrowStream) next() (arrow.Record, error) {
	if s.r.Next() {
		return s.r.Record(), nil
	}
	err := s.r.Err()
	if s.messages.err != nil {
		err = s.messages.err
	}
	if err == nil {
		return nil, io.EOF
	}
	return nil, fmt.Errorf("the Arrow stream is cut off or corrupt: %w", err)
}

func (s *arrowStream) close() { s.r.Release() }

// strictMessages finds streams that end within a message. The library takes some of those for the end.
type strictMessages struct {
	ipc.MessageReader
	read *countingReader
	err  error
}

// Message implements ipc.MessageReader.
func (s *strictMessages) Message() (*ipc.Message, error) {
	before := s.read.n
	m, err := s.MessageReader.Message()
	// The end marker is io.EOF itself; an end in place of a further message has read nothing.
	if err != nil && err != io.EOF && (s.read.n > before || !errors.Is(err, io.EOF)) {
		s.err = err
		if errors.Is(err, io.EOF) {
			s.err = io.ErrUnexpectedEOF
		}
		return m, s.err
	}
	return m, err
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
