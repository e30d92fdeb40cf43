package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// filesTable has a row for each file that a pipe was told of: what Snowflake keeps with the pipe, apart from what COPY keeps
// with the table. path is the file's as the pipe is told of it. event is 0 while the file waits, and then the place of its load
// among all; at is when it was loaded, or until then when the pipe was told of it. due is when it may be loaded, by the clock
// of the machine: a test may have stopped that of the account.
const filesTable = `CREATE TABLE IF NOT EXISTS floe_pipe_files (
	pipe BIGINT NOT NULL, number BIGINT NOT NULL, path VARCHAR NOT NULL, due BIGINT NOT NULL, event BIGINT NOT NULL, at BIGINT NOT NULL,
	doc VARCHAR NOT NULL)`

// noticedTable has the objects that pipes with AUTO_INGEST have been notified of.
const noticedTable = `CREATE TABLE IF NOT EXISTS floe_pipe_noticed (
	pipe BIGINT NOT NULL, path VARCHAR NOT NULL, modified BIGINT NOT NULL)`

// PipeFile is a file that a pipe is told of.
type PipeFile struct {
	Path string // below the location in the pipe's statement
	Size int64  // in bytes, 0 = not known
}

// Queued is what became of files that a pipe was told of.
type Queued struct {
	Queued    []string
	Skipped   []string // the pipe knows them: they wait, were loaded, or failed
	Unmatched []string // they do not match the pipe's PATTERN
}

// delivery is a file that a pipe was told of, and what became of it.
type delivery struct {
	event    int64 // the place of its load among all; 0 while it waits
	Size     int64 // as the client said
	Received time.Time
	Load     load   // what became of it
	System   string // why it was not processed, if it was not
}

// InsertFiles tells a pipe of files, which it will load. They are in its queue, for good, when InsertFiles returns. The name of
// the pipe has all its parts. Errors of what the caller may not know or do are *Error.
func (s *Session) InsertFiles(ctx context.Context, name string, files []PipeFile) (Queued, error) {
	var out Queued
	err := s.atomically(ctx, func(w *work) error {
		o, err := w.pipeNamed(name, "OPERATE")
		if err != nil {
			return err
		}
		if o.Pipe.Streaming {
			return compilation(1008, "22023", "Pipe %s takes rows, not files.", w.e.catalog.full(o)) // approximate: code and text
		}
		// Who names files needs what the pipe's owner needs, documented. A pipe that has lost its table or stage takes names.
		var stopped *stoppedError
		if _, err := w.opened(o); err != nil && !errors.As(err, &stopped) {
			return err
		}
		out, err = w.queue(o, files)
		return err
	})
	if err != nil {
		return Queued{}, answer(ctx, err)
	}
	return out, nil
}

// pipeNamed finds a pipe by its full name as calls have it: as it is in the catalog, or as in SQL.
func (w *work) pipeNamed(name, privilege string) (*object, error) {
	c := &w.e.catalog
	gone := missing(syntax.Pipe, name)
	var o *object
	find := func(parts []string) {
		if len(parts) != 3 || o != nil {
			return
		}
		if db := c.find(0, syntax.Database, parts[0], 0); db != nil {
			if sc := c.find(db.ID, syntax.Schema, parts[1], 0); sc != nil {
				o = c.find(sc.ID, syntax.Pipe, parts[2], 0)
			}
		}
	}
	find(strings.Split(name, "."))
	if n, err := syntax.ParseName(name); err == nil {
		find(n.Parts)
	}
	if o == nil || !w.visible(o) {
		return nil, gone
	}
	return o, w.authorize(o, privilege)
}

// queue enters files into the queue of a pipe, but for those that it knows.
func (w *work) queue(o *object, files []PipeFile) (Queued, error) {
	out := Queued{}
	known, err := w.knownFiles(o)
	if err != nil {
		return out, err
	}
	now := w.e.now()
	due := time.Now().Add(w.e.options.PipeDelay).UnixNano()
	const most = 500 // rows of one statement
	var rows []string
	var args []any
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		err := w.exec(`INSERT INTO floe_pipe_files VALUES `+strings.Join(rows, ", "), args...)
		rows, args = rows[:0], args[:0]
		return err
	}
	for _, f := range files {
		match, err := o.Pipe.matches(f.Path)
		if err != nil {
			return out, err
		}
		key := strings.TrimPrefix(f.Path, "/")
		switch {
		case !match:
			out.Unmatched = append(out.Unmatched, f.Path)
			continue
		case known[key]:
			out.Skipped = append(out.Skipped, f.Path)
			continue
		}
		known[key] = true
		out.Queued = append(out.Queued, f.Path)
		doc, err := json.Marshal(delivery{Size: f.Size, Received: now})
		if err != nil {
			return out, err
		}
		rows = append(rows, `(?, ?, ?, ?, 0, ?, ?)`)
		args = append(args, o.ID, w.e.number(), key, due, now.UnixNano(), string(doc))
		if len(rows) == most {
			if err := flush(); err != nil {
				return out, err
			}
		}
	}
	w.done = append(w.done, w.e.conveyor.wake)
	return out, flush()
}

// knownFiles returns the files that a pipe would not load again: those that wait, and those that it has loaded, or failed to, in
// the last 14 days. Older ones are forgotten.
func (w *work) knownFiles(o *object) (map[string]bool, error) {
	since := w.e.now().Add(-pipeMemory).UnixNano()
	if err := w.exec(`DELETE FROM floe_pipe_files WHERE pipe = ? AND event <> 0 AND at < ?`, o.ID, since); err != nil {
		return nil, err
	}
	rows, err := w.conn.QueryContext(w.ctx, `SELECT path FROM floe_pipe_files WHERE pipe = ?`, o.ID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := map[string]bool{}
	for rows.Next() {
		var path string
		if err := rows.Scan(&path); err != nil {
			return nil, err
		}
		out[path] = true
	}
	return out, rows.Err()
}

// forgetFiles forgets all that a pipe was told of.
func (w *work) forgetFiles(o *object) error {
	for _, table := range []string{"floe_pipe_files", "floe_pipe_noticed"} {
		if err := w.exec(fmt.Sprintf(`DELETE FROM %s WHERE pipe = ?`, table), o.ID); err != nil {
			return err
		}
	}
	return nil
}

// overlook takes the objects that are on the stage of a new pipe for ones that it has been notified of: it is of those that come.
func (w *work) overlook(o *object) error {
	_, err := w.notice(o)
	return err
}

// notice returns the objects on a pipe's stage that are new since it was last called, or were written again.
func (w *work) notice(o *object) ([]PipeFile, error) {
	l, err := w.opened(o)
	if err != nil {
		return nil, err
	}
	s := l.spot
	s.path = directory(s.path)
	found, err := w.files(s, "", nil)
	if err != nil {
		return nil, err
	}
	rows, err := w.conn.QueryContext(w.ctx, `SELECT path, modified FROM floe_pipe_noticed WHERE pipe = ?`, o.ID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	noticed := map[string]int64{}
	for rows.Next() {
		var path string
		var modified int64
		if err := rows.Scan(&path, &modified); err != nil {
			return nil, err
		}
		noticed[path] = modified
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var out []PipeFile
	for _, f := range found {
		path := strings.TrimPrefix(f.name, s.path)
		at, ok := noticed[path]
		if ok && at == f.modified.UnixNano() {
			continue
		}
		if ok {
			err = w.exec(`UPDATE floe_pipe_noticed SET modified = ? WHERE pipe = ? AND path = ?`, f.modified.UnixNano(), o.ID, path)
		} else {
			err = w.exec(`INSERT INTO floe_pipe_noticed VALUES (?, ?, ?)`, o.ID, path, f.modified.UnixNano())
		}
		if err != nil {
			return nil, err
		}
		out = append(out, PipeFile{Path: path, Size: f.size})
	}
	return out, nil
}
