package mysql_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/mysql"
)

const secret = "p/w@s?x=(1"

func TestOpenOfABadConfiguration(t *testing.T) {
	for name, dsn := range map[string]string{
		"no slash":     "floe:" + strings.ReplaceAll(secret, "/", "") + "@tcp(h)",
		"no brace":     "floe:" + secret + "@tcp(h/db",
		"bad value":    "floe:" + secret + "@tcp(h)/db?parseTime=" + secret,
		"no such net":  "floe:" + secret + "@" + secret + "/db",
		"only secrets": secret,
	} {
		s, err := mysql.Open(t.Context(), dsn, "", &floesql.Options{Mode: sink.Upsert})
		var bad *config.Error
		if s != nil || !errors.As(err, &bad) {
			t.Errorf("%s: Open = %v, %v", name, s, err)
			continue
		}
		for _, part := range []string{secret, "w@s", "x=(1", "p/w", "pw@s"} {
			if strings.Contains(err.Error(), part) {
				t.Errorf("%s: the error shows a part of the password: %v", name, err)
			}
		}
		for _, part := range []string{"dsn", "user:password@tcp(host:port)", "table", "Options.Key"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: the error does not speak of %s: %v", name, part, err)
			}
		}
	}
	if s, err := mysql.New(nil, "t", nil); err == nil {
		t.Errorf("New of no database = %v", s)
	}
	if s, err := mysql.New(open(t, "u@tcp(h)/d"), "t", &floesql.Options{Route: floesql.Insert{}}); err == nil {
		t.Errorf("New with a route = %v", s)
	}
}

func TestOpen(t *testing.T) {
	dsn := servers.MariaDB(t).Database(t)
	s, err := mysql.Open(t.Context(), dsn, "t", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := loadAll(t, s, numbered(t, 0, 250)); len(got) > 0 {
		t.Errorf("rejects: %q", got)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := query(t, open(t, dsn), "SELECT COUNT(*) FROM t"); got[0] != "250" {
		t.Errorf("%s rows", got)
	}
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Passwd = "wrong-" + secret
	if _, err := mysql.Open(t.Context(), cfg.FormatDSN(), "t", nil); err == nil || retry.IsTransient(err) || strings.Contains(err.Error(), "wrong-") {
		t.Errorf("Open with a wrong password: %v", err)
	}
	cfg.Addr = "127.0.0.1:1"
	if _, err := mysql.Open(t.Context(), cfg.FormatDSN(), "t", nil); !retry.IsTransient(err) || strings.Contains(err.Error(), "wrong-") {
		t.Errorf("Open of a server that is not there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := mysql.Open(ctx, dsn, "t", nil); !errors.Is(err, context.Canceled) || retry.IsTransient(err) {
		t.Errorf("Open in a context that is done: %v", err)
	}
}
