package snowflake

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"golang.org/x/sync/errgroup"

	"github.com/floedata/floe/internal/encode/parquet"
)

// stagingDir is where files wait for their upload.
type stagingDir struct {
	given string // by the user; "" = a temporary one

	mu   sync.Mutex
	made string
}

func (d *stagingDir) path() (string, error) {
	if d.given != "" {
		return d.given, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.made == "" {
		made, err := os.MkdirTemp("", "floe-snowflake-")
		if err != nil {
			return "", fmt.Errorf("make a staging directory: %w", err)
		}
		d.made = made
	}
	return d.made, nil
}

// remove removes the directory where it was made for the sink.
func (d *stagingDir) remove() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	made := d.made
	d.made = ""
	if made == "" {
		return nil
	}
	return os.RemoveAll(made)
}

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
	path string
	disk *os.File
	rows int64
	end  int64
}

// write adds a record to the file, and ends the file where it is large enough; end is the ordinal behind its rows.
func (f *files) write(ctx context.Context, rec arrow.Record, end int64) error {
	if f.open == nil {
		e, err := f.create(rec.Schema())
		if err != nil {
			return err
		}
		f.open = e
	}
	if err := f.open.Write(rec); err != nil {
		return fmt.Errorf("encode %s: %w", filepath.Base(f.open.path), err)
	}
	f.open.rows += rec.NumRows()
	f.open.end = end
	if f.open.Size() >= f.w.s.opts.FileSize {
		return f.close(ctx)
	}
	return nil
}

func (f *files) create(schema *arrow.Schema) (*encoding, error) {
	dir, err := f.w.s.dir.path()
	if err != nil {
		return nil, err
	}
	f.st.made++
	path := filepath.Join(dir, f.st.file(f.st.made))
	disk, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make a file to stage: %w", err)
	}
	e := &encoding{path: path, disk: disk}
	if e.Writer, err = f.writer(disk, schema); err != nil {
		e.remove()
		return nil, err
	}
	return e, nil
}

// writer returns one that another file is done with, if there is one.
func (f *files) writer(disk *os.File, schema *arrow.Schema) (*parquet.Writer, error) {
	if w, ok := f.plan.writers.Get().(*parquet.Writer); ok {
		return w, w.Reset(disk)
	}
	codec := map[Compression]parquet.Codec{Zstd: parquet.Zstd, Snappy: parquet.Snappy, Uncompressed: parquet.None}[f.w.s.opts.Compression]
	return parquet.NewWriter(disk, schema, &parquet.Options{Codec: codec})
}

func (e *encoding) remove() {
	_ = e.disk.Close()
	_ = os.Remove(e.path)
}

// abandon drops the file that is being written.
func (f *files) abandon() {
	if f.open != nil {
		_ = f.open.Close()
		f.open.remove()
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
	err := e.Close()
	if err == nil {
		f.plan.writers.Put(e.Writer)
		err = e.disk.Close()
	}
	if err != nil {
		e.remove()
		return fmt.Errorf("encode %s: %w", filepath.Base(e.path), err)
	}
	info, err := os.Stat(e.path)
	if err != nil {
		e.remove()
		return err
	}
	done := stagedFile{name: filepath.Base(e.path), rows: e.rows, bytes: info.Size(), end: e.end}
	f.list = append(f.list, done)
	f.g.Go(func() error {
		defer e.remove()
		return f.w.s.put(ctx, e.path, done.bytes, f.w.lane)
	})
	return nil
}
