package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

// pipeWriter loads one partition through a pipe.
type pipeWriter struct {
	*writer
	p *PipeSink
}

var (
	_ sink.Writer = (*pipeWriter)(nil)
	_ sink.Stager = (*pipeWriter)(nil)
)

// Open implements [sink.Sink]. It returns once the table has all rows up to the offset that it answers: what is owed is
// named to its pipe again, and awaited.
func (p *PipeSink) Open(ctx context.Context, pipeline, partition string) (sink.Writer, string, error) {
	s := p.s
	if err := s.start(ctx); err != nil {
		return nil, "", err
	}
	w := &pipeWriter{writer: s.newWriter(pipeline, partition), p: p}
	committed, err := w.claimPaid(ctx)
	if err != nil {
		return nil, "", s.wrap(ctx, fmt.Sprintf("claim partition %.200q of", partition), err)
	}
	return w, committed, nil
}

// claimPaid claims the partition, and pays what it owes. What a claim finds entered nobody enters later: older claims are
// fenced.
func (w *pipeWriter) claimPaid(ctx context.Context) (committed string, err error) {
	p, s := w.p, w.s
	var owed []owedFile
	err = s.session(ctx, func(c *sql.Conn) (err error) {
		if err := p.make(ctx, c); err != nil {
			return err
		}
		if committed, err = w.claim(ctx, c); err != nil {
			return err
		}
		condition := literals(offset.Key(w.Key)).is("")
		if committed == "" {
			return p.forgive(ctx, c, condition) // of a table that is gone
		}
		owed, err = p.read(ctx, c, condition)
		return err
	})
	if err != nil {
		return "", err
	}
	if err := w.pay(ctx, owed); err != nil {
		return "", err
	}
	return committed, s.session(ctx, func(c *sql.Conn) error { return w.findLeftovers(ctx, c, committed) })
}

// safeAge is for how long a file may be named to its pipe again: the pipe remembers it for a day longer.
const safeAge = 13 * 24 * time.Hour

// pay sees to it that the rows of files are in the table. What the history knows is done with. The rest is named again to
// the pipes that have it, and awaited.
func (w *pipeWriter) pay(ctx context.Context, owed []owedFile) error {
	if len(owed) == 0 {
		return nil
	}
	p := w.p
	p.s.opts.Logger.InfoContext(ctx, "files are owed", "sink", "snowflake", "table", w.table, "partition", w.Key.Partition, "files", len(owed))
	again := map[pipeID][]owedFile{}
	err := p.s.session(ctx, func(c *sql.Conn) error {
		known, err := p.history(ctx, c, owed)
		if err != nil {
			return err
		}
		var done []owedFile
		for _, f := range owed {
			seen, ok := known[f.name()]
			if !ok {
				again[f.pipe] = append(again[f.pipe], f)
				continue
			}
			if err := w.accept(ctx, c, f, seen); err != nil {
				return err
			}
			done = append(done, f)
		}
		if err := w.payOff(ctx, c, done); err != nil {
			return err
		}
		return w.resolve(ctx, c, again)
	})
	if err != nil {
		return err
	}
	for id, files := range again {
		if err := w.payBy(ctx, id, files); err != nil {
			return err
		}
	}
	return nil
}

// accept takes what became of a file: nil = its rows are in the table. One of which none is, and which the pipe will never
// load, is loaded by COPY.
func (w *pipeWriter) accept(ctx context.Context, c *sql.Conn, f owedFile, seen snowpipe.File) error {
	err := unloaded(f, seen)
	if !errors.Is(err, errUnloaded) {
		return err
	}
	w.s.opts.Logger.WarnContext(ctx, "a file that Snowpipe could not load is loaded by COPY", "sink", "snowflake", "table", w.table, "file", f.path, "error", seen.Problem())
	below, failed := w.p.staged(f)
	if failed != nil {
		return fmt.Errorf("%w; COPY: %w", err, failed)
	}
	answer, failed := run(ctx, c, w.copyBlock(f, below).String())
	switch {
	case failed != nil:
		return fmt.Errorf("%w; COPY: %w", err, failed)
	case answer == answerLoaded || answer == answerMoved:
		return nil // or another claim has
	case strings.HasPrefix(answer, answerShort):
		return fmt.Errorf("%w; COPY: %.500s", err, strings.TrimPrefix(answer, answerShort+" "))
	}
	return fmt.Errorf("%w; COPY: the table is another one (%.100s)", err, answer)
}

// copyBlock loads a file, which is there below the sink's directory, and takes it out of what is owed, in one transaction.
func (w *pipeWriter) copyBlock(f owedFile, below string) *block {
	s := w.s
	b := newLoadBlock()
	b.add("BEGIN TRANSACTION")
	s.copyInto(b, s.qualified(s.name), []copied{{path: below, name: f.name(), rows: f.rows}})
	s.sameTable(b, s.name, []*loading{{w: w.writer}})
	b.add(
		w.p.paid([]owedFile{f}),
		when("SQLROWCOUNT = 0", "ROLLBACK", "RETURN '"+answerMoved+"'"),
		"COMMIT",
		"RETURN '"+answerLoaded+"'")
	return b
}

// payOff takes files out of what is owed.
func (w *pipeWriter) payOff(ctx context.Context, c *sql.Conn, files []owedFile) error {
	if len(files) == 0 {
		return nil
	}
	w.p.withdraw(ctx, files)
	return execAll(ctx, c, w.p.paid(files))
}

// resolve refuses files of which it is not safe to name them again. A file that was entered for no certain pipe goes to the
// sink's own.
func (w *pipeWriter) resolve(ctx context.Context, c *sql.Conn, again map[pipeID][]owedFile) error {
	p := w.p
	for id, files := range again {
		for _, f := range files {
			if f.age > safeAge {
				return p.undecided(files, fmt.Sprintf("it is owed for %d days, and pipes remember for 14", int(f.age.Hours())/24))
			}
		}
		if id.name == "" {
			own, err := p.makePipe(ctx, c, w.Mark)
			if err != nil {
				return err
			}
			delete(again, id)
			again[own.id] = append(again[own.id], files...)
			continue
		}
		info, err := p.describe(ctx, c, p.nameOf(id.name))
		if err != nil {
			return err
		}
		if info == nil || info.Created.UnixMilli() != id.created {
			return p.undecided(files, "the pipe "+id.name+" was dropped or made anew since it was named to it")
		}
	}
	return nil
}

// payBy names files to a pipe, and waits until they are in the table.
func (w *pipeWriter) payBy(ctx context.Context, id pipeID, files []owedFile) error {
	pipe, err := w.p.pipe(id)
	if err != nil {
		return err
	}
	if err := pipe.insert(ctx, files); err != nil {
		return err
	}
	seen, err := pipe.await(ctx, files)
	if err != nil {
		return err
	}
	return w.s.session(ctx, func(c *sql.Conn) error {
		for i, f := range files {
			if err := w.accept(ctx, c, f, seen[i]); err != nil {
				return err
			}
		}
		return w.payOff(ctx, c, files)
	})
}

// insert names files to the pipe, or has it notice them.
func (q *pipe) insert(ctx context.Context, files []owedFile) error {
	if q.client == nil {
		return q.p.publish(ctx, files)
	}
	list := make([]snowpipe.StagedFile, len(files))
	for i, f := range files {
		list[i] = snowpipe.StagedFile{Path: f.path, Size: f.bytes}
	}
	answer, err := q.client.InsertFiles(ctx, list)
	if err == nil && len(answer.Unmatched) > 0 {
		err = fmt.Errorf("pipe %s does not take %s: it does not fit its PATTERN", q.id.name, answer.Unmatched[0])
	}
	return err
}

// Prepare implements [sink.Writer]: it also makes the pipe.
func (w *pipeWriter) Prepare(ctx context.Context, schema *arrow.Schema) error {
	if err := w.writer.Prepare(ctx, schema); err != nil {
		return err
	}
	return w.s.wrap(ctx, "make the pipe of", w.s.session(ctx, func(c *sql.Conn) error {
		_, err := w.p.makePipe(ctx, c, w.Mark)
		return err
	}))
}

// Load implements [sink.Writer].
func (w *pipeWriter) Load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	receipts, errs := w.p.LoadAll(ctx, []sink.Loading{{Writer: w, Batch: b}})
	return receipts[0], errs[0]
}
