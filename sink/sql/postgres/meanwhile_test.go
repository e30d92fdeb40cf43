package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/postgres"
)

// ready returns a writer of the partition that is prepared for schema.
func ready(t testing.TB, s sink.Sink, partition string, schema *arrow.Schema) sink.Writer {
	t.Helper()
	w, _, err := s.Open(t.Context(), "p", partition)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(context.Background()) })
	if err := w.Prepare(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	return w
}

// follow makes the batch of a record that follows from, of which everything must load.
func follow(t testing.TB, partition, from string, rec arrow.Record) *sink.Batch {
	t.Helper()
	t.Cleanup(rec.Release)
	start, err := offset.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	end := start.Ordinal + rec.NumRows()
	return &sink.Batch{
		Pipeline: "p", Partition: partition, Schema: rec.Schema(), Records: []arrow.Record{rec}, Rows: rec.NumRows(),
		From: from, To: offset.Offset{Position: fmt.Sprint(end), Ordinal: end}.String(),
		Gate: func(_ context.Context, r sink.Receipt) error {
			if r.Rejected != nil {
				defer r.Rejected.Release()
				return fmt.Errorf("rejects: %v", r.Rejected.Reasons)
			}
			return nil
		},
	}
}

func mustLoad(t testing.TB, w sink.Writer, b *sink.Batch) {
	t.Helper()
	if _, err := w.Load(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// TestWidenedMeanwhile: a partition goes on after another one has widened a column.
func TestWidenedMeanwhile(t *testing.T) {
	for _, mode := range []sink.Mode{sink.Append, sink.Upsert, sink.Replace} {
		t.Run(mode.String(), func(t *testing.T) {
			pool, mem := newPool(t), checked(t)
			o := &floesql.Options{Mode: mode, Evolve: sink.Widen}
			if mode == sink.Upsert {
				o.Key = []string{"id"}
			}
			s := open(t, pool, "t", o)
			schema := func(v arrow.DataType) *arrow.Schema {
				return arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "v", Type: v, Nullable: true}}, nil)
			}
			narrow, wide := schema(arrow.PrimitiveTypes.Int32), schema(arrow.PrimitiveTypes.Int64)
			a := ready(t, s, "a", narrow)
			first := follow(t, "a", "", fromJSON(t, mem, narrow, `[{"id":1,"v":1}]`))
			mustLoad(t, a, first)
			mustLoad(t, ready(t, s, "b", wide), follow(t, "b", "", fromJSON(t, mem, wide, `[{"id":2,"v":3000000000}]`)))
			mustLoad(t, a, follow(t, "a", first.To, fromJSON(t, mem, narrow, `[{"id":3,"v":3}]`)))
			if err := s.Finish(t.Context(), "p", []string{"a", "b"}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"(1,1)", "(2,3000000000)", "(3,3)"}, lines(t, pool, "SELECT * FROM t ORDER BY id")); diff != "" {
				t.Errorf("table mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestUpsertOfKeysAlone: a row that is nothing but its key is replaced by one that is the same.
func TestUpsertOfKeysAlone(t *testing.T) {
	pool, mem := newPool(t), checked(t)
	s := open(t, pool, "t", &floesql.Options{Mode: sink.Upsert, Key: []string{"id"}})
	schema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)
	for partition, rows := range map[string]string{"0": `[{"id":1},{"id":2}]`, "1": `[{"id":2},{"id":3}]`} {
		if n, rejected, err := load(t, s, partition, fromJSON(t, mem, schema, rows)); err != nil || n != 2 || rejected != nil {
			t.Fatalf("%d rows, rejects %q: %v", n, rejected, err)
		}
	}
	if diff := cmp.Diff([]string{"(1)", "(2)", "(3)"}, lines(t, pool, "SELECT * FROM t ORDER BY id")); diff != "" {
		t.Errorf("table mismatch (-want +got):\n%s", diff)
	}
}

// waitForLock returns once a session waits for a lock.
func waitForLock(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	for {
		if len(lines(t, pool, "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")) > 0 {
			return
		}
	}
}

// TestSwappedAmidLoad: rows do not go into a table that takes the name after the load has looked at it.
func TestSwappedAmidLoad(t *testing.T) {
	pool, mem := newPool(t), checked(t)
	w := ready(t, open(t, pool, "t", nil), "0", idAndName)
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"ALTER TABLE t RENAME TO was", "CREATE TABLE t (id bigint, name text)"} {
		if _, err := tx.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	b := follow(t, "0", "", fromJSON(t, mem, idAndName, `[{"id":1},{"id":2}]`))
	failed := make(chan error)
	go func() {
		_, err := w.Load(t.Context(), b)
		failed <- err
	}()
	waitForLock(t, pool)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "made anew") {
		t.Errorf("Load: %v", err)
	}
	if got := lines(t, pool, "SELECT * FROM t UNION ALL SELECT * FROM was"); len(got) > 0 {
		t.Errorf("rows are there: %q", got)
	}
}

// TestFinishedAmidOpen: a claim for a generation that another run finishes meanwhile makes no table that none swaps in.
func TestFinishedAmidOpen(t *testing.T) {
	pool, mem := newPool(t), checked(t)
	s := open(t, pool, "t", &floesql.Options{Mode: sink.Replace})
	mustLoad(t, ready(t, s, "0", idAndName), follow(t, "0", "", fromJSON(t, mem, idAndName, `[{"id":1}]`)))
	// The other run, as Finish does it, but for its pause.
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	shadow := lines(t, pool, "SELECT relname FROM pg_class WHERE relname LIKE '\\_floe\\_new%'")[0]
	shadow = strings.Trim(shadow, "()")
	for _, q := range []string{
		"LOCK TABLE _floe_offsets IN SHARE MODE",
		"UPDATE _floe_offsets SET committed = 'done' WHERE partition_id = ''",
		"DELETE FROM _floe_offsets WHERE target LIKE '\\_floe\\_new%'",
		`ALTER TABLE "` + shadow + `" RENAME TO t`,
	} {
		if _, err := tx.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	type opened struct {
		w   sink.Writer
		err error
	}
	done := make(chan opened)
	go func() {
		w, _, err := s.Open(t.Context(), "p", "1")
		done <- opened{w, err}
	}()
	waitForLock(t, pool)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := <-done
	if o.err == nil {
		defer o.w.Close(t.Context())
		o.err = o.w.Prepare(t.Context(), idAndName)
	}
	if !errors.Is(o.err, sink.ErrFenced) {
		t.Errorf("Prepare: %v", o.err)
	}
	if diff := cmp.Diff([]string{"(1,)"}, lines(t, pool, "SELECT * FROM t")); diff != "" {
		t.Errorf("table mismatch (-want +got):\n%s", diff)
	}
}

// TestShadowDropped: that the rows loaded aside are gone is told, whether or not there is a table to replace.
func TestShadowDropped(t *testing.T) {
	for _, before := range []string{"SELECT 1", "CREATE TABLE t (id bigint, name text)"} {
		pool, mem := newPool(t), checked(t)
		exec(t, pool, before)
		s := open(t, pool, "t", &floesql.Options{Mode: sink.Replace})
		mustLoad(t, ready(t, s, "0", idAndName), follow(t, "0", "", fromJSON(t, mem, idAndName, `[{"id":1}]`)))
		shadow := lines(t, pool, "SELECT quote_ident(relname) FROM pg_class WHERE relname LIKE '\\_floe\\_new%'")[0]
		exec(t, pool, "DROP TABLE "+strings.ReplaceAll(strings.Trim(shadow, `()`), `"""`, `"`))
		if err := s.Finish(t.Context(), "p", []string{"0"}); err == nil || !strings.Contains(err.Error(), "are gone") {
			t.Errorf("%s: Finish: %v", before, err)
		}
	}
}

// TestReplaceViewByNothing: a source without rows does not empty what a view shows.
func TestReplaceViewByNothing(t *testing.T) {
	pool := newPool(t)
	exec(t, pool, "CREATE TABLE kept (id bigint)", "INSERT INTO kept VALUES (1)", "CREATE VIEW t AS SELECT * FROM kept")
	s := open(t, pool, "t", &floesql.Options{Mode: sink.Replace})
	w, _, err := s.Open(t.Context(), "p", "0")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close(t.Context())
	if err := s.Finish(t.Context(), "p", []string{"0"}); err == nil || !strings.Contains(err.Error(), "is a view") {
		t.Errorf("Finish: %v", err)
	}
	if got := lines(t, pool, "SELECT * FROM kept"); len(got) != 1 {
		t.Errorf("rows: %q", got)
	}
}

// TestPartitionTooLong: what can never be a key of the offsets is not tried again.
func TestPartitionTooLong(t *testing.T) {
	s := open(t, newPool(t), "t", nil)
	name := make([]byte, 20_000)
	for i := range name {
		name[i] = byte('a' + rand.IntN(26))
	}
	if _, _, err := s.Open(t.Context(), "p", string(name)); err == nil || retry.IsTransient(err) {
		t.Errorf("Open: %.300v", err)
	}
}

// TestNamesOfAnyBytes: pipelines and partitions may be named by any bytes, and are told apart by them.
func TestNamesOfAnyBytes(t *testing.T) {
	s := open(t, newPool(t), "t", nil)
	names := []string{"a\x00", "a", "a\xff", `a\x00`, "A", "a "}
	for i, name := range names {
		w, _, err := s.Open(t.Context(), name, name)
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		b := &sink.Batch{
			Pipeline: name, Partition: name, To: offset.Offset{Position: fmt.Sprint(i + 1)}.String(),
			Gate: func(context.Context, sink.Receipt) error { return nil },
		}
		mustLoad(t, w, b)
		w.Close(t.Context())
	}
	for i, name := range names {
		got, err := s.Committed(t.Context(), name)
		want := map[string]string{name: offset.Offset{Position: fmt.Sprint(i + 1)}.String()}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v\n%s", name, err, diff)
		}
	}
}

// TestSettingsOfThePool: what the caller's pool has set for its sessions changes nothing of what is loaded.
func TestSettingsOfThePool(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "name", Type: arrow.BinaryTypes.String},
		{Name: "list", Type: arrow.ListOf(arrow.BinaryTypes.String)},
	}, nil)
	for name, set := range map[string]string{
		"client_encoding": "LATIN1", "standard_conforming_strings": "off", "array_nulls": "off", "default_transaction_isolation": "serializable",
	} {
		for _, binary := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/binary=%t", name, binary), func(t *testing.T) {
				dsn := servers.Postgres(t).Database(t)
				plain := poolOf(t, dsn)
				id := "bigint"
				if !binary {
					exec(t, plain, "CREATE DOMAIN ids AS xid8")
					id = "ids"
				}
				exec(t, plain, "CREATE TABLE t (id bigint PRIMARY KEY, name text, list text[], other "+id+")")
				c, err := pgxpool.ParseConfig(dsn)
				if err != nil {
					t.Fatal(err)
				}
				c.ConnConfig.RuntimeParams[name] = set
				pool, err := pgxpool.NewWithConfig(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				defer pool.Close()
				fields := schema.Fields()
				row := `{"id":1,"name":"né","list":["é",null]`
				if !binary {
					fields = append(fields, arrow.Field{Name: "other", Type: arrow.BinaryTypes.String, Nullable: true})
					row += `,"other":"7"`
				}
				s, err := postgres.New(pool, "t", &floesql.Options{Mode: sink.Upsert, Key: []string{"id"}})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close(t.Context())
				if _, rejected, err := load(t, s, "0", fromJSON(t, checked(t), arrow.NewSchema(fields, nil), "["+row+"}]")); err != nil || rejected != nil {
					t.Fatalf("rejects %q: %v", rejected, err)
				}
				if diff := cmp.Diff([]string{"(1,né,é,t)"}, lines(t, plain, "SELECT id, name, list[1] AS first, list[2] IS NULL FROM t")); diff != "" {
					t.Errorf("table mismatch (-want +got):\n%s", diff)
				}
			})
		}
	}
}
