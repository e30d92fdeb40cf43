package snowflaketest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
	_ "github.com/floedata/floe/sink/snowflake/snowflaketest/internal/hermetic" // for its effect
)

// errClosed is what a server that is closed or killed answers to its own methods.
var errClosed = errors.New("snowflaketest: the server does not run")

// Server is a fake Snowflake account, on loopback. Its methods may be called by several goroutines at once.
type Server struct {
	options Options
	dir     string
	ownDir  bool   // dir is removed at the end
	secret  []byte // signs addresses of files, makes the keys of stages

	calls   calls
	faults  faults
	uploads uploads
	epochs  epochs

	mu     sync.Mutex // no call of a client takes it: who ends the server holds it, and waits for calls
	addr   netip.AddrPort
	run    *run // nil while closed or killed
	closed bool
}

// Start starts a server for a test, which ends with it. Where o has no Dir, the data goes with the test too. nil options
// are the defaults.
func Start(tb testing.TB, o *Options) *Server {
	tb.Helper()
	var opts Options
	if o != nil {
		opts = *o
	}
	if opts.Dir == "" {
		opts.Dir = tb.TempDir()
	}
	s, err := New(opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("closing the fake Snowflake: %v", err)
		}
	})
	return s
}

// New starts a server, which the caller closes. A fault of the options is a [config.Error].
func New(o Options) (*Server, error) {
	opts, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{options: opts, dir: opts.Dir, secret: make([]byte, 32)}
	_, _ = rand.Read(s.secret) // never fails
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "snowflaketest"); err != nil {
			return nil, err
		}
		s.ownDir = true
	}
	if s.dir, err = filepath.Abs(s.dir); err != nil {
		return nil, err
	}
	if err := s.start(opts.Addr); err != nil {
		return nil, errors.Join(err, s.removeDir())
	}
	return s, nil
}

// start begins a run that listens at addr. The caller holds mu, or nobody else knows s.
func (s *Server) start(addr string) error {
	r, err := newRun(s)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return errors.Join(err, r.engine.Close())
	}
	s.addr = l.Addr().(*net.TCPAddr).AddrPort()
	s.run = r
	r.serve(l)
	return nil
}

// Close ends the server: connections are cut, statements cancelled, transactions rolled back. The data stays, unless the
// directory was the server's own. Closing again does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return errors.Join(s.stop(), s.removeDir())
}

// Kill ends the server as if its process had died: connections are cut amid whatever they do, sessions are gone, and
// open transactions are rolled back. [Server.Restart] goes on with the data. To be killed for real, a server needs
// a process of its own: its directory stands that too.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stop()
}

// Restart starts a killed server again, at the same address, with the same data. Clients have to log in again: their
// tokens are unknown, which is error 390111.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return errClosed
	case s.run != nil:
		return errors.New("snowflaketest: the server runs: kill it first")
	}
	return s.start(s.addr.String())
}

// stop ends the run, if there is one. The caller holds mu.
func (s *Server) stop() error {
	if s.run == nil {
		return nil
	}
	err := s.run.stop()
	s.run = nil
	return err
}

func (s *Server) removeDir() error {
	if !s.ownDir {
		return nil
	}
	return os.RemoveAll(s.dir)
}

// running returns the run, or errClosed.
func (s *Server) running() (*run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return nil, errClosed
	}
	return s.run, nil
}

// URL is where the server is: http://127.0.0.1:port. It stays the same when the server restarts.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return "http://" + s.addr.String()
}

// Dir is the directory of the server's data.
func (s *Server) Dir() string { return s.dir }

// Config returns what the driver needs to log in as the first user of the options, in the default database, schema and
// warehouse, by password; for other ways the caller sets Authenticator, PrivateKey or Token. The caller owns it.
func (s *Server) Config() *gosnowflake.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	cfg := &gosnowflake.Config{
		Account:           s.options.Account,
		Database:          s.options.Database,
		Schema:            s.options.Schema,
		Warehouse:         s.options.Warehouse,
		Protocol:          "http",
		Host:              s.addr.Addr().String(),
		Port:              int(s.addr.Port()),
		DisableOCSPChecks: true,
		Params:            map[string]*string{},
	}
	if len(s.options.Users) > 0 {
		u := s.options.Users[0]
		cfg.User, cfg.Password, cfg.Role = u.Name, u.Password, u.Role
	}
	return cfg
}

// DSN is [Server.Config] as a text for sql.Open("snowflake", …). It has the password.
func (s *Server) DSN() string {
	dsn, err := gosnowflake.DSN(s.Config())
	if err != nil {
		return "" // a user without a password, whom only a Config with more in it lets in
	}
	return dsn
}

// Exec runs SQL statements as the account's administrator, in a session of their own: to prepare what a test needs, such
// as roles, grants, or a suspended warehouse. It needs no client and is no call.
func (s *Server) Exec(ctx context.Context, sql string) error {
	r, err := s.running()
	if err != nil {
		return err
	}
	if !r.calls.enter() {
		return errClosed
	}
	defer r.calls.leave()
	session, err := r.engine.Connect(engine.Login{
		User: administrator, Database: s.options.Database, Schema: s.options.Schema, Warehouse: s.options.Warehouse,
	})
	if err != nil {
		return fmt.Errorf("snowflaketest: %w", err)
	}
	_, err = session.Execute(ctx, engine.Request{SQL: sql})
	return errors.Join(err, session.Close())
}

// ExpireSessions makes the session tokens that clients have expire now: their next calls are answered by error 390112,
// and they renew the token.
func (s *Server) ExpireSessions() {
	if r, err := s.running(); err == nil {
		r.sessions.expire()
	}
}

// Calls returns the calls that clients made, in the order of their arrival, with those that are under way: the last
// 10,000 of them.
func (s *Server) Calls() []Call { return s.calls.list() }

// Inject has a fault wait for calls from now on. Faults are tried in the order in which they were injected; the first
// that takes a call is the only one to see it. The channel is closed when the fault has happened for the last time: a delay
// is over then, and what is carried out before a connection is cut has been.
func (s *Server) Inject(f Fault) (done <-chan struct{}) { return s.faults.add(f) }

// Uploads returns what clients have uploaded by HTTP: files, their bytes as stored, that is decrypted, and, if
// Options.CountOnly is set, the rows by the footers of the Parquet files. What the client copies by itself is not seen.
func (s *Server) Uploads() Uploads { return s.uploads.sum() }
