package mysql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	sqldriver "github.com/go-sql-driver/mysql"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/servers"
)

// as opens a pool by another login, or with other settings, on the database of a DSN.
func as(t testing.TB, dsn string, change func(*sqldriver.Config)) *sql.DB {
	t.Helper()
	cfg, err := sqldriver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Logger = &sqldriver.NopLogger{}
	change(cfg)
	connector, err := sqldriver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}

func conn(t testing.TB, db *sql.DB) *sql.Conn {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// begin begins a transaction as a load does, but for waiting a second alone.
func begin(t testing.TB, c *sql.Conn) {
	t.Helper()
	exec(t, c, d.Begin()...)
	exec(t, c, "SET SESSION innodb_lock_wait_timeout = 1, lock_wait_timeout = 1")
}

// TestClasses makes real errors of each class.
func TestClasses(t *testing.T) {
	ctx := t.Context()
	dsn := servers.MariaDB(t).Database(t)
	db := as(t, dsn, func(*sqldriver.Config) {})
	exec(t, db, "CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL, s VARCHAR(3) CHARACTER SET latin1, d DECIMAL(3,1), u TINYINT UNSIGNED, at DATE, CHECK (n < 100), j JSON) ENGINE=InnoDB",
		"INSERT INTO t (id, n) VALUES (1, 1), (2, 2)", "CREATE TABLE child (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES t (id)) ENGINE=InnoDB",
		"CREATE TABLE parts (a INT) ENGINE=InnoDB PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (10))",
		"CREATE VIEW only AS SELECT id, n FROM t WHERE n < 10 WITH CHECK OPTION",
		"CREATE TRIGGER no BEFORE INSERT ON parts FOR EACH ROW IF NEW.a = 5 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no fives'; END IF",
		"INSERT INTO child VALUES (1)")
	for _, tc := range []struct {
		statement string
		class     dialect.Class
		message   string
	}{
		{"INSERT INTO t (id, n) VALUES (1, 1)", dialect.RowFault, "Duplicate entry '1' for key 'PRIMARY'"},
		{"INSERT INTO t (id, n) VALUES (3, NULL)", dialect.RowFault, "Column 'n' cannot be null"},
		{"INSERT INTO t (id) VALUES (3)", dialect.RowFault, "Field 'n' doesn't have a default value"},
		{"INSERT INTO t (id, n, s) VALUES (3, 3, 'abcd')", dialect.RowFault, "Data too long for column 's' at row 1"},
		{"INSERT INTO t (id, n, s) VALUES (3, 3, '日')", dialect.RowFault, "Incorrect string value"},
		{"INSERT INTO t (id, n, u) VALUES (3, 3, -1)", dialect.RowFault, "Out of range value for column 'u' at row 1"},
		{"INSERT INTO t (id, n, d) VALUES (3, 3, 1000)", dialect.RowFault, "Out of range value for column 'd' at row 1"},
		{"INSERT INTO t (id, n, d) VALUES (3, 3, 'x')", dialect.RowFault, "Incorrect decimal value"},
		{"INSERT INTO t (id, n, at) VALUES (3, 3, '2023-02-30')", dialect.RowFault, "Incorrect date value"},
		{"INSERT INTO t (id, n) VALUES (3, 300)", dialect.RowFault, "CONSTRAINT `CONSTRAINT_1` failed"},
		{"INSERT INTO t (id, n, j) VALUES (3, 3, '{')", dialect.RowFault, "CONSTRAINT `t.j` failed"},
		{"INSERT INTO child VALUES (9)", dialect.RowFault, "Cannot add or update a child row"},
		{"UPDATE t SET id = 9 WHERE id = 1", dialect.RowFault, "Cannot delete or update a parent row"},
		{"INSERT INTO parts VALUES (10)", dialect.RowFault, "Table has no partition for value 10"},
		{"INSERT INTO parts VALUES (5)", dialect.RowFault, "no fives"},
		{"INSERT INTO only VALUES (3, 50)", dialect.RowFault, "CHECK OPTION failed"},
		{"INSERT INTO none VALUES (1)", dialect.Missing, "doesn't exist"},
		{"INSERT INTO t (none) VALUES (1)", dialect.Missing, "Unknown column 'none'"},
		{"INSERT INTO nowhere.t VALUES (1)", dialect.Missing, ""},
		{"DROP TABLE none", dialect.Missing, ""},
		{"CREATE TABLE t (a INT)", dialect.Conflict, "already exists"},
		{"ALTER TABLE t ADD COLUMN n INT", dialect.Conflict, "Duplicate column name 'n'"},
		{"SELEKT 1", dialect.Unknown, "You have an error in your SQL syntax"},
	} {
		c := conn(t, db)
		begin(t, c)
		_, err := c.ExecContext(ctx, tc.statement)
		if got := d.Classify(fmt.Errorf("wrapped: %w", err)); err == nil || got != tc.class {
			t.Errorf("%s: %v is of class %s, want %s", tc.statement, err, got, tc.class)
		} else if !strings.Contains(d.Message(err), tc.message) || strings.HasPrefix(d.Message(err), "Error ") {
			t.Errorf("%s: the message is %q", tc.statement, d.Message(err))
		}
		exec(t, c, "ROLLBACK")
	}
}

// wantClass compares, where something else than a statement's text makes the error.
func wantClass(t *testing.T, what string, err error, want dialect.Class) {
	t.Helper()
	if got := d.Classify(err); err == nil || got != want {
		t.Errorf("%s: %v is of class %s, want %s", what, err, got, want)
	}
}

func TestClassesOfLocks(t *testing.T) {
	ctx := t.Context()
	dsn := servers.MariaDB(t).Database(t)
	db := as(t, dsn, func(*sqldriver.Config) {})
	exec(t, db, "CREATE TABLE t (id INT PRIMARY KEY, n INT) ENGINE=InnoDB", "INSERT INTO t VALUES (1, 1), (2, 2)")
	a, b := conn(t, db), conn(t, db)
	begin(t, a)
	begin(t, b)
	exec(t, a, "UPDATE t SET n = 5 WHERE id = 1")
	_, err := b.ExecContext(ctx, "UPDATE t SET n = 6 WHERE id = 1")
	wantClass(t, "a lock that is held", err, dialect.Conflict)
	_, err = b.ExecContext(ctx, "ALTER TABLE t ADD COLUMN x INT")
	wantClass(t, "a table that is in use", err, dialect.Conflict)

	begin(t, b)
	exec(t, b, "SET SESSION innodb_lock_wait_timeout = 30", "UPDATE t SET n = 6 WHERE id = 2")
	exec(t, a, "SET SESSION innodb_lock_wait_timeout = 30")
	waiting := make(chan error)
	go func() {
		_, err := a.ExecContext(ctx, "UPDATE t SET n = 7 WHERE id = 2")
		waiting <- err
	}()
	_, err = b.ExecContext(ctx, "UPDATE t SET n = 8 WHERE id = 1")
	if other := <-waiting; err == nil {
		err = other
	}
	wantClass(t, "a deadlock", err, dialect.Conflict)
}

func TestClassesOfConnections(t *testing.T) {
	ctx := t.Context()
	server := servers.MariaDB(t)
	dsn := server.Database(t)
	db := as(t, dsn, func(*sqldriver.Config) {})
	c, killer := conn(t, db), conn(t, db)
	id := func(c *sql.Conn) (id int) {
		if err := c.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	exec(t, killer, fmt.Sprintf("KILL CONNECTION %d", id(c)))
	_, err := c.ExecContext(ctx, "SELECT 1")
	wantClass(t, "a connection that was killed", err, dialect.Unavailable)

	c = conn(t, db)
	busy := make(chan error)
	n := id(c)
	go func() {
		_, err := c.ExecContext(ctx, "DO SLEEP(30)")
		busy <- err
	}()
	for running := false; !running; time.Sleep(time.Millisecond) {
		if err := killer.QueryRowContext(ctx, "SELECT COUNT(*) > 0 FROM information_schema.PROCESSLIST WHERE ID = ? AND INFO LIKE 'DO SLEEP%'", n).Scan(&running); err != nil {
			t.Fatal(err)
		}
	}
	exec(t, killer, fmt.Sprintf("KILL CONNECTION %d", n))
	wantClass(t, "a connection that was killed at work", <-busy, dialect.Unavailable)

	name := strings.ToLower("floe_" + strings.ReplaceAll(fmt.Sprint(time.Now().UnixNano()), ".", ""))
	user := "'" + name + "'@'127.0.0.1'"
	exec(t, db, "CREATE USER "+user+" IDENTIFIED BY 'right' WITH MAX_USER_CONNECTIONS 1")
	t.Cleanup(func() { _, _ = db.ExecContext(context.Background(), "DROP USER "+user) })
	login := func(password string) *sql.DB {
		return as(t, dsn, func(c *sqldriver.Config) { c.User, c.Passwd = name, password })
	}
	wantClass(t, "a wrong password", login("wrong").PingContext(ctx), dialect.Denied)
	wantClass(t, "a database that the login may not see", login("right").PingContext(ctx), dialect.Denied)
	exec(t, db, "CREATE TABLE t (a INT)", "GRANT SELECT ON t TO "+user)
	limited := login("right")
	first := conn(t, limited)
	_, err = first.ExecContext(ctx, "INSERT INTO t VALUES (1)")
	wantClass(t, "a privilege that is missing", err, dialect.Denied)
	_, err = first.ExecContext(ctx, "CREATE TEMPORARY TABLE x (a INT)")
	wantClass(t, "CREATE TEMPORARY TABLES that is missing", err, dialect.Denied)
	wantClass(t, "too many connections of a user", limited.PingContext(ctx), dialect.Unavailable)
	wantClass(t, "a server that is not there", as(t, dsn, func(c *sqldriver.Config) { c.Addr = "127.0.0.1:1" }).PingContext(ctx), dialect.Unavailable)
	wantClass(t, "a database that is not there", as(t, dsn, func(c *sqldriver.Config) { c.DBName = "floe_nowhere" }).PingContext(ctx), dialect.Missing)
}

// TestClassesOfServers is about what concerns the server as a whole.
func TestClassesOfServers(t *testing.T) {
	ctx := t.Context()
	server := servers.StartMariaDB(t, "local-infile=0", "max-connections=5")
	dsn := server.Database(t)
	db := as(t, dsn, func(*sqldriver.Config) {})
	exec(t, db, "CREATE TABLE t (a INT) ENGINE=InnoDB", "CREATE USER 'plain'@'127.0.0.1' IDENTIFIED BY 'p'", "GRANT ALL ON *.* TO 'plain'@'127.0.0.1'", "REVOKE SUPER, READ_ONLY ADMIN, CONNECTION ADMIN ON *.* FROM 'plain'@'127.0.0.1'")
	plain := as(t, dsn, func(c *sqldriver.Config) { c.User, c.Passwd = "plain", "p" })

	sqldriver.RegisterReaderHandler("floe-classes", func() io.Reader { return strings.NewReader("1\n") })
	defer sqldriver.DeregisterReaderHandler("floe-classes")
	_, err := plain.ExecContext(ctx, "LOAD DATA LOCAL INFILE 'Reader::floe-classes' INTO TABLE t")
	wantClass(t, "LOAD DATA LOCAL that is off", err, dialect.Forbidden)

	exec(t, db, "SET GLOBAL read_only = 1")
	_, err = plain.ExecContext(ctx, "INSERT INTO t VALUES (1)")
	wantClass(t, "a server that is read-only", err, dialect.ReadOnly)
	exec(t, db, "SET GLOBAL read_only = 0")
	c := conn(t, plain)
	exec(t, c, "START TRANSACTION READ ONLY")
	_, err = c.ExecContext(ctx, "INSERT INTO t VALUES (1)")
	wantClass(t, "a transaction that is read-only", err, dialect.ReadOnly)
	exec(t, c, "ROLLBACK")

	err = nil
	for i := 0; i < 10 && err == nil; i++ {
		var more *sql.Conn
		if more, err = plain.Conn(ctx); err == nil {
			defer more.Close()
		}
	}
	wantClass(t, "too many connections", err, dialect.Unavailable)

	server.Kill()
	_, err = c.ExecContext(ctx, "INSERT INTO t VALUES (1)")
	wantClass(t, "a server that was killed", err, dialect.Unavailable)
	wantClass(t, "a server that is down", plain.PingContext(ctx), dialect.Unavailable)
}

// TestClassesOfDrivers is about errors that do not come from a server.
func TestClassesOfDrivers(t *testing.T) {
	for err, want := range map[error]dialect.Class{
		driver.ErrBadConn:                   dialect.Unavailable,
		sqldriver.ErrInvalidConn:            dialect.Unavailable,
		io.ErrUnexpectedEOF:                 dialect.Unavailable,
		sqldriver.ErrPktTooLarge:            dialect.RowFault,
		context.DeadlineExceeded:            dialect.Unknown,
		context.Canceled:                    dialect.Unknown,
		errors.New("something else"):        dialect.Unknown,
		&sqldriver.MySQLError{}:             dialect.Unknown,
		&sqldriver.MySQLError{Number: 3948}: dialect.Forbidden,
		&sqldriver.MySQLError{Number: 3819}: dialect.RowFault,
		&sqldriver.MySQLError{Number: 1114}: dialect.Full,
	} {
		if got := d.Classify(fmt.Errorf("wrapped: %w", err)); got != want {
			t.Errorf("%v is of class %s, want %s", err, got, want)
		}
	}
}
