// Package engine is the fake Snowflake without its protocol: the catalog, sessions, transactions and statements, with
// DuckDB below.
//
// All state is in one directory: a DuckDB file, in which the catalog lies beside the rows, and the stages as directories.
// An Engine that was closed, or whose process died, is opened again by New on the same directory; transactions that were
// open then are rolled back.
//
// Transactions are Snowflake's, not DuckDB's: isolation is READ COMMITTED, a statement sees what was committed when it
// began and what its own transaction did; UPDATE, DELETE and MERGE lock their table until the transaction ends, and wait
// for one another up to LOCK_TIMEOUT; INSERT and COPY wait for nobody; DDL commits the transaction that is open. Every
// table has two hidden columns for it: the transaction that inserted a row (0 once committed) and the one that deleted it.
package engine
