package snowflake_test

import (
	"os"
	"testing"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// TestInMemory: files up to the size never come to the disk, and larger ones do, by all ways to a stage.
func TestInMemory(t *testing.T) {
	for name, o := range map[string]*snowflaketest.Options{"local": {LocalStages: true}, "http, encrypted": {}} {
		t.Run(name, func(t *testing.T) {
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			server := snowflaketest.Start(t, o)
			s := open(t, server, "events", snowflake.Options{InMemory: 2000, Compression: snowflake.Uncompressed})
			w, from := claim(t, s, "a")
			from = load(t, w, "a", from, 1, 2)
			made := func() int {
				entries, err := os.ReadDir(temp)
				if err != nil {
					t.Fatal(err)
				}
				return len(entries)
			}
			if n := made(); n > 0 {
				t.Errorf("%d directories were made for a small file", n)
			}
			many := make([]int64, 1000)
			for i := range many {
				many[i] = int64(i*i*7919 + 3)
			}
			load(t, w, "a", from, many...)
			if n := made(); n != 1 {
				t.Errorf("%d directories were made for a large file", n)
			}
			want(t, server, "SELECT COUNT(*), COUNT(DISTINCT ID) FROM EVENTS", "1002 1002")
			if left := staged(t, server); len(left) > 0 {
				t.Errorf("the stage has %q", left)
			}
		})
	}
}

// TestInMemoryUploadIsTriedAgain: an upload that the driver tries again, by which the stage gets an empty file, is found out.
func TestInMemoryUploadIsTriedAgain(t *testing.T) {
	t.Parallel() // the driver waits for a second
	server := snowflaketest.Start(t, nil)
	s := open(t, server, "events", snowflake.Options{InMemory: 1 << 20})
	w, from := claim(t, s, "a")
	b := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
	happened := server.Inject(snowflaketest.Fault{Match: snowflaketest.Path("/stages/"), Effect: snowflaketest.Answer(503, "busy")})
	if err := w.(sink.Stager).Stage(t.Context(), b); !retry.IsTransient(err) {
		t.Errorf("Stage: %v", err)
	}
	<-happened
	stage(t, w, b)
	if _, err := w.Load(t.Context(), b); err != nil {
		t.Error(err)
	}
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2")
}
