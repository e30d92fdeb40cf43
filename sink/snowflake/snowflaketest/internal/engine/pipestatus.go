package engine

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// pipeState is what SYSTEM$PIPE_STATUS answers, in its order.
type pipeState struct {
	Execution     string  `json:"executionState"`
	OldestPath    string  `json:"oldestPendingFilePath,omitempty"`
	Oldest        *string `json:"oldestFileTimestamp,omitempty"`
	Pending       int64   `json:"pendingFileCount"`
	ErrorAt       *string `json:"lastPipeErrorTimestamp,omitempty"`
	Ingested      *string `json:"lastIngestedTimestamp,omitempty"`
	IngestedPath  string  `json:"lastIngestedFilePath,omitempty"`
	Channel       string  `json:"notificationChannelName,omitempty"`
	Outstanding   *int64  `json:"numOutstandingMessagesOnChannel,omitempty"`
	Received      *string `json:"lastReceivedMessageTimestamp,omitempty"`
	Forwarded     *string `json:"lastForwardedMessageTimestamp,omitempty"`
	Error         string  `json:"error,omitempty"`
	ForwardedPath string  `json:"lastForwardedFilePath,omitempty"`
}

// pipeCall is the pipe that a function of the system names in its first argument, and its second.
func (w *work) pipeCall(call *syntax.Func) (o *object, second string, err error) {
	args, err := w.arguments(call, "PIPE", "OVERRIDE")
	if err != nil {
		return nil, "", err
	}
	text, _ := args["PIPE"].text()
	second, _ = args["OVERRIDE"].text()
	o, err = w.pipeArgument(text, call.Name)
	return o, second, err
}

// pipeStatus is SYSTEM$PIPE_STATUS(pipe).
func (w *work) pipeStatus(call *syntax.Func) (value, error) {
	o, _, err := w.pipeCall(call)
	if err != nil {
		return value{}, err
	}
	if err := w.authorize(o, "MONITOR"); err != nil {
		return value{}, err
	}
	s := pipeState{Execution: "RUNNING"}
	if o.Pipe.Streaming {
		return textOf(s)
	}
	// It is the owner who loads.
	asOwner := *w
	asOwner.s = w.e.owner(o)
	if _, err := asOwner.opened(o); err != nil {
		why := stopping(w.ctx, err)
		s.Execution, s.Error = why.state, why.err.Message
		at := moment(w.e.now())
		if !o.Pipe.FaultAt.IsZero() {
			at = moment(o.Pipe.FaultAt)
		}
		s.ErrorAt = &at
	}
	if o.Pipe.Paused {
		s.Execution = "PAUSED"
	}
	if s.Pending, err = w.number(`SELECT COUNT(*) FROM floe_pipe_files WHERE pipe = ? AND event = 0`, o.ID); err != nil {
		return value{}, err
	}
	var path string
	var at int64
	find := func(query string) (bool, error) {
		err := w.conn.QueryRowContext(w.ctx, query, o.ID).Scan(&path, &at)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		return err == nil, err
	}
	there, err := find(`SELECT path, at FROM floe_pipe_files WHERE pipe = ? AND event = 0 ORDER BY at, number LIMIT 1`)
	if err != nil {
		return value{}, err
	}
	if there {
		oldest := moment(time.Unix(0, at))
		s.Oldest, s.OldestPath = &oldest, path
	}
	there, err = find(`SELECT path, at FROM floe_pipe_files WHERE pipe = ? AND event <> 0 AND json_extract_string(doc, '$.Load.Status') <> 'LOAD_FAILED' ORDER BY event DESC LIMIT 1`)
	if err != nil {
		return value{}, err
	}
	if there {
		last := moment(time.Unix(0, at))
		s.Ingested, s.IngestedPath = &last, o.Pipe.Location+path
	}
	if o.Pipe.AutoIngest {
		var none int64
		s.Channel, s.Outstanding = w.channel(o), &none
		if !o.Pipe.NoticedAt.IsZero() {
			last := moment(o.Pipe.NoticedAt)
			s.Received, s.Forwarded, s.ForwardedPath = &last, &last, o.Pipe.Location+o.Pipe.Noticed
		}
	}
	return textOf(s)
}

// channel is the queue that notifications for a pipe come by; the fake looks at the stage instead.
func (w *work) channel(o *object) string {
	switch {
	case !o.Pipe.AutoIngest:
		return ""
	case o.Pipe.Topic != "":
		return o.Pipe.Topic
	case o.Pipe.Integration != "":
		return o.Pipe.Integration
	}
	return "arn:aws:sqs:loopback:000000000000:" + strings.ToLower(w.e.options.Account)
}

func textOf(s pipeState) (value, error) {
	b, err := json.Marshal(s)
	return textValue(string(b)), err
}

// moment is a time as JSON of Snowflake's has it.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// forceResume is SYSTEM$PIPE_FORCE_RESUME(pipe [, overrides]).
func (w *work) forceResume(call *syntax.Func) (value, error) {
	o, second, err := w.pipeCall(call)
	if err != nil {
		return value{}, err
	}
	if err := w.authorize(o, "OPERATE"); err != nil {
		return value{}, err
	}
	overrides := map[string]bool{}
	for part := range strings.SplitSeq(second, ",") {
		switch name := strings.ToUpper(strings.TrimSpace(part)); name {
		case "":
		case "STALENESS_CHECK_OVERRIDE", "OWNERSHIP_TRANSFER_CHECK_OVERRIDE":
			overrides[name] = true
		default:
			return value{}, compilation(1008, "22023", "invalid value [%s] for %s", part, call.Name) // approximate: the text
		}
	}
	if len(overrides) == 0 {
		overrides["OWNERSHIP_TRANSFER_CHECK_OVERRIDE"] = true // documented: the name alone means it
	}
	p := o.Pipe
	for _, check := range []struct {
		holds bool
		name  string
	}{
		{p.Paused && w.stale(p), "STALENESS_CHECK_OVERRIDE"},
		{p.Paused && p.Transferred, "OWNERSHIP_TRANSFER_CHECK_OVERRIDE"},
	} {
		if check.holds && !overrides[check.name] {
			return value{}, execution(1, "22000", "Pipe %s cannot be resumed without %s.", w.e.catalog.full(o), check.name) // approximate: code and text
		}
	}
	w.resume(p)
	return textValue(fmt.Sprintf("Pipe %s successfully resumed.", w.e.catalog.full(o))), w.save(o) // approximate: the text
}
