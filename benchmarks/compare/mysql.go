package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	_ "github.com/go-sql-driver/mysql" // the "mysql" driver

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/trips"
	mydialect "github.com/floedata/floe/dialect/mysql"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sql/mysql"
)

// mysqlRows is how many rows the reference has in a statement.
const mysqlRows = 1000

// toMySQL loads the records by a pipeline.
func toMySQL(ctx context.Context, in input) (child.Result, error) {
	return intoMySQL(ctx, in, func(*sql.DB) (child.Result, error) {
		return fromMemory(ctx, in, func() (sink.Sink, error) { return mysql.Open(ctx, in.dsn, table, nil) })
	})
}

// toMySQLByInsert loads them by a prepared INSERT of many rows, in one transaction.
func toMySQLByInsert(ctx context.Context, in input) (child.Result, error) {
	return intoMySQL(ctx, in, func(*sql.DB) (r child.Result, err error) {
		recs, err := readAll(ctx, in.data)
		if err != nil {
			return r, err
		}
		clock := child.Start()
		if err := insertAll(ctx, "mysql", in.dsn, mysqlRows, mysqlBoxer, recs); err != nil {
			return r, err
		}
		return clock.Stop()
	})
}

var mysqlBoxer = boxer{
	decimal: func(unscaled int64, scale int32) any { return decimalText(unscaled, scale) },
	instant: func(t time.Time) any { return t },
	day:     func(t time.Time) any { return t },
}

// toMySQLFromFile lets the server read the file that it wrote.
func toMySQLFromFile(ctx context.Context, in input) (child.Result, error) {
	return intoMySQL(ctx, in, func(db *sql.DB) (r child.Result, err error) {
		file, err := mysqlFile(ctx, db)
		if err != nil {
			return r, err
		}
		clock := child.Start()
		if _, err := db.ExecContext(ctx, fmt.Sprintf("LOAD DATA INFILE '%s' INTO TABLE %s CHARACTER SET utf8mb4", file, table)); err != nil {
			return r, err
		}
		return clock.Stop()
	})
}

// outFile makes the server write the table into its file.
func outFile(ctx context.Context, in input) error {
	return withDB("mysql", in.dsn, func(db *sql.DB) error {
		if _, err := toMySQLByInsert(ctx, in); err != nil {
			return err
		}
		file, err := mysqlFile(ctx, db)
		if err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, fmt.Sprintf("SELECT * INTO OUTFILE '%s' CHARACTER SET utf8mb4 FROM %s", file, table))
		return err
	})
}

// intoMySQL has load fill an empty table, and looks at it afterwards.
func intoMySQL(ctx context.Context, in input, load func(*sql.DB) (child.Result, error)) (r child.Result, err error) {
	err = withDB("mysql", in.dsn, func(db *sql.DB) error {
		create, err := createTable(mydialect.Dialect{})
		if err != nil {
			return err
		}
		for _, s := range []string{"DROP TABLE IF EXISTS " + table + ", _floe_offsets", create} {
			if _, err := db.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		if r, err = load(db); err != nil {
			return err
		}
		values := make([]string, len(trips.Names()))
		for i, name := range trips.Names() {
			values[i] = "coalesce(" + name + ", 'NULL')"
		}
		query := fmt.Sprintf("SELECT count(*), sum(conv(left(md5(concat_ws('|', %s)), 15), 16, 10)) FROM %s", strings.Join(values, ", "), table)
		return db.QueryRowContext(ctx, query).Scan(&r.Rows, &r.Sum)
	})
	return r, err
}

// mysqlFile is where the server may read and write: beside its data, which go with it.
func mysqlFile(ctx context.Context, db *sql.DB) (string, error) {
	var dir string
	err := db.QueryRowContext(ctx, "SELECT @@datadir").Scan(&dir)
	return filepath.Join(dir, copied), err
}

func withDB(driver, dsn string, do func(*sql.DB) error) error {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}

// insertAll is what a Go program does without a loader: one transaction of prepared INSERTs of so many rows each.
func insertAll(ctx context.Context, driver, dsn string, rowsPerStatement int, b boxer, recs []arrow.Record) error {
	ctx = context.WithoutCancel(ctx) // for one that can be cancelled, SQLite's driver starts a goroutine a statement
	return withDB(driver, dsn, func(db *sql.DB) (err error) {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, tx.Rollback())
			}
		}()
		columns := len(trips.Names())
		full, err := tx.PrepareContext(ctx, insertRows(rowsPerStatement))
		if err != nil {
			return err
		}
		defer full.Close()
		args := make([]any, rowsPerStatement*columns)
		n := 0 // rows in args
		for _, rec := range recs {
			get, err := b.rows(rec)
			if err != nil {
				return err
			}
			for i := range int(rec.NumRows()) {
				get(args[n*columns:], i)
				if n++; n < rowsPerStatement {
					continue
				}
				if _, err := full.ExecContext(ctx, args...); err != nil {
					return err
				}
				n = 0
			}
		}
		if n > 0 {
			if _, err := tx.ExecContext(ctx, insertRows(n), args[:n*columns]...); err != nil {
				return err
			}
		}
		return tx.Commit()
	})
}

func insertRows(n int) string {
	names := trips.Names()
	values := "(" + strings.Repeat("?, ", len(names)-1) + "?)"
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES %s%s", table, strings.Join(names, ", "), strings.Repeat(values+", ", n-1), values)
}

// decimalText writes a decimal of a table whose decimals are not negative.
func decimalText(unscaled int64, scale int32) string {
	text := fmt.Sprintf("%0*d", scale+1, unscaled)
	return text[:len(text)-int(scale)] + "." + text[len(text)-int(scale):]
}
