package streaming

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Class says what to do about an error.
type Class int

// Classes.
const (
	// Configuration: the same will fail again until something is mended: a name, a privilege, a key, an option, a row.
	Configuration Class = iota
	// Retry: nothing was taken, and the channel is as it was: call again after a while.
	Retry
	// Reopen: the channel is of no more use. Open it again, and append again what is behind its committed token.
	Reopen
	// Rebuild: the client is of no more use. Make another one, then as after Reopen.
	Rebuild
)

func (c Class) String() string {
	switch c {
	case Configuration:
		return "fix the configuration"
	case Retry:
		return "retry"
	case Reopen:
		return "reopen the channel"
	case Rebuild:
		return "rebuild the client"
	}
	return fmt.Sprintf("Class(%d)", int(c))
}

// Error is what the service, or the way to it, answers to a call. It holds no token and no row.
type Error struct {
	// Op is what was asked for, such as "open channel".
	Op string
	// Target is of what: a channel, a pipe, a host.
	Target string
	// Code is Snowflake's, such as STALE_CONTINUATION_TOKEN_SEQUENCER; "" = none was answered.
	Code string
	// Status is that of HTTP; 0 = there was no reply.
	Status int
	// Message is Snowflake's, or says what has happened.
	Message string
	// Class says what to do.
	Class Class
	// Unknown says that the service may have done what was asked for: of an append, it may have taken the rows.
	Unknown bool
	// RetryAfter is how long the service asks to wait; 0 = it does not say.
	RetryAfter time.Duration
	// Err is the cause, where there is one.
	Err error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("sink/snowflake/streaming: " + e.Op)
	if e.Target != "" {
		fmt.Fprintf(&b, " %q", e.Target)
	}
	b.WriteString(": ")
	parts := make([]string, 0, 4)
	if e.Status != 0 {
		parts = append(parts, fmt.Sprintf("status %d", e.Status))
	}
	if e.Code != "" {
		parts = append(parts, e.Code)
	}
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	b.WriteString(strings.Join(parts, ": "))
	if e.Unknown {
		b.WriteString("; whether it was done is not known")
	}
	return b.String() + " (" + e.Class.String() + ")"
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// throttled says that the service had too much to do.
func (e *Error) throttled() bool { return e.Status == http.StatusTooManyRequests || untaken[e.Code] }

var (
	// ErrClosed answers calls on what is closed.
	ErrClosed = errors.New("sink/snowflake/streaming: the channel or its client is closed")
	// ErrBufferFull is the cause of an *[Error] of class [Retry]: there is no room in the buffer for an append, which has
	// taken nothing. It comes where [ClientOptions].Overflow is [Fail].
	ErrBufferFull = errors.New("the buffer is full")
)

// TooLargeError says that rows which must be in one request do not fit into one. Nothing was taken.
type TooLargeError struct {
	// Rows is how many they are, and Bytes how large; of a record, up to where it was found to be too large.
	Rows, Bytes int64
	// Limit is what they may be, and Option the field of [ClientOptions] that says so.
	Limit  int64
	Option string
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("sink/snowflake/streaming: %d rows of %d bytes do not fit into one request of %d (ClientOptions.%s): append fewer at once",
		e.Rows, e.Bytes, e.Limit, e.Option)
}

// RowError says which value has no form that the service takes. Nothing of its append was taken.
type RowError struct {
	Row    int64  // of the append, from 0
	Column string // "" = the row as a whole
	Err    error
}

func (e *RowError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("sink/snowflake/streaming: row %d: %v", e.Row, e.Err)
	}
	return fmt.Sprintf("sink/snowflake/streaming: row %d, column %q: %v", e.Row, e.Column, e.Err)
}

// Unwrap returns the cause.
func (e *RowError) Unwrap() error { return e.Err }
