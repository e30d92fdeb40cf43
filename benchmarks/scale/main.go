// Command scale loads tables of growing size into DuckDB files, each in its own process, and fails where the
// peak of memory grows with them or the time a row takes does:
//
//	rows=3000000 seconds=… rows/s=… rss=…MB
//
// The sizes are arguments, in millions of rows and multiples of 3; without them 3, 30 and 300. The source is
// one Parquet file of 3 million rows under as many names as are needed. Records, DuckDB and the Go heap have
// bounds of memory, the same for every size and small enough for the smallest to reach them. A result is deleted before the next is made; 300 million rows need about 40 GB.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	_ "github.com/marcboeker/go-duckdb" // the "duckdb" driver

	"github.com/floedata/floe"
	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/trips"
	"github.com/floedata/floe/sink/duckdb"
	"github.com/floedata/floe/source/file"
)

const (
	// memorySpread is how far the peaks of memory may be apart: the largest by the smallest.
	memorySpread = 1.2
	// slowdown is how much longer a row may take than at the fastest of the smaller sizes.
	slowdown = 1.3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if args, ok := child.Args(); ok {
		child.Answer(work(ctx, args))
	}
	cache := flag.String("cache", ".cache", "directory of the data and of what runs write")
	records := flag.Int64("memory", 128, "Options.MemoryLimit of the pipeline in MiB")
	limit := flag.Int64("duckdb-memory", 128, "DuckDB's memory_limit in MiB")
	heap := flag.Int64("go-memory", 512, "GOMEMLIMIT in MiB")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: scale [flags] [MILLIONS ...]")
		flag.PrintDefaults()
	}
	flag.Parse()
	sizes, err := parse(flag.Args())
	if err == nil {
		err = scale(ctx, *cache, limits{*records << 20, *limit << 20, *heap << 20}, sizes)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

// parse returns the sizes in parts of 3 million rows.
func parse(args []string) ([]int, error) {
	if len(args) == 0 {
		return []int{1, 10, 100}, nil
	}
	var parts []int
	for _, arg := range args {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 3 || n%3 != 0 {
			return nil, fmt.Errorf("%q is not a size: give millions of rows, in multiples of 3", arg)
		}
		parts = append(parts, n/3)
	}
	return parts, nil
}

// limits bound the memory of a run, in bytes.
type limits struct{ records, duckdb, heap int64 }

func scale(ctx context.Context, cache string, lim limits, sizes []int) error {
	cache, err := filepath.Abs(cache)
	if err != nil {
		return err
	}
	if _, err := child.Run(ctx, "make", cache); err != nil {
		return err
	}
	var memory span
	fastest := 0.0 // seconds a row
	for _, parts := range sizes {
		r, err := run(ctx, cache, lim, parts)
		if err != nil {
			return err
		}
		fmt.Printf("rows=%d seconds=%.1f rows/s=%.0f rss=%.0fMB\n", r.Rows, r.Seconds, float64(r.Rows)/r.Seconds, float64(r.RSS)/1e6)
		if want := int64(parts) * trips.PartRows; r.Rows != want {
			return fmt.Errorf("%d rows arrived of %d", r.Rows, want)
		}
		memory.add(float64(r.RSS))
		perRow := r.Seconds / float64(r.Rows)
		if fastest > 0 && perRow > slowdown*fastest {
			return fmt.Errorf("time is not linear: a row takes %.2f times as long as at a smaller size, more than %.2f", perRow/fastest, slowdown)
		}
		if fastest == 0 || perRow < fastest {
			fastest = perRow
		}
	}
	if got := memory.ratio(); got > memorySpread {
		return fmt.Errorf("memory grows: the peaks are %.2f apart, more than %.2f", got, memorySpread)
	}
	return nil
}

// span is the smallest and largest of some numbers above 0.
type span struct{ least, most float64 }

func (s *span) add(x float64) {
	if s.least == 0 || x < s.least {
		s.least = x
	}
	s.most = max(s.most, x)
}

func (s *span) ratio() float64 { return s.most / s.least }

func run(ctx context.Context, cache string, lim limits, parts int) (r child.Result, err error) {
	dir, err := os.MkdirTemp(cache, "scale-")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return child.Run(ctx, "load", cache, dir, strconv.Itoa(parts),
		strconv.FormatInt(lim.records, 10), strconv.FormatInt(lim.duckdb, 10), strconv.FormatInt(lim.heap, 10))
}

// work is a child: "make" makes the data, "load" loads it so many times.
func work(ctx context.Context, args []string) (r child.Result, err error) {
	if args[0] == "make" {
		return r, trips.Make(ctx, args[1], trips.Part)
	}
	cache, dir := args[1], args[2]
	var n [4]int64 // parts, limits
	for i := range n {
		if n[i], err = strconv.ParseInt(args[3+i], 10, 64); err != nil {
			return r, err
		}
	}
	in := filepath.Join(dir, "in")
	if err := os.Mkdir(in, 0o755); err != nil {
		return r, err
	}
	for i := range n[0] {
		if err := os.Link(trips.Path(cache, trips.Part), filepath.Join(in, fmt.Sprintf("%06d.parquet", i))); err != nil {
			return r, err
		}
	}
	db := filepath.Join(dir, "scale.duckdb")
	start := time.Now()
	if err := load(ctx, in, db, limits{n[1], n[2], n[3]}); err != nil {
		return r, err
	}
	r.Seconds = time.Since(start).Seconds()
	if r.RSS, err = child.PeakRSS(); err != nil {
		return r, err
	}
	r.Rows, err = count(ctx, db)
	return r, err
}

func load(ctx context.Context, in, db string, lim limits) (err error) {
	debug.SetMemoryLimit(lim.heap)
	src, err := file.New([]string{in}, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close(ctx)) }()
	dst, err := duckdb.Open(db, "trips", &duckdb.Options{MemoryLimit: lim.duckdb})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close(ctx)) }()
	p, err := floe.New("scale", src, dst, &floe.Options{MemoryLimit: lim.records})
	if err != nil {
		return err
	}
	_, err = p.Run(ctx)
	return err
}

func count(ctx context.Context, file string) (rows int64, err error) {
	db, err := sql.Open("duckdb", file+"?access_mode=read_only")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM trips").Scan(&rows)
	return rows, err
}
