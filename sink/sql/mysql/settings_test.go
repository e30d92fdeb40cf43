package mysql_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	driver "github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/mysql"
)

// TestSettingsOfThePool: what the caller's pool has set for its sessions changes nothing of what is loaded.
func TestSettingsOfThePool(t *testing.T) {
	for name, set := range map[string]string{
		"character set": "charset=latin1",
		"autocommit":    "autocommit=0",
		"completion":    "completion_type=1",
		"mode":          "sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
		"rows changed":  "clientFoundRows=false",
	} {
		t.Run(name, func(t *testing.T) {
			dsn := servers.MariaDB(t).Database(t)
			cfg, err := driver.ParseDSN(dsn)
			if err != nil {
				t.Fatal(err)
			}
			cfg.Params = nil
			sep := "?"
			if plain := cfg.FormatDSN(); strings.Contains(plain, "?") {
				sep = "&"
			}
			db, plain := open(t, cfg.FormatDSN()+sep+set), open(t, dsn)
			rec := fromJSON(t, checked(t), idAndName, `[{"id":1,"name":"né日"},{"id":2,"name":"a\\b'c\"d"}]`)
			for _, few := range []int64{100, 0} {
				s, err := mysql.NewFew(db, "té", &floesql.Options{Mode: sink.Upsert, Key: []string{"id"}, Rejects: "bad"}, few)
				if err != nil {
					t.Fatal(err)
				}
				if got := loadAll(t, s, rec); len(got) > 0 {
					t.Errorf("rejects %q", got)
				}
				if diff := cmp.Diff([]string{"1|né日", `2|a\b'c"d`}, query(t, plain, "SELECT * FROM `té` ORDER BY id")); diff != "" {
					t.Errorf("few = %d: table mismatch (-want +got):\n%s", few, diff)
				}
				exec(t, plain, "UPDATE `té` SET name = ''")
				s.Close(t.Context())
			}
			if got := query(t, plain, "SELECT trx_query, trx_rows_locked FROM information_schema.INNODB_TRX WHERE trx_rows_locked > 0"); len(got) > 0 {
				t.Errorf("transactions are left open: %q", got)
			}
		})
	}
}

// TestOneConnection: a pool of one connection is enough for any number of partitions.
func TestOneConnection(t *testing.T) {
	db := open(t, servers.MariaDB(t).Database(t))
	db.SetMaxOpenConns(1)
	s, err := mysql.New(db, "t", &floesql.Options{Mode: sink.Replace, Rejects: "bad"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	rec := fromJSON(t, checked(t), idAndName, `[{"id":1,"name":"a"}]`)
	var group sync.WaitGroup
	for _, partition := range []string{"a", "b", "c", "d"} {
		group.Go(func() {
			w, _, err := s.Open(t.Context(), "p", partition)
			if err != nil {
				t.Error(err)
				return
			}
			defer w.Close(t.Context())
			if err := w.Prepare(t.Context(), rec.Schema()); err != nil {
				t.Error(err)
				return
			}
			b := next(rec, partition)
			wrong := *b
			wrong.From = b.To
			if _, err := w.Load(t.Context(), &wrong); err == nil {
				t.Errorf("%s: a batch that does not follow was loaded", partition)
			}
			if _, err := w.Load(t.Context(), b); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if err := s.Finish(t.Context(), "p", nil); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"4"}, query(t, db, "SELECT count(*) FROM t")); diff != "" {
		t.Errorf("table mismatch (-want +got):\n%s", diff)
	}
}

// TestShadowHalfMade: a crash amid the statements that make the shadow loses none of what they have yet to say.
func TestShadowHalfMade(t *testing.T) {
	db := open(t, servers.MariaDB(t).Database(t))
	exec(t, db, "CREATE TABLE parent (id BIGINT PRIMARY KEY)", "INSERT INTO parent VALUES (1), (2)",
		"CREATE TABLE t (id BIGINT, name VARCHAR(20), FOREIGN KEY (id) REFERENCES parent (id)) COMMENT = 'mine [floe:01234567-89ab-cdef-0123-456789abcdef]'")
	s, err := mysql.New(db, "t", &floesql.Options{Mode: sink.Replace})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	w, _, err := s.Open(t.Context(), "p", "0")
	if err != nil {
		t.Fatal(err)
	}
	w.Close(t.Context())
	shadow := "_floe_new_" + strings.TrimPrefix(query(t, db, "SELECT committed FROM _floe_offsets WHERE partition_id = ''")[0], "open ")
	exec(t, db, "CREATE TABLE `"+shadow+"` LIKE t")
	rec := fromJSON(t, checked(t), idAndName, `[{"id":1,"name":"a"},{"id":9,"name":"an orphan"}]`)
	if got := loadAll(t, s, rec); len(got) != 1 {
		t.Errorf("rejects %q", got)
	}
	if err := s.Finish(t.Context(), "p", []string{"0"}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"1|a"}, query(t, db, "SELECT * FROM t")); diff != "" {
		t.Errorf("table mismatch (-want +got):\n%s", diff)
	}
}

// TestPartitionTooLong: what can never be a key of the offsets is not tried again.
func TestPartitionTooLong(t *testing.T) {
	db := open(t, servers.MariaDB(t).Database(t))
	for _, mode := range []sink.Mode{sink.Append, sink.Replace} {
		s, err := mysql.New(db, "t", &floesql.Options{Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Open(t.Context(), strings.Repeat("p", 1001), "0"); err == nil || retry.IsTransient(err) {
			t.Errorf("%s: Open: %v", mode, err)
		}
		s.Close(t.Context())
	}
}
