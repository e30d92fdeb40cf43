package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/dialect/postgres"
	"github.com/floedata/floe/internal/servers"
)

// TestClassify asks a server for its errors.
func TestClassify(t *testing.T) {
	server := servers.Postgres(t)
	dsn := server.Database(t)
	db := connect(t, dsn, "CREATE TABLE t (id int PRIMARY KEY, name varchar(2) NOT NULL CHECK (name <> 'no'))", "INSERT INTO t VALUES (1, 'a')",
		"CREATE TYPE mood AS ENUM ('good')")
	d := postgres.Dialect{}
	one := func(query string) func(context.Context) error {
		return func(ctx context.Context) error { _, err := db.ExecContext(ctx, query); return err }
	}
	elsewhere := func(dsn, query string) func(context.Context) error {
		return func(ctx context.Context) error {
			db, err := sql.Open("pgx", dsn)
			if err != nil {
				return err
			}
			defer db.Close()
			_, err = db.ExecContext(ctx, query)
			return err
		}
	}
	addr := strings.Split(server.Addr(), ":")[0] + ":1"
	for _, tc := range []struct {
		name    string
		err     func(context.Context) error
		want    dialect.Class
		message string
	}{
		{"duplicate key", one("INSERT INTO t VALUES (1, 'b')"), dialect.RowFault, `duplicate key value violates unique constraint "t_pkey": Key (id)=(1) already exists.`},
		{"not null", one("INSERT INTO t VALUES (2)"), dialect.RowFault, `null value in column "name" of relation "t" violates not-null constraint: Failing row contains (2, null).`},
		{"check", one("INSERT INTO t VALUES (2, 'no')"), dialect.RowFault, `new row for relation "t" violates check constraint "t_name_check": Failing row contains (2, no).`},
		{"too long", one("INSERT INTO t VALUES (2, 'abc')"), dialect.RowFault, "value too long for type character varying(2)"},
		{"out of range", one("INSERT INTO t VALUES (3000000000, 'a')"), dialect.RowFault, "integer out of range"},
		{"enum", one("SELECT 'bad'::text::mood"), dialect.RowFault, `invalid input value for enum mood: "bad"`},
		{"not UTF-8", one(`SELECT convert_from('\xff', 'UTF8')`), dialect.RowFault, `invalid byte sequence for encoding "UTF8": 0xff`},
		{"key twice", one("INSERT INTO t VALUES (2, 'a'), (2, 'b') ON CONFLICT (id) DO UPDATE SET name = excluded.name"), dialect.RowFault, ""},
		{"key too large", one("CREATE TABLE k (v text PRIMARY KEY); INSERT INTO k SELECT string_agg(md5(i::text), '') FROM generate_series(1, 500) i"), dialect.RowFault, ""},
		{"table", one("SELECT * FROM gone"), dialect.Missing, `relation "gone" does not exist`},
		{"column", one("SELECT gone FROM t"), dialect.Missing, ""},
		{"schema", one("CREATE TABLE gone.t (id int)"), dialect.Missing, ""},
		{"made meanwhile", one("CREATE TABLE t (id int)"), dialect.Conflict, ""},
		{"syntax", one("SELEC"), dialect.Unknown, ""},
		{"read only", one("BEGIN READ ONLY; DELETE FROM t"), dialect.ReadOnly, "cannot execute DELETE in a read-only transaction"},
		{"lock timeout", func(ctx context.Context) error { return locked(ctx, db, "SET LOCAL lock_timeout = '10ms'") }, dialect.Conflict, ""},
		{"statement timeout", func(ctx context.Context) error { return locked(ctx, db, "SET LOCAL statement_timeout = '10ms'") }, dialect.Conflict, ""},
		{"deadlock", func(ctx context.Context) error { return deadlock(ctx, db) }, dialect.Conflict, ""},
		{"serialization", func(ctx context.Context) error { return serialize(ctx, db) }, dialect.Conflict, ""},
		{"terminated", func(ctx context.Context) error { return terminated(ctx, db) }, dialect.Unavailable, ""},
		{"idle in transaction", func(ctx context.Context) error { return idle(ctx, db) }, dialect.Unavailable, ""},
		{"password", elsewhere(wrongPassword(t, dsn), "SELECT 1"), dialect.Denied, ""},
		{"database", elsewhere(dsn+"&dbname=gone", "SELECT 1"), dialect.Missing, ""},
		{"privilege", one("BEGIN; CREATE ROLE floe_poor; SET ROLE floe_poor; SELECT * FROM t"), dialect.Denied, "permission denied for table t"},
		{"no server", elsewhere(server.Via(dsn, addr), "SELECT 1"), dialect.Unavailable, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.err(t.Context())
			if err == nil {
				t.Fatal("there is no error")
			}
			wrapped := fmt.Errorf("load: %w", err)
			if got := d.Classify(wrapped); got != tc.want {
				t.Errorf("%v\nis classified as %s, want %s", err, got, tc.want)
			}
			if got := d.Message(wrapped); tc.message != "" && got != tc.message {
				t.Errorf("the message is %q\nwant %q", got, tc.message)
			}
			if _, err := db.ExecContext(t.Context(), "ROLLBACK"); err != nil {
				t.Error(err)
			}
		})
	}
}

func wrongPassword(t *testing.T, dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), "wrong")
	return u.String()
}

// begin runs do in a transaction that is rolled back.
func begin(ctx context.Context, db *sql.DB, do func(tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return do(tx)
}

// locked waits for a lock that another transaction has, with the setting.
func locked(ctx context.Context, db *sql.DB, setting string) error {
	return begin(ctx, db, func(holder *sql.Tx) error {
		if _, err := holder.ExecContext(ctx, "LOCK TABLE t"); err != nil {
			return err
		}
		return begin(ctx, db, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, setting); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, "DELETE FROM t")
			return err
		})
	})
}

func deadlock(ctx context.Context, db *sql.DB) error {
	return begin(ctx, db, func(a *sql.Tx) error {
		return begin(ctx, db, func(b *sql.Tx) error {
			for tx, key := range map[*sql.Tx]int{a: 1, b: 2} {
				if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", key); err != nil {
					return err
				}
			}
			other := make(chan error, 1)
			go func() {
				_, err := a.ExecContext(ctx, "SELECT pg_advisory_xact_lock(2)")
				if err != nil {
					a.Rollback()
				}
				other <- err
			}()
			_, err := b.ExecContext(ctx, "SELECT pg_advisory_xact_lock(1)")
			b.Rollback()
			return errors.Join(err, <-other)
		})
	})
}

func serialize(ctx context.Context, db *sql.DB) error {
	return begin(ctx, db, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "SELECT * FROM t"); err != nil {
			return err
		}
		if _, err := db.ExecContext(ctx, "UPDATE t SET name = 'b'"); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE t SET name = 'c'")
		return err
	})
}

// terminated goes on with a connection that the server has ended.
func terminated(ctx context.Context, db *sql.DB) error {
	return begin(ctx, db, func(tx *sql.Tx) error {
		var pid int
		if err := tx.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			return err
		}
		if _, err := db.ExecContext(ctx, "SELECT pg_terminate_backend($1, 10000)", pid); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "SELECT 1")
		return err
	})
}

func idle(ctx context.Context, db *sql.DB) error {
	return begin(ctx, db, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = '10ms'"); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
		_, err := tx.ExecContext(ctx, "SELECT 1")
		return err
	})
}

// state is an error as lib/pq has it.
type state string

func (s state) Error() string    { return "pq: the text of " + string(s) }
func (s state) SQLState() string { return string(s) }

func TestClassifyOthers(t *testing.T) {
	d := postgres.Dialect{}
	for _, tc := range []struct {
		err  error
		want dialect.Class
	}{
		{state("53100"), dialect.Full},
		{state("53300"), dialect.Unavailable},
		{state("57P01"), dialect.Unavailable},
		{state("57P02"), dialect.Unavailable},
		{state("57P03"), dialect.Unavailable},
		{state("08006"), dialect.Unavailable},
		{state("08P01"), dialect.Unknown},
		{state("22P04"), dialect.Unknown},
		{state("22001"), dialect.RowFault},
		{state("40P01"), dialect.Conflict},
		{state("28000"), dialect.Denied},
		{state("XX000"), dialect.Unknown},
		{state(""), dialect.Unknown},
		{io.ErrUnexpectedEOF, dialect.Unavailable},
		{net.ErrClosed, dialect.Unavailable},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, dialect.Unavailable},
		{errors.New("anything else"), dialect.Unknown},
	} {
		if got := d.Classify(fmt.Errorf("load: %w", tc.err)); got != tc.want {
			t.Errorf("Classify(%v) = %s, want %s", tc.err, got, tc.want)
		}
	}
	if got := d.Message(fmt.Errorf("load: %w", state("53100"))); got != "the text of 53100" {
		t.Errorf("Message = %q", got)
	}
}
