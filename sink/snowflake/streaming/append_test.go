package streaming_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink/snowflake/streaming"
)

var schema = arrow.NewSchema([]arrow.Field{{Name: "ID", Type: arrow.PrimitiveTypes.Int64}, {Name: "NOTE", Type: arrow.BinaryTypes.String}}, nil)

// record makes rows with ids from first on and notes of the lengths.
func record(mem memory.Allocator, first int64, lengths ...int) arrow.Record {
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	for i, n := range lengths {
		b.Field(0).(*array.Int64Builder).Append(first + int64(i))
		b.Field(1).(*array.StringBuilder).Append(strings.Repeat("x", n))
	}
	return b.NewRecord()
}

func line(id int64, n int) string {
	return fmt.Sprintf(`{"ID":%d,"NOTE":"%s"}`, id, strings.Repeat("x", n))
}

// TestAppendRecordAt: whatever the sizes of rows, records and requests, the rows come once and in order, no request is
// larger than it may be, and each request's token is that of its last row.
func TestAppendRecordAt(t *testing.T) {
	for _, tc := range []struct {
		name          string
		most, longest int
		records       int
	}{
		{"small requests", 300, 100, 20},
		{"requests of some blocks", 400_000, 3_000, 20},
		{"rows of several blocks", 600_000, 500_000, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
			defer mem.AssertSize(t, 0)
			s := newService(t)
			c := s.client(func(o *streaming.ClientOptions) {
				o.UncompressedBytes, o.BufferedBytes, o.Compression = tc.most, 2*int64(tc.most), streaming.Uncompressed
			})
			ch := open(t, c, "P0")
			random := rand.New(rand.NewPCG(1, uint64(tc.most)))
			var want []string
			for range tc.records {
				lengths := make([]int, 1+random.IntN(40))
				for i := range lengths {
					lengths[i] = random.IntN(tc.longest)
					want = append(want, line(int64(len(want)), lengths[i]))
				}
				first := int64(len(want) - len(lengths))
				rec := record(mem, first, lengths...)
				n, err := ch.AppendRecordAt(context.Background(), rec, func(n int64) string { return strconv.FormatInt(first+n, 10) })
				rec.Release()
				if err != nil || n != int64(len(lengths)) {
					t.Fatal(n, err)
				}
			}
			if err := ch.WaitForToken(context.Background(), strconv.Itoa(len(want))); err != nil {
				t.Fatal(err)
			}
			closeClient(t, c)
			if diff := cmp.Diff(want, s.rows("P0")); diff != "" {
				t.Fatalf("rows (-want +got):\n%.2000s", diff)
			}
			rows := 0
			for i, call := range s.of("append") {
				rows += strings.Count(string(call.body), "\n")
				if got := call.query.Get("endOffsetToken"); got != strconv.Itoa(rows) {
					t.Fatalf("request %d: token %q, and %d rows came by then", i, got, rows)
				}
				if call.wire > tc.most {
					t.Errorf("request %d has %d bytes", i, call.wire)
				}
			}
			if s.most != 1 {
				t.Errorf("%d requests of one channel at once", s.most)
			}
		})
	}
}

// TestOneAppendOneRequest: the rows of one token are in one request, and those that do not fit are refused.
func TestOneAppendOneRequest(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	ctx := context.Background()
	for _, tc := range []struct {
		name   string
		option string
		set    func(*streaming.ClientOptions)
	}{
		{"before compression", "UncompressedBytes", func(o *streaming.ClientOptions) { o.UncompressedBytes = 300_000 }},
		{"on the wire", "RequestBytes", func(o *streaming.ClientOptions) {
			o.RequestBytes, o.Compression = 300_000, streaming.Uncompressed
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newService(t)
			c := s.client(tc.set)
			ch := open(t, c, "P0")
			good, bad := record(mem, 0, 100_000, 100_000), record(mem, 2, 100_000, 200_000)
			defer good.Release()
			defer bad.Release()
			var rows []map[string]any
			for i := range 3 {
				rows = append(rows, map[string]any{"ID": i, "NOTE": strings.Repeat("x", 120_000)})
			}
			for _, failed := range []error{ch.AppendRecord(ctx, bad, "2"), ch.AppendRows(ctx, rows, "1", "2")} {
				var e *streaming.TooLargeError
				if !errors.As(failed, &e) || e.Option != tc.option || e.Limit != 300_000 || e.Bytes <= e.Limit {
					t.Errorf("%v", failed)
				}
			}
			for i := range 3 {
				if err := ch.AppendRecord(ctx, good, strconv.Itoa(i)); err != nil {
					t.Fatal(err)
				}
			}
			closeClient(t, c)
			calls := s.of("append")
			for _, call := range calls {
				if n := strings.Count(string(call.body), "\n"); n != 2 || call.wire > 300_000 {
					t.Errorf("%d rows of %d bytes in one request", n, call.wire)
				}
			}
			if len(calls) != 3 {
				t.Errorf("%d requests", len(calls))
			}
		})
	}
	t.Run("one row of a record", func(t *testing.T) {
		s := newService(t)
		c := s.client(func(o *streaming.ClientOptions) { o.UncompressedBytes = 1000 })
		ch := open(t, c, "P0")
		rec := record(mem, 0, 10, 2000, 10)
		defer rec.Release()
		n, err := ch.AppendRecordAt(ctx, rec, func(n int64) string { return strconv.FormatInt(n, 10) })
		var e *streaming.TooLargeError
		if n != 1 || !errors.As(err, &e) || e.Rows != 1 {
			t.Errorf("%d, %v", n, err)
		}
		closeClient(t, c)
		if got := s.rows("P0"); len(got) != 1 {
			t.Errorf("%d rows", len(got))
		}
	})
}

// TestCompression: what comes is what was sent, within the bound on the wire, however well it compresses.
func TestCompression(t *testing.T) {
	for _, tc := range []struct {
		compression streaming.Compression
		encoding    string
	}{{streaming.Zstd, "zstd"}, {streaming.Gzip, "gzip"}, {streaming.Uncompressed, ""}} {
		t.Run("encoding="+tc.encoding, func(t *testing.T) {
			s := newService(t)
			c := s.client(func(o *streaming.ClientOptions) {
				o.Compression, o.RequestBytes, o.UncompressedBytes, o.FlushInterval = tc.compression, 50_000, 500_000, 1<<40
			})
			ch := open(t, c, "P0")
			random := rand.New(rand.NewPCG(2, 2))
			var want []string
			for i := range 300 {
				note := make([]byte, 500+random.IntN(3000))
				for j := range note {
					if i < 150 {
						note[j] = 'x' // the first half compresses well, the second does not
					} else {
						note[j] = byte('a' + random.IntN(26))
					}
				}
				if err := ch.AppendRow(context.Background(), map[string]any{"NOTE": string(note)}, strconv.Itoa(i)); err != nil {
					t.Fatal(err)
				}
				want = append(want, fmt.Sprintf(`{"NOTE":%q}`, note))
			}
			closeClient(t, c)
			if diff := cmp.Diff(want, s.rows("P0")); diff != "" {
				t.Fatalf("rows (-want +got):\n%.1000s", diff)
			}
			for i, call := range s.of("append") {
				length := call.header.Get("X-Snowflake-Uncompressed-Content-Length")
				if tc.encoding != "" && length != strconv.Itoa(len(call.body)) || tc.encoding == "" && length != "" {
					t.Errorf("request %d: uncompressed length %q, and %d bytes", i, length, len(call.body))
				}
				if call.wire > 50_000 || call.header.Get("Content-Encoding") != tc.encoding {
					t.Errorf("request %d: %d bytes as %q", i, call.wire, call.header.Get("Content-Encoding"))
				}
			}
		})
	}
}

// TestRefused: an append that answers an error of its own has taken nothing, and the channel goes on.
func TestRefused(t *testing.T) {
	s := newService(t)
	c := s.client(nil)
	ch := open(t, c, "P0")
	ctx := context.Background()
	done, cancel := context.WithCancel(ctx)
	cancel()
	err := ch.AppendRows(ctx, []map[string]any{{"A": 1}, {"B": make(chan int)}}, "", "1")
	var e *streaming.RowError
	if !errors.As(err, &e) || e.Row != 1 || e.Column != "B" {
		t.Errorf("%v", err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	b.Field(0).AppendNull()
	b.Field(1).(*array.StringBuilder).Append("\xff")
	bad := b.NewRecord()
	defer bad.Release()
	if err := ch.AppendRecord(ctx, bad, "1"); !errors.As(err, &e) || e.Row != 0 || e.Column != "NOTE" {
		t.Errorf("%v", err)
	}
	if n, err := ch.AppendRecordAt(ctx, bad, func(int64) string { return "1" }); n != 0 || !errors.As(err, &e) {
		t.Errorf("%d, %v", n, err)
	}
	odd := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "D", Type: arrow.FixedWidthTypes.Duration_s}}, nil),
		[]arrow.Array{array.MakeArrayOfNull(memory.DefaultAllocator, arrow.FixedWidthTypes.Duration_s, 1)}, 1)
	defer odd.Release()
	if err := ch.AppendRecord(ctx, odd, "1"); err == nil || !strings.Contains(err.Error(), `"D"`) {
		t.Errorf("%v", err)
	}
	if err := ch.WaitForCommit(done, func(*string) bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := ch.AppendRow(ctx, map[string]any{"A": 2}, "2"); err != nil {
		t.Fatal(err)
	}
	closeClient(t, c)
	if diff := cmp.Diff([]string{`{"A":2}`}, s.rows("P0")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}
