package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/postgres"
)

// TestOpenFaults: all faults of a configuration come at once, and none has the password.
func TestOpenFaults(t *testing.T) {
	bad := &floesql.Options{Mode: sink.Upsert, Route: floesql.Insert{}}
	for _, tc := range []struct {
		name, dsn, table string
		opts             *floesql.Options
		want             []string // of the faults
	}{
		{"port", "postgres://u:sesame@h:x/d", "t", nil, []string{"connString"}},
		{"setting", "host=h password=sesame pool_max_conns=none", "t", nil, []string{"connString: its setting of pool_max_conns is wrong"}},
		{"text", "host=h password=sesame '", "t", nil, []string{"connString"}},
		{"attribute", "postgres://u:sesame@h/d?target_session_attrs=any-one", "t", nil, []string{"connString: its setting of target_session_attrs is wrong"}},
		{"options", "postgres://u:sesame@h/d", "", bad, []string{"Options.Route", "table", "Options.Key"}},
		{"all", "postgres://u:sesame@h:x/d", "", bad, []string{"connString", "Options.Route", "table", "Options.Key"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := postgres.Open(t.Context(), tc.dsn, tc.table, tc.opts)
			var c *config.Error
			if !errors.As(err, &c) {
				t.Fatalf("Open: %v; want a *config.Error", err)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, c), "sesame") {
				t.Errorf("the error tells the password: %v", err)
			}
			for i, want := range tc.want {
				if len(c.Faults) != len(tc.want) || !strings.HasPrefix(c.Faults[i].String(), want) {
					t.Fatalf("the faults are %v, want %q", c.Faults, tc.want)
				}
			}
		})
	}
}

// FuzzOpenSecret: whatever is wrong with a connection string, its error does not tell the password.
func FuzzOpenSecret(f *testing.F) {
	for _, s := range []string{"postgres://u:%s@h:x/d", "host=h password=%s port=x", "password='%s", "postgres://%s", "%s", "postgres://h/d?password=%s&port=x", "postgres://u:`: %s@h:x", "postgres://u:p (%s@h:x"} {
		f.Add(s)
	}
	const secret = "open-sesame-7"
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f.Fuzz(func(t *testing.T, format string) {
		dsn := strings.Replace(format, "%s", secret, 1)
		if !strings.Contains(dsn, secret) {
			return
		}
		_, err := postgres.Open(ctx, dsn, "", nil) // without a table nothing is connected to
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
			t.Errorf("Open(%q): %v", dsn, err)
		}
	})
}

// TestOpenElsewhere: who cannot be reached, or refuses, is named; only the former may be tried again.
func TestOpenElsewhere(t *testing.T) {
	server := servers.Postgres(t)
	dsn := server.Database(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), "sesame")
	for _, tc := range []struct {
		name, dsn, want string
		transient       bool
	}{
		{"nobody", server.Via(u.String(), nobody), "connect to " + nobody, true},
		{"password", u.String(), "password authentication failed", false},
		{"database", strings.Replace(dsn, u.Path, "/gone", 1), `database "gone"`, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := postgres.Open(t.Context(), tc.dsn, "t", nil)
			if err == nil || !strings.Contains(err.Error(), tc.want) || retry.IsTransient(err) != tc.transient {
				t.Errorf("Open: %v", err)
			}
			if err != nil && strings.Contains(fmt.Sprintf("%v", err), "sesame") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := postgres.Open(ctx, dsn, "t", nil); !errors.Is(err, context.DeadlineExceeded) || retry.IsTransient(err) {
		t.Errorf("Open with a done context: %v", err)
	}
}

// TestOpen: the application is named, and nothing is left of the sink's connections.
func TestOpen(t *testing.T) {
	dsn := servers.Postgres(t).Database(t)
	pool := poolOf(t, dsn)
	const connections = "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
	s, err := postgres.Open(t.Context(), dsn, "t", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := lines(t, pool, connections); len(got) != 1 || got[0] != "(floe)" {
		t.Errorf("the connections are %q", got)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); len(lines(t, pool, connections)) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a connection is left")
		}
	}
	if err := s.Close(t.Context()); err == nil {
		t.Error("a second Close has no error")
	}
}

// TestNewLeavesThePool to its owner.
func TestNewLeavesThePool(t *testing.T) {
	pool := newPool(t)
	s, err := postgres.New(pool, "t", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := load(t, s, "0", fromJSON(t, checked(t), idAndName, `[{"id":1,"name":"a"}]`)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, pool, "SELECT * FROM t"); len(got) != 1 || got[0] != "(1,a)" {
		t.Errorf("there are %q", got)
	}
	if n := pool.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections are not given back", n)
	}
	if _, err := postgres.New(nil, "t", nil); err == nil {
		t.Error("New takes a pool that is nil")
	}
}
