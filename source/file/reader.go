package file

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/source"
)

// reader implements source.Reader over the files that a position leaves.
type reader struct {
	schema *arrow.Schema
	opts   *Options
	read   scan

	// What was given so far; a failed pump is started again from here.
	files []*entry // not finished
	at    place    // in the first of them
	some  bool     // rows of it were given, by an earlier reader perhaps
	done  []byte   // letters of the stamps of finished files

	pump   *pump
	feed   *feed // of pump, being taken
	task   *task // of feed, being awaited
	ahead  *piece
	failed error // comes after what is in group
	group  group
}

// Schema implements source.Reader.
func (r *reader) Schema() *arrow.Schema { return r.schema }

// Next implements source.Reader. After an error it may be called again and goes on behind the last batch.
func (r *reader) Next(ctx context.Context) (source.Batch, error) {
	if err := ctx.Err(); err != nil {
		return source.Batch{}, err
	}
	if r.pump == nil {
		r.pump = startPump(ctx, r.files, r.at, r.opts.Parallel, r.read)
	}
	if err := r.gather(ctx); err != nil {
		return source.Batch{}, err
	}
	if r.group.rows > 0 {
		return r.giveGroup()
	}
	if r.ahead != nil {
		return r.givePiece()
	}
	err := r.failed
	if err != io.EOF {
		r.reset()
	}
	return source.Batch{}, err
}

// gather takes pieces until a batch is complete: the group is, or a piece stands ahead of an empty one, or the
// files have ended or failed.
func (r *reader) gather(ctx context.Context) error {
	for r.ahead == nil && r.failed == nil {
		p, err := r.take(ctx)
		if ctx.Err() != nil && err != nil {
			return err
		}
		if err != nil {
			r.failed = err
			return nil
		}
		r.ahead = &p
		if tiny(p, r.opts.BatchRows) && r.group.takes(p, r.opts.BatchRows) {
			r.ahead = nil
			if err := r.group.add(r.opts.Allocator, p); err != nil {
				r.failed = err
			}
		}
	}
	return nil
}

// take returns the next piece, waiting for it; io.EOF after the last.
func (r *reader) take(ctx context.Context) (piece, error) {
	for {
		if r.feed == nil {
			select {
			case <-ctx.Done():
				return piece{}, ctx.Err()
			case f, ok := <-r.pump.feeds:
				if !ok {
					return piece{}, io.EOF
				}
				r.feed = f
			}
		}
		if r.task == nil {
			select {
			case <-ctx.Done():
				return piece{}, ctx.Err()
			case t, ok := <-r.feed.tasks:
				if !ok {
					r.feed.free()
					r.feed = nil
					continue
				}
				r.task = &t
			}
		}
		select {
		case <-ctx.Done():
			return piece{}, ctx.Err()
		case p := <-r.task.done:
			p.last, p.file = r.task.last, r.feed.file
			p.some = p.rows() > 0 || p.rejected.Len() > 0
			r.task = nil
			if p.err != nil {
				p.release()
				return piece{}, p.err
			}
			return p, nil
		}
	}
}

// giveGroup makes a batch of the group.
func (r *reader) giveGroup() (source.Batch, error) {
	rec, pieces, err := r.group.take(r.opts.Allocator)
	if err != nil {
		r.reset()
		return source.Batch{}, err
	}
	for _, p := range pieces {
		r.move(p)
	}
	return source.Batch{Record: rec, Position: r.position()}, nil
}

// givePiece makes a batch of the piece ahead, and of files without rows before it.
func (r *reader) givePiece() (source.Batch, error) {
	for _, p := range r.group.pieces {
		r.move(p)
	}
	r.group.drop()
	p := *r.ahead
	r.ahead = nil
	r.move(p)
	b := source.Batch{Record: p.rec, Rejected: p.rejected, Position: r.position()}
	if b.Record != nil && b.Record.NumRows() == 0 {
		b.Record.Release()
		b.Record = nil
	}
	return b, nil
}

// move puts the place behind a piece that is given. A file that gave no row is not noted as finished: it may be
// one that is still to be written, and costs little to look at again.
func (r *reader) move(p piece) {
	r.at = p.after
	r.some = r.some || p.some
	if !p.last {
		return
	}
	if r.some {
		r.done = stampOf(p.file.name, p.file.version).letters(r.done)
	}
	r.files, r.at, r.some = r.files[1:], place{}, false
}

func (r *reader) position() string {
	var c current
	if r.at != (place{}) {
		c = current{name: r.files[0].name, version: r.files[0].version, at: r.at}
	}
	return formatPosition(c, r.done)
}

// reset stops reading and drops what was read and not given.
func (r *reader) reset() {
	if r.task != nil {
		(<-r.task.done).release()
		r.task = nil
	}
	if r.feed != nil {
		// Its scan may wait for room: the pump's context ends it, but the tasks that are there are this reader's.
		r.pump.cancel()
		r.feed.drain()
		r.feed = nil
	}
	if r.pump != nil {
		r.pump.stop()
		r.pump = nil
	}
	if r.ahead != nil {
		r.ahead.release()
		r.ahead = nil
	}
	r.group.drop()
	r.failed = nil
}

// Close implements source.Reader. It joins the goroutines.
func (r *reader) Close(context.Context) error {
	r.reset()
	return nil
}
