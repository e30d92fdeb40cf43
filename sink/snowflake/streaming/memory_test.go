package streaming_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/sink/snowflake/streaming"
)

// discard is the service without anything behind it: appends wait at its gate, and are forgotten.
func discard(s *service, gate <-chan struct{}) *http.Client {
	return &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		if c := req.URL.Query().Get("continuationToken"); c != "" {
			select {
			case <-gate:
			case <-req.Context().Done():
			}
			_, _ = io.Copy(io.Discard, req.Body)
			req.Body.Close()
			return &http.Response{StatusCode: 200, Body: body(`{"next_continuation_token":"x"}`), Request: req}, nil
		}
		return s.RoundTrip(req)
	})}
}

// TestMemory: however many channels there are, the client holds little more than its bound. In the bubble an append gives up
// once everybody waits: the buffer is full then.
func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const channels, bound = 100, 32 << 20
		gate := make(chan struct{})
		s := newService(t)
		c := s.client(func(o *streaming.ClientOptions) {
			o.BufferedBytes, o.HTTPClient, o.RequestTimeout = bound, discard(s, gate), time.Hour
		})
		chs := make([]*streaming.Channel, channels)
		for i := range chs {
			chs[i] = open(t, c, fmt.Sprintf("P%d", i))
		}
		lengths := make([]int, 200)
		for i := range lengths {
			lengths[i] = 1000
		}
		rec := record(memory.DefaultAllocator, 0, lengths...)
		defer rec.Release()
		before := heap()
		var appends sync.WaitGroup
		for _, ch := range chs {
			appends.Go(func() {
				for n, err := 0, error(nil); err == nil; n++ {
					ctx, done := context.WithTimeout(t.Context(), time.Second)
					_, err = ch.AppendRecordAt(ctx, rec, func(rows int64) string { return strconv.FormatInt(int64(n)*200+rows, 10) })
					done()
				}
			})
		}
		appends.Wait()
		if full := heap() - before; full > 2*bound {
			t.Errorf("%d channels hold %d bytes with a bound of %d", channels, full, bound)
		} else if full < bound/2 {
			t.Errorf("%d bytes: the buffer is not full, and the test shows nothing", full)
		}
		close(gate)
		if err := c.WaitForFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := heap() - before; left > bound/4 {
			t.Errorf("%d bytes are left of what was sent", left)
		}
		closeClient(t, c)
	})
}

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestAllocations: appending a record allocates for its pieces, and nothing for a row.
func TestAllocations(t *testing.T) {
	gate := make(chan struct{})
	close(gate)
	s := newService(t)
	c := s.client(func(o *streaming.ClientOptions) {
		o.HTTPClient, o.Compression = discard(s, gate), streaming.Uncompressed
	})
	defer closeClient(t, c)
	ch := open(t, c, "P0")
	rec := record(memory.DefaultAllocator, 0, make([]int, 10_000)...)
	defer rec.Release()
	ctx := context.Background()
	allocs := testing.AllocsPerRun(20, func() {
		if _, err := ch.AppendRecordAt(ctx, rec, func(int64) string { return "1" }); err != nil {
			t.Fatal(err)
		}
		if err := ch.WaitForFlush(ctx); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 500 {
		t.Errorf("%v allocations for 10,000 rows", allocs)
	}
}
