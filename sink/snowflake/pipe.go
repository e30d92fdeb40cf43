package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/config"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

// PipeSink loads one table by Snowpipe: files are staged as by [Sink], and named to a pipe, which loads them by compute of
// Snowflake's own: no warehouse runs for the rows. It appends alone. It is safe for concurrent use.
//
// A pipe loads when it likes, and not in a transaction of its caller's. So the offset moves first, in one step with the names
// of the batch's files, which are entered in a table, _FLOE_OWED, beside that of the offsets: the rows are owed from
// then on. Then the files are named to the pipe, and a load answers when Snowflake reports each as loaded with exactly its
// rows, and their names are out of the table again. Every claim of a partition begins with what it still owes: the
// files are named to the pipe again, which loads none that it has loaded before, and awaited.
//
// A pipe remembers names for 14 days. What has been owed for longer than 13, or was named to a pipe that was made anew since,
// INFORMATION_SCHEMA.COPY_HISTORY decides about; where it does not know, [PipeSink.Open] fails, and says what to do. A file
// that Snowflake could not load fails the run. No pipe will ever load it under its name: the next run's claim loads it
// by COPY, in one transaction with its entry, so that what was wrong with the table may be mended in between.
//
// The rows of a batch of several files become visible file by file. The pipe's own names are no business of others: do not
// REFRESH it, which would load what came to nothing, too.
type PipeSink struct {
	s    *Sink
	opts PipeOptions
	rest snowpipe.Config
	http *http.Transport // the sink's own; nil = the caller's is used

	entering chan struct{} // a place for each block at once that enters files: few may wait for a table's lock
	made     sync.Mutex    // of what is made once
	hasOwed  bool          // the table of owed files is there
	current  *pipe         // that files are named to; nil before Prepare
	pipes    pipes
	latency  latency
}

var (
	_ sink.Limiter     = (*PipeSink)(nil)
	_ sink.GroupLoader = (*PipeSink)(nil)
	_ sink.Inspector   = (*PipeSink)(nil)
	_ sink.Resetter    = (*PipeSink)(nil)
)

// OpenPipe connects to Snowflake and returns a sink of a table that loads by Snowpipe, to which users log in by key pair
// alone: [Config].PrivateKey, or that of [Config].Driver, is needed, unless the pipe is one of [AutoIngest]. What is wrong with
// the configuration or the options, and what keeps from connecting within [Config].Timeout, is a *config.Error; package retry
// still tells whether another try may help.
func OpenPipe(ctx context.Context, cfg Config, table string, opts *PipeOptions) (*PipeSink, error) {
	return openPipe(ctx, "sink/snowflake.OpenPipe", cfg, table, opts)
}

func openPipe(ctx context.Context, of string, cfg Config, table string, opts *PipeOptions) (*PipeSink, error) {
	o, faults := checkedPipe(table, opts)
	rest, more := cfg.rest(o)
	s, err := open(ctx, of, cfg, table, &o.Options, append(faults, more...)...)
	if err != nil {
		return nil, err
	}
	return newPipeSink(s, rest, o), nil
}

// NewPipe returns a sink of a table in the caller's pool, as [New] does. rest is how the account's REST services are called.
func NewPipe(db *sql.DB, rest snowpipe.Config, table string, opts *PipeOptions) (*PipeSink, error) {
	const of = "sink/snowflake.NewPipe"
	o, faults := checkedPipe(table, opts)
	var err error
	if o.AutoIngest == nil {
		_, err = snowpipe.NewClient(rest, snowpipe.Name{Database: "D", Schema: "S", Object: "P"}, &o.REST) // for its faults
	}
	s, serr := New(db, table, &o.Options)
	all := config.Error{Of: of, Faults: faults}
	for _, err := range []error{serr, err} {
		if bad := (*config.Error)(nil); errors.As(err, &bad) {
			all.Faults = append(all.Faults, bad.Faults...)
		}
	}
	switch {
	case len(all.Faults) > 0:
		return nil, &all
	case serr != nil:
		return nil, serr
	case err != nil:
		return nil, err
	}
	return newPipeSink(s, rest, o), nil
}

func newPipeSink(s *Sink, rest snowpipe.Config, o PipeOptions) *PipeSink {
	o.Options = s.opts
	p := &PipeSink{s: s, opts: o, rest: rest, entering: make(chan struct{}, 1)}
	if o.REST.HTTPClient == nil {
		p.http = http.DefaultTransport.(*http.Transport).Clone()
		p.opts.REST.HTTPClient = &http.Client{Transport: p.http}
	}
	return p
}

// Limits implements [sink.Limiter]: files as Snowflake advises them; many batches of a partition wait for the pipe at once.
func (p *PipeSink) Limits() sink.Limits {
	o := p.s.opts
	return sink.Limits{
		Batch:        batching.Policy{Bytes: 2 * o.FileSize, Delay: o.FlushInterval},
		Largest:      batching.Policy{Bytes: 8 * o.FileSize},
		InFlight:     pipeGroup + parallel(),
		Stages:       parallel(),
		Group:        pipeGroup,
		EmptyBatches: true,
		KeepsRejects: o.Rejects != "",
	}
}

// pipeGroup is how many batches are entered at once, and then awaited together.
const pipeGroup = 64

// Committed implements [sink.Inspector]. Rows up to there are in the table or owed: a claim awaits those.
func (p *PipeSink) Committed(ctx context.Context, pipeline string, partitions ...string) (map[string]string, error) {
	return p.s.Committed(ctx, pipeline, partitions...)
}

// Reset implements [sink.Resetter]. What is owed is no more: its files are removed from the stage, so that no pipe loads them
// later.
func (p *PipeSink) Reset(ctx context.Context, pipeline string) error {
	s := p.s
	if err := s.start(ctx); err != nil {
		return err
	}
	return s.wrap(ctx, "reset the offsets of", s.session(ctx, func(c *sql.Conn) error {
		if err := p.make(ctx, c); err != nil {
			return err
		}
		if err := s.offsets.Reset(ctx, c, pipeline, s.name); err != nil {
			return err
		}
		k := literals(offset.Key{Pipeline: pipeline, Target: s.name})
		return p.forgive(ctx, c, fmt.Sprintf("pipeline = %s AND target = %s", k.pipeline, k.target))
	}))
}

// Close implements [sink.Sink]. What is owed stays so: the next claim awaits it.
func (p *PipeSink) Close(ctx context.Context) error {
	p.pipes.close()
	if p.http != nil {
		p.http.CloseIdleConnections()
	}
	if l := p.Latency(); l.Files > 0 {
		p.s.opts.Logger.InfoContext(ctx, "files were loaded by Snowpipe", "sink", "snowflake", "table", p.s.name,
			"files", l.Files, "median", l.Median, "p95", l.P95)
	}
	return p.s.Close(ctx)
}

// make makes the tables of offsets and of owed files, and the stage, where they are missing.
func (p *PipeSink) make(ctx context.Context, c *sql.Conn) error {
	if err := p.s.make(ctx, c); err != nil {
		return err
	}
	p.made.Lock()
	defer p.made.Unlock()
	if p.hasOwed {
		return nil
	}
	err := execAll(ctx, c, p.createOwed())
	p.hasOwed = err == nil
	return err
}
