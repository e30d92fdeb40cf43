package snowpipe_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

// account stands for an account of Snowflake.
func account() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/insertFiles"):
			fmt.Fprint(w, `{"responseCode":"SUCCESS","skippedFiles":["2026/11/a.parquet"]}`)
		case strings.HasSuffix(r.URL.Path, "/insertReport"):
			fmt.Fprint(w, `{"pipe":"SALES.PUBLIC.EVENTS_PIPE","completeResult":true,"nextBeginMark":"1_2","files":[
				{"path":"2026/11/a.parquet","rowsInserted":1000,"rowsParsed":1000,"complete":true,"status":"LOADED"},
				{"path":"2026/11/b.parquet","rowsParsed":1000,"errorsSeen":1,"firstError":"String is too long","complete":true,"status":"LOAD_FAILED"}]}`)
		case strings.HasSuffix(r.URL.Path, "/loadHistoryScan"):
			fmt.Fprint(w, `{"completeResult":true,"files":[{"path":"2026/11/a.parquet","lastInsertTime":"2026-11-21T18:30:00.123Z","status":"LOADED"}]}`)
		}
	}))
}

func connect(server *httptest.Server) *snowpipe.Client {
	client, err := snowpipe.NewClient(
		snowpipe.Config{Account: "myorg-account", User: "loader", Key: testkey.Private(), URL: server.URL},
		snowpipe.Name{Database: "SALES", Schema: "PUBLIC", Object: "EVENTS_PIPE"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// Files that the pipe knows already are skipped, so that a call may be repeated.
func ExampleClient_InsertFiles() {
	server := account()
	defer server.Close()
	answer, err := connect(server).InsertFiles(context.Background(), []snowpipe.StagedFile{
		{Path: "2026/11/a.parquet", Size: 104_857_600}, {Path: "2026/11/b.parquet", Size: 98_304_000},
	})
	fmt.Println(len(answer.RequestIDs), answer.Skipped, err)
	// Output: 1 [2026/11/a.parquet] <nil>
}

func ExampleClient_InsertReport() {
	server := account()
	defer server.Close()
	report, err := connect(server).InsertReport(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range report.Files {
		fmt.Printf("%s: %s, %d rows, %q\n", f.Path, f.Status, f.RowsInserted, f.Problem())
	}
	// Output:
	// 2026/11/a.parquet: LOADED, 1000 rows, ""
	// 2026/11/b.parquet: LOAD_FAILED, 0 rows, "String is too long"
}

func ExampleClient_LoadHistory() {
	server := account()
	defer server.Close()
	from := time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC)
	for f, err := range connect(server).LoadHistory(context.Background(), from, from.Add(time.Hour)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(f.Path, f.Status, f.LastInsert.Format(time.TimeOnly))
	}
	// Output: 2026/11/a.parquet LOADED 18:30:00
}

func ExampleDefinition() {
	fmt.Println(snowpipe.Definition{
		Name:      snowpipe.Name{Database: "SALES", Schema: "PUBLIC", Object: "EVENTS_PIPE"},
		IfMissing: true,
		Copy:      `COPY INTO "SALES"."PUBLIC"."EVENTS" FROM '@"SALES"."PUBLIC"."STAGE"/' FILE_FORMAT = (TYPE = PARQUET) MATCH_BY_COLUMN_NAME = CASE_SENSITIVE`,
	})
	// Output:
	// CREATE PIPE IF NOT EXISTS "SALES"."PUBLIC"."EVENTS_PIPE"
	//   AS COPY INTO "SALES"."PUBLIC"."EVENTS" FROM '@"SALES"."PUBLIC"."STAGE"/' FILE_FORMAT = (TYPE = PARQUET) MATCH_BY_COLUMN_NAME = CASE_SENSITIVE
}

func ExamplePrivileges() {
	name := func(object string) snowpipe.Name {
		return snowpipe.Name{Database: "SALES", Schema: "PUBLIC", Object: object}
	}
	for _, p := range snowpipe.Privileges(snowpipe.Inserter, snowpipe.Objects{Pipe: name("EVENTS_PIPE"), Table: name("EVENTS"), Stage: name("STAGE")}) {
		fmt.Println(p.Grant("LOADER"))
	}
	// Output:
	// GRANT USAGE ON DATABASE "SALES" TO ROLE "LOADER"
	// GRANT USAGE ON SCHEMA "SALES"."PUBLIC" TO ROLE "LOADER"
	// GRANT OPERATE, MONITOR ON PIPE "SALES"."PUBLIC"."EVENTS_PIPE" TO ROLE "LOADER"
	// GRANT READ ON STAGE "SALES"."PUBLIC"."STAGE" TO ROLE "LOADER"
	// GRANT SELECT, INSERT ON TABLE "SALES"."PUBLIC"."EVENTS" TO ROLE "LOADER"
}
