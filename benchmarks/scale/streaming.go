package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe"
	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/host"
	"github.com/floedata/floe/benchmarks/internal/memory"
	"github.com/floedata/floe/benchmarks/internal/trips"
	"github.com/floedata/floe/internal/decode/parquet"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// The streaming target has streamChannels channels open at once, each of which sends the same streamRows rows again and again.
const (
	streamChannels = 100
	streamRows     = 10_000
)

// streamed streams rows in memory into a fake Snowflake, in a process of its own, that counts them and drops them.
func streamed(ctx context.Context, l load) (r child.Result, err error) {
	if err := forget(ctx); err != nil {
		return r, err
	}
	rec, err := l.rows(ctx, streamRows)
	if err != nil {
		return r, err
	}
	parts := make([][]arrow.Record, streamChannels)
	for i := range parts {
		parts[i] = []arrow.Record{rec}
	}
	return host.Counted(ctx, func() (child.Result, error) {
		clock := child.Start()
		if err := l.stream(ctx, memory.Source{Parts: parts, Times: l.Parts}); err != nil {
			return child.Result{}, err
		}
		return clock.Stop()
	})
}

func (l load) stream(ctx context.Context, src memory.Source) (err error) {
	a, err := host.SnowflakeAccount()
	if err != nil {
		return err
	}
	dst, err := snowflake.OpenStreaming(ctx, snowflake.Config{DSN: a.DSN, PrivateKey: a.Key}, table, &snowflake.StreamingOptions{
		Client: streaming.ClientOptions{ChannelBytesPerSecond: -1, ChannelRequestsPerSecond: -1},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close(ctx)) }()
	p, err := floe.New("scale", src, dst, &floe.Options{MemoryLimit: l.Records, Workers: streamChannels})
	if err != nil {
		return err
	}
	_, err = p.Run(ctx)
	return err
}

// rows are the first of the data, of the columns that the pipeline reads.
func (l load) rows(ctx context.Context, n int64) (rec arrow.Record, err error) {
	f, err := os.Open(trips.Path(l.Cache, trips.Part))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	pf, err := parquet.Open(ctx, f, info.Size())
	if err != nil {
		return nil, err
	}
	r, err := pf.Reader(parquet.Options{Columns: columns})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	whole, err := r.Next(ctx)
	if err != nil {
		return nil, err
	}
	defer whole.Release()
	if whole.NumRows() < n {
		return nil, fmt.Errorf("the first record has %d rows, and %d are wanted", whole.NumRows(), n)
	}
	return whole.NewSlice(0, n), nil
}
