package snowflake

import (
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	for _, text := range []string{"", "orders", "a/../b", "it's", "☃", strings.Repeat("x", 300), "a b"} {
		got := plain(text, text)
		if strings.Trim(got, strings.TrimSuffix(plainPath, "/")) != "" || strings.Contains(got, "..") || len(got) > 60 {
			t.Errorf("plain(%q) = %q", text, got)
		}
	}
	if plain("a b", "a b") == plain("a_b", "a_b") {
		t.Error("two partitions have one directory")
	}
	if plain("T", `"DB"."A"."T"`) == plain("T", `"DB"."B"."T"`) {
		t.Error("two tables have one directory on a stage that they share")
	}
}

func TestParseAttempt(t *testing.T) {
	a := newAttempt(5, 9)
	got, ok := parseAttempt(a.file(3))
	if !ok || got != a {
		t.Errorf("%q is read as %v, %v", a.file(3), got, ok)
	}
	if !strings.HasPrefix(a.file(3), a.String()) || strings.HasPrefix(newAttempt(5, 9).file(3), a.String()) {
		t.Error("the names of an attempt begin with it, and no others do")
	}
	if schema := newAttempt(0, 0); !parses(schema) {
		t.Errorf("%q is not read", schema.file(1))
	}
	nonce := strings.Repeat("0", 32)
	for _, name := range []string{
		"", "x.parquet", "5-9-" + nonce + "-1.csv", "9-5-" + nonce + "-1.parquet", "5-5-" + nonce + "-1.parquet", "5-0-" + nonce + "-1.parquet",
		"-5-9-" + nonce + "-1.parquet", "5-9-0-1.parquet", "a-9-" + nonce + "-1.parquet",
	} {
		if a, ok := parseAttempt(name); ok {
			t.Errorf("%q is read as %v: the sink would remove it", name, a)
		}
	}
}

func parses(a attempt) bool {
	got, ok := parseAttempt(a.file(1))
	return ok && got == a
}
