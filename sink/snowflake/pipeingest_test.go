package snowflake_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// TestPipeOnExternalStage: its files are named by REST like others.
func TestPipeOnExternalStage(t *testing.T) {
	b := memblob.OpenBucket(nil)
	t.Cleanup(func() { b.Close() })
	server := startStreaming(t, snowflaketest.Options{Buckets: map[string]*blob.Bucket{"s3://bucket/": b}})
	exec(t, server, "CREATE STAGE OUTSIDE URL = 's3://bucket/landing/'")
	s := openPipe(t, server, "events", snowflake.PipeOptions{Options: snowflake.Options{
		Stage: "outside", External: &snowflake.External{Bucket: b, Location: "s3://bucket"},
	}})
	w, from := claim(t, s, "a")
	load(t, w, "a", from, 1, 2)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2")
	if left := objects(t, b); len(left) > 0 {
		t.Errorf("objects stay: %q", left)
	}
	if prefix, err := s.IngestPrefix(t.Context()); prefix != "" || err != nil {
		t.Errorf("events come from %q, %v", prefix, err)
	}
}

// ingesting opens a sink whose pipe loads by events. Its user has no key pair.
func ingesting(t testing.TB, server *snowflaketest.Server, o snowflake.Options) *snowflake.PipeSink {
	t.Helper()
	s, err := snowflake.OpenPipe(t.Context(), snowflake.Config{Driver: impatient(server)}, "events", &snowflake.PipeOptions{
		Options: o, AutoIngest: &snowflake.AutoIngest{}, Poll: 5 * time.Millisecond, Patience: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
	return s
}

// TestPipeAutoIngest: objects get to where the pipe looks once they are owed, never before, and go when they are loaded.
func TestPipeAutoIngest(t *testing.T) {
	server, b, o := outside(t)
	s := ingesting(t, server, o)
	w, from := claim(t, s, "a")
	first := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
	stage(t, w, first)
	staged := objects(t, b)
	prefix, err := s.IngestPrefix(t.Context())
	if err != nil || !strings.HasPrefix(prefix, "floe-ingest/EVENTS-") || len(staged) != 1 || strings.HasPrefix(staged[0], "landing/"+prefix) {
		t.Fatalf("the bucket has %q, and the pipe looks at %q, %v", staged, prefix, err)
	}
	if _, err := w.Load(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	load(t, w, "a", first.To, 3)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2", "3")
	want(t, server, "SELECT COUNT(*) FROM _FLOE_OWED", "0")
	if left := objects(t, b); len(left) > 0 {
		t.Errorf("objects stay: %q", left)
	}
	if l := s.Latency(); l.Files != 2 {
		t.Errorf("latency %+v", l)
	}
}

// TestPipeAutoIngestOwes: what a process that is gone has entered, and copied or not, is in the table once another has claimed
// its partition.
func TestPipeAutoIngestOwes(t *testing.T) {
	for _, tc := range []struct {
		name   string
		copied bool
	}{{"copied", true}, {"not copied", false}} {
		t.Run(tc.name, func(t *testing.T) {
			server, bucket, o := outside(t)
			w, from := claim(t, ingesting(t, server, o), "a")
			pausePipe(t, server, true)
			b := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
			stage(t, w, b)
			ctx, cancel := context.WithCancel(t.Context())
			waits := server.Inject(snowflaketest.Fault{Match: snowflaketest.Text("COPY_HISTORY")})
			go func() {
				<-waits
				cancel()
			}()
			if _, err := w.Load(ctx, b); !errors.Is(err, context.Canceled) {
				t.Fatalf("Load: %v", err)
			}
			if !tc.copied {
				for _, key := range objects(t, bucket) {
					if strings.HasPrefix(key, "landing/floe-ingest/") {
						if err := bucket.Delete(t.Context(), key); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			resumes := server.Inject(snowflaketest.Fault{Match: snowflaketest.Text("COPY_HISTORY"), Skip: 1})
			go func() {
				<-resumes
				pausePipe(t, server, false)
			}()
			s := ingesting(t, server, o)
			w, from = claim(t, s, "a")
			if from != b.To {
				t.Errorf("it goes on from %q, want %q", from, b.To)
			}
			load(t, w, "a", from, 3)
			want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2", "3")
			if left := objects(t, bucket); len(left) > 0 {
				t.Errorf("objects stay: %q", left)
			}
		})
	}
}

// TestConformanceAutoIngest runs the rules in which it differs.
func TestConformanceAutoIngest(t *testing.T) {
	b := memblob.OpenBucket(nil)
	defer b.Close()
	server := snowflaketest.Start(t, &snowflaketest.Options{Buckets: map[string]*blob.Bucket{"s3://bucket/": b}})
	i := on(server, snowflake.Options{})
	i.faults = nil
	i.open = func(ctx context.Context, schema, table string) (sink.Sink, error) {
		if err := server.Exec(ctx, "CREATE STAGE IF NOT EXISTS "+schema+".OUTSIDE URL = 's3://bucket/"+schema+"/'"); err != nil {
			return nil, err
		}
		return snowflake.OpenPipe(ctx, snowflake.Config{Driver: impatient(server)}, table, &snowflake.PipeOptions{
			Options:    snowflake.Options{KeepCase: true, Schema: schema, Stage: "OUTSIDE", External: &snowflake.External{Bucket: b, Location: "s3://bucket"}},
			AutoIngest: &snowflake.AutoIngest{}, Poll: 5 * time.Millisecond, Patience: time.Minute,
		})
	}
	i.check(t, "exactly-once/reply-lost", "fencing/older", "atomicity/")
}
