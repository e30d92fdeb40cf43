package main

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"strings"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/marcboeker/go-duckdb"
	_ "modernc.org/sqlite"

	mysqldialect "github.com/floedata/floe/dialect/mysql"
	sqlitedialect "github.com/floedata/floe/dialect/sqlite"
	"github.com/floedata/floe/sink"
	duckdbsink "github.com/floedata/floe/sink/duckdb"
	sqlsink "github.com/floedata/floe/sink/sql"
	mysqlsink "github.com/floedata/floe/sink/sql/mysql"
	postgressink "github.com/floedata/floe/sink/sql/postgres"
	sqlitesink "github.com/floedata/floe/sink/sql/sqlite"
	"github.com/floedata/floe/source"
	sqlsource "github.com/floedata/floe/source/sql"
	duckdbsource "github.com/floedata/floe/source/sql/duckdb"
	postgressource "github.com/floedata/floe/source/sql/postgres"
)

// openSource opens a table by its database. The function closes what the source leaves open.
func openSource(ctx context.Context, database, table string, key []string) (source.Source, func() error, error) {
	q := sqlsource.Query{Table: table, Key: key}
	nothing := func() error { return nil }
	kind, rest, _ := strings.Cut(database, ":")
	switch kind {
	case "postgres", "postgresql":
		s, err := postgressource.Open(ctx, database, q, nil)
		return s, nothing, err
	case "sqlite", "duckdb", "mysql":
	default:
		return nil, nil, fmt.Errorf("%q is none of sqlite, duckdb, postgres, mysql", kind)
	}
	db, err := stdsql.Open(kind, rest)
	if err != nil {
		return nil, nil, err
	}
	var s source.Source
	switch kind {
	case "sqlite":
		s, err = sqlsource.New(db, sqlitedialect.Dialect{}, q, nil)
	case "duckdb":
		s, err = duckdbsource.New(db, q, nil)
	case "mysql":
		s, err = sqlsource.New(db, mysqldialect.Dialect{}, q, nil)
	}
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return s, db.Close, nil
}

// openSink opens a table by its database, which it closes itself.
func openSink(ctx context.Context, database, table string, mode sink.Mode, key []string) (sink.Sink, error) {
	opts := &sqlsink.Options{Mode: mode, Key: key}
	kind, rest, _ := strings.Cut(database, ":")
	switch kind {
	case "sqlite":
		return sqlitesink.Open(rest, table, opts)
	case "duckdb":
		return duckdbsink.Open(rest, table, &duckdbsink.Options{Mode: mode, Key: key})
	case "postgres", "postgresql":
		return postgressink.Open(ctx, database, table, opts)
	case "mysql":
		return mysqlsink.Open(ctx, rest, table, opts)
	}
	return nil, fmt.Errorf("%q is none of sqlite, duckdb, postgres, mysql", kind)
}
