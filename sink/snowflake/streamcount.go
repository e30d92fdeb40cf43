package snowflake

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// count holds what the channel counts against the rows that were sent up to its token, at.
func (w *streamWriter) count(ctx context.Context, status streaming.ChannelStatus, at reached) error {
	if status.RowsErrorCount > w.noted.refused {
		return w.refused(ctx, status, w.noted.refused, w.t.session)
	}
	w.mu.Lock()
	base := w.base
	w.mu.Unlock()
	return w.addUp(status, at.sent+base)
}

// addUp says that a channel does not count as many rows as were sent. Counts may come behind the token that they are of.
func (w *streamWriter) addUp(status streaming.ChannelStatus, sent int64) error {
	if counted := status.RowsInserted + status.RowsErrorCount; counted != sent {
		return retry.Transient(fmt.Errorf("channel %s counts %d rows inserted and %d refused, and %d were sent: "+
			"rows are missing or there twice, unless the counts are behind: compare the partition with its source, then set StreamingOptions.AcceptCounts to go on",
			w.name, status.RowsInserted, status.RowsErrorCount, sent))
	}
	return nil
}

// accept holds the counts of a channel that was opened against what is known of it, and takes them as known.
func (w *streamWriter) accept(ctx context.Context, c *sql.Conn, n *note, status streaming.ChannelStatus) error {
	if !w.t.opts.AcceptCounts {
		if status.RowsErrorCount > n.refused {
			return w.refused(ctx, status, n.refused, func(_ context.Context, do func(*sql.Conn) error) error { return do(c) })
		}
		if err := w.addUp(status, n.at.sent); err != nil {
			return err
		}
	}
	n.refused = status.RowsErrorCount
	return nil
}
