package servers

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
)

// TB is what this package needs of a test; every testing.TB has it.
type TB interface {
	Helper()
	Name() string
	Cleanup(f func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Server is a database server that runs. It is safe for concurrent use.
type Server struct {
	kind *kind
	dsn  string // of its superuser, in the database that every server has
	own  bool   // of one test, with which all its databases go
}

// DSN returns how the superuser connects: a URL for PostgreSQL, what go-sql-driver/mysql takes for MariaDB. It has a
// password.
func (s *Server) DSN() string { return s.dsn }

// Addr returns host and port of the server.
func (s *Server) Addr() string { return s.kind.addr(s.dsn) }

// Via returns dsn, which must be of this server, with another host and port: those of a proxy before it.
func (s *Server) Via(dsn, addr string) string { return strings.Replace(dsn, s.Addr(), addr, 1) }

// Database makes an empty database for tb, which is dropped when tb ends, whoever is connected to it then, and
// returns its DSN.
func (s *Server) Database(tb TB) string {
	tb.Helper()
	name := "floe_" + strings.ToLower(rand.Text()[:12])
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.kind.exec(ctx, s.dsn, "CREATE DATABASE "+name); err != nil {
		tb.Fatalf("%s: create a database: %v", s.kind.name, err)
	}
	if !s.own {
		tb.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := s.kind.drop(ctx, s.dsn, name); err != nil {
				tb.Errorf("%s: drop the database of %s: %v", s.kind.name, tb.Name(), err)
			}
		})
	}
	return s.kind.database(s.dsn, name)
}

// patience bounds what takes a second on a quiet machine.
const patience = time.Minute
