package engine

import (
	"fmt"
	"net/http"
	"time"
)

// PipeAddress is a pipe by its names as addresses of Snowpipe Streaming have them: letters of another case than the stored
// name's are understood. The default pipe of a table is the table's name with -STREAMING behind.
type PipeAddress struct{ Database, Schema, Pipe string }

// Streamer is who streams: a user, and the role that the calls run with; "" is the user's default role.
type Streamer struct{ User, Role string }

// ChannelStatus is what a client is told of a channel.
type ChannelStatus struct {
	Database, Schema, Pipe, Channel string
	Code                            string  // "SUCCESS", or why the channel is no good any more
	Token                           *string // offset token of the last rows that are committed
	Created                         time.Time
	Inserted, Parsed, Errors        int64 // rows, of the channel's whole life
	LastErrorUpper                  *string
	LastError                       *string
	LastErrorAt                     time.Time
	Latency                         time.Duration // between accepting rows and committing them, on average
}

// StreamError is why a call of Snowpipe Streaming is refused.
type StreamError struct {
	Status  int    // of HTTP
	Code    string // "ERR_…"
	Message string
}

func (e *StreamError) Error() string { return fmt.Sprintf("%s (%d): %s", e.Code, e.Status, e.Message) }

// The codes that are documented or seen of accounts. Those of 404 and 409 whose status is not known have the documented one.
const (
	codeStale         = "STALE_CONTINUATION_TOKEN_SEQUENCER"
	codeRowSequencer  = "ERR_CHANNEL_HAS_INVALID_ROW_SEQUENCER"
	codeNoChannel     = "ERR_CHANNEL_DOES_NOT_EXIST_OR_IS_NOT_AUTHORIZED"
	codeNoPipe        = "ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED"
	codeNoDatabase    = "ERR_DATABASE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED"
	codeNoSchema      = "ERR_SCHEMA_DOES_NOT_EXIST_OR_NOT_AUTHORIZED" // approximate
	codeNoTable       = "ERR_TABLE_DOES_NOT_EXIST_NOT_AUTHORIZED"
	codeInvalidPipe   = "ERR_PIPE_IN_INVALID_STATE"
	codeOpening       = "ERR_OPEN_CHANNEL_IN_PROGRESS"
	codeUncommitted   = "ERR_CHANNEL_HAS_UNCOMMITTED_DATA"
	codeMustReopen    = "ERR_CHANNEL_MUST_BE_REOPENED"
	statusSuccess     = "SUCCESS"
	elasticName       = "ELASTIC"
	defaultPipeSuffix = "-STREAMING"
)

// What one transaction commits at most, so that it fits into memory.
const (
	maxCommitRows  = 200_000
	maxCommitBytes = 64 << 20
)

func refuseStream(status int, code, format string, args ...any) *StreamError {
	return &StreamError{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// noChannel refuses what is sent to a channel that is not there (any more).
func noChannel(name string) *StreamError {
	return refuseStream(http.StatusNotFound, codeNoChannel, "Channel %s does not exist or is not authorized.", name)
}

// mustReopen refuses what is sent to a channel whose tokens another has now.
func mustReopen(name string) *StreamError {
	return refuseStream(http.StatusBadRequest, codeStale, "Channel %s: the channel sequencer in the continuation token is stale. Please reopen the channel.", name)
}
