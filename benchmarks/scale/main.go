// Command scale loads tables of growing size, each in a process of its own, and fails where the peak of memory grows
// with them or the time of a row does. It prints a line a table, and one that judges them:
//
//	duckdb rows=3000000 seconds=… cpu=…s rows/s=… rss=…MB size=…MB
//	duckdb ok: memory spreads by …%, of 20%; the time of a row by …% by the clock and …% by the CPU, of 30%
//
// Arguments are a target, duckdb, postgres, snowflake or streaming, and sizes in millions of rows; without sizes 3, 30 and 300 go
// into DuckDB, 10 and 100 into PostgreSQL, 5 and 50 to a stage of a fake Snowflake, 20 and 100 are streamed to one by a
// hundred channels at once, and without a target all are done.
//
// The source is one Parquet file of a million rows under as many names as are needed, of which six columns are read, 100
// bytes a row: a number, a time, two decimals, a word and a random text. The bounds of memory are the same for every size
// and small enough for the smallest to reach them: of records (floe.Options.MemoryLimit), of DuckDB (memory_limit), of
// a load (four row groups of DuckDB, so that the smallest table takes six), and of the Go heap (GOMEMLIMIT, with GOGC off,
// so that the heap is as large as it may be, whatever the size). The allocator of the C library has one arena
// (MALLOC_ARENA_MAX), as is usual for programs that run for long and call C from many threads: each arena keeps its own
// leftovers. DuckDB keeps something for each row group of an open table that is not under its limit: about 20 MB for
// 300 million rows by itself, whatever the columns. The bounds are wide enough to bear it.
//
// Time is judged by the clock and by the CPU, in DuckDB that of the process, in PostgreSQL that of the server's sessions too:
// what spreads by the clock alone shows a machine that was busy elsewhere. A table is deleted before the next is made; 300
// million rows need 9 GB in DuckDB, 100 million 15 GB in PostgreSQL, which keeps them under TMPDIR. There the table is an
// ordinary, logged one, and the server the one of package host.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/host"
	"github.com/floedata/floe/benchmarks/internal/trips"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source/file"
)

const table = "trips"

// columns are those of the source that are read.
var columns = []string{"id", "pickup_at", "tolls", "total", "borough", "token"}

// rowGroup is how many rows DuckDB keeps together.
const rowGroup = 122_880

// target is where rows go.
type target struct {
	name  string
	sizes []int // in millions of rows, where none are given
	// start makes ready what all loads use.
	start func() (stop func() error, err error)
	// load moves what the pipeline reads into the target, on the clock, and counts what is there.
	load func(ctx context.Context, l load) (child.Result, error)
}

var targets = []target{
	{"duckdb", []int{3, 30, 300}, nothing, duckDB},
	{"postgres", []int{10, 100}, host.Postgres, postgres},
	{"snowflake", []int{5, 50}, host.Snowflake, staged},
	{"streaming", []int{20, 100}, host.Snowflake, streamed},
}

func nothing() (stop func() error, err error) { return func() error { return nil }, nil }

// load is one table: what a child is told.
type load struct {
	Target  string
	Cache   string // directory of the data
	Dir     string // directory of its own
	Parts   int    // files of a million rows
	Records int64  // Options.MemoryLimit of the pipeline, in bytes
	DuckDB  int64  // memory_limit of DuckDB, in bytes
	Heap    int64  // GOMEMLIMIT in bytes
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if args, ok := child.Args(); ok {
		host.ServeIfAsked(args)
		child.Answer(work(ctx, args))
	}
	var l load
	flag.StringVar(&l.Cache, "cache", ".cache", "directory of the data and of what runs write")
	flag.Int64Var(&l.Records, "memory", 128, "Options.MemoryLimit of the pipeline in MiB")
	flag.Int64Var(&l.DuckDB, "duckdb-memory", 64, "DuckDB's memory_limit in MiB")
	flag.Int64Var(&l.Heap, "go-memory", 384, "GOMEMLIMIT in MiB")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: scale [flags] [duckdb|postgres|snowflake|streaming [MILLIONS ...]]")
		flag.PrintDefaults()
	}
	flag.Parse()
	l.Records, l.DuckDB, l.Heap = l.Records<<20, l.DuckDB<<20, l.Heap<<20
	if err := scale(ctx, l, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func scale(ctx context.Context, l load, args []string) (err error) {
	if err := os.Setenv("MALLOC_ARENA_MAX", "1"); err != nil { // children read it when they start
		return err
	}
	if l.Cache, err = filepath.Abs(l.Cache); err != nil {
		return err
	}
	chosen, err := choose(args)
	if err != nil {
		return err
	}
	if _, err := child.Run(ctx, "make", l.Cache); err != nil {
		return err
	}
	var errs []error
	for _, t := range chosen {
		errs = append(errs, t.scale(ctx, l))
	}
	return errors.Join(errs...)
}

// choose reads the arguments: a target and its sizes.
func choose(args []string) ([]target, error) {
	if len(args) == 0 {
		return targets, nil
	}
	for _, t := range targets {
		if t.name != args[0] {
			continue
		}
		if len(args) > 1 {
			t.sizes = nil
		}
		for _, arg := range args[1:] {
			n, err := strconv.Atoi(arg)
			if err != nil || n < 1 {
				return nil, fmt.Errorf("%q is not a size: give millions of rows", arg)
			}
			t.sizes = append(t.sizes, n)
		}
		return []target{t}, nil
	}
	return nil, fmt.Errorf("%q is not a target: give duckdb, postgres, snowflake or streaming", args[0])
}

func (t target) scale(ctx context.Context, l load) (err error) {
	stop, err := t.start()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	var v verdict
	for _, n := range t.sizes {
		l.Target, l.Parts = t.name, n
		r, err := l.run(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("%s rows=%d seconds=%.1f cpu=%.1fs rows/s=%.0f rss=%.0fMB size=%.0fMB\n",
			t.name, r.Rows, r.Seconds, r.CPU, float64(r.Rows)/r.Seconds, float64(r.RSS)/1e6, float64(r.Size)/1e6)
		if want := int64(n) * trips.PartRows; r.Rows != want {
			return fmt.Errorf("%s: %d rows arrived of %d", t.name, r.Rows, want)
		}
		v.add(r)
	}
	text, ok := v.judge()
	if !ok {
		return fmt.Errorf("%s: %s", t.name, text)
	}
	fmt.Println(t.name, "ok:", text)
	return nil
}

// run loads one table in a child, in a directory of its own.
func (l load) run(ctx context.Context) (r child.Result, err error) {
	if l.Dir, err = os.MkdirTemp(l.Cache, "scale-"); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(l.Dir)) }()
	text, err := json.Marshal(l)
	if err != nil {
		return r, err
	}
	return child.Run(ctx, "load", string(text))
}

// work is a child: "make" makes the data, "load" loads it so many times.
func work(ctx context.Context, args []string) (r child.Result, err error) {
	if args[0] == "make" {
		return r, trips.Make(ctx, args[1], trips.Part)
	}
	var l load
	if err := json.Unmarshal([]byte(args[1]), &l); err != nil {
		return r, err
	}
	if err := os.Mkdir(l.in(), 0o755); err != nil {
		return r, err
	}
	for i := range l.Parts {
		if err := os.Link(trips.Path(l.Cache, trips.Part), filepath.Join(l.in(), fmt.Sprintf("%06d.parquet", i))); err != nil {
			return r, err
		}
	}
	debug.SetGCPercent(-1) // the limit alone says when
	debug.SetMemoryLimit(l.Heap)
	for _, t := range targets {
		if t.name == l.Target {
			return t.load(ctx, l)
		}
	}
	return r, fmt.Errorf("no target %q", l.Target)
}

// in is the directory of the files that are read.
func (l load) in() string { return filepath.Join(l.Dir, "in") }

// pipe moves all files into dst.
func (l load) pipe(ctx context.Context, dst sink.Sink) (err error) {
	src, err := file.New([]string{l.in()}, &file.Options{
		Schema: trips.Columns(columns...),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close(ctx)) }()
	p, err := floe.New("scale", src, dst, &floe.Options{
		MemoryLimit: l.Records,
		Batching:    batching.Policy{Rows: 4 * rowGroup},
	})
	if err != nil {
		return err
	}
	_, err = p.Run(ctx)
	return err
}
