package snowflake_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

// pipesOf are the pipes that there are.
func pipesOf(t testing.TB, server *snowflaketest.Server) (list []snowpipe.Info) {
	t.Helper()
	err := look(server.Config(), func(db *sql.DB) (err error) {
		list, err = snowpipe.Show(t.Context(), db, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// thePipe is the name of the one pipe that there is, and its COPY.
func thePipe(t testing.TB, server *snowflaketest.Server) (name, definition string) {
	t.Helper()
	list := pipesOf(t, server)
	if len(list) != 1 {
		t.Fatalf("%d pipes, want one", len(list))
	}
	return list[0].Name.String(), list[0].Definition
}

func pausePipe(t testing.TB, server *snowflaketest.Server, paused bool) {
	t.Helper()
	name, _ := thePipe(t, server)
	exec(t, server, fmt.Sprintf("ALTER PIPE %s SET PIPE_EXECUTION_PAUSED = %t", name, paused))
}

// owing returns a sink's writer that owes a file of the rows 1 and 2, which its pipe, being paused, has not loaded.
func owing(t *testing.T, server *snowflaketest.Server, o snowflake.PipeOptions) (s *snowflake.PipeSink, w sink.Writer, b *sink.Batch) {
	t.Helper()
	s = openPipe(t, server, "events", o)
	w, from := claim(t, s, "a")
	pausePipe(t, server, true)
	b = batch(t, "a", from, rowsOf(t, []int64{1, 2}))
	stage(t, w, b)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	waits := server.Inject(snowflaketest.Fault{Match: snowflaketest.Snowpipe("insertReport")}) // nothing goes wrong: the load waits by then
	go func() {
		<-waits
		cancel()
	}()
	if _, err := w.Load(ctx, b); !errors.Is(err, context.Canceled) {
		t.Fatalf("Load: %v, want the context's own", err)
	}
	want(t, server, "SELECT COUNT(*) FROM EVENTS", "0")
	want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", "1")
	return s, w, b
}

// TestPipeOwes: what a process that is gone has entered is in the table once another has claimed its partition.
func TestPipeOwes(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	for _, tc := range []struct {
		name  string
		match func(snowflaketest.Call) bool
		fault snowflaketest.Effect
		owed  string
	}{
		{"the files are not entered", snowflaketest.Text("INSERT INTO"), snowflaketest.CutBefore(), "0"},
		{"the files are not named", snowflaketest.Snowpipe("insertFiles"), snowflaketest.CutBefore(), "1"},
		{"it dies once they are named", snowflaketest.Snowpipe("insertFiles"), snowflaketest.CutAfter(), "1"},
		{"it dies while it waits", snowflaketest.Snowpipe("insertReport"), snowflaketest.Throttle(503, 0), "1"},
		{"it dies with the debt paid", snowflaketest.Text("DELETE FROM"), snowflaketest.Throttle(503, 0), "1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			exec(t, server, "DROP TABLE IF EXISTS EVENTS", "DROP TABLE IF EXISTS _FLOE_OFFSETS")
			first := openPipe(t, server, "events", snowflake.PipeOptions{})
			w, from := claim(t, first, "a")
			b := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
			stage(t, w, b)
			server.Inject(snowflaketest.Fault{Match: tc.match, Effect: tc.fault})
			if _, err := w.Load(t.Context(), b); !retry.IsTransient(err) {
				t.Fatalf("Load: %v, want a transient error", err)
			}
			want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", tc.owed)
			w, from = claim(t, openPipe(t, server, "events", snowflake.PipeOptions{}), "a")
			rows := []string{"1", "2"}
			if tc.owed == "0" {
				rows = nil
			} else if from != b.To {
				t.Errorf("it goes on from %q, want %q", from, b.To)
			}
			want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", "0")
			if got := texts(t, server, "SELECT ID FROM EVENTS ORDER BY ID"); strings.Join(got, " ") != strings.Join(rows, " ") {
				t.Errorf("rows %q, want %q", got, rows)
			}
			if _, err := first.Committed(t.Context(), "p"); err != nil {
				t.Error(err)
			}
			load(t, w, "a", from, 3)
			want(t, server, "SELECT COUNT(*), COUNT(DISTINCT ID) FROM EVENTS", fmt.Sprintf("%d %[1]d", len(rows)+1))
		})
	}
}

// TestPipeRivals: the older process waits for the files that it has entered, and the newer one's claim for the same ones.
func TestPipeRivals(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	_, older, b := owing(t, server, snowflake.PipeOptions{})
	loaded := make(chan error, 1)
	waits := server.Inject(snowflaketest.Fault{Match: snowflaketest.Snowpipe("insertReport")})
	go func() {
		_, err := older.Load(t.Context(), b)
		loaded <- err
	}()
	<-waits
	claims := server.Inject(snowflaketest.Fault{Match: snowflaketest.Snowpipe("insertFiles")})
	go func() {
		<-claims
		pausePipe(t, server, false)
	}()
	newer, from := claim(t, openPipe(t, server, "events", snowflake.PipeOptions{}), "a")
	if err := <-loaded; err != nil || from != b.To {
		t.Errorf("the older one's load: %v; the newer goes on from %q, want %q", err, from, b.To)
	}
	late := batch(t, "a", from, rowsOf(t, []int64{8}))
	stage(t, older, late)
	if _, err := older.Load(t.Context(), late); !errors.Is(err, sink.ErrFenced) {
		t.Errorf("the older one's next load: %v, want ErrFenced", err)
	}
	want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", "0")
	load(t, newer, "a", from, 3)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2", "3")
}

// TestPipeReports: where the report does not have a file, the history does.
func TestPipeReports(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	s := openPipe(t, server, "events", snowflake.PipeOptions{})
	w, from := claim(t, s, "a")
	empty := `{"pipe":"P","completeResult":true,"nextBeginMark":"1_1","files":[]}`
	server.Inject(snowflaketest.Fault{Match: snowflaketest.Snowpipe("insertReport"), Times: -1, Effect: snowflaketest.Answer(200, empty)})
	from = load(t, w, "a", from, 1, 2)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2")
	want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", "0")
	// And a claim asks the history first.
	server.Inject(snowflaketest.Fault{Match: snowflaketest.Text("DELETE FROM"), Effect: snowflaketest.Throttle(503, 0)})
	b := batch(t, "a", from, rowsOf(t, []int64{3}))
	stage(t, w, b)
	if _, err := w.Load(t.Context(), b); !retry.IsTransient(err) {
		t.Errorf("Load: %v", err)
	}
	named := len(server.Calls())
	claim(t, openPipe(t, server, "events", snowflake.PipeOptions{}), "a")
	for _, c := range server.Calls()[named:] {
		if snowflaketest.Snowpipe()(c) {
			t.Errorf("%s was called for a file that the history has", c.Path)
		}
	}
	want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", "0")
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2", "3")
}

// TestPipeToken: a token that is refused is made anew, which nobody is told of.
func TestPipeToken(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	s := openPipe(t, server, "events", snowflake.PipeOptions{})
	w, from := claim(t, s, "a")
	expired := `{"code":"390144","message":"JWT token is invalid.","success":false}`
	for _, call := range []string{"insertFiles", "insertReport"} {
		happened := server.Inject(snowflaketest.Fault{Match: snowflaketest.Snowpipe(call), Effect: snowflaketest.Answer(401, expired)})
		from = load(t, w, "a", from, 1)
		<-happened
	}
	want(t, server, "SELECT COUNT(*) FROM EVENTS", "2")
	server.Inject(snowflaketest.Fault{Match: snowflaketest.Snowpipe("insertFiles"), Times: -1, Effect: snowflaketest.Answer(401, expired)})
	b := batch(t, "a", from, rowsOf(t, []int64{3}))
	stage(t, w, b)
	if _, err := w.Load(t.Context(), b); err == nil || retry.IsTransient(err) || !strings.Contains(err.Error(), "clock") {
		t.Errorf("Load by a key that is refused: %v", err)
	}
}

// TestPipeServerIsKilled while a load waits: it ends by an error that is worth another try, which finds what was entered.
func TestPipeServerIsKilled(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	_, w, b := owing(t, server, snowflake.PipeOptions{})
	pausePipe(t, server, false)
	loadKilled(t, server, w, b, 5)
	load(t, w, "a", b.To, 3)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2", "3")
	want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", "0")
}

// TestPipeFileFails: the run fails, and so does the next claim, until the table is mended; then COPY loads the file, which no
// pipe will load.
func TestPipeFileFails(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	s := openPipe(t, server, "events", snowflake.PipeOptions{})
	w, from := claim(t, s, "a")
	b := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
	stage(t, w, b)
	exec(t, server, "ALTER TABLE EVENTS ADD COLUMN X NUMBER NOT NULL")
	if _, err := w.Load(t.Context(), b); err == nil || retry.IsTransient(err) || !strings.Contains(err.Error(), "the next run loads the file by COPY") {
		t.Fatalf("Load: %v", err)
	}
	other := openPipe(t, server, "events", snowflake.PipeOptions{})
	if _, _, err := other.Open(t.Context(), "p", "a"); err == nil || retry.IsTransient(err) || !strings.Contains(err.Error(), "COPY") {
		t.Errorf("Open: %v", err)
	}
	want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", "1")
	exec(t, server, "ALTER TABLE EVENTS ALTER COLUMN X DROP NOT NULL")
	w, from = claim(t, other, "a")
	if from != b.To {
		t.Errorf("it goes on from %q, want %q", from, b.To)
	}
	load(t, w, "a", from, 3)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2", "3")
	want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", "0")
}

// fix is a statement in an error, up to the mark behind it.
func fix(t testing.TB, err error, begin string) string {
	t.Helper()
	found := regexp.MustCompile(begin + `[^;]*`).FindString(fmt.Sprint(err))
	if found == "" {
		t.Fatalf("%v has no statement %s", err, begin)
	}
	return found
}

// TestPipeIsMadeAnew: with it went its memory of what it has loaded. Nobody knows, so the user says; either answer
// leaves each row there once.
func TestPipeIsMadeAnew(t *testing.T) {
	for _, tc := range []struct {
		name   string
		loaded bool
	}{{"the rows are there", true}, {"they are not", false}} {
		t.Run(tc.name, func(t *testing.T) {
			server := startStreaming(t, snowflaketest.Options{})
			_, _, b := owing(t, server, snowflake.PipeOptions{})
			name, definition := thePipe(t, server)
			if tc.loaded {
				exec(t, server, "INSERT INTO EVENTS (ID) VALUES (1), (2)") // as the pipe would have
			}
			exec(t, server, fmt.Sprintf("CREATE OR REPLACE PIPE %s AS %s", name, definition))
			s := openPipe(t, server, "events", snowflake.PipeOptions{})
			_, _, err := s.Open(t.Context(), "p", "a")
			if err == nil || retry.IsTransient(err) || !strings.Contains(err.Error(), "made anew") {
				t.Fatalf("Open: %v", err)
			}
			statement := "UPDATE"
			if tc.loaded {
				statement = "DELETE FROM"
			}
			exec(t, server, fix(t, err, statement))
			w, from := claim(t, s, "a")
			if from != b.To {
				t.Errorf("it goes on from %q, want %q", from, b.To)
			}
			load(t, w, "a", from, 3)
			want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2", "3")
			want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", "0")
		})
	}
}

// TestPipeIsReplacedAmid: a load that waits finds out that its pipe is another one by now.
func TestPipeIsReplacedAmid(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	s := openPipe(t, server, "events", snowflake.PipeOptions{})
	w, from := claim(t, s, "a")
	pausePipe(t, server, true)
	b := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
	stage(t, w, b)
	waits := server.Inject(snowflaketest.Fault{Match: snowflaketest.Snowpipe("insertReport")})
	name, definition := thePipe(t, server)
	go func() {
		<-waits
		_ = server.Exec(context.Background(), fmt.Sprintf("CREATE OR REPLACE PIPE %s AS %s", name, definition))
	}()
	if _, err := w.Load(t.Context(), b); err == nil || retry.IsTransient(err) || !strings.Contains(err.Error(), "made anew") {
		t.Errorf("Load: %v", err)
	}
	want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", "1")
}

// TestPipeForgets: what is owed for longer than a pipe remembers is not named again.
func TestPipeForgets(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	_, _, b := owing(t, server, snowflake.PipeOptions{})
	exec(t, server, "UPDATE _FLOE_OWED SET owed_at = DATEADD(day, -14, owed_at)")
	s := openPipe(t, server, "events", snowflake.PipeOptions{})
	_, _, err := s.Open(t.Context(), "p", "a")
	if err == nil || !strings.Contains(err.Error(), "owed for 14 days") {
		t.Fatalf("Open: %v", err)
	}
	pausePipe(t, server, false)
	exec(t, server, fix(t, err, "UPDATE"))
	if _, from := claim(t, s, "a"); from != b.To {
		t.Errorf("it goes on from %q, want %q", from, b.To)
	}
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2")
}

// TestPipeReset: what was owed never lands.
func TestPipeReset(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	s, w, b := owing(t, server, snowflake.PipeOptions{})
	if err := s.Reset(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	pausePipe(t, server, false)
	if committed, err := s.Committed(t.Context(), "p"); err != nil || len(committed) > 0 {
		t.Errorf("committed %v, %v", committed, err)
	}
	if _, err := w.Load(t.Context(), b); err == nil {
		t.Error("a load of before is told to have gone well")
	}
	w, from := claim(t, s, "a")
	if from != "" {
		t.Errorf("it goes on from %q", from)
	}
	load(t, w, "a", from, 1, 2)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2")
}

// TestPipeOfAnotherTable: a table that is made anew has another pipe, and owes nothing.
func TestPipeOfAnotherTable(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	owing(t, server, snowflake.PipeOptions{})
	exec(t, server, "DROP TABLE EVENTS")
	w, from := claim(t, openPipe(t, server, "events", snowflake.PipeOptions{}), "a")
	if from != "" {
		t.Errorf("it goes on from %q", from)
	}
	pipes := pipesOf(t, server)
	if len(pipes) != 2 {
		t.Errorf("%d pipes, want that of the old table too", len(pipes))
	}
	for _, p := range pipes {
		exec(t, server, fmt.Sprintf("ALTER PIPE %s SET PIPE_EXECUTION_PAUSED = FALSE", p.Name))
	}
	load(t, w, "a", from, 1, 2)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2")
	want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", "0")
}

// TestPipeOfAnotherStage: files that an earlier process has left with another pipe are awaited from that.
func TestPipeOfAnotherStage(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	_, _, b := owing(t, server, snowflake.PipeOptions{})
	pausePipe(t, server, false)
	w, from := claim(t, openPipe(t, server, "events", snowflake.PipeOptions{Options: snowflake.Options{Stage: "other"}}), "a")
	if from != b.To {
		t.Errorf("it goes on from %q, want %q", from, b.To)
	}
	load(t, w, "a", from, 3)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2", "3")
}

// TestPipeOfTheUsers: it is made where it is missing, and one that does something else is refused.
func TestPipeOfTheUsers(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	o := snowflake.PipeOptions{Pipe: "mine"}
	w, from := claim(t, openPipe(t, server, "events", o), "a")
	load(t, w, "a", from, 1)
	if name, _ := thePipe(t, server); name != `"TEST"."PUBLIC"."MINE"` {
		t.Errorf("the pipe is called %q", name)
	}
	w, from = claim(t, openPipe(t, server, "events", o), "a")
	load(t, w, "a", from, 2)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2")
	exec(t, server, "CREATE OR REPLACE PIPE MINE AS COPY INTO EVENTS FROM @_FLOE_STAGE FILE_FORMAT = (TYPE = PARQUET) MATCH_BY_COLUMN_NAME = CASE_SENSITIVE")
	s := openPipe(t, server, "events", o)
	w, _, err := s.Open(t.Context(), "p", "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Prepare(t.Context(), rowSchema); err == nil || !strings.Contains(err.Error(), `CREATE PIPE IF NOT EXISTS "TEST"."PUBLIC"."MINE"`) {
		t.Errorf("Prepare: %v", err)
	}
}

// TestPipeRejects: rows that the table cannot take are rejects, durable with the offset; the others are loaded.
func TestPipeRejects(t *testing.T) {
	server := startStreaming(t, snowflaketest.Options{})
	exec(t, server, "CREATE TABLE EVENTS (ID NUMBER(38,0), NAME VARCHAR(3))")
	s := openPipe(t, server, "events", snowflake.PipeOptions{Options: snowflake.Options{Rejects: "bad"}})
	w, from := claim(t, s, "a")
	b := batch(t, "a", from, rowsOf(t, []int64{1, 2, 3}, "x", "long", "y"))
	stage(t, w, b)
	if _, err := w.Load(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "3")
	want(t, server, "SELECT COUNT(*) FROM BAD", "1")
	none := batch(t, "a", b.To, rowsOf(t, []int64{4}, "long"))
	stage(t, w, none)
	if _, err := w.Load(t.Context(), none); err != nil {
		t.Fatal(err)
	}
	want(t, server, "SELECT COUNT(*) FROM BAD", "2")
}

// TestPreflightPipe: what is lacking is listed, its fixes mend it, and then a load goes well.
func TestPreflightPipe(t *testing.T) {
	server := snowflaketest.Start(t, &snowflaketest.Options{
		LocalStages: true, Roles: []string{"LOADER", "CALLER"},
		Users: []snowflaketest.User{{Name: "BOB", Password: "x", PublicKey: &testkey.Private().PublicKey, Role: "CALLER", Roles: []string{"LOADER"}}},
	})
	for _, role := range []string{"LOADER", "CALLER"} {
		exec(t, server, "GRANT USAGE ON DATABASE TEST TO ROLE "+role, "GRANT USAGE ON SCHEMA TEST.PUBLIC TO ROLE "+role, "GRANT USAGE ON WAREHOUSE TEST_WH TO ROLE "+role)
	}
	exec(t, server, "GRANT CREATE TABLE, CREATE STAGE ON SCHEMA TEST.PUBLIC TO ROLE LOADER", "GRANT ROLE LOADER TO ROLE ACCOUNTADMIN")
	o := quickPipe(snowflake.PipeOptions{Options: snowflake.Options{Role: "LOADER"}})
	look := func() (problems, fixes []string) {
		t.Helper()
		found, err := snowflake.PreflightPipe(t.Context(), snowflake.Config{Driver: byKey(server)}, "events", &o)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range found {
			problems = append(problems, p.String())
			if p.Fix != "" {
				fixes = append(fixes, p.Fix)
			}
		}
		return problems, fixes
	}
	problems, fixes := look()
	joined := strings.Join(problems, "\n")
	for _, text := range []string{"role LOADER lacks CREATE PIPE: GRANT CREATE PIPE ON SCHEMA TEST.PUBLIC TO ROLE LOADER", "as its default role, CALLER, and not as LOADER"} {
		if !strings.Contains(joined, text) || len(problems) != 2 {
			t.Errorf("problems, of which one should be %q:\n%s", text, joined)
		}
	}
	exec(t, server, fixes...)
	s := openPipe(t, server, "events", o)
	w, from := claim(t, s, "a")
	problems, fixes = look()
	joined = strings.Join(problems, "\n")
	if !strings.Contains(joined, "role CALLER lacks OPERATE, MONITOR") || !strings.Contains(joined, "answered as if there were no pipe") {
		t.Errorf("problems of the caller's role:\n%s", joined)
	}
	exec(t, server, fixes...)
	if problems, _ := look(); len(problems) > 0 {
		t.Errorf("problems after the fixes: %q", problems)
	}
	load(t, w, "a", from, 1)
	want(t, server, "SELECT ID FROM EVENTS", "1")
	pausePipe(t, server, true)
	if problems, fixes = look(); len(problems) != 1 || !strings.Contains(problems[0], "is paused") {
		t.Errorf("problems of a paused pipe: %q", problems)
	}
	exec(t, server, fixes...)
	if problems, _ := look(); len(problems) > 0 {
		t.Errorf("problems after it was resumed: %q", problems)
	}
}
