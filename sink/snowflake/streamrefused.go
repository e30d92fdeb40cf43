package snowflake

import (
	"context"
	"database/sql"
	"fmt"

	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// RefusedError says that Snowflake has dropped rows which it had taken: they are not in the table, and the offset counts them.
type RefusedError struct {
	Partition string
	Channel   string
	Rows      int64  // how many
	Message   string // Snowflake's, of the last of them
	Token     string // at or behind the last of them; "" = Snowflake does not say

	// Logged are the rows themselves, the last ones of the channel, at most [LoggedRows]: as far as ERROR_TABLE has them, which
	// takes ERROR_LOGGING = TRUE on the table that the rows land in, and a moment.
	Logged []RefusedRow
}

// RefusedRow is a row that Snowflake dropped, as the error table has it.
type RefusedRow struct {
	Code      string // Snowflake's number of the error
	Message   string // what is wrong with it
	Data      string // the row as it was sent, a JSON object; or the beginning of it
	Truncated bool   // Data is the beginning alone
	Token     string // the offset token of the append that it was in
}

// LoggedRows is how many rows a [RefusedError] has at most.
const LoggedRows = 1000

func (e *RefusedError) Error() string {
	where := "with ERROR_LOGGING = TRUE on the table they would be in ERROR_TABLE"
	if len(e.Logged) > 0 {
		where = "ERROR_TABLE has them, and the error's Logged"
	}
	return fmt.Sprintf("Snowflake dropped %d rows of partition %.200q, channel %s, that it had taken, at or before offset token %.200q: %s: "+
		"they are not in the table, and not sent again; %s. Load them by another way, "+
		"then set StreamingOptions.AcceptCounts to go on behind them", e.Rows, e.Partition, e.Channel, e.Token, e.Message, where)
}

// refused says what a channel has dropped beyond the rows that are accounted for. with runs a function with a connection.
func (w *streamWriter) refused(ctx context.Context, status streaming.ChannelStatus, accounted int64, with func(context.Context, func(*sql.Conn) error) error) error {
	e := &RefusedError{Partition: w.Key.Partition, Channel: w.name, Rows: status.RowsErrorCount - accounted, Message: status.LastErrorMessage}
	if bound := status.LastErrorOffsetTokenUpperBound; bound != nil {
		e.Token = *bound
	}
	err := with(ctx, func(c *sql.Conn) error { return e.read(ctx, c, w.s.qualified(w.t.lands())) })
	if err != nil {
		w.s.opts.Logger.InfoContext(ctx, "the rows that Snowflake dropped cannot be read", "sink", "snowflake", "table", w.t.lands(), "channel", w.name, "error", err)
	}
	return retry.Permanent(e)
}

// read takes the last rows of the channel that the error table of a table has.
func (e *RefusedError) read(ctx context.Context, c *sql.Conn, table string) error {
	rows, err := c.QueryContext(ctx, fmt.Sprintf(`SELECT ERROR_CODE::VARCHAR, COALESCE(ERROR_METADATA:error_message::VARCHAR, ''), COALESCE(ERROR_DATA::VARCHAR, ''),
	COALESCE(ERROR_METADATA:details.error_data_truncated::BOOLEAN, FALSE), COALESCE(ERROR_METADATA:details.offset_token_upper_bound::VARCHAR, '')
FROM ERROR_TABLE(%s) WHERE ERROR_METADATA:details.channel_name::VARCHAR = %s ORDER BY TIMESTAMP DESC LIMIT %d`,
		table, sf.Literal(e.Channel), min(e.Rows, LoggedRows)))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err tells
	for rows.Next() {
		var r RefusedRow
		if err := rows.Scan(&r.Code, &r.Message, &r.Data, &r.Truncated, &r.Token); err != nil {
			return err
		}
		e.Logged = append(e.Logged, r)
	}
	return rows.Err()
}
