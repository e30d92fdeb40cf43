package snowflake_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// outside starts an account with a stage OUTSIDE over a bucket, and returns what names both.
func outside(t testing.TB) (*snowflaketest.Server, *blob.Bucket, snowflake.Options) {
	t.Helper()
	b := memblob.OpenBucket(nil)
	t.Cleanup(func() { b.Close() })
	server := snowflaketest.Start(t, &snowflaketest.Options{Buckets: map[string]*blob.Bucket{"s3://bucket/": b}})
	exec(t, server, "CREATE STAGE OUTSIDE URL = 's3://bucket/landing/'")
	return server, b, snowflake.Options{Stage: "outside", External: &snowflake.External{Bucket: b, Location: "s3://bucket"}}
}

// objects lists what a bucket has.
func objects(t testing.TB, b *blob.Bucket) (keys []string) {
	t.Helper()
	for it := b.List(nil); ; {
		o, err := it.Next(t.Context())
		if err == io.EOF {
			return keys
		}
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
}

func TestConformanceExternal(t *testing.T) {
	for name, o := range map[string]snowflake.Options{
		"append": {}, "upsert": {Mode: sink.Upsert, Key: []string{"id"}}, "replace": {Mode: sink.Replace},
	} {
		t.Run(name, func(t *testing.T) {
			b := memblob.OpenBucket(nil)
			defer b.Close()
			server := snowflaketest.Start(t, &snowflaketest.Options{Buckets: map[string]*blob.Bucket{"gcs://bucket/": b}})
			o.KeepCase, o.Stage, o.External = true, "outside", &snowflake.External{Bucket: b, Location: "gcs://bucket/", Integration: "ours"}
			exec(t, server, `CREATE STORAGE INTEGRATION "ours" TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'GCS' ENABLED = TRUE STORAGE_ALLOWED_LOCATIONS = ('gcs://bucket/')`)
			i := on(server, o)
			i.check(t, "modes/", "exactly-once/", "fencing/older", "atomicity/", "context/")
		})
	}
}

// TestExternalLeftovers: what a process that died has left goes with the first claim by which its rows are committed, and
// what is the user's stays.
func TestExternalLeftovers(t *testing.T) {
	server, b, o := outside(t)
	if err := b.WriteAll(t.Context(), "landing/floe/mine.parquet", []byte("mine"), nil); err != nil {
		t.Fatal(err)
	}
	dead := open(t, server, "events", o)
	w, from := claim(t, dead, "a")
	stage(t, w, batch(t, "a", from, rowsOf(t, []int64{1, 2})))
	if got := objects(t, b); len(got) != 2 || !strings.HasPrefix(got[0], "landing/floe/EVENTS-") {
		t.Fatalf("the bucket has %q", got)
	}
	next := open(t, server, "events", o)
	w, from = claim(t, next, "a")
	load(t, w, "a", from, 1, 2)
	if got := objects(t, b); len(got) != 1 || got[0] != "landing/floe/mine.parquet" {
		t.Errorf("the bucket has %q", got)
	}
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2")
}

// TestExternalFileIsGone: a COPY that does not find what was staged loads nothing, and says which file.
func TestExternalFileIsGone(t *testing.T) {
	server, b, o := outside(t)
	w, from := claim(t, open(t, server, "events", o), "a")
	gone := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
	stage(t, w, gone)
	for _, key := range objects(t, b) {
		if err := b.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Load(t.Context(), gone); err == nil || retry.IsTransient(err) || !strings.Contains(err.Error(), "s3://bucket/landing/floe/EVENTS-") {
		t.Errorf("Load: %v", err)
	}
	want(t, server, "SELECT COUNT(*) FROM EVENTS", "0")
}

// TestExternalRejects: rows that the table cannot take go by the bucket, too.
func TestExternalRejects(t *testing.T) {
	server, b, o := outside(t)
	o.Rejects, o.OnError = "refused", snowflake.Continue
	exec(t, server, "CREATE TABLE EVENTS (ID NUMBER(38,0), NAME VARCHAR(3))")
	w, from := claim(t, open(t, server, "events", o), "a")
	bad := batch(t, "a", from, rowsOf(t, []int64{1, 2, 3}, "one", "three", "six"))
	stage(t, w, bad)
	if _, err := w.Load(t.Context(), bad); err != nil {
		t.Fatal(err)
	}
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "3")
	want(t, server, "SELECT COUNT(*) FROM REFUSED", "1")
	if got := objects(t, b); len(got) > 0 {
		t.Errorf("the bucket has %q", got)
	}
}

// TestExternalBucketIsClosed: a bucket that the sink opened it closes, and one that it was given it does not; nothing is
// written by then.
func TestExternalBucketIsClosed(t *testing.T) {
	server, b, o := outside(t)
	s := open(t, server, "events", o)
	w, from := claim(t, s, "a")
	b2 := batch(t, "a", from, rowsOf(t, []int64{1}))
	if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := w.(sink.Stager).Stage(t.Context(), b2); err == nil {
		t.Error("a sink that is closed stages")
	}
	if _, err := b.Exists(t.Context(), "x"); err != nil {
		t.Errorf("the caller's bucket is closed: %v", err)
	}
}

// TestPreflightExternal: the stage, its place, and the bucket are looked at.
func TestPreflightExternal(t *testing.T) {
	server, b, o := outside(t)
	exec(t, server, "CREATE STAGE INSIDE")
	if problems, _ := preflight(t, server, o); len(problems) > 0 {
		t.Errorf("problems %q", problems)
	}
	for _, tc := range []struct {
		stage    string
		external snowflake.External
		want     string
	}{
		{"outside", snowflake.External{Bucket: b, Location: "s3://bucket2"}, "stage TEST.PUBLIC.OUTSIDE: has its files at s3://bucket/landing/, which is not in the bucket of Options.External, s3://bucket2/: name another stage, or its bucket"},
		{"inside", snowflake.External{Bucket: b, Location: "s3://bucket"}, "stage TEST.PUBLIC.INSIDE: is an internal one: name an external one in Options.Stage, or leave Options.External out"},
		{"none", snowflake.External{Bucket: b, Location: "s3://bucket"}, "stage TEST.PUBLIC.NONE: is missing, or this role does not see it: make it, or name a storage integration in Options.External.Integration to have it made"},
	} {
		problems, _ := preflight(t, server, snowflake.Options{Stage: tc.stage, External: &tc.external})
		if len(problems) != 1 || problems[0] != tc.want {
			t.Errorf("problems %q, want %q", problems, tc.want)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	problems, _ := preflight(t, server, o)
	if len(problems) != 1 || !strings.HasPrefix(problems[0], "bucket s3://bucket/: ") {
		t.Errorf("problems %q of a bucket that is closed", problems)
	}
}
