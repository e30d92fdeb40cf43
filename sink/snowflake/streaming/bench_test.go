package streaming_test

import (
	"context"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/encode/ndjson"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// BenchmarkAppendRecordAt is appending and sending to a service that discards, beside encoding alone.
func BenchmarkAppendRecordAt(b *testing.B) {
	lengths := make([]int, 100_000)
	for i := range lengths {
		lengths[i] = 40 + i%20
	}
	rec := record(memory.DefaultAllocator, 0, lengths...)
	defer rec.Release()
	var size int64
	for i, n := range lengths {
		size += int64(len(line(int64(i), n))) + 1
	}
	for _, tc := range []struct {
		name        string
		compression streaming.Compression
	}{{"none", streaming.Uncompressed}, {"zstd", streaming.Zstd}, {"gzip", streaming.Gzip}} {
		b.Run("compression="+tc.name, func(b *testing.B) {
			gate := make(chan struct{})
			close(gate)
			s := newService(b)
			c := s.client(func(o *streaming.ClientOptions) { o.HTTPClient, o.Compression = discard(s, gate), tc.compression })
			defer closeClient(b, c)
			ch := open(b, c, "P0")
			ctx := context.Background()
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ch.AppendRecordAt(ctx, rec, func(int64) string { return "1" }); err != nil {
					b.Fatal(err)
				}
			}
			if err := ch.WaitForFlush(ctx); err != nil {
				b.Fatal(err)
			}
		})
	}
	b.Run("encoding=alone", func(b *testing.B) {
		e, err := ndjson.New(schema, nil)
		if err != nil {
			b.Fatal(err)
		}
		dst := make([]byte, 0, 1<<20)
		b.SetBytes(size)
		b.ReportAllocs()
		for b.Loop() {
			if err := e.Bind(rec); err != nil {
				b.Fatal(err)
			}
			for from := 0; from < len(lengths); {
				_, from = e.Append(dst[:0], from, len(lengths), 1<<17)
			}
		}
	})
}
