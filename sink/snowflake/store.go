package snowflake

import (
	"context"
	"database/sql"
	"io"
)

// store is where staged files are: a stage, and the way there. Names and prefixes are below the sink's directory.
type store interface {
	// make makes the stage where it is missing, and finds out whether files get there.
	make(ctx context.Context, c *sql.Conn) error
	// create begins a file. ctx bounds its whole making.
	create(ctx context.Context, lane, name string) (upload, error)
	// list returns the names of the files in a lane.
	list(ctx context.Context, c *sql.Conn, lane string) ([]string, error)
	// remove removes the files that begin with a prefix.
	remove(ctx context.Context, c *sql.Conn, prefix string) error
	// close gives up what the store has open.
	close() error
}

// upload is a file on its way to the stage. Either finish or abandon is its end.
type upload interface {
	io.Writer
	// finish returns once the stage has the file as a whole.
	finish(ctx context.Context) error
	// abandon drops the file, of which the stage then has nothing.
	abandon()
}
