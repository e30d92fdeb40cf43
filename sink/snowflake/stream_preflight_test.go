package snowflake_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// TestPreflightStreaming: what is lacking is listed, its fixes mend it, before the pipe is there and after; and then a load
// goes well.
func TestPreflightStreaming(t *testing.T) {
	server := snowflaketest.Start(t, &snowflaketest.Options{
		LocalStages: true, Roles: []string{"LOADER", "MAKER"},
		Users: []snowflaketest.User{{Name: "BOB", PublicKey: &testkey.Private().PublicKey, Role: "LOADER"}},
	})
	exec(t, server,
		"GRANT USAGE ON DATABASE TEST TO ROLE LOADER", "GRANT USAGE ON SCHEMA TEST.PUBLIC TO ROLE LOADER", "GRANT USAGE ON WAREHOUSE TEST_WH TO ROLE LOADER")
	o := quick(snowflake.StreamingOptions{Mode: sink.Upsert, Key: []string{"id"}, Pipe: "FLOW"})
	look := func(want ...string) (fixes []string) {
		t.Helper()
		found, err := snowflake.PreflightStreaming(t.Context(), snowflake.Config{Driver: byKey(server)}, "events", &o)
		if err != nil {
			t.Fatal(err)
		}
		var problems []string
		for _, p := range found {
			problems, fixes = append(problems, p.Object+": "+p.Text), append(fixes, p.Fix)
		}
		if diff := cmp.Diff(want, problems); diff != "" {
			t.Errorf("problems (-want +got):\n%s", diff)
		}
		return fixes
	}
	fixes := look(
		"schema TEST.PUBLIC: role LOADER lacks CREATE TABLE", // for the table, that of offsets, and the one that rows land in
		"schema TEST.PUBLIC: role LOADER lacks CREATE PIPE")
	exec(t, server, fixes...)
	look()
	w, from := claim(t, openStreaming(t, server, "events", o), "a")
	load(t, w, "a", from, 1, 2)
	look()

	exec(t, server, "GRANT OWNERSHIP ON PIPE FLOW TO ROLE MAKER", "GRANT MONITOR ON PIPE FLOW TO ROLE LOADER",
		"GRANT OWNERSHIP ON TABLE _FLOE_LANDING_EVENTS TO ROLE MAKER", "GRANT SELECT ON TABLE _FLOE_LANDING_EVENTS TO ROLE LOADER")
	exec(t, server, look(
		"table TEST.PUBLIC._FLOE_LANDING_EVENTS: role LOADER lacks INSERT, DELETE",
		"pipe TEST.PUBLIC.FLOW: role LOADER lacks OPERATE")...)
	look()
}
