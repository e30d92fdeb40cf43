package mysqlvalue_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/internal/mysqlvalue"
)

func TestParseColumn(t *testing.T) {
	for text, want := range map[string]mysqlvalue.Column{
		"int(11)":         {Base: "int", Precision: 11, Bare: "int(11)"},
		"bigint unsigned": {Base: "bigint", Unsigned: true, Precision: -1, Bare: "bigint unsigned"},
		"decimal(10,2)":   {Base: "decimal", Precision: 10, Scale: 2, Bare: "decimal(10,2)"},
		"DECIMAL(20,0)":   {Base: "decimal", Precision: 20, Bare: "DECIMAL(20,0)"},
		"datetime(6)":     {Base: "datetime", Precision: 6, Bare: "datetime(6)"},
		"int(11) AUTO_INCREMENT COMMENT 'a unsigned b'": {Base: "int", Precision: 11, Bare: "int(11)", Attributes: "AUTO_INCREMENT COMMENT 'a unsigned b'"},
		"text character set latin1 collate latin1_bin":  {Base: "text", Precision: -1, Charset: "latin1", Bare: "text character set latin1 collate latin1_bin"},
		`enum('a','b''c','d)','\\','\n\0 COMMENT') character set utf8mb4 collate x COMMENT 'y'`: {
			Base: "enum", Precision: -1, Values: []string{"a", "b'c", "d)", `\`, "\n\x00 COMMENT"}, Charset: "utf8mb4",
			Bare: `enum('a','b''c','d)','\\','\n\0 COMMENT') character set utf8mb4 collate x`, Attributes: "COMMENT 'y'",
		},
	} {
		got, err := mysqlvalue.ParseColumn(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: mismatch (-want +got)\n%s", text, diff)
		}
	}
	for _, text := range []string{"", "(", "int(", "int(x)", "enum('a", "enum(a)", "enum('a'b)", "decimal(1,x)"} {
		if got, err := mysqlvalue.ParseColumn(text); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
}

// FuzzParseColumn: what is parsed is made of what is there, and nothing is lost.
func FuzzParseColumn(f *testing.F) {
	for _, s := range []string{"int(11) unsigned", "enum('a','b''c') character set x", "decimal(1,2) COMMENT 'x'", "varchar(5)", "enum('"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := mysqlvalue.ParseColumn(text)
		if err != nil {
			return
		}
		if len(c.Bare) > len(text) || text[:len(c.Bare)] != c.Bare || len(c.Bare)+len(c.Attributes) > len(text) {
			t.Errorf("%q is %+v", text, c)
		}
		if again, err := mysqlvalue.ParseColumn(c.Bare); err != nil || again.Base != c.Base || len(again.Values) != len(c.Values) {
			t.Errorf("%q is %+v, and without attributes %+v, %v", text, c, again, err)
		}
	})
}
