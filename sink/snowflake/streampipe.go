package snowflake

import (
	"context"
	"database/sql"
	"fmt"

	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/sink"
)

// lands is the name of the table that rows are streamed into.
func (t *StreamingSink) lands() string {
	if t.s.opts.Mode == sink.Upsert {
		return landingTable(t.s.name)
	}
	return t.s.name
}

// pipe is the name of the pipe that they go through.
func (t *StreamingSink) pipe() string {
	if t.opts.Pipe != "" {
		return t.s.opts.resolve(t.opts.Pipe)
	}
	return t.lands() + "-STREAMING"
}

// pipeMade says whether there is a pipe to open channels in: Prepare makes what is missing. The default pipe of a table is
// there with it.
func (t *StreamingSink) pipeMade(ctx context.Context, c *sql.Conn) (made bool, err error) {
	defer func() { t.ready.Store(made) }()
	_, found, err := t.s.place.Comment(ctx, c, t.s.name)
	if found && t.lands() != t.s.name {
		_, found, err = t.s.place.Comment(ctx, c, t.lands())
	}
	if err != nil || !found {
		return false, err
	}
	if t.opts.Pipe == "" {
		return true, nil
	}
	return t.customPipe(ctx, c)
}

// customPipe says whether the pipe of the options is there, which must be one into the table that rows land in.
func (t *StreamingSink) customPipe(ctx context.Context, c *sql.Conn) (found bool, err error) {
	other := ""
	err = sf.Each(ctx, c, t.s.place.Show("PIPES"), func(row map[string]string) {
		if row["name"] != t.pipe() {
			return
		}
		found = true
		if !loads(row["definition"], t.s.place, t.lands()) {
			other = row["definition"]
		}
	})
	switch {
	case err != nil:
		return false, fmt.Errorf("look for the pipe: %w", err)
	case other != "":
		return false, fmt.Errorf("the pipe %s does not load %s, but is %.200q: name another pipe in StreamingOptions.Pipe", t.s.qualified(t.pipe()), t.s.qualified(t.lands()), other)
	}
	return found, nil
}

// makePipe makes what is missing between the service and the table: the table that rows land in, and a custom pipe.
func (t *StreamingSink) makePipe(ctx context.Context, c *sql.Conn) error {
	if t.lands() != t.s.name {
		if err := t.makeLanding(ctx, c); err != nil {
			return err
		}
	}
	if t.opts.Pipe == "" {
		return nil
	}
	found, err := t.customPipe(ctx, c)
	if err != nil || found {
		return err
	}
	t.s.opts.Logger.InfoContext(ctx, "making the pipe", "sink", "snowflake", "table", t.lands(), "pipe", t.pipe())
	return execAll(ctx, c, t.createPipe())
}

// createPipe takes columns by their names, so that the pipe stays as it is when columns are added.
func (t *StreamingSink) createPipe() string {
	return fmt.Sprintf("CREATE PIPE IF NOT EXISTS %s AS COPY INTO %s FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')) MATCH_BY_COLUMN_NAME = CASE_SENSITIVE",
		t.s.qualified(t.pipe()), t.s.qualified(t.lands()))
}
