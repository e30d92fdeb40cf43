package snowflaketest_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/snowflakedb/gosnowflake"
	"golang.org/x/sync/errgroup"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// TestCutReplies holds that a statement whose reply is lost is carried out once: the driver repeats the request.
func TestCutReplies(t *testing.T) {
	t.Parallel()
	for name, effect := range map[string]snowflaketest.Effect{
		"before": snowflaketest.CutBefore(),
		"after":  snowflaketest.CutAfter(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := snowflaketest.Start(t, nil)
			db := open(t, srv)
			mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0))")
			done := srv.Inject(snowflaketest.Fault{Match: snowflaketest.Statement("INSERT"), Effect: effect})
			mustExec(t, db, "INSERT INTO T VALUES (1)")
			<-done
			if got := query(t, db, "SELECT COUNT(*) FROM T"); got[0][0] != "1" {
				t.Errorf("%s rows, want 1", got[0][0])
			}
			var seen []snowflaketest.Call
			for _, c := range srv.Calls() {
				if c.Statement == "INSERT" {
					seen = append(seen, c)
				}
			}
			if len(seen) != 2 || seen[0].RequestID != seen[1].RequestID || !seen[0].Faulty || seen[0].Status != 0 || seen[1].Faulty || !seen[1].Retry || seen[1].Status != 200 {
				t.Errorf("the calls were %+v", seen)
			}
		})
	}
}

// TestRepeatWhileRunning holds that a repeated request waits for the first one.
func TestRepeatWhileRunning(t *testing.T) {
	t.Parallel()
	srv := snowflaketest.Start(t, &snowflaketest.Options{LongPoll: 20 * time.Millisecond})
	db := open(t, srv)
	mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0))", "INSERT INTO T VALUES (1)")
	holder := one(t, db)
	for _, s := range []string{"BEGIN", "UPDATE T SET N = 2"} {
		if _, err := holder.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	cut := srv.Inject(snowflaketest.Fault{Match: snowflaketest.Text("N + 10"), Effect: snowflaketest.CutAfter()})
	ended := make(chan error, 1)
	go func() {
		_, err := db.ExecContext(t.Context(), "UPDATE T SET N = N + 10")
		ended <- err
	}()
	<-cut
	if _, err := holder.ExecContext(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got := query(t, db, "SELECT N FROM T"); got[0][0] != "12" {
		t.Errorf("N is %s, want 12: added once", got[0][0])
	}
}

// TestThrottle holds that throttled calls are repeated by the driver.
func TestThrottle(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			srv := snowflaketest.Start(t, nil)
			db := open(t, srv)
			mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0))")
			done := srv.Inject(snowflaketest.Fault{Match: snowflaketest.Statement("INSERT"), Effect: snowflaketest.Throttle(status, time.Second)})
			mustExec(t, db, "INSERT INTO T VALUES (1)")
			<-done
			if got := query(t, db, "SELECT COUNT(*) FROM T"); got[0][0] != "1" {
				t.Errorf("%s rows, want 1", got[0][0])
			}
			if n := count(srv, func(c snowflaketest.Call) bool { return c.Status == status }); n != 1 {
				t.Errorf("%d calls were throttled, want 1", n)
			}
		})
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	srv := snowflaketest.Start(t, nil)
	db := open(t, srv)
	mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0))")
	srv.Inject(snowflaketest.Fault{
		Match: snowflaketest.Statement("INSERT"), Skip: 1, Times: 2, Effect: snowflaketest.Fail(625, "57014", "Statement was aborted."),
	})
	var codes []int
	for range 4 {
		_, err := db.ExecContext(t.Context(), "INSERT INTO T VALUES (1)")
		codes = append(codes, code(err))
	}
	if diff := cmp.Diff([]int{0, 625, 625, 0}, codes); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if got := query(t, db, "SELECT COUNT(*) FROM T"); got[0][0] != "2" {
		t.Errorf("%s rows, want 2", got[0][0])
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	srv := snowflaketest.Start(t, nil)
	db := open(t, srv)
	mustExec(t, db, "SELECT 1")
	srv.Inject(snowflaketest.Fault{Match: snowflaketest.Text("SELECT 2"), Delay: 300 * time.Millisecond})
	begin := time.Now()
	mustExec(t, db, "SELECT 2")
	if took := time.Since(begin); took < 300*time.Millisecond {
		t.Errorf("the call took %v", took)
	}
}

// TestExpiry holds that the driver renews tokens that have expired, before a statement, while it waits for one, and when
// the clock says so; and that a session whose master token has expired is over.
func TestExpiry(t *testing.T) {
	t.Parallel()
	clock := newClock()
	srv := snowflaketest.Start(t, &snowflaketest.Options{LongPoll: 50 * time.Millisecond, Now: clock.now})
	db := open(t, srv)
	db.SetMaxOpenConns(2)
	mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0))", "INSERT INTO T VALUES (1)")
	renewals := func() int { return count(srv, snowflaketest.Path("/session/token-request")) }

	srv.ExpireSessions()
	mustExec(t, db, "INSERT INTO T VALUES (2)")
	if n := renewals(); n != 1 {
		t.Errorf("%d renewals after tokens expired, want 1", n)
	}
	srv.Inject(snowflaketest.Fault{Match: snowflaketest.Statement("INSERT"), Effect: snowflaketest.Expire()})
	mustExec(t, db, "INSERT INTO T VALUES (3)")
	if n := renewals(); n != 2 {
		t.Errorf("%d renewals, want 2", n)
	}

	// A statement that is under way goes on while its session's token is renewed.
	holder := one(t, db)
	for _, s := range []string{"BEGIN", "UPDATE T SET N = N + 100"} {
		if _, err := holder.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	expired := srv.Inject(snowflaketest.Fault{Match: snowflaketest.Path("/queries/"), Skip: 1, Effect: snowflaketest.Expire()})
	ended := make(chan error, 1)
	go func() {
		_, err := db.ExecContext(t.Context(), "UPDATE T SET N = N + 1000")
		ended <- err
	}()
	<-expired
	if _, err := holder.ExecContext(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got := query(t, db, "SELECT SUM(N) FROM T"); got[0][0] != "3306" {
		t.Errorf("the sum is %s, want 1+2+3 + 300 + 3000", got[0][0])
	}

	clock.add(61 * time.Minute)
	before := renewals()
	mustExec(t, db, "INSERT INTO T VALUES (4)")
	if n := renewals() - before; n != 1 {
		t.Errorf("%d renewals after an hour, want 1", n)
	}
	clock.add(5 * time.Hour)
	if _, err := db.ExecContext(t.Context(), "INSERT INTO T VALUES (5)"); code(err) != 390114 {
		t.Errorf("after five hours: %v, want error 390114", err)
	}
}

// TestConcurrent holds that many clients at once, whose tokens expire, each have their statements carried out once.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	srv := snowflaketest.Start(t, &snowflaketest.Options{LongPoll: time.Millisecond})
	db := open(t, srv)
	mustExec(t, db, "CREATE TABLE T (CLIENT NUMBER(38,0), N NUMBER(38,0))")
	const clients, each = 8, 20
	var g errgroup.Group
	for c := range clients {
		g.Go(func() error {
			for n := range each {
				if n%5 == 4 {
					srv.ExpireSessions()
				}
				if _, err := db.ExecContext(t.Context(), "INSERT INTO T VALUES (?, ?)", c, n); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"160", "160", "1520"}}
	if got := query(t, db, "SELECT COUNT(*), COUNT(DISTINCT CLIENT, N), SUM(N) FROM T"); !cmp.Equal(got, want) {
		t.Errorf("the table has %v, want %v", got, want)
	}
}

// TestKill holds that a killed server comes back with its data, without its sessions and without what was open.
func TestKill(t *testing.T) {
	t.Parallel()
	srv := snowflaketest.Start(t, nil)
	url := srv.URL()
	before := open(t, srv)
	before.SetMaxOpenConns(1)
	mustExec(t, before, "CREATE TABLE T (N NUMBER(38,0))", "INSERT INTO T VALUES (1)", "BEGIN", "INSERT INTO T VALUES (2)")
	if err := srv.Kill(); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
		_ = conn.Close()
		t.Error("a killed server answers")
	}
	if err := srv.Exec(t.Context(), "SELECT 1"); err == nil {
		t.Error("a killed server carries statements out")
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	if srv.URL() != url {
		t.Errorf("the address was %s and is %s", url, srv.URL())
	}
	if _, err := before.ExecContext(t.Context(), "COMMIT"); code(err) != gosnowflake.ErrSessionGone {
		t.Errorf("a session of before: %v, want error %d", err, gosnowflake.ErrSessionGone)
	}
	if got := query(t, open(t, srv), "SELECT N FROM T"); !cmp.Equal(got, [][]string{{"1"}}) {
		t.Errorf("the table has %v, want the row that was committed", got)
	}
}

// TestKillAmid holds that a kill ends statements that are under way.
func TestKillAmid(t *testing.T) {
	t.Parallel()
	srv := snowflaketest.Start(t, nil)
	db := open(t, srv, func(c *gosnowflake.Config) { c.MaxRetryCount = 1 })
	mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0))", "INSERT INTO T VALUES (1)")
	holder, waiter := one(t, db), one(t, db)
	for _, s := range []string{"BEGIN", "UPDATE T SET N = 2"} {
		if _, err := holder.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	arrived := srv.Inject(snowflaketest.Fault{Match: snowflaketest.Text("N = 3")})
	ended := make(chan error, 1)
	go func() {
		_, err := waiter.ExecContext(t.Context(), "UPDATE T SET N = 3")
		ended <- err
	}()
	<-arrived
	if err := srv.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("a statement of a killed server has succeeded")
	}
	if got := query(t, open(t, srv), "SELECT N FROM T"); got[0][0] != "1" {
		t.Errorf("N is %s, want 1", got[0][0])
	}
}

// TestSameDir holds that another server on the directory of one that was closed has its data.
func TestSameDir(t *testing.T) {
	t.Parallel()
	o := snowflaketest.Options{Dir: t.TempDir()}
	for i := range 2 {
		srv, err := snowflaketest.New(o)
		if err != nil {
			t.Fatal(err)
		}
		db := open(t, srv)
		mustExec(t, db, "CREATE TABLE IF NOT EXISTS T (N NUMBER(38,0))", "INSERT INTO T VALUES (1)")
		if got := query(t, db, "SELECT COUNT(*) FROM T"); got[0][0] != fmt.Sprint(i+1) {
			t.Errorf("%s rows, want %d", got[0][0], i+1)
		}
		_ = db.Close()
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestUploadFaults holds that the driver repeats uploads of files.
func TestUploadFaults(t *testing.T) {
	t.Parallel()
	for name, effect := range map[string]snowflaketest.Effect{
		"cut":      snowflaketest.CutBefore(),
		"lost":     snowflaketest.CutAfter(),
		"throttle": snowflaketest.Throttle(http.StatusServiceUnavailable, 0),
		"renewal":  snowflaketest.Throttle(http.StatusBadRequest, 0),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := snowflaketest.Start(t, nil)
			db := open(t, srv)
			mustExec(t, db, "CREATE STAGE ST", "CREATE TABLE T (ID NUMBER(38,0), V VARCHAR)")
			path := filepath.Join(t.TempDir(), "a.parquet")
			if err := os.WriteFile(path, parquetFile(t, 0, 100), 0o600); err != nil {
				t.Fatal(err)
			}
			done := srv.Inject(snowflaketest.Fault{Match: snowflaketest.Path("/stages/"), Effect: effect})
			mustExec(t, db, "PUT 'file://"+path+"' @ST AUTO_COMPRESS=FALSE OVERWRITE=TRUE")
			<-done
			mustExec(t, db, "COPY INTO T FROM @ST FILE_FORMAT=(TYPE=PARQUET USE_VECTORIZED_SCANNER=TRUE) MATCH_BY_COLUMN_NAME=CASE_INSENSITIVE")
			if got := query(t, db, "SELECT COUNT(*), SUM(ID) FROM T"); !cmp.Equal(got, [][]string{{"100", "4950"}}) {
				t.Errorf("the table has %v", got)
			}
		})
	}
}

// TestStreamRepeated shows what the driver does to a stream whose upload it has to repeat: nothing is left of it to upload.
// Who streams has to compare what COPY loads with what was sent.
func TestStreamRepeated(t *testing.T) {
	t.Parallel()
	srv := snowflaketest.Start(t, nil)
	db := open(t, srv)
	mustExec(t, db, "CREATE STAGE ST")
	srv.Inject(snowflaketest.Fault{Match: snowflaketest.Path("/stages/"), Effect: snowflaketest.Throttle(http.StatusServiceUnavailable, 0)})
	ctx := gosnowflake.WithFileStream(t.Context(), rewinding{bytes.NewReader(parquetFile(t, 0, 100))})
	if _, err := db.ExecContext(ctx, "PUT 'file:///nowhere/a.parquet' @ST AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=NONE OVERWRITE=TRUE"); err != nil {
		t.Fatal(err)
	}
	if got := query(t, db, "LIST @ST"); len(got) != 1 || got[0][1] != "0" {
		t.Errorf("the stage has %v, want one empty file", got)
	}
}

// TestWarehouse holds that statements fail while the warehouse is suspended and does not resume by itself.
func TestWarehouse(t *testing.T) {
	t.Parallel()
	srv := snowflaketest.Start(t, nil)
	db := open(t, srv)
	mustExec(t, db, "CREATE TABLE T (N NUMBER(38,0))")
	for _, sql := range []string{"ALTER WAREHOUSE TEST_WH SET AUTO_RESUME = FALSE", "ALTER WAREHOUSE TEST_WH SUSPEND"} {
		if err := srv.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO T VALUES (1)"); code(err) != 606 {
		t.Errorf("a suspended warehouse: %v, want error 606", err)
	}
	if err := srv.Exec(t.Context(), "ALTER WAREHOUSE TEST_WH RESUME"); err != nil {
		t.Fatal(err)
	}
	mustExec(t, db, "INSERT INTO T VALUES (1)")
}
