package snowflake

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/floedata/floe/dialect"
)

// internalStage is a stage of Snowflake's own: files grow on disk, and are uploaded by PUT.
type internalStage struct {
	s   *Sink
	dir stagingDir
}

// make implements store.
func (i *internalStage) make(ctx context.Context, c *sql.Conn) error {
	s := i.s
	if s.opts.Stage == "~" || s.opts.Stage == "%" {
		return nil
	}
	return execAll(ctx, c, "CREATE STAGE IF NOT EXISTS "+s.place.Of(s.opts.resolve(s.opts.Stage)))
}

// create implements store.
func (i *internalStage) create(_ context.Context, lane, name string) (upload, error) {
	f := &waitingFile{in: i, lane: lane, name: name}
	if i.s.opts.InMemory > 0 {
		return f, nil
	}
	return f, f.spill()
}

// waitingFile is a file that is uploaded once it is complete: in memory as long as it is small, and on disk from then on.
type waitingFile struct {
	in         *internalStage
	lane, name string
	small      []byte
	disk       *os.File // nil = it is in memory
}

// Write implements upload.
func (f *waitingFile) Write(p []byte) (int, error) {
	if f.disk == nil && int64(len(f.small)+len(p)) > f.in.s.opts.InMemory {
		if err := f.spill(); err != nil {
			return 0, err
		}
	}
	if f.disk != nil {
		return f.disk.Write(p)
	}
	f.small = append(f.small, p...)
	return len(p), nil
}

// spill puts on disk what is in memory.
func (f *waitingFile) spill() error {
	dir, err := f.in.dir.path()
	if err != nil {
		return err
	}
	f.disk, err = os.OpenFile(filepath.Join(dir, f.name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make a file to stage: %w", err)
	}
	_, err = f.disk.Write(f.small)
	f.small = nil
	return err
}

// finish implements upload.
func (f *waitingFile) finish(ctx context.Context) error {
	defer f.abandon()
	if f.disk == nil {
		return f.in.s.putBytes(ctx, f.name, f.small, f.lane)
	}
	info, err := f.disk.Stat()
	if err == nil {
		err = f.disk.Close()
	}
	if err != nil {
		return err
	}
	return f.in.s.put(ctx, f.disk.Name(), info.Size(), f.lane)
}

// abandon implements upload.
func (f *waitingFile) abandon() {
	f.small = nil
	if f.disk != nil {
		_ = f.disk.Close() // of a file that was uploaded, or is of no use
		_ = os.Remove(f.disk.Name())
	}
}

// list implements store.
func (i *internalStage) list(ctx context.Context, c *sql.Conn, lane string) ([]string, error) {
	s := i.s
	rows, err := c.QueryContext(ctx, "LIST "+s.stage(s.directory()+lane))
	if err != nil && s.opts.Stage == "%" && s.d.Classify(err) == dialect.Missing {
		return nil, nil // the table is not made yet
	}
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		var size, sum, modified any
		if err := rows.Scan(&name, &size, &sum, &modified); err != nil {
			return nil, err
		}
		names = append(names, name[strings.LastIndexByte(name, '/')+1:])
	}
	return names, rows.Err()
}

// remove implements store.
func (i *internalStage) remove(ctx context.Context, c *sql.Conn, prefix string) error {
	_, err := c.ExecContext(ctx, "REMOVE "+i.s.stage(i.s.directory()+prefix))
	return err
}

// close implements store.
func (i *internalStage) close() error { return i.dir.remove() }
