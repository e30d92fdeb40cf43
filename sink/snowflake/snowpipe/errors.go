package snowpipe

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/floedata/floe/retry"
)

// Error is an answer of the service that is no success.
type Error struct {
	// Status is that of HTTP; 200 where the body alone tells of a failure.
	Status int
	// Code is Snowflake's, such as 390144 or TABLE_NOT_FOUND; "" = the answer has none.
	Code string
	// Message is Snowflake's own.
	Message string
	// RetryAfter is how long the service asks to wait; 0 = it does not.
	RetryAfter time.Duration
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Snowpipe answers %d", e.Status)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if hint := hints[e.Status]; hint != "" {
		b.WriteString(" (" + hint + ")")
	}
	return b.String()
}

// hints say what to do.
var hints = map[int]string{
	http.StatusBadRequest:   "the call is not understood, or has no token",
	http.StatusUnauthorized: "the key is not one of the user's, the account or user is another one, or this machine's clock is wrong",
	http.StatusForbidden:    "the user may not log in so, or not from here",
	http.StatusNotFound:     "there is no such pipe, or the user's default role lacks OPERATE on it to insert files, or MONITOR to read reports",
}

// The codes that an answer of status 200 has for failures, and for success.
const (
	codeSuccess       = "SUCCESS"
	codeAlreadySent   = "ALREADY_SENT" // all files are known
	codeInternalError = "INTERNAL_ERROR"
)

// classified marks the error as worth another try where it is.
func (e *Error) classified() error {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return retry.After(e, e.RetryAfter)
	case http.StatusOK:
		if e.Code == codeInternalError {
			return retry.Transient(e)
		}
	}
	return retry.Permanent(e)
}

// longest is how much of a text that is no error of Snowflake's is kept.
const longest = 300

// parseError reads the body of an error: an object with code and message, a text in JSON, or a text.
func parseError(body []byte) *Error {
	var object struct {
		Code      any    `json:"code"`
		ErrorCode any    `json:"error_code"`
		Message   string `json:"message"`
	}
	if err := json.Unmarshal(body, &object); err == nil && (object.Code != nil || object.ErrorCode != nil || object.Message != "") {
		code := object.Code
		if code == nil {
			code = object.ErrorCode
		}
		if number, ok := code.(float64); ok {
			code = fmt.Sprintf("%.0f", number)
		}
		text, _ := code.(string)
		return &Error{Code: text, Message: shortened(object.Message)}
	}
	var text string
	if err := json.Unmarshal(body, &text); err == nil && text != "" && !strings.ContainsAny(text, " \n") {
		return &Error{Code: shortened(text)}
	} else if err == nil {
		return &Error{Message: shortened(text)}
	}
	return &Error{Message: shortened(string(body))}
}

// shortened makes of a text one that is short, in UTF-8 and of one line.
func shortened(text string) string {
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
}
