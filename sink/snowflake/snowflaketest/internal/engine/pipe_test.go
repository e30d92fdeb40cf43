package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
)

// tell tells a pipe of files, and returns what became of them: queued, skipped and unmatched, apart by |.
func tell(t *testing.T, s *Session, pipe string, paths ...string) string {
	t.Helper()
	var files []PipeFile
	for _, p := range paths {
		files = append(files, PipeFile{Path: p})
	}
	q, err := s.InsertFiles(t.Context(), pipe, files)
	if err != nil {
		t.Fatalf("insert %v into %s: %v", paths, pipe, err)
	}
	return strings.Join(q.Queued, ",") + "|" + strings.Join(q.Skipped, ",") + "|" + strings.Join(q.Unmatched, ",")
}

// untold is tell of what fails.
func untold(t *testing.T, s *Session, pipe string, paths ...string) *Error {
	t.Helper()
	var own *Error
	if _, err := s.InsertFiles(t.Context(), pipe, []PipeFile{{Path: paths[0]}}); !errors.As(err, &own) {
		t.Fatalf("insert %v into %s: %v, want an *Error", paths, pipe, err)
	}
	return own
}

// state is the answer of SYSTEM$PIPE_STATUS.
func state(t *testing.T, s *Session, pipe string) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := json.Unmarshal([]byte(text(run(t, s, `SELECT SYSTEM$PIPE_STATUS('`+pipe+`')`))), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// settle waits until a pipe has nothing in its queue.
func settle(t *testing.T, s *Session, pipe string) {
	t.Helper()
	until(t, func() bool { return state(t, s, pipe)["pendingFileCount"] == 0.0 })
}

// report is what became of the files of a pipe: path, status, rows parsed and inserted, first and system error.
func report(t *testing.T, s *Session, pipe string) string {
	t.Helper()
	now := s.e.now()
	r, err := s.PipeReport(t.Context(), pipe, PipeSpan{From: now.Add(-10 * time.Minute), To: now.Add(time.Second), Most: 100, Latest: true})
	if err != nil || !r.Complete {
		t.Fatalf("report of %s: complete %t, %v", pipe, r.Complete, err)
	}
	var out []string
	for _, e := range r.Events {
		out = append(out, fmt.Sprintf("%s|%s|%d|%d|%s|%s", e.Path, e.Status, e.Parsed, e.Loaded, e.First.Message, e.System))
	}
	return strings.Join(out, "\n")
}

const pipeOptions = ` FILE_FORMAT = (TYPE = PARQUET USE_VECTORIZED_SCANNER = TRUE) MATCH_BY_COLUMN_NAME = CASE_SENSITIVE`

// A pipe loads what it is told of, once, and knows names for 14 days, whatever is in the files; COPY keeps books of its own.
func TestPipe(t *testing.T) {
	clock := &clock{at: time.Now()}
	_, s := start(t, Options{Now: clock.now})
	run(t, s, `CREATE STAGE st; CREATE TABLE t (ID INT, NAME VARCHAR); CREATE PIPE p AS COPY INTO t FROM @st/dir/`+pipeOptions)
	parquet(t, s, "@st/dir/", "a.parquet", `SELECT 1::BIGINT AS "ID", 'a' AS "NAME"`)
	parquet(t, s, "@st/dir/sub/", "b.parquet", `SELECT 2::BIGINT AS "ID", 'b' AS "NAME" UNION ALL SELECT 3, 'c'`)
	if got := tell(t, s, "DB.PUBLIC.P", "a.parquet", "sub/b.parquet", "a.parquet", "none.parquet"); got != "a.parquet,sub/b.parquet,none.parquet|a.parquet|" {
		t.Errorf("the pipe says %s", got)
	}
	settle(t, s, "p")
	is(t, s, `SELECT * FROM t ORDER BY ID`, "1|a\n2|b\n3|c")
	const gone = "Remote file '@st/dir/none.parquet' was not found. There are several potential causes. The file might not exist. " +
		"The required credentials may be missing or invalid. If you are running a copy command, please make sure files are not deleted when they are being " +
		"loaded or files are not being loaded into two different tables concurrently with auto purge option."
	if diff := cmp.Diff("a.parquet|LOADED|1|1||\nsub/b.parquet|LOADED|2|2||\nnone.parquet|LOAD_FAILED|0|0|"+gone+"|"+gone, report(t, s, "db.public.p")); diff != "" {
		t.Errorf("the report (-want +got):\n%s", diff)
	}
	// Names are known, however they are written, also that of what failed, and of what has other content now.
	parquet(t, s, "@st/dir/", "a.parquet", `SELECT 10::BIGINT AS "ID", 'changed' AS "NAME"`)
	parquet(t, s, "@st/dir/", "none.parquet", `SELECT 11::BIGINT AS "ID", 'late' AS "NAME"`)
	if got := tell(t, s, `db."PUBLIC".p`, "/a.parquet", "sub/b.parquet", "none.parquet"); got != "|/a.parquet,sub/b.parquet,none.parquet|" {
		t.Errorf("the pipe says %s", got)
	}
	// TRUNCATE changes nothing about that, and COPY does not know what the pipe has loaded.
	run(t, s, `TRUNCATE TABLE t`)
	if got := tell(t, s, "DB.PUBLIC.P", "sub/b.parquet"); got != "|sub/b.parquet|" {
		t.Errorf("after TRUNCATE the pipe says %s", got)
	}
	if got := len(run(t, s, `COPY INTO t FROM @st/dir/`+pipeOptions).Rows); got != 3 {
		t.Errorf("COPY loads %d files, want all 3", got)
	}
	is(t, s, `SELECT COUNT(*) FROM t`, "4")
	// After 14 days the names are forgotten.
	clock.add(14*24*time.Hour - time.Hour)
	if got := tell(t, s, "DB.PUBLIC.P", "a.parquet"); got != "|a.parquet|" {
		t.Errorf("after less than 14 days the pipe says %s", got)
	}
	clock.add(2 * time.Hour)
	if got := tell(t, s, "DB.PUBLIC.P", "a.parquet"); got != "a.parquet||" {
		t.Errorf("after 14 days the pipe says %s", got)
	}
	settle(t, s, "p")
	is(t, s, `SELECT COUNT(*) FROM t WHERE ID = 10`, "2")
	// And so they are by a pipe that is made anew: its history is gone.
	run(t, s, `CREATE OR REPLACE PIPE p AS COPY INTO t FROM @st/dir/`+pipeOptions)
	if got := report(t, s, "DB.PUBLIC.P"); got != "" {
		t.Errorf("the new pipe reports %s", got)
	}
	if got := tell(t, s, "DB.PUBLIC.P", "a.parquet"); got != "a.parquet||" {
		t.Errorf("the new pipe says %s", got)
	}
	settle(t, s, "p")
	is(t, s, `SELECT COUNT(*) FROM t WHERE ID = 10`, "3")
}

// COPY_HISTORY tells of COPYs and pipes, LOAD_HISTORY of COPYs alone.
func TestPipeHistory(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE STAGE st; CREATE TABLE t (ID INT NOT NULL, V VARCHAR(3)); CREATE PIPE p AS COPY INTO t FROM @st/d ON_ERROR = CONTINUE; CREATE PIPE q AS COPY INTO t FROM @%t`)
	upload(t, s, "@st/d", "a.csv", "1,a\nx,b\n3,long\n4,d\n")
	upload(t, s, "@%t", "b.csv", "5,e\nx,f\n")
	upload(t, s, "@%t", "c.csv", "6,g\n")
	tell(t, s, "DB.PUBLIC.P", "a.csv")
	tell(t, s, "DB.PUBLIC.Q", "b.csv", "c.csv")
	settle(t, s, "p")
	settle(t, s, "q")
	is(t, s, `SELECT ID FROM t ORDER BY ID`, "1\n4\n6")
	run(t, s, `COPY INTO t FROM @%t FILES = ('c.csv')`)
	const history = `SELECT file_name, row_count, row_parsed, first_error_message, first_error_line_number, first_error_character_pos, first_error_column_name,
		error_count, error_limit, status, table_name, pipe_catalog_name, pipe_schema_name, pipe_name, pipe_received_time <= last_load_time, bytes_billed = file_size
		FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'db.public.t', START_TIME => DATEADD(hour, -1, CURRENT_TIMESTAMP())%s)) ORDER BY pipe_name NULLS FIRST, 1`
	want := []string{
		`c.csv|1|1|NULL|NULL|NULL|NULL|0|1|Loaded|T|NULL|NULL|NULL|NULL|NULL`,
		`a.csv|2|4|Numeric value 'x' is not recognized|2|1|"T"["ID":1]|2|4|Partially loaded|T|DB|PUBLIC|P|true|true`,
		`b.csv|0|2|Numeric value 'x' is not recognized|2|1|"T"["ID":1]|1|1|Load failed|T|DB|PUBLIC|Q|true|true`,
		`c.csv|1|1|NULL|NULL|NULL|NULL|0|1|Loaded|T|DB|PUBLIC|Q|true|true`,
	}
	is(t, s, fmt.Sprintf(history, ""), strings.Join(want, "\n"))
	is(t, s, fmt.Sprintf(history, `, PIPE_NAME => 'db.public.q'`), strings.Join(want[2:], "\n"))
	is(t, s, `SELECT file_name FROM INFORMATION_SCHEMA.LOAD_HISTORY`, "c.csv")
	is(t, s, `SELECT COUNT(*) FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 't', START_TIME => DATEADD(hour, 1, CURRENT_TIMESTAMP())))`, "0")
	is(t, s, `SELECT file, row_number, error FROM TABLE(INFORMATION_SCHEMA.VALIDATE_PIPE_LOAD(PIPE_NAME => 'p', START_TIME => DATEADD(hour, -1, CURRENT_TIMESTAMP()))) ORDER BY 2`,
		"d/a.csv|2|Numeric value 'x' is not recognized\nd/a.csv|3|User character length limit (3) exceeded by string 'long'")
	// What was loaded before the last TRUNCATE is not shown, once that is committed.
	b := connect(t, s.e, Login{User: "ADMIN"})
	const entries = `SELECT COUNT(*) FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'db.public.t', START_TIME => DATEADD(hour, -1, CURRENT_TIMESTAMP())))`
	run(t, b, `BEGIN; TRUNCATE TABLE t`)
	is(t, b, entries, "0")
	is(t, s, entries, "4")
	run(t, b, `ROLLBACK`)
	is(t, b, entries, "4")
	run(t, b, `TRUNCATE TABLE t`)
	upload(t, s, "@st/d", "d.csv", "7,h\n")
	tell(t, s, "DB.PUBLIC.P", "d.csv")
	settle(t, s, "p")
	is(t, s, entries, "1")
	// Without MONITOR the names of the pipe are masked; with the pipe its history goes.
	run(t, s, `CREATE ROLE r; GRANT USAGE ON DATABASE db TO ROLE r; GRANT USAGE ON SCHEMA public TO ROLE r; GRANT SELECT ON TABLE t TO ROLE r;
		GRANT USAGE ON WAREHOUSE wh TO ROLE r; GRANT ROLE r TO USER admin; DROP PIPE q; USE ROLE r`)
	is(t, s, `SELECT file_name, pipe_catalog_name, pipe_schema_name, pipe_name FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 't', START_TIME => DATEADD(hour, -1, CURRENT_TIMESTAMP())))
		WHERE pipe_received_time IS NOT NULL`, "d.csv|NULL|NULL|NULL")
}

// What a pipe may not have, what it has for granted, and how it is shown.
func TestPipeStatements(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE STAGE st; CREATE STAGE hasty COPY_OPTIONS = (ON_ERROR = ABORT_STATEMENT PURGE = TRUE); CREATE TABLE t (id INT); CREATE FILE FORMAT ff TYPE = CSV; CREATE SCHEMA other; USE SCHEMA public`)
	steps(t, s, []step{
		{`CREATE PIPE p AS COPY INTO t FROM @st FILES = ('a')`, "(1008 22023) FILES"},
		{`CREATE PIPE p AS COPY INTO t FROM @st SIZE_LIMIT = 10`, "(1008 22023) SIZE_LIMIT"},
		{`CREATE PIPE p AS COPY INTO t FROM @st PURGE = FALSE`, "(1008 22023) PURGE"},
		{`CREATE PIPE p AS COPY INTO t FROM @st FORCE = FALSE`, "(1008 22023) FORCE"},
		{`CREATE PIPE p AS COPY INTO t FROM @st RETURN_FAILED_ONLY = TRUE`, "(1008 22023) RETURN_FAILED_ONLY"},
		{`CREATE PIPE p AS COPY INTO t FROM @st VALIDATION_MODE = RETURN_ERRORS`, "(1008 22023) VALIDATION_MODE"},
		{`CREATE PIPE p AS COPY INTO t FROM @st ON_ERROR = ABORT_STATEMENT`, "(1008 22023) ON_ERROR"},
		{`CREATE PIPE p AS COPY INTO t FROM @~`, "(1008 22023) stage of a user"},
		{`CREATE PIPE p AS COPY INTO nowhere FROM @st`, "(2003 42S02) NOWHERE"},
		{`CREATE PIPE p AS COPY INTO t FROM @nowhere`, "(2003 02000) NOWHERE"},
		{`CREATE PIPE p AS COPY INTO t FROM @st PATTERN = '['`, "(1008 22023) PATTERN"},
		{`CREATE PIPE p AUTO_INGEST = TRUE AS COPY INTO t FROM @st`, "(2 0A000) internal stage"},
		{`CREATE PIPE p COLOR = 'red' AS COPY INTO t FROM @st`, "(2 0A000) COLOR"},
		{`CREATE PIPE p AS COPY INTO t FROM TABLE(RESULT_SCAN('x'))`, "(2 0A000) DATA_SOURCE"},
		{`COPY INTO t FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING'))`, "(2 0A000) outside of a pipe"},
		{`CREATE PIPE p COMMENT = 'c' AS (COPY INTO t FROM @st/x PATTERN = '.*[.]csv' FILE_FORMAT = (FORMAT_NAME = 'ff') ON_ERROR = 'SKIP_FILE_10%')`, "Pipe P successfully created."},
		{`CREATE PIPE p AS COPY INTO t FROM @st`, "(2002 42710) already exists"},
		{`CREATE PIPE IF NOT EXISTS p AS COPY INTO t FROM @st`, "P already exists, statement succeeded."},
		{`CREATE PIPE h AS COPY INTO t FROM @hasty`, "Pipe H successfully created."},
		{`ALTER PIPE p SET COMMENT = 'd' PIPE_EXECUTION_PAUSED = TRUE`, "Statement executed successfully."},
		{`ALTER PIPE p SET AUTO_INGEST = TRUE`, "(2 0A000) AUTO_INGEST"},
		{`ALTER PIPE p RENAME TO q`, "(2 0A000) ALTER PIPE"},
		{`CREATE PIPE sent AS COPY INTO t FROM (SELECT $1:id::INT FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')))`, "Pipe SENT successfully created."},
		{`CREATE PIPE more AUTO_INGEST = TRUE AS COPY INTO t FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE`, "(1008 22023) AUTO_INGEST"},
		{`SELECT pipe_name, is_autoingest_enabled, notification_channel_name, comment, pattern FROM INFORMATION_SCHEMA.PIPES WHERE pipe_name = 'P'`, "P|NO|NULL|d|.*[.]csv"},
	})
	if err := untold(t, s, "DB.PUBLIC.SENT", "x"); err.Code != 1008 {
		t.Errorf("a pipe that takes rows answers %v", err)
	}
	if got := names(run(t, s, `DESCRIBE PIPE p`)); got != "created_on|name|database_name|schema_name|definition|owner|notification_channel|comment|integration|pattern|error_integration|invalid_reason|kind" {
		t.Errorf("DESCRIBE PIPE has %s", got)
	}
	for _, c := range []struct{ columns, want string }{
		{"name,database_name,schema_name,definition,owner", "P|DB|PUBLIC|(COPY INTO t FROM @st/x PATTERN = '.*[.]csv' FILE_FORMAT = (FORMAT_NAME = 'ff') ON_ERROR = 'SKIP_FILE_10%')|ACCOUNTADMIN"},
		{"notification_channel,comment,integration,pattern,error_integration,invalid_reason,kind", "NULL|d|NULL|.*[.]csv|NULL|NULL|STAGE"},
	} {
		for _, sql := range []string{`DESCRIBE PIPE p`, `SHOW PIPES LIKE 'p' IN SCHEMA db.public`} {
			if got := part(run(t, s, sql), strings.Split(c.columns, ",")...); got != c.want {
				t.Errorf("%s: %s is %q, want %q", sql, c.columns, got, c.want)
			}
		}
	}
	upload(t, s, "@hasty", "a.csv", "1\nx\n")
	upload(t, s, "@hasty", "b.csv", "2\n")
	tell(t, s, "DB.PUBLIC.H", "a.csv", "b.csv")
	settle(t, s, "h")
	is(t, s, `SELECT id FROM t`, "2")
	if got := len(run(t, s, `LIST @hasty`).Rows); got != 2 {
		t.Errorf("a pipe has purged files: %d are left", got)
	}
	// Names in the statement are of the pipe's schema, wherever the session is.
	run(t, s, `USE SCHEMA other; CREATE PIPE public.far AS COPY INTO t FROM @hasty`)
	tell(t, s, "DB.PUBLIC.FAR", "b.csv")
	settle(t, s, "db.public.far")
	is(t, s, `SELECT COUNT(*) FROM db.public.t`, "2")
	if err := untold(t, s, "DB.PUBLIC.NONE", "x"); err.Code != 2003 {
		t.Errorf("a pipe that is not there answers %v", err)
	}
	if err := untold(t, s, "P", "x"); err.Code != 2003 {
		t.Errorf("a name with one part answers %v", err)
	}
}

// PATTERN filters the files that a pipe is told of by what is left of their names behind the pipe's location.
func TestPipePattern(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE STAGE st; CREATE TABLE t (id INT); CREATE PIPE p AS COPY INTO t FROM @st/x/ PATTERN = 'in/.*[.]csv'`)
	upload(t, s, "@st/x/in", "a.csv", "1\n")
	upload(t, s, "@st/x/out", "b.csv", "2\n")
	if got := tell(t, s, "DB.PUBLIC.P", "in/a.csv", "out/b.csv", "in/a.txt"); got != "in/a.csv||out/b.csv,in/a.txt" {
		t.Errorf("the pipe says %s", got)
	}
	settle(t, s, "p")
	is(t, s, `SELECT id FROM t`, "1")
}

// A pipe that is paused takes names; one that has lost what it needs keeps them until it can load again.
func TestPipePaused(t *testing.T) {
	clock := &clock{at: time.Now()}
	_, s := start(t, Options{Now: clock.now})
	run(t, s, `CREATE STAGE st; CREATE TABLE t (id INT); CREATE FILE FORMAT ff; CREATE PIPE p AS COPY INTO t FROM @st FILE_FORMAT = (FORMAT_NAME = 'ff'); ALTER PIPE p SET PIPE_EXECUTION_PAUSED = TRUE`)
	upload(t, s, "@st", "a.csv", "1\n")
	tell(t, s, "DB.PUBLIC.P", "a.csv")
	got := state(t, s, "p")
	if got["executionState"] != "PAUSED" || got["pendingFileCount"] != 1.0 || got["oldestPendingFilePath"] != "a.csv" || got["oldestFileTimestamp"] == nil {
		t.Errorf("the paused pipe is %v", got)
	}
	clock.add(15 * 24 * time.Hour) // no pipe of files that clients name becomes stale
	run(t, s, `DROP FILE FORMAT ff; ALTER PIPE p SET PIPE_EXECUTION_PAUSED = FALSE`)
	until(t, func() bool { return part(run(t, s, `SHOW PIPES`), "invalid_reason") != "NULL" })
	if got := state(t, s, "p"); got["executionState"] != "STALLED_COMPILATION_ERROR" || !strings.Contains(fmt.Sprint(got["error"]), "File format 'DB.PUBLIC.FF'") || got["pendingFileCount"] != 1.0 {
		t.Errorf("the pipe without its format is %v", got)
	}
	run(t, s, `CREATE FILE FORMAT ff`)
	settle(t, s, "p")
	is(t, s, `SELECT id FROM t`, "1")
	if got := state(t, s, "p"); got["executionState"] != "RUNNING" || !strings.HasSuffix(fmt.Sprint(got["lastIngestedFilePath"]), "/a.csv") || got["error"] != nil {
		t.Errorf("the pipe that runs is %v", got)
	}
	// The table is the one that the pipe was made for, whatever it is called; one of the same name is another.
	run(t, s, `ALTER TABLE t RENAME TO u; CREATE TABLE t (id INT)`)
	upload(t, s, "@st", "b.csv", "2\n")
	tell(t, s, "DB.PUBLIC.P", "b.csv")
	settle(t, s, "p")
	is(t, s, `SELECT id FROM u ORDER BY id`, "1\n2")
	run(t, s, `DROP TABLE u`)
	tell(t, s, "DB.PUBLIC.P", "c.csv")
	if got := state(t, s, "p"); got["executionState"] != "STOPPED_MISSING_TABLE" {
		t.Errorf("the pipe without its table is %v", got)
	}
	// The other pipes go on meanwhile.
	run(t, s, `CREATE PIPE r AS COPY INTO t FROM @st`)
	tell(t, s, "DB.PUBLIC.R", "a.csv")
	settle(t, s, "r")
	tell(t, s, "DB.PUBLIC.R", "b.csv")
	settle(t, s, "r")
	is(t, s, `SELECT id FROM t ORDER BY id`, "1\n2")
	run(t, s, `CREATE PIPE q AS COPY INTO t FROM @st; DROP STAGE st`)
	if got := state(t, s, "q"); got["executionState"] != "STOPPED_STAGE_DROPPED" {
		t.Errorf("the pipe without its stage is %v", got)
	}
}

// Who has what role decides: the owner's loads, the caller's names files and reads reports.
func TestPipePrivileges(t *testing.T) {
	e, s := start(t, Options{})
	run(t, s, `CREATE STAGE st; CREATE TABLE t (id INT); CREATE ROLE owner; CREATE ROLE r; CREATE USER u DEFAULT_ROLE = r; CREATE USER o DEFAULT_ROLE = owner;
		GRANT ROLE r TO USER u; GRANT ROLE owner TO USER o; GRANT USAGE ON DATABASE db TO ROLE owner; GRANT USAGE, CREATE PIPE ON SCHEMA public TO ROLE owner;
		GRANT USAGE ON DATABASE db TO ROLE r; GRANT USAGE ON SCHEMA public TO ROLE r`)
	upload(t, s, "@st", "a.csv", "1\n")
	upload(t, s, "@st", "b.csv", "2\n")
	o, u := connect(t, e, Login{User: "O"}), connect(t, e, Login{User: "U"})
	const create = `CREATE PIPE p AS COPY INTO t FROM @st`
	fails(t, o, create, 2003, "42S02", "T")
	run(t, s, `GRANT INSERT ON TABLE t TO ROLE owner`)
	fails(t, o, create, 3001, "42501", "table 'T'")
	run(t, s, `GRANT SELECT ON TABLE t TO ROLE owner`)
	fails(t, o, create, 2003, "02000", "ST")
	run(t, s, `GRANT READ ON STAGE st TO ROLE owner`)
	run(t, o, create)
	if err := untold(t, u, "DB.PUBLIC.P", "a.csv"); err.Code != 2003 {
		t.Errorf("a role that may not know the pipe is told %v", err)
	}
	run(t, s, `GRANT MONITOR ON PIPE p TO ROLE r`)
	if err := untold(t, u, "DB.PUBLIC.P", "a.csv"); err.Code != 3001 {
		t.Errorf("a role without OPERATE is told %v", err)
	}
	run(t, s, `REVOKE MONITOR ON PIPE p FROM ROLE r; GRANT OPERATE ON PIPE p TO ROLE r`)
	if err := untold(t, u, "DB.PUBLIC.P", "a.csv"); err.SQLState != "42S02" {
		t.Errorf("a role without the table is told %v", err)
	}
	run(t, s, `GRANT SELECT, INSERT ON TABLE t TO ROLE r`)
	if err := untold(t, u, "DB.PUBLIC.P", "a.csv"); err.SQLState != "02000" {
		t.Errorf("a role without the stage is told %v", err)
	}
	run(t, s, `GRANT READ ON STAGE st TO ROLE r`)
	tell(t, u, "DB.PUBLIC.P", "a.csv")
	settle(t, o, "p")
	var own *Error
	if _, err := u.PipeReport(t.Context(), "DB.PUBLIC.P", PipeSpan{Most: 1}); !errors.As(err, &own) || own.Code != 3001 {
		t.Errorf("a role without MONITOR is told %v", err)
	}
	fails(t, u, `SELECT SYSTEM$PIPE_STATUS('p')`, 3001, "42501", "pipe 'P'")
	run(t, s, `GRANT MONITOR ON PIPE p TO ROLE r`)
	if got := report(t, u, "DB.PUBLIC.P"); got != "a.csv|LOADED|1|1||" {
		t.Errorf("the report is %s", got)
	}
	// OPERATE is enough to pause, resume and refresh, and for nothing else.
	run(t, u, `ALTER PIPE p SET PIPE_EXECUTION_PAUSED = TRUE`)
	fails(t, u, `ALTER PIPE p SET COMMENT = 'x'`, 3001, "42501", "pipe 'P'")
	fails(t, u, `ALTER PIPE p SET PIPE_EXECUTION_PAUSED = FALSE COMMENT = 'x'`, 3001, "42501", "pipe 'P'")
	if got := state(t, u, "p")["executionState"]; got != "PAUSED" {
		t.Errorf("a statement that fails has left the pipe %v", got)
	}
	fails(t, u, `CREATE OR REPLACE PIPE p AS COPY INTO t FROM @st`, 3001, "42501", "")
	run(t, u, `ALTER PIPE p UNSET PIPE_EXECUTION_PAUSED`)
	// The owner is who loads: without INSERT nothing is loaded.
	run(t, s, `REVOKE INSERT ON TABLE t FROM ROLE owner`)
	tell(t, u, "DB.PUBLIC.P", "b.csv")
	until(t, func() bool { return part(run(t, s, `SHOW PIPES`), "invalid_reason") != "NULL" })
	is(t, s, `SELECT id FROM t`, "1")
	run(t, s, `GRANT INSERT ON TABLE t TO ROLE owner`)
	settle(t, o, "p")
	is(t, s, `SELECT id FROM t ORDER BY id`, "1\n2")
	// A pipe changes hands while it is paused, and goes on by force.
	fails(t, o, `GRANT OWNERSHIP ON PIPE p TO ROLE r REVOKE CURRENT GRANTS`, 1, "22000", "paused")
	run(t, o, `ALTER PIPE p SET PIPE_EXECUTION_PAUSED = TRUE; GRANT OWNERSHIP ON PIPE p TO ROLE r REVOKE CURRENT GRANTS`)
	fails(t, u, `ALTER PIPE p SET PIPE_EXECUTION_PAUSED = FALSE`, 1, "22000", "SYSTEM$PIPE_FORCE_RESUME")
	fails(t, u, `SELECT SYSTEM$PIPE_FORCE_RESUME('p', 'staleness_check_override')`, 1, "22000", "OWNERSHIP_TRANSFER_CHECK_OVERRIDE")
	fails(t, u, `SELECT SYSTEM$PIPE_FORCE_RESUME('p', 'nonsense')`, 1008, "22023", "nonsense")
	run(t, u, `SELECT SYSTEM$PIPE_FORCE_RESUME('p')`)
	if got := state(t, u, "p")["executionState"]; got != "RUNNING" {
		t.Errorf("the pipe that was resumed is %v", got)
	}
}

// REFRESH queues what neither the pipe nor a COPY has loaded, of the last 7 days.
func TestPipeRefresh(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE STAGE st; CREATE TABLE t (id INT); CREATE PIPE p AS COPY INTO t FROM @st/in/`)
	for i, name := range []string{"a/old.csv", "a/copied.csv", "a/piped.csv", "a/new.csv", "b/new.csv"} {
		dir, file, _ := strings.Cut(name, "/")
		upload(t, s, "@st/in/"+dir, file, fmt.Sprintf("%d\n", i))
	}
	old := target(t, s, "@st/in/a", "old.csv")
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-8*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	run(t, s, `COPY INTO t FROM @st/in/a FILES = ('copied.csv')`)
	tell(t, s, "DB.PUBLIC.P", "a/piped.csv")
	settle(t, s, "p")
	is(t, s, `ALTER PIPE p REFRESH PREFIX = 'a/'`, "a/new.csv|SENT")
	fails(t, s, `ALTER PIPE p REFRESH MODIFIED_AFTER = 'soon'`, 1008, "22023", "soon")
	fails(t, s, `ALTER PIPE p REFRESH MODIFIED_AFTER = '`+time.Now().Add(-8*24*time.Hour).Format(time.RFC3339)+`'`, 1008, "22023", "7 days")
	is(t, s, `ALTER PIPE p REFRESH MODIFIED_AFTER = '`+time.Now().Add(time.Hour).Format(time.RFC3339)+`'`, "")
	is(t, s, `ALTER PIPE p REFRESH`, "b/new.csv|SENT")
	is(t, s, `ALTER PIPE p REFRESH`, "")
	settle(t, s, "p")
	is(t, s, `SELECT id FROM t ORDER BY id`, "1\n2\n3\n4")
}

// A transformation is part of the load; a file that it fails on fails alone.
func TestPipeTransformation(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE STAGE st; CREATE TABLE t (id INT, half INT); CREATE PIPE p AS COPY INTO t FROM (SELECT $1, 10 / $1 FROM @st)`)
	upload(t, s, "@st", "a.csv", "5\n")
	upload(t, s, "@st", "b.csv", "0\n")
	upload(t, s, "@st", "c.csv", "2\n")
	tell(t, s, "DB.PUBLIC.P", "a.csv", "b.csv", "c.csv")
	settle(t, s, "p")
	is(t, s, `SELECT * FROM t ORDER BY id`, "2|5\n5|2")
	if got := report(t, s, "DB.PUBLIC.P"); got != "a.csv|LOADED|1|1||\nb.csv|LOAD_FAILED|0|0||Division by zero\nc.csv|LOADED|1|1||" {
		t.Errorf("the report is\n%s", got)
	}
}

// A pipe's load evolves the table as a COPY does, by the privileges of its owner.
func TestPipeEvolution(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE STAGE st; CREATE TABLE t (ID INT NOT NULL, GONE VARCHAR NOT NULL) ENABLE_SCHEMA_EVOLUTION = TRUE; CREATE PIPE p AS COPY INTO t FROM @st`+pipeOptions)
	parquet(t, s, "@st", "a.parquet", `SELECT 1::BIGINT AS "ID", 'x' AS "MORE"`)
	tell(t, s, "DB.PUBLIC.P", "a.parquet")
	settle(t, s, "p")
	is(t, s, `SELECT ID, GONE, MORE FROM t`, "1|NULL|x")
}

// Reports are cut at their limits and go on by marks and times.
func TestPipeReports(t *testing.T) {
	clock := &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	_, s := start(t, Options{Now: clock.now})
	run(t, s, `CREATE STAGE st; CREATE TABLE t (id INT); CREATE PIPE p AS COPY INTO t FROM @st`)
	begin := clock.now()
	for i := range 5 {
		name := fmt.Sprintf("%d.csv", i)
		upload(t, s, "@st", name, "1\n")
		tell(t, s, "DB.PUBLIC.P", name)
		settle(t, s, "p")
		clock.add(time.Minute)
	}
	read := func(span PipeSpan) (string, PipeReport) {
		r, err := s.PipeReport(t.Context(), "db.public.p", span)
		if err != nil || r.Pipe != "DB.PUBLIC.P" {
			t.Fatalf("the report of %q: %v", r.Pipe, err)
		}
		var names []string
		for _, e := range r.Events {
			names = append(names, strings.TrimSuffix(e.Path, ".csv"))
		}
		return strings.Join(names, ""), r
	}
	for _, c := range []struct {
		name     string
		span     PipeSpan
		want     string
		complete bool
	}{
		{"all", PipeSpan{From: begin, To: clock.now(), Most: 5}, "01234", true},
		{"the first", PipeSpan{From: begin, To: clock.now(), Most: 2}, "01", false},
		{"the last", PipeSpan{From: begin, To: clock.now(), Most: 2, Latest: true}, "34", false},
		{"a span", PipeSpan{From: begin.Add(time.Minute), To: begin.Add(3 * time.Minute), Most: 5}, "12", true},
		{"nothing", PipeSpan{From: begin.Add(time.Hour), To: begin.Add(2 * time.Hour), Most: 5}, "", true},
	} {
		if got, r := read(c.span); got != c.want || r.Complete != c.complete || r.Behind != 5 {
			t.Errorf("%s: %s, complete %t, of %d", c.name, got, r.Complete, r.Behind)
		}
	}
	_, all := read(PipeSpan{From: begin, To: clock.now(), Most: 5})
	if !slices.IsSortedFunc(all.Events, func(a, b PipeEvent) int { return int(a.Mark - b.Mark) }) {
		t.Errorf("marks do not grow: %v", all.Events)
	}
	if got, r := read(PipeSpan{After: all.Events[2].Mark, From: begin, To: clock.now(), Most: 1}); got != "3" || r.Complete || r.Behind != 2 {
		t.Errorf("behind the third mark: %s, complete %t, of %d", got, r.Complete, r.Behind)
	}
}

// A pipe goes on where another process has ended, also if the clock does not: no two files or events have one number.
func TestPipeReopened(t *testing.T) {
	clock := &clock{at: time.Now()}
	dir := t.TempDir()
	for i, name := range []string{"a.csv", "b.csv", "c.csv"} {
		e, s := reopened(t, dir, Options{Now: clock.now})
		if i == 0 {
			run(t, s, `CREATE STAGE st; CREATE TABLE t (id INT); CREATE PIPE p AS COPY INTO t FROM @st`)
		}
		upload(t, s, "@st", name, fmt.Sprintf("%d\n", i))
		tell(t, s, "DB.PUBLIC.P", name)
		settle(t, s, "p")
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, s := reopened(t, dir, Options{Now: clock.now})
	if got := report(t, s, "DB.PUBLIC.P"); got != "a.csv|LOADED|1|1||\nb.csv|LOADED|1|1||\nc.csv|LOADED|1|1||" {
		t.Errorf("the report is\n%s", got)
	}
	is(t, s, `SELECT id FROM t ORDER BY id`, "0\n1\n2")
}

// A pipe with AUTO_INGEST that was paused for longer than it keeps notifications goes on by force.
func TestPipeStale(t *testing.T) {
	bucket := memblob.OpenBucket(nil)
	defer func() { _ = bucket.Close() }() // it has no file
	clock := &clock{at: time.Now()}
	_, s := start(t, Options{Now: clock.now, Buckets: map[string]*blob.Bucket{"s3://b": bucket}})
	run(t, s, `CREATE STAGE st URL = 's3://b/in/'; CREATE TABLE t (id INT); CREATE PIPE p AUTO_INGEST = TRUE AS COPY INTO t FROM @st; ALTER PIPE p SET PIPE_EXECUTION_PAUSED = TRUE`)
	if err := bucket.WriteAll(t.Context(), "in/a.csv", []byte("1\n"), nil); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return state(t, s, "p")["pendingFileCount"] == 1.0 })
	if got := state(t, s, "p"); got["lastForwardedFilePath"] != "s3://b/in/a.csv" || got["executionState"] != "PAUSED" {
		t.Errorf("the pipe that was notified is %v", got)
	}
	clock.add(15 * 24 * time.Hour)
	fails(t, s, `ALTER PIPE p SET PIPE_EXECUTION_PAUSED = FALSE`, 1, "22000", "STALENESS_CHECK_OVERRIDE")
	fails(t, s, `SELECT SYSTEM$PIPE_FORCE_RESUME('p')`, 1, "22000", "STALENESS_CHECK_OVERRIDE")
	run(t, s, `SELECT SYSTEM$PIPE_FORCE_RESUME('p', 'staleness_check_override')`)
	settle(t, s, "p")
	is(t, s, `SELECT id FROM t`, "1")
	run(t, s, `ALTER STAGE st SET URL = 's3://b/out/'`)
	if got := state(t, s, "p")["executionState"]; got != "STOPPED_STAGE_ALTERED" {
		t.Errorf("the pipe whose stage is elsewhere now is %v", got)
	}
}
