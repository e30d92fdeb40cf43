package engine

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// Login says who connects, and with what. Names are identifiers as a driver sends them: unquoted ones fold to upper case.
// User is checked to exist, and nothing else of it: the protocol's layer has checked credentials before. What "" leaves
// open is the user's default.
type Login struct {
	User                              string
	Database, Schema, Warehouse, Role string
	Parameters                        map[string]string // of the session, by name; those that the fake does not know are ignored, as Snowflake does
}

// Request is one call of a client.
type Request struct {
	SQL   string
	Binds []Bind // by position, or nil

	// QueryID is what the statement is known by; "" means that the engine makes one. If there are several statements, it is
	// the id of the whole request, and each statement gets one of its own.
	QueryID string

	// Statements is MULTI_STATEMENT_COUNT: how many statements SQL must have; 0 means any number. The default of the
	// session parameter, when the protocol's call does not say, is 1.
	Statements int

	// DescribeOnly answers the columns of the result without running anything.
	DescribeOnly bool

	// Parameters hold for this request alone.
	Parameters map[string]string
}

// Bind is a value for a placeholder in the protocol's form: Type is "FIXED", "REAL", "TEXT", "BOOLEAN", "DATE" (milliseconds
// since 1970), "TIME" (nanoseconds), "TIMESTAMP_NTZ", "TIMESTAMP_LTZ" (nanoseconds since 1970), "TIMESTAMP_TZ"
// ("nanoseconds minutes+1440"), "BINARY" (hex). Value is nil for NULL. Values is an array bind: one value a row.
type Bind struct {
	Type   string
	Value  *string
	Values []*string
}

// Session is one client's connection. Statements of a session run one after another: a second Execute waits for the first.
type Session struct {
	e    *Engine
	id   int64
	user int64

	turn sync.Mutex // held while the session executes

	// What follows is guarded by the engine's lock, or belongs to the statement that runs.
	database, schema, warehouse, role int64
	secondary                         bool // USE SECONDARY ROLES ALL
	set, once                         map[string]any
	variables                         map[string]value
	tx                                *transaction
	executing                         int      // statements under way: a block and one of its own are two
	last                              []string // query ids, the latest last
	lastTransaction                   int64
	binds                             []Bind
	frame                             *frame
	queryID                           string
	started                           time.Time
	closed                            bool
}

// Current is where a session stands: names as in the catalog, "" for none.
type Current struct{ User, Database, Schema, Warehouse, Role string }

// Connect opens a session. A database, schema or warehouse that does not exist leaves the session without one, as
// Snowflake does; a role that does not exist or is not granted is an *Error (390189).
func (e *Engine) Connect(l Login) (*Session, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, execution(390201, "08001", "The account is closed.")
	}
	u := e.byLogin(l.User)
	if u == nil {
		return nil, execution(390100, "08001", "Incorrect username or password was specified.")
	}
	s := &Session{e: e, id: e.number(), user: u.ID, set: map[string]any{}, variables: map[string]value{}}
	role := folded(l.Role)
	if role == "" {
		role = u.User.Default.Role
	}
	if role == "" {
		role = "PUBLIC"
	}
	r := e.catalog.find(0, syntax.Role, role, 0)
	if r == nil || !e.granted(u, r.ID) {
		return nil, execution(390189, "08001", "Role '%s' specified in the connect string is not granted to this user. "+
			"Contact your local system administrator, or attempt to login with another role, e.g. PUBLIC.", role)
	}
	s.role, s.secondary = r.ID, u.User.Secondary
	if err := s.start(l, u); err != nil {
		return nil, err
	}
	e.sessions[s.id] = s
	return s, nil
}

// start sets where the session stands, and its parameters.
func (s *Session) start(l Login, u *object) error {
	e := s.e
	w := &work{ctx: context.Background(), e: e, s: s, conn: e.conn}
	database, schema := folded(l.Database), folded(l.Schema)
	if database == "" && u.User.Default.Namespace != "" {
		database, schema, _ = strings.Cut(u.User.Default.Namespace, ".")
	}
	if db := e.catalog.find(0, syntax.Database, database, 0); db != nil && w.visible(db) {
		s.database = db.ID
		name := schema
		if name == "" {
			name = "PUBLIC"
		}
		if sc := e.catalog.find(db.ID, syntax.Schema, name, 0); sc != nil && w.visible(sc) {
			s.schema = sc.ID
		}
	}
	wh := folded(l.Warehouse)
	if wh == "" {
		wh = u.User.Default.Warehouse
	}
	if o := e.catalog.find(0, syntax.Warehouse, wh, 0); o != nil && w.visible(o) {
		s.warehouse = o.ID
	}
	for name, text := range l.Parameters {
		if p, ok := known(strings.ToUpper(name)); ok {
			v, err := p.parse(text)
			if err != nil {
				return err
			}
			s.set[p.name] = v
		}
	}
	return nil
}

// folded is a name as drivers send it: as it would stand in SQL, but that lower-case letters need no quotes.
func folded(name string) string {
	if len(name) > 1 && name[0] == '"' && name[len(name)-1] == '"' {
		return strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
	}
	return strings.ToUpper(name)
}

// ID is the number of the session, unique in the engine's life.
func (s *Session) ID() int64 { return s.id }

// Current returns where the session stands.
func (s *Session) Current() Current {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	c := &s.e.catalog
	return Current{
		User: c.name(s.user), Database: c.name(s.database), Schema: c.name(s.schema), Warehouse: c.name(s.warehouse),
		Role: c.name(s.role),
	}
}

// Execute runs the statements of a request, and returns a result for each that was carried out. On failure the error is
// an *Error, and the results are of the statements before. A cancelled context ends as Abort does.
//
// A client that is gone does not end its statement in Snowflake, unless ABORT_DETACHED_QUERY says so: so ctx is not to be
// that of the client's connection.
func (s *Session) Execute(ctx context.Context, r Request) ([]*Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if r.QueryID == "" {
		s.e.mu.Lock()
		r.QueryID = queryID(s.e.number())
		s.e.mu.Unlock()
	}
	if !s.e.running.add(r.QueryID, cancel) {
		return nil, sessionGone()
	}
	defer s.e.running.remove(r.QueryID)
	s.turn.Lock()
	defer s.turn.Unlock()
	results, err := s.request(ctx, r)
	if err != nil {
		return results, answer(ctx, err)
	}
	return results, nil
}

func (s *Session) request(ctx context.Context, r Request) ([]*Result, error) {
	if s.closed {
		return nil, sessionGone()
	}
	once := map[string]any{}
	for name, text := range r.Parameters {
		p, ok := known(strings.ToUpper(name))
		if !ok {
			return nil, unsupported("parameter %s of a request", name)
		}
		v, err := p.parse(text)
		if err != nil {
			return nil, err
		}
		once[p.name] = v
	}
	s.e.mu.Lock()
	s.once = once
	s.e.mu.Unlock()
	statements, err := syntax.Parse(r.SQL)
	if err != nil {
		return nil, err
	}
	if len(statements) == 0 {
		return nil, compilation(900, "42601", "Empty SQL statement.")
	}
	if r.Statements > 0 && len(statements) != r.Statements {
		return nil, execution(8, "0A000", "Actual statement count %d did not match the desired statement count %d.",
			len(statements), r.Statements)
	}
	s.binds = r.Binds
	var results []*Result
	for _, st := range statements {
		id := r.QueryID
		if len(statements) > 1 {
			id = ""
		}
		res, err := s.statement(ctx, st, id, r.DescribeOnly)
		if err != nil {
			return results, err
		}
		results = append(results, res)
	}
	return results, nil
}

// statement runs one statement, within its time limit, and remembers its result.
func (s *Session) statement(ctx context.Context, st syntax.Statement, id string, describe bool) (*Result, error) {
	if limit, _ := s.parameter("STATEMENT_TIMEOUT_IN_SECONDS").(int64); limit > 0 && s.frame == nil {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, time.Duration(limit)*time.Second, execution(630, "57014",
			"Statement reached its statement or warehouse timeout of %d second(s) and was canceled.", limit))
		defer stop()
	}
	outer := s.queryID
	defer func() { s.queryID = outer }()
	if s.queryID = id; id == "" {
		s.e.mu.Lock()
		s.queryID = queryID(s.e.number())
		s.e.mu.Unlock()
	}
	s.enter()
	res, err := s.execute(ctx, st, describe)
	s.leave()
	if err != nil {
		err := answer(ctx, err)
		if abort, _ := s.parameter("TRANSACTION_ABORT_ON_ERROR").(bool); abort {
			if back := s.rollback(context.WithoutCancel(ctx)); back != nil {
				return nil, back
			}
		}
		return nil, err
	}
	res.QueryID = s.queryID
	if !describe {
		s.last = append(s.last, res.QueryID)
		s.e.answers.add(res)
	}
	return res, nil
}

// enter and leave keep the open transaction from being taken for an idle one while a statement runs.
func (s *Session) enter() {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.executing++
	s.started = s.e.now()
}

func (s *Session) leave() {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.executing--
	if s.tx != nil {
		s.tx.used = s.e.now()
	}
}

// open returns the transaction that is open, or nil.
func (s *Session) open() *transaction {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	return s.tx
}

// Close ends the session as a client's goodbye does: its transaction is rolled back, its temporary tables are dropped. A
// client that just vanishes is one whose session nobody closes: it keeps its transaction and locks until they have been
// idle for long (Options).
func (s *Session) Close() error {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	ctx := context.Background()
	err := s.rollback(ctx)
	err = errors.Join(err, s.atomically(ctx, func(w *work) error {
		delete(s.e.sessions, s.id)
		objects := maps.Clone(s.e.catalog.objects)
		for _, o := range objects {
			if o.Session == s.id && s.e.catalog.objects[o.ID] != nil {
				if err := w.erase(o); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	return err
}
