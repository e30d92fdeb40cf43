package postgres_test

import (
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver

	"github.com/floedata/floe/internal/servers"
)

// open connects to a database of the test's own, and runs the queries there.
func open(t testing.TB, queries ...string) *sql.DB {
	t.Helper()
	return connect(t, servers.Postgres(t).Database(t), queries...)
}

func connect(t testing.TB, dsn string, queries ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	exec(t, db, queries...)
	return db
}

func exec(t testing.TB, db *sql.DB, queries ...string) {
	t.Helper()
	for _, q := range queries {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

func text(t testing.TB, db *sql.DB, query string, args ...any) (s string) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return s
}
