package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/mark"
	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

// PreflightPipe is [Preflight] for [OpenPipe]. It also calls Snowpipe, which takes users by key pair alone and as their default
// role, and looks whether the pipe works. It makes no pipe, and names no file.
func PreflightPipe(ctx context.Context, cfg Config, table string, opts *PipeOptions) ([]Problem, error) {
	p, err := openPipe(ctx, "sink/snowflake.PreflightPipe", cfg, table, opts)
	if err != nil {
		return nil, err
	}
	s := p.s
	var found []Problem
	err = s.wrap(ctx, "look for problems of", s.session(ctx, func(c *sql.Conn) error {
		comment, _, err := s.place.Comment(ctx, c, s.name)
		if err != nil {
			return err
		}
		pipe := p.definition(mark.Find(comment)).Name
		look := pipePreflight{preflight: preflight{s: s, c: c, own: pipe.Object}, p: p, pipe: pipe}
		err = look.run(ctx)
		found = look.found
		return err
	}))
	return found, errors.Join(err, p.Close(ctx))
}

// pipePreflight is one look at what a PipeSink needs.
type pipePreflight struct {
	preflight
	p    *PipeSink
	pipe snowpipe.Name
}

func (p *pipePreflight) run(ctx context.Context) error {
	if err := p.preflight.run(ctx); err != nil {
		return err
	}
	info, err := p.p.describe(ctx, p.c, p.pipe)
	if err != nil {
		return err
	}
	if info == nil {
		p.lacks(snowpipe.Creator, "SCHEMA")
	} else {
		p.lacks(snowpipe.Inserter, "PIPE") // to read its status
		if err := p.state(ctx); err != nil {
			return err
		}
	}
	if p.p.opts.AutoIngest != nil {
		return nil
	}
	if err := p.caller(ctx, info != nil); err != nil {
		return err
	}
	return p.call(ctx, info != nil)
}

func (p *pipePreflight) objects() snowpipe.Objects {
	o := snowpipe.Objects{Pipe: p.pipe, Table: p.p.tableName(), TableStage: p.s.opts.Stage == "%", External: p.s.opts.External != nil}
	if !o.TableStage {
		o.Stage = p.p.nameOf(p.s.opts.resolve(p.s.opts.Stage))
	}
	return o
}

// lacks sees to it that the role has the privileges of a duty on objects of those kinds.
func (p *pipePreflight) lacks(d snowpipe.Duty, kinds ...string) {
	for _, need := range snowpipe.Privileges(d, p.objects()) {
		if slices.Contains(kinds, need.Kind) {
			p.needs(need.Kind, need.Object, need.Privileges...)
		}
	}
}

// state looks whether the pipe loads.
func (p *pipePreflight) state(ctx context.Context) error {
	status, err := snowpipe.ReadStatus(ctx, p.c, p.pipe)
	object := "pipe " + name(p.pipe.Database, p.pipe.Schema, p.pipe.Object)
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil:
		p.add(object, "", "does not tell its status: %v", err)
	case status.ExecutionState == snowpipe.Paused:
		p.add(object, "ALTER PIPE "+p.pipe.String()+" SET PIPE_EXECUTION_PAUSED = FALSE", "is paused: files wait")
	case status.ExecutionState != snowpipe.Running:
		p.add(object, "", "is %s: %s", status.ExecutionState, status.Error)
	}
	return nil
}

// caller looks at the role by which Snowpipe is called, where it is another one.
func (p *pipePreflight) caller(ctx context.Context, there bool) error {
	role := ""
	err := sf.Each(ctx, p.c, "DESCRIBE USER "+p.s.d.Quote(strings.ToUpper(p.p.rest.User)), func(row map[string]string) {
		if row["property"] == "DEFAULT_ROLE" {
			role = row["value"]
		}
	})
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil || role == "" || role == "null" || role == p.role:
		return nil // it cannot be seen, or is the session's
	case !there:
		p.add("user "+p.p.rest.User, "", "calls Snowpipe as its default role, %s, and not as %s, which makes the pipe: grant %s OPERATE and MONITOR once the pipe is there, or connect as %s",
			sf.Plain(role), sf.Plain(p.role), sf.Plain(role), sf.Plain(role))
		return nil
	}
	session := p.role
	p.role = role
	defer func() { p.role = session }()
	if err := p.grants(ctx); err != nil {
		return err
	}
	p.lacks(snowpipe.Inserter, "DATABASE", "SCHEMA", "PIPE", "STAGE", "TABLE")
	return nil
}

// call calls Snowpipe.
func (p *pipePreflight) call(ctx context.Context, there bool) error {
	q, err := p.p.pipe(pipeID{name: p.pipe.Object})
	if err != nil {
		return err
	}
	_, err = q.client.InsertReport(ctx, nil)
	var refused *snowpipe.Error
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.As(err, &refused) && refused.Status == http.StatusNotFound:
		if there {
			p.add("user "+p.p.rest.User, "", "is answered as if there were no pipe: its default role lacks OPERATE and MONITOR on it")
		}
	case errors.As(err, &refused) && refused.Status < http.StatusInternalServerError:
		p.add("user "+p.p.rest.User, "", "%v", err)
	default:
		return fmt.Errorf("call Snowpipe: %w", err)
	}
	return nil
}
