package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// streamWriter appends one partition to its channel under the epoch that its claim raised.
type streamWriter struct {
	*writer
	t     *StreamingSink
	name  string // of the channel
	noted note   // as the table of offsets has it

	mu      sync.Mutex // guards what Stage and Load share
	client  *streaming.Client
	channel *streaming.Channel // nil = the pipe is not made yet
	at      reached            // behind the last row appended
	loaded  reached            // behind the last row whose load is done
	base    int64              // rows that the channel counts beyond those sent, when it was opened
	broken  bool               // what was appended is not to be relied on: Rewind
	held    map[*appended]bool // appended, and neither loaded nor given up
}

var (
	_ sink.Writer   = (*streamWriter)(nil)
	_ sink.Stager   = (*streamWriter)(nil)
	_ sink.Rewinder = (*streamWriter)(nil)
)

func (w *streamWriter) done() bool { return w.closed.Load() || w.t.closed.Load() }

// Prepare implements [sink.Writer]. The channel stays open while columns are added or widened.
func (w *streamWriter) Prepare(ctx context.Context, schema *arrow.Schema) error {
	if w.done() {
		return errClosed
	}
	if err := w.t.checkNames(schema, nil); err != nil {
		return err
	}
	if err := w.writer.Prepare(ctx, schema); err != nil {
		return err
	}
	if err := w.t.checkNames(schema, w.plan.Load().rest); err != nil {
		return err
	}
	w.s.ddl.Lock()
	defer w.s.ddl.Unlock()
	return w.t.wrap(ctx, "prepare the pipe of", w.t.session(ctx, func(c *sql.Conn) error {
		if err := w.t.makePipe(ctx, c); err != nil {
			return err
		}
		w.mu.Lock()
		entered, at := w.channel != nil, w.at
		w.mu.Unlock()
		if entered {
			return nil
		}
		if err := w.enter(ctx, c, w.noted); err != nil {
			return err
		}
		if w.at.offset != at.offset {
			return errors.New("the channel was moved while its partition was being claimed: run again")
		}
		return nil
	}))
}

// checkNames refuses columns, of the rows and of the table beside them, that would be mistaken on their way: a default pipe may
// find columns without regard to case. A custom one of the sink's finds them by their very names.
func (t *StreamingSink) checkNames(schema *arrow.Schema, rest []dialect.Column) error {
	seen := map[string]string{}
	for _, c := range rest {
		seen[strings.ToUpper(c.Name)] = c.Name
	}
	for _, f := range schema.Fields() {
		name := t.s.opts.resolve(f.Name)
		if name == channelColumn && t.s.opts.Mode == sink.Upsert {
			return t.s.refuse(f, "the sink has a column of that name for itself: rename the column")
		}
		upper := strings.ToUpper(name)
		if other, twice := seen[upper]; twice && t.opts.Pipe == "" {
			return t.s.refuse(f, fmt.Sprintf("it differs from %q in case alone, which the default pipe does not tell apart: rename one, or name a pipe in StreamingOptions.Pipe", other))
		}
		seen[upper] = f.Name
	}
	return nil
}

// Close implements [sink.Writer]. Where all that was appended is committed, it notes that, so that the partition goes on from
// there even after its channel has vanished.
func (w *streamWriter) Close(ctx context.Context) error {
	if w.closed.Swap(true) {
		return nil
	}
	w.mu.Lock()
	channel, clean, at := w.channel, !w.broken && w.loaded == w.at, w.at
	for a := range w.held {
		a.rejected.Release()
	}
	w.held = nil
	w.mu.Unlock()
	if channel == nil {
		return nil
	}
	if clean {
		err := w.t.session(ctx, func(c *sql.Conn) error {
			return w.note(ctx, c, note{state: ended, refused: w.noted.refused, at: at})
		})
		if err != nil && !errors.Is(err, sink.ErrFenced) {
			w.s.opts.Logger.WarnContext(ctx, "not noted where the channel was closed", "sink", "snowflake", "table", w.table, "channel", w.name, "error", err)
		}
	}
	_ = channel.Close(ctx, &streaming.ChannelCloseOptions{NoFlush: true}) // all of it was waited for, or is given up
	return nil
}

// hold keeps the rejects of a batch until it is loaded or the writer closes.
func (w *streamWriter) hold(a *appended) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == nil {
		w.held = map[*appended]bool{}
	}
	w.held[a] = true
}

// drop gives up what hold keeps.
func (w *streamWriter) drop(a *appended) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held[a] {
		delete(w.held, a)
		a.rejected.Release()
	}
}
