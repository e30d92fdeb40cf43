package snowflaketest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
)

// queryPath is where statements are sent.
const queryPath = "/queries/v1/query-request"

// queryRequest is a statement as a driver sends it.
type queryRequest struct {
	SQL          string             `json:"sqlText"`
	Async        bool               `json:"asyncExec"`
	DescribeOnly bool               `json:"describeOnly"`
	Parameters   map[string]any     `json:"parameters"`
	Bindings     map[string]binding `json:"bindings"`
	BindStage    string             `json:"bindStage"`
}

// query is a statement from its arrival until its session forgets it.
type query struct {
	id      string
	key     requestKey
	sql     string
	session *session
	started time.Time
	cancel  context.CancelFunc
	done    chan struct{}

	// Set before done is closed.
	ended  time.Time
	answer reply
	no     *refusal // nil: it succeeded
	rows   int64
	chunks [][]byte // compressed
	qrmk   string   // who fetches chunks has to have it
}

// requestKey is what tells a repeated request from a new one. A driver that has a request id fixed by its caller sends
// the statements of one PUT under it, which differ.
type requestKey struct{ session, id, sql string }

// keptQueries is how many statements of a session are remembered after their end, with their results.
const keptQueries = 100

// queries are the statements of a run. The zero value is ready to use.
type queries struct {
	mu        sync.Mutex
	byRequest map[requestKey]*query
	byID      map[string]*query
	ended     map[*session][]*query // in the order of their end
	running   sync.WaitGroup
	stopped   bool
}

// begin returns the query of a request, and whether it is a new one, which the caller has to carry out; nil when the run
// ends.
func (qs *queries) begin(s *session, requestID, sql string, now time.Time, cancel context.CancelFunc) (*query, bool) {
	key := requestKey{strconv.FormatInt(s.ID(), 10), requestID, sql}
	qs.mu.Lock()
	defer qs.mu.Unlock()
	if qs.stopped {
		return nil, false
	}
	if q := qs.byRequest[key]; q != nil && requestID != "" {
		return q, false
	}
	if qs.byID == nil {
		qs.byRequest, qs.byID, qs.ended = map[requestKey]*query{}, map[string]*query{}, map[*session][]*query{}
	}
	q := &query{
		id: uuid.NewString(), key: key, sql: sql, session: s, started: now, cancel: cancel, done: make(chan struct{}),
	}
	qs.byRequest[key], qs.byID[q.id] = q, q
	qs.running.Add(1)
	return q, true
}

// end makes the answer of a query known, with those of its parts, and forgets the oldest of its session.
func (qs *queries) end(q *query, parts []*query) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	defer qs.running.Done()
	for _, p := range append(parts, q) {
		qs.byID[p.id] = p
		qs.ended[q.session] = append(qs.ended[q.session], p)
		close(p.done)
	}
	for old := qs.ended[q.session]; len(old) > keptQueries; old = qs.ended[q.session] {
		qs.drop(old[0])
		qs.ended[q.session] = old[1:]
	}
}

// drop forgets a query. The caller holds mu.
func (qs *queries) drop(q *query) {
	delete(qs.byID, q.id)
	delete(qs.byRequest, q.key)
}

// forget drops what a session has left, and cancels what it still runs.
func (qs *queries) forget(s *session) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	for _, q := range qs.ended[s] {
		qs.drop(q)
	}
	delete(qs.ended, s)
	for _, q := range qs.byID {
		if q.session == s {
			q.cancel()
		}
	}
}

// find returns a query by its id, nil if there is none (any more).
func (qs *queries) find(id string) *query {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	return qs.byID[id]
}

// ofRequest returns the queries of a session that came by a request id.
func (qs *queries) ofRequest(s *session, requestID string) []*query {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	var found []*query
	for _, q := range qs.byRequest {
		if q.session == s && q.key.id == requestID {
			found = append(found, q)
		}
	}
	return found
}

// cancel cancels all that run, waits for their end, and lets none begin any more.
func (qs *queries) cancel() {
	qs.mu.Lock()
	qs.stopped = true
	for _, q := range qs.byID {
		q.cancel()
	}
	qs.mu.Unlock()
	qs.running.Wait()
}

// query carries a statement out, or finds that it has been.
func (r *run) query(x *exchange) reply {
	s, no := r.authenticate(x)
	if no != nil {
		return refuse(*no)
	}
	var req queryRequest
	if err := json.Unmarshal(x.body, &req); err != nil {
		return refuse(badRequest)
	}
	er, no := req.engine(s)
	if no != nil {
		return refuse(*no)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(x.Context())) // a client that is gone does not stop it
	q, fresh := r.queries.begin(s, x.call.RequestID, req.SQL, r.now(), cancel)
	if q == nil {
		cancel()
		panic(http.ErrAbortHandler)
	}
	if fresh {
		er.QueryID = q.id
		go r.execute(ctx, q, er)
	} else {
		cancel()
	}
	x.note(func(c *Call) { c.QueryID = q.id })
	if req.Async {
		return r.progress(q, inProgressLong)
	}
	return r.await(x, q, inProgress)
}

// engine returns a request as the engine has it.
func (req queryRequest) engine(s *session) (engine.Request, *refusal) {
	if req.BindStage != "" {
		return engine.Request{}, &refusal{2, "0A000", "Unsupported feature 'bindings in a stage'."}
	}
	binds, err := bindings(req.Bindings)
	if err != nil {
		return engine.Request{}, &refusal{1001, "22023", err.Error()}
	}
	parameters := texts(req.Parameters)
	statements := 1
	count, said := parameters[multiStatementCount]
	delete(parameters, multiStatementCount)
	for _, p := range s.Parameters() {
		if !said && p.Name == multiStatementCount {
			count = fmt.Sprint(p.Value)
		}
	}
	if count != "" {
		if statements, err = strconv.Atoi(count); err != nil || statements < 0 {
			return engine.Request{}, &refusal{1008, "22023", "invalid value [" + count + "] for parameter '" + multiStatementCount + "'"}
		}
	}
	return engine.Request{SQL: req.SQL, Binds: binds, Parameters: parameters, Statements: statements, DescribeOnly: req.DescribeOnly}, nil
}

const multiStatementCount = "MULTI_STATEMENT_COUNT"

// execute carries a statement out and makes its answer known.
func (r *run) execute(ctx context.Context, q *query, er engine.Request) {
	defer q.cancel()
	results, err := q.session.Execute(ctx, er)
	q.ended = r.now()
	var parts []*query
	switch {
	case err != nil:
		no := refusalOf(err)
		q.no, q.answer = &no, refuseQuery(no, q.id)
	case er.Statements != 1:
		parts = r.answerMany(q, results)
	case len(results) == 0:
		no := refusal{900, "42601", "SQL compilation error:\nEmpty SQL statement."}
		q.no, q.answer = &no, refuseQuery(no, q.id)
	default:
		r.answer(q, results[len(results)-1], er.DescribeOnly)
	}
	r.queries.end(q, parts)
}

// answerMany prepares the answers of the statements of one request, and that of the request, which names them.
func (r *run) answerMany(q *query, results []*engine.Result) []*query {
	var parts []*query
	var ids, types []string
	for _, result := range results {
		p := &query{
			id: result.QueryID, sql: q.sql, session: q.session, started: q.started, ended: q.ended, cancel: q.cancel,
			done: make(chan struct{}),
		}
		r.answer(p, result, false)
		parts = append(parts, p)
		ids, types = append(ids, p.id), append(types, strconv.FormatInt(int64(result.Class), 10))
	}
	d := r.resultOf(q)
	d.RowType = []column{textColumn("multiple statement execution")}
	d.RowSet = [][]*string{{ptr("Multiple statements executed successfully.")}}
	d.Format, d.Total, d.Returned = formatJSON, 1, 1
	d.Type = multiStatement
	d.ResultIDs, d.ResultTypes = strings.Join(ids, ","), strings.Join(types, ",")
	q.answer = encoded(d)
	return parts
}

// await waits for a query for as long as a call may last.
func (r *run) await(x *exchange, q *query, meanwhile refusal) reply {
	limit := time.NewTimer(r.server.options.LongPoll)
	defer limit.Stop()
	select {
	case <-q.done:
		return q.answer
	case <-x.Context().Done(): // nobody reads the answer
	case <-limit.C:
	}
	return r.progress(q, meanwhile)
}

// progress answers that a query goes on, and where to ask for its result.
func (r *run) progress(q *query, in refusal) reply {
	code := in.text()
	return reply{
		Data: map[string]any{
			"queryId": q.id, "getResultUrl": "/queries/" + q.id + "/result", "queryAbortsAfterSecs": 300, "progressDesc": nil,
		},
		Code: &code, Message: &in.message, Success: true,
	}
}

// result answers what a query came to, or that it goes on.
func (r *run) result(x *exchange) reply {
	if _, no := r.authenticate(x); no != nil {
		return refuse(*no)
	}
	q := r.queries.find(x.PathValue("id"))
	if q == nil {
		return refuse(noSuchQuery)
	}
	x.note(func(c *Call) { c.QueryID = q.id })
	return r.await(x, q, inProgressLong)
}

// monitor answers how a query is getting on.
func (r *run) monitor(x *exchange) reply {
	if _, no := r.authenticate(x); no != nil {
		return refuse(*no)
	}
	list := []any{}
	if q := r.queries.find(x.PathValue("id")); q != nil {
		list = append(list, q.status())
	}
	return succeed(map[string]any{"queries": list})
}

// over reports whether a query has its answer.
func (q *query) over() bool {
	select {
	case <-q.done:
		return true
	default:
		return false
	}
}

// status is a query in the eyes of who watches it.
func (q *query) status() map[string]any {
	status, code, message := "RUNNING", "", ""
	var end, rows int64
	if q.over() {
		status, end, rows = "SUCCESS", q.ended.UnixMilli(), q.rows
		if q.no != nil {
			status, code, message = "FAILED_WITH_ERROR", q.no.text(), q.no.message
		}
	}
	return map[string]any{
		"id": q.id, "sessionId": q.session.ID(), "sqlText": q.sql, "status": status,
		"startTime": q.started.UnixMilli(), "endTime": end, "errorCode": code, "errorMessage": message,
		"stats": map[string]any{"producedRows": rows, "scanBytes": 0},
	}
}

// abort cancels the statement of a request.
func (r *run) abort(x *exchange) reply {
	s, no := r.authenticate(x)
	if no != nil {
		return refuse(*no)
	}
	var req struct {
		ID string `json:"requestId"`
	}
	if err := json.Unmarshal(x.body, &req); err != nil || req.ID == "" {
		return refuse(badRequest)
	}
	aborted := false
	for _, q := range r.queries.ofRequest(s, req.ID) {
		if !q.over() {
			q.cancel()
			aborted = true
		}
	}
	if !aborted {
		return refuse(notExecuting)
	}
	return succeed(nil)
}
