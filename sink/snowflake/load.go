package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// loading is one batch of a group on its way.
type loading struct {
	w       *writer
	b       *sink.Batch
	st      *staged // nil for a batch without rows
	work    string  // the work table that its rows are in, where COPY may refuse some
	receipt sink.Receipt
	done    bool // found loaded by an earlier try
	err     error
}

// stager is the part of a writer that has the files: of other modes' writers too.
func (w *writer) stager() *writer { return w }

// Load implements [sink.Writer].
func (w *writer) Load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	receipts, errs := w.s.LoadAll(ctx, []sink.Loading{{Writer: w, Batch: b}})
	return receipts[0], errs[0]
}

// errGroup answers the batches of a group that were at no fault.
var errGroup = errors.New("another batch of the group was not loaded")

// LoadAll implements [sink.GroupLoader]: one COPY, or as many as its files need, and the offsets of all partitions, in one
// transaction.
func (s *Sink) LoadAll(ctx context.Context, group []sink.Loading) ([]sink.Receipt, []error) {
	return s.loadGroup(ctx, group, s.loadTogether)
}

// loadGroup has batches loaded together, and answers what became of each.
func (s *Sink) loadGroup(ctx context.Context, group []sink.Loading, together func(context.Context, []*loading) error) ([]sink.Receipt, []error) {
	loads := make([]*loading, len(group))
	for i, l := range group {
		w, ok := l.Writer.(interface{ stager() *writer })
		if !ok || w.stager().s != s {
			panic("sink/snowflake: LoadAll: a writer of another sink")
		}
		loads[i] = &loading{w: w.stager(), b: l.Batch}
	}
	if err := together(ctx, loads); err != nil {
		for _, l := range loads {
			if l.err == nil {
				l.err = err
			}
		}
	}
	receipts, errs := make([]sink.Receipt, len(group)), make([]error, len(group))
	for i, l := range loads {
		receipts[i] = l.receipt
		if l.err != nil {
			errs[i] = s.wrap(ctx, fmt.Sprintf("load partition %.200q into", l.b.Partition), l.err)
		}
	}
	return receipts, errs
}

// loadTogether loads all batches or none. An error that is of one batch alone is left there, and the others get errGroup.
func (s *Sink) loadTogether(ctx context.Context, loads []*loading) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.ready(ctx, loads); err != nil {
		return err
	}
	unlock, err := s.hold(ctx, loads)
	if err != nil {
		return err
	}
	defer unlock()
	return s.session(ctx, func(c *sql.Conn) error {
		if err := s.settle(ctx, c, loads, false); err != nil {
			return err
		}
		if s.opts.OnError != Abort {
			if err := s.tolerate(ctx, c, loads); err != nil {
				return err
			}
		}
		if err := gate(ctx, loads); err != nil {
			return err
		}
		if err := s.load(ctx, c, loads); err != nil {
			return err
		}
		s.tidy(ctx, c, loads)
		return nil
	})
}

// ready sees to it that every batch with rows is staged, and can be loaded.
func (s *Sink) ready(ctx context.Context, loads []*loading) error {
	for _, l := range loads {
		if l.w.done() {
			return errClosed
		}
		if l.b.Rows == 0 {
			continue
		}
		if _, ok := l.b.State.(*staged); !ok {
			if l.err = l.w.stage(ctx, l.b); l.err != nil {
				return retry.Transient(errGroup)
			}
		}
		l.st = l.b.State.(*staged)
	}
	return nil
}

// hold keeps tables from being altered, with plans for the tables as they are: another partition may have altered them
// since Prepare.
func (s *Sink) hold(ctx context.Context, loads []*loading) (unlock func(), err error) {
	for {
		s.ddl.RLock()
		var old *writer
		for _, l := range loads {
			if p := l.w.plan.Load(); p != nil && p.shape != s.shape.Load() {
				old = l.w
			}
		}
		if old == nil {
			return s.ddl.RUnlock, nil
		}
		s.ddl.RUnlock()
		if err := old.Prepare(ctx, old.plan.Load().schema); err != nil {
			return nil, err
		}
	}
}

// settle finds out, where the reply of a load was lost, which of the batches are there; always asks in any case. It answers
// an error where a batch can no longer be loaded.
func (s *Sink) settle(ctx context.Context, c *sql.Conn, loads []*loading, always bool) error {
	var fenced error
	seen := map[*writer]bool{}
	for i, l := range loads {
		if seen[l.w] || !l.w.doubt && !always {
			continue
		}
		seen[l.w] = true
		row, found, err := s.offsets.Read(ctx, c, l.w.Key)
		if err != nil {
			return err
		}
		standing := found && row.Epoch == l.w.Epoch && row.Offset == l.b.From
		last := i - 1
		if found && row.Epoch == l.w.Epoch {
			for k := i; k < len(loads); k++ {
				if loads[k].w == l.w && loads[k].b.To == row.Offset {
					standing, last = true, k
				}
			}
		}
		for k, other := range loads {
			switch {
			case other.w != l.w:
			case !standing:
				other.err = sink.ErrFenced
				fenced = retry.Transient(errGroup)
			case k <= last:
				other.done = true
				other.receipt = sink.Receipt{Rows: other.b.Rows, Bytes: other.b.Bytes}
			}
		}
		l.w.doubt = false
	}
	return fenced
}

// gate has the engine make rejects durable and check receipts. The rows are on the stage, not in the table: COPY puts all of
// them there, file for file, or the block rolls back.
func gate(ctx context.Context, loads []*loading) error {
	for _, l := range loads {
		if l.done {
			continue
		}
		l.receipt = sink.Receipt{}
		if l.st != nil {
			l.receipt = sink.Receipt{Rows: l.st.rows, Bytes: l.st.bytes}
			for _, f := range l.st.files {
				l.receipt.Files = append(l.receipt.Files, l.w.s.directory()+l.w.lane+f.name)
			}
		}
		seen := l.receipt
		if l.st != nil && l.st.rejected != nil {
			l.st.rejected.Record.Retain()
			seen.Rejected = &deadletter.Rows{Record: l.st.rejected.Record, Reasons: l.st.rejected.Reasons}
		}
		if err := l.b.Gate(ctx, seen); err != nil {
			l.err = fmt.Errorf("the batch was not accepted: %w", err)
			return retry.Transient(errGroup)
		}
	}
	return nil
}

// load runs the block of the batches that are not there yet.
func (s *Sink) load(ctx context.Context, c *sql.Conn, loads []*loading) error {
	loaded, id, err := s.commit(ctx, c, loads, s.loadBlock)
	s.manifest.write(loaded, id)
	return err
}

// commit runs a block of the batches that are not there yet, and returns those of which it said so, with its id. nil: all
// are there.
func (s *Sink) commit(ctx context.Context, c *sql.Conn, loads []*loading, write func([]*loading) *block) (loaded []*loading, id string, err error) {
	var left []*loading
	for _, l := range loads {
		if !l.done {
			left = append(left, l)
		}
	}
	if len(left) == 0 {
		return nil, "", nil
	}
	told, idOf := withID(ctx)
	answer, err := run(told, c, write(left).String())
	if err == nil && answer == answerLoaded {
		return left, idOf(), nil
	}
	if err == nil {
		err = s.refused(answer, left)
	} else {
		for _, l := range left {
			l.w.doubt = true
		}
	}
	if ctx.Err() != nil {
		return nil, "", err
	}
	return nil, "", s.outcome(ctx, left, err)
}

// refused is why a block rolled back, by its answer.
func (s *Sink) refused(answer string, loads []*loading) error {
	kind, detail, _ := strings.Cut(answer, " ")
	switch kind {
	case answerMoved:
		if n, err := strconv.Atoi(detail); err == nil && n < len(loads) {
			loads[n].err = errMoved
			return retry.Transient(errGroup)
		}
	case answerSwapped:
		return claim.ErrSwapped
	case answerShort:
		err := fmt.Errorf("COPY did not load what was staged: %.2000s", detail)
		if strings.Contains(detail, "LOAD_SKIPPED") || strings.Contains(detail, "not loaded") {
			err = retry.Transient(err) // another try of the same load has the file
		}
		return err
	}
	return fmt.Errorf("the load answered %.200q, which is unknown", answer)
}

// outcome decides what became of loads that failed with err: nil where the batches are there.
func (s *Sink) outcome(ctx context.Context, loads []*loading, err error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	errs := make([]error, len(loads)) // what is known of each
	for i, l := range loads {
		errs[i], l.err = l.err, nil
	}
	doubt := loads[0].w.doubt
	seen := s.session(ctx, func(c *sql.Conn) error { return s.settle(ctx, c, loads, true) })
	there := true
	for i, l := range loads {
		there = there && l.done
		if l.err == nil && !l.done {
			l.err = errs[i]
		}
	}
	switch {
	case there:
		return nil
	case seen != nil && !retry.IsTransient(seen):
		for _, l := range loads {
			l.w.doubt = doubt
		}
		return errors.Join(err, seen)
	case seen != nil:
		return seen
	}
	return err
}

// tidy forgets what was staged for batches that are loaded, and removes the files.
func (s *Sink) tidy(ctx context.Context, c *sql.Conn, loads []*loading) {
	committed := map[*writer]string{}
	for _, l := range loads {
		if l.st != nil {
			l.w.leave(l.st.attempt)
			l.w.drop(l.st)
		}
		committed[l.w] = l.b.To
	}
	for w, to := range committed {
		w.clean(ctx, c, to)
	}
}

// moves writes what moves the offsets, the last that a load does: its lock is held for as short as can be. Consecutive
// batches of a partition move it once.
func (s *Sink) moves(loads []*loading) []string {
	var list []string
	for i, l := range loads {
		if i > 0 && contains(loads[:i], l.w) {
			continue
		}
		to := l.b.To
		for _, later := range loads[i:] {
			if later.w == l.w {
				to = later.b.To
			}
		}
		list = append(list,
			s.move(offset.Key(l.w.Key), l.w.Epoch, l.b.From, to),
			when("SQLROWCOUNT = 0", "ROLLBACK", fmt.Sprintf("RETURN '%s %d'", answerMoved, i)))
	}
	return list
}

func contains(loads []*loading, w *writer) bool {
	for _, l := range loads {
		if l.w == w {
			return true
		}
	}
	return false
}
