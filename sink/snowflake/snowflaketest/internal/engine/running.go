package engine

import (
	"context"
	"fmt"
	"sync"
)

// running has the statements under way, for Abort.
type running struct {
	mu   sync.Mutex
	byID map[string]context.CancelCauseFunc
	over bool // the engine closes
}

// add reports whether the statement may run.
func (r *running) add(id string, cancel context.CancelCauseFunc) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return false
	}
	r.byID[id] = cancel
	return true
}

// end aborts all statements, and lets no more run.
func (r *running) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	for _, cancel := range r.byID {
		cancel(canceled())
	}
}

func (r *running) remove(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byID, id)
}

// Abort cancels the statement with that query id, in whichever session it runs; it ends with *Error 000604 (57014).
// It reports whether such a statement was running.
func (e *Engine) Abort(queryID string) bool {
	e.running.mu.Lock()
	defer e.running.mu.Unlock()
	cancel, ok := e.running.byID[queryID]
	if ok {
		cancel(canceled())
	}
	return ok
}

// answers has the results of the last statements, for RESULT_SCAN.
type answers struct {
	mu   sync.Mutex
	byID map[string]*Result
	ids  []string
	rows int
}

// keptAnswers and keptRows are how many results RESULT_SCAN finds. Snowflake has all of a day.
const (
	keptAnswers = 1000
	keptRows    = 1_000_000
)

func (a *answers) add(r *Result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if old, ok := a.byID[r.QueryID]; ok {
		a.rows -= len(old.Rows)
	} else {
		a.ids = append(a.ids, r.QueryID)
	}
	a.byID[r.QueryID] = r
	a.rows += len(r.Rows)
	// The latest stays, however large it is.
	for len(a.ids) > 1 && (len(a.ids) > keptAnswers || a.rows > keptRows) {
		a.rows -= len(a.byID[a.ids[0]].Rows)
		delete(a.byID, a.ids[0])
		a.ids = a.ids[1:]
	}
}

// Results returns the result of a query by its id, as RESULT_SCAN finds it; false when there is none (any more).
func (e *Engine) Results(queryID string) (*Result, bool) {
	e.answers.mu.Lock()
	defer e.answers.mu.Unlock()
	r, ok := e.answers.byID[queryID]
	return r, ok
}

// queryID makes an id in Snowflake's form out of a number.
func queryID(n int64) string {
	return fmt.Sprintf("01b0%04x-%04x-%04x-0000-%012x", n>>48&0xffff, n>>32&0xffff, n>>16&0xffff, n&0xffffffffffff)
}
