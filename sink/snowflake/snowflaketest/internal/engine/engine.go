package engine

import (
	"context"
	"time"
)

// Options configure an Engine. The zero value works.
type Options struct {
	// Account is what CURRENT_ACCOUNT answers; "" means TESTACCOUNT.
	Account string

	// Now is the clock: of CURRENT_TIMESTAMP, load history, lock timeouts and idle transactions. Nil means time.Now.
	Now func() time.Time

	// IdleTransaction is how long a transaction may do nothing before it is rolled back, whether its client lives or not;
	// IdleBlocking is the same while another session waits for its locks. 0 means Snowflake's 4 hours and 5 minutes.
	IdleTransaction, IdleBlocking time.Duration
}

// Engine is one account. Its methods may be called by many goroutines.
type Engine struct{}

// New opens the account whose state is in dir, and makes it if the directory is empty or missing. The caller closes it.
func New(dir string, o Options) (*Engine, error) { return nil, notYet("New") }

// Close ends all sessions, rolls their transactions back, and closes the files.
func (e *Engine) Close() error { return notYet("Close") }

// User is what the engine knows of a user for a login to be checked. Names are as in the catalog: folded to upper case.
type User struct {
	Name, LoginName string
	Disabled        bool
	PublicKeys      []string // RSA_PUBLIC_KEY and RSA_PUBLIC_KEY_2 where set: base64 of DER, without the PEM's first and last line
}

// User finds a user by login name, which is matched without regard to case.
func (e *Engine) User(login string) (User, bool) { return User{}, false }

// CheckPassword reports whether the user of that login name has that password.
func (e *Engine) CheckPassword(login, password string) bool { return false }

// Login says who connects, and with what. Names are identifiers as a driver sends them: unquoted ones fold to upper case.
// User is checked to exist, and nothing else of it: the protocol's layer has checked credentials before. What "" leaves
// open is the user's default.
type Login struct {
	User                              string
	Database, Schema, Warehouse, Role string
	Parameters                        map[string]string // of the session, by name; values as the protocol has them in JSON, without quotes
}

// Connect opens a session. A database, schema or warehouse that does not exist leaves the session without one, as
// Snowflake does; a role that does not exist or is not granted is an *Error (390189).
func (e *Engine) Connect(l Login) (*Session, error) { return nil, notYet("Connect") }

// Abort cancels the statement with that query id, in whichever session it runs; it ends with *Error 000604 (57014).
// It reports whether such a statement was running.
func (e *Engine) Abort(queryID string) bool { return false }

// Results returns the results of a query by its id, as RESULT_SCAN finds them; false when there are none (any more).
func (e *Engine) Results(queryID string) (*Result, bool) { return nil, false }

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
type Session struct{}

// ID is the number of the session, unique in the engine's life.
func (s *Session) ID() int64 { return 0 }

// Execute runs the statements of a request, and returns a result for each that was carried out. On failure the error is
// an *Error, and the results are of the statements before. A cancelled context ends as Abort does.
func (s *Session) Execute(ctx context.Context, r Request) ([]*Result, error) {
	return nil, notYet("Execute")
}

// Current is where a session stands: names as in the catalog, "" for none.
type Current struct{ User, Database, Schema, Warehouse, Role string }

// Current returns where the session stands.
func (s *Session) Current() Current { return Current{} }

// Parameters returns the session's parameters, with those that the protocol sends at login, in the order of names.
func (s *Session) Parameters() []Parameter { return nil }

// Parameter is one of a session. Value is string, bool or int64: what the protocol has in JSON.
type Parameter struct {
	Name  string
	Value any
}

// Close ends the session as a client's goodbye does: its transaction is rolled back, its temporary tables are dropped. A
// client that just vanishes is one whose session nobody closes: it keeps its transaction and locks until they have been
// idle for long (Options).
func (s *Session) Close() error { return notYet("Session.Close") }

func notYet(what string) error {
	return &Error{Code: 2, SQLState: "0A000", Message: "Unsupported feature '" + what + "'."}
}
