package engine

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// How often a pipe that cannot begin to load is tried again, and how often stages of pipes with AUTO_INGEST are looked at.
const (
	pipeRetry  = 100 * time.Millisecond
	pipeNotice = 50 * time.Millisecond
	pipeIdle   = time.Hour // it is woken before
)

// conveyor loads the files that pipes were told of, one after another, in the background. All that it knows is in the tables:
// it goes on where another process was killed.
type conveyor struct {
	work    chan struct{} // there may be something to load
	stop    context.CancelFunc
	stopped chan struct{}
}

// wake says that there may be something to load.
func (c *conveyor) wake() {
	select {
	case c.work <- struct{}{}:
	default: // it knows
	}
}

// convey starts the conveyor.
func (e *Engine) convey() {
	ctx, stop := context.WithCancel(context.Background())
	e.conveyor.stop, e.conveyor.stopped = stop, make(chan struct{})
	go func() {
		defer close(e.conveyor.stopped)
		timer := time.NewTimer(0)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-e.conveyor.work:
			case <-timer.C:
			}
			timer.Reset(e.loadDue(ctx))
		}
	}()
}

// end stops the conveyor; the file that it is loading stays in its queue.
func (c *conveyor) end() {
	if c.stop != nil {
		c.stop()
		<-c.stopped
	}
}

// loadDue loads all files that are due, and returns how long nothing is to be done then, unless something wakes the conveyor.
func (e *Engine) loadDue(ctx context.Context) time.Duration {
	e.noticeObjects(ctx)
	stopped := map[int64]bool{} // pipes that cannot load now
	var next time.Duration
	for done := false; !done && ctx.Err() == nil; {
		next, done = e.loadNext(ctx, stopped)
	}
	if len(stopped) > 0 {
		next = min(next, pipeRetry)
	}
	if e.autoIngests() {
		next = min(next, pipeNotice)
	}
	return next
}

func (e *Engine) autoIngests() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.catalog.all(syntax.Pipe), func(o *object) bool { return o.Pipe.AutoIngest })
}

// undelivered is a file in the queue of a pipe.
type undelivered struct {
	number int64
	path   string
	delivery
}

// loadNext loads the file that is due first. Where none is, done says so, and wait how long it is until one will be.
func (e *Engine) loadNext(ctx context.Context, stopped map[int64]bool) (wait time.Duration, done bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	pipes := e.catalog.all(syntax.Pipe)
	pipes = slices.DeleteFunc(pipes, func(o *object) bool { return o.Pipe.Paused || o.Pipe.Streaming || stopped[o.ID] })
	if len(pipes) == 0 {
		return pipeIdle, true
	}
	itself := &Session{e: e}
	var o *object
	var f undelivered
	err := itself.locked(ctx, func(w *work) (err error) {
		o, f, wait, err = w.next(pipes)
		return err
	})
	if err != nil {
		return pipeRetry, true
	}
	if o == nil {
		return wait, true
	}
	err = e.owner(o).locked(ctx, func(w *work) error { return w.deliver(o, f) })
	var why *stoppedError
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return pipeIdle, true
	case errors.As(err, &why):
		stopped[o.ID], err = true, nil // others go on
		if o.Pipe.Fault != why.err.Message {
			err = itself.locked(ctx, func(w *work) error {
				o := e.catalog.objects[o.ID] // what failed may have had the catalog read again
				o.Pipe.Fault, o.Pipe.FaultAt = why.err.Message, e.now()
				return w.save(o)
			})
		}
	default:
		f.System = answer(ctx, err).Message
		err = itself.locked(ctx, func(w *work) error {
			return w.delivered(e.catalog.objects[o.ID], f, copyinto.FileResult{Status: copyinto.LoadFailed, ErrorLimit: 1})
		})
	}
	return pipeRetry, err != nil
}

// owner is a session in which a pipe does its work: with the role of its owner, and nobody's.
func (e *Engine) owner(o *object) *Session {
	const nobody = -1
	return &Session{
		e: e, user: nobody, role: o.Owner, set: map[string]any{}, variables: map[string]value{}, queryID: queryID(e.number()), started: e.now(),
	}
}

// next returns the file that is to be loaded next by one of the pipes, and that pipe, or nil and how long it is until there is one.
func (w *work) next(pipes []*object) (*object, undelivered, time.Duration, error) {
	ids := make([]string, len(pipes))
	for i, o := range pipes {
		ids[i] = itoa(o.ID)
	}
	var f undelivered
	var pipe, due int64
	var doc string
	err := w.conn.QueryRowContext(w.ctx, `SELECT pipe, number, path, due, doc FROM floe_pipe_files WHERE event = 0 AND pipe IN (`+
		strings.Join(ids, ", ")+`) ORDER BY due, number LIMIT 1`).Scan(&pipe, &f.number, &f.path, &due, &doc)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, f, pipeIdle, nil
	}
	if err != nil {
		return nil, f, pipeRetry, err
	}
	if wait := time.Until(time.Unix(0, due)); wait > 0 {
		return nil, f, wait, nil
	}
	return w.e.catalog.objects[pipe], f, 0, json.Unmarshal([]byte(doc), &f.delivery)
}

// deliver loads a file of a pipe, and writes down what became of it, in one transaction of DuckDB: it is loaded once.
func (w *work) deliver(o *object, f undelivered) error {
	l, err := w.opened(o)
	if err != nil {
		return stopping(w.ctx, err)
	}
	name := l.onStage(f.path)
	at, there, err := w.stat(l.spot, name)
	if err != nil {
		return err
	}
	if !there {
		r, err := copyinto.Missing(l.options, l.spot.address(name), l.spot.called(name))
		if err != nil {
			return err
		}
		f.System = r.Errors[0].Message
		return w.delivered(o, f, r)
	}
	file, err := w.copying(l.spot, at)
	if err != nil {
		return err
	}
	l.request.Files, l.stored = []copyinto.File{file}, []stored{at}
	if err := w.transform(l); err != nil {
		return err
	}
	results, err := w.load(l)
	if err != nil {
		return err
	}
	f.Size = file.Size
	return w.delivered(o, f, results[0])
}

// stopping is what keeps a pipe from beginning to load.
func stopping(ctx context.Context, err error) *stoppedError {
	var s *stoppedError
	if errors.As(err, &s) {
		return s
	}
	return &stoppedError{state: "STALLED_COMPILATION_ERROR", err: answer(ctx, err)}
}

// delivered writes down what became of a file.
func (w *work) delivered(o *object, f undelivered, r copyinto.FileResult) error {
	f.Load = load{
		Name: f.path, Location: o.Pipe.Location, Size: f.Size, Status: r.Status, Parsed: r.Parsed, Loaded: r.Loaded, Limit: r.ErrorLimit,
		Seen: r.ErrorsSeen, Errors: r.Errors, At: w.e.now(), Query: w.s.queryID,
	}
	doc, err := json.Marshal(f.delivery)
	if err != nil {
		return err
	}
	err = w.exec(`UPDATE floe_pipe_files SET event = ?, at = ?, doc = ? WHERE number = ?`, w.e.number(), f.Load.At.UnixNano(), string(doc), f.number)
	if err != nil || o.Pipe.Fault == "" {
		return err
	}
	o.Pipe.Fault, o.Pipe.FaultAt = "", time.Time{}
	return w.save(o)
}

// noticeObjects queues the objects that are new on the stages of pipes with AUTO_INGEST, as notifications of the cloud would.
func (e *Engine) noticeObjects(ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, o := range e.catalog.all(syntax.Pipe) {
		if !o.Pipe.AutoIngest {
			continue
		}
		// A stage that cannot be listed now is looked at again soon.
		_ = e.owner(o).locked(ctx, func(w *work) error {
			files, err := w.notice(o)
			if err != nil || len(files) == 0 {
				return err
			}
			if _, err = w.queue(o, files); err != nil {
				return err
			}
			o.Pipe.Noticed, o.Pipe.NoticedAt = files[len(files)-1].Path, w.e.now()
			return w.save(o)
		})
	}
}
