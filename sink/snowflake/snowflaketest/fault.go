package snowflaketest

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong with calls that match.
type Fault struct {
	// Match chooses the calls: see [Path], [Statement], [Text] and [All]. Nil: every call. It sees what is known when
	// a call arrives.
	Match func(Call) bool
	// Skip is how many calls that match go by first.
	Skip int
	// Times is how many calls it happens to then, one after another. 0: one. Negative: all that come.
	Times int
	// Delay holds the call back first.
	Delay time.Duration
	// Effect is what happens then. The zero value: nothing more than the delay.
	Effect Effect
}

// Path matches calls by their path: all below it, if it ends in a slash. Files are uploaded and downloaded below /stages/,
// chunks of results are fetched below /results/.
func Path(path string) func(Call) bool {
	return func(c Call) bool {
		return c.Path == path || strings.HasSuffix(path, "/") && strings.HasPrefix(c.Path, path)
	}
}

// Statement matches queries by the first word of their SQL, such as COPY, PUT or BEGIN, in any case.
func Statement(words ...string) func(Call) bool {
	return func(c Call) bool {
		return slices.ContainsFunc(words, func(w string) bool { return c.Statement != "" && strings.EqualFold(w, c.Statement) })
	}
}

// Text matches queries whose SQL has a text, in any case.
func Text(part string) func(Call) bool {
	part = strings.ToUpper(part)
	return func(c Call) bool { return c.SQL != "" && strings.Contains(strings.ToUpper(c.SQL), part) }
}

// All matches calls that all of the others match.
func All(match ...func(Call) bool) func(Call) bool {
	return func(c Call) bool {
		return !slices.ContainsFunc(match, func(m func(Call) bool) bool { return !m(c) })
	}
}

// Effect is how a call goes wrong. The zero value does nothing.
type Effect struct {
	kind       effectKind
	refusal    refusal
	status     int
	retryAfter time.Duration
	body       string
	streaming  streamRefusal

	// What goes wrong with a call of Snowpipe Streaming that is carried out.
	channelCode string
	hold, lose  bool
}

type effectKind uint8

const (
	effectNone effectKind = iota
	effectCutBefore
	effectCutAfter
	effectFail
	effectThrottle
	effectExpire
	effectAnswer
	effectAnswerAfter
	effectRefuse
	effectAlter
)

// CutBefore closes the connection before the request is carried out.
func CutBefore() Effect { return Effect{kind: effectCutBefore} }

// CutAfter carries the request out and closes the connection instead of replying.
func CutAfter() Effect { return Effect{kind: effectCutAfter} }

// Fail answers an error, such as 604, "57014", "SQL execution canceled", without carrying the request out.
func Fail(code int, sqlState, message string) Effect {
	return Effect{kind: effectFail, refusal: refusal{code, sqlState, message}}
}

// Throttle answers by an HTTP status, such as 429 or 503, without carrying the request out. Where retryAfter is not 0,
// the reply says so in whole seconds.
func Throttle(status int, retryAfter time.Duration) Effect {
	return Effect{kind: effectThrottle, status: status, retryAfter: retryAfter}
}

// Expire makes the session's token expire with the call, which is answered by error 390112 and not carried out. Of a call
// of Snowpipe Streaming's ingest plane it makes all scoped tokens expire, and the answer is status 401.
func Expire() Effect { return Effect{kind: effectExpire} }

// Answer answers an HTTP status and a body, without carrying the request out.
func Answer(status int, body string) Effect {
	return Effect{kind: effectAnswer, status: status, body: body}
}

// AnswerAfter carries the request out, and answers an HTTP status and a body instead of what came of it.
func AnswerAfter(status int, body string) Effect {
	return Effect{kind: effectAnswerAfter, status: status, body: body}
}

// faults are those that wait. The zero value is ready to use.
type faults struct {
	mu      sync.Mutex
	waiting []*trap
}

type trap struct {
	Fault
	done chan struct{}
}

func (f *faults) add(fault Fault) <-chan struct{} {
	if fault.Times == 0 {
		fault.Times = 1
	}
	t := &trap{Fault: fault, done: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, t)
	return t.done
}

// take returns the fault that happens to a call, if one does, and a function that says that it has happened, which may be
// called again.
func (f *faults) take(c Call) (fault Fault, happened func(), ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, t := range f.waiting {
		if t.Match != nil && !t.Match(c) {
			continue
		}
		if t.Skip > 0 {
			t.Skip--
			continue
		}
		if t.Times < 0 {
			return t.Fault, func() {}, true
		}
		if t.Times--; t.Times > 0 {
			return t.Fault, func() {}, true
		}
		f.waiting = slices.Delete(f.waiting, i, i+1)
		return t.Fault, sync.OnceFunc(func() { close(t.done) }), true
	}
	return Fault{}, nil, false
}
