package snowflake

import (
	"fmt"

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
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("Snowflake dropped %d rows of partition %.200q, channel %s, that it had taken, at or before offset token %.200q: %s: "+
		"they are not in the table, and not sent again; with ERROR_LOGGING = TRUE on the table they are in ERROR_TABLE. Load them by another way, "+
		"then set StreamingOptions.AcceptCounts to go on behind them", e.Rows, e.Partition, e.Channel, e.Token, e.Message)
}

// count holds what the channel counts against the rows that were sent up to its token, at.
func (w *streamWriter) count(status streaming.ChannelStatus, at reached) error {
	if status.RowsErrorCount > w.noted.refused {
		return w.refused(status)
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
func (w *streamWriter) accept(n *note, status streaming.ChannelStatus) error {
	if !w.t.opts.AcceptCounts {
		if status.RowsErrorCount > n.refused {
			return w.refused(status)
		}
		if err := w.addUp(status, n.at.sent); err != nil {
			return err
		}
	}
	n.refused = status.RowsErrorCount
	return nil
}

func (w *streamWriter) refused(status streaming.ChannelStatus) error {
	e := &RefusedError{Partition: w.Key.Partition, Channel: w.name, Rows: status.RowsErrorCount - w.noted.refused, Message: status.LastErrorMessage}
	if bound := status.LastErrorOffsetTokenUpperBound; bound != nil {
		e.Token = *bound
	}
	return retry.Permanent(e)
}
