package snowflake

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/floedata/floe/internal/encode/parquet"
)

// files makes the files of one batch, one after the other, and uploads each beside the making of the next.
type files struct {
	w    *writer
	st   *staged
	plan *plan
	g    *errgroup.Group // of the uploads

	open *encoding
	list []stagedFile
}

// encoding is the file that is being written.
type encoding struct {
	*parquet.Writer
	to   *counted
	name string
	rows int64
	end  int64
}

// counted counts the bytes of an upload.
type counted struct {
	upload
	bytes int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.upload.Write(p)
	c.bytes += int64(n)
	return n, err
}

// write adds a record to the file, and ends the file where it is large enough; end is the ordinal behind its rows. ctx is
// the group's.
func (f *files) write(ctx context.Context, rec arrow.Record, end int64) error {
	if f.open == nil {
		e, err := f.create(ctx, rec.Schema())
		if err != nil {
			return err
		}
		f.open = e
	}
	if err := f.open.Write(rec); err != nil {
		return fmt.Errorf("encode %s: %w", f.open.name, err)
	}
	f.open.rows += rec.NumRows()
	f.open.end = end
	if f.open.Size() >= f.w.s.opts.FileSize {
		return f.close(ctx)
	}
	return nil
}

func (f *files) create(ctx context.Context, schema *arrow.Schema) (*encoding, error) {
	f.st.made++
	e := &encoding{name: f.st.file(f.st.made)}
	to, err := f.w.s.store.create(ctx, f.w.lane, e.name)
	if err != nil {
		return nil, err
	}
	e.to = &counted{upload: to}
	if e.Writer, err = f.writer(e.to, schema); err != nil {
		to.abandon()
		return nil, err
	}
	return e, nil
}

// writer returns one that another file is done with, if there is one.
func (f *files) writer(to io.Writer, schema *arrow.Schema) (*parquet.Writer, error) {
	if w, ok := f.plan.writers.Get().(*parquet.Writer); ok {
		return w, w.Reset(to)
	}
	codec := map[Compression]parquet.Codec{Zstd: parquet.Zstd, Snappy: parquet.Snappy, Uncompressed: parquet.None}[f.w.s.opts.Compression]
	return parquet.NewWriter(to, schema, &parquet.Options{Codec: codec})
}

// abandon drops the file that is being written.
func (f *files) abandon() {
	if f.open != nil {
		_ = f.open.Close() // for the memory that it holds
		f.open.to.abandon()
		f.open = nil
	}
}

// close ends the file that is being written, if there is one, and uploads it. ctx is the group's.
func (f *files) close(ctx context.Context) error {
	e := f.open
	f.open = nil
	if e == nil {
		return nil
	}
	if err := e.Close(); err != nil {
		e.to.abandon()
		return fmt.Errorf("encode %s: %w", e.name, err)
	}
	f.plan.writers.Put(e.Writer)
	f.list = append(f.list, stagedFile{name: e.name, rows: e.rows, bytes: e.to.bytes, end: e.end})
	f.g.Go(func() error {
		if err := e.to.finish(ctx); err != nil {
			return fmt.Errorf("upload %s: %w", e.name, err)
		}
		return nil
	})
	return nil
}
