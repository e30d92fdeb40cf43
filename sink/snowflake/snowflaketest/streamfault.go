package snowflaketest

import (
	"net/http"
	"slices"
)

// Streaming matches calls of Snowpipe Streaming: "hostname", "token", "open", "append", "elastic", "status", "pipe-info" and
// "drop"; all of them, if none is named.
func Streaming(calls ...string) func(Call) bool {
	return func(c Call) bool {
		return c.Streaming != "" && (len(calls) == 0 || slices.Contains(calls, c.Streaming))
	}
}

// Channel matches calls of Snowpipe Streaming whose path has one of the channels.
func Channel(names ...string) func(Call) bool {
	return func(c Call) bool { return slices.Contains(names, c.Channel) }
}

// streamingCodes are the HTTP statuses of the codes of Snowpipe Streaming: those that were seen of accounts, or else the
// documented ones.
var streamingCodes = map[string]int{
	"STALE_CONTINUATION_TOKEN_SEQUENCER":              http.StatusBadRequest, // documented among those of 409
	"ERR_CHANNEL_HAS_INVALID_ROW_SEQUENCER":           http.StatusConflict,
	"ERR_CHANNEL_HAS_INVALID_CLIENT_SEQUENCER":        http.StatusConflict,
	"ERR_CHANNEL_MUST_BE_REOPENED":                    http.StatusConflict,
	"ERR_CHANNEL_MUST_BE_REOPENED_DUE_TO_ROW_SEQ_GAP": http.StatusConflict,
	"ERR_CHANNEL_DOES_NOT_EXIST_OR_IS_NOT_AUTHORIZED": http.StatusNotFound,
	"STALE_PIPE_CACHE":                                http.StatusConflict,
	"ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED":       http.StatusNotFound,
	"ERR_DATABASE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED":   http.StatusNotFound,
	"ERR_TABLE_DOES_NOT_EXIST_NOT_AUTHORIZED":         http.StatusNotFound,
	"ERR_PIPE_IN_INVALID_STATE":                       http.StatusConflict,
	"ERR_OPEN_CHANNEL_IN_PROGRESS":                    http.StatusConflict,
	"ERR_CHANNEL_HAS_UNCOMMITTED_DATA":                http.StatusConflict,
	"ERR_GENERAL_EXCEPTION_RETRY_REQUEST":             http.StatusInternalServerError,
	"ReceiverSaturated":                               http.StatusTooManyRequests,
	"MemoryThresholdExceeded":                         http.StatusTooManyRequests,
	"MemoryThresholdExceededInContainer":              http.StatusTooManyRequests,
	"HttpRetryableClientError":                        http.StatusServiceUnavailable,
	"SfApiPipeFailedOverError":                        http.StatusGone,
}

// Refuse answers an error of Snowpipe Streaming by its code, such as "ERR_OPEN_CHANNEL_IN_PROGRESS", with the HTTP status that
// goes with it, without carrying the request out. It panics at a code that it does not know: [Answer] answers any.
func Refuse(code string) Effect {
	status, ok := streamingCodes[code]
	if !ok {
		panic("snowflaketest: Refuse(" + code + "): no such code")
	}
	return Effect{kind: effectRefuse, streaming: streamRefusal{Status: status, Code: code, Message: "Refused by a fault: " + code + "."}}
}

// RateExceeded answers what Snowpipe Streaming and Snowpipe do to too many requests: status 429 and code 390701.
func RateExceeded() Effect {
	return Answer(http.StatusTooManyRequests, `{"code":"390701","message":"Request rate exceeds max. allowed rate."}`)
}

// RetryRequest answers status 503 and a code that is a JSON string by itself, as Snowpipe Streaming does when it is
// overwhelmed.
func RetryRequest() Effect {
	return Answer(http.StatusServiceUnavailable, `"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"`)
}

// Reject answers rows with status 200 and a status code in the body that says that they were not taken, and does not take
// them.
func Reject() Effect {
	return Answer(http.StatusOK, `{"status_code":7,"message":"The rows were not accepted."}`)
}

// ChannelCode carries a call out that answers channels' statuses, and gives them a code other than SUCCESS.
func ChannelCode(code string) Effect { return Effect{kind: effectAlter, channelCode: code} }

// NeverCommit has a channel accept rows, and commit nothing any more from those of the call on, until it is opened again.
func NeverCommit() Effect { return Effect{kind: effectAlter, hold: true} }

// LoseRows has a channel accept rows and throw them away, as one of a broken pipe does: it commits nothing any more from those
// of the call on, until it is opened again.
func LoseRows() Effect { return Effect{kind: effectAlter, lose: true} }
