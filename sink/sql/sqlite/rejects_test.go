package sqlite_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
)

// TestConstraints loads five rows, some of which break a constraint, and expects the others to be there.
func TestConstraints(t *testing.T) {
	const rows = `[{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "bad"}, {"id": 2, "name": "c"}, {"id": 5, "name": null}]`
	for _, tc := range []struct {
		name string
		made []string
		want []string // there
		bad  []string // rejected
	}{
		{
			"primary key",
			[]string{`CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)`},
			[]string{"1|a", "2|b", "3|bad", "5|NULL"},
			[]string{"3 constraint: UNIQUE constraint failed: t.id"},
		},
		{
			"unique index",
			[]string{`CREATE TABLE t (id INTEGER, name TEXT)`, `CREATE UNIQUE INDEX i ON t (id) WHERE name <> 'b'`},
			[]string{"1|a", "2|b", "2|c", "3|bad", "5|NULL"},
			nil,
		},
		{
			"not null",
			[]string{`CREATE TABLE t (id INTEGER, name TEXT NOT NULL)`},
			[]string{"1|a", "2|b", "2|c", "3|bad"},
			[]string{"4 constraint: NOT NULL constraint failed: t.name"},
		},
		{
			"check",
			[]string{`CREATE TABLE t (id INTEGER, name TEXT, CONSTRAINT good CHECK (name <> 'bad'))`},
			[]string{"1|a", "2|b", "2|c", "5|NULL"},
			[]string{"2 constraint: CHECK constraint failed: good"},
		},
		{
			"strict",
			[]string{`CREATE TABLE t (id INTEGER, name TEXT, twice INTEGER AS (name || '') STORED) STRICT`},
			[]string{"5|NULL"},
			[]string{"0 constraint: cannot store TEXT value in INTEGER column t.twice", "1 constraint: cannot store TEXT value in INTEGER column t.twice", "2 constraint: cannot store TEXT value in INTEGER column t.twice", "3 constraint: cannot store TEXT value in INTEGER column t.twice"},
		},
		{
			"malformed JSON",
			[]string{`CREATE TABLE t (id INTEGER, name TEXT CHECK (name <> 'bad' OR json(name) IS NOT NULL))`},
			[]string{"1|a", "2|b", "2|c", "5|NULL"},
			[]string{"2 constraint: malformed JSON"},
		},
		{
			"trigger",
			[]string{`CREATE TABLE t (id INTEGER, name TEXT)`, `CREATE TRIGGER g BEFORE INSERT ON t WHEN new.name = 'bad' BEGIN SELECT RAISE(ABORT, 'not that one'); END`},
			[]string{"1|a", "2|b", "2|c", "5|NULL"},
			[]string{"2 constraint: not that one"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			on(t, func(t *testing.T, o opener, in target) {
				in.exec(t, tc.made...)
				g := &gate{}
				w := ready(t, o.sink(t, in, floesql.Options{}), idAndName)
				r, err := w.Load(t.Context(), batchOf(t, "", g, fromJSON(t, idAndName, rows)))
				if err != nil {
					t.Fatalf("Load: %v", err)
				}
				if r.Rows != int64(len(tc.want)) {
					t.Errorf("the receipt has %d rows, want %d", r.Rows, len(tc.want))
				}
				if diff := cmp.Diff(tc.want, in.query(t, `SELECT id, name FROM t ORDER BY 1, 2`)); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.bad, shortened(g.reasons)); diff != "" {
					t.Errorf("rejects (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// shortened leaves the beginning of the messages away, which is the generic sink's.
func shortened(reasons []string) (list []string) {
	for _, r := range reasons {
		for _, frame := range []string{"sink/sql: "} {
			r = strings.Replace(r, frame, "", 1)
		}
		list = append(list, r)
	}
	return list
}

// TestForeignKeys is about connections that check them, as those of Open do.
func TestForeignKeys(t *testing.T) {
	for _, deferred := range []string{"", " DEFERRABLE INITIALLY DEFERRED"} {
		t.Run("deferred="+deferred, func(t *testing.T) {
			o := openers[0]
			in := target{t.TempDir() + "/a b.db", o.driver}
			in.exec(t, `CREATE TABLE parent (id INTEGER PRIMARY KEY)`, `INSERT INTO parent VALUES (1), (2)`,
				`CREATE TABLE t (id INTEGER REFERENCES parent`+deferred+`, name TEXT)`, `INSERT INTO t VALUES (77, 'was there')`)
			g := &gate{}
			w := ready(t, o.sink(t, in, floesql.Options{}), idAndName)
			if _, err := w.Load(t.Context(), batchOf(t, "", g, fromJSON(t, idAndName, `[{"id": 1, "name": "a"}, {"id": 9, "name": "b"}, {"id": 2, "name": "c"}]`))); err != nil {
				t.Fatalf("Load: %v", err)
			}
			if diff := cmp.Diff([]string{"1|a", "2|c", "77|was there"}, in.query(t, `SELECT * FROM t ORDER BY id`)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if len(g.reasons) != 1 || !strings.HasPrefix(g.reasons[0], "1 constraint: ") || !strings.Contains(g.reasons[0], "FOREIGN KEY constraint failed") {
				t.Errorf("rejects = %q", g.reasons)
			}
		})
	}
}

// TestSkippedByTrigger: SQLite says that all went well.
func TestSkippedByTrigger(t *testing.T) {
	o := openers[0]
	in := target{t.TempDir() + "/t.db", o.driver}
	in.exec(t, `CREATE TABLE t (id INTEGER, name TEXT)`, `CREATE TRIGGER g BEFORE INSERT ON t WHEN new.id = 2 BEGIN SELECT RAISE(IGNORE); END`)
	g := &gate{}
	w := ready(t, o.sink(t, in, floesql.Options{}), idAndName)
	if _, err := w.Load(t.Context(), batchOf(t, "", g, fromJSON(t, idAndName, `[{"id": 1}, {"id": 2}, {"id": 3}]`))); err != nil {
		t.Fatalf("Load: %v", err)
	}
	if got := in.query(t, `SELECT id FROM t ORDER BY id`); !cmp.Equal(got, []string{"1", "3"}) {
		t.Errorf("rows = %q", got)
	}
	if len(g.reasons) != 1 || !strings.Contains(g.reasons[0], "RAISE(IGNORE)") {
		t.Errorf("rejects = %q", g.reasons)
	}
}

// TestRejectsTable keeps the rejects in the load's own transaction.
func TestRejectsTable(t *testing.T) {
	on(t, func(t *testing.T, o opener, in target) {
		in.exec(t, `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)`)
		s := o.sink(t, in, floesql.Options{Rejects: "refused"})
		w := ready(t, s, idAndName)
		if _, err := w.Load(t.Context(), batchOf(t, "", &gate{}, fromJSON(t, idAndName, `[{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]`))); err != nil {
			t.Fatalf("Load: %v", err)
		}
		if got := in.query(t, `SELECT count(*) FROM refused`); got[0] != "1" {
			t.Errorf("%s rows are in the table of rejects, want 1", got[0])
		}
		if !s.(sink.Limiter).Limits().KeepsRejects {
			t.Error("Limits().KeepsRejects is false")
		}
	})
}

// TestUnfit: tables in which rows would be lost.
func TestUnfit(t *testing.T) {
	on(t, func(t *testing.T, o opener, in target) {
		for _, tc := range []struct{ made, want string }{
			{`CREATE VIEW t AS SELECT 1 AS id, 'a' AS name`, "is a view"},
			{`CREATE TABLE t (id INTEGER UNIQUE ON CONFLICT IGNORE, name TEXT)`, "ON CONFLICT IGNORE"},
			{`CREATE TABLE t (id INTEGER UNIQUE/* */on -- x` + "\n" + `conflict replace, name TEXT)`, "ON CONFLICT REPLACE"},
		} {
			in := target{t.TempDir() + "/t.db", in.driver}
			in.exec(t, tc.made)
			w, _, err := o.sink(t, in, floesql.Options{}).Open(t.Context(), "p", "0")
			if err == nil {
				err = w.Prepare(t.Context(), idAndName)
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: %v, want an error that says %q", tc.made, err, tc.want)
			}
		}
	})
}

// TestColumnTypes: the column's type decides, and says no before a load.
func TestColumnTypes(t *testing.T) {
	for _, tc := range []struct {
		declared string
		typ      arrow.DataType
		ok       bool
	}{
		{"INT", arrow.PrimitiveTypes.Int64, true},
		{"TEXT", arrow.PrimitiveTypes.Int64, false},
		{"REAL", arrow.PrimitiveTypes.Int32, true},
		{"REAL", arrow.PrimitiveTypes.Int64, false},
		{"INTEGER", arrow.BinaryTypes.String, false},
		{"NUMERIC", arrow.BinaryTypes.String, false},
		{"DATE", arrow.BinaryTypes.String, false},
		{"VARCHAR(3)", arrow.BinaryTypes.String, true},
		{"TEXT", arrow.BinaryTypes.Binary, false},
		{"BLOB", arrow.BinaryTypes.String, false},
		{"", arrow.BinaryTypes.String, true},
		{"", arrow.BinaryTypes.Binary, true},
		{"DATETIME", arrow.FixedWidthTypes.Timestamp_us, true},
		{"DATETIME", arrow.FixedWidthTypes.Date32, true},
		{"TIMESTAMP(3)", arrow.FixedWidthTypes.Timestamp_us, false},
		{"TIMESTAMPTZ", &arrow.TimestampType{Unit: arrow.Second}, false},
		{"DECIMAL(5,2)", &arrow.Decimal128Type{Precision: 4, Scale: 2}, true},
		{"DECIMAL(5,2)", &arrow.Decimal128Type{Precision: 6, Scale: 2}, false},
		{"DECIMAL(30,2)", &arrow.Decimal128Type{Precision: 30, Scale: 2}, false},
		{"DECIMAL(5,2)", arrow.PrimitiveTypes.Int8, true},
		{"DECIMAL(5,2)", arrow.PrimitiveTypes.Int16, false},
		{"DECIMAL TEXT(20,0)", arrow.PrimitiveTypes.Uint64, true},
		{"JSON", arrow.ListOf(arrow.PrimitiveTypes.Int64), true},
		{"INTEGER", arrow.ListOf(arrow.PrimitiveTypes.Int64), false},
		{"BOOLEAN", arrow.FixedWidthTypes.Boolean, true},
		{"BOOLEAN", arrow.PrimitiveTypes.Int8, false},
	} {
		t.Run(tc.declared+" "+tc.typ.String(), func(t *testing.T) {
			o := openers[0]
			in := target{t.TempDir() + "/t.db", o.driver}
			in.exec(t, `CREATE TABLE t (id INTEGER, v `+tc.declared+`)`)
			schema := arrow.NewSchema([]arrow.Field{idAndName.Field(0), {Name: "v", Type: tc.typ, Nullable: true}}, nil)
			w, _, err := o.sink(t, in, floesql.Options{}).Open(t.Context(), "p", "0")
			if err != nil {
				t.Fatal(err)
			}
			err = w.Prepare(t.Context(), schema)
			if tc.ok && err != nil {
				t.Errorf("Prepare: %v", err)
			}
			if !tc.ok && (err == nil || !strings.Contains(err.Error(), `"v"`)) {
				t.Errorf("Prepare = %v, want an error that names the column", err)
			}
		})
	}
}
