package snowflake_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/dialect/snowflake"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestStatements holds what is sent against a file, to be read as text.
func TestStatements(t *testing.T) {
	d := snowflake.Dialect{}
	var columns []dialect.Column
	for i, f := range []arrow.Field{
		{Name: "ID", Type: arrow.PrimitiveTypes.Int64},
		{Name: "select", Type: arrow.BinaryTypes.String},
		{Name: `a"b`, Type: arrow.PrimitiveTypes.Uint64},
		{Name: "naïve 🙂", Type: arrow.FixedWidthTypes.Timestamp_us},
		{Name: "PRICE", Type: &arrow.Decimal128Type{Precision: 10, Scale: 2}},
		{Name: "TAGS", Type: arrow.ListOf(arrow.BinaryTypes.String)},
	} {
		typ, err := d.Type(f, i == 0)
		if err != nil {
			t.Fatal(err)
		}
		columns = append(columns, dialect.Column{Name: f.Name, Type: typ, NotNull: i == 0})
	}
	table := dialect.Qualified(d, "my schema", `t "t"`)
	like, err := d.CreateLike(t.Context(), nil, "S", "_FLOE_NEW_1", &dialect.Table{Schema: "S", Name: "T", Comment: "it's"})
	if err != nil {
		t.Fatal(err)
	}
	first, err := d.Swap(t.Context(), nil, "S", "_FLOE_NEW_1", "T", nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.Swap(t.Context(), nil, "S", "_FLOE_NEW_1", "T", &dialect.Table{Schema: "S", Name: "T"})
	if err != nil {
		t.Fatal(err)
	}
	begin, end := d.Session()
	list := d.Begin()
	for _, more := range [][]string{
		{
			d.CreateTable(table, columns, []string{"ID"}),
			d.AddColumn(table, columns[2]),
			d.AlterColumn(table, columns[4], "NUMBER(38,2)"),
			d.Comment(table, `it's a \ "comment" [floe:1]`),
			snowflake.Place{Database: "D", Schema: "S"}.ShowTables("it's"),
			snowflake.Place{}.ShowTables("T"),
			snowflake.Immediate("BEGIN\n  RETURN 'a';\nEND;"),
			snowflake.Immediate("BEGIN\n  RETURN '$$ \\\\ it''s';\nEND;"),
		}, like, first, again, begin, end,
	} {
		list = append(list, more...)
	}
	got := strings.Join(list, "\n;\n") + "\n;\n"
	path := filepath.Join("testdata", "statements.sql")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", path, diff)
	}
}

func TestPlain(t *testing.T) {
	for name, want := range map[string]string{
		"EVENTS": "EVENTS", "_A$1": "_A$1", "events": `"events"`, "1A": `"1A"`, "$A": `"$A"`, `A"B`: `"A""B"`, "A B": `"A B"`, "É": `"É"`, "": `""`, "_": "_",
	} {
		if got := snowflake.Plain(name); got != want {
			t.Errorf("Plain(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestUnquoted(t *testing.T) {
	for name, want := range map[string]string{
		"events": "EVENTS", "Events": "EVENTS", "_a$1": "_A$1", "select": "SELECT",
		"": "", "1a": "1a", "$a": "$a", "a b": "a b", `a"b`: `a"b`, "naïve": "naïve", "a.b": "a.b",
	} {
		if got := snowflake.Unquoted(name); got != want {
			t.Errorf("Unquoted(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestCheckName(t *testing.T) {
	d := snowflake.Dialect{}
	for name, want := range map[string]string{
		"a":                      "",
		"":                       "is empty",
		"a\x00b":                 "holds NUL",
		"a\xffb":                 "is not valid UTF-8",
		strings.Repeat("ï", 255): "",
		strings.Repeat("a", 256): "is 256 characters long: Snowflake takes 255",
	} {
		got := ""
		if err := d.CheckName(name); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("CheckName(%.20q) = %q, want %q", name, got, want)
		}
	}
}

// unliteral reads a constant as Snowflake does, and what stands behind it.
func unliteral(t *testing.T, text string) (value, rest string) {
	t.Helper()
	if !strings.HasPrefix(text, "'") {
		t.Fatalf("%q is no constant", text)
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && text[i+1] == '\\', c == '\'' && i+1 < len(text) && text[i+1] == '\'':
			b.WriteByte(c)
			i++
		case c == '\\':
			t.Fatalf("%q has an escape that is not meant", text)
		case c == '\'':
			return b.String(), text[i+1:]
		default:
			b.WriteByte(c)
		}
	}
	t.Fatalf("%q does not end", text)
	return "", ""
}

// FuzzQuoting: what is written as a constant, a name or a block is read as what it was, and nothing stands behind it.
func FuzzQuoting(f *testing.F) {
	for _, s := range []string{"", "a", "it's", `\`, `\'`, `'\`, "$$", `a"b`, `""`, "a\nb", "naïve 🙂", "'; DROP TABLE t; --"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if value, rest := unliteral(t, snowflake.Literal(s)); value != s || rest != "" {
			t.Errorf("Literal(%q) is read as %q, and %q stands behind", s, value, rest)
		}
		block := "BEGIN RETURN " + snowflake.Literal(s) + "; END;"
		text := strings.TrimPrefix(snowflake.Immediate(block), "EXECUTE IMMEDIATE ")
		if dollars, ok := strings.CutPrefix(text, "$$\n"); ok {
			if got, found := strings.CutSuffix(dollars, "\n$$"); !found || got != block || strings.Contains(got, "$$") {
				t.Errorf("Immediate(%q) is %q", block, text)
			}
		} else if value, rest := unliteral(t, text); value != block || rest != "" {
			t.Errorf("Immediate(%q) is read as %q, and %q stands behind", block, value, rest)
		}
		quoted := (snowflake.Dialect{}).Quote(s)
		inner := quoted[1 : len(quoted)-1]
		if strings.ReplaceAll(inner, `""`, `"`) != s || strings.Count(inner, `"`) != 2*strings.Count(s, `"`) {
			t.Errorf("Quote(%q) = %q", s, quoted)
		}
		if !utf8.ValidString(s) {
			return
		}
		if once := snowflake.Unquoted(s); snowflake.Unquoted(once) != once {
			t.Errorf("Unquoted(%q) = %q, which stands for another name", s, once)
		}
	})
}
