package snowpipe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	sf "github.com/floedata/floe/dialect/snowflake"
)

// Execution states of pipes that are no fault. Any other, such as STOPPED_MISSING_TABLE or STALLED_COMPILATION_ERROR, is one.
const (
	Running = "RUNNING"
	Paused  = "PAUSED"
)

// PipeStatus is what SYSTEM$PIPE_STATUS says of a pipe; what it leaves out is zero.
type PipeStatus struct {
	ExecutionState     string
	PendingFiles       int64 // queued
	OldestPendingFile  string
	OldestPending      time.Time
	LastIngested       time.Time
	LastIngestedFile   string
	LastError          time.Time // when its COPY could not be compiled
	Error              string    // why
	LastFault          time.Time // an error inside Snowflake
	Fault              string
	Channel            string // of an auto-ingest pipe: the queue of its events
	ChannelError       string
	OutstandingOnQueue int64
	LastReceived       time.Time // the last event's, also where it is of other files
	LastForwarded      time.Time // the last event's that is of the pipe's files
	LastForwardedFile  string
	LastPulled         time.Time
}

// ReadStatus asks for the status of a pipe.
func ReadStatus(ctx context.Context, db DB, pipe Name) (PipeStatus, error) {
	text := ""
	err := sf.Each(ctx, db, "SELECT SYSTEM$PIPE_STATUS("+sf.Literal(pipe.String())+") AS status", func(row map[string]string) {
		text = row["status"]
	})
	var s PipeStatus
	if err == nil {
		s, err = parsePipeStatus([]byte(text))
	}
	if err != nil {
		return PipeStatus{}, fmt.Errorf("snowpipe: the status of %s: %w", pipe, err)
	}
	return s, nil
}

func parsePipeStatus(text []byte) (PipeStatus, error) {
	var a struct {
		ExecutionState       string          `json:"executionState"`
		PendingFileCount     int64           `json:"pendingFileCount"`
		OldestPendingFile    string          `json:"oldestPendingFilePath"`
		OldestFileTimestamp  stamp           `json:"oldestFileTimestamp"`
		LastIngested         stamp           `json:"lastIngestedTimestamp"`
		LastIngestedFile     string          `json:"lastIngestedFilePath"`
		LastPipeError        stamp           `json:"lastPipeErrorTimestamp"`
		LastPipeFault        stamp           `json:"lastPipeFaultTimestamp"`
		Error                json.RawMessage `json:"error"`
		Fault                json.RawMessage `json:"fault"`
		Channel              string          `json:"notificationChannelName"`
		ChannelErrorMessage  string          `json:"channelErrorMessage"`
		Outstanding          int64           `json:"numOutstandingMessagesOnChannel"`
		LastReceivedMessage  stamp           `json:"lastReceivedMessageTimestamp"`
		LastForwardedMessage stamp           `json:"lastForwardedMessageTimestamp"`
		LastForwardedFile    string          `json:"lastForwardedFilePath"`
		LastPulled           stamp           `json:"lastPulledFromChannelTimestamp"`
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return PipeStatus{}, fmt.Errorf("the answer is not understood: %w", err)
	}
	if a.ExecutionState == "" {
		return PipeStatus{}, errors.New("the answer has no executionState")
	}
	return PipeStatus{
		ExecutionState: a.ExecutionState, PendingFiles: a.PendingFileCount,
		OldestPendingFile: a.OldestPendingFile, OldestPending: a.OldestFileTimestamp.Time,
		LastIngested: a.LastIngested.Time, LastIngestedFile: a.LastIngestedFile,
		LastError: a.LastPipeError.Time, Error: plainText(a.Error), LastFault: a.LastPipeFault.Time, Fault: plainText(a.Fault),
		Channel: a.Channel, ChannelError: a.ChannelErrorMessage, OutstandingOnQueue: a.Outstanding,
		LastReceived: a.LastReceivedMessage.Time, LastForwarded: a.LastForwardedMessage.Time, LastForwardedFile: a.LastForwardedFile,
		LastPulled: a.LastPulled.Time,
	}, nil
}

// plainText is the text of a value that may be a string or an object; null is "".
func plainText(raw json.RawMessage) string {
	var s string
	if err := json.Unmarshal(raw, &s); err == nil {
		return s
	}
	return string(raw)
}
