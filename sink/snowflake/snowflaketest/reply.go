package snowflaketest

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
)

// reply is the body of every answer of the API. Refusals come with HTTP status 200 too.
type reply struct {
	Data    any     `json:"data"`
	Code    *string `json:"code"`
	Message *string `json:"message"`
	Success bool    `json:"success"`
}

// refusal is an error as Snowflake numbers it.
type refusal struct {
	code     int
	sqlState string
	message  string
}

// Refusals of the service itself. Those of statements come from the engine.
var (
	badRequest     = refusal{390400, "08000", "Bad request: the body is not what this call takes."}
	noSuchCall     = refusal{390404, "08000", "Unsupported call: this account is a fake, which knows the calls of drivers alone."}
	noToken        = refusal{390101, "08001", "Authorization header not found in the request data."}
	sessionGone    = refusal{390111, "08002", "Session no longer exists.  New login required to access the service."}
	tokenExpired   = refusal{390112, "08001", "Your session has expired. Please login again."}
	noMaster       = refusal{390113, "08001", "The session master token is not found."}
	masterExpired  = refusal{390114, "08001", "Authentication token has expired.  The user must authenticate again."}
	badPassword    = refusal{390100, "08001", "Incorrect username or password was specified."}
	badJWT         = refusal{390144, "08001", "JWT token is invalid."}
	badOAuth       = refusal{390303, "08001", "Invalid OAuth access token."}
	expiredOAuth   = refusal{390318, "08001", "OAuth access token expired."}
	badAccessToken = refusal{394400, "08001", "Programmatic access token is invalid."}
	noAccount      = refusal{390201, "08001", "The requested account does not exist or not authorized."}
	notExecuting   = refusal{605, "02000", "Identified SQL statement is not currently executing."}
	noSuchQuery    = refusal{709, "02000", "Statement not found."}
	inProgress     = refusal{333333, "", "Query execution in progress in background."}
	inProgressLong = refusal{333334, "", "Query execution in progress in background (asynchronous)."}
)

// refuse answers a refusal that belongs to no statement.
func refuse(no refusal) reply { return refuseQuery(no, "") }

// refuseQuery answers why a statement failed.
func refuseQuery(no refusal, queryID string) reply {
	code := no.text()
	return reply{
		Data: map[string]any{
			"internalError": false, "unredactedFromSecureObject": false,
			"errorCode": code, "sqlState": no.sqlState, "queryId": queryID, "age": 0, "line": -1, "pos": -1, "type": "COMPILATION",
		},
		Code:    &code,
		Message: &no.message,
	}
}

// text returns the code as the protocol has it.
func (no refusal) text() string { return fmt.Sprintf("%06d", no.code) }

// refusalOf returns an error of the engine as a refusal.
func refusalOf(err error) refusal {
	var e *engine.Error
	if errors.As(err, &e) {
		return refusal{e.Code, e.SQLState, e.Message}
	}
	return refusal{300002, "XX000", "Processing aborted by error of the fake: " + err.Error()}
}

// succeed answers data.
func succeed(data any) reply { return reply{Data: data, Success: true} }

// raw is a reply that was encoded before.
type raw []byte

// reply writes an answer of the API.
func (x *exchange) reply(a reply) {
	if a.Code != nil && !a.Success {
		x.note(func(c *Call) { c.Code = *a.Code })
	}
	body, ok := a.Data.(raw)
	if !ok {
		var err error
		if body, err = json.Marshal(a); err != nil {
			panic(fmt.Sprintf("snowflaketest: a reply that JSON cannot hold: %v", err))
		}
	}
	x.Header().Set("Content-Type", "application/json")
	_, _ = x.Write(body) // the client may be gone
}

// unknown answers calls that this server does not know, by name.
func (r *run) unknown(x *exchange) reply {
	no := noSuchCall
	no.message = fmt.Sprintf("Unsupported call '%s %s'.", x.Method, x.URL.Path)
	return refuse(no)
}

// telemetry takes what drivers tell, and drops it.
func (r *run) telemetry(*exchange) reply { return succeed("Log Received") }
