// Package postgres is the dialect of PostgreSQL, from version 12 on: what sink/sql and source/sql know of it. It works
// with every driver whose errors tell their SQLSTATE, such as pgx and lib/pq; parameters are texts, which the server reads
// as what the column is.
//
// The column types of Arrow types, and the classes of errors, are tables in the package sink/sql/postgres.
package postgres
