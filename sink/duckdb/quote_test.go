package duckdb_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink/duckdb"
)

// Any name that the sink takes, of a table, a column or a field, is the name that the database has.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"select", `a"b`, "naïve", `"`, `""; DROP TABLE x; --`, "a.b", "'", "?", "$1", " ", "%s", "Ä", "\u200b", "a\nb", `\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if len(name) > 1000 {
			t.Skip("longer than any name")
		}
		connector, db := inMemory(t)
		s, err := duckdb.New(connector, name, nil)
		if bad := name == "" || !utf8.ValidString(name) || strings.ContainsRune(name, 0); bad != (err != nil) {
			t.Fatalf("New for the table %q answered %v", name, err)
		} else if bad {
			return
		}
		defer s.Close(t.Context())
		w, from := claim(t, s, name)
		schema := arrow.NewSchema([]arrow.Field{
			{Name: name, Type: arrow.PrimitiveTypes.Int64},
			{Name: name + "s", Type: arrow.StructOf(arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64})},
		}, nil)
		for range 2 {
			prepare(t, w, schema)
		}
		load(t, w, from, fromJSON(t, checked(t), schema, `[]`))
		got := query(t, db, "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND table_name NOT LIKE '\\_floe%' ESCAPE '\\' ORDER BY column_index")
		if diff := cmp.Diff([]string{name + "|" + name, name + "|" + name + "s"}, got); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
	})
}
