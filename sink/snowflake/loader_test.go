package snowflake_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

func openLoader(t testing.TB, server *snowflaketest.Server, o snowflake.LoaderOptions) *snowflake.Loader {
	t.Helper()
	o.Retry = retry.Policy{Retries: 10, Base: 10 * time.Millisecond}
	l, err := snowflake.OpenLoader(t.Context(), snowflake.Config{Driver: server.Config()}, "answers", &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close(context.WithoutCancel(t.Context())) })
	return l
}

func write(t testing.TB, l *snowflake.Loader, id string, ids ...int64) int64 {
	t.Helper()
	rows, err := l.WriteBatch(t.Context(), id, rowsOf(t, ids))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestLoader: a batch id is loaded once, by one loader and another, and again where it is forced.
func TestLoader(t *testing.T) {
	server := start(t)
	l := openLoader(t, server, snowflake.LoaderOptions{})
	if got := write(t, l, "study/form/1", 1, 2); got != 2 {
		t.Errorf("%d rows", got)
	}
	if got := write(t, l, "study/form/2", 3); got != 1 {
		t.Errorf("%d rows", got)
	}
	if got := write(t, openLoader(t, server, snowflake.LoaderOptions{}), "study/form/1", 1, 2); got != 2 {
		t.Errorf("%d rows of a batch that was loaded", got)
	}
	if got := write(t, l, "empty"); got != 0 {
		t.Errorf("%d rows", got)
	}
	if got := write(t, l, "empty", 9); got != 0 {
		t.Errorf("%d rows of a batch that was loaded without any", got)
	}
	want(t, server, "SELECT ID FROM ANSWERS ORDER BY ID", "1", "2", "3")
	if got := write(t, openLoader(t, server, snowflake.LoaderOptions{Force: true}), "study/form/2", 4, 5); got != 2 {
		t.Errorf("%d rows", got)
	}
	if got := write(t, l, "study/form/2", 3); got != 2 {
		t.Errorf("%d rows of a batch that was loaded again", got)
	}
	want(t, server, "SELECT ID FROM ANSWERS ORDER BY ID", "1", "2", "3", "4", "5")
}

// TestLoadersAtOnce: several write one batch at once.
func TestLoadersAtOnce(t *testing.T) {
	server := start(t)
	write(t, openLoader(t, server, snowflake.LoaderOptions{}), "first", 1)
	var wg sync.WaitGroup
	for range 4 {
		l := openLoader(t, server, snowflake.LoaderOptions{})
		rec := rowsOf(t, []int64{2, 3})
		wg.Go(func() {
			if rows, err := l.WriteBatch(t.Context(), "same", rec); err != nil || rows != 2 {
				t.Errorf("%d rows, %v", rows, err)
			}
		})
	}
	wg.Wait()
	want(t, server, "SELECT ID FROM ANSWERS ORDER BY ID", "1", "2", "3")
}

// TestLoaderRejects: a row that the table cannot take fails the batch, and nothing of it is there.
func TestLoaderRejects(t *testing.T) {
	server := start(t)
	exec(t, server, "CREATE TABLE ANSWERS (ID NUMBER(2,0), NAME VARCHAR)")
	l := openLoader(t, server, snowflake.LoaderOptions{})
	_, err := l.WriteBatch(t.Context(), "study/form/1", rowsOf(t, []int64{1, 200}))
	var failed *snowflake.BatchError
	if !errors.As(err, &failed) || failed.BatchID != "study/form/1" || !strings.Contains(err.Error(), "200 has more digits than NUMBER(2,0)") {
		t.Errorf("%v", err)
	}
	want(t, server, "SELECT COUNT(*) FROM ANSWERS", "0")
	if got := write(t, openLoader(t, server, snowflake.LoaderOptions{Options: snowflake.Options{Rejects: "bad"}}), "study/form/1", 1, 200); got != 1 {
		t.Errorf("%d rows", got)
	}
	want(t, server, "SELECT COUNT(*) FROM ANSWERS", "1")
	want(t, server, "SELECT COUNT(*) FROM BAD", "1")
}

func TestOpenLoaderFaults(t *testing.T) {
	cfg := snowflake.Config{DSN: "user:hunter2@127.0.0.1:1/db/schema?account=a&protocol=http&loginTimeout=1&maxRetryCount=1", Timeout: time.Second}
	began := time.Now()
	_, err := snowflake.OpenLoader(t.Context(), cfg, "answers", nil)
	var faults *config.Error
	if !errors.As(err, &faults) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v to give up", took)
	}
	_, err = snowflake.OpenLoader(t.Context(), cfg, "answers", &snowflake.LoaderOptions{Options: snowflake.Options{Mode: sink.Replace}})
	if !errors.As(err, &faults) || faults.Faults[0].Field != "LoaderOptions.Mode" {
		t.Errorf("%v", err)
	}
}
