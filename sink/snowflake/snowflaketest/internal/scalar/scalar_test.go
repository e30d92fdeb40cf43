package scalar_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	_ "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/scalar"
)

func open(t *testing.T) *sql.Conn {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := scalar.Register(context.Background(), conn); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestFunctions(t *testing.T) {
	conn := open(t)
	for _, c := range []struct{ call, want string }{
		{`floe_number(' -12.345 ', 10, 2, false)`, "-12.35"},
		{`floe_number('12.345', 10, 2, false)`, "12.35"},
		{`floe_number('1.5e3', 10, 0, false)`, "1500"},
		{`floe_number('.5', 10, 0, false)`, "1"},
		{`floe_number('-0.04', 10, 1, false)`, "0.0"},
		{`floe_number('99999999999999999999999999999999999999', 38, 0, false)`, "99999999999999999999999999999999999999"},
		{`floe_number('1000', 3, 0, false)`, "100039 (22003) Numeric value '1000' is out of range"},
		{`floe_number('abc', 3, 0, false)`, "100038 (22018) Numeric value 'abc' is not recognized"},
		{`floe_number('', 3, 0, false)`, "100038 (22018) Numeric value '' is not recognized"},
		{`floe_number('1_0', 3, 0, true)`, "NULL"},
		{`floe_number(NULL, 3, 0, false)`, "NULL"},
		{`floe_real('1e-3', false)`, "0.001"},
		{`floe_real('x', false)`, "100038 (22018) Numeric value 'x' is not recognized"},
		{`floe_real_number(2.5, 10, 0, false)`, "3"},
		{`floe_real_text(1.5)`, "1.5"},
		{`floe_boolean('Yes', false)`, "true"},
		{`floe_boolean('2', false)`, "100037 (22018) Boolean value '2' is not recognized"},
		{`floe_divide('1', '3', 6)`, "0.333333"},
		{`floe_divide('2', '-3', 6)`, "-0.666667"},
		{`floe_divide('1', '0', 6)`, "100051 (22012) Division by zero"},
		{`floe_date('2024-02-29', '', false)`, "2024-02-29 00:00:00 +0000 UTC"},
		{`floe_date('02/29/2024', 'AUTO', false)`, "2024-02-29 00:00:00 +0000 UTC"},
		{`floe_date('29-feb-2024', '', false)`, "2024-02-29 00:00:00 +0000 UTC"},
		{`floe_date('0001-01-01', '', false)`, "0001-01-01 00:00:00 +0000 UTC"},
		{`floe_date('1969-12-31 23:59:59', '', false)`, "1969-12-31 00:00:00 +0000 UTC"},
		{`floe_date('29.02.2024', 'DD.MM.YYYY', false)`, "2024-02-29 00:00:00 +0000 UTC"},
		{`floe_date('2023-02-29', '', false)`, "100040 (22007) Date '2023-02-29' is not recognized"},
		{`floe_date('x', '', true)`, "NULL"},
		{`floe_date('x', 'YYYY', false)`, "100096 (22007) Can't parse 'x' as date with format 'YYYY'"},
		{`floe_time('12:34:56.789', '', false)`, "45296789000000"},
		{`floe_time('01:02 PM', '', false)`, "46920000000000"},
		{`floe_time('25:00', '', false)`, "100108 (22007) Time '25:00' is not recognized"},
		{`floe_ntz('1970-01-01 00:00:00.000000001', '', false)`, "1"},
		{`floe_ntz('1970-01-01T00:00:01+02:00', '', false)`, "1000000000"},
		{`floe_ntz('1', '', false)`, "1000000000"},
		{`floe_ntz('1700000000000', '', false)`, "1700000000000000000"},
		{`floe_ntz('0001-01-01', '', false)`, "-62135596800000000000"},
		{`floe_ntz('9999-12-31 23:59:59.999999999', '', false)`, "253402300799999999999"},
		{`floe_ntz('x', '', false)`, "100035 (22007) Timestamp 'x' is not recognized"},
		{`floe_ltz('1970-01-01 01:00:00', '', 'Europe/Berlin', false)`, "0"},
		{`floe_ltz('1970-01-01 00:00:00 -0100', '', 'Europe/Berlin', false)`, "3600000000000"},
		{`floe_ntz_text(-1, 'YYYY-MM-DD HH24:MI:SS.FF9')`, "1969-12-31 23:59:59.999999999"},
		{`floe_ntz_text(0, 'DY, DD MON YYYY HH12:MI AM "T" MMMM YY FF3')`, "Thu, 01 Jan 1970 12:00 AM T January 70 000"},
		{`floe_ltz_text(0, 'America/New_York', 'YYYY-MM-DD HH24:MI:SS TZHTZM TZH:TZM')`, "1969-12-31 19:00:00 -0500 -05:00"},
		{`floe_ltz_text(0, 'Nowhere', 'YYYY')`, "100289 (22023) Unknown timezone: 'Nowhere'"},
		{`floe_tz_text(floe_tz('2024-01-01 10:00:00 +0530', '', 'UTC', false), 'YYYY-MM-DD HH24:MI TZHTZM')`, "2024-01-01 10:00 +0530"},
		{`floe_tz_to_instant(floe_tz('1970-01-01 05:30:00 +0530', '', 'UTC', false))`, "0"},
		{`floe_tz_to_wall(floe_tz('1970-01-01 05:30:00 +0530', '', 'UTC', false))`, "19800000000000"},
		{`floe_wall_to_instant(0, 'Europe/Berlin')`, "-3600000000000"},
		{`floe_instant_to_wall(0, 'Europe/Berlin')`, "3600000000000"},
		{`floe_tz_text(floe_instant_to_tz(0, 'Europe/Berlin'), 'HH24 TZH')`, "01 +01"},
		{`floe_digits(-1, 3)`, "-1000000"},
		{`floe_digits(1999999999, 0)`, "1000000000"},
		{`floe_nanos_date(-1)`, "1969-12-31 00:00:00 +0000 UTC"},
		{`floe_nanos_time(-1)`, "86399999999999"},
		{`floe_date_nanos(DATE '1969-12-31')`, "-86400000000000"},
		{`floe_ntz_text(floe_dateadd('month', 1, floe_ntz('2024-01-31', '', false)), 'YYYY-MM-DD')`, "2024-02-29"},
		{`floe_ntz_text(floe_dateadd('year', -1, floe_ntz('2024-02-29', '', false)), 'YYYY-MM-DD')`, "2023-02-28"},
		{`floe_ntz_text(floe_dateadd('hour', -1, 0), 'YYYY-MM-DD HH24')`, "1969-12-31 23"},
		{`floe_datediff('day', floe_ntz('2024-01-01 23:59:59', '', false), floe_ntz('2024-01-02', '', false))`, "1"},
		{`floe_datediff('week', floe_ntz('2024-01-07', '', false), floe_ntz('2024-01-08', '', false))`, "1"},
		{`floe_datediff('month', floe_ntz('2024-01-31', '', false), floe_ntz('2023-12-31', '', false))`, "-1"},
		{`floe_ntz_text(floe_date_trunc('week', floe_ntz('2024-01-07 10:00:00', '', false)), 'YYYY-MM-DD HH24')`, "2024-01-01 00"},
		{`floe_ntz_text(floe_date_trunc('quarter', floe_ntz('2024-06-07', '', false)), 'YYYY-MM-DD')`, "2024-04-01"},
		{`floe_date_part('dayofweek', floe_ntz('2024-01-07', '', false))`, "0"},
		{`floe_date_part('week', floe_ntz('2023-01-01', '', false))`, "52"},
		{`floe_json(' {"b": 1.50, "a": [true, null, "é<"]} ', false)`, `{"a":[true,null,"é<"],"b":1.50}`},
		{`floe_json('', false)`, "NULL"},
		{`floe_json('{', true)`, "NULL"},
		{`floe_json('{"a":1,"a":2}', false)`, `100069 (22P02) Error parsing JSON: duplicate object attribute "a", pos 10`},
		{`floe_json('1 2', false)`, `100069 (22P02) Error parsing JSON: unexpected characters behind the value, pos 3`},
		{`floe_get('{"a":{"b":1}}', 'a')`, `{"b":1}`},
		{`floe_get('{"a":1}', 'A')`, "NULL"},
		{`floe_get('{"a":null}', 'a')`, "null"},
		{`floe_get_at('[1,2]', 1)`, "2"},
		{`floe_get_at('[1,2]', 2)`, "NULL"},
		{`floe_get_path('{"a":{"b":[1,{"c d":2}]}}', 'a.b[1]["c d"]')`, "2"},
		{`floe_variant_text('"x"')`, "x"},
		{`floe_variant_text('null')`, "NULL"},
		{`floe_variant_number('"1.5"', 10, 1, false)`, "1.5"},
		{`floe_variant_number('[1]', 10, 1, false)`, "100071 (22000) Failed to cast variant value [1] to FIXED"},
		{`floe_variant_number('"x"', 10, 1, false)`, `100071 (22000) Failed to cast variant value "x" to FIXED`},
		{`floe_variant_number('null', 10, 1, false)`, "NULL"},
		{`floe_variant_number('{}', 10, 1, true)`, "NULL"},
		{`floe_variant_real('"1.5"', false)`, "1.5"},
		{`floe_variant_boolean('2', false)`, "true"},
		{`floe_variant_date('"2024-01-02"', false)`, "2024-01-02 00:00:00 +0000 UTC"},
		{`floe_variant_date('"x"', false)`, `100071 (22000) Failed to cast variant value "x" to DATE`},
		{`floe_variant_time('"00:00:01"', false)`, "1000000000"},
		{`floe_variant_ntz('1', 'UTC', false)`, "1000000000"},
		{`floe_variant_ltz('"1970-01-01 01:00:00"', 'Europe/Berlin', false)`, "0"},
		{`floe_tz_text(floe_variant_tz('"1970-01-01 01:00:00"', 'Europe/Berlin', false), 'HH24 TZH')`, "01 +01"},
		{`floe_variant_boolean('true', false)`, "true"},
		{`floe_variant_boolean('"no"', false)`, "false"},
		{`floe_typeof('1.5')`, "DECIMAL"},
		{`floe_array_size('[1,2]')`, "2"},
		{`floe_array_size('1')`, "NULL"},
		{`floe_object_keys('{"b":1,"a":2}')`, `["a","b"]`},
		{`floe_object('b', '1', 'a', '"x"', 'c', NULL)`, `{"a":"x","b":1}`},
		{`floe_object_keep_null('b', NULL)`, `{"b":null}`},
		{`floe_object()`, `{}`},
		{`floe_array('1', NULL, '"x"')`, `[1,null,"x"]`},
		{`floe_flatten('{"a":[1,"x"]}', 'a', false, false, 'BOTH')`, `[[null,"a[0]",0,"1","[1,\"x\"]"] [null,"a[1]",1,"\"x\"","[1,\"x\"]"]]`},
		{`floe_flatten(NULL, '', true, false, 'BOTH')`, `[[null,null,null,null,null]]`},
		{`floe_flatten('[]', '', false, false, 'BOTH')`, `[]`},
		{`floe_regexp_like('abc', 'B.', 'i')`, "false"},
		{`floe_regexp_like('abc', 'A.*', 'i')`, "true"},
		{`floe_regexp_replace('a1b22', '([0-9]+)', 'c', 1, 0, '<\1>')`, "a<1>b<22>"},
		{`floe_regexp_replace('a1b22', '[0-9]+', 'c', 1, 2, '$')`, "a1b$"},
		{`floe_regexp_substr('a1b22', '([a-z])([0-9]+)', 'c', 2, 1, 2)`, "22"},
		{`floe_regexp_count('äbab', 'b', 'c', 3)`, "1"},
		{`floe_regexp_instr('äbab', 'b', 'c', 1, 2, 0)`, "4"},
		{`floe_regexp_like('a', '(', '')`, "100048 (2201B) Invalid regular expression: '\\A(?:()\\z', error parsing regexp: missing closing ): `\\A(?:()\\z`"},
		{`floe_split_part('a/b/c', '/', -1)`, "c"},
		{`floe_split_part('a/b/c', '/', 0)`, "a"},
		{`floe_split_part('a', '/', 2)`, ""},
		{`floe_split('a,b', ',')`, `["a","b"]`},
		{`floe_initcap('hello wORLD')`, "Hello World"},
		{`floe_fit('äöü', 3)`, "äöü"},
		{`floe_fit('abcd', 3)`, "100078 (22000) String 'abcd' is too long and would be truncated"},
		{`floe_md5('a'::BLOB)`, "0cc175b9c0f1b6a831c399e269772661"},
		{`floe_sha2('a'::BLOB, 256)`, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
		{`floe_hex_decode('00ff', false)`, "[0 255]"},
		{`floe_hex_decode('0', true)`, "NULL"},
		{`floe_base64_decode('', false)`, "[]"},
		{`floe_utf8('\xFF'::BLOB, true)`, "NULL"},
		{`floe_array_to_string('[1,"x",null]', '-')`, "1-x-"},
		{`floe_array_contains('"x"', '[1,"x"]')`, "true"},
		{`floe_array_position('2', '[1,2]')`, "1"},
		{`floe_array_position('3', '[1,2]')`, "NULL"},
		{`floe_array_cat('[1]', '["a"]')`, `[1,"a"]`},
		{`floe_array_slice('[1,2,3]', 1, -1)`, "[2]"},
		{`floe_array_slice('[1,2,3]', 2, 1)`, "[]"},
		{`floe_array_distinct('[1,2,1]')`, "[1,2]"},
		{`floe_object_insert('{"a":1}', 'b', '[2]', false)`, `{"a":1,"b":[2]}`},
		{`floe_object_insert('{"a":1}', 'a', '2', true)`, `{"a":2}`},
		{`floe_object_insert('{"a":1}', 'a', '2', false)`, "100070 (22000) Object already has a key 'a'"},
		{`floe_object_delete('{"a":1,"b":2}', 'a')`, `{"b":2}`},
		{`floe_object_pick('{"a":1,"b":2}', 'a', 'c')`, `{"a":1}`},
		{`floe_real_text(1e300)`, "1e+300"},
		{`floe_real_text('nan')`, "NaN"},
		{`floe_real('-inf', false)`, "-Inf"},
		{`floe_sha2('a'::BLOB, 1)`, "1015 (22023) Invalid value [1] for parameter 'digestSize': it must be one of 224, 256, 384, 512"},
		{`floe_ntz('Thu, 21 Dec 2000 16:01:07 +0200', '', false)`, "977414467000000000"},
		{`floe_ntz('2024-01-02 03', '', false)`, "1704164400000000000"},
		{`floe_ntz('2024-01-02T03:04:05.123456789Z', '', false)`, "1704164645123456789"},
		{`floe_ntz('Jan 2 24 03:04 PM', 'MON DD YY HH12:MI AM', false)`, "1704207840000000000"},
		{`floe_ntz('2024x', 'YYYY', true)`, "NULL"},
		{`floe_tz_text(floe_tz('20240102030405.5+0130', 'YYYYMMDDHH24MISS.FFTZHTZM', 'UTC', false), 'YYYY-MM-DD HH24:MI:SS.FF1 TZH:TZM')`, "2024-01-02 03:04:05.5 +01:30"},
		{`floe_typeof('{}')`, "OBJECT"},
		{`floe_typeof('null')`, "NULL_VALUE"},
		{`floe_typeof('1e5')`, "DOUBLE"},
		{`floe_tz_text(floe_tz_add('month', 1, floe_tz('2024-01-31 23:00:00 +0200', '', 'UTC', false)), 'YYYY-MM-DD HH24 TZH')`, "2024-02-29 23 +02"},
	} {
		if got := value(conn, c.call); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.call, got, c.want)
		}
	}
}

// value returns what an expression gives, as text.
func value(conn *sql.Conn, call string) string {
	var v any
	err := conn.QueryRowContext(context.Background(), "SELECT "+call).Scan(&v)
	if err != nil {
		if f, ok := scalar.Parse(err.Error()); ok {
			return fmt.Sprintf("%d (%s) %s", f.Code, f.SQLState, f.Message)
		}
		return err.Error()
	}
	if v == nil {
		return "NULL"
	}
	return fmt.Sprint(v)
}
