package snowflake_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// preflight returns the problems, each without its fix, and the fixes.
func preflight(t testing.TB, server *snowflaketest.Server, o snowflake.Options) (problems, fixes []string) {
	t.Helper()
	found, err := snowflake.Preflight(t.Context(), snowflake.Config{Driver: server.Config()}, "events", &o)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range found {
		problems = append(problems, p.Object+": "+p.Text)
		if p.Fix != "" {
			fixes = append(fixes, p.Fix)
		}
		if !strings.HasPrefix(p.String(), p.Object+": "+p.Text) || !strings.HasSuffix(p.String(), p.Fix) {
			t.Errorf("%+v is written as %q", p, p)
		}
	}
	return problems, fixes
}

// TestPreflight: what is lacking is listed, its fixes mend it, and then a load goes well.
func TestPreflight(t *testing.T) {
	server := snowflaketest.Start(t, &snowflaketest.Options{
		LocalStages: true, Roles: []string{"LOADER"}, Users: []snowflaketest.User{{Name: "bob", Password: "x", Role: "LOADER"}},
	})
	exec(t, server,
		"GRANT USAGE ON DATABASE TEST TO ROLE LOADER", "GRANT USAGE ON SCHEMA TEST.PUBLIC TO ROLE LOADER",
		"CREATE TABLE EVENTS (ID NUMBER(38,0), NAME VARCHAR)",
		"GRANT USAGE ON WAREHOUSE TEST_WH TO ROLE LOADER", "GRANT SELECT ON TABLE EVENTS TO ROLE LOADER")
	o := snowflake.Options{Mode: sink.Upsert, Key: []string{"id"}}
	problems, fixes := preflight(t, server, o)
	want := []string{
		"table TEST.PUBLIC.EVENTS: role LOADER lacks INSERT, UPDATE, OWNERSHIP",
		"schema TEST.PUBLIC: role LOADER lacks CREATE TABLE",
		"schema TEST.PUBLIC: role LOADER lacks CREATE STAGE",
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	exec(t, server, fixes...)
	if problems, _ := preflight(t, server, o); len(problems) > 0 {
		t.Errorf("problems after the fixes: %q", problems)
	}
	w, from := claim(t, open(t, server, "events", o), "a")
	load(t, w, "a", from, 1, 2)
}

// TestPreflightOfOthers: a warehouse that does not start, a pipe, a view, an external stage; and nothing where all is well.
func TestPreflightOfOthers(t *testing.T) {
	server := start(t)
	if problems, _ := preflight(t, server, snowflake.Options{}); len(problems) > 0 {
		t.Errorf("problems of an administrator: %q", problems)
	}
	exec(t, server,
		"CREATE TABLE EVENTS (ID NUMBER(38,0), NAME VARCHAR)", "CREATE TABLE OTHER (ID NUMBER(38,0))",
		"CREATE STAGE ST", "CREATE PIPE P AS COPY INTO PUBLIC.EVENTS FROM @ST", "CREATE PIPE Q AS COPY INTO OTHER FROM @ST",
		"ALTER WAREHOUSE TEST_WH SET AUTO_RESUME = FALSE", "ALTER WAREHOUSE TEST_WH SUSPEND")
	problems, fixes := preflight(t, server, snowflake.Options{})
	want := []string{
		"warehouse TEST_WH: is suspended, and does not resume by itself",
		"pipe TEST.PUBLIC.P: loads the table as well: where both get the same rows, they are there twice",
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	exec(t, server, fixes...)
}

// TestPreflightOfClocks: tokens of a clock that is wrong are refused.
func TestPreflightOfClocks(t *testing.T) {
	server := snowflaketest.Start(t, &snowflaketest.Options{LocalStages: true, Now: func() time.Time { return time.Now().Add(-time.Hour) }})
	problems, _ := preflight(t, server, snowflake.Options{})
	if len(problems) != 1 || problems[0] != "clock: this machine is 1h0m0s ahead of Snowflake, which refuses logins by tokens of the future: set its clock" {
		t.Errorf("problems %q", problems)
	}
}

// TestTableIsNotSeen: of a table that a role has no privilege on, Snowflake says that there is none, and that it is there.
func TestTableIsNotSeen(t *testing.T) {
	server := snowflaketest.Start(t, &snowflaketest.Options{
		LocalStages: true, Roles: []string{"LOADER"}, Users: []snowflaketest.User{{Name: "bob", Password: "x", Role: "LOADER"}},
	})
	exec(t, server,
		"GRANT USAGE ON DATABASE TEST TO ROLE LOADER", "GRANT USAGE ON WAREHOUSE TEST_WH TO ROLE LOADER",
		"GRANT USAGE, CREATE TABLE, CREATE STAGE ON SCHEMA TEST.PUBLIC TO ROLE LOADER",
		"CREATE TABLE EVENTS (ID NUMBER(38,0), NAME VARCHAR)")
	w, _, err := open(t, server, "events", snowflake.Options{}).Open(t.Context(), "p", "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Prepare(t.Context(), rowSchema); err == nil || retry.IsTransient(err) || !strings.Contains(err.Error(), "this role does not see") {
		t.Errorf("Prepare: %v", err)
	}
}
