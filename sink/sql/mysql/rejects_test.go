package mysql_test

import (
	"fmt"
	"slices"
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

// strictSchema has what strictTable takes, for the most part.
var strictSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "code", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "west", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "kind", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "doc", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "n", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "parent", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "at", Type: &arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}, Nullable: true},
	{Name: "flag", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
	{Name: "data", Type: arrow.BinaryTypes.Binary, Nullable: true},
}, nil)

const strictTable = `CREATE TABLE %s (
	id BIGINT NOT NULL PRIMARY KEY, code VARCHAR(5) CHARACTER SET utf8mb4, west VARCHAR(20) CHARACTER SET latin1,
	kind ENUM('a','B''s') CHARACTER SET utf8mb4, doc JSON, n INT NOT NULL CHECK (n > 0), parent INT, at TIMESTAMP NULL, flag BIT(1), data VARBINARY(4),
	FOREIGN KEY (parent) REFERENCES parents (id)) ENGINE=InnoDB`

// strictRow is a row that goes in, with one value changed.
func strictRow(id int, column, value string) string {
	row := map[string]string{
		"id": fmt.Sprint(id), "code": `"abcde"`, "west": `"é ÿ\t\\"`, "kind": `"B's"`, "doc": `"{\"a\": 1}"`, "n": "1", "parent": "7",
		"at": `"2024-02-29 12:34:56"`, "flag": "true", "data": `"AP8JCg=="`,
	}
	if column != "" {
		row[column] = value
	}
	var parts []string
	for name, v := range row {
		parts = append(parts, fmt.Sprintf("%q: %s", name, v))
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}

var strictFaults = []struct{ column, value, reason string }{
	{"id", "3", "constraint: Duplicate entry '3' for key 'PRIMARY'"},
	{"id", "null", `null: column "id" is NOT NULL, and the value is null`},
	{"code", `"abcdef"`, `outofrange: column "code": the text of 6 characters is longer than 5`},
	{"code", `"日本語日本語"`, `outofrange: column "code": the text of 6 characters is longer than 5`},
	{"west", `"日本"`, "constraint: Incorrect string value: "},
	{"kind", `"A"`, `invalid: column "kind": "A" is not one of the values of the enum`},
	{"kind", `"1"`, `invalid: column "kind": "1" is not one of the values of the enum`},
	{"kind", `""`, `invalid: column "kind": "" is not one of the values of the enum`},
	{"doc", `"{"`, "constraint: CONSTRAINT `"},
	{"n", "null", `null: column "n" is NOT NULL, and the value is null`},
	{"n", "-1", "constraint: CONSTRAINT `"},
	{"parent", "8", "constraint: Cannot add or update a child row: a foreign key constraint fails"},
	{"at", `"2039-01-01 00:00:00"`, "constraint: Incorrect datetime value: '2039-01-01 00:00:00'"},
	{"at", `"1970-01-01 00:00:00"`, "constraint: Incorrect datetime value: '1970-01-01 00:00:00'"},
	{"data", `"AAECAwQ="`, `outofrange: column "data": the value of 5 bytes is longer than 4`},
}

// TestRejects loads rows of which each that breaks something has its reason, by each route and in each mode: the others
// are there, as they were.
func TestRejects(t *testing.T) {
	db := open(t, servers.MariaDB(t).Database(t))
	exec(t, db, "CREATE TABLE parents (id INT PRIMARY KEY) ENGINE=InnoDB", "INSERT INTO parents VALUES (7)")
	const good = 120
	var rows []string
	var want []string
	for id := range good {
		rows = append(rows, strictRow(id, "", ""))
	}
	for i, f := range strictFaults {
		rows = append(rows, strictRow(good+i, f.column, f.value))
		want = append(want, fmt.Sprintf("%d %s", good+i, f.reason))
	}
	for _, mode := range []sink.Mode{sink.Append, sink.Upsert} {
		var seen [][]string
		for _, few := range []int64{0, 1 << 20} {
			t.Run(fmt.Sprintf("mode=%s/few=%d", mode, few), func(t *testing.T) {
				table := fmt.Sprintf("t_%s_%d", mode, few)
				exec(t, db, fmt.Sprintf(strictTable, table))
				o := &floesql.Options{Mode: mode}
				expected := slices.Clone(want)
				if mode == sink.Upsert {
					o.Key = []string{"id"}
					expected[0] = "" // the row replaces the other one
					expected[1] = fmt.Sprintf(`%d null: column "id" is part of the key and null`, good+1)
				}
				s, err := mysql.NewFew(db, table, o, few)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close(t.Context())
				got := loadAll(t, s, fromJSON(t, checked(t), strictSchema, "["+strings.Join(rows, ",")+"]"))
				expected = slices.DeleteFunc(expected, func(s string) bool { return s == "" })
				if len(got) != len(expected) {
					t.Fatalf("rejects:\n%s", strings.Join(got, "\n"))
				}
				for i, reason := range got {
					if !strings.HasPrefix(reason, expected[i]) {
						t.Errorf("reject %q, want %q", reason, expected[i])
					}
				}
				rest := query(t, db, "SELECT id, code, HEX(west), kind, doc, n, parent, UNIX_TIMESTAMP(at), HEX(flag), HEX(data) FROM "+table+" ORDER BY id")
				seen = append(seen, rest)
				if len(rest) != good || rest[0] != `0|abcde|E920FF095C|B's|{"a": 1}|1|7|1709210096|1|00FF090A` {
					t.Errorf("%d rows are there, the first is %s", len(rest), rest[0])
				}
			})
		}
		if len(seen) == 2 {
			if diff := cmp.Diff(seen[0], seen[1]); diff != "" {
				t.Errorf("mode %s: LOAD DATA and INSERT differ\n%s", mode, diff)
			}
		}
	}
}

// TestSingleColumn: lines that are empty, or that have a null alone, are rows.
func TestSingleColumn(t *testing.T) {
	db := open(t, servers.MariaDB(t).Database(t))
	s, err := mysql.NewFew(db, "t", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	b := array.NewRecordBuilder(checked(t), arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.BinaryTypes.String, Nullable: true}}, nil))
	defer b.Release()
	for range 3 {
		b.Field(0).(*array.StringBuilder).AppendValues([]string{"", "N", "\\N", "NULL", "\n", "", ""}, []bool{true, true, true, true, true, false, true})
	}
	rec := b.NewRecord()
	defer rec.Release()
	if got := loadAll(t, s, rec); len(got) > 0 {
		t.Errorf("rejects: %q", got)
	}
	got := query(t, db, "SELECT a IS NULL, HEX(a), COUNT(*) FROM t GROUP BY 1, 2 ORDER BY 1, 2")
	want := []string{"0||6", "0|0A|3", "0|4E|3", "0|4E554C4C|3", "0|5C4E|3", "1|NULL|3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows mismatch (-want +got)\n%s", diff)
	}
}

// TestUpsertRest: columns that the rows lack get their defaults where a row is replaced, and a number that the server
// counts stays; the spelling of a key is that of the last row.
func TestUpsertRest(t *testing.T) {
	db := open(t, servers.MariaDB(t).Database(t))
	for _, few := range []int64{0, 100} {
		table := fmt.Sprintf("t%d", few)
		exec(t, db, "CREATE TABLE "+table+` (n INT NOT NULL AUTO_INCREMENT, KEY (n), k VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY, v INT, d INT DEFAULT 5,
			e VARCHAR(9) NOT NULL DEFAULT 'x', g INT AS (v + 1), at TIMESTAMP(6) NULL DEFAULT '2020-01-01') ENGINE=InnoDB`,
			"INSERT INTO "+table+" (k, v, d, e, at) VALUES ('a', 1, 9, 'y', NULL), ('b', 1, 9, 'y', NULL)")
		s, err := mysql.NewFew(db, table, &floesql.Options{Mode: sink.Upsert, Key: []string{"k"}}, few)
		if err != nil {
			t.Fatal(err)
		}
		schema := arrow.NewSchema([]arrow.Field{{Name: "k", Type: arrow.BinaryTypes.String}, {Name: "v", Type: arrow.PrimitiveTypes.Int32, Nullable: true}}, nil)
		if got := loadAll(t, s, fromJSON(t, checked(t), schema, `[{"k": "A", "v": 2}, {"k": "c", "v": 3}, {"k": "C", "v": null}]`)); len(got) > 0 {
			t.Errorf("rejects: %q", got)
		}
		got := query(t, db, "SELECT k, v, d, e, g, at IS NULL, n < 3 FROM "+table+" ORDER BY k")
		want := []string{"A|2|5|x|3|0|1", "b|1|9|y|2|1|1", "C|NULL|5|x|NULL|0|0"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("few %d: rows mismatch (-want +got)\n%s", few, diff)
		}
		s.Close(t.Context())
	}
}
