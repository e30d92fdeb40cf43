package snowflaketest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
)

// run is a server from its start to its end: what a crash takes away.
type run struct {
	server   *Server
	engine   *engine.Engine
	dir      string // of the engine
	scratch  string // where uploads grow
	url      string
	http     http.Server
	sessions sessions
	queries  queries
	scans    scans
	calls    gate
	served   sync.WaitGroup
	ended    chan struct{} // closed when the run ends
}

func newRun(s *Server) (*run, error) {
	r := &run{server: s, dir: filepath.Join(s.dir, "engine"), scratch: filepath.Join(s.dir, "uploads"), ended: make(chan struct{})}
	// What a killed server left there was never uploaded.
	if err := errors.Join(os.RemoveAll(r.scratch), os.MkdirAll(r.scratch, 0o700)); err != nil {
		return nil, err
	}
	e, err := engine.New(r.dir, engine.Options{
		Account:         s.options.Account,
		Now:             s.options.Now,
		IdleTransaction: s.options.IdleTransaction,
		IdleBlocking:    s.options.IdleBlocking,
		Buckets:         s.options.Buckets,
		PipeDelay:       s.options.PipeDelay,
		CountOnly:       s.options.CountOnly,
		StreamingDelay:  s.options.StreamingDelay,
		StreamingRate:   engine.StreamingRate(s.options.StreamingRate),
	})
	if err != nil {
		return nil, fmt.Errorf("snowflaketest: %w", err)
	}
	r.engine = e
	if err := setUp(e, s.options); err != nil {
		return nil, errors.Join(fmt.Errorf("snowflaketest: %w", err), e.Close())
	}
	r.sessions.options = s.options
	r.http.Handler = r.routes()
	return r, nil
}

// serve answers calls until stop.
func (r *run) serve(l net.Listener) {
	r.url = "http://" + l.Addr().String()
	r.served.Add(1)
	go func() {
		defer r.served.Done()
		_ = r.http.Serve(l) // ErrServerClosed, at stop
	}()
}

// stop cuts all connections, cancels all statements and closes the engine. No goroutine of the run is left.
func (r *run) stop() error {
	close(r.ended)
	err := r.http.Close()
	r.queries.cancel()
	r.calls.shut()
	r.served.Wait()
	return errors.Join(err, r.engine.Close())
}

// gate lets calls in until it is shut. The zero value is open.
type gate struct {
	mu     sync.Mutex
	closed bool
	inside sync.WaitGroup
}

// enter reports whether a call may go on; who may has to leave.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.inside.Add(1)
	}
	return !g.closed
}

func (g *gate) leave() { g.inside.Done() }

// shut lets no more calls in, and waits for those that are.
func (g *gate) shut() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.inside.Wait()
}

// now is the clock of the account.
func (r *run) now() time.Time { return r.server.options.Now() }

// administrator is the user that the engine has from the start.
const administrator = "ADMIN"

// setUp makes what the options name and the account does not have yet.
func setUp(e *engine.Engine, o Options) error {
	session, err := e.Connect(engine.Login{User: administrator})
	if err != nil {
		return err
	}
	for _, sql := range setUpSQL(e, o) {
		if _, err := session.Execute(context.Background(), engine.Request{SQL: sql}); err != nil {
			return errors.Join(err, session.Close())
		}
	}
	return session.Close()
}

func setUpSQL(e *engine.Engine, o Options) []string {
	sql := []string{
		"CREATE DATABASE IF NOT EXISTS " + quote(o.Database),
		"CREATE SCHEMA IF NOT EXISTS " + quote(o.Database) + "." + quote(o.Schema),
		"CREATE WAREHOUSE IF NOT EXISTS " + quote(o.Warehouse),
	}
	for _, role := range o.Roles {
		sql = append(sql, "CREATE ROLE IF NOT EXISTS "+quote(role))
	}
	for _, u := range o.Users {
		if _, there := e.User(u.Name); there {
			continue
		}
		create := "CREATE USER " + quote(u.Name) + " DEFAULT_ROLE = " + quote(u.Role) +
			" DEFAULT_WAREHOUSE = " + quote(o.Warehouse) + " DEFAULT_NAMESPACE = " + quote(o.Database) + "." + quote(o.Schema)
		if u.Password != "" {
			create += " PASSWORD = " + literal(u.Password)
		}
		if u.PublicKey != nil {
			create += " RSA_PUBLIC_KEY = " + literal(publicKeyText(u.PublicKey))
		}
		sql = append(sql, create)
		for _, role := range append([]string{u.Role}, u.Roles...) {
			sql = append(sql, "GRANT ROLE "+quote(role)+" TO USER "+quote(u.Name))
		}
	}
	return sql
}

// quote writes a name of the options as an identifier: folded to upper case, as without quotes, and then quoted.
func quote(name string) string {
	return `"` + strings.ReplaceAll(strings.ToUpper(name), `"`, `""`) + `"`
}

// literal writes a text as SQL.
func literal(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}
