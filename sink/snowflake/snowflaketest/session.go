package snowflaketest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
)

// session is a client's, by its tokens.
type session struct {
	*engine.Session
	owner *sessions

	// Under owner.mu.
	tokens
	expires, masterExpires time.Time
	had                    []string // session tokens, with that of now
}

// tokens are what a client has of its session: one for calls, one to get new ones.
type tokens struct{ session, master string }

// sessions are those of a run, by all tokens that they have had.
type sessions struct {
	options Options
	mu      sync.Mutex
	byToken map[string]*session
	masters map[string]*session
}

// add begins a session, and forgets those whose clients can never come back.
func (ss *sessions) add(es *engine.Session) tokens {
	s := &session{Session: es, owner: ss}
	ss.mu.Lock()
	if ss.byToken == nil {
		ss.byToken, ss.masters = map[string]*session{}, map[string]*session{}
	}
	var lost []*session
	for _, old := range ss.masters {
		if ss.options.Now().After(old.masterExpires) {
			ss.forget(old)
			lost = append(lost, old)
		}
	}
	t := s.renew()
	ss.mu.Unlock()
	for _, old := range lost {
		_ = old.Close() // nobody waits for it
	}
	return t
}

// renew gives a session new tokens. The old session token stays known as one that has expired. The caller holds mu.
func (s *session) renew() tokens {
	ss := s.owner
	delete(ss.masters, s.master)
	now := ss.options.Now()
	s.tokens = tokens{newToken(), newToken()}
	s.expires, s.masterExpires = now.Add(ss.options.SessionTokens), now.Add(ss.options.MasterTokens)
	s.had = append(s.had, s.session)
	ss.byToken[s.session], ss.masters[s.master] = s, s
	return s.tokens
}

// prolong renews the session of a master token. Where that token has expired, the session is forgotten, and the caller
// closes it.
func (ss *sessions) prolong(master string) (*session, tokens, *refusal) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	s := ss.masters[master]
	switch {
	case s == nil:
		return nil, tokens{}, &noMaster
	case ss.options.Now().After(s.masterExpires):
		ss.forget(s)
		return s, tokens{}, &masterExpired
	}
	return s, s.renew(), nil
}

// forget has a session gone. The caller holds mu.
func (ss *sessions) forget(s *session) {
	delete(ss.masters, s.master)
	for _, t := range s.had {
		delete(ss.byToken, t)
	}
}

// find returns the session of a token that is good, or why not.
func (ss *sessions) find(token string) (*session, *refusal) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	s := ss.byToken[token]
	switch {
	case s == nil:
		return nil, &sessionGone
	case s.session != token || ss.options.Now().After(s.expires):
		return s, &tokenExpired
	}
	return s, nil
}

// expire has all session tokens expire.
func (ss *sessions) expire() {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	for _, s := range ss.masters {
		s.expires = time.Time{}
	}
}

// expire has the session token expire.
func (s *session) expire() {
	s.owner.mu.Lock()
	defer s.owner.mu.Unlock()
	s.expires = time.Time{}
}

func newToken() string {
	b := make([]byte, 48)
	_, _ = rand.Read(b) // never fails
	return "ver:3-hint:0-ETMsDgAAA" + base64.StdEncoding.EncodeToString(b)
}

// tokenOf returns the token of a request, "" if there is none.
func tokenOf(x *exchange) string {
	text, ok := strings.CutPrefix(x.Request.Header.Get("Authorization"), `Snowflake Token="`)
	if !ok {
		return ""
	}
	return strings.TrimSuffix(text, `"`)
}

// authenticate finds the session of a call.
func (r *run) authenticate(x *exchange) (*session, *refusal) {
	token := tokenOf(x)
	if token == "" {
		return nil, &noToken
	}
	s, no := r.sessions.find(token)
	if s != nil {
		x.note(func(c *Call) { c.Session = s.ID() })
	}
	return s, no
}

// renew answers a client that has a master token and needs a new session token.
func (r *run) renew(x *exchange) reply {
	var req struct {
		Old  string `json:"oldSessionToken"`
		Type string `json:"requestType"`
	}
	if err := json.Unmarshal(x.body, &req); err != nil || req.Type != "RENEW" {
		return refuse(badRequest)
	}
	s, t, no := r.sessions.prolong(tokenOf(x))
	if no != nil {
		if s != nil {
			_ = s.Close() // its client is told that it is over
		}
		return refuse(*no)
	}
	x.note(func(c *Call) { c.Session = s.ID() })
	return succeed(map[string]any{
		"sessionToken":        t.session,
		"validityInSecondsST": seconds(r.server.options.SessionTokens),
		"masterToken":         t.master,
		"validityInSecondsMT": seconds(r.server.options.MasterTokens),
		"sessionId":           s.ID(),
	})
}

// heartbeat prolongs the session of a client that has nothing else to say.
func (r *run) heartbeat(x *exchange) reply {
	s, no := r.authenticate(x)
	if no != nil {
		return refuse(*no)
	}
	r.sessions.mu.Lock()
	defer r.sessions.mu.Unlock()
	s.masterExpires = r.now().Add(r.server.options.MasterTokens)
	return succeed(nil)
}

// logout ends a session.
func (r *run) logout(x *exchange) reply {
	if x.URL.Query().Get("delete") != "true" {
		return refuse(badRequest)
	}
	s, no := r.authenticate(x)
	if no != nil && (s == nil || *no != tokenExpired) {
		return refuse(*no)
	}
	r.sessions.mu.Lock()
	r.sessions.forget(s)
	r.sessions.mu.Unlock()
	r.queries.forget(s)
	if err := s.Close(); err != nil {
		return refuse(refusalOf(err))
	}
	return succeed(nil)
}
