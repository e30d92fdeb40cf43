package snowflake

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/dialect"
	sf "github.com/floedata/floe/dialect/snowflake"
)

// parameters are those of the sink's sessions, in the order in which they are set.
//
// A statement whose client is gone goes on: a block that is cut off amid its transaction would leave it open, with its
// locks, until Snowflake gives up the session, which is hours later.
func (o *Options) parameters() [][2]string {
	return [][2]string{
		{"LOCK_TIMEOUT", seconds(o.LockTimeout)},
		{"STATEMENT_TIMEOUT_IN_SECONDS", seconds(o.StatementTimeout)},
		{"ABORT_DETACHED_QUERY", "FALSE"},
		{"AUTOCOMMIT", "TRUE"},
		{"TIMEZONE", "UTC"},
		{"QUOTED_IDENTIFIERS_IGNORE_CASE", "FALSE"},
		{"ERROR_ON_NONDETERMINISTIC_MERGE", "TRUE"},
		{"QUERY_TAG", o.QueryTag},
	}
}

func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// setUp is the statement that sets them on a session.
func (o *Options) setUp() string {
	var b strings.Builder
	b.WriteString("ALTER SESSION SET")
	for _, p := range o.parameters() {
		value := p[1]
		switch p[0] {
		case "TIMEZONE", "QUERY_TAG":
			value = sf.Literal(value)
		}
		b.WriteString(" " + p[0] + " = " + value)
	}
	return b.String()
}

// session runs do on a connection whose session is set up. do leaves no transaction open, or discards the connection. One
// whose session is gone is discarded, too: the driver would hand it out for ever.
func (s *Sink) session(ctx context.Context, do func(c *sql.Conn) error) error {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Close()
	if !s.owned {
		_, err = c.ExecContext(ctx, s.opts.setUp())
	}
	if err != nil {
		err = fmt.Errorf("set the session up: %w", err)
	} else {
		err = do(c)
	}
	if err != nil && s.d.Classify(err) == dialect.Unavailable {
		discard(c)
	}
	return err
}

// discard closes a connection, and with its session what may be open there.
func discard(c *sql.Conn) { _ = c.Raw(func(any) error { return driver.ErrBadConn }) }

// run runs a block and returns what it answers. A block ends its own transaction; where it could not, because its reply
// is lost or it was cut off, the session is given up.
func run(ctx context.Context, c *sql.Conn, block string) (answer string, err error) {
	var text sql.NullString
	if err := c.QueryRowContext(ctx, sf.Immediate(block)).Scan(&text); err != nil {
		discard(c)
		return "", err
	}
	return text.String, nil
}

// withID has the driver tell the id of the statement that is sent with ctx; "" = it has none.
func withID(ctx context.Context) (told context.Context, id func() string) {
	ids := make(chan string, 1) // the driver sends one, and closes it
	return gosnowflake.WithQueryIDChan(ctx, ids), func() string {
		select {
		case id := <-ids:
			return id
		default:
			return ""
		}
	}
}

func execAll(ctx context.Context, c *sql.Conn, statements ...string) error {
	for _, q := range statements {
		if _, err := c.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("%.200s: %w", q, err)
		}
	}
	return nil
}
