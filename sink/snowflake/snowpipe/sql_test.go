package snowpipe_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

// TestLife: a pipe from its making to its end, by statements and by REST, on the fake account.
func TestLife(t *testing.T) {
	server := snowflaketest.Start(t, &snowflaketest.Options{
		Roles: []string{"LOADER"},
		Users: []snowflaketest.User{{Name: "OWNER", Password: "x"}, {Name: "LOADER", PublicKey: &testkey.Private().PublicKey, Role: "LOADER"}},
	})
	db := sql.OpenDB(gosnowflake.NewConnector(gosnowflake.SnowflakeDriver{}, *server.Config()))
	defer db.Close()
	ctx := t.Context()
	name := func(object string) snowpipe.Name {
		return snowpipe.Name{Database: "TEST", Schema: "PUBLIC", Object: object}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range []string{"CREATE TABLE T (A INTEGER)", "CREATE STAGE S"} {
		_, err := db.ExecContext(ctx, q)
		do(err)
	}
	pipe := name("my pipe")
	do(snowpipe.Create(ctx, db, snowpipe.Definition{
		Name: pipe, IfMissing: true, Comment: "it's", Copy: "COPY INTO TEST.PUBLIC.T FROM @TEST.PUBLIC.S FILE_FORMAT = (TYPE = CSV)",
	}))
	info, err := snowpipe.Describe(ctx, db, pipe)
	do(err)
	if info.Name != pipe || info.Comment != "it's" || info.Owner != "ACCOUNTADMIN" || time.Since(info.Created) > time.Hour {
		t.Errorf("described as %+v", info)
	}
	text := "other"
	do(snowpipe.Alter(ctx, db, pipe, snowpipe.Alteration{Comment: &text}))
	list, err := snowpipe.Show(ctx, db, &snowpipe.ShowOptions{Like: "MY%", Database: "TEST", Schema: "PUBLIC"})
	do(err)
	if len(list) != 1 || list[0].Name != pipe || list[0].Comment != "other" {
		t.Errorf("shown as %+v", list)
	}
	do(snowpipe.Grant(ctx, db, "LOADER", snowpipe.Privileges(snowpipe.Inserter, snowpipe.Objects{Pipe: pipe, Table: name("T"), Stage: name("S")})))
	client, err := snowpipe.NewClient(snowpipe.Config{Account: snowflaketest.DefaultAccount, User: "LOADER", Key: testkey.Private(), URL: server.URL()}, pipe, nil)
	do(err)
	do(snowpipe.Pause(ctx, db, pipe))
	if _, err := client.InsertFiles(ctx, []snowpipe.StagedFile{{Path: "a.csv"}}); err != nil {
		t.Fatal(err)
	}
	again, err := client.InsertFiles(ctx, []snowpipe.StagedFile{{Path: "a.csv"}, {Path: "b.csv"}})
	do(err)
	if len(again.Skipped) != 1 || again.Skipped[0] != "a.csv" {
		t.Errorf("skipped %q", again.Skipped)
	}
	status, err := snowpipe.ReadStatus(ctx, db, pipe)
	do(err)
	if status.ExecutionState != snowpipe.Paused || status.PendingFiles != 2 {
		t.Errorf("status %+v", status)
	}
	if _, err := snowpipe.Refresh(ctx, db, pipe, &snowpipe.RefreshOptions{Prefix: "x/"}); err != nil {
		t.Error(err)
	}
	do(snowpipe.Resume(ctx, db, pipe))
	do(snowpipe.ForceResume(ctx, db, pipe, snowpipe.Force{}))
	failed := map[string]bool{}
	for deadline := time.Now().Add(time.Minute); len(failed) < 2 && time.Now().Before(deadline); {
		report, err := client.InsertReport(ctx, nil)
		do(err)
		for _, f := range report.Files {
			failed[f.Path] = f.Status == snowpipe.Failed
		}
	}
	if !failed["a.csv"] || !failed["b.csv"] {
		t.Errorf("files that are not there: failed %v", failed)
	}
	for f, err := range client.LoadHistory(ctx, time.Now().Add(-time.Hour), time.Time{}) {
		do(err)
		delete(failed, f.Path)
	}
	loads, err := snowpipe.CopyHistory(ctx, db, name("T"), &snowpipe.CopyHistoryOptions{Pipe: &pipe, Files: []string{"a.csv"}})
	do(err)
	if len(failed) > 0 || len(loads) != 1 || loads[0].Status != snowpipe.Failed || loads[0].Pipe != pipe || loads[0].Table != name("T") || loads[0].Received.IsZero() {
		t.Errorf("history lacks %v; loads %+v", failed, loads)
	}
	do(snowpipe.Drop(ctx, db, pipe))
	do(snowpipe.Drop(ctx, db, pipe))
	if _, err := snowpipe.Describe(ctx, db, pipe); err == nil {
		t.Error("a pipe that was dropped is described")
	}
}
