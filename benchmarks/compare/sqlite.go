package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the "sqlite" driver

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/trips"
	litedialect "github.com/floedata/floe/dialect/sqlite"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sql/sqlite"
)

// sqliteRows is how many rows the reference has in a statement: the driver looks through all of a statement's values for
// each of its parameters, so that 50 take longer than 10, and 1 does too.
const sqliteRows = 10

// toSQLite loads the records by a pipeline.
func toSQLite(ctx context.Context, in input) (child.Result, error) {
	return intoSQLite(ctx, in, func(path string) (child.Result, error) {
		return fromMemory(ctx, in, func() (sink.Sink, error) { return sqlite.Open(path, table, nil) })
	})
}

// toSQLiteByInsert loads them by a prepared INSERT, in one transaction, with the journal of the sink.
func toSQLiteByInsert(ctx context.Context, in input) (child.Result, error) {
	return intoSQLite(ctx, in, func(path string) (r child.Result, err error) {
		recs, err := readAll(ctx, in.data)
		if err != nil {
			return r, err
		}
		clock := child.Start()
		if err := insertAll(ctx, "sqlite", path+sqliteJournal, sqliteRows, sqliteBoxer, recs); err != nil {
			return r, err
		}
		return clock.Stop()
	})
}

// sqliteJournal makes the reference's journal the sink's, and as durable.
const sqliteJournal = "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-32768)"

// What the sink stores: decimals of few digits as numbers, times as texts.
var sqliteBoxer = boxer{
	decimal: func(unscaled int64, scale int32) any { return float64(unscaled) / math.Pow10(int(scale)) },
	instant: func(t time.Time) any { return t.Format("2006-01-02 15:04:05.000000") },
	day:     func(t time.Time) any { return t.Format(time.DateOnly) },
}

// intoSQLite has load fill an empty table in a new file, closing it included, and looks at it afterwards.
func intoSQLite(ctx context.Context, in input, load func(path string) (child.Result, error)) (r child.Result, err error) {
	create, err := createTable(litedialect.Dialect{})
	if err != nil {
		return r, err
	}
	path := filepath.Join(in.dir, "trips.sqlite")
	err = withDB("sqlite", path+sqliteJournal, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, create)
		return err
	})
	if err != nil {
		return r, err
	}
	if r, err = load(path); err != nil {
		return r, err
	}
	return r, withDB("sqlite", path, func(db *sql.DB) error {
		r.Rows, r.Sum, err = sumTexts(ctx, db)
		return err
	})
}

// sumTexts sums up hashes of the rows, as SQLite writes their values.
func sumTexts(ctx context.Context, db *sql.DB) (n int64, sum string, err error) {
	values := make([]string, len(trips.Names()))
	for i, name := range trips.Names() {
		values[i] = "quote(" + name + ")"
	}
	rows, err := db.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s", strings.Join(values, " || '|' || "), table))
	if err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var line sql.RawBytes
	total := uint64(0)
	for rows.Next() {
		if err := rows.Scan(&line); err != nil {
			return 0, "", err
		}
		n++
		total += text(string(line))
	}
	return n, strconv.FormatUint(total, 16), rows.Err()
}
