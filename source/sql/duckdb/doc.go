// Package duckdb is the source of package source/sql on DuckDB, through Arrow: rows come as they are computed, in chunks, and
// are never all in memory. It goes on the driver github.com/marcboeker/go-duckdb, v1.8.2, which needs cgo.
//
// # Types
//
// They are those of DuckDB's own Arrow interface: lists, structs and maps as such, enumerations as dictionaries, UUIDs as
// strings. Options.Types cannot change them: cast in the query. So for keys of UUID, UHUGEINT, BIT and TIMETZ, which DuckDB does
// not compare with a parameter, and for a time.Time in Query.Args: CAST($1 AS TIMESTAMP).
//
// # Memory
//
// A query without Query.Key streams from its table. With a key DuckDB sorts the rows first, which takes memory up to its
// setting memory_limit, by default most of the machine's, and then the disk: set it lower. Options.PageRows makes sorts of
// so many rows at once, in memory alone, and each page looks through the table again; Query.Split makes smaller sorts.
// For a table that is read once, whole, a Text without a key and with Query.Ordered is the quickest: DuckDB gives the rows of
// a table in the order in which they were inserted, unless its setting preserve_insertion_order is off, and as long as none
// is deleted or updated.
package duckdb
