package snowflaketest

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Call is one request of a client, as far as a test may want to know it.
type Call struct {
	Time      time.Time // of arrival, by the machine's clock
	Method    string    // POST
	Path      string    // /queries/v1/query-request
	RequestID string    // the client's; the same again when it repeats a request
	Retry     bool      // the client says that it repeats a request
	SQL       string    // of a query-request
	Statement string    // first word of SQL, in upper case
	Streaming string    // of Snowpipe Streaming: which call, see [Streaming]
	Channel   string    // of Snowpipe Streaming: the channel in the path

	Session int64  // number of the session, 0 where the call belongs to none
	QueryID string // of a query-request
	Status  int    // of the HTTP reply; 0: under way, or cut
	Code    string // of the reply's body, "" for success
	Reason  string // why a login was refused, which the client is not told
	Faulty  bool   // a fault has taken it
}

// keptCalls bounds the log of calls.
const keptCalls = 10_000

// calls is the log of calls. The zero value is ready to use.
type calls struct {
	mu   sync.Mutex
	log  []*Call
	next int // where the log wraps
}

// add notes a call, which its handler goes on filling in under edit.
func (l *calls) add(c *Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.log) < keptCalls {
		l.log = append(l.log, c)
		return
	}
	l.log[l.next] = c
	l.next = (l.next + 1) % keptCalls
}

// edit changes calls that others may look at.
func (l *calls) edit(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

func (l *calls) list() []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Call, 0, len(l.log))
	for _, c := range slices.Concat(l.log[l.next:], l.log[:l.next]) {
		out = append(out, *c)
	}
	return out
}

// firstWord returns the first word of a statement in upper case, past blanks and comments.
func firstWord(sql string) string {
	for {
		sql = strings.TrimLeft(sql, " \t\r\n\f\v;(")
		var end string
		switch {
		case strings.HasPrefix(sql, "--"), strings.HasPrefix(sql, "//"):
			end = "\n"
		case strings.HasPrefix(sql, "/*"):
			end = "*/"
		default:
			n := strings.IndexFunc(sql, func(r rune) bool {
				return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
			})
			if n < 0 {
				n = len(sql)
			}
			return strings.ToUpper(sql[:n])
		}
		_, rest, found := strings.Cut(sql, end)
		if !found {
			return ""
		}
		sql = rest
	}
}
