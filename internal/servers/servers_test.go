package servers_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"

	"github.com/floedata/floe/internal/servers"
)

// kinds are what the tests of this package go through.
var kinds = []struct {
	name   string
	shared func(servers.TB) *servers.Server
	start  func(servers.TB, ...string) *servers.Private
}{
	{"PostgreSQL", servers.Postgres, servers.StartPostgres},
	{"MariaDB", servers.MariaDB, servers.StartMariaDB},
}

// conn is one connection, of either kind.
type conn struct {
	exec func(statement string) error
	row  func(statement string, values ...any) error
}

func connect(t *testing.T, dsn string) conn {
	t.Helper()
	ctx := context.Background()
	if strings.HasPrefix(dsn, "postgres:") {
		c, err := pgx.Connect(ctx, dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close(ctx) })
		return conn{
			func(s string) error { _, err := c.Exec(ctx, s); return err },
			func(s string, values ...any) error { return c.QueryRow(ctx, s).Scan(values...) },
		}
	}
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return conn{
		func(s string) error { _, err := c.ExecContext(ctx, s); return err },
		func(s string, values ...any) error { return c.QueryRowContext(ctx, s).Scan(values...) },
	}
}

func (c conn) must(t *testing.T, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if err := c.exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func query[T any](t *testing.T, c conn, statement string) (v T) {
	t.Helper()
	if err := c.row(statement, &v); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return v
}

func TestDatabaseIsEmptyAndDropped(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			server := k.shared(t)
			dsns := map[string]bool{}
			t.Run("used", func(t *testing.T) {
				for range 2 {
					dsn := server.Database(t)
					dsns[dsn] = true
					c := connect(t, dsn)
					// A connection amid a transaction does not keep the database from being dropped.
					c.must(t, "CREATE TABLE kept (x INT)", "BEGIN", "INSERT INTO kept VALUES (1)")
					if n := query[int](t, c, "SELECT count(*) FROM kept"); n != 1 {
						t.Errorf("%d rows, want 1", n)
					}
				}
			})
			if len(dsns) != 2 {
				t.Fatalf("%d databases, want 2", len(dsns))
			}
			admin := connect(t, server.DSN())
			for dsn := range dsns {
				name := dsn[strings.Index(dsn, "floe_"):]
				name, _, _ = strings.Cut(name, "?")
				from := "information_schema.schemata WHERE schema_name"
				if k.name == "PostgreSQL" {
					from = "pg_database WHERE datname"
				}
				if n := query[int](t, admin, "SELECT count(*) FROM "+from+" = '"+name+"'"); n != 0 {
					t.Errorf("database %s is still there", name)
				}
			}
		})
	}
}
