package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/host"
	"github.com/floedata/floe/benchmarks/internal/trips"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
	"github.com/floedata/floe/source"
)

// The staged cases load stagedTimes the rows of the data, in files of stagedFile bytes compressed by snappy, which is the
// one codec that the reference has.
const (
	stagedTimes = 4
	stagedFile  = 10 << 20
)

// stageOurs loads by the staged sink.
func stageOurs(ctx context.Context, in input) (child.Result, error) {
	recs, err := readAll(ctx, in.data)
	if err != nil {
		return child.Result{}, err
	}
	var all []arrow.Record
	for range stagedTimes {
		all = append(all, recs...)
	}
	return host.Counted(ctx, func() (child.Result, error) {
		clock := child.Start()
		if err := loadOurs(ctx, in.dsn, all); err != nil {
			return child.Result{}, err
		}
		return clock.Stop()
	})
}

func loadOurs(ctx context.Context, dsn string, recs []arrow.Record) (err error) {
	db, err := sql.Open("snowflake", dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := host.Drop(ctx, db, "FLOE", "_FLOE_OFFSETS"); err != nil {
		return err
	}
	return move(ctx, source.FromRecords("memory", recs...), func() (sink.Sink, error) {
		return snowflake.New(db, "FLOE", &snowflake.Options{Compression: snowflake.Snappy, FileSize: stagedFile})
	})
}

// stageByADBC loads by the bulk ingestion of arrow-adbc, in a program of its own: see package adbc.
func stageByADBC(ctx context.Context, in input) (child.Result, error) {
	return host.Counted(ctx, func() (child.Result, error) { return loadByADBC(ctx, in, in.dsn, stagedTimes) })
}

func loadByADBC(ctx context.Context, in input, dsn string, times int) (r child.Result, err error) {
	cmd := exec.CommandContext(ctx, adbcProgram(in), in.data, fmt.Sprint(times), fmt.Sprint(stagedFile), "ADBC", dsn)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("adbc: %w: %s", err, errs.String())
	}
	return r, json.Unmarshal(out, &r)
}

// adbcProgram is where the program is built.
func adbcProgram(in input) string { return filepath.Join(filepath.Dir(in.dir), "adbc") }

func buildADBC(ctx context.Context, in input) error {
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", adbcProgram(in), "./adbc").CombinedOutput(); err != nil {
		return fmt.Errorf("build the reference: %w: %s", err, out)
	}
	return nil
}

// stagedAlike builds the reference, loads the rows by both into a fake Snowflake that keeps them, and holds the tables
// against each other: what is counted afterwards may not be empty or wrong.
func stagedAlike(ctx context.Context, in input) (err error) {
	if err := buildADBC(ctx, in); err != nil {
		return err
	}
	s, err := snowflaketest.New(snowflaketest.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	ours, err := readAll(ctx, in.data)
	if err != nil {
		return err
	}
	if err := loadOurs(ctx, s.DSN(), ours); err != nil {
		return err
	}
	if _, err := loadByADBC(ctx, in, s.DSN(), 1); err != nil {
		return err
	}
	return alike(ctx, s.DSN(), trips.PartRows, "ADBC", strings.ToLower)
}

// alike holds that the table FLOE and the reference's, whose columns are named so, have so many rows, and the same sums.
func alike(ctx context.Context, dsn string, rows int64, reference string, column func(string) string) (err error) {
	db, err := sql.Open("snowflake", dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	floe, err := sums(ctx, db, "FLOE", strings.ToUpper)
	if err != nil {
		return err
	}
	ref, err := sums(ctx, db, reference, column)
	if err != nil {
		return err
	}
	if floe != ref || !strings.HasPrefix(floe, fmt.Sprint(rows, " ")) {
		return fmt.Errorf("of %d rows one has %s, the other %s", rows, floe, ref)
	}
	fmt.Fprintln(os.Stderr, "both alike:", floe)
	return nil
}

// sums counts the rows, and sums up what can be, and the lengths of texts.
func sums(ctx context.Context, db *sql.DB, table string, column func(string) string) (string, error) {
	list := []string{"COUNT(*)"}
	for _, f := range trips.Schema().Fields() {
		name := `"` + column(f.Name) + `"`
		switch f.Type.ID() {
		case arrow.STRING:
			list = append(list, "SUM(LENGTH("+name+"))")
		case arrow.BOOL:
			list = append(list, "COUNT_IF("+name+")")
		case arrow.DATE32, arrow.TIMESTAMP, arrow.FLOAT64: // whose sums depend on the order
			list = append(list, "MIN("+name+")", "MAX("+name+")", "COUNT("+name+")")
		default:
			list = append(list, "SUM("+name+")")
		}
	}
	values, into := make([]string, len(list)), make([]any, len(list))
	for i := range values {
		into[i] = &values[i]
	}
	err := db.QueryRowContext(ctx, "SELECT "+strings.Join(list, ", ")+` FROM "`+table+`"`).Scan(into...)
	return strings.Join(values, " "), err
}
