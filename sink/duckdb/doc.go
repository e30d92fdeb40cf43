// Package duckdb loads into DuckDB tables, exactly once: the offset of each partition is kept in a table,
// _floe_offsets, beside the target, and moves in the transaction that brings the rows.
package duckdb
