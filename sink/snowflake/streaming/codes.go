package streaming

import "net/http"

// Codes that the client itself acts upon.
const (
	codeOpenInProgress    = "ERR_OPEN_CHANNEL_IN_PROGRESS"
	codeUncommitted       = "ERR_CHANNEL_HAS_UNCOMMITTED_DATA"
	codeStalePipe         = "STALE_PIPE_CACHE"
	codeExpired           = "390318"
	codeUnknownChannel    = "ERR_CHANNEL_DOES_NOT_EXIST_OR_IS_NOT_AUTHORIZED"
	codeMemoryThreshold   = "MemoryThresholdExceeded"
	codeReceiverSaturated = "ReceiverSaturated"
)

// codes says what to do about each code of the service.
var codes = map[string]Class{
	"STALE_CONTINUATION_TOKEN_SEQUENCER":              Reopen,
	"ERR_CHANNEL_HAS_INVALID_ROW_SEQUENCER":           Reopen,
	"ERR_CHANNEL_HAS_INVALID_CLIENT_SEQUENCER":        Reopen,
	"ERR_CHANNEL_MUST_BE_REOPENED":                    Reopen,
	"ERR_CHANNEL_MUST_BE_REOPENED_DUE_TO_ROW_SEQ_GAP": Reopen,
	codeUnknownChannel:                                Reopen,
	codeStalePipe:                                     Reopen,
	"ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED":       Configuration,
	"ERR_DATABASE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED":   Configuration,
	"ERR_TABLE_DOES_NOT_EXIST_NOT_AUTHORIZED":         Configuration,
	"ERR_PIPE_IN_INVALID_STATE":                       Configuration,
	"391902" /* Accept is missing */ :                 Configuration,
	codeOpenInProgress:                                Retry,
	codeUncommitted:                                   Retry,
	"ERR_GENERAL_EXCEPTION_RETRY_REQUEST":             Retry,
	"390701" /* too many requests */ :                 Retry,
	codeReceiverSaturated:                             Retry,
	"RECEIVER_SATURATED":                              Retry,
	codeMemoryThreshold:                               Retry,
	"MEMORY_THRESHOLD_EXCEEDED":                       Retry,
	"MemoryThresholdExceededInContainer":              Retry,
	"MEMORY_THRESHOLD_EXCEEDED_IN_CONTAINER":          Retry,
	"HttpRetryableClientError":                        Retry,
	"SfApiPipeFailedOverError":                        Rebuild,
}

// untaken are the codes by which the service says, whatever the status, that it has no room for an append, so that it has
// not taken it.
var untaken = map[string]bool{
	"390701":                                 true,
	codeReceiverSaturated:                    true,
	"RECEIVER_SATURATED":                     true,
	codeMemoryThreshold:                      true,
	"MEMORY_THRESHOLD_EXCEEDED":              true,
	"MemoryThresholdExceededInContainer":     true,
	"MEMORY_THRESHOLD_EXCEEDED_IN_CONTAINER": true,
	"HttpRetryableClientError":               true,
}

// classOf says what to do about a reply. The code decides: the status of one and the same code differs.
func classOf(status int, code string) Class {
	if class, ok := codes[code]; ok {
		return class
	}
	switch {
	case status == http.StatusConflict:
		return Reopen
	case status == http.StatusGone:
		return Rebuild
	case status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= 500:
		return Retry
	}
	return Configuration
}

// hints say what to do about what must be mended.
var hints = map[string]string{
	"ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED":     "create the pipe, or grant OPERATE on it to the role",
	"ERR_DATABASE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED": "create the database, or grant USAGE on it to the role",
	"ERR_TABLE_DOES_NOT_EXIST_NOT_AUTHORIZED":       "create the table, or grant INSERT on it to the role",
	"ERR_PIPE_IN_INVALID_STATE":                     "SYSTEM$PIPE_STATUS and DESCRIBE PIPE say what is wrong with the pipe",
	codeUncommitted:                                 "wait for the commit, or open without FailOnUncommittedRows",
}

// hint adds to a message what to do about its code.
func hint(message, code string) string {
	h := hints[code]
	switch {
	case h == "":
		return message
	case message == "":
		return h
	}
	return message + " (" + h + ")"
}
