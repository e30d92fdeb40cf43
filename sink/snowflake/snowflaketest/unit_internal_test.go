package snowflaketest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

func TestFirstWord(t *testing.T) {
	for sql, want := range map[string]string{
		"":                                    "",
		"select 1":                            "SELECT",
		"  \n\tCopy into t":                   "COPY",
		"-- one\n// two\n/* three */ put x":   "PUT",
		"/* never ends put":                   "",
		"(SELECT 1)":                          "SELECT",
		"begin;":                              "BEGIN",
		";; DELETE FROM t":                    "DELETE",
		"-- comment alone":                    "",
		"$$":                                  "",
		"/* a */-- b\n  MERGE/* c */INTO t":   "MERGE",
		"EXECUTE IMMEDIATE $$ BEGIN END; $$;": "EXECUTE",
	} {
		if got := firstWord(sql); got != want {
			t.Errorf("firstWord(%q) = %q, want %q", sql, got, want)
		}
	}
}

func TestCell(t *testing.T) {
	east := time.FixedZone("", 2*60*60)
	west := time.FixedZone("", -(8*60+30)*60)
	at := time.Date(2024, 2, 29, 23, 59, 59, 123456789, time.UTC)
	before := time.Date(1969, 12, 31, 23, 59, 59, 123456700, time.UTC)
	for _, tc := range []struct {
		name  string
		t     types.Type
		value any
		want  string
	}{
		{"fixed", types.Type{Kind: types.Fixed, Precision: 38, Scale: 2}, "-12.50", "-12.50"},
		{"real", types.Type{Kind: types.Real}, 0.1, "0.1"},
		{"real large", types.Type{Kind: types.Real}, 1e300, "1e+300"},
		{"real nan", types.Type{Kind: types.Real}, math.NaN(), "NaN"},
		{"real inf", types.Type{Kind: types.Real}, math.Inf(1), "inf"},
		{"real -inf", types.Type{Kind: types.Real}, math.Inf(-1), "-inf"},
		{"text", types.Type{Kind: types.Text}, "näïve", "näïve"},
		{"true", types.Type{Kind: types.Boolean}, true, "1"},
		{"false", types.Type{Kind: types.Boolean}, false, "0"},
		{"binary", types.Type{Kind: types.Binary}, []byte{0, 0xab}, "00AB"},
		{"variant", types.Type{Kind: types.Variant}, `{"a":1}`, `{"a":1}`},
		{"date", types.Type{Kind: types.Date}, time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), "19782"},
		{"date before 1970", types.Type{Kind: types.Date}, time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), "-719162"},
		{"time", types.Type{Kind: types.Time, Scale: 9}, time.Date(1970, 1, 1, 23, 1, 59, 5, time.UTC), "82919.000000005"},
		{"time(0)", types.Type{Kind: types.Time}, time.Date(1970, 1, 1, 23, 1, 59, 0, time.UTC), "82919"},
		{"ntz", types.Type{Kind: types.TimestampNTZ, Scale: 9}, at, "1709251199.123456789"},
		{"ntz(3)", types.Type{Kind: types.TimestampNTZ, Scale: 3}, at, "1709251199.123"},
		{"ltz", types.Type{Kind: types.TimestampLTZ, Scale: 6}, at.In(east), "1709251199.123456"},
		{"ntz before 1970", types.Type{Kind: types.TimestampNTZ, Scale: 9}, before, "-0.876543300"},
		{"ntz whole before 1970", types.Type{Kind: types.TimestampNTZ, Scale: 9}, before.Truncate(time.Second), "-1.000000000"},
		{"tz", types.Type{Kind: types.TimestampTZ, Scale: 9}, at.In(east), "1709251199.123456789 1560"},
		{"tz west", types.Type{Kind: types.TimestampTZ, Scale: 0}, at.In(west), "1709251199 930"},
	} {
		got, err := cell(tc.t, tc.value)
		if err != nil || got != tc.want {
			t.Errorf("%s: cell = %q, %v, want %q", tc.name, got, err, tc.want)
		}
	}
}

func TestCellRefuses(t *testing.T) {
	for _, tc := range []struct {
		kind  types.Kind
		value any
	}{
		{types.Fixed, 1.5}, {types.Real, "1"}, {types.Text, []byte("x")}, {types.Boolean, "true"}, {types.Date, "2024-01-01"}, {types.Binary, "AB"},
	} {
		if got, err := cell(types.Type{Kind: tc.kind}, tc.value); err == nil {
			t.Errorf("cell(%v, %T) = %q: a value of another type must be refused", tc.kind, tc.value, got)
		}
	}
}

func TestEncryption(t *testing.T) {
	master := []byte("0123456789abcdef")
	for _, size := range []int{0, 1, 15, 16, 17, 4096, 256 << 10, 256<<10 + 16, 1<<20 + 5} {
		plain, key, iv := make([]byte, size), make([]byte, 16), make([]byte, 16)
		for _, b := range [][]byte{plain, key, iv} {
			_, _ = rand.Read(b)
		}
		header, err := wrap(key, iv, master)
		if err != nil {
			t.Fatal(err)
		}
		gotKey, gotIV, err := unwrap(header, master)
		if err != nil || !bytes.Equal(gotKey, key) || !bytes.Equal(gotIV, iv) {
			t.Fatalf("unwrap = %x, %x, %v, want %x, %x", gotKey, gotIV, err, key, iv)
		}
		var out bytes.Buffer
		n, err := decrypt(&out, bytes.NewReader(encrypt(plain, key, iv)), key, iv)
		if err != nil || n != int64(size) || !bytes.Equal(out.Bytes(), plain) {
			t.Fatalf("%d bytes: decrypt = %d, %v; equal: %t", size, n, err, bytes.Equal(out.Bytes(), plain))
		}
	}
}

// TestDecryptRefuses holds that a wrong key and a broken upload are found.
func TestDecryptRefuses(t *testing.T) {
	key, iv := []byte("0123456789abcdef"), []byte("fedcba9876543210")
	data := encrypt([]byte("a secret of several blocks, of which the last has padding"), key, iv)
	if _, err := decrypt(&bytes.Buffer{}, bytes.NewReader(data[:len(data)-3]), key, iv); err == nil {
		t.Error("a part of a block is no error")
	}
	if _, err := decrypt(&bytes.Buffer{}, bytes.NewReader(data[:len(data)-16]), key, iv); err == nil {
		t.Error("a missing block is no error")
	}
	header, err := wrap(key, iv, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := unwrap(header, []byte("ffffffffffffffff")); err == nil {
		t.Error("the key of another stage is no error")
	}
}

// FuzzUnwrap holds that no header of a file brings the server down, and that only keys that AES has come out.
func FuzzUnwrap(f *testing.F) {
	master := []byte("0123456789abcdef")
	header, err := wrap(make([]byte, 16), make([]byte, 16), master)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(header, []byte("a body"))
	f.Add(`{"WrappedContentKey":{"EncryptedKey":""}}`, []byte{})
	f.Add(`{`, []byte{})
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		key, iv, err := unwrap(header, master)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if n, err := decrypt(&out, bytes.NewReader(body), key, iv); n != int64(out.Len()) || err == nil && len(body) > 0 && out.Len() >= len(body) {
			t.Errorf("decrypt says %d bytes, %v, and writes %d of %d", n, err, out.Len(), len(body))
		}
	})
}

func TestUploadName(t *testing.T) {
	for local, want := range map[string]string{
		"file:///tmp/a.parquet":          "a.parquet",
		"file://C:\\tmp\\a.parquet":      "a.parquet",
		"/tmp/*a.parquet":                "a.parquet",
		"/tmp/data?data1.csv.gz":         "data1.csv.gz",
		"/tmp/[ab]b.csv":                 "b.csv",
		"a.parquet":                      "a.parquet",
		"file:///tmp/placeholder/x y.gz": "x y.gz",
	} {
		if got := uploadName(local); got != want {
			t.Errorf("uploadName(%q) = %q, want %q", local, got, want)
		}
	}
}

func TestBindings(t *testing.T) {
	var values map[string]binding
	body := `{"1":{"type":"FIXED","value":"5"},"2":{"type":"TEXT","value":null},"3":{"type":"TEXT","value":["a",null,""]},"4":{"type":"TEXT","value":[]}}`
	if err := json.Unmarshal([]byte(body), &values); err != nil {
		t.Fatal(err)
	}
	got, err := bindings(values)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 || *got[0].Value != "5" || got[0].Type != "FIXED" || got[1].Value != nil || got[1].Values != nil ||
		len(got[2].Values) != 3 || *got[2].Values[0] != "a" || got[2].Values[1] != nil || got[3].Values == nil {
		t.Errorf("bindings = %+v", got)
	}
	for _, bad := range []string{
		`{"0":{"type":"TEXT","value":"x"}}`, `{"2":{"type":"TEXT","value":"x"}}`, `{"name":{"type":"TEXT","value":"x"}}`,
		`{"01":{"type":"TEXT","value":"x"}}`, `{"1":{"type":"TEXT","value":5}}`, `{"1":{"type":"TEXT","value":"x","schema":{"type":"object"}}}`,
	} {
		values = nil
		if err := json.Unmarshal([]byte(bad), &values); err != nil {
			t.Fatal(err)
		}
		if got, err := bindings(values); err == nil {
			t.Errorf("bindings(%s) = %+v: must be refused", bad, got)
		}
	}
}

// TestFaultOrder holds how faults count calls.
func TestFaultOrder(t *testing.T) {
	var f faults
	once := f.add(Fault{Match: Statement("copy"), Skip: 1, Effect: CutAfter()})
	twice := f.add(Fault{Match: All(Path("/a/"), Text("X")), Times: 2, Effect: CutBefore()})
	var got strings.Builder
	for _, c := range []Call{
		{Path: "/a/b", Statement: "COPY", SQL: "copy x"}, // the first COPY goes by, and is the second fault's
		{Path: "/b", Statement: "COPY", SQL: "copy x"},   // the second COPY
		{Path: "/b", Statement: "COPY", SQL: "copy x"},
		{Path: "/a/c", SQL: "select x"},
		{Path: "/a/c", SQL: "select x"},
	} {
		fault, happened, hit := f.take(c)
		if !hit {
			got.WriteString("-")
			continue
		}
		happened()
		got.WriteString(map[effectKind]string{effectCutAfter: "A", effectCutBefore: "B"}[fault.Effect.kind])
	}
	if want := "BA-B-"; got.String() != want {
		t.Errorf("faults happened as %s, want %s", got.String(), want)
	}
	for _, done := range []<-chan struct{}{once, twice} {
		select {
		case <-done:
		default:
			t.Error("a fault that has happened does not say so")
		}
	}
}

// TestCallsWrap holds that the log of calls keeps the last ones, in order.
func TestCallsWrap(t *testing.T) {
	var l calls
	for i := range keptCalls + 5 {
		l.add(&Call{Session: int64(i)})
	}
	list := l.list()
	if len(list) != keptCalls {
		t.Fatalf("%d calls kept, want %d", len(list), keptCalls)
	}
	for i, c := range list {
		if c.Session != int64(i+5) {
			t.Fatalf("call %d is %d, want %d", i, c.Session, i+5)
		}
	}
}
