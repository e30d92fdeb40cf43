package streaming

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/floedata/floe/sink/snowflake/internal/auth"
)

// The service answers some calls in more than one shape: what is documented as JSON comes as plain text. These parsers read
// all of them.

// textOf returns the text of a reply that is plain, a JSON string, or the field of a JSON object.
func textOf(body []byte, field string) (string, error) {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return "", errors.New("the reply is empty")
	case body[0] == '"':
		var s string
		if err := json.Unmarshal(body, &s); err != nil {
			return "", errors.New("the reply begins as a JSON string, and is none")
		}
		return strings.TrimSpace(s), nil
	case body[0] == '{':
		var object map[string]json.RawMessage
		var s string
		if err := json.Unmarshal(body, &object); err != nil {
			return "", errors.New("the reply begins as a JSON object, and is none")
		}
		if err := json.Unmarshal(object[field], &s); err != nil || s == "" {
			return "", fmt.Errorf("the reply has no text %q", field)
		}
		return strings.TrimSpace(s), nil
	}
	return string(body), nil
}

// parseHostname reads the reply of the discovery: a host, and maybe its port.
func parseHostname(body []byte) (string, error) {
	text, err := textOf(body, "hostname")
	if err != nil {
		return "", err
	}
	host := auth.Hostname(text)
	if !validHost(host) {
		return "", fmt.Errorf("the reply %.60q is not the name of a host", text)
	}
	return host, nil
}

// validHost says that host is a name or an address, with a port or without, and nothing else: tokens are sent there.
func validHost(host string) bool {
	name, port := host, ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		name, port = host[:i], host[i+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
	}
	if inner, ok := strings.CutPrefix(name, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && net.ParseIP(inner) != nil
	}
	if len(name) > 253 {
		return false
	}
	for _, label := range strings.Split(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

// parseToken reads the reply of the exchange: a token, and when it expires; zero = it does not say.
func parseToken(body []byte) (token string, expires time.Time, err error) {
	token, err = textOf(body, "token")
	if err != nil {
		return "", time.Time{}, err
	}
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return "", time.Time{}, errors.New("the reply is not a token")
		}
	}
	var claims jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err == nil && claims.ExpiresAt != nil {
		expires = claims.ExpiresAt.Time
	}
	return token, expires, nil
}

// opened is the reply to opening a channel.
type opened struct {
	Token  string      `json:"next_continuation_token"`
	Status *wireStatus `json:"channel_status"`
}

func parseOpened(body []byte) (opened, error) {
	var o opened
	if err := unmarshal(body, &o); err != nil {
		return opened{}, err
	}
	if o.Status == nil {
		return opened{}, errors.New("the reply has no channel_status")
	}
	if o.Token == "" && o.Status.status(time.Time{}).Err() == nil {
		return opened{}, errors.New("the reply has no next_continuation_token")
	}
	return o, nil
}

// appended is the reply to an append.
type appended struct {
	Token   string `json:"next_continuation_token"`
	Code    text   `json:"status_code"`
	Message text   `json:"message"`
}

// parseAppended reads the reply to an append that has status 200: it may be a rejection still.
func parseAppended(body []byte) (appended, error) {
	var a appended
	if err := unmarshal(body, &a); err != nil {
		return appended{}, err
	}
	if a.Code == "0" {
		a.Code = ""
	}
	if a.Code == "" && a.Token == "" {
		return appended{}, errors.New("the reply has no next_continuation_token")
	}
	return a, nil
}

// parseStatuses reads the reply about many channels.
func parseStatuses(body []byte) (map[string]wireStatus, error) {
	var reply struct {
		Statuses map[string]wireStatus `json:"channel_statuses"`
	}
	if err := unmarshal(body, &reply); err != nil {
		return nil, err
	}
	if reply.Statuses == nil {
		return nil, errors.New("the reply has no channel_statuses")
	}
	return reply.Statuses, nil
}

func unmarshal(body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("the reply of %d bytes is not what it should be: %w", len(body), err)
	}
	return nil
}

// failure is what an error reply says.
type failure struct{ code, message string }

// messageBytes is how much of a message is kept.
const messageBytes = 500

// parseFailure reads an error reply: an object with a code, a JSON string, or any text.
func parseFailure(body []byte) failure {
	body = bytes.TrimSpace(body)
	var object struct {
		Code       text `json:"code"`
		ErrorCode  text `json:"error_code"`
		Error      text `json:"error"`
		StatusCode text `json:"status_code"`
		Message    text `json:"message"`
		ErrorText  text `json:"error_message"`
		Described  text `json:"error_description"`
	}
	var f failure
	var plain string
	switch {
	case len(body) > 0 && body[0] == '{' && json.Unmarshal(body, &object) == nil:
		for _, code := range []text{object.Code, object.ErrorCode, object.Error, object.StatusCode} {
			if f.code == "" {
				f.code = string(code)
			}
		}
		for _, message := range []text{object.Message, object.ErrorText, object.Described} {
			if f.message == "" {
				f.message = string(message)
			}
		}
	default:
		if json.Unmarshal(body, &plain) != nil {
			plain = string(body)
		}
		if plain = strings.TrimSpace(plain); isCode(plain) {
			f.code = plain
		} else {
			f.message = plain
		}
	}
	f.message = clip(f.message)
	if !isCode(f.code) { // it is shown and compared: anything else is text
		f.message, f.code = clip(strings.TrimSpace(f.code+" "+f.message)), ""
	}
	return f
}

// isCode says that s is like a code of the service: a word of letters, digits and underscores.
func isCode(s string) bool {
	return s != "" && len(s) <= 100 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == ""
}

// clip bounds a message, and makes it one line of UTF-8.
func clip(message string) string {
	message = strings.Join(strings.Fields(strings.ToValidUTF8(message, "�")), " ")
	if len(message) > messageBytes {
		message = strings.ToValidUTF8(message[:messageBytes], "") + "…"
	}
	return message
}

// retryAfter reads the header of that name; 0 = there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if n, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(n, 0), 3600)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), time.Hour)
	}
	return 0
}

// text is a JSON string, or a number, as text; "" for null.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(raw []byte) error {
	switch {
	case len(raw) > 0 && raw[0] == '"':
		return json.Unmarshal(raw, (*string)(t))
	case string(raw) == "null":
		return nil
	default:
		*t = text(raw) // a number, or whatever else is there: it is for people to read
	}
	return nil
}
