package snowflake

import (
	"context"
	"database/sql"
	"errors"

	"github.com/floedata/floe/sink"
)

// PreflightStreaming is [Preflight] for [OpenStreaming]. It needs no stage, and opens no channel; that the service cannot be
// reached, or lets nobody in, is an error.
func PreflightStreaming(ctx context.Context, cfg Config, table string, opts *StreamingOptions) ([]Problem, error) {
	t, err := openStreaming(ctx, "sink/snowflake.PreflightStreaming", cfg, table, opts)
	if err != nil {
		return nil, err
	}
	var found []Problem
	err = t.s.wrap(ctx, "look for problems of", t.s.session(ctx, func(c *sql.Conn) error {
		p := streamPreflight{preflight: preflight{s: t.s, c: c, own: t.pipe()}, t: t}
		err := p.run(ctx)
		found = p.found
		return err
	}))
	return found, errors.Join(err, t.Close(ctx))
}

// streamPreflight is one look at what a StreamingSink needs.
type streamPreflight struct {
	preflight
	t *StreamingSink
}

func (p *streamPreflight) run(ctx context.Context) error {
	if err := p.common(ctx); err != nil {
		return err
	}
	t := p.t
	if t.lands() != p.s.name {
		privileges := []string{"SELECT", "INSERT", "DELETE"}
		if p.s.opts.Evolve != sink.EvolveNone {
			privileges = append(privileges, "OWNERSHIP") // it gets the columns that the table gets
		}
		if err := p.table(ctx, t.lands(), always(privileges...)); err != nil {
			return err
		}
	}
	if t.opts.Pipe == "" {
		return nil // default pipes take no privileges of their own
	}
	there, err := t.customPipe(ctx, p.c)
	schema := []string{p.s.place.Database, p.s.place.Schema}
	switch {
	case err != nil:
		return err
	case there:
		p.needs("PIPE", append(schema, t.pipe()), "OPERATE")
	default:
		p.needs("SCHEMA", schema, "CREATE PIPE")
	}
	return nil
}
