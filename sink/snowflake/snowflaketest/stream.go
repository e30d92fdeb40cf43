package snowflaketest

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
)

// streamingRoot is below which the calls of Snowpipe Streaming are, but for that for a token.
const streamingRoot = "/v2/streaming"

// streamingRoute is a call of Snowpipe Streaming, by what [Streaming] calls it.
type streamingRoute struct {
	name  string
	serve func(*exchange)
}

func (r *run) streamingRoutes() map[string]streamingRoute {
	const (
		pipe    = streamingRoot + "/databases/{database}/schemas/{schema}/pipes/{pipe}"
		channel = pipe + "/channels/{channel}"
		data    = streamingRoot + "/data/databases/{database}/schemas/{schema}"
	)
	return map[string]streamingRoute{
		"GET " + streamingRoot + "/hostname": {"hostname", r.hostname},
		"POST /oauth/token":                  {"token", r.scopedToken},
		"PUT " + channel:                     {"open", r.openChannel},
		"DELETE " + channel:                  {"drop", r.dropChannel},
		"POST " + pipe:                       {"status", r.pipeCall},
		"GET " + pipe:                        {"pipe-info", r.pipeCall},
		"POST " + data + "/pipes/{pipe}/channels/{channel}/rows": {"append", r.appendRows},
		"POST " + data + "/pipes/{pipe}/channels/ELASTIC/rows":   {"elastic", r.appendElastic},
		"POST " + data + "/tables/{table}/rows":                  {"elastic", r.appendElastic},
		streamingRoot + "/":                                      {"", r.unknownStreaming},
	}
}

// hasRows reports whether the body of a call is rows, which the call reads for itself.
func hasRows(streaming string) bool { return streaming == "append" || streaming == "elastic" }

// pipeAddress is the pipe of a call's path.
func pipeAddress(x *exchange) engine.PipeAddress {
	return engine.PipeAddress{Database: x.PathValue("database"), Schema: x.PathValue("schema"), Pipe: x.PathValue("pipe")}
}

// refuseStream answers why a call is refused.
func (r *run) refuseStream(x *exchange, err error) {
	var no *streamRefusal
	if !errors.As(err, &no) {
		no = &streamRefusal{Status: http.StatusInternalServerError, Code: "ERR_INTERNAL", Message: "error of the fake: " + err.Error()}
	}
	x.note(func(c *Call) { c.Code = no.Code })
	key, status := "error_code", no.Status
	if r.server.options.DocumentedShapes || no.Code[0] >= '0' && no.Code[0] <= '9' {
		key = "code"
	}
	if r.server.options.DocumentedShapes && no.Code == "STALE_CONTINUATION_TOKEN_SEQUENCER" {
		status = http.StatusConflict
	}
	x.Header().Set("Content-Type", "application/json")
	x.WriteHeader(status)
	writeJSON(x, map[string]string{key: no.Code, "message": no.Message})
}

// answerStream answers a call that was carried out.
func (r *run) answerStream(x *exchange, body any) {
	x.Header().Set("Content-Type", "application/json")
	writeJSON(x, body)
}

func writeJSON(x *exchange, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic("snowflaketest: a reply that JSON cannot hold: " + err.Error())
	}
	_, _ = x.Write(text) // the client may be gone
}

// decodeBody reads the JSON of a call, which may be empty.
func decodeBody(x *exchange, to any) *streamRefusal {
	if len(x.body) == 0 {
		return nil
	}
	if err := json.Unmarshal(x.body, to); err != nil {
		return &streamRefusal{Status: http.StatusBadRequest, Code: "ERR_INVALID_REQUEST", Message: "The body is not what this call takes."} // approximate
	}
	return nil
}

// openChannel is PUT of a channel.
func (r *run) openChannel(x *exchange) {
	var req struct {
		Token *string `json:"offset_token"`
		Fail  bool    `json:"fail_on_uncommitted_rows"`
	}
	who, no := r.ingest(x)
	if no == nil {
		no = decodeBody(x, &req)
	}
	if no != nil {
		r.refuseStream(x, no)
		return
	}
	status, token, err := r.engine.OpenChannel(x.Context(), who, pipeAddress(x), x.PathValue("channel"), engine.OpenChannel{Token: req.Token, FailUncommitted: req.Fail})
	if err != nil {
		r.refuseStream(x, err)
		return
	}
	r.answerStream(x, map[string]any{"next_continuation_token": token, "channel_status": r.channelStatus(x, status)})
}

// dropChannel is DELETE of a channel.
func (r *run) dropChannel(x *exchange) {
	var req struct {
		Fail bool `json:"fail_on_uncommitted_rows"`
	}
	who, no := r.ingest(x)
	if no == nil {
		no = decodeBody(x, &req)
	}
	if no != nil {
		r.refuseStream(x, no)
		return
	}
	if err := r.engine.DropChannel(x.Context(), who, pipeAddress(x), x.PathValue("channel"), req.Fail); err != nil {
		r.refuseStream(x, err)
		return
	}
	x.WriteHeader(http.StatusOK)
}

// pipeCall is a call of a pipe: what it is stands behind the pipe's name and a colon.
func (r *run) pipeCall(x *exchange) {
	at := pipeAddress(x)
	i := strings.LastIndexByte(at.Pipe, ':')
	if i < 0 {
		r.unknownStreaming(x)
		return
	}
	call := at.Pipe[i+1:]
	at.Pipe = at.Pipe[:i]
	who, no := r.either(x)
	if no != nil {
		r.refuseStream(x, no)
		return
	}
	switch call {
	case "bulk-channel-status":
		r.bulkStatus(x, who, at)
	case "pipe-info":
		r.pipeInfo(x, who, at)
	default:
		r.unknownStreaming(x)
	}
}

// bulkStatus tells of channels by their names.
func (r *run) bulkStatus(x *exchange, who engine.Streamer, at engine.PipeAddress) {
	var req struct {
		Names []string `json:"channel_names"`
	}
	if no := decodeBody(x, &req); no != nil {
		r.refuseStream(x, no)
		return
	}
	statuses, err := r.engine.ChannelStatuses(x.Context(), who, at, req.Names)
	if err != nil {
		r.refuseStream(x, err)
		return
	}
	out := map[string]any{}
	for name, status := range statuses {
		out[name] = r.channelStatus(x, status)
	}
	r.answerStream(x, map[string]any{"channel_statuses": out})
}

// pipeInfo tells a client how to send rows. Approximate: what else an account says of a pipe is for clients that write files.
func (r *run) pipeInfo(x *exchange, who engine.Streamer, at engine.PipeAddress) {
	path, err := r.engine.PipeInfo(x.Context(), who, at)
	if err != nil {
		r.refuseStream(x, err)
		return
	}
	r.answerStream(x, map[string]any{
		"database_name": path.Database, "schema_name": path.Schema, "pipe_name": path.Pipe,
		"parameter_overrides": map[string]any{"max_client_lag_seconds": 1, "rowset_flush_threshold_kb": 4096, "max_buffered_kb_for_rowset_mode": 16384},
	})
}

// channelStatus is a status as clients have it: "rows_error_count" and "last_error_timestamp_ms" live, "rows_errors" and
// "last_error_timestamp" in the documentation.
func (r *run) channelStatus(x *exchange, s engine.ChannelStatus) map[string]any {
	if code := x.effect.channelCode; code != "" {
		s.Code = code
	}
	out := map[string]any{
		"database_name": s.Database, "schema_name": s.Schema, "pipe_name": s.Pipe, "channel_name": s.Channel,
		"channel_status_code":                 s.Code,
		"last_committed_offset_token":         s.Token,
		"created_on_ms":                       s.Created.UnixMilli(),
		"rows_inserted":                       s.Inserted,
		"rows_parsed":                         s.Parsed,
		"last_error_offset_upper_bound":       s.LastErrorUpper,
		"last_error_message":                  s.LastError,
		"snowflake_avg_processing_latency_ms": s.Latency.Milliseconds(),
	}
	errorsKey, timeKey := "rows_error_count", "last_error_timestamp_ms"
	if r.server.options.DocumentedShapes {
		errorsKey, timeKey = "rows_errors", "last_error_timestamp"
		if s.Code == "SUCCESS" {
			out["channel_status_code"] = "ACTIVE"
		}
	}
	out[errorsKey], out[timeKey] = s.Errors, nil
	if !s.LastErrorAt.IsZero() {
		out[timeKey] = s.LastErrorAt.UnixMilli()
		if r.server.options.DocumentedShapes {
			out[timeKey] = s.LastErrorAt.UTC().Format(time.RFC3339Nano)
		}
	}
	return out
}

// appendRows is POST of a channel's rows.
func (r *run) appendRows(x *exchange) {
	who, no := r.ingest(x)
	var rows []byte
	if no == nil {
		rows, no = r.rows(x)
	}
	if no != nil {
		r.refuseStream(x, no)
		return
	}
	q := x.URL.Query()
	a := engine.AppendRows{Channel: x.PathValue("channel"), Continuation: q.Get("continuationToken"), Rows: rows, Hold: x.effect.hold, Lose: x.effect.lose}
	token := func(name string) *string {
		if !q.Has(name) {
			return nil
		}
		text := q.Get(name)
		return &text
	}
	a.Start, a.End = token("startOffsetToken"), token("endOffsetToken")
	if a.End == nil {
		a.End = token("offsetToken") // as it was before there were two
	}
	next, err := r.engine.Append(x.Context(), who, pipeAddress(x), a)
	if err != nil {
		r.refuseStream(x, err)
		return
	}
	r.answerStream(x, r.appended(next))
}

// appended is the reply to rows that are accepted.
func (r *run) appended(token string) map[string]any {
	if r.server.options.DocumentedShapes {
		return map[string]any{"next_continuation_token": token}
	}
	return map[string]any{"next_continuation_token": token, "status_code": 0, "message": "Success"}
}

// appendElastic is POST of rows without a channel.
func (r *run) appendElastic(x *exchange) {
	who, no := r.ingest(x)
	var rows []byte
	if no == nil {
		rows, no = r.rows(x)
	}
	q := x.URL.Query()
	for _, name := range []string{"continuationToken", "startOffsetToken", "endOffsetToken", "offsetToken"} {
		if no == nil && q.Has(name) {
			no = &streamRefusal{Status: http.StatusBadRequest, Code: "ERR_INVALID_REQUEST", Message: "An elastic channel has no " + name + "."} // approximate
		}
	}
	if no != nil {
		r.refuseStream(x, no)
		return
	}
	at := pipeAddress(x)
	if table := x.PathValue("table"); table != "" {
		at.Pipe = table + "-STREAMING"
	}
	if err := r.engine.AppendElastic(x.Context(), who, at, rows); err != nil {
		r.refuseStream(x, err)
		return
	}
	r.answerStream(x, map[string]any{"message": "OK"})
}

// unknownStreaming answers calls that there are not.
func (r *run) unknownStreaming(x *exchange) {
	r.refuseStream(x, &streamRefusal{Status: http.StatusNotFound, Code: "390404", Message: "Unsupported call '" + x.Method + " " + x.URL.Path + "'."})
}
