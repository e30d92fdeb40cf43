package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

// poller asks what became of the files of a pipe, of all that are waited for at once. It runs while there are any.
type poller struct {
	p      *PipeSink
	pipe   string
	client *snowpipe.Client // nil: there is no report

	mu      sync.Mutex
	waiting map[string][]*wait // by the last part of the path
	stop    context.CancelFunc // nil while it does not run
	runs    sync.WaitGroup
}

func newPoller(p *PipeSink, pipe string, client *snowpipe.Client) *poller {
	return &poller{p: p, pipe: pipe, client: client, waiting: map[string][]*wait{}}
}

// wait is somebody's for a file.
type wait struct {
	file   owedFile
	began  time.Time
	asked  time.Time // when the history was asked last, or the wait began
	urgent bool      // the history is to be asked: the report says something that must not be believed at once
	answer chan awaited
}

// awaited is what a wait ends with: what became of the file, or why that cannot be found out.
type awaited struct {
	file snowpipe.File
	err  error
}

// historyAfter is after how many looks at the report, which has the last ten minutes, the history is asked too.
const historyAfter = 24

// await is [pipe.await] of files that know their pipe.
func (q *poller) await(ctx context.Context, files []owedFile) ([]snowpipe.File, error) {
	waits := make([]*wait, len(files))
	for i, f := range files {
		now := time.Now()
		waits[i] = &wait{file: f, began: now, asked: now, answer: make(chan awaited, 1)}
	}
	q.join(waits)
	defer q.leave(waits)
	patience := time.NewTimer(q.p.opts.Patience)
	defer patience.Stop()
	seen := make([]snowpipe.File, len(files))
	for i, w := range waits {
		select {
		case a := <-w.answer:
			if a.err != nil {
				return nil, a.err
			}
			seen[i] = a.file
		case <-patience.C:
			return nil, fmt.Errorf("%s was not loaded by Snowpipe within %v; it stays owed, and another run waits for it again: "+
				"raise PipeOptions.Patience, or look at SYSTEM$PIPE_STATUS of pipe %s", w.file.path, q.p.opts.Patience, q.pipe)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return seen, nil
}

func (q *poller) join(waits []*wait) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range waits {
		q.waiting[w.file.name()] = append(q.waiting[w.file.name()], w)
	}
	if q.stop == nil && len(waits) > 0 {
		ctx, stop := context.WithCancel(context.Background())
		q.stop = stop
		q.runs.Go(func() { q.run(ctx) })
	}
}

// leave gives up what is waited for, and ends the poller where that was all.
func (q *poller) leave(waits []*wait) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range waits {
		q.dropLocked(w)
	}
	if len(q.waiting) == 0 && q.stop != nil {
		q.stop()
		q.stop = nil
	}
}

func (q *poller) dropLocked(w *wait) {
	name := w.file.name()
	list := q.waiting[name][:0:0]
	for _, other := range q.waiting[name] {
		if other != w {
			list = append(list, other)
		}
	}
	if len(list) == 0 {
		delete(q.waiting, name)
	} else {
		q.waiting[name] = list
	}
}

// close ends the poller. Who waits gets an error.
func (q *poller) close() {
	q.mu.Lock()
	for _, list := range q.waiting {
		for _, w := range list {
			q.endLocked(w, awaited{err: errClosed})
		}
	}
	if q.stop != nil {
		q.stop()
	}
	q.mu.Unlock()
	q.runs.Wait()
}

// endLocked answers a wait, once.
func (q *poller) endLocked(w *wait, a awaited) {
	select {
	case w.answer <- a:
	default:
	}
	q.dropLocked(w)
}

// run looks, again and again, until ctx ends.
func (q *poller) run(ctx context.Context) {
	pause := time.NewTimer(q.p.opts.Poll)
	defer pause.Stop()
	for {
		select {
		case <-pause.C:
		case <-ctx.Done():
			return
		}
		err := q.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			q.end(q.all(), err)
		}
		pause.Reset(q.p.opts.Poll)
	}
}

// look asks for the report, and for the history of the files that are not in there for long.
func (q *poller) look(ctx context.Context) error {
	if q.client != nil {
		report, err := q.client.InsertReport(ctx, nil)
		if err != nil {
			return err
		}
		for _, f := range report.Files {
			q.tell(f)
		}
	}
	late := q.late()
	if len(late) == 0 {
		return nil
	}
	return q.p.s.session(ctx, func(c *sql.Conn) error { return q.ask(ctx, c, late) })
}

// tell answers who waits for a file of the report. One that is loaded as it should be is done with; anything else that ends
// it is looked up in the history, which has the last word.
func (q *poller) tell(f snowpipe.File) {
	if !f.Status.Done() {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range q.waiting[owedFile{path: f.Path}.name()] {
		if unloaded(w.file, f) == nil {
			q.endLocked(w, awaited{file: f})
		} else {
			w.urgent = true
		}
	}
}

// late lists the waits for which the history is to be asked now.
func (q *poller) late() []*wait {
	q.mu.Lock()
	defer q.mu.Unlock()
	var list []*wait
	now := time.Now()
	for _, waits := range q.waiting {
		for _, w := range waits {
			if q.client == nil || w.urgent || now.Sub(w.asked) >= historyAfter*q.p.opts.Poll {
				w.asked = now
				list = append(list, w)
			}
		}
	}
	return list
}

func (q *poller) all() (list []*wait) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, waits := range q.waiting {
		list = append(list, waits...)
	}
	return list
}

// end answers waits with an error.
func (q *poller) end(waits []*wait, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range waits {
		q.endLocked(w, awaited{err: err})
	}
}

// ask looks files up in the history, and finds out whether the pipe is still the one that has them.
func (q *poller) ask(ctx context.Context, c *sql.Conn, late []*wait) error {
	files := make([]owedFile, len(late))
	for i, w := range late {
		files[i] = w.file
		files[i].age += time.Since(w.began)
	}
	known, err := q.p.history(ctx, c, files)
	if err != nil {
		return err
	}
	var rest []*wait
	q.mu.Lock()
	for _, w := range late {
		if f, ok := known[w.file.name()]; ok {
			q.endLocked(w, awaited{file: f})
		} else {
			rest = append(rest, w)
		}
	}
	q.mu.Unlock()
	if len(rest) == 0 {
		return nil
	}
	info, err := q.p.describe(ctx, c, q.p.nameOf(q.pipe))
	if err != nil {
		return err
	}
	for _, w := range rest {
		if id := w.file.pipe; info == nil || id.created != info.Created.UnixMilli() {
			q.end([]*wait{w}, q.p.undecided([]owedFile{w.file}, "the pipe "+q.pipe+" was dropped or made anew since it was named to it"))
		}
	}
	if info == nil {
		return nil
	}
	if err := q.p.working(ctx, c, info.Name); err != nil {
		q.end(rest, err)
	}
	return nil
}

// history looks up files of which the table's history knows how they ended, by their names. It looks back as far as the oldest
// is owed, and an hour for clocks that differ; of what is older than safeAge, as far as there is a history.
func (p *PipeSink) history(ctx context.Context, c *sql.Conn, files []owedFile) (map[string]snowpipe.File, error) {
	var o snowpipe.CopyHistoryOptions
	oldest := time.Duration(0)
	for _, f := range files {
		o.Files = append(o.Files, f.name())
		oldest = max(oldest, f.age)
	}
	if oldest < safeAge {
		o.From = time.Now().Add(-oldest - time.Hour)
	}
	loads, err := snowpipe.CopyHistory(ctx, c, p.tableName(), &o)
	if err != nil {
		return nil, err
	}
	known := map[string]snowpipe.File{}
	for _, l := range loads {
		if l.Status.Done() {
			known[owedFile{path: l.Path}.name()] = l.File // the latest
		}
	}
	return known, nil
}

// errUnloaded is a file that Snowflake could not load: nothing of it is in the table, nor will the pipe put it there.
var errUnloaded = errors.New("it could not be loaded by Snowpipe")

// unloaded says why a file that is done with is not in the table with all its rows; nil = it is.
func unloaded(f owedFile, seen snowpipe.File) error {
	problem := seen.Problem()
	if problem != "" {
		problem = ": " + problem
	}
	switch {
	case seen.Status == snowpipe.Loaded && seen.RowsInserted == f.rows:
		return nil
	case seen.Status == snowpipe.Failed && seen.RowsInserted == 0:
		return fmt.Errorf("%s: %w%s; mend the table: the next run loads the file by COPY", f.path, errUnloaded, problem)
	}
	return fmt.Errorf("%s: Snowpipe has loaded %d of its %d rows (%s)%s: see to it that the table has them all, then take the file out of %s",
		f.path, seen.RowsInserted, f.rows, seen.Status, problem, owedName)
}

// undecided is the error of files of which nobody knows whether their rows are in the table.
func (p *PipeSink) undecided(files []owedFile, why string) error {
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = sf.Literal(f.path)
	}
	condition := "file IN (" + strings.Join(list, ", ") + ")"
	return retry.Permanent(fmt.Errorf("whether the rows of %.200s are in the table is not known: %s, and COPY_HISTORY does not have it. Look for them; if they are there: "+
		"DELETE FROM %s WHERE %s; if not: UPDATE %s SET pipe = '', pipe_created = 0, owed_at = CURRENT_TIMESTAMP() WHERE %s; then run again",
		files[0].path, why, p.owed(), condition, p.owed(), condition))
}
