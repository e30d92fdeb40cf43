// Package scalar has Snowflake's scalar functions that DuckDB has not, or has otherwise: conversions with Snowflake's rules
// and errors, times of nanoseconds, VARIANT, regular expressions.
//
// Register makes them callable in SQL under names that begin with floe_. Values have the forms of [types.Type.DuckDB]. NULL
// in gives NULL out. An error has the text "floe:CODE:SQLSTATE:message" somewhere in what DuckDB says: see [Parse].
package scalar

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/marcboeker/go-duckdb"
)

// function is one function of SQL.
type function struct {
	in       []duckdb.Type
	variadic bool // the last of in may be repeated, or left out
	out      duckdb.Type
	list     bool // out is what the answer has a list of
	nulls    bool // NULLs are handed to call
	volatile bool
	call     func(args []driver.Value) (any, error)
}

// Register makes the functions known to the database that conn is a connection of, to all its connections, until it is
// closed.
func Register(ctx context.Context, conn *sql.Conn) error {
	for _, set := range []map[string]*function{numbers, times, zones, variants, arrays, patterns, texts} {
		for name, f := range set {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := duckdb.RegisterScalarUDF(conn, name, f); err != nil {
				return fmt.Errorf("registering %s: %w", name, err)
			}
		}
	}
	return nil
}

// Config describes the function to DuckDB.
func (f *function) Config() duckdb.ScalarFuncConfig {
	c := duckdb.ScalarFuncConfig{ResultTypeInfo: info(f.out), SpecialNullHandling: f.nulls, Volatile: f.volatile}
	if f.list {
		list, err := duckdb.NewListInfo(c.ResultTypeInfo)
		if err != nil {
			panic(err) // of a table that is part of this package
		}
		c.ResultTypeInfo = list
	}
	in := f.in
	if f.variadic {
		c.VariadicTypeInfo = info(in[len(in)-1])
		in = in[:len(in)-1]
	}
	for _, t := range in {
		c.InputTypeInfos = append(c.InputTypeInfos, info(t))
	}
	return c
}

// Executor hands DuckDB the function's body.
func (f *function) Executor() duckdb.ScalarFuncExecutor {
	return duckdb.ScalarFuncExecutor{RowExecutor: f.call}
}

func info(t duckdb.Type) duckdb.TypeInfo {
	i, err := duckdb.NewTypeInfo(t)
	if err != nil {
		panic(err) // of a table that is part of this package
	}
	return i
}

// The types of arguments and answers.
const (
	varchar = duckdb.TYPE_VARCHAR
	blob    = duckdb.TYPE_BLOB
	integer = duckdb.TYPE_INTEGER
	bigint  = duckdb.TYPE_BIGINT
	hugeint = duckdb.TYPE_HUGEINT
	double  = duckdb.TYPE_DOUBLE
	boolean = duckdb.TYPE_BOOLEAN
	date    = duckdb.TYPE_DATE
)
