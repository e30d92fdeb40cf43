package streaming_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/sink/snowflake/streaming"
)

// TestFlush: rows wait for others as long as FlushInterval says, for a flush, or until there is enough for a request.
func TestFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		c := s.client(func(o *streaming.ClientOptions) {
			o.FlushInterval, o.UncompressedBytes, o.Compression = 10*time.Second, 1000, streaming.Uncompressed
		})
		ch := open(t, c, "P0")
		row := func(n int) {
			if err := ch.AppendRow(t.Context(), map[string]any{"NOTE": strings.Repeat("x", n)}, ""); err != nil {
				t.Fatal(err)
			}
		}
		sent := func(when string, want int) {
			t.Helper()
			synctest.Wait()
			if got := len(s.of("append")); got != want {
				t.Fatalf("%s: %d requests, want %d", when, got, want)
			}
		}
		row(10)
		time.Sleep(9 * time.Second)
		row(10)
		sent("before the interval", 0)
		time.Sleep(2 * time.Second)
		sent("after the interval", 1)
		row(10)
		ch.InitiateFlush()
		sent("after InitiateFlush", 2)
		row(10)
		c.InitiateFlush()
		sent("after the client's InitiateFlush", 3)
		row(500)
		sent("with half a request", 3)
		row(499)
		sent("with more than a request", 4)
		if err := c.WaitForFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		sent("after WaitForFlush", 5)
		closeClient(t, c)
	})
}

// TestFlushIntervalAndRetry: rows that were refused for a while do not wait for others again.
func TestFlushIntervalAndRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.answer = nth("append", 0, answer{status: 429})
		c := s.client(func(o *streaming.ClientOptions) { o.FlushInterval = time.Hour })
		ch := open(t, c, "P0")
		before := time.Now()
		if err := ch.AppendRow(t.Context(), map[string]any{"ID": 1}, "1"); err != nil {
			t.Fatal(err)
		}
		if err := ch.WaitForToken(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(before); took > time.Hour+time.Minute {
			t.Errorf("it took %v", took)
		}
		closeClient(t, c)
	})
}

// TestCommit: waiting ends when the rows are committed, and not before; what is waited for by many is asked for once.
func TestCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.commit = false
		c := s.client(nil)
		var waits sync.WaitGroup
		committed := make(chan int, 1000)
		for i := range 100 {
			ch := open(t, c, fmt.Sprintf("P%d", i))
			for n := 1; n <= 3; n++ {
				if err := ch.AppendRow(t.Context(), map[string]any{"ID": n}, strconv.Itoa(n)); err != nil {
					t.Fatal(err)
				}
			}
			waits.Go(func() {
				err := ch.WaitForToken(t.Context(), "2")
				if err != nil {
					t.Error(err)
				}
				committed <- i
			})
			waits.Go(func() {
				status, err := ch.WaitForStatus(t.Context(), func(s streaming.ChannelStatus) bool { return s.RowsInserted == 3 })
				if err != nil || status.RowsInserted != 3 {
					t.Error(status, err)
				}
				committed <- i
			})
			waits.Go(func() {
				calls := 0
				err := ch.WaitForCommit(t.Context(), func(token *string) bool {
					if calls++; calls == 1 && token != nil {
						t.Errorf("committed at once: %q", *token)
					}
					return token != nil && *token == "3"
				})
				if err != nil {
					t.Error(err)
				}
				committed <- i
			})
		}
		time.Sleep(10 * time.Second)
		if n := len(committed); n > 0 {
			t.Fatalf("%d waits ended before the commit", n)
		}
		if n := len(s.of("status")); n < 35 || n > 50 {
			t.Errorf("%d requests for the status of 100 channels in 10 s", n)
		}
		s.commitAll()
		waits.Wait()
		n := len(s.of("status"))
		time.Sleep(time.Minute)
		if more := len(s.of("status")) - n; more > 1 {
			t.Errorf("%d requests while nobody waits", more)
		}
		ch := open(t, c, "P0")
		if err := ch.WaitForToken(t.Context(), "3"); err != nil {
			t.Errorf("what was committed when the channel was opened: %v", err)
		}
		if err := ch.WaitForToken(t.Context(), "4"); err == nil {
			t.Error("a token that was never appended is committed")
		}
		closeClient(t, c)
	})
}

// TestTokensBehind: a token is committed once one is that was appended later, also one that was committed long ago.
func TestTokensBehind(t *testing.T) {
	s := newService(t)
	c := s.client(nil)
	ch := open(t, c, "P0")
	ctx := context.Background()
	const n = 70_000
	for i := 1; i <= n; i++ {
		if err := ch.AppendRow(ctx, map[string]any{"ID": i}, strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range []int{n, n - 1, n - 15_000} {
		if err := ch.WaitForToken(ctx, strconv.Itoa(i)); err != nil {
			t.Error(err)
		}
	}
	if err := ch.WaitForToken(ctx, "1"); err == nil {
		t.Error("a token is kept for ever")
	}
	closeClient(t, c)
}

// TestPollFails: waiting goes on while the status cannot be had for a while, and ends where it cannot be had at all.
func TestPollFails(t *testing.T) {
	for _, tc := range []struct {
		name string
		a    func(n int) *answer
		code string
		want streaming.Class
		ok   bool
	}{
		{"for a while", func(n int) *answer {
			if n < 5 {
				return &answer{status: 503, body: `"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"`}
			}
			return nil
		}, "", 0, true},
		{"for good", func(int) *answer {
			return &answer{status: 404, body: `{"code":"ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED","message":"gone"}`}
		}, "ERR_PIPE_DOES_NOT_EXIST_OR_NOT_AUTHORIZED", streaming.Configuration, false},
		{"for too long", func(int) *answer { return &answer{status: 500} }, "", streaming.Retry, false},
		{"a channel that is not well", func(int) *answer {
			return &answer{status: 200, body: `{"channel_statuses":{"P0":{"channel_status_code":"ERR_CHANNEL_MUST_BE_REOPENED"}}}`}
		}, "ERR_CHANNEL_MUST_BE_REOPENED", streaming.Reopen, false},
		{"a code that is not known", func(int) *answer {
			return &answer{status: 200, body: `{"channel_statuses":{"P0":{"channel_status_code":"ERR_OF_TOMORROW"}}}`}
		}, "ERR_OF_TOMORROW", streaming.Reopen, false},
		{
			"a channel that is gone", func(int) *answer { return &answer{status: 200, body: `{"channel_statuses":{}}`} },
			"ERR_CHANNEL_DOES_NOT_EXIST_OR_IS_NOT_AUTHORIZED", streaming.Reopen, false,
		},
		{"a channel that is not known yet", func(n int) *answer {
			if n < 2 {
				return &answer{status: 200, body: `{"channel_statuses":{}}`}
			}
			return nil
		}, "", 0, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				s.answer = func(c call) *answer {
					if c.op == "status" {
						return tc.a(c.n)
					}
					return nil
				}
				c := s.client(nil)
				ch := open(t, c, "P0")
				if err := ch.AppendRow(t.Context(), map[string]any{"ID": 1}, "1"); err != nil {
					t.Fatal(err)
				}
				if err := ch.WaitForFlush(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := ch.WaitForToken(t.Context(), "1"); tc.ok && err != nil {
					t.Error(err)
				} else if !tc.ok {
					wantError(t, err, tc.want, tc.code)
				}
				closeClient(t, c)
			})
		})
	}
}

// TestBackPressure: the buffer takes so much and no more, for all channels together.
func TestBackPressure(t *testing.T) {
	appendAll := func(ctx context.Context, t *testing.T, chs []*streaming.Channel) error {
		for i := range 100 {
			if err := chs[i%len(chs)].AppendRow(ctx, map[string]any{"NOTE": strings.Repeat("x", 90)}, strconv.Itoa(i)); err != nil {
				return err
			}
		}
		return nil
	}
	for _, overflow := range []streaming.Overflow{streaming.Fail, streaming.Block} {
		t.Run(fmt.Sprint("overflow=", overflow), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				c := s.client(func(o *streaming.ClientOptions) {
					o.Overflow, o.UncompressedBytes, o.BufferedBytes, o.FlushInterval = overflow, 2000, 4000, 24*time.Hour
				})
				chs := []*streaming.Channel{open(t, c, "P0"), open(t, c, "P1"), open(t, c, "P2")}
				s.delay = 10 * time.Second
				before := time.Now()
				err := appendAll(t.Context(), t, chs)
				if took := time.Since(before); overflow == streaming.Block {
					if err != nil || took < 10*time.Second {
						t.Errorf("%v after %v", err, took)
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					if err := appendAll(ctx, t, chs); !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%v", err)
					}
				} else {
					wantError(t, err, streaming.Retry, "MemoryThresholdExceeded")
					if !errors.Is(err, streaming.ErrBufferFull) || took != 0 {
						t.Errorf("%v after %v", err, took)
					}
					if err := c.WaitForFlush(t.Context()); err != nil {
						t.Fatal(err)
					}
					if err := chs[0].AppendRow(t.Context(), map[string]any{"ID": 1}, "again"); err != nil {
						t.Errorf("after a flush there is room, and %v", err)
					}
				}
				closeClient(t, c)
			})
		})
	}
}

// TestRates: a channel sends no more in a second than it may, and others are not kept by that.
func TestRates(t *testing.T) {
	for _, tc := range []struct {
		name            string
		bytes, requests float64
		least           time.Duration
	}{
		{"bytes", 1000, -1, 9 * time.Second},
		{"requests", -1, 2, 4500 * time.Millisecond},
		{"unbounded", -1, -1, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t)
				c := s.client(func(o *streaming.ClientOptions) {
					o.ChannelBytesPerSecond, o.ChannelRequestsPerSecond = tc.bytes, tc.requests
					o.UncompressedBytes = 1000
				})
				chs := []*streaming.Channel{open(t, c, "P0"), open(t, c, "P1")}
				before := time.Now()
				for range 10 {
					for _, ch := range chs {
						if err := ch.AppendRow(t.Context(), map[string]any{"NOTE": strings.Repeat("x", 1000-len(`{"NOTE":""}`)-1)}, ""); err != nil {
							t.Fatal(err)
						}
					}
				}
				if err := c.WaitForFlush(t.Context()); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(before); took != tc.least {
					t.Errorf("20 requests of 2 channels took %v, want %v", took, tc.least)
				}
				closeClient(t, c)
			})
		})
	}
}

// TestTokens: a token for the service is renewed before it expires, by a new token of the credentials where that is old.
func TestTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.life = 10 * time.Minute
		c := s.client(nil)
		ch := open(t, c, "P0")
		for i := range 120 {
			time.Sleep(time.Minute)
			if err := ch.AppendRow(t.Context(), map[string]any{"ID": i}, strconv.Itoa(i)); err != nil {
				t.Fatal(err)
			}
		}
		closeClient(t, c)
		calls := s.of("token")
		if n := len(calls); n < 12 || n > 15 {
			t.Errorf("%d tokens in 2 hours, each good for 10 minutes", n)
		}
		logins := map[string]bool{}
		for _, call := range calls {
			logins[call.header.Get("Authorization")] = true
		}
		if n := len(logins); n != 3 {
			t.Errorf("%d tokens by key pair in 2 hours, want one each 54 minutes", n)
		}
		if got := len(s.rows("P0")); got != 120 {
			t.Errorf("%d rows", got)
		}
	})
}

// TestConcurrent: rows of many goroutines come once each, and those of one in its order.
func TestConcurrent(t *testing.T) {
	s := newService(t)
	c := s.client(func(o *streaming.ClientOptions) { o.UncompressedBytes, o.BufferedBytes = 2000, 10_000 })
	ch := open(t, c, "P0")
	var appends sync.WaitGroup
	for g := range 8 {
		appends.Go(func() {
			for i := range 200 {
				if err := ch.AppendRow(context.Background(), map[string]any{"G": g, "I": i}, fmt.Sprintf("%d.%d", g, i)); err != nil {
					t.Error(err)
				}
				if i%50 == 49 {
					if err := ch.WaitForToken(context.Background(), fmt.Sprintf("%d.%d", g, i)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	appends.Wait()
	closeClient(t, c)
	next := map[int]int{}
	for _, row := range s.rows("P0") {
		var g, i int
		if _, err := fmt.Sscanf(row, `{"G":%d,"I":%d}`, &g, &i); err != nil || next[g] != i {
			t.Fatalf("row %s, want I %d: %v", row, next[g], err)
		}
		next[g]++
	}
	for g := range 8 {
		if next[g] != 200 {
			t.Errorf("%d rows of %d", next[g], g)
		}
	}
}

// TestRecordIntoFullBuffer: a record that does not fit into the buffer is taken up to a row, and goes on from there.
func TestRecordIntoFullBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		c := s.client(func(o *streaming.ClientOptions) {
			o.Overflow, o.UncompressedBytes, o.BufferedBytes, o.Compression = streaming.Fail, 10_000, 20_000, streaming.Uncompressed
		})
		ch := open(t, c, "P0")
		s.delay = time.Second
		const n = 500
		lengths := make([]int, n)
		for i := range lengths {
			lengths[i] = 100 + i%7
		}
		refused := 0
		for from := 0; from < n; {
			rec := record(memory.DefaultAllocator, int64(from), lengths[from:]...)
			rows, err := ch.AppendRecordAt(t.Context(), rec, func(rows int64) string { return strconv.Itoa(from + int(rows)) })
			rec.Release()
			if from += int(rows); err != nil {
				refused++
				wantError(t, err, streaming.Retry, "MemoryThresholdExceeded")
				time.Sleep(100 * time.Millisecond)
			}
		}
		if refused == 0 {
			t.Error("the buffer was never full")
		}
		if err := ch.WaitForToken(t.Context(), strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
		closeClient(t, c)
		rows := s.rows("P0")
		if len(rows) != n {
			t.Fatalf("%d rows, want %d", len(rows), n)
		}
		for i, row := range rows {
			if row != line(int64(i), lengths[i]) {
				t.Fatalf("row %d is %s", i, row)
			}
		}
	})
}

// TestOpenAtOnce: of those who open one channel at the same time one has it then, here as at the service.
func TestOpenAtOnce(t *testing.T) {
	s := newService(t)
	c := s.client(nil)
	opened := make(chan *streaming.Channel, 20)
	var opens sync.WaitGroup
	for range cap(opened) {
		opens.Go(func() {
			ch, _, err := c.OpenChannel(t.Context(), "P0", "")
			if err != nil {
				t.Error(err)
			}
			opened <- ch
		})
	}
	opens.Wait()
	close(opened)
	good := 0
	for ch := range opened {
		err := ch.AppendRow(t.Context(), map[string]any{"ID": 1}, "1")
		if err == nil {
			good++
			err = ch.WaitForToken(t.Context(), "1")
		} else {
			wantError(t, err, streaming.Reopen, "")
			err = nil
		}
		if err != nil {
			t.Error(err)
		}
	}
	if good != 1 {
		t.Errorf("%d have the channel", good)
	}
	closeClient(t, c)
}
