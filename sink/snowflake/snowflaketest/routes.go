package snowflaketest

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// routes is the protocol as far as drivers use it.
func (r *run) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, answer := range map[string]func(*exchange) reply{
		"POST /session/v1/login-request": r.login,
		"POST /session/token-request":    r.renew,
		"POST /session/heartbeat":        r.heartbeat,
		"POST /session":                  r.logout,
		"POST /queries/v1/query-request": r.query,
		"POST /queries/v1/abort-request": r.abort,
		"GET /queries/{id}/result":       r.result,
		"GET /monitoring/queries/{id}":   r.monitor,
		"POST /telemetry/send":           r.telemetry,
		"/":                              r.unknown,
	} {
		mux.Handle(pattern, r.faulty("", func(x *exchange) { x.reply(answer(x)) }))
	}
	for pattern, serve := range map[string]func(*exchange){
		"PUT /stages/{path...}": r.upload,
		"GET /stages/{path...}": r.download, // and HEAD
		"GET /results/{id}/{n}": r.chunk,

		"POST /v1/data/pipes/{pipe}/insertFiles":    r.asPipeUser(r.insertFiles),
		"GET /v1/data/pipes/{pipe}/insertReport":    r.asPipeUser(r.insertReport),
		"GET /v1/data/pipes/{pipe}/loadHistoryScan": r.asPipeUser(r.loadHistoryScan),
	} {
		mux.Handle(pattern, r.faulty("", serve))
	}
	for pattern, call := range r.streamingRoutes() {
		mux.Handle(pattern, r.faulty(call.name, call.serve))
	}
	return mux
}

// faulty notes calls, has faults happen to them, and has the rest served. streaming is what a call of Snowpipe Streaming is
// called; of those that have rows the body is not read here.
func (r *run) faulty(streaming string, serve func(*exchange)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !r.calls.enter() {
			panic(http.ErrAbortHandler)
		}
		defer r.calls.leave()
		x := &exchange{Request: req, calls: &r.server.calls, call: &Call{
			Time: time.Now(), Method: req.Method, Path: req.URL.Path,
			RequestID: req.URL.Query().Get("requestId"), Retry: req.URL.Query().Has("retryCount"),
			Streaming: streaming, Channel: req.PathValue("channel"),
		}}
		x.ResponseWriter = &noting{ResponseWriter: w, x: x}
		if (req.Method == http.MethodPost || streaming != "") && !hasRows(streaming) {
			if err := x.read(); err != nil {
				x.note(func(c *Call) { c.Reason = err.Error() })
				r.server.calls.add(x.call)
				x.reply(refuse(badRequest))
				return
			}
		}
		if x.call.Path == queryPath {
			var q struct {
				SQL string `json:"sqlText"`
			}
			_ = json.Unmarshal(x.body, &q) // what is wrong with it is said by whoever serves it
			x.call.SQL, x.call.Statement = q.SQL, firstWord(q.SQL)
		}
		r.server.calls.add(x.call)
		fault, happened, hit := r.server.faults.take(*x.call)
		if !hit {
			serve(x)
			return
		}
		x.note(func(c *Call) { c.Faulty = true })
		defer happened()
		if fault.Delay > 0 {
			select {
			case <-time.After(fault.Delay):
			case <-r.ended:
				panic(http.ErrAbortHandler)
			}
		}
		if fault.Effect.kind == effectNone {
			happened()
			serve(x)
			return
		}
		r.befall(x, fault.Effect, serve)
	})
}

// befall has an effect happen to a call.
func (r *run) befall(x *exchange, e Effect, serve func(*exchange)) {
	switch e.kind {
	case effectCutBefore:
		panic(http.ErrAbortHandler)
	case effectCutAfter:
		w := x.ResponseWriter
		x.ResponseWriter = &unheard{header: http.Header{}}
		serve(x)
		x.ResponseWriter = w
		panic(http.ErrAbortHandler)
	case effectAlter:
		x.effect = e
		serve(x)
	case effectAnswer:
		x.answer(e.status, e.body)
	case effectAnswerAfter:
		w := x.ResponseWriter
		x.ResponseWriter = &unheard{header: http.Header{}}
		serve(x)
		x.ResponseWriter = w
		x.answer(e.status, e.body)
	case effectRefuse:
		r.refuseStream(x, &e.streaming)
	case effectFail:
		x.reply(refuse(e.refusal))
	case effectThrottle:
		if e.retryAfter > 0 {
			x.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.retryAfter.Seconds()))))
		}
		http.Error(x, http.StatusText(e.status), e.status)
	case effectExpire:
		if strings.HasPrefix(x.call.Path, streamingRoot) {
			r.server.ExpireStreamingTokens()
			r.refuseStream(x, expiredScoped)
			return
		}
		if s, no := r.authenticate(x); no == nil {
			s.expire()
		}
		x.reply(refuse(tokenExpired))
	}
}
