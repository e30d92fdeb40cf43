package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink"
)

var (
	uuidMeta = arrow.MetadataFrom(map[string]string{"ARROW:extension:name": "arrow.uuid"})
	jsonMeta = arrow.MetadataFrom(map[string]string{"ARROW:extension:name": "arrow.json"})
)

func field(dt arrow.DataType) arrow.Field { return arrow.Field{Name: "v", Type: dt, Nullable: true} }

func with(f arrow.Field, meta arrow.Metadata) arrow.Field {
	f.Metadata = meta
	return f
}

// TestTargets: the column that is there decides how values are written.
func TestTargets(t *testing.T) {
	p := arrow.PrimitiveTypes
	texts, bytes, us := field(arrow.BinaryTypes.String), field(arrow.BinaryTypes.Binary), &arrow.TimestampType{Unit: arrow.Microsecond}
	list := func(dt arrow.DataType) arrow.Field { return field(arrow.ListOf(dt)) }
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	dec := func(precision, scale int32) arrow.Field {
		return field(&arrow.Decimal128Type{Precision: precision, Scale: scale})
	}
	pool := newPool(t)
	exec(t, pool, "CREATE EXTENSION IF NOT EXISTS citext", "CREATE TYPE mood AS ENUM ('good', 'it''s')",
		"CREATE DOMAIN positive AS integer CHECK (value > 0)", "CREATE TYPE pair AS (a int, b text)")
	for _, tc := range []struct {
		column string
		field  arrow.Field
		values string // in JSON
		want   string // joined by bars
	}{
		{"bigint", field(p.Int32), `-7, 2147483647`, "-7|2147483647"},
		{"numeric", field(p.Int64), `-9223372036854775808, 10000, 0, 100000001`, "-9223372036854775808|10000|0|100000001"},
		{"numeric(12,2)", field(p.Int32), `-7, 2147483647`, "-7.00|2147483647.00"},
		{"numeric", field(p.Uint64), `"18446744073709551615"`, "18446744073709551615"},
		{"integer", field(p.Uint16), `65535`, "65535"},
		{"real", field(p.Int16), `-32768`, "-32768"},
		{"double precision", field(p.Uint32), `4294967295`, "4294967295"},
		{"double precision", field(p.Float32), `1.5`, "1.5"},
		{"numeric", dec(10, 2), `"-0.05", "12345678.90", "0.00", "10000"`, "-0.05|12345678.90|0.00|10000.00"},
		{"numeric(20,5)", dec(10, 2), `"-0.05", "12345678.90"`, "-0.05000|12345678.90000"},
		{"numeric", field(&arrow.Decimal256Type{Precision: 76, Scale: 30}), `"-1234567890123456789012345678901234567890123456.000000000000000000000000000001"`, "-1234567890123456789012345678901234567890123456.000000000000000000000000000001"},
		{"varchar(3)", texts, `"aé日", "", "x  "`, "aé日||x  "},
		{"char(3)", texts, `"ab"`, "ab"}, // the cast to text takes the blanks away
		{"citext", texts, `"Ab"`, "Ab"},
		{"uuid", texts, `"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "{a0eebc999c0b4ef8bb6d6bb9bd380a11}"`, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		{"uuid", with(field(&arrow.FixedSizeBinaryType{ByteWidth: 16}), uuidMeta), `"MDEyMzQ1Njc4OWFiY2RlZg=="`, "30313233-3435-3637-3839-616263646566"},
		{"json", texts, `"{ \"a\":1, \"a\":2}"`, `{ "a":1, "a":2}`},
		{"jsonb", texts, `"{ \"b\":1, \"a\":[2]}"`, `{"a": [2], "b": 1}`},
		{"json", with(texts, jsonMeta), `"[1 ,2]"`, "[1 ,2]"},
		{"jsonb", field(dict), `"1", "[]", "1"`, "1|[]|1"},
		{"json", list(p.Int32), `[1, null, -2], []`, "[1,null,-2]|[]"},
		{"json", field(arrow.StructOf(arrow.Field{Name: `a"b`, Type: p.Int8, Nullable: true})), `{"a\"b": 3}`, `{"a\"b":3}`},
		{"mood", texts, `"good", "it's"`, "good|it's"},
		{"mood", field(dict), `"good", "good"`, "good|good"},
		{"positive", field(p.Int32), `5`, "5"},
		{"smallint[]", list(p.Int8), `[1, null, -2], [], null`, "{1,NULL,-2}|{}|"},
		{"numeric(10,1)[]", list(p.Int8), `[1, null, -2]`, "{1.0,NULL,-2.0}"},
		{"varchar(4)[]", list(arrow.BinaryTypes.String), `["a\"", null, "NULL", ""]`, `{"a\"",NULL,"NULL",""}`},
		{"boolean[]", list(arrow.FixedWidthTypes.Boolean), `[true, false, null]`, `{t,f,NULL}`},
		{"mood[]", list(arrow.BinaryTypes.String), `["good", null, "it's"], []`, `{good,NULL,it's}|{}`},
		{"text[]", list(dict), `["good", null, "it's"], []`, `{good,NULL,it's}|{}`},
		{"bytea[]", list(arrow.BinaryTypes.Binary), `["AP8=", null]`, `{"\\x00ff",NULL}`},
		{"bytea", bytes, `"AP9c"`, `\x00ff5c`},
		{"date", field(arrow.FixedWidthTypes.Date32), `"2024-02-29"`, "2024-02-29"},
		{"timestamp", field(arrow.FixedWidthTypes.Date32), `"2024-02-29"`, "2024-02-29 00:00:00"},
		{"timestamp(3)", field(us), `"2024-02-29 12:34:56.789"`, "2024-02-29 12:34:56.789"},
		{"interval", field(arrow.FixedWidthTypes.Duration_s), `3661`, "01:01:01"},
		{"inet", texts, `"10.0.0.1", "::1/64"`, "10.0.0.1/32|::1/64"},
		{"int4range", texts, `"[1,5)"`, "[1,5)"},
		{"xml", texts, `"<a>\t\\N\n</a>"`, "<a>\t\\N\n</a>"},
		{"pair", texts, `"(1,\"a b\")"`, `(1,"a b")`},
	} {
		t.Run(tc.column+"/"+tc.field.Type.String(), func(t *testing.T) {
			exec(t, pool, "DROP TABLE IF EXISTS t, _floe_offsets", "CREATE TABLE t (n int GENERATED ALWAYS AS IDENTITY, v "+tc.column+")")
			var rows []string
			for _, v := range splitJSON(tc.values) {
				rows = append(rows, `{"v":`+v+`}`)
			}
			rec := fromJSON(t, checked(t), arrow.NewSchema([]arrow.Field{tc.field}, nil), "["+strings.Join(rows, ",")+"]")
			_, rejected, err := load(t, open(t, pool, "t", nil), "0", rec)
			if err != nil || len(rejected) > 0 {
				t.Fatalf("rejects %q: %v", rejected, err)
			}
			got := lines(t, pool, "SELECT coalesce(string_agg(coalesce(v::text, ''), '|' ORDER BY n), '') FROM t")
			unquoted := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(strings.Trim(got[0], "()"), `"`), `"`), `""`, `"`)
			if unquoted = strings.ReplaceAll(unquoted, `\\`, `\`); unquoted != tc.want {
				t.Errorf("got %s\nwant %s", unquoted, tc.want)
			}
		})
	}
}

// splitJSON cuts a list of values at its commas.
func splitJSON(list string) []string {
	var out []string
	depth, from, quoted := 0, 0, false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[', c == '{':
			depth++
		case c == ']', c == '}':
			depth--
		case c == ',' && depth == 0:
			out = append(out, list[from:i])
			from = i + 1
		}
	}
	return append(out, list[from:])
}

// TestUnloadable: a column that does not hold the values is named, before a row is read.
func TestUnloadable(t *testing.T) {
	p := arrow.PrimitiveTypes
	us, zoned := &arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	pool := newPool(t)
	for _, tc := range []struct {
		column string
		field  arrow.Field
		want   string
	}{
		{"smallint", field(p.Int32), "is of type smallint, which does not hold every value of int32"},
		{"integer", field(p.Uint32), "is of type integer"},
		{"bigint", field(p.Uint64), "is of type bigint"},
		{"numeric(20,2)", field(p.Uint64), "is of type numeric(20,2)"},
		{"real", field(p.Int32), "is of type real"},
		{"double precision", field(p.Int64), "is of type double precision"},
		{"real", field(p.Float64), "is of type real"},
		{"numeric", field(p.Float64), "is of type numeric"},
		{"numeric(10,1)", field(&arrow.Decimal128Type{Precision: 10, Scale: 2}), "is of type numeric(10,1)"},
		{"text", field(p.Int32), "is of type text"},
		{"boolean", field(p.Int8), "is of type boolean"},
		{"integer", field(arrow.FixedWidthTypes.Boolean), "is of type integer"},
		{"text", field(arrow.BinaryTypes.Binary), "is of type text"},
		{"bytea", field(arrow.BinaryTypes.String), "is of type bytea"},
		{"timestamp with time zone", field(us), "is of type timestamp with time zone"},
		{"timestamp", field(zoned), "is of type timestamp without time zone"},
		{"date", field(us), "is of type date"},
		{"interval year to month", field(arrow.FixedWidthTypes.MonthInterval), "is of type interval year to month"},
		{"text[]", field(arrow.ListOf(p.Int32)), "its elements (int32): the column is of type text"},
		{"integer[]", field(arrow.ListOf(arrow.ListOf(p.Int32))), "its elements"},
		{"integer", field(arrow.ListOf(p.Int32)), "is of type integer"},
		{"text", field(arrow.StructOf(arrow.Field{Name: "a", Type: p.Int8})), "is of type text"},
		{"name", field(p.Int32), "is of type name"},
		{"inet", field(p.Int32), "is of type inet"},
	} {
		t.Run(tc.column+"/"+tc.field.Type.String(), func(t *testing.T) {
			exec(t, pool, "DROP TABLE IF EXISTS t, _floe_offsets", "CREATE TABLE t (v "+tc.column+")")
			rec := fromJSON(t, checked(t), arrow.NewSchema([]arrow.Field{tc.field}, nil), `[{"v":null}]`)
			_, _, err := load(t, open(t, pool, "t", nil), "0", rec)
			var bad *sink.SchemaError
			if !errors.As(err, &bad) || bad.Column != "v" || !strings.Contains(bad.Reason, tc.want) {
				t.Errorf("Prepare: %v\nwant a SchemaError for column v: %s", err, tc.want)
			}
		})
	}
}

// TestRefusedValues: what a column cannot hold as it is comes back, and nothing of it is there.
func TestRefusedValues(t *testing.T) {
	ns, ms, s := &arrow.TimestampType{Unit: arrow.Nanosecond}, &arrow.TimestampType{Unit: arrow.Millisecond}, &arrow.TimestampType{Unit: arrow.Second}
	pool := newPool(t)
	for _, tc := range []struct {
		column string
		field  arrow.Field
		values string
		want   []string
	}{
		{"text", field(arrow.BinaryTypes.String), `"a", "b\u0000", "c"`, []string{`1 invalid v: column "v": "b\x00" holds NUL, which PostgreSQL's texts cannot`}},
		{"inet", field(arrow.BinaryTypes.String), `"1.1.1.1", "b\u0000", "c"`, []string{`1 invalid v: column "v": "b\x00" holds NUL, which PostgreSQL's texts cannot`, `2 constraint : invalid input syntax for type inet: "c"`}},
		{"jsonb", field(arrow.BinaryTypes.String), `"{}", "{", "\"\\u0000\""`, []string{"1 constraint : invalid input syntax for type json: The input string ended unexpectedly.", `2 constraint : unsupported Unicode escape sequence: \u0000 cannot be converted to text.`}},
		{"jsonb", field(arrow.StructOf(arrow.Field{Name: "a", Type: arrow.BinaryTypes.String, Nullable: true})), `{"a":"\\u0000"}, {"a":"\u0000"}`, []string{`1 invalid v: column "v": {"a":"\u0000"} holds NUL, which jsonb cannot`}},
		{"uuid", field(arrow.BinaryTypes.String), `"a", "30313233-3435-3637-3839-616263646566"`, []string{`0 invalid v: column "v": "a" is no UUID`}},
		{"varchar(2)", field(arrow.BinaryTypes.String), `"é日", "ab "`, []string{`1 outofrange v: column "v": "ab " has 3 characters, too many for character varying(2)`}},
		{"text[]", field(arrow.ListOf(arrow.BinaryTypes.String)), `["a"], ["a", null, "\u0000"]`, []string{`1 invalid v: column "v": element 3: "\x00" holds NUL, which PostgreSQL's texts cannot`}},
		{"timestamp", field(ns), `"2024-01-01 00:00:00.000001", "2024-01-01 00:00:00.000000001"`, []string{`1 outofrange v: column "v": 2024-01-01 00:00:00.000000001 has parts of a second that timestamp without time zone does not keep`}},
		{"timestamp(0)", field(ms), `"2024-01-01 00:00:01", "2024-01-01 00:00:00.001"`, []string{`1 outofrange v: column "v": 2024-01-01 00:00:00.001 has parts of a second that timestamp(0) without time zone does not keep`}},
		{"timestamp", field(s), `9224318015999, 9224318016000, -210866803200, -210866803201`, []string{
			`1 outofrange v: column "v": 9224318016000s since 1970 is out of the range of timestamp without time zone`,
			`3 outofrange v: column "v": -210866803201s since 1970 is out of the range of timestamp without time zone`,
		}},
		{"date", field(arrow.FixedWidthTypes.Date32), `2145042905, 2145042906, -2440588, -2440589`, []string{
			`1 outofrange v: column "v": a date 2145042906 days from 1970-01-01 is out of the range of date`,
			`3 outofrange v: column "v": a date -2440589 days from 1970-01-01 is out of the range of date`,
		}},
		{"time", field(arrow.FixedWidthTypes.Time32s), `86400, 86401, -1`, []string{`1 outofrange v: column "v": 86401s is no time of a day`, `2 outofrange v: column "v": -1s is no time of a day`}},
		{"interval", field(arrow.FixedWidthTypes.Duration_s), `9223372036854, 9223372036855`, []string{`1 outofrange v: column "v": 9223372036855s is out of the range of interval`}},
	} {
		t.Run(tc.column+"/"+tc.field.Type.String(), func(t *testing.T) {
			exec(t, pool, "DROP TABLE IF EXISTS t, _floe_offsets", "CREATE TABLE t (v "+tc.column+")")
			values := splitJSON(tc.values)
			rec := fromJSON(t, checked(t), arrow.NewSchema([]arrow.Field{tc.field}, nil), `[{"v":`+strings.Join(values, `},{"v":`)+`}]`)
			n, rejected, err := load(t, open(t, pool, "t", nil), "0", rec)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, rejected); diff != "" {
				t.Errorf("rejects mismatch (-want +got):\n%s", diff)
			}
			if there := lines(t, pool, "SELECT v FROM t"); int(n) != len(values)-len(tc.want) || len(there) != int(n) {
				t.Errorf("%d rows were loaded, %q are there", n, there)
			}
		})
	}
}
