package streaming

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// ChannelStatus is what the service knows of a channel.
type ChannelStatus struct {
	Database, Schema, Pipe, Channel string
	// Code is SUCCESS or ACTIVE where the channel is well; see [ChannelStatus.Err].
	Code string
	// LatestCommittedOffsetToken is that of the last append whose rows are in the table; nil = there is none.
	LatestCommittedOffsetToken *string
	// CreatedOn is when the channel was made; zero = the service does not say.
	CreatedOn time.Time
	// RowsInserted, RowsParsed and RowsErrorCount count the rows that went in, that were read, and that were dropped because
	// they do not fit, since the channel was made: opening it again does not set them back.
	RowsInserted, RowsParsed, RowsErrorCount int64
	// LastErrorOffsetTokenUpperBound is a token at or behind the last row that was dropped; nil = there is none.
	LastErrorOffsetTokenUpperBound *string
	// LastErrorMessage says why that row was dropped, and LastErrorTime when.
	LastErrorMessage string
	LastErrorTime    time.Time
	// AverageProcessingLatency is how long the service takes with rows of the channel; 0 = it does not say.
	AverageProcessingLatency time.Duration
	// RefreshedOn is when the service answered this, by the client's clock.
	RefreshedOn time.Time
}

// Err is nil where the channel is well, and otherwise an [*Error] that says what to do.
func (s ChannelStatus) Err() error {
	switch s.Code {
	case "SUCCESS", "ACTIVE", "": // what is sent, what is documented, and what says nothing
		return nil
	}
	class, known := codes[s.Code]
	if !known {
		class = Reopen // a code other than SUCCESS means that the channel is invalid
	}
	return &Error{Op: "channel status", Target: s.Channel, Code: s.Code, Message: hint("the channel is not well", s.Code), Class: class}
}

// wireStatus is a status as the service writes it, in what is documented and in what is sent.
type wireStatus struct {
	Database   string  `json:"database_name"`
	Schema     string  `json:"schema_name"`
	Pipe       string  `json:"pipe_name"`
	Channel    string  `json:"channel_name"`
	Code       text    `json:"channel_status_code"`
	Committed  *string `json:"last_committed_offset_token"`
	CreatedOn  instant `json:"created_on_ms"`
	Inserted   count   `json:"rows_inserted"`
	Parsed     count   `json:"rows_parsed"`
	ErrorCount *count  `json:"rows_error_count"`
	Errors     *count  `json:"rows_errors"`
	ErrorBound *string `json:"last_error_offset_upper_bound"`
	ErrorText  *string `json:"last_error_message"`
	ErrorTime  instant `json:"last_error_timestamp"`
	ErrorMS    instant `json:"last_error_timestamp_ms"`
	Latency    count   `json:"snowflake_avg_processing_latency_ms"`
}

func (w wireStatus) status(now time.Time) ChannelStatus {
	s := ChannelStatus{
		Database: w.Database, Schema: w.Schema, Pipe: w.Pipe, Channel: w.Channel, Code: string(w.Code),
		LatestCommittedOffsetToken: w.Committed, CreatedOn: w.CreatedOn.Time,
		RowsInserted: int64(w.Inserted), RowsParsed: int64(w.Parsed),
		LastErrorOffsetTokenUpperBound: w.ErrorBound, LastErrorTime: w.ErrorMS.Time,
		AverageProcessingLatency: time.Duration(w.Latency) * time.Millisecond, RefreshedOn: now,
	}
	switch {
	case w.ErrorCount != nil:
		s.RowsErrorCount = int64(*w.ErrorCount)
	case w.Errors != nil:
		s.RowsErrorCount = int64(*w.Errors)
	}
	if w.ErrorText != nil {
		s.LastErrorMessage = clip(*w.ErrorText)
	}
	if s.LastErrorTime.IsZero() {
		s.LastErrorTime = w.ErrorTime.Time
	}
	return s
}

// count is a number that may come as a string, or as null for 0. What is no number is an error: a count must not read as 0.
type count int64

// UnmarshalJSON implements json.Unmarshaler.
func (c *count) UnmarshalJSON(raw []byte) error {
	var n json.Number
	if err := json.Unmarshal(raw, &n); err != nil {
		return err
	}
	if n == "" {
		return nil
	}
	i, err := n.Int64()
	if err != nil {
		f, ferr := n.Float64()
		if ferr != nil || f < -1<<62 || f > 1<<62 {
			return fmt.Errorf("%.30q is not a count", n)
		}
		i = int64(f)
	}
	*c = count(i)
	return nil
}

// instant is a time in milliseconds since 1970, or in RFC 3339; 0, an empty text and null are none.
type instant struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (t *instant) UnmarshalJSON(raw []byte) error {
	var s text
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	if ms, err := strconv.ParseFloat(string(s), 64); err == nil && ms > 0 && ms < 1e15 {
		t.Time = time.UnixMilli(int64(ms)).UTC()
	} else if at, err := time.Parse(time.RFC3339Nano, string(s)); err == nil {
		t.Time = at.UTC()
	}
	return nil // it is for people to read: what is no time is none
}
