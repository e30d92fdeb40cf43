package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// start opens an account with a database DB and a warehouse WH, and a session of ADMIN there.
func start(t *testing.T, o Options) (*Engine, *Session) {
	t.Helper()
	return reopened(t, t.TempDir(), o)
}

func reopened(t *testing.T, dir string, o Options) (*Engine, *Session) {
	t.Helper()
	e, err := New(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	s := connect(t, e, Login{User: "ADMIN"})
	run(t, s, `CREATE DATABASE IF NOT EXISTS DB; CREATE WAREHOUSE IF NOT EXISTS WH; USE WAREHOUSE WH; USE SCHEMA DB.PUBLIC; ALTER SESSION SET TIMEZONE = 'UTC'`)
	return e, s
}

func connect(t *testing.T, e *Engine, l Login) *Session {
	t.Helper()
	if l.Database == "" {
		l.Database, l.Schema, l.Warehouse = "DB", "PUBLIC", "WH"
	}
	s, err := e.Connect(l)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run runs statements, and returns the result of the last.
func run(t *testing.T, s *Session, sql string, binds ...Bind) *Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	results, err := s.Execute(ctx, Request{SQL: sql, Binds: binds})
	if err != nil {
		t.Fatalf("%s\n%v", sql, err)
	}
	return results[len(results)-1]
}

// refused runs a statement that fails, and returns its error.
func refused(t *testing.T, s *Session, sql string) *Error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	results, err := s.Execute(ctx, Request{SQL: sql})
	var own *Error
	if !errors.As(err, &own) {
		t.Fatalf("%s\ngot %s and error %v, want an *Error", sql, text(results...), err)
	}
	return own
}

// text writes the rows of results: columns apart by |, rows by a line break.
func text(results ...*Result) string {
	var out []string
	for _, r := range results {
		for _, row := range r.Rows {
			cells := make([]string, len(row))
			for i, v := range row {
				s, ok := value{typ: r.Columns[i].Type, v: v}.text()
				if cells[i] = s; !ok {
					cells[i] = "NULL"
				}
			}
			out = append(out, strings.Join(cells, "|"))
		}
	}
	return strings.Join(out, "\n")
}

// names are those of a result's columns.
func names(r *Result) string {
	out := make([]string, len(r.Columns))
	for i, c := range r.Columns {
		out[i] = c.Name
	}
	return strings.Join(out, "|")
}

func is(t *testing.T, s *Session, sql, want string, binds ...Bind) {
	t.Helper()
	if got := text(run(t, s, sql, binds...)); got != want {
		t.Errorf("%s\ngot  %q\nwant %q", sql, got, want)
	}
}

func fails(t *testing.T, s *Session, sql string, code int, state, message string) {
	t.Helper()
	err := refused(t, s, sql)
	if err.Code != code || err.SQLState != state || !strings.Contains(err.Message, message) {
		t.Errorf("%s\ngot  %v\nwant %06d (%s): …%s…", sql, err, code, state, message)
	}
}

// step is a statement and what it answers, or in brackets the error.
type step struct{ sql, want string }

func steps(t *testing.T, s *Session, list []step) {
	t.Helper()
	for _, st := range list {
		var code int
		var state, message string
		if n, _ := fmt.Sscanf(st.want, "(%d %5s)", &code, &state); n == 2 {
			_, message, _ = strings.Cut(st.want, ") ")
			fails(t, s, st.sql, code, state, message)
			continue
		}
		is(t, s, st.sql, st.want)
	}
}

func TestParametersAreSorted(t *testing.T) {
	for i, p := range parameters {
		if got, ok := known(p.name); !ok || got.name != p.name || i > 0 && parameters[i-1].name >= p.name {
			t.Errorf("%s is not found where it is", p.name)
		}
	}
}

func TestStatements(t *testing.T) {
	_, s := start(t, Options{})
	steps(t, s, []step{
		{`CREATE TABLE t (id INT NOT NULL, name VARCHAR(5), n NUMBER(5,2) DEFAULT 1.5)`, "Table T successfully created."},
		{`CREATE TABLE t (id INT)`, "(2002 42710) Object 'DB.PUBLIC.T' already exists."},
		{`CREATE TABLE IF NOT EXISTS t (id INT)`, "T already exists, statement succeeded."},
		{`INSERT INTO t VALUES (1, 'a', 2), (2, NULL, 3.456)`, "2"},
		{`INSERT INTO t (id) VALUES (3)`, "1"},
		{`SELECT * FROM t ORDER BY id`, "1|a|2.00\n2|NULL|3.46\n3|NULL|1.50"},
		{`INSERT INTO t (id, name) VALUES (NULL, 'x')`, "(100072 22000) DML operation to table DB.PUBLIC.T failed on column ID with error: NULL result in a non-nullable column"},
		{`INSERT INTO t (id, name) VALUES (4, 'toolong')`, "(100078 22000) is too long and would be truncated"},
		{`INSERT INTO t (id, name) VALUES ('four', 'x')`, "(100038 22018) Numeric value 'four' is not recognized"},
		{`INSERT INTO t VALUES (1)`, "(2020 21S01) Insert value list does not match column list expecting 3 but got 1"},
		{`INSERT INTO t (nothing) VALUES (1)`, "(904 42000) invalid identifier 'NOTHING'"},
		{`INSERT INTO t (id, n) VALUES (4, DEFAULT)`, "1"},
		{`UPDATE t SET name = 'b', n = n + 1 WHERE id IN (2, 3)`, "2|0"},
		{`SELECT id, name, n FROM t ORDER BY id`, "1|a|2.00\n2|b|4.46\n3|b|2.50\n4|NULL|1.50"},
		{`DELETE FROM t WHERE id > 2`, "2"},
		{`SELECT COUNT(*) FROM t`, "2"},
		{`SELECT * FROM nowhere`, "(2003 42S02) Object 'NOWHERE' does not exist or not authorized."},
		{`SELECT nowhere FROM t`, "(904 42000) invalid identifier 'NOWHERE'"},
		{`SELEC 1`, "(1003 42000) syntax error"},
		{`TRUNCATE TABLE t`, "Statement executed successfully."},
		{`SELECT COUNT(*) FROM t`, "0"},
		{`DROP TABLE t`, "T successfully dropped."},
		{`DROP TABLE t`, "(2003 42S02) Table 'DB.PUBLIC.T' does not exist or not authorized."},
		{`DROP TABLE IF EXISTS t`, "Drop statement executed successfully (T already dropped)."},
	})
}
