package snowflake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"gocloud.dev/blob/memblob"

	"github.com/floedata/floe/config"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

// pipeSink is one that knows where its table is, and has no connection. calls answers its REST calls.
func pipeSink(t *testing.T, o PipeOptions, calls http.RoundTripper) *PipeSink {
	t.Helper()
	o.REST.HTTPClient = &http.Client{Transport: calls}
	opts, faults := checkedPipe("events", &o)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	options, err := checked("test", "events", &opts.Options)
	if err != nil {
		t.Fatal(err)
	}
	s := newSink(nil, "events", options)
	s.place = sf.Place{Database: "DB", Schema: "S"}
	s.offsets = offset.Table{Name: s.place.Of(offsetsTable(s.name))}
	s.started = true
	return newPipeSink(s, snowpipe.Config{Account: "a", User: "u", Key: testkey.Private()}, opts)
}

// TestPipeStatements: the statements of pipe mode, as they are sent.
func TestPipeStatements(t *testing.T) {
	p := pipeSink(t, PipeOptions{}, nil)
	w := p.s.newWriter("it's", "a\x00b")
	w.Claim = claim.Claim{Offsets: p.s.offsets, Key: w.Key, Epoch: 7, Mark: "MARK"}
	l := &loading{w: w, b: &sink.Batch{From: "f", To: "t"}, st: &staged{files: []stagedFile{{name: "1.parquet", rows: 3, bytes: 50}}}}
	d := p.definition("MARK")
	lane := p.s.directory() + w.lane
	for _, tc := range []struct{ name, got, want string }{
		{"create owed", p.createOwed(), `CREATE TABLE IF NOT EXISTS "DB"."S"."_FLOE_OWED" (
	pipeline VARCHAR NOT NULL, target VARCHAR NOT NULL, partition_id VARCHAR NOT NULL, epoch BIGINT NOT NULL,
	file VARCHAR NOT NULL, row_count BIGINT NOT NULL, bytes BIGINT NOT NULL,
	pipe VARCHAR NOT NULL, pipe_created BIGINT NOT NULL, owed_at TIMESTAMP_LTZ NOT NULL)`},
		{"enter", p.enterBlock([]*loading{l}, &pipe{id: pipeID{"P", 1700}}).String(), `DECLARE
  id VARCHAR;
  short INTEGER;
  detail VARCHAR;
  comment VARCHAR;
BEGIN
  BEGIN TRANSACTION;
  INSERT INTO "DB"."S"."_FLOE_OWED" (pipeline, target, partition_id, epoch, file, row_count, bytes, pipe, pipe_created, owed_at)
    SELECT column1, column2, column3, column4, column5, column6, column7, 'P', 1700, CURRENT_TIMESTAMP() FROM VALUES ('it''s', 'EVENTS', 'a\\x00b', 7, '` + lane + `1.parquet', 3, 50);
  SHOW TABLES IN SCHEMA "DB"."S" STARTS WITH 'EVENTS';
  id := SQLID;
  SELECT COALESCE(MAX("comment"), '') INTO :comment FROM TABLE(RESULT_SCAN(:id)) WHERE "name" = 'EVENTS';
  IF (POSITION('[floe:MARK]', comment) = 0) THEN
    ROLLBACK;
    RETURN 'SWAPPED';
  END IF;
  UPDATE "DB"."S"."_FLOE_OFFSETS" SET committed = 't' WHERE pipeline = 'it''s' AND target = 'EVENTS' AND partition_id = 'a\\x00b' AND epoch = 7 AND committed = 'f';
  IF (SQLROWCOUNT = 0) THEN
    ROLLBACK;
    RETURN 'MOVED 0';
  END IF;
  COMMIT;
  RETURN 'LOADED';
EXCEPTION
  WHEN OTHER THEN
    ROLLBACK;
    RAISE;
END;`},
		{"paid", p.paid([]owedFile{{path: "a/1"}, {path: "a/2'"}}), `DELETE FROM "DB"."S"."_FLOE_OWED" WHERE file IN ('a/1', 'a/2''')`},
		{"pipe", d.String(), `CREATE PIPE IF NOT EXISTS "DB"."S"."` + d.Name.Object + `"
  COMMENT = 'Loads EVENTS for a pipeline that knows which files are its own: never REFRESH it.'
  AS COPY INTO "DB"."S"."EVENTS"
    FROM '@"DB"."S"."_FLOE_STAGE"/'
    FILE_FORMAT = ` + fileFormat + `
    MATCH_BY_COLUMN_NAME = CASE_SENSITIVE
    ON_ERROR = SKIP_FILE`},
	} {
		if diff := cmp.Diff(tc.want, tc.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	if !strings.HasPrefix(d.Name.Object, "_FLOE_PIPE_") || len(d.Name.Object) != 43 || d.Name.Object == p.definition("OTHER").Name.Object {
		t.Errorf("the pipe is called %q, and that of another table %q", d.Name.Object, p.definition("OTHER").Name.Object)
	}
	if other := pipeSink(t, PipeOptions{Options: Options{Stage: "other"}}, nil).definition("MARK").Name; other == d.Name {
		t.Error("the pipe of another stage has the same name")
	}
	if named := pipeSink(t, PipeOptions{Pipe: "mine"}, nil).definition("MARK").Name; named.Object != "MINE" {
		t.Errorf("the pipe is called %q", named.Object)
	}
}

func TestPipeOptions(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    PipeOptions
		want string
	}{
		{"defaults", PipeOptions{}, ""},
		{"upsert", PipeOptions{Options: Options{Mode: sink.Upsert, Key: []string{"id"}}}, "PipeOptions.Mode"},
		{"replace", PipeOptions{Options: Options{Mode: sink.Replace}}, "PipeOptions.Mode"},
		{"rows that COPY refuses", PipeOptions{Options: Options{OnError: SkipFile}}, "PipeOptions.OnError"},
		{"the user's stage", PipeOptions{Options: Options{Stage: "~"}}, "PipeOptions.Stage"},
		{"a name that is none", PipeOptions{Pipe: strings.Repeat("x", 256)}, "PipeOptions.Pipe"},
		{"rejects", PipeOptions{Options: Options{Rejects: "_floe_owed"}}, "PipeOptions.Rejects"},
		{"events of an internal stage", PipeOptions{AutoIngest: &AutoIngest{}}, "PipeOptions.AutoIngest"},
		{"events by two ways", PipeOptions{
			AutoIngest: &AutoIngest{Integration: "I", Topic: "T"}, Options: Options{Stage: "s", External: &External{Bucket: memblob.OpenBucket(nil), Location: "s3://b/"}},
		}, "PipeOptions.AutoIngest.Topic"},
		{"poll", PipeOptions{Poll: -1}, "PipeOptions.Poll"},
		{"patience", PipeOptions{Patience: time.Second}, "PipeOptions.Patience"},
		{"a timeout of calls", PipeOptions{REST: snowpipe.ClientOptions{Timeout: -1}}, "ClientOptions.Timeout"},
		{"an option of the staged way", PipeOptions{Options: Options{Uploads: 100}}, "Options.Uploads"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := NewPipe(nil, snowpipe.Config{Account: "a", User: "u", Key: testkey.Private()}, "events", &tc.o)
			var bad *config.Error
			if tc.want == "" {
				if err == nil || errors.As(err, &bad) {
					t.Errorf("%v, want the fault that the database is nil", err)
				}
				return
			}
			if !errors.As(err, &bad) || bad.Faults[0].Field != tc.want || len(bad.Faults) > 1 {
				t.Errorf("%v, want a fault of %s", err, tc.want)
			}
		})
	}
	_, err := OpenPipe(t.Context(), Config{DSN: "u:p@a/d/s"}, "events", &PipeOptions{Poll: -1})
	if err == nil || !strings.Contains(err.Error(), "PipeOptions.Poll") || !strings.Contains(err.Error(), "Config.PrivateKey") {
		t.Errorf("%v, want faults of Poll and of the key", err)
	}
}

// reports answers insertReport, one call after the other, the last one again and again; other calls are taken.
type reports struct {
	mu      sync.Mutex
	list    []string // bodies of reports, or "!" with a status
	inserts int
}

func (r *reports) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, status := `{"responseCode":"SUCCESS"}`, 200
	if strings.HasSuffix(req.URL.Path, "/insertFiles") {
		r.inserts++
	} else {
		body = r.list[0]
		if len(r.list) > 1 {
			r.list = r.list[1:]
		}
		if text, failed := strings.CutPrefix(body, "!"); failed {
			_, _ = fmt.Sscan(text, &status)
		}
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func reportOf(files ...string) string {
	var list []string
	for _, f := range files {
		var path, status string
		var rows int
		if _, err := fmt.Sscan(f, &path, &rows, &status); err != nil {
			panic(err)
		}
		list = append(list, fmt.Sprintf(`{"path":%q,"rowsInserted":%d,"status":%q}`, path, rows, status))
	}
	return `{"completeResult":true,"files":[` + strings.Join(list, ",") + `]}`
}

// TestAwait: many wait by one poller, which ends with them.
func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reports{list: []string{
			reportOf(),
			reportOf("floe/a 0 LOAD_IN_PROGRESS", "b 2 LOADED"),
			reportOf("floe/a 1 LOADED", "b 2 LOADED"), reportOf(),
		}}
		p := pipeSink(t, PipeOptions{}, r)
		q, err := p.pipe(pipeID{name: "P"})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		var both sync.WaitGroup
		for _, files := range [][]owedFile{{{path: "floe/a", rows: 1}, {path: "floe/b", rows: 2}}, {{path: "floe/b", rows: 2}}, {{path: "other/b", rows: 2}}} {
			both.Go(func() {
				seen, err := q.await(t.Context(), files)
				if err != nil {
					t.Error(err)
					return
				}
				for i, f := range seen {
					if f.RowsInserted != files[i].rows || f.Status != snowpipe.Loaded {
						t.Errorf("%s: %+v", files[i].path, f)
					}
				}
			})
		}
		both.Wait()
		if took := time.Since(start); took != 15*time.Second {
			t.Errorf("waited for %v, want three times Poll", took)
		}
		if len(q.waiting) > 0 || q.stop != nil {
			t.Error("somebody is still waited for")
		}
		p.pipes.close()
	})
}

// TestAwaitEnds: by an error of Snowpipe, by the context, by Patience, and by closing; and it begins anew.
func TestAwaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reports{list: []string{"!404", reportOf()}}
		p := pipeSink(t, PipeOptions{Patience: 20 * time.Second, REST: snowpipe.ClientOptions{Retry: retry.Policy{Retries: -1}}}, r)
		q, err := p.pipe(pipeID{name: "P"})
		if err != nil {
			t.Fatal(err)
		}
		files := []owedFile{{path: "floe/a", rows: 1}}
		var refused *snowpipe.Error
		if _, err := q.await(t.Context(), files); !errors.As(err, &refused) || refused.Status != 404 {
			t.Errorf("%v, want 404", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := q.await(ctx, files); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want the context's own", err)
		}
		if _, err := q.await(t.Context(), files); err == nil || !strings.Contains(err.Error(), "PipeOptions.Patience") {
			t.Errorf("%v, want one of Patience", err)
		}
		time.AfterFunc(time.Second, p.pipes.close)
		if _, err := q.await(t.Context(), files); !errors.Is(err, errClosed) {
			t.Errorf("%v, want %v", err, errClosed)
		}
	})
}

func TestLatency(t *testing.T) {
	var l latency
	if got := l.report(); got != (Latency{}) {
		t.Errorf("of no files: %+v", got)
	}
	for i := range 5000 {
		l.add(time.Duration(i)*time.Second, 1)
	}
	want := Latency{Files: 5000, Median: 4500 * time.Second, P95: 4950 * time.Second}
	if got := l.report(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	l = latency{}
	l.add(time.Second, 3)
	if got, want := l.report(), (Latency{Files: 3, Median: time.Second, P95: time.Second}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestUnloaded(t *testing.T) {
	f := owedFile{path: "floe/a", rows: 3}
	for _, tc := range []struct {
		seen snowpipe.File
		want string // "" = none
		copy bool
	}{
		{snowpipe.File{Status: snowpipe.Loaded, RowsInserted: 3}, "", false},
		{snowpipe.File{Status: snowpipe.Loaded, RowsInserted: 2}, "2 of its 3 rows", false},
		{snowpipe.File{Status: snowpipe.PartiallyLoaded, RowsInserted: 2, FirstError: "too long"}, "(PARTIALLY_LOADED): too long", false},
		{snowpipe.File{Status: snowpipe.Failed, FirstError: "too long"}, "could not be loaded by Snowpipe: too long", true},
		{snowpipe.File{Status: snowpipe.Failed, RowsInserted: 1}, "1 of its 3 rows", false},
		{snowpipe.File{Status: snowpipe.Failed, SystemError: "no file"}, "no file", true},
	} {
		err := unloaded(f, tc.seen)
		if (err == nil) != (tc.want == "") || err != nil && (!strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "floe/a")) {
			t.Errorf("%+v: %v, want %q", tc.seen, err, tc.want)
		}
		if errors.Is(err, errUnloaded) != tc.copy {
			t.Errorf("%+v: %v: COPY is to load it: %t", tc.seen, err, !tc.copy)
		}
	}
}
