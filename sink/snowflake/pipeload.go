package snowflake

import (
	"context"
	"database/sql"
	"time"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

// LoadAll implements [sink.GroupLoader]: one step enters the files of all batches as owed and moves their offsets; then
// the files are named to the pipe, and awaited together.
func (p *PipeSink) LoadAll(ctx context.Context, group []sink.Loading) ([]sink.Receipt, []error) {
	return p.s.loadGroup(ctx, group, p.loadTogether)
}

func (p *PipeSink) loadTogether(ctx context.Context, loads []*loading) error {
	if err := p.enterAll(ctx, loads); err != nil {
		return err
	}
	files := map[*loading][]owedFile{}
	byPipe := map[*pipe][]owedFile{}
	for _, l := range loads {
		if list := p.filesOf(l); len(list) > 0 {
			files[l] = list
			byPipe[l.st.pipe] = append(byPipe[l.st.pipe], list...)
		}
	}
	seen := map[string]snowpipe.File{}
	for pipe, list := range byPipe { // one, unless the table was made anew
		if err := pipe.insert(ctx, list); err != nil {
			return err
		}
		became, err := pipe.await(ctx, list)
		if err != nil {
			return err
		}
		for i, f := range list {
			seen[f.path] = became[i]
		}
	}
	return p.finish(ctx, loads, files, seen)
}

// enterAll moves the offsets of batches, and enters their files as owed, unless an earlier try has.
func (p *PipeSink) enterAll(ctx context.Context, loads []*loading) error {
	s := p.s
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.ready(ctx, loads); err != nil {
		return err
	}
	var left []*loading
	for _, l := range loads {
		if l.st != nil && l.st.pipe != nil {
			l.done, l.receipt = true, sink.Receipt{Rows: l.b.Rows, Bytes: l.b.Bytes}
		} else {
			left = append(left, l)
		}
	}
	if len(left) == 0 {
		return nil
	}
	unlock, err := s.hold(ctx, left)
	if err != nil {
		return err
	}
	defer unlock()
	select {
	case p.entering <- struct{}{}:
		defer func() { <-p.entering }()
	case <-ctx.Done():
		return ctx.Err()
	}
	into := p.own()
	err = s.session(ctx, func(c *sql.Conn) error {
		if err := s.settle(ctx, c, left, false); err != nil {
			return err
		}
		if err := gate(ctx, left); err != nil {
			return err
		}
		_, _, err := s.commit(ctx, c, left, func(left []*loading) *block { return p.enterBlock(left, into) })
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range left {
		if l.st != nil {
			l.st.pipe = into
		}
	}
	return nil
}

// own is the pipe that new files are named to; nil before Prepare.
func (p *PipeSink) own() *pipe {
	p.made.Lock()
	defer p.made.Unlock()
	return p.current
}

// enterBlock is the program that moves the offsets of batches and enters their files, all or none.
func (p *PipeSink) enterBlock(loads []*loading, into *pipe) *block {
	b := newLoadBlock()
	b.add("BEGIN TRANSACTION")
	if into != nil {
		b.add(p.enter(loads, into.id)...)
	}
	p.s.endLoadBlock(b, loads)
	return b
}

// finish takes batches whose files are loaded out of what is owed. A file that is not leaves its batch there.
func (p *PipeSink) finish(ctx context.Context, loads []*loading, files map[*loading][]owedFile, seen map[string]snowpipe.File) error {
	s := p.s
	var good []*loading
	var paid []owedFile
	for _, l := range loads {
		for _, f := range files[l] {
			if err := unloaded(f, seen[f.path]); err != nil && l.err == nil {
				l.err = err
			}
		}
		if l.err == nil {
			good = append(good, l)
			paid = append(paid, files[l]...)
		}
	}
	err := s.session(ctx, func(c *sql.Conn) error {
		if len(paid) > 0 {
			p.withdraw(ctx, paid)
			if err := execAll(ctx, c, p.paid(paid)); err != nil {
				return err
			}
		}
		p.note(good)
		s.tidy(ctx, c, good)
		return nil
	})
	if err == nil && len(good) < len(loads) {
		err = retry.Transient(errGroup)
	}
	return err
}

// note tells of batches that are loaded.
func (p *PipeSink) note(loads []*loading) {
	p.s.manifest.write(loads, "")
	now := time.Now()
	for _, l := range loads {
		if l.st != nil {
			p.latency.add(now.Sub(l.st.at), len(l.st.files))
		}
	}
}
