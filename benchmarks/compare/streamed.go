package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe"
	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/host"
	"github.com/floedata/floe/benchmarks/internal/memory"
	"github.com/floedata/floe/benchmarks/internal/trips"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

const (
	streamChannels = 8
	streamAlike    = 50_000 // rows that are loaded by both and held against each other
)

// streamOurs streams by the sink, a partition a channel.
func streamOurs(ctx context.Context, in input) (child.Result, error) {
	return streamed(ctx, in, appendOurs)
}

// streamed is a load of the table's rows, in memory already.
func streamed(ctx context.Context, in input, load func(context.Context, host.Account, [][]arrow.Record) error) (child.Result, error) {
	recs, err := readAll(ctx, in.data)
	if err != nil {
		return child.Result{}, err
	}
	a, err := host.SnowflakeAccount()
	if err != nil {
		return child.Result{}, err
	}
	if err := makeTables(ctx, a); err != nil {
		return child.Result{}, err
	}
	parts := cut(recs, streamChannels)
	return host.Counted(ctx, func() (child.Result, error) {
		clock := child.Start()
		if err := load(ctx, a, parts); err != nil {
			return child.Result{}, err
		}
		return clock.Stop()
	})
}

// makeTables makes both tables anew, as the sink would make its own.
func makeTables(ctx context.Context, a host.Account) (err error) {
	db, err := sql.Open("snowflake", a.DSN)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := host.Drop(ctx, db, "FLOE", "BYHAND", "_FLOE_OFFSETS"); err != nil {
		return err
	}
	var columns []string
	for _, f := range trips.Schema().Fields() {
		typ, err := sf.ColumnType(f)
		if err != nil {
			return err
		}
		columns = append(columns, strings.ToUpper(f.Name)+" "+typ)
	}
	for _, table := range []string{"FLOE", "BYHAND"} {
		if _, err := db.ExecContext(ctx, fmt.Sprintf("CREATE TABLE %s (%s)", table, strings.Join(columns, ", "))); err != nil {
			return err
		}
	}
	return nil
}

// appendOurs sends as much in a request as the reference, not compressed, and as fast as it can.
func appendOurs(ctx context.Context, a host.Account, parts [][]arrow.Record) (err error) {
	dst, err := snowflake.OpenStreaming(ctx, snowflake.Config{DSN: a.DSN, PrivateKey: a.Key}, "FLOE", &snowflake.StreamingOptions{
		Client: streaming.ClientOptions{
			Compression: streaming.Uncompressed, RequestBytes: requestBytes, UncompressedBytes: requestBytes,
			ChannelBytesPerSecond: -1, ChannelRequestsPerSecond: -1,
		},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close(ctx)) }()
	p, err := floe.New("compare", memory.Source{Parts: parts, Times: 1}, dst, &floe.Options{Workers: len(parts)})
	if err != nil {
		return err
	}
	_, err = p.Run(ctx)
	return err
}

// streamedAlike streams some rows by both into a fake Snowflake that keeps them, and holds the tables against each other.
func streamedAlike(ctx context.Context, in input) (err error) {
	s, a, err := host.NewSnowflake(snowflaketest.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	recs, err := readAll(ctx, in.data)
	if err != nil {
		return err
	}
	if err := makeTables(ctx, a); err != nil {
		return err
	}
	parts := cut(first(recs, streamAlike), streamChannels)
	if err := errors.Join(appendOurs(ctx, a, parts), appendByHand(ctx, a, parts)); err != nil {
		return err
	}
	return alike(ctx, a.DSN, streamAlike, "BYHAND", strings.ToUpper)
}

// first are the first rows.
func first(recs []arrow.Record, rows int64) (list []arrow.Record) {
	for _, rec := range recs {
		if n := min(rows, rec.NumRows()); n > 0 {
			list = append(list, rec.NewSlice(0, n))
			rows -= n
		}
	}
	return list
}
