package mysql_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	driver "github.com/go-sql-driver/mysql"

	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/mysql"
)

var idAndName = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

// numbered makes n rows from one id on.
func numbered(t testing.TB, from, n int) arrow.Record {
	b := array.NewRecordBuilder(checked(t), idAndName)
	defer b.Release()
	for i := from; i < from+n; i++ {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("row ", i))
	}
	rec := b.NewRecord()
	t.Cleanup(rec.Release)
	return rec
}

// logged is a log, and the number of its lines about routes.
func logged() (*slog.Logger, func() int) {
	var buf bytes.Buffer
	return slog.New(slog.NewTextHandler(&buf, nil)), func() int { return strings.Count(buf.String(), "rows go by INSERT") }
}

// TestLocalInfileOff loads where the server forbids LOAD DATA LOCAL: it says so once, and nothing is missing.
func TestLocalInfileOff(t *testing.T) {
	server := servers.StartMariaDB(t, "local-infile=0")
	in := &instance{server: server.Server}
	t.Run("conformance", func(t *testing.T) {
		in.conform(t, func(rule string) bool {
			for _, about := range []string{"types/", "rejects/", "exactly-once/", "atomicity/"} {
				if strings.HasPrefix(rule, about) {
					return true
				}
			}
			return false
		})
	})
	for _, o := range []floesql.Options{{}, {Mode: sink.Upsert, Key: []string{"id"}}} {
		t.Run(o.Mode.String(), func(t *testing.T) {
			db := open(t, server.Database(t))
			log, lines := logged()
			o.Logger = log
			s, err := mysql.New(db, "t", &o)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close(t.Context())
			for i := range 3 {
				if got := loadAll(t, s, numbered(t, i*150, 150)); len(got) > 0 {
					t.Errorf("rejects: %q", got)
				}
			}
			if got := query(t, db, "SELECT COUNT(*), COUNT(DISTINCT id), SUM(id) FROM t"); got[0] != "450|450|101025" {
				t.Errorf("rows %s", got)
			}
			if lines() != 1 {
				t.Errorf("the log says %d times how rows go in", lines())
			}
		})
	}
}

// TestTemporaryTablesDenied upserts by a login that may not make a temporary table.
func TestTemporaryTablesDenied(t *testing.T) {
	dsn := servers.MariaDB(t).Database(t)
	admin := open(t, dsn)
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	account := "'" + cfg.DBName + "'@'127.0.0.1'"
	exec(t, admin, "CREATE USER "+account+" IDENTIFIED BY 'p'", "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER ON `"+cfg.DBName+"`.* TO "+account)
	t.Cleanup(func() { _, _ = admin.ExecContext(context.Background(), "DROP USER "+account) })
	cfg.User, cfg.Passwd = cfg.DBName, "p"
	log, lines := logged()
	s, err := mysql.New(open(t, cfg.FormatDSN()), "t", &floesql.Options{Mode: sink.Upsert, Key: []string{"id"}, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	for range 2 {
		if got := loadAll(t, s, numbered(t, 0, 150)); len(got) > 0 {
			t.Errorf("rejects: %q", got)
		}
	}
	if got := query(t, admin, "SELECT COUNT(*), SUM(id) FROM t"); got[0] != "150|11175" {
		t.Errorf("rows %s", got)
	}
	if lines() != 1 {
		t.Errorf("the log says %d times how rows go in", lines())
	}
}

// TestTakenBack: rows that LOAD DATA changed with a warning are none in the table, and neither are those beside them.
func TestTakenBack(t *testing.T) {
	db := open(t, servers.MariaDB(t).Database(t))
	exec(t, db, "CREATE TABLE t (id BIGINT, name VARCHAR(20) CHARACTER SET ascii) ENGINE=InnoDB")
	s, err := mysql.NewFew(db, "t", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	rec := fromJSON(t, checked(t), idAndName, `[{"id": 1, "name": "a"}, {"id": 2, "name": "é"}, {"id": 3, "name": "c"}]`)
	got := loadAll(t, s, rec)
	if len(got) != 1 || !strings.HasPrefix(got[0], "1 constraint: Incorrect string value") {
		t.Errorf("rejects: %q", got)
	}
	if rows := query(t, db, "SELECT id, name FROM t ORDER BY id"); strings.Join(rows, " ") != "1|a 3|c" {
		t.Errorf("rows %q", rows)
	}
}

// TestWarnedAndFine: a warning that is no fault costs another way in, and doubles nothing.
func TestWarnedAndFine(t *testing.T) {
	db := open(t, servers.MariaDB(t).Database(t))
	exec(t, db, "CREATE TABLE t (id BIGINT, name LONGTEXT, rounded DECIMAL(5,1) AS (id * 1.01) STORED) ENGINE=InnoDB")
	s, err := mysql.NewFew(db, "t", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	if got := loadAll(t, s, numbered(t, 0, 150)); len(got) > 0 {
		t.Errorf("rejects: %q", got)
	}
	if got := query(t, db, "SELECT COUNT(*), COUNT(DISTINCT id) FROM t"); got[0] != "150|150" {
		t.Errorf("rows %s", got)
	}
}

// TestSchemaWithoutDatabase: the database stands in the options, and the session has none.
func TestSchemaWithoutDatabase(t *testing.T) {
	dsn := servers.MariaDB(t).Database(t)
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := cfg.DBName
	cfg.DBName = ""
	for _, o := range []floesql.Options{{}, {Mode: sink.Upsert, Key: []string{"id"}}, {Mode: sink.Replace}} {
		o.Schema = name
		db := open(t, cfg.FormatDSN())
		s, err := mysql.New(db, "t"+o.Mode.String(), &o)
		if err != nil {
			t.Fatal(err)
		}
		if got := loadAll(t, s, numbered(t, 0, 150)); len(got) > 0 {
			t.Errorf("rejects: %q", got)
		}
		if o.Mode == sink.Replace {
			if err := s.Finish(t.Context(), "p", []string{"0"}); err != nil {
				t.Fatal(err)
			}
		}
		if got := query(t, db, "SELECT COUNT(*) FROM `"+name+"`.t"+o.Mode.String()); got[0] != "150" {
			t.Errorf("mode %s: %s rows", o.Mode, got)
		}
		s.Close(t.Context())
	}
}
