package mysql_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/dialect/mysql"
)

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{
		"t": true, "a`b": true, "日本語": true, " x": true, "a.b": true, strings.Repeat("ä", 64): true,
		"": false, "a\x00": false, "🙂": false, "x ": false, strings.Repeat("x", 65): false, "\xff": false, "#mysql50#a": false,
	} {
		if err := d.CheckName(name); (err == nil) != ok {
			t.Errorf("CheckName(%q) = %v", name, err)
		}
	}
}

// TestNames: the server takes each name that CheckName lets pass, and has it as it was written.
func TestNames(t *testing.T) {
	db := connect(t)
	names := []string{"select", "a`b", "a\"b", "a'b", "naïve", " lead", "日本語", "tab\there", "a.b", "/*x*/", "back\\slash", "--", "?", strings.Repeat("x", 64), "\x01", "%s"}
	for _, name := range names {
		exec(t, db, d.CreateTable(d.Quote(name), []dialect.Column{{Name: name, Type: "INT"}}, []string{name}))
		if got := inspect(t, db, name); got == nil || got.Name != name || got.Columns[0].Name != name || got.Unique[0].Columns[0] != name {
			t.Errorf("%q is %+v in the catalog", name, got)
		}
	}
}

// FuzzQuote: the server reads a quoted name as it was.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"a", "`", "``", "a`b", "\\`", "a\"'\n", "select", "`; DROP TABLE t; --"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if d.CheckName(name) != nil {
			return
		}
		got, rest, ok := unquote(mysql.Dialect{}.Quote(name) + " INT")
		if !ok || got != name || rest != " INT" {
			t.Errorf("Quote(%q) is read as %q, before %q", name, got, rest)
		}
	})
}

// unquote reads a name in backticks, as MySQL's manual has it.
func unquote(s string) (name, rest string, ok bool) {
	if !strings.HasPrefix(s, "`") {
		return "", "", false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != '`':
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == '`':
			b.WriteByte('`')
			i++
		default:
			return b.String(), s[i+1:], true
		}
	}
	return "", "", false
}

// TestComment: a comment comes back as it was set, also where it has quotes and backslashes.
func TestComment(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	db := connect(t)
	c, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	schema, err := d.Schema(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, c, "CREATE TABLE t (a INT)", "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'")
	exec(t, c, d.Lock("t")...)
	for _, want := range []string{`it's "a" \ and \' b\n`, "日本語 [floe:1]", ""} {
		exec(t, c, d.Comment("t", want))
		got, found, err := d.CommentOf(ctx, c, schema, "t")
		if got != want || !found || err != nil {
			t.Errorf("CommentOf = %q, %t, %v; want %q", got, found, err, want)
		}
	}
	if _, found, err := d.CommentOf(ctx, c, schema, "none"); found || err != nil {
		t.Errorf("CommentOf(none) = %t, %v", found, err)
	}
	exec(t, c, d.Unlock("t")...)
}
