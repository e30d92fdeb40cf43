package mysql_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/internal/servers"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/mysql"
)

// hostile are names that go wrong where they are not quoted, or quoted wrongly.
var hostile = []string{
	"select", "a\"b", "a'b", "a`b", "naïve", "with blank", " leading", "Mixed Case", "semi;colon", "--comment", "/*x*/", "back\\slash", "a.b", "%s", "$1", "?",
	":name", "[x]", "日本語", "1st", "_floe_offsets", "tab\there", "`.`", "@v", strings.Repeat("x", 64),
}

// TestHostileNames loads a table of each name, which has columns of all of them, in each mode.
func TestHostileNames(t *testing.T) {
	db := open(t, servers.MariaDB(t).Database(t))
	var fields []arrow.Field
	for _, name := range hostile {
		fields = append(fields, arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64, Nullable: true}, arrow.Field{Name: "b" + strings.TrimPrefix(name, "x"), Type: arrow.BinaryTypes.Binary, Nullable: true})
	}
	b := array.NewRecordBuilder(checked(t), arrow.NewSchema(fields, nil))
	defer b.Release()
	for i := range fields {
		if n, ok := b.Field(i).(*array.Int64Builder); ok {
			n.Append(int64(i))
		} else {
			b.Field(i).(*array.BinaryBuilder).Append([]byte{byte(i)})
		}
	}
	rec := b.NewRecord()
	defer rec.Release()
	for i, table := range hostile {
		db := db
		o := []*floesql.Options{nil, {Mode: sink.Upsert, Key: []string{"a`b", "select"}}, {Mode: sink.Replace}}[i%3]
		if table == "_floe_offsets" { // is there, as the table of offsets
			db = open(t, servers.MariaDB(t).Database(t))
		}
		s, err := mysql.NewFew(db, table, o, 0)
		if err != nil {
			t.Fatalf("%q: %v", table, err)
		}
		if got := loadAll(t, s, rec); len(got) > 0 {
			t.Errorf("%q: rejects %q", table, got)
		}
		if err := s.Finish(t.Context(), "p", []string{"0"}); err != nil {
			t.Errorf("%q: %v", table, err)
		}
		got, err := readTable(t.Context(), db, table)
		if err != nil || len(got) != 1 {
			t.Fatalf("%q: %v, %v", table, got, err)
		}
		want, have := map[string]string{}, map[string]string{}
		for i, f := range fields {
			want[f.Name] = rec.Column(i).ValueStr(0)
		}
		for i, f := range got[0].Schema().Fields() {
			have[f.Name] = got[0].Column(i).ValueStr(0)
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%q: mismatch (-want +got)\n%s", table, diff)
		}
		s.Close(t.Context())
	}
}

// TestNamesRefused: what MySQL has no name for is an error before anything is made.
func TestNamesRefused(t *testing.T) {
	db := open(t, servers.MariaDB(t).Database(t))
	if _, err := mysql.New(db, "🙂", nil); err == nil || !strings.Contains(err.Error(), "above U+FFFF") {
		t.Errorf("New: %v", err)
	}
	for _, name := range []string{"🙂", "ends ", strings.Repeat("ä", 65), "ID"} {
		s, err := mysql.New(db, "t", nil)
		if err != nil {
			t.Fatal(err)
		}
		rec := fromJSON(t, checked(t), arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: name, Type: arrow.PrimitiveTypes.Int64}}, nil), `[]`)
		var bad *sink.SchemaError
		if _, err := tryLoad(t.Context(), s, rec); !errors.As(err, &bad) || bad.Column != name {
			t.Errorf("a column %q: %v", name, err)
		}
		s.Close(t.Context())
	}
	if got := query(t, db, "SHOW TABLES LIKE 't'"); len(got) > 0 {
		t.Errorf("the table was made")
	}
}

// TestTablesThatDifferInCase: where the server takes them for two tables, each has offsets of its own.
func TestTablesThatDifferInCase(t *testing.T) {
	db := open(t, servers.MariaDB(t).Database(t))
	var one bool
	if err := db.QueryRow("SELECT @@lower_case_table_names <> 0").Scan(&one); err != nil {
		t.Fatal(err)
	}
	if one {
		t.Skip("the server takes T and t for one table")
	}
	b := array.NewRecordBuilder(checked(t), arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil))
	defer b.Release()
	b.Field(0).(*array.Int64Builder).Append(1)
	rec := b.NewRecord()
	defer rec.Release()
	for _, table := range []string{"t", "T"} {
		s, err := mysql.New(db, table, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := loadAll(t, s, rec); len(got) > 0 {
			t.Errorf("%q: rejects %q", table, got)
		}
		s.Close(t.Context())
	}
	s, err := mysql.New(db, "t", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	w, committed, err := s.Open(t.Context(), "p", "0")
	if err != nil || committed == "" {
		t.Fatalf("after a load into T, t goes on from %q, %v", committed, err)
	}
	w.Close(t.Context())
}
