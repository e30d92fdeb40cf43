package servers

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"
)

var postgres = kind{
	name:     "PostgreSQL",
	variable: "FLOE_POSTGRES",
	pkg:      "postgresql",
	install:  "apt-get install postgresql",
	user:     "postgres",
	stop:     syscall.SIGINT,
	quit:     syscall.SIGQUIT,

	find: func() (programs, bool) {
		dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // Debian keeps them out of PATH
		version := func(dir string) int {
			n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
			return n
		}
		slices.SortFunc(dirs, func(a, b string) int { return cmp.Compare(version(b), version(a)) }) // the newest
		p := programs{look("initdb", dirs...), look("postgres", dirs...)}
		return p, p.setUp != "" && p.serve != ""
	},
	setUp: func(dir, password string) ([]string, error) {
		file := filepath.Join(dir, "password")
		return []string{
			"--pgdata=" + filepath.Join(dir, "data"), "--username=" + user, "--pwfile=" + file,
			"--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync",
		}, os.WriteFile(file, []byte(password), 0o644) // dir is closed to others
	},
	serve: func(dir string, port int, settings []string) []string {
		args := []string{"-D", filepath.Join(dir, "data"), "-p", strconv.Itoa(port)}
		for _, setting := range append([]string{
			"listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", "shared_buffers=32MB",
			"fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0", "timezone=<+0530>-05:30",
		}, settings...) {
			args = append(args, "-c", setting)
		}
		return args
	},
	admin: func(port int, password string) string {
		return fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/postgres?sslmode=disable", user, password, port)
	},

	addr: func(dsn string) string {
		u, err := url.Parse(dsn)
		if err != nil {
			return ""
		}
		return u.Host
	},
	database: func(dsn, name string) string {
		u, err := url.Parse(dsn)
		if err != nil {
			return ""
		}
		u.Path = "/" + name
		return u.String()
	},
	ping: func(ctx context.Context, dsn string) error { return execPostgres(ctx, dsn, "SELECT 1") },
	exec: execPostgres,
	drop: func(ctx context.Context, dsn, name string) error {
		return execPostgres(ctx, dsn, "DROP DATABASE "+name+" WITH (FORCE)")
	},
}

func execPostgres(ctx context.Context, dsn, statement string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// Postgres returns the PostgreSQL that tests share, and skips tb where there is none.
func Postgres(tb TB) *Server {
	tb.Helper()
	return sharedPostgres.get(tb)
}

// StartPostgres starts a PostgreSQL for tb alone, which stops when tb ends. Settings are name=value, as in
// postgresql.conf.
func StartPostgres(tb TB, settings ...string) *Private {
	tb.Helper()
	return startPrivate(tb, &postgres, settings)
}
