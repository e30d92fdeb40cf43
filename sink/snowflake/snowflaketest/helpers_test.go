package snowflaketest_test

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// open returns the server through the real driver, as it is configured by default but for what change changes.
func open(t testing.TB, srv *snowflaketest.Server, change ...func(*gosnowflake.Config)) *sql.DB {
	t.Helper()
	cfg := srv.Config()
	for _, c := range change {
		c(cfg)
	}
	return openConfig(t, cfg)
}

// openConfig is open for a server elsewhere.
func openConfig(t testing.TB, cfg *gosnowflake.Config) *sql.DB {
	t.Helper()
	db := sql.OpenDB(gosnowflake.NewConnector(gosnowflake.SnowflakeDriver{}, *cfg))
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// one returns the only connection of a database, so that statements are of one session.
func one(t testing.TB, db *sql.DB) *sql.Conn {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// mustExec runs statements, and the driver sees each of them.
func mustExec(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// rowsOf returns a result as texts, NULL as "NULL".
func rowsOf(t testing.TB, rows *sql.Rows, err error) [][]string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	all := [][]string{}
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(columns))
		for i, v := range values {
			row[i] = "NULL"
			if v != nil {
				row[i] = fmt.Sprint(v)
			}
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// query is rowsOf a query.
func query(t testing.TB, db *sql.DB, sql string, args ...any) [][]string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return rowsOf(t, rows, nil)
}

// code returns the number of a driver's error, 0 for none, -1 for an error of another kind.
func code(err error) int {
	var e *gosnowflake.SnowflakeError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.Number
	}
	return -1
}

// keyPairToken is a token that logs a user in by key pair.
func keyPairToken(t testing.TB, key *rsa.PrivateKey, account, user string, now time.Time) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	who := account + "." + user
	text, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": who + ".SHA256:" + base64.StdEncoding.EncodeToString(sum[:]), "sub": who, "iat": now.Unix(), "exp": now.Add(time.Hour - time.Minute).Unix(),
	}).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// count returns the calls that match.
func count(srv *snowflaketest.Server, match func(snowflaketest.Call) bool) int {
	n := 0
	for _, c := range srv.Calls() {
		if match(c) {
			n++
		}
	}
	return n
}
