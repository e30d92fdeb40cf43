package snowflake

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

// pipeID tells a pipe from one that is made anew under its name, which has forgotten what it has loaded.
type pipeID struct {
	name    string
	created int64 // when, in milliseconds since 1970
}

// pipe is one that files are named to.
type pipe struct {
	id     pipeID
	client *snowpipe.Client // nil: it is an auto-ingest pipe
	*poller
}

// await waits until the pipe is done with files that were named to it, and returns what became of them, in order.
func (q *pipe) await(ctx context.Context, files []owedFile) ([]snowpipe.File, error) {
	own := slices.Clone(files)
	for i := range own {
		own[i].pipe = q.id
	}
	return q.poller.await(ctx, own)
}

// pipes are those that a sink has to do with, by name: one as a rule, and others that an earlier process has left files with.
type pipes struct {
	mu     sync.Mutex
	byName map[string]*poller
}

// close ends what polls.
func (p *pipes) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range p.byName {
		q.close()
	}
}

// pipe returns the pipe of an id.
func (p *PipeSink) pipe(id pipeID) (*pipe, error) {
	p.pipes.mu.Lock()
	defer p.pipes.mu.Unlock()
	q := p.pipes.byName[id.name]
	if q == nil {
		if p.pipes.byName == nil {
			p.pipes.byName = map[string]*poller{}
		}
		var client *snowpipe.Client
		if p.opts.AutoIngest == nil {
			var err error
			if client, err = snowpipe.NewClient(p.rest, p.nameOf(id.name), &p.opts.REST); err != nil {
				return nil, err
			}
		}
		q = newPoller(p, id.name, client)
		p.pipes.byName[id.name] = q
	}
	return &pipe{id: id, client: q.client, poller: q}, nil
}

func (p *PipeSink) nameOf(pipe string) snowpipe.Name {
	return snowpipe.Name{Database: p.s.place.Database, Schema: p.s.place.Schema, Object: pipe}
}

func (p *PipeSink) tableName() snowpipe.Name { return p.nameOf(p.s.name) }

// copyOfPipe is the COPY that the pipe runs. It is of the whole stage, so that names of files are their whole paths there; but
// an auto-ingest pipe would load whatever else comes to the stage, too.
func (p *PipeSink) copyOfPipe() string {
	place := ""
	if p.opts.AutoIngest != nil {
		place = p.directory()
	}
	return fmt.Sprintf(`COPY INTO %s
    FROM %s
    FILE_FORMAT = %s
    MATCH_BY_COLUMN_NAME = CASE_SENSITIVE
    ON_ERROR = SKIP_FILE`, p.s.qualified(p.s.name), p.s.stage(place), fileFormat)
}

// definition is the pipe for the table of that mark. The default name has a hash of what the pipe does: a table that is made
// anew has another pipe, as Snowflake wants it, and the old one's queue does not go into it.
func (p *PipeSink) definition(mark string) snowpipe.Definition {
	copyInto := p.copyOfPipe()
	name := p.s.opts.resolve(p.opts.Pipe)
	if name == "" {
		name = fmt.Sprintf("_FLOE_PIPE_%X", sha256.Sum256([]byte(mark+"\x00"+copyInto)))[:len("_FLOE_PIPE_")+32]
	}
	d := snowpipe.Definition{
		Name: p.nameOf(name), IfMissing: true, Copy: copyInto,
		Comment: "Loads " + p.s.name + " for a pipeline that knows which files are its own: never REFRESH it.",
	}
	if a := p.opts.AutoIngest; a != nil {
		d.AutoIngest, d.Integration, d.Topic = true, p.s.opts.resolve(a.Integration), a.Topic
	}
	return d
}

// makePipe makes the pipe where it is missing, and finds out which one it is.
func (p *PipeSink) makePipe(ctx context.Context, c *sql.Conn, mark string) (*pipe, error) {
	d := p.definition(mark)
	p.made.Lock()
	defer p.made.Unlock()
	info, err := p.describe(ctx, c, d.Name)
	if err == nil && info == nil {
		p.s.opts.Logger.InfoContext(ctx, "making the pipe", "sink", "snowflake", "table", p.s.name, "pipe", d.Name.Object)
		if err = snowpipe.Create(ctx, c, d); err != nil {
			return nil, err
		}
		if info, err = p.describe(ctx, c, d.Name); err == nil && info == nil {
			err = fmt.Errorf("pipe %s was made and is not to be seen by this role: grant it OPERATE and MONITOR", d.Name)
		}
	}
	if err != nil {
		return nil, err
	}
	id := pipeID{d.Name.Object, info.Created.UnixMilli()}
	if p.current != nil && p.current.id == id {
		return p.current, nil
	}
	if p.opts.Pipe != "" && words(info.Definition) != words(d.Copy) {
		return nil, fmt.Errorf("pipe %s does not load what is staged: drop it, or make it by: %s", d.Name, d)
	}
	if p.opts.AutoIngest != nil {
		p.s.opts.Logger.InfoContext(ctx, "the pipe loads by events", "sink", "snowflake", "table", p.s.name, "pipe", d.Name.Object,
			"notification_channel", info.NotificationChannel, "prefix", p.directory())
	}
	made, err := p.pipe(id)
	if err == nil {
		p.current = made
	}
	return made, err
}

// words writes a text with one space for each white space, and no semicolon behind.
func words(text string) string {
	return strings.TrimRight(strings.Join(strings.Fields(text), " "), "; ")
}

// describe reads what Snowflake says of a pipe; nil = there is none.
func (p *PipeSink) describe(ctx context.Context, c *sql.Conn, name snowpipe.Name) (*snowpipe.Info, error) {
	info, err := snowpipe.Describe(ctx, c, name)
	if err != nil && p.s.d.Classify(err) == dialect.Missing {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &info, nil
}

// working says why a pipe does not load; nil = it does, or is paused.
func (p *PipeSink) working(ctx context.Context, c *sql.Conn, name snowpipe.Name) error {
	status, err := snowpipe.ReadStatus(ctx, c, name)
	if err != nil {
		return err
	}
	switch status.ExecutionState {
	case snowpipe.Running:
		return nil
	case snowpipe.Paused:
		p.s.opts.Logger.WarnContext(ctx, "the pipe is paused: its files wait", "sink", "snowflake", "table", p.s.name, "pipe", name.Object)
		return nil
	}
	text := fmt.Sprintf("pipe %s does not load: it is %s", name, status.ExecutionState)
	if status.Error != "" {
		text += ": " + status.Error
	}
	return errors.New(text)
}
