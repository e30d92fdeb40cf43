// Command compare runs a job of this library and a reference that does the same, alternating, each run in its
// own process, checks that both have the same result, and prints one line:
//
//	NAME floe=…s ref=…s ratio=… rss=…MB rows=… cpu=…s/…s load=…
//
// ratio is the reference's time by ours, above 1 where we are faster: the median over the pairs of runs. rss is the
// peak memory of our process, cpu what our process and the reference's used of all cores, the medians too. load is how many
// processes the machine had to run in the last minute, of which a case needs one or two: above that, the ratio
// says less than the CPU does. Of staged-local, whose server is the same for both and in no hurry, ratio is that of the
// CPU, and the reference's memory and the bytes uploaded by both are printed too; the same goes for streaming-local. Without a case it names those there are.
// The data is made once and kept under .cache.
//
// Rows of the memory cases are in memory as Arrow records before the clock starts, on both sides, and go into tables that
// are there, as the sink would make them. Database servers are started for the case. The -limit cases are those whose
// reference is the server itself, reading a file that it wrote; the others are how a Go program loads without this
// library, at its best.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/host"
	"github.com/floedata/floe/benchmarks/internal/trips"
)

// input is what the work of a case gets.
type input struct {
	data string // a file
	dir  string // an empty directory, for whatever files it makes
	dsn  string // of the server
}

// side does the work of one side of a case.
type side func(ctx context.Context, in input) (child.Result, error)

// job is a case: two sides that must have the same result.
type job struct {
	data      trips.Kind                                // "" = none
	server    func() (stop func() error, err error)     // starts the one that all runs use; nil = none
	ready     func(ctx context.Context, in input) error // puts into the server what all runs use; nil = nothing
	floe, ref side
	perBatch  bool // print what one batch costs more than the reference's
	client    bool // what counts is the CPU and the memory of the two processes, not the server's pace: ratio is of the CPU
}

var jobs = map[string]job{
	"parquet-duckdb":        {data: trips.Zstd, floe: fileToDuckDB, ref: duckDBAlone("read_parquet('%s')")},
	"parquet-duckdb-snappy": {data: trips.Snappy, floe: fileToDuckDB, ref: duckDBAlone("read_parquet('%s')")},
	"csv-duckdb":            {data: trips.CSV, floe: fileToDuckDB, ref: duckDBAlone("read_csv('%s', header = true, columns = " + trips.Types() + ")")},
	"ndjson-duckdb":         {data: trips.NDJSON, floe: fileToDuckDB, ref: duckDBAlone("read_json('%s', format = 'newline_delimited', columns = " + trips.Types() + ")")},
	"parquet-decode":        {data: trips.Zstd, floe: decodeOurs, ref: decodePqarrow},
	"parquet-decode-snappy": {data: trips.Snappy, floe: decodeOurs, ref: decodePqarrow},
	"parquet-encode":        {data: trips.Part, floe: toParquet(1, encodeOurs), ref: toParquet(1, encodePqarrow)},
	"parquet-encode-2":      {data: trips.Part, floe: toParquet(2, encodeOurs), ref: toParquet(2, encodePqarrow)},
	"ndjson-encode":         {data: trips.Part, floe: toNDJSON(linesOurs), ref: toNDJSON(linesByArrow)},
	"ndjson-encode-structs": {data: trips.Part, floe: toNDJSON(linesOurs), ref: toNDJSON(linesOfStructs)},
	"overhead":              {floe: moveByPipeline, ref: moveByHand, perBatch: true},
	"memory-postgres":       {data: trips.Part, server: host.Postgres, floe: toPostgres, ref: toPostgresByPgx},
	"memory-postgres-limit": {data: trips.Part, server: host.Postgres, ready: copyFile, floe: toPostgres, ref: toPostgresFromFile},
	"memory-mysql":          {data: trips.Part, server: host.MariaDB, floe: toMySQL, ref: toMySQLByInsert},
	"memory-mysql-limit":    {data: trips.Part, server: host.MariaDB, ready: outFile, floe: toMySQL, ref: toMySQLFromFile},
	"memory-sqlite":         {data: trips.Part, floe: toSQLite, ref: toSQLiteByInsert},
	"staged-local":          {data: trips.Part, server: host.Snowflake, ready: stagedAlike, floe: stageOurs, ref: stageByADBC, client: true},
	"streaming-local":       {data: trips.Part, server: host.Snowflake, ready: streamedAlike, floe: streamOurs, ref: streamByHand, client: true},
	"postgres-duckdb":       {data: trips.Part, server: host.Postgres, ready: fillPostgres, floe: postgresToDuckDB, ref: postgresToDuckDBByScan},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if args, ok := child.Args(); ok {
		host.ServeIfAsked(args)
		child.Answer(work(ctx, args))
	}
	pairs := flag.Int("pairs", 5, "how many pairs of runs")
	cache := flag.String("cache", ".cache", "directory of the data and of what runs write")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: compare [flags] CASE\ncases: %s\n", names())
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 || *pairs < 1 {
		flag.Usage()
		os.Exit(2)
	}
	line, err := compare(ctx, flag.Arg(0), *cache, *pairs)
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
	fmt.Println(line)
}

func names() string { return strings.Join(slices.Sorted(maps.Keys(jobs)), " ") }

// work is a child: "make" and a kind of data, or a piece of a case with its file and directory.
func work(ctx context.Context, args []string) (child.Result, error) {
	if args[0] == "make" {
		return child.Result{}, trips.Make(ctx, args[1], trips.Kind(args[2]))
	}
	j, in := jobs[args[1]], input{args[2], args[3], host.DSN()}
	switch args[0] {
	case "ready":
		return child.Result{}, j.ready(ctx, in)
	case "floe":
		return j.floe(ctx, in)
	default:
		return j.ref(ctx, in)
	}
}

func compare(ctx context.Context, name, cache string, pairs int) (line string, err error) {
	j, ok := jobs[name]
	if !ok {
		return "", fmt.Errorf("no case %q; cases: %s", name, names())
	}
	if cache, err = filepath.Abs(cache); err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	path := ""
	if j.data != "" {
		if _, err := child.Run(ctx, "make", cache, string(j.data)); err != nil {
			return "", err
		}
		path = trips.Path(cache, j.data)
		if err := warm(path); err != nil {
			return "", err
		}
	}
	if j.server != nil {
		stop, err := j.server()
		if err != nil {
			return "", err
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	if j.ready != nil {
		if _, err := run(ctx, "ready", name, path, cache); err != nil {
			return "", err
		}
	}
	var ours, theirs []child.Result
	for i := range pairs {
		sides := []string{"floe", "ref"}
		if i%2 == 1 { // neither side always follows the other
			slices.Reverse(sides)
		}
		for _, side := range sides {
			r, err := run(ctx, side, name, path, cache)
			if err != nil {
				return "", err
			}
			if side == "floe" {
				ours = append(ours, r)
			} else {
				theirs = append(theirs, r)
			}
		}
	}
	return j.report(name, ours, theirs)
}

// run runs one piece of a case in a child, in a directory of its own.
func run(ctx context.Context, piece, name, path, cache string) (r child.Result, err error) {
	dir, err := os.MkdirTemp(cache, "run-")
	if err != nil {
		return child.Result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return child.Run(ctx, piece, name, path, dir)
}

func (j job) report(name string, ours, theirs []child.Result) (string, error) {
	want := ours[0]
	for _, r := range slices.Concat(ours, theirs) {
		if r.Rows != want.Rows || r.Sum != want.Sum {
			return "", fmt.Errorf("%s: results differ: %d rows with sum %s, and %d rows with sum %s", name, want.Rows, want.Sum, r.Rows, r.Sum)
		}
	}
	seconds := func(r child.Result) float64 { return r.Seconds }
	var ratios []float64
	for i := range ours {
		if j.client {
			ratios = append(ratios, theirs[i].CPU/ours[i].CPU)
		} else {
			ratios = append(ratios, theirs[i].Seconds/ours[i].Seconds)
		}
	}
	floe, ref := median(ours, seconds), median(theirs, seconds)
	memory := func(r child.Result) float64 { return float64(r.RSS) }
	rss := median(ours, memory)
	cpu := func(r child.Result) float64 { return r.CPU }
	line := fmt.Sprintf("%s floe=%.3fs ref=%.3fs ratio=%.2f rss=%.0fMB rows=%d cpu=%.2fs/%.2fs load=%s",
		name, floe, ref, median(ratios, func(x float64) float64 { return x }), rss/1e6, want.Rows, median(ours, cpu), median(theirs, cpu), load())
	if j.perBatch {
		line += fmt.Sprintf(" us_per_batch=%.2f", (floe-ref)/float64(want.Batches)*1e6)
	}
	if j.client {
		size := func(r child.Result) float64 { return float64(r.Size) }
		line += fmt.Sprintf(" ratio_of=cpu ref_rss=%.0fMB uploaded=%.0fMB/%.0fMB", median(theirs, memory)/1e6, median(ours, size)/1e6, median(theirs, size)/1e6)
	}
	return line, nil
}

// median returns the middle value; of an even number, the mean of the two in the middle.
func median[T any](list []T, value func(T) float64) float64 {
	v := make([]float64, len(list))
	for i, x := range list {
		v[i] = value(x)
	}
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// load returns how many processes the machine had to run in the last minute, "?" where it does not say.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	minute, _, _ := strings.Cut(string(text), " ")
	return minute
}

// warm reads the file once, so that no run pays for the disk.
func warm(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	buf := make([]byte, 1<<20)
	for {
		n, err := f.Read(buf)
		if err != nil && n == 0 {
			break
		}
	}
	return nil
}
