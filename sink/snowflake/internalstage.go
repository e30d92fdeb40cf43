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
	dir, err := i.dir.path()
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make a file to stage: %w", err)
	}
	return &waitingFile{file, i.s, lane}, nil
}

// waitingFile is a file of the local disk that is uploaded once it is complete.
type waitingFile struct {
	*os.File
	s    *Sink
	lane string
}

// finish implements upload.
func (f *waitingFile) finish(ctx context.Context) error {
	defer f.abandon()
	info, err := f.Stat()
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return err
	}
	return f.s.put(ctx, f.Name(), info.Size(), f.lane)
}

// abandon implements upload.
func (f *waitingFile) abandon() {
	_ = f.Close() // of a file that was uploaded, or is of no use
	_ = os.Remove(f.Name())
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
