package snowflaketest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// commit commits what is accepted.
func commit(t testing.TB, srv *snowflaketest.Server) {
	t.Helper()
	if err := srv.CommitStreaming(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// mustRun runs statements as an administrator.
func mustRun(t testing.TB, srv *snowflaketest.Server, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if err := srv.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// TestStreamingErrors holds that rows that a table cannot take are dropped and counted, for the channel's whole life, that the
// token moves past them, and that a table with ERROR_LOGGING has them.
func TestStreamingErrors(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: manual}, "CREATE TABLE E (N NUMBER(3,0) NOT NULL, S VARCHAR(3)) ERROR_LOGGING = TRUE")
	db := open(t, srv)
	token, _ := s.open("E-STREAMING", "C")
	token = s.mustAppend("E-STREAMING", "C", token, "1", `{"N":1,"S":"one"}`+"\n"+`{"N":1000}`+"\n"+`{"S":"two"}`+"\n")
	commit(t, srv)
	s.mustAppend("E-STREAMING", "C", token, "2", `{"N":"no"}`+"\n")
	commit(t, srv)
	_, st := s.open("E-STREAMING", "C")
	want := map[string]any{
		"last_committed_offset_token": "2", "rows_inserted": 1.0, "rows_parsed": 4.0, "rows_error_count": 3.0,
		"last_error_offset_upper_bound": "2", "last_error_message": `Failed to cast variant value "no" to FIXED`, "channel_status_code": "SUCCESS",
	}
	for key, v := range want {
		if st[key] != v {
			t.Errorf("%s is %v, want %v", key, st[key], v)
		}
	}
	if st["last_error_timestamp_ms"] == nil {
		t.Error("there is no time of the last error")
	}
	got := query(t, db, `SELECT error_code, error_metadata:service::VARCHAR, error_metadata:error_message::VARCHAR, error_metadata:details.channel_name::VARCHAR,
		error_metadata:details.pipe_name::VARCHAR, error_metadata:details.offset_token_lower_bound::VARCHAR, error_data FROM ERROR_TABLE(E) ORDER BY error_data`)
	wantRows := [][]string{
		{"100071", "snowpipe_streaming", `Failed to cast variant value "no" to FIXED`, "C", `TEST.PUBLIC."E-STREAMING"`, "2", `{"N":"no"}`},
		{"100039", "snowpipe_streaming", "Numeric value '1000' is out of range", "C", `TEST.PUBLIC."E-STREAMING"`, "1", `{"N":1000}`},
		{"100072", "snowpipe_streaming", "NULL result in a non-nullable column", "C", `TEST.PUBLIC."E-STREAMING"`, "1", `{"S":"two"}`},
	}
	if diff := cmp.Diff(wantRows, got); diff != "" {
		t.Errorf("ERROR_TABLE (-want +got):\n%s", diff)
	}
	if _, err := db.QueryContext(t.Context(), "SELECT * FROM ERROR_TABLE(T)"); code(err) != 2003 {
		t.Errorf("ERROR_TABLE of a table that logs nothing: %v", err)
	}
	mustExec(t, db, "ALTER TABLE T SET ERROR_LOGGING = TRUE")
	if got := query(t, db, "SELECT COUNT(*) FROM ERROR_TABLE(TEST.PUBLIC.T)"); got[0][0] != "0" {
		t.Errorf("the error table of T has %v rows", got)
	}
}

// TestStreamingValues holds what values of rows become, in a default pipe.
func TestStreamingValues(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{}, `CREATE TABLE V (ID NUMBER AUTOINCREMENT, N NUMBER(10,2) DEFAULT 7, F FLOAT, S VARCHAR DEFAULT 'none', B BINARY, BO BOOLEAN, D DATE, TI TIME,
		NTZ TIMESTAMP_NTZ, LTZ TIMESTAMP_LTZ, TZ TIMESTAMP_TZ, V VARIANT, O OBJECT, A ARRAY, "a""b" NUMBER, "naïve" NUMBER, "select" NUMBER, x NUMBER, "x" NUMBER)`)
	db := open(t, srv)
	token, _ := s.open("v-streaming", "c")
	s.mustAppend("v-streaming", "c", token, "1", strings.Join([]string{
		`{"N":"12.30","F":"NaN","S":"text","B":"AQID","BO":"true","D":"2024-02-29","TI":"12:34:56.123456789","NTZ":"2013-04-28T20:57:01.123456789","LTZ":"2013-04-28T20:57:01.123456789+07:00","TZ":"2013-04-28T20:57:01.123456789+07:00","V":"text","O":"{\"a\":1}","A":[1,2]}`,
		`{"n":1.5,"f":"-inf","s":null,"bo":0,"d":"19782","v":null,"o":null,"a":null}`,
		`{"S":"in UTC","NTZ":"2013-04-28T20:57:01+07:00","LTZ":"2013-04-28 20:57:01","TZ":"2013-04-28T20:57:01"}`,
		`{"F":-0.0,"S":"\\N","V":{"b":[1,null],"a":"x"},"O":{"k":{}},"a\"b":1,"naïve":2,"select":3,"X":4,"x":5,"more":6}`,
	}, "\n"))
	s.waitFor("V-STREAMING", "c", "1")
	got := query(t, db, `SELECT N, F::VARCHAR, S, TO_VARCHAR(B, 'HEX'), BO, D::VARCHAR, TI::VARCHAR, TO_VARCHAR(NTZ, 'YYYY-MM-DD HH24:MI:SS.FF9'),
		TO_VARCHAR(CONVERT_TIMEZONE('UTC', LTZ), 'YYYY-MM-DD HH24:MI:SS.FF9'), TO_VARCHAR(TZ, 'YYYY-MM-DD HH24:MI:SS.FF9 TZHTZM'), TO_JSON(V), TO_JSON(O), TO_JSON(A),
		V IS NULL, "a""b", "naïve", "select", x, "x" FROM V ORDER BY S DESC NULLS LAST`)
	want := [][]string{
		{"12.30", "NaN", "text", "010203", "1", "2024-02-29", "12:34:56", "2013-04-28 20:57:01.123456789", "2013-04-28 13:57:01.123456789", "2013-04-28 20:57:01.123456789 +0700", `"text"`, `{"a":1}`, `[1,2]`, "0", "NULL", "NULL", "NULL", "NULL", "NULL"},
		{"7.00", "NULL", "in UTC", "NULL", "NULL", "NULL", "NULL", "2013-04-28 20:57:01.000000000", "2013-04-28 20:57:01.000000000", "2013-04-28 20:57:01.000000000 +0000", "NULL", "NULL", "NULL", "1", "NULL", "NULL", "NULL", "NULL", "NULL"},
		{"7.00", "-0", `\N`, "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", "NULL", `{"a":"x","b":[1,null]}`, `{"k":{}}`, "NULL", "0", "1", "2", "3", "4", "5"},
		{"1.50", "-inf", "NULL", "NULL", "0", "1970-01-01", "NULL", "NULL", "NULL", "NULL", "null", "NULL", "NULL", "0", "NULL", "NULL", "NULL", "NULL", "NULL"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table (-want +got):\n%s\n%v", diff, s.status("V-STREAMING", "c"))
	}
}

// TestStreamingManyColumns holds that a table may have hundreds of columns.
func TestStreamingManyColumns(t *testing.T) {
	t.Parallel()
	var columns, row []string
	for i := range 300 {
		columns = append(columns, fmt.Sprintf("C%d NUMBER(38,0)", i))
		row = append(row, fmt.Sprintf(`"C%d":%d`, i, i))
	}
	srv, s := startStreaming(t, snowflaketest.Options{}, "CREATE TABLE W ("+strings.Join(columns, ", ")+")")
	token, _ := s.open("W-STREAMING", "C")
	s.mustAppend("W-STREAMING", "C", token, "1", strings.Repeat("{"+strings.Join(row, ",")+"}\n", 10))
	s.waitFor("W-STREAMING", "C", "1")
	if got := query(t, open(t, srv), "SELECT COUNT(*), SUM(C299) FROM W"); !cmp.Equal(got, [][]string{{"10", "2990"}}) {
		t.Errorf("the table has %v", got)
	}
}

// TestStreamingPipes holds custom pipes: those that transform, and those that match columns by name.
func TestStreamingPipes(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: manual},
		"CREATE TABLE P (A NUMBER NOT NULL, B VARCHAR, C BINARY)",
		"CREATE PIPE SEL AS COPY INTO P FROM (SELECT $1:a::NUMBER, UPPER($1:b::VARCHAR), NULL FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')))",
		"CREATE PIPE LISTED AS COPY INTO P (B, A) FROM (SELECT $1:b, $1:a * 10 FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')))",
		"CREATE PIPE MATCHED AS COPY INTO P FROM (SELECT $1 FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING'))) MATCH_BY_COLUMN_NAME = CASE_SENSITIVE",
		"CREATE PIPE IF NOT EXISTS DIRECT AS COPY INTO P FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE ON_ERROR = CONTINUE",
	)
	for _, c := range []struct {
		pipe, rows, want string
		errors           float64
	}{
		{"SEL", `{"a":1,"b":"x"}` + "\n" + `{"a":"no","b":"y"}` + "\n" + `{"b":"z"}` + "\n" + `{"a":"4"}`, "[[1 X NULL] [4 NULL NULL]]", 2},
		{"LISTED", `{"a":1,"b":"x"}` + "\n" + `{"a":"no"}` + "\n" + `{"a":2}`, "[[10 x NULL] [20 NULL NULL]]", 1},
		{"MATCHED", `{"A":1,"b":"x","C":"0aff"}` + "\n" + `{"a":2}`, "[[1 NULL 0AFF]]", 1},
		{"DIRECT", `{"a":1,"b":"x","c":"0aff"}`, "[[1 x 0AFF]]", 0},
	} {
		token, _ := s.open(c.pipe, "C")
		s.mustAppend(c.pipe, "C", token, "1", c.rows)
		commit(t, srv)
		if st := s.status(c.pipe, "C")["C"]; st["rows_error_count"] != c.errors || st["last_committed_offset_token"] != "1" {
			t.Errorf("%s: the channel is %v", c.pipe, st)
		}
		db := open(t, srv)
		if got := fmt.Sprint(query(t, db, "SELECT A, B, TO_VARCHAR(C, 'HEX') FROM P ORDER BY A")); got != c.want {
			t.Errorf("%s: the table has %s, want %s", c.pipe, got, c.want)
		}
		mustExec(t, db, "TRUNCATE TABLE P")
	}
	for _, sql := range []string{
		"CREATE PIPE X AS COPY INTO P FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING'))",
		"CREATE PIPE X AS COPY INTO P FROM (SELECT $1:a FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')))",
		"CREATE PIPE X AS COPY INTO P FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE ON_ERROR = ABORT_STATEMENT",
		"CREATE PIPE X AS COPY INTO P FROM (SELECT $1:a::NUMBER, $1:b, $1:c FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING'))) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE",
	} {
		if err := srv.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s: no error", sql)
		}
	}
}

// TestStreamingEvolution holds that a table with ENABLE_SCHEMA_EVOLUTION takes what it has no columns for.
func TestStreamingEvolution(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: manual}, "CREATE TABLE G (A NUMBER NOT NULL, B NUMBER NOT NULL) ENABLE_SCHEMA_EVOLUTION = TRUE")
	token, _ := s.open("G-STREAMING", "C")
	s.mustAppend("G-STREAMING", "C", token, "1", `{"A":1,"c":"text","d":{"x":1},"e":null}`+"\n"+`{"A":2,"B":3,"c":"more"}`)
	commit(t, srv)
	db := open(t, srv)
	got := fmt.Sprint(query(t, db, "SELECT A, B, C, TO_JSON(D), E FROM G ORDER BY A"))
	if want := `[[1 NULL text {"x":1} NULL] [2 3 more NULL NULL]]`; got != want {
		t.Errorf("the table has %s, want %s: %v", got, want, s.status("G-STREAMING", "C"))
	}
	mustRun(t, srv, "CREATE ROLE LOADER", "GRANT USAGE ON DATABASE TEST TO ROLE LOADER", "GRANT USAGE ON SCHEMA TEST.PUBLIC TO ROLE LOADER",
		"GRANT INSERT ON TABLE G TO ROLE LOADER", "GRANT ROLE LOADER TO USER BOB")
	s.login("LOADER")
	token, _ = s.open("G-STREAMING", "L")
	token = s.mustAppend("G-STREAMING", "L", token, "1", `{"A":3,"F":"a column that the role may not add"}`+"\n"+`{"B":3}`)
	commit(t, srv)
	if st := s.status("G-STREAMING", "L")["L"]; st["rows_inserted"] != 1.0 || st["rows_error_count"] != 1.0 {
		t.Errorf("by a role that may not have the table evolve, the channel is %v", st)
	}
	got = fmt.Sprint(query(t, db, "SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'G' ORDER BY ORDINAL_POSITION"))
	if want := "[[A NUMBER NO] [B NUMBER YES] [C TEXT YES] [D VARIANT YES] [E TEXT YES]]"; got != want {
		t.Errorf("the columns are %s, want %s", got, want)
	}
	mustRun(t, srv, "GRANT EVOLVE SCHEMA ON TABLE G TO ROLE LOADER")
	s.mustAppend("G-STREAMING", "L", token, "2", `{"A":4,"F":true}`)
	commit(t, srv)
	if got := fmt.Sprint(query(t, db, "SELECT A FROM G WHERE F")); got != "[[4]]" {
		t.Errorf("by a role that may have the table evolve: %s", got)
	}
}

// TestShowChannels holds SHOW CHANNELS.
func TestShowChannels(t *testing.T) {
	t.Parallel()
	srv, s := startStreaming(t, snowflaketest.Options{StreamingDelay: manual}, "CREATE TABLE U (N NUMBER)",
		"CREATE PIPE P AS COPY INTO U FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE")
	token, _ := s.open("T-STREAMING", "A")
	s.mustAppend("T-STREAMING", "A", token, "9", numbers(0, 1))
	commit(t, srv)
	s.open("T-STREAMING", "A")
	s.open("P", "B")
	db := open(t, srv)
	var pipes []string
	for _, row := range query(t, db, "SHOW PIPES") {
		pipes = append(pipes, row[1])
	}
	if want := []string{"P", "T-STREAMING"}; !cmp.Equal(pipes, want) {
		t.Errorf("the pipes are %v, want %v", pipes, want)
	}
	if _, err := db.ExecContext(t.Context(), `DROP PIPE "T-STREAMING"`); code(err) != 2003 {
		t.Errorf("dropping the default pipe: %v", err)
	}
	for sql, want := range map[string]string{
		"SHOW CHANNELS":                 "[[A TEST PUBLIC T 2 1 9 T-STREAMING] [B TEST PUBLIC U 1 0 NULL P]]",
		"SHOW CHANNELS IN TABLE U":      "[[B TEST PUBLIC U 1 0 NULL P]]",
		"SHOW CHANNELS IN PIPE P":       "[[B TEST PUBLIC U 1 0 NULL P]]",
		"SHOW CHANNELS LIKE 'a%'":       "[[A TEST PUBLIC T 2 1 9 T-STREAMING]]",
		"SHOW CHANNELS IN ACCOUNT":      "[[A TEST PUBLIC T 2 1 9 T-STREAMING] [B TEST PUBLIC U 1 0 NULL P]]",
		"SHOW CHANNELS STARTS WITH 'x'": "[]",
	} {
		got := query(t, db, sql)
		for i := range got {
			got[i] = got[i][1:]
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", sql, got, want)
		}
	}
}
