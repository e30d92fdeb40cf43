package servers

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/go-sql-driver/mysql"
)

var mariadb = kind{
	name:     "MariaDB",
	variable: "FLOE_MARIADB",
	pkg:      "mariadb-server",
	install:  "apt-get install mariadb-server",
	user:     "mysql",
	stop:     syscall.SIGTERM,
	quit:     syscall.SIGKILL,

	find: func() (programs, bool) {
		p := programs{look("mariadb-install-db", "/usr/bin"), look("mariadbd", "/usr/sbin")}
		return p, p.setUp != "" && p.serve != ""
	},
	setUp: func(dir, password string) ([]string, error) {
		account := fmt.Sprintf("'%s'@'127.0.0.1'", user)
		sql := fmt.Sprintf("CREATE USER IF NOT EXISTS %s IDENTIFIED BY '%s';\nGRANT ALL ON *.* TO %[1]s WITH GRANT OPTION;\n", account, password)
		return append([]string{
			"--no-defaults", "--datadir=" + filepath.Join(dir, "data"), "--skip-test-db",
			"--auth-root-authentication-method=socket", // of the sockets there are none
		}, unsynced...), os.WriteFile(filepath.Join(dir, "init.sql"), []byte(sql), 0o644) // dir is closed to others
	},
	serve: func(dir string, port int, settings []string) []string {
		args := append([]string{
			"--no-defaults", "--datadir=" + filepath.Join(dir, "data"), "--init-file=" + filepath.Join(dir, "init.sql"),
			"--pid-file=" + filepath.Join(dir, "pid"), "--port=" + strconv.Itoa(port),
			"--bind-address=127.0.0.1", "--socket=", "--skip-name-resolve", "--skip-log-bin", "--local-infile=1",
			"--character-set-server=utf8mb4", "--default-time-zone=+05:30", "--max-connections=200",
		}, unsynced...)
		for _, setting := range settings {
			args = append(args, "--"+setting)
		}
		return args
	},
	admin: func(port int, password string) string {
		return fmt.Sprintf("%s:%s@tcp(127.0.0.1:%d)/", user, password, port)
	},

	addr: func(dsn string) string {
		c, err := mysql.ParseDSN(dsn)
		if err != nil {
			return ""
		}
		return c.Addr
	},
	database: func(dsn, name string) string {
		c, err := mysql.ParseDSN(dsn)
		if err != nil {
			return ""
		}
		c.DBName = name
		return c.FormatDSN()
	},
	ping: func(ctx context.Context, dsn string) error { return execMariaDB(ctx, dsn, "SELECT 1") },
	exec: execMariaDB,
	drop: dropMariaDB,
}

// unsynced keeps the server from syncing to the disk. It still writes at each commit, so that a kill of the server
// loses none.
var unsynced = []string{"--debug-no-sync", "--innodb-flush-method=nosync", "--innodb-log-file-size=16M"}

func execMariaDB(ctx context.Context, dsn, statement string) error {
	return withMariaDB(dsn, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, statement)
		return err
	})
}

func withMariaDB(dsn string, f func(*sql.DB) error) error {
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	return f(db)
}

// dropMariaDB ends the connections to the database first: DROP DATABASE waits for their transactions.
func dropMariaDB(ctx context.Context, dsn, name string) error {
	return withMariaDB(dsn, func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, "SELECT id FROM information_schema.processlist WHERE db = ?", name)
		if err != nil {
			return err
		}
		defer rows.Close()
		var ids []int64
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		for _, id := range ids {
			// It may have ended by itself.
			_, _ = db.ExecContext(ctx, "KILL CONNECTION "+strconv.FormatInt(id, 10))
		}
		_, err = db.ExecContext(ctx, "DROP DATABASE "+name)
		return err
	})
}

// MariaDB returns the MariaDB that tests share, and skips tb where there is none.
func MariaDB(tb TB) *Server {
	tb.Helper()
	return sharedMariaDB.get(tb)
}

// StartMariaDB starts a MariaDB for tb alone, which stops when tb ends. Settings are name=value, as in my.cnf.
func StartMariaDB(tb TB, settings ...string) *Private {
	tb.Helper()
	return startPrivate(tb, &mariadb, settings)
}
