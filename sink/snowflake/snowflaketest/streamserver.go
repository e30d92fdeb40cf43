package snowflaketest

import "context"

// StreamingRate is how much a channel of Snowpipe Streaming may send in a second: requests, and bytes of rows that are not
// compressed. 0: no limit.
type StreamingRate struct{ Requests, Bytes float64 }

// Appended counts what Snowpipe Streaming has accepted: requests, their rows, and the bytes of these, not compressed.
type Appended struct{ Requests, Rows, Bytes int64 }

// Appended returns what Snowpipe Streaming has accepted since the server was started, or restarted.
func (s *Server) Appended() Appended {
	r, err := s.running()
	if err != nil {
		return Appended{}
	}
	return Appended(r.engine.Appended())
}

// CommitStreaming commits what Snowpipe Streaming has accepted so far, whether its time has come or not. What a fault holds
// back it does not commit.
func (s *Server) CommitStreaming(ctx context.Context) error {
	r, err := s.running()
	if err != nil {
		return err
	}
	if !r.calls.enter() {
		return errClosed
	}
	defer r.calls.leave()
	return r.engine.CommitStreams(ctx)
}

// ExpireStreamingTokens has the scoped tokens of Snowpipe Streaming that clients have expire now: calls with them are answered
// by status 401.
func (s *Server) ExpireStreamingTokens() { s.epochs.expire() }

// FailOver has another host take over from the ingest plane: calls with the scoped tokens that clients have are answered by
// status 410, until they ask for the host's name and a token again.
func (s *Server) FailOver() { s.epochs.failOver() }
