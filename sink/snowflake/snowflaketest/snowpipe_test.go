package snowflaketest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// piper is a client of Snowpipe without any wisdom.
type piper struct {
	t   testing.TB
	srv *snowflaketest.Server
	at  func() time.Time
}

// newPiper starts an account with a pipe P on @ST/in/ into T, and a user that may tell it of files.
func newPiper(t *testing.T, o snowflaketest.Options) piper {
	t.Helper()
	o.LocalStages = true
	srv := snowflaketest.Start(t, streamOptions(o))
	at := o.Now
	if at == nil {
		at = time.Now
	}
	p := piper{t: t, srv: srv, at: at}
	p.exec("CREATE TABLE T (ID NUMBER(38,0), V VARCHAR)", "CREATE STAGE ST",
		"CREATE PIPE P AS COPY INTO T FROM @ST/in/ FILE_FORMAT=(TYPE=PARQUET USE_VECTORIZED_SCANNER=TRUE) MATCH_BY_COLUMN_NAME=CASE_SENSITIVE")
	return p
}

func (p piper) exec(statements ...string) {
	p.t.Helper()
	for _, s := range statements {
		if err := p.srv.Exec(p.t.Context(), s); err != nil {
			p.t.Fatalf("%s: %v", s, err)
		}
	}
}

// upload puts a Parquet file of rows with ID from first on onto the stage.
func (p piper) upload(t *testing.T, name string, first, rows int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, parquetFile(t, first, rows), 0o600); err != nil {
		t.Fatal(err)
	}
	mustExec(t, open(t, p.srv), "PUT 'file://"+path+"' @ST/in AUTO_COMPRESS=FALSE")
}

// call makes a call of Snowpipe and returns the reply; an error is of a connection that was cut.
func (p piper) call(method, what string, query url.Values, body string) (int, map[string]any, error) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.srv.URL()+"/v1/data/pipes/TEST.PUBLIC.P/"+what+"?"+query.Encode(), strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+keyPairToken(p.t, testkey.Private(), snowflaketest.DefaultAccount, "BOB", p.at()))
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, err
	}
	var reply map[string]any
	_ = json.Unmarshal(text, &reply) // a fault's text is none
	return resp.StatusCode, reply, nil
}

// tell tells the pipe of files.
func (p piper) tell(names ...string) (int, map[string]any, error) {
	p.t.Helper()
	var files []string
	for _, n := range names {
		files = append(files, fmt.Sprintf(`{"path":%q}`, n))
	}
	return p.call(http.MethodPost, "insertFiles", url.Values{"showSkippedFiles": {"true"}}, `{"files":[`+strings.Join(files, ",")+`]}`)
}

func (p piper) mustTell(names ...string) map[string]any {
	p.t.Helper()
	status, reply, err := p.tell(names...)
	if err != nil || status != http.StatusOK {
		p.t.Fatalf("insertFiles answers %d %v, %v", status, reply, err)
	}
	return reply
}

// report returns what is reported, as path and status.
func (p piper) report(what string, query url.Values) ([]string, map[string]any) {
	p.t.Helper()
	status, reply, err := p.call(http.MethodGet, what, query, "")
	if err != nil || status != http.StatusOK {
		p.t.Fatalf("%s answers %d %v, %v", what, status, reply, err)
	}
	out := []string{}
	for _, f := range reply["files"].([]any) {
		out = append(out, fmt.Sprint(f.(map[string]any)["path"], " ", f.(map[string]any)["status"]))
	}
	return out, reply
}

// await waits until the last n files have been reported.
func (p piper) await(n int) []string {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		files, _ := p.report("insertReport", nil)
		if len(files) >= n {
			return files
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("only %v were reported, want %d files", files, n)
		}
	}
}

func (p piper) rows(t *testing.T) string {
	t.Helper()
	return query(t, open(t, p.srv), "SELECT COUNT(*) || ' ' || COUNT(DISTINCT ID) FROM T")[0][0]
}

// TestSnowpipeDelay holds that a file waits as long as it is to, also in a server that goes on where another was killed, which
// knows it.
func TestSnowpipeDelay(t *testing.T) {
	t.Parallel()
	p := newPiper(t, snowflaketest.Options{PipeDelay: time.Hour})
	p.upload(t, "a.parquet", 0, 10)
	p.upload(t, "b.parquet", 10, 10)
	p.mustTell("a.parquet", "b.parquet")
	if err := p.srv.Kill(); err != nil {
		t.Fatal(err)
	}
	p.srv = snowflaketest.Start(t, streamOptions(snowflaketest.Options{Dir: p.srv.Dir()}))
	if reply := p.mustTell("a.parquet", "b.parquet"); !cmp.Equal(reply["skippedFiles"], []any{"a.parquet", "b.parquet"}) {
		t.Errorf("the files in the queue are not known: %v", reply)
	}
	if got := p.rows(t); got != "0 0" {
		t.Errorf("there are %s rows before the delay is over", got)
	}
}

// TestSnowpipeKilled holds that a pipe goes on after a kill with what it had accepted.
func TestSnowpipeKilled(t *testing.T) {
	t.Parallel()
	p := newPiper(t, snowflaketest.Options{})
	p.exec("ALTER PIPE P SET PIPE_EXECUTION_PAUSED = TRUE")
	for i := range 3 {
		p.upload(t, fmt.Sprintf("%d.parquet", i), i*10, 10)
	}
	p.mustTell("0.parquet", "1.parquet", "2.parquet")
	for range 2 {
		if err := p.srv.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := p.srv.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	if files, _ := p.report("insertReport", nil); len(files) != 0 {
		t.Errorf("a paused pipe has loaded %v", files)
	}
	p.exec("ALTER PIPE P SET PIPE_EXECUTION_PAUSED = FALSE")
	if got := p.await(3); !cmp.Equal(got, []string{"0.parquet LOADED", "1.parquet LOADED", "2.parquet LOADED"}) {
		t.Errorf("the report has %v", got)
	}
	if err := p.srv.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := p.srv.Restart(); err != nil {
		t.Fatal(err)
	}
	if got := p.await(3); len(got) != 3 {
		t.Errorf("after a restart the report has %v", got)
	}
	if got := p.rows(t); got != "30 30" {
		t.Errorf("there are %s rows, want 30 of 30", got)
	}
}

// TestSnowpipeFaults holds that calls are cut, throttled and answered wrongly as a test says, before and after they are carried
// out, and that files that are told of again are loaded once.
func TestSnowpipeFaults(t *testing.T) {
	t.Parallel()
	p := newPiper(t, snowflaketest.Options{})
	insert := snowflaketest.Snowpipe("insertFiles")
	p.upload(t, "a.parquet", 0, 10)
	p.upload(t, "b.parquet", 10, 10)

	p.srv.Inject(snowflaketest.Fault{Match: insert, Effect: snowflaketest.CutBefore()})
	if _, _, err := p.tell("a.parquet"); err == nil {
		t.Error("a call that is cut has a reply")
	}
	p.srv.Inject(snowflaketest.Fault{Match: insert, Effect: snowflaketest.Throttle(http.StatusTooManyRequests, time.Second)})
	if status, _, err := p.tell("a.parquet"); status != http.StatusTooManyRequests || err != nil {
		t.Errorf("a call that is throttled is answered %d, %v", status, err)
	}
	if reply := p.mustTell("a.parquet"); reply["skippedFiles"] != nil {
		t.Errorf("a call that was not carried out was heard: %v", reply)
	}
	p.srv.Inject(snowflaketest.Fault{Match: insert, Effect: snowflaketest.CutAfter()})
	if _, _, err := p.tell("b.parquet"); err == nil {
		t.Error("a call whose reply is cut has one")
	}
	if reply := p.mustTell("b.parquet"); !cmp.Equal(reply["skippedFiles"], []any{"b.parquet"}) {
		t.Errorf("a call that was carried out was not heard: %v", reply)
	}
	p.srv.Inject(snowflaketest.Fault{Match: snowflaketest.Snowpipe("insertReport"), Effect: snowflaketest.Answer(http.StatusInternalServerError, `{"code":"390500","message":"x","success":false}`)})
	if status, reply, err := p.call(http.MethodGet, "insertReport", nil, ""); status != http.StatusInternalServerError || reply["code"] != "390500" || err != nil {
		t.Errorf("a report that fails is answered %d %v, %v", status, reply, err)
	}
	p.await(2)
	if got := p.rows(t); got != "20 20" {
		t.Errorf("there are %s rows, want 20 of 20", got)
	}
	if n := count(p.srv, snowflaketest.All(insert, func(c snowflaketest.Call) bool { return c.Faulty })); n != 3 {
		t.Errorf("%d calls of insertFiles were faulty, want 3", n)
	}
}

// TestSnowpipeReports holds that reports are bounded, go on by marks and times, forget, and are throttled.
func TestSnowpipeReports(t *testing.T) {
	t.Parallel()
	clock := newClock()
	p := newPiper(t, snowflaketest.Options{Now: clock.now, PipeEvents: 2, PipeScans: 4})
	begin := clock.now()
	var mark string
	for i := range 3 {
		p.upload(t, fmt.Sprintf("%d.parquet", i), i, 1)
		p.mustTell(fmt.Sprintf("%d.parquet", i))
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
			_, reply := p.report("insertReport", nil)
			if next, _ := reply["nextBeginMark"].(string); next != mark {
				mark = next
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("a file is not loaded")
			}
		}
		clock.add(time.Minute)
	}
	files, reply := p.report("insertReport", nil)
	if !cmp.Equal(files, []string{"1.parquet LOADED", "2.parquet LOADED"}) || reply["completeResult"] != true {
		t.Errorf("the last two are %v: %v", files, reply)
	}
	files, reply = p.report("insertReport", url.Values{"beginMark": {"1_1"}})
	if len(files) != 2 || reply["completeResult"] != false {
		t.Errorf("of three events since the mark %v are there, complete %v", files, reply["completeResult"])
	}
	files, reply = p.report("insertReport", url.Values{"beginMark": {mark}})
	if len(files) != 0 || reply["completeResult"] != true || reply["nextBeginMark"] != mark {
		t.Errorf("since the last mark: %v, %v", files, reply)
	}
	if files, _ := p.report("insertReport", url.Values{"recentSeconds": {"90"}}); !cmp.Equal(files, []string{"2.parquet LOADED"}) {
		t.Errorf("in the last 90 seconds: %v", files)
	}

	from := url.Values{"startTimeInclusive": {begin.Format(time.RFC3339Nano)}}
	files, reply = p.report("loadHistoryScan", from)
	if !cmp.Equal(files, []string{"0.parquet LOADED", "1.parquet LOADED"}) || reply["completeResult"] != false {
		t.Errorf("the first page: %v, %v", files, reply)
	}
	from.Set("startTimeInclusive", reply["rangeEndTime"].(string))
	files, reply = p.report("loadHistoryScan", from)
	if !cmp.Equal(files, []string{"1.parquet LOADED", "2.parquet LOADED"}) || reply["completeResult"] != true {
		t.Errorf("the second page: %v, %v", files, reply)
	}
	p.report("loadHistoryScan", from)
	p.report("loadHistoryScan", from)
	if status, reply, err := p.call(http.MethodGet, "loadHistoryScan", from, ""); status != http.StatusTooManyRequests || reply["code"] != "390701" || err != nil {
		t.Errorf("the fifth scan of a minute is answered %d %v, %v", status, reply, err)
	}
	clock.add(10 * time.Minute)
	if files, _ := p.report("insertReport", nil); len(files) != 0 {
		t.Errorf("after 10 minutes the report has %v", files)
	}
	if files, _ := p.report("loadHistoryScan", from); len(files) != 2 {
		t.Errorf("after 10 minutes the history has %v", files)
	}
}

// TestSnowpipeLimits holds that a call takes 5,000 files, and none more, with names of up to 1,024 bytes.
func TestSnowpipeLimits(t *testing.T) {
	t.Parallel()
	p := newPiper(t, snowflaketest.Options{})
	p.exec("ALTER PIPE P SET PIPE_EXECUTION_PAUSED = TRUE")
	names := func(n int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprintf("%d.parquet", i)
		}
		return out
	}
	for name, c := range map[string]struct {
		names []string
		want  int
	}{
		"5,000 files":       {names(5000), http.StatusOK},
		"5,001 files":       {names(5001), http.StatusBadRequest},
		"1,024 bytes":       {[]string{strings.Repeat("x", 1022) + "é"}, http.StatusOK},
		"1,025 bytes":       {[]string{strings.Repeat("x", 1023) + "é"}, http.StatusBadRequest},
		"out of the stage":  {[]string{"../../x.parquet"}, http.StatusOK}, // it is not found there
		"no name":           {[]string{"/"}, http.StatusBadRequest},
		"a zero in a name":  {[]string{"a\x00b"}, http.StatusBadRequest},
		"a directory's":     {[]string{"dir/"}, http.StatusOK},
		"a name with signs": {[]string{`a'b"c %.parquet`}, http.StatusOK},
	} {
		if status, reply, err := p.tell(c.names...); status != c.want || err != nil {
			t.Errorf("%s: %d %v, %v", name, status, reply, err)
		}
	}
}

// TestAutoIngest holds that objects that come to an external stage are loaded without a call, those from before are not, and
// what a pattern leaves out is not either.
func TestAutoIngest(t *testing.T) {
	t.Parallel()
	bucket := memblob.OpenBucket(nil)
	defer func() { _ = bucket.Close() }() // it has no file
	write := func(key string, first int) {
		t.Helper()
		if err := bucket.WriteAll(t.Context(), key, parquetFile(t, first, 10), nil); err != nil {
			t.Fatal(err)
		}
	}
	srv := snowflaketest.Start(t, streamOptions(snowflaketest.Options{Buckets: map[string]*blob.Bucket{"s3://bucket/": bucket}}))
	p := piper{t: t, srv: srv, at: time.Now}
	write("in/before.parquet", 100)
	p.exec("CREATE TABLE T (ID NUMBER(38,0), V VARCHAR)", "CREATE STAGE ST URL = 's3://bucket/in/'",
		"CREATE PIPE P AUTO_INGEST = TRUE AS COPY INTO T FROM @ST PATTERN = '.*[.]parquet' FILE_FORMAT=(TYPE=PARQUET USE_VECTORIZED_SCANNER=TRUE) MATCH_BY_COLUMN_NAME=CASE_SENSITIVE")
	write("in/a.parquet", 0)
	write("in/sub/b.parquet", 10)
	write("in/c.txt", 20)
	write("beside/d.parquet", 30)
	p.await(2)
	if err := srv.Kill(); err != nil {
		t.Fatal(err)
	}
	write("in/e.parquet", 40)
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	write("in/a.parquet", 50) // a name that is known
	write("in/f.parquet", 60)
	if got := p.await(4); len(got) != 4 {
		t.Errorf("the report has %v", got)
	}
	if got := p.rows(t); got != "40 40" {
		t.Errorf("there are %s rows, want those of four objects", got)
	}
	_, reply := p.report("insertReport", nil)
	if f := reply["files"].([]any)[0].(map[string]any); f["stageLocation"] != "s3://bucket/in/" {
		t.Errorf("the files are at %v", f["stageLocation"])
	}
	if got := query(t, open(t, srv), "SHOW PIPES")[0][6]; !strings.HasPrefix(got, "arn:") {
		t.Errorf("the notification channel is %q", got)
	}
	// What the pipe has missed, and what was there before, comes by a refresh.
	p.exec("ALTER PIPE P REFRESH")
	p.await(5)
	if got := p.rows(t); got != "50 50" {
		t.Errorf("after a refresh there are %s rows", got)
	}
}
