package snowpipe

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var pipe = Name{"DB", "my schema", `P"1`}

func TestStatements(t *testing.T) {
	yes, no, text, none := true, false, "it's", ""
	at := time.Date(2026, 11, 21, 19, 0, 0, 500, time.FixedZone("", 3600))
	for _, tc := range []struct {
		name, got, want string
	}{
		{
			"create", Definition{Name: pipe, Copy: "COPY INTO T FROM @S"}.String(),
			`CREATE PIPE "DB"."my schema"."P""1"` + "\n  AS COPY INTO T FROM @S",
		},
		{
			"create if missing", Definition{Name: pipe, IfMissing: true, Comment: text, Copy: "COPY INTO T FROM @S"}.String(),
			`CREATE PIPE IF NOT EXISTS "DB"."my schema"."P""1"` + "\n  COMMENT = 'it''s'\n  AS COPY INTO T FROM @S",
		},
		{
			"replace for SNS", Definition{Name: Name{Object: "P"}, Replace: true, AutoIngest: true, Topic: "arn:aws:sns:us-west-2:1:b", ErrorIntegration: "E", Copy: "C"}.String(),
			`CREATE OR REPLACE PIPE "P"` + "\n  AUTO_INGEST = TRUE\n  ERROR_INTEGRATION = \"E\"\n  AWS_SNS_TOPIC = 'arn:aws:sns:us-west-2:1:b'\n  AS C",
		},
		{
			"auto-ingest elsewhere", Definition{Name: Name{Schema: "S", Object: "P"}, AutoIngest: true, Integration: "INT", Copy: "C"}.String(),
			`CREATE PIPE "S"."P"` + "\n  AUTO_INGEST = TRUE\n  INTEGRATION = 'INT'\n  AS C",
		},
		{"pause", strings.Join(Alteration{Paused: &yes}.statements(pipe), ";"), `ALTER PIPE "DB"."my schema"."P""1" SET PIPE_EXECUTION_PAUSED = TRUE`},
		{
			"alter", strings.Join(Alteration{Paused: &no, Comment: &text, ErrorIntegration: &none}.statements(Name{Object: "P"}), ";"),
			`ALTER PIPE "P" SET PIPE_EXECUTION_PAUSED = FALSE COMMENT = 'it''s';ALTER PIPE "P" UNSET ERROR_INTEGRATION`,
		},
		{"unset", strings.Join(Alteration{Comment: &none, ErrorIntegration: &none}.statements(Name{Object: "P"}), ";"), `ALTER PIPE "P" UNSET ERROR_INTEGRATION, COMMENT`},
		{"refresh", RefreshOptions{}.statement(Name{Object: "P"}), `ALTER PIPE "P" REFRESH`},
		{
			"refresh some", RefreshOptions{Prefix: "d1/", ModifiedAfter: at}.statement(Name{Object: "P"}),
			`ALTER PIPE "P" REFRESH PREFIX = 'd1/' MODIFIED_AFTER = '2026-11-21T18:00:00Z'`,
		},
		{"show", ShowOptions{}.statement(), "SHOW PIPES"},
		{"show some", ShowOptions{Like: `a\_%`, Database: "DB", Schema: "S"}.statement(), `SHOW PIPES LIKE 'a\\_%' IN SCHEMA "DB"."S"`},
		{"show a database's", ShowOptions{Database: "DB"}.statement(), `SHOW PIPES IN DATABASE "DB"`},
		{"show a schema's", ShowOptions{Schema: "S"}.statement(), `SHOW PIPES IN SCHEMA "S"`},
		{
			"history", from(CopyHistoryOptions{}.query(Name{"DB", "S", "T"})),
			`TABLE("DB".INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => '"DB"."S"."T"', START_TIME => DATEADD(minute, 1, DATEADD(day, -14, CURRENT_TIMESTAMP()))))` + "\nORDER BY LAST_LOAD_TIME",
		},
		{
			"history of some", from(CopyHistoryOptions{From: at, To: at, Pipe: &Name{Schema: "S", Object: "P'"}, Files: []string{"a", "b'"}}.query(Name{"d b", "S", "T"})),
			`TABLE("d b".INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => '"d b"."S"."T"', START_TIME => '2026-11-21 18:00:00.000000500 +0000'::TIMESTAMP_LTZ, END_TIME => '2026-11-21 18:00:00.000000500 +0000'::TIMESTAMP_LTZ))` +
				"\nWHERE PIPE_SCHEMA_NAME = 'S' AND PIPE_NAME = 'P''' AND SPLIT_PART(FILE_NAME, '/', -1) IN ('a', 'b''')\nORDER BY LAST_LOAD_TIME",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.got); diff != "" {
				t.Errorf("statement (-want +got):\n%s", diff)
			}
		})
	}
}

func from(query string) string {
	_, rest, _ := strings.Cut(query, "FROM ")
	return rest
}

// TestPrivileges holds the lists against the tables of Snowflake's documentation.
func TestPrivileges(t *testing.T) {
	internal := Objects{Pipe: Name{"DB", "S", "P"}, Table: Name{"DB", "S", "T"}, Stage: Name{"DB", "S", "STG"}}
	external := internal
	external.External, external.FileFormat, external.Integration = true, Name{"OTHER", "F", "FF"}, "ERRORS"
	own := internal
	own.TableStage = true
	for _, tc := range []struct {
		name string
		duty Duty
		of   Objects
		want string
	}{
		{"creator", Creator, internal, `GRANT USAGE ON DATABASE "DB" TO ROLE "R"
GRANT USAGE ON SCHEMA "DB"."S" TO ROLE "R"
GRANT CREATE PIPE ON SCHEMA "DB"."S" TO ROLE "R"
GRANT READ ON STAGE "DB"."S"."STG" TO ROLE "R"
GRANT SELECT, INSERT ON TABLE "DB"."S"."T" TO ROLE "R"`},
		{"creator, external stage", Creator, external, `GRANT USAGE ON DATABASE "DB" TO ROLE "R"
GRANT USAGE ON DATABASE "OTHER" TO ROLE "R"
GRANT USAGE ON SCHEMA "DB"."S" TO ROLE "R"
GRANT USAGE ON SCHEMA "OTHER"."F" TO ROLE "R"
GRANT CREATE PIPE ON SCHEMA "DB"."S" TO ROLE "R"
GRANT USAGE ON INTEGRATION "ERRORS" TO ROLE "R"
GRANT USAGE ON STAGE "DB"."S"."STG" TO ROLE "R"
GRANT USAGE ON FILE FORMAT "OTHER"."F"."FF" TO ROLE "R"
GRANT SELECT, INSERT ON TABLE "DB"."S"."T" TO ROLE "R"`},
		{"owner", Owner, internal, `GRANT USAGE ON DATABASE "DB" TO ROLE "R"
GRANT USAGE ON SCHEMA "DB"."S" TO ROLE "R"
GRANT OWNERSHIP ON PIPE "DB"."S"."P" TO ROLE "R" COPY CURRENT GRANTS
GRANT READ ON STAGE "DB"."S"."STG" TO ROLE "R"
GRANT SELECT, INSERT ON TABLE "DB"."S"."T" TO ROLE "R"`},
		{"operator", Operator, own, `GRANT USAGE ON DATABASE "DB" TO ROLE "R"
GRANT USAGE ON SCHEMA "DB"."S" TO ROLE "R"
GRANT OPERATE ON PIPE "DB"."S"."P" TO ROLE "R"
GRANT SELECT, INSERT ON TABLE "DB"."S"."T" TO ROLE "R"`},
		{"inserter", Inserter, internal, `GRANT USAGE ON DATABASE "DB" TO ROLE "R"
GRANT USAGE ON SCHEMA "DB"."S" TO ROLE "R"
GRANT OPERATE, MONITOR ON PIPE "DB"."S"."P" TO ROLE "R"
GRANT READ ON STAGE "DB"."S"."STG" TO ROLE "R"
GRANT SELECT, INSERT ON TABLE "DB"."S"."T" TO ROLE "R"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, p := range Privileges(tc.duty, tc.of) {
				got = append(got, p.Grant("R"))
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("grants (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseInfo(t *testing.T) {
	got, err := parseInfo(map[string]string{
		"created_on": "2017-08-15T06:11:05.703-07:00", "name": "MYPIPE", "database_name": "MYDATABASE", "schema_name": "PUBLIC",
		"definition": "copy into mytable from @mystage", "owner": "SYSADMIN", "comment": "c", "kind": "STAGE", "invalid_reason": "why",
		"pattern": "p", "notification_channel": "n", "integration": "i", "error_integration": "e",
	})
	want := Info{
		Name: Name{"MYDATABASE", "PUBLIC", "MYPIPE"}, Created: time.Date(2017, 8, 15, 13, 11, 5, 703e6, time.UTC),
		Definition: "copy into mytable from @mystage", Owner: "SYSADMIN", Comment: "c", Kind: "STAGE", InvalidReason: "why",
		Pattern: "p", NotificationChannel: "n", Integration: "i", ErrorIntegration: "e",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, row := range []map[string]string{{}, {"name": "P", "created_on": "today"}} {
		if _, err := parseInfo(row); err == nil {
			t.Errorf("%v was read", row)
		}
	}
}

func TestParsePipeStatus(t *testing.T) {
	got, err := parsePipeStatus([]byte(`{"executionState":"STOPPED_MISSING_TABLE","pendingFileCount":2,"oldestPendingFilePath":"a",
		"oldestFileTimestamp":1510000000123,"lastIngestedTimestamp":"2026-11-21T18:00:00.5Z","lastIngestedFilePath":"b","error":"no table","fault":{"a":1},
		"notificationChannelName":"arn","numOutstandingMessagesOnChannel":3,"lastPulledFromChannelTimestamp":null}`))
	want := PipeStatus{
		ExecutionState: "STOPPED_MISSING_TABLE", PendingFiles: 2, OldestPendingFile: "a", OldestPending: time.UnixMilli(1510000000123).UTC(),
		LastIngested: time.Date(2026, 11, 21, 18, 0, 0, 5e8, time.UTC), LastIngestedFile: "b", Error: "no table", Fault: `{"a":1}`,
		Channel: "arn", OutstandingOnQueue: 3,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, text := range []string{"", "{}", `{"executionState":1}`, `{"executionState":"RUNNING","oldestFileTimestamp":true}`} {
		if _, err := parsePipeStatus([]byte(text)); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func TestParseStatus(t *testing.T) {
	for text, want := range map[string]Status{
		"LOADED": Loaded, "Loaded": Loaded, "Load failed": Failed, "Partially loaded": PartiallyLoaded, "Load in progress": InProgress,
		"Load skipped": Skipped, "LOAD_FAILED": Failed, "": "", "New one": "New one",
	} {
		if got := parseStatus(text); got != want {
			t.Errorf("parseStatus(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzParseInserted(f *testing.F) {
	f.Add([]byte(`{"requestId":"x","status":"success","unmatchedPatternFiles":["a"]}`))
	f.Add([]byte(`{"responseCode":"SUCCESS","skippedFiles":["a","b"]}`))
	f.Add([]byte(`{"responseCode":"STAGE_NOT_FOUND","message":"no"}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		got, err := parseInserted(answer)
		if err == nil && !bytes.Contains(bytes.ToUpper(answer), []byte("S")) {
			t.Errorf("%q is success: %+v", answer, got)
		}
		if err != nil && len(got.Skipped)+len(got.Unmatched) > 0 {
			t.Errorf("%q is a failure with files", answer)
		}
	})
}

func FuzzParseError(f *testing.F) {
	f.Add([]byte(`{"code":"390144","message":"JWT token is invalid.","success":false}`))
	f.Add([]byte(`{"error_code":390144}`))
	f.Add([]byte(`"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"`))
	f.Add([]byte("<html>\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		e := parseError(body)
		for _, text := range []string{e.Code, e.Message} {
			if strings.ContainsAny(e.Message, "\n\r") || !utf8.ValidString(e.Message) || len(text) > 3*longest+len(body) {
				t.Errorf("%q is read as %q", body, text)
			}
		}
		_ = e.Error()
	})
}

func FuzzParseReport(f *testing.F) {
	f.Add([]byte(`{"pipe":"D.S.P","completeResult":true,"nextBeginMark":"1_39","files":[{"path":"a","rowsInserted":1,"timeReceived":"2017-06-21T04:47:41.453Z","status":"LOADED"}]}`))
	f.Add([]byte(`{"files":[{"path":"a","lastInsertTime":"2017-06-21T04:47:41","errorsSeen":null}]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		r, err := parseReport(answer)
		for _, file := range r.Files {
			if err != nil || file.Path == "" {
				t.Errorf("%q is read with %+v, %v", answer, file, err)
			}
			_, _ = file.Problem(), file.Status.Done()
		}
	})
}

func FuzzParseHistory(f *testing.F) {
	f.Add([]byte(`{"completeResult":false,"rangeEndTime":"2017-08-25T22:43:45.383Z","files":[{"path":"a","status":"LOADED"}]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		p, err := parseHistory(answer)
		if err == nil && !p.complete && p.end.IsZero() {
			t.Errorf("%q has another page, and not from where", answer)
		}
	})
}

func FuzzParsePipeStatus(f *testing.F) {
	f.Add([]byte(`{"executionState":"RUNNING","pendingFileCount":0}`))
	f.Add([]byte(`{"executionState":"PAUSED","oldestFileTimestamp":1510000000123,"error":{"a":1}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := parsePipeStatus(text); err == nil && s.ExecutionState == "" {
			t.Errorf("%q has no state", text)
		}
	})
}

// FuzzParseRow: rows of COPY_HISTORY and SHOW PIPES, as JSON objects of texts.
func FuzzParseRow(f *testing.F) {
	f.Add([]byte(`{"file_name":"a","row_count":"12","status":"Loaded","last_load_time":"2026-11-21T18:00:00.000000001Z"}`))
	f.Add([]byte(`{"name":"P","created_on":"2026-11-21T18:00:00Z"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var row map[string]string
		if json.Unmarshal(text, &row) != nil {
			return
		}
		if l, err := parseLoad(row); err == nil && l.Path == "" {
			t.Errorf("%q is a load of no file", text)
		}
		if i, err := parseInfo(row); err == nil && i.Name.Object == "" {
			t.Errorf("%q is a pipe without name", text)
		}
	})
}

// FuzzName: a name in an address is one segment of a path, and no other name has it.
func FuzzName(f *testing.F) {
	f.Add("DB", "S", "P")
	f.Add("d.b", `s"`, "a/b?c")
	f.Fuzz(func(t *testing.T, database, schema, object string) {
		n := Name{database, schema, object}
		path := n.path()
		back, err := url.PathUnescape(path)
		if err != nil || back != n.plain() || strings.ContainsAny(path, "/?#\"") {
			t.Errorf("%q is %q in an address, which is %q, %v", n, path, back, err)
		}
		if database == "" || schema == "" || object == "" {
			return
		}
		var parts []string // as they are read: quoted or not
		rest := n.plain()
		for rest != "" {
			part := ""
			if rest[0] == '"' {
				end := 1
				for end < len(rest) {
					if rest[end] == '"' && end+1 < len(rest) && rest[end+1] == '"' {
						end++
					} else if rest[end] == '"' {
						break
					}
					end++
				}
				part, rest = strings.ReplaceAll(rest[1:end], `""`, `"`), rest[end+1:]
			} else {
				end := strings.IndexByte(rest+".", '.')
				part, rest = rest[:end], rest[end:]
			}
			parts = append(parts, part)
			rest = strings.TrimPrefix(rest, ".")
		}
		if diff := cmp.Diff([]string{database, schema, object}, parts); diff != "" {
			t.Errorf("%s (-want +read):\n%s", n.plain(), diff)
		}
	})
}
