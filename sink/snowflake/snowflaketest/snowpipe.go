package snowflaketest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
)

// eventsKept is how long insertReport tells of a file, documented.
const eventsKept = 10 * time.Minute

// Refusals of Snowpipe. Who may not know a pipe is told that it is not there.
var (
	noPipe     = refusal{390404, "02000", "Specified object does not exist or not authorized."} // approximate: the text
	manyScans  = refusal{390701, "08000", "Request rate exceeds max. allowed rate."}            // approximate: the text
	pipesFault = refusal{390500, "XX000", "Internal error occurred."}                           // approximate: code and text
)

// malformed is a request that Snowpipe does not take.
func malformed(format string, args ...any) refusal {
	return refusal{390400, "08000", "Bad request: " + fmt.Sprintf(format, args...)} // approximate: code and text
}

// Snowpipe matches calls of Snowpipe's REST by what they are: insertFiles, insertReport, loadHistoryScan; all of them, if none
// is named.
func Snowpipe(calls ...string) func(Call) bool {
	return func(c Call) bool {
		rest, ok := strings.CutPrefix(c.Path, "/v1/data/pipes/")
		return ok && (len(calls) == 0 || slices.Contains(calls, rest[strings.LastIndexByte(rest, '/')+1:]))
	}
}

// asPipeUser serves a call in a session of whoever makes it, with the user's default role.
func (r *run) asPipeUser(serve func(*exchange, *engine.Session) error) func(*exchange) {
	return func(x *exchange) {
		user, err := r.pipeUser(x)
		if err != nil {
			x.refusePipe(err)
			return
		}
		s, err := r.engine.Connect(engine.Login{User: user})
		if err == nil {
			err = serve(x, s)
			_ = s.Close() // nothing is open in it
		}
		if err != nil {
			x.refusePipe(err)
		}
	}
}

// pipeUser finds out who makes a call: by a token that a key pair has signed, of which a second header may say so.
func (r *run) pipeUser(x *exchange) (string, error) {
	token := bearer(x.Request)
	if token == "" {
		return "", pipeRefusal{http.StatusBadRequest, noToken} // documented: not 401
	}
	if kind := x.Request.Header.Get("X-Snowflake-Authorization-Token-Type"); kind != "" && !strings.EqualFold(kind, "KEYPAIR_JWT") {
		x.note(func(c *Call) { c.Reason = "a token of type " + kind })
		return "", pipeRefusal{http.StatusUnauthorized, badJWT}
	}
	var req loginRequest
	req.Data.Authenticator, req.Data.Token = "SNOWFLAKE_JWT", token
	user, why, no := r.identify(req)
	if why != "" {
		x.note(func(c *Call) { c.Reason = why })
		return "", pipeRefusal{http.StatusUnauthorized, no}
	}
	return user, nil
}

// pipeRefusal is a refusal with its HTTP status, as an error.
type pipeRefusal struct {
	status int
	refusal
}

func (e pipeRefusal) Error() string { return e.message }

func badPipeCall(format string, args ...any) error {
	return pipeRefusal{http.StatusBadRequest, malformed(format, args...)}
}

// refusePipe answers why a call of Snowpipe failed.
func (x *exchange) refusePipe(err error) {
	var no pipeRefusal
	var e *engine.Error
	switch {
	case errors.As(err, &no):
		x.refuse(no.status, no.refusal)
	case errors.As(err, &e) && (e.SQLState == "02000" || e.SQLState == "42S02" || e.SQLState == "42501"):
		// What is missing, and what the role may not do, are told by one answer.
		x.note(func(c *Call) { c.Reason = e.Message })
		x.refuse(http.StatusNotFound, noPipe)
	case errors.As(err, &e) && e.SQLState != "XX000":
		x.refuse(http.StatusBadRequest, refusal{e.Code, e.SQLState, e.Message})
	default:
		x.note(func(c *Call) { c.Reason = err.Error() })
		x.refuse(http.StatusInternalServerError, pipesFault)
	}
}

// refuse answers a refusal by an HTTP status of its own.
func (x *exchange) refuse(status int, no refusal) {
	code := no.text()
	x.note(func(c *Call) { c.Code = code })
	x.answerPipe(status, reply{Code: &code, Message: &no.message})
}

// answerPipe writes a value as JSON.
func (x *exchange) answerPipe(status int, value any) {
	x.Header().Set("Content-Type", "application/json")
	x.WriteHeader(status)
	writeJSON(x, value)
}

// insertFiles is POST …/insertFiles.
func (r *run) insertFiles(x *exchange, s *engine.Session) error {
	files, err := parsePipeFiles(x.Request.Header.Get("Content-Type"), x.body)
	if err != nil {
		return pipeRefusal{http.StatusBadRequest, malformed("%v", err)}
	}
	query := x.URL.Query()
	showSkipped := false
	if text := query.Get("showSkippedFiles"); text != "" {
		if showSkipped, err = strconv.ParseBool(text); err != nil {
			return badPipeCall("showSkippedFiles is %q", text)
		}
	}
	queued, err := s.InsertFiles(context.WithoutCancel(x.Context()), x.PathValue("pipe"), files) // a client that is gone was heard
	if err != nil {
		return err
	}
	a := insertReply{RequestID: query.Get("requestId"), Response: "SUCCESS", Status: "success", Unmatched: queued.Unmatched}
	if a.RequestID == "" {
		a.RequestID = uuid.NewString()
	}
	if showSkipped {
		a.Skipped = queued.Skipped
	}
	x.answerPipe(http.StatusOK, a)
	return nil
}

// insertReport is GET …/insertReport: what was loaded in the last 10 minutes.
func (r *run) insertReport(x *exchange, s *engine.Session) error {
	query := x.URL.Query()
	kept := eventsKept
	if text := query.Get("recentSeconds"); text != "" {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 1 {
			return badPipeCall("recentSeconds is %q", text)
		}
		kept = min(kept, time.Duration(n)*time.Second)
	}
	begin, err := parseMark(query.Get("beginMark"))
	if err != nil {
		return err
	}
	now := r.now()
	report, err := s.PipeReport(x.Context(), x.PathValue("pipe"), engine.PipeSpan{
		After: begin, From: now.Add(-kept), To: now.Add(time.Nanosecond), Most: r.server.options.PipeEvents, Latest: true,
	})
	if err != nil {
		return err
	}
	a := reportReply{Pipe: report.Pipe, Complete: true, NextMark: query.Get("beginMark"), Files: pipeFiles(report.Events)}
	if n := len(report.Events); n > 0 {
		a.NextMark = mark(report.Events[n-1].Mark)
	}
	if begin > 0 {
		a.Complete = report.Behind == int64(len(report.Events)) // none was missed since the mark
	}
	x.answerPipe(http.StatusOK, a)
	return nil
}

// loadHistoryScan is GET …/loadHistoryScan: what was loaded between two times.
func (r *run) loadHistoryScan(x *exchange, s *engine.Session) error {
	query := x.URL.Query()
	now := r.now()
	from, err := parseMoment(query.Get("startTimeInclusive"))
	if err != nil {
		return badPipeCall("startTimeInclusive is %q", query.Get("startTimeInclusive"))
	}
	to := now.Add(time.Nanosecond) // a clock may stand still
	if text := query.Get("endTimeExclusive"); text != "" {
		if to, err = parseMoment(text); err != nil {
			return badPipeCall("endTimeExclusive is %q", text)
		}
	}
	if to.Before(from) {
		return badPipeCall("endTimeExclusive %s is before startTimeInclusive %s", moment(to), moment(from))
	}
	if !r.scans.allow(x.PathValue("pipe"), now, r.server.options.PipeScans) {
		return pipeRefusal{http.StatusTooManyRequests, manyScans}
	}
	report, err := s.PipeReport(x.Context(), x.PathValue("pipe"), engine.PipeSpan{From: from, To: to, Most: r.server.options.PipeEvents})
	if err != nil {
		return err
	}
	a := historyReply{Pipe: report.Pipe, Complete: report.Complete, Start: moment(from), End: moment(to), Files: pipeFiles(report.Events)}
	if n := len(report.Events); n > 0 {
		a.RangeStart, a.RangeEnd = moment(report.Events[0].At), moment(report.Events[n-1].At)
	}
	x.answerPipe(http.StatusOK, a)
	return nil
}

// scans bounds how often the history of a pipe is read. The zero value is ready to use.
type scans struct {
	mu     sync.Mutex
	byPipe map[string][]time.Time
}

// allow reports whether a pipe's history may be read now: no more than most times a minute, if most is not 0.
func (l *scans) allow(pipe string, now time.Time, most int) bool {
	if most == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var recent []time.Time
	for _, t := range l.byPipe[pipe] {
		if now.Sub(t) < time.Minute {
			recent = append(recent, t)
		}
	}
	if len(recent) >= most {
		return false
	}
	if l.byPipe == nil {
		l.byPipe = map[string][]time.Time{}
	}
	l.byPipe[pipe] = append(recent, now)
	return true
}
