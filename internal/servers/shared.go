package servers

import (
	"os"
	"sync"
)

// shared is the server that all tests of a process use.
type shared struct {
	kind  *kind
	start sync.Once
	err   error
}

var (
	sharedPostgres = &shared{kind: &postgres}
	sharedMariaDB  = &shared{kind: &mariadb}
)

func (s *shared) get(tb TB) *Server {
	tb.Helper()
	k := s.kind
	if os.Getenv(k.variable) == "" {
		programs, ok := k.find()
		if !ok {
			tb.Skipf("%s", k.missing())
		}
		s.start.Do(func() {
			var p *process
			if p, s.err = launch(k, programs, nil); s.err == nil {
				s.err = os.Setenv(k.variable, p.dsn()) // for the children of this process, too
			}
		})
		if s.err != nil {
			tb.Fatalf("%v", s.err)
		}
	}
	dsn := os.Getenv(k.variable)
	if k.addr(dsn) == "" {
		tb.Fatalf("%s is no DSN of %s", k.variable, k.name)
	}
	return &Server{kind: k, dsn: dsn}
}
