package streaming_test

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink/snowflake/streaming"
)

// TestStats: what was sent, refused, accepted and is held is counted, of channels and of the elastic one.
func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.answer = nth("append", 0, answer{status: 429})
		c := s.client(func(o *streaming.ClientOptions) { o.Compression = streaming.Uncompressed })
		before := c.Stats() // of logging in
		if before.Requests == 0 || before.Failed != 0 || before.Rows != 0 || before.Channels != 0 {
			t.Errorf("before: %+v", before)
		}
		ch := open(t, c, "P0")
		row := map[string]any{"ID": 1}
		const line = int64(len(`{"ID":1}` + "\n"))
		if err := ch.AppendRow(t.Context(), row, "1"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // throttled, and waiting
		if got := c.Stats(); got.Buffered < line || got.Rows != 0 || got.Channels != 1 {
			t.Errorf("while the service has no room: %+v", got)
		}
		if err := ch.WaitForFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.ElasticChannel().AppendRows(t.Context(), []map[string]any{row, row}); err != nil {
			t.Fatal(err)
		}
		closeClient(t, c)
		want := streaming.Stats{
			Requests: before.Requests + 1 + 3, Failed: 1, Throttled: 1, // one to open
			Sent: before.Sent + 4*line, Rows: 3, Bytes: 3 * line,
		}
		got := c.Stats()
		got.Sent -= int64(len(s.of("open")[0].body))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Stats mismatch (-want +got)\n%s", diff)
		}
	})
}
