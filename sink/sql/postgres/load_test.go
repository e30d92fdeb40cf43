package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/postgres"
)

// checked returns an allocator that fails the test where something of it is not released.
func checked(t testing.TB) memory.Allocator {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

func open(t testing.TB, pool *pgxpool.Pool, table string, o *floesql.Options) *postgres.Sink {
	t.Helper()
	s, err := postgres.New(pool, table, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func fromJSON(t testing.TB, mem memory.Allocator, schema *arrow.Schema, rows string) arrow.Record {
	t.Helper()
	rec, _, err := array.RecordFromJSON(mem, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// load claims a partition of its own and loads the record, which it releases. It answers how many rows are there and the
// rejects, as "row code column: message".
func load(t testing.TB, s sink.Sink, partition string, rec arrow.Record) (rows int64, rejected []string, err error) {
	t.Helper()
	defer rec.Release()
	ctx := t.Context()
	w, _, err := s.Open(ctx, "p", partition)
	if err != nil {
		return 0, nil, err
	}
	defer w.Close(ctx)
	if err := w.Prepare(ctx, rec.Schema()); err != nil {
		return 0, nil, err
	}
	b := &sink.Batch{
		Pipeline: "p", Partition: partition, Schema: rec.Schema(), Records: []arrow.Record{rec}, Rows: rec.NumRows(),
		To: offset.Offset{Position: "end", Ordinal: rec.NumRows()}.String(),
		Gate: func(_ context.Context, r sink.Receipt) error {
			rejected = nil
			if r.Rejected != nil {
				for _, reason := range r.Rejected.Reasons {
					rejected = append(rejected, fmt.Sprintf("%d %s %s: %s", reason.Row, reason.Code, reason.Column, reason.Message))
				}
				r.Rejected.Release()
			}
			return nil
		},
	}
	r, err := w.Load(ctx, b)
	return r.Rows, rejected, err
}

// lines returns the rows of a query, each as one text.
func lines(t testing.TB, pool *pgxpool.Pool, q string) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), "SELECT r::text FROM ("+q+") r")
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	list := []string{}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return list
}

var idAndName = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

// TestRejects: rows that the server refuses come back with its message, and the others are there.
func TestRejects(t *testing.T) {
	const rows = `[{"id":1,"name":"a"},{"id":2,"name":"bad"},{"id":null,"name":"c"},{"id":1,"name":"d"},{"id":5,"name":"e"}]`
	pool := newPool(t)
	for _, tc := range []struct {
		name     string
		setup    string
		rejected []string
		there    []string
	}{
		{
			"not null", "CREATE TABLE t (id bigint NOT NULL, name text)",
			[]string{`2 constraint : null value in column "id" of relation "t" violates not-null constraint: Failing row contains (null, c).`},
			[]string{"(1,a)", "(1,d)", "(2,bad)", "(5,e)"},
		},
		{
			"check", "CREATE TABLE t (id bigint, name text CHECK (name <> 'bad'))",
			[]string{`1 constraint : new row for relation "t" violates check constraint "t_name_check": Failing row contains (2, bad).`},
			[]string{"(,c)", "(1,a)", "(1,d)", "(5,e)"},
		},
		{
			"unique", "CREATE TABLE t (id bigint UNIQUE, name text)",
			[]string{`3 constraint : duplicate key value violates unique constraint "t_id_key": Key (id)=(1) already exists.`},
			[]string{"(,c)", "(1,a)", "(2,bad)", "(5,e)"},
		},
		{
			"deferred unique", "CREATE TABLE t (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED, name text)",
			[]string{`3 constraint : duplicate key value violates unique constraint "t_id_key": Key (id)=(1) already exists.`},
			[]string{"(,c)", "(1,a)", "(2,bad)", "(5,e)"},
		},
		{
			"foreign key", "CREATE TABLE o (id bigint PRIMARY KEY); INSERT INTO o VALUES (1), (2); CREATE TABLE t (id bigint REFERENCES o, name text)",
			[]string{`4 constraint : insert or update on table "t" violates foreign key constraint "t_id_fkey": Key (id)=(5) is not present in table "o".`},
			[]string{"(,c)", "(1,a)", "(1,d)", "(2,bad)"},
		},
		{
			"enum", "CREATE TYPE e AS ENUM ('a', 'c', 'd', 'e'); CREATE TABLE t (id bigint, name e)",
			[]string{`1 constraint : invalid input value for enum e: "bad"`},
			[]string{"(,c)", "(1,a)", "(1,d)", "(5,e)"},
		},
		{
			"too long", "CREATE TABLE t (id bigint, name varchar(2))",
			[]string{`1 outofrange name: column "name": "bad" has 3 characters, too many for character varying(2)`},
			[]string{"(,c)", "(1,a)", "(1,d)", "(5,e)"},
		},
		{
			"domain", "CREATE DOMAIN small AS bigint CHECK (value < 5); CREATE TABLE t (id small, name text)",
			[]string{`4 constraint : value for domain small violates check constraint "small_check"`},
			[]string{"(,c)", "(1,a)", "(1,d)", "(2,bad)"},
		},
		{
			"trigger", `CREATE TABLE t (id bigint, name text); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS
				$$BEGIN IF new.id = 2 THEN RAISE 'not number two' USING DETAIL = 'never'; END IF; RETURN new; END$$;
				CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()`,
			[]string{`1 constraint : not number two: never`},
			[]string{"(,c)", "(1,a)", "(1,d)", "(5,e)"},
		},
		{
			"expression", "CREATE TABLE t (id bigint, name text); CREATE UNIQUE INDEX i ON t (upper(name)); INSERT INTO t VALUES (9, 'BAD')",
			[]string{`1 constraint : duplicate key value violates unique constraint "i": Key (upper(name))=(BAD) already exists.`},
			[]string{"(,c)", "(1,a)", "(1,d)", "(5,e)", "(9,BAD)"},
		},
		{
			"all", "CREATE TABLE t (id bigint, name text CHECK (name IS NULL))",
			[]string{"0", "1", "2", "3", "4"},
			[]string{},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			exec(t, pool, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public", tc.setup)
			n, rejected, err := load(t, open(t, pool, "t", nil), "0", fromJSON(t, checked(t), idAndName, rows))
			if err != nil {
				t.Fatal(err)
			}
			if tc.name == "all" {
				for i := range rejected {
					rejected[i], _, _ = strings.Cut(rejected[i], " ")
				}
			}
			if diff := cmp.Diff(tc.rejected, rejected); diff != "" || n != int64(5-len(tc.rejected)) {
				t.Errorf("%d rows were loaded; rejects mismatch (-want +got):\n%s", n, diff)
			}
			if diff := cmp.Diff(tc.there, lines(t, pool, "SELECT id, name FROM t ORDER BY 1 NULLS FIRST, 2")); diff != "" {
				t.Errorf("table mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTriggerKeepsRowsBack: rows that vanish without an error are one.
func TestTriggerKeepsRowsBack(t *testing.T) {
	for _, mode := range []sink.Mode{sink.Append, sink.Upsert} {
		t.Run(mode.String(), func(t *testing.T) {
			pool := newPool(t)
			exec(t, pool, `CREATE TABLE t (id bigint PRIMARY KEY, name text)`, `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS
				$$BEGIN IF new.id = 2 THEN RETURN NULL; END IF; RETURN new; END$$`,
				`CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()`)
			o := &floesql.Options{Mode: mode}
			if mode == sink.Upsert {
				o.Key = []string{"id"}
			}
			_, _, err := load(t, open(t, pool, "t", o), "0", fromJSON(t, checked(t), idAndName, `[{"id":1},{"id":2},{"id":3}]`))
			if err == nil || !strings.Contains(err.Error(), "3 rows were handed over and 2 arrived") {
				t.Errorf("Load: %v", err)
			}
			if got := lines(t, pool, "SELECT * FROM t"); len(got) > 0 {
				t.Errorf("rows are there: %q", got)
			}
		})
	}
}

// TestUpsert replaces rows as a whole, beside rows that are refused: halves are tried in one transaction.
func TestUpsert(t *testing.T) {
	pool := newPool(t)
	exec(t, pool,
		`CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text CHECK (name <> 'bad'), kept int DEFAULT 7,
			double bigint GENERATED ALWAYS AS (id * 2) STORED, counter serial)`,
		`INSERT INTO t (id, name, kept, counter) OVERRIDING SYSTEM VALUE VALUES (1, 'old', 1, 100), (2, 'old', 2, 200), (9, 'stays', 9, 900)`)
	s := open(t, pool, "t", &floesql.Options{Mode: sink.Upsert, Key: []string{"id"}})
	var rows []string
	for i := range 64 {
		name := fmt.Sprintf(`"n%d"`, i)
		if i == 13 || i == 40 {
			name = `"bad"`
		}
		rows = append(rows, fmt.Sprintf(`{"id":%d,"name":%s}`, i%60+10*(i/60), name))
	}
	rows = append(rows, `{"id":1,"name":"last"}`)
	n, rejected, err := load(t, s, "0", fromJSON(t, checked(t), idAndName, "["+strings.Join(rows, ",")+"]"))
	if err != nil {
		t.Fatal(err)
	}
	if len(rejected) != 2 || !strings.HasPrefix(rejected[0], "13 ") && !strings.HasPrefix(rejected[0], "40 ") {
		t.Errorf("%d rows; rejects %q", n, rejected)
	}
	got := lines(t, pool, "SELECT id, name, kept, double, counter <> id * 100 FROM t WHERE id IN (0, 1, 2, 9, 13, 10) ORDER BY id")
	want := []string{"(0,n0,7,0,t)", "(1,last,7,2,t)", "(2,n2,7,4,t)", "(9,n9,7,18,t)", "(10,n60,7,20,t)"}
	if diff := cmp.Diff(want, got[:len(want)]); diff != "" {
		t.Errorf("table mismatch (-want +got):\n%s", diff)
	}
	if left := lines(t, pool, "SELECT relname FROM pg_class WHERE relpersistence = 't' AND relname LIKE '\\_floe%'"); len(left) > 0 {
		t.Errorf("temporary tables are left: %q", left)
	}
}

// TestUpsertEqualKeys: keys that a collation takes for equal meet in one statement, and come one by one then.
func TestUpsertEqualKeys(t *testing.T) {
	pool := newPool(t)
	exec(t, pool, `CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
		`CREATE TABLE t (id bigint, name text COLLATE nocase PRIMARY KEY)`)
	s := open(t, pool, "t", &floesql.Options{Mode: sink.Upsert, Key: []string{"name"}})
	n, rejected, err := load(t, s, "0", fromJSON(t, checked(t), idAndName, `[{"id":1,"name":"a"},{"id":2,"name":"b"},{"id":3,"name":"A"},{"id":4,"name":"c"}]`))
	if err != nil || n != 4 || len(rejected) > 0 {
		t.Fatalf("%d rows, rejects %q: %v", n, rejected, err)
	}
	if diff := cmp.Diff([]string{"(2,b)", "(3,a)", "(4,c)"}, lines(t, pool, "SELECT * FROM t ORDER BY id")); diff != "" {
		t.Errorf("table mismatch (-want +got):\n%s", diff)
	}
}
