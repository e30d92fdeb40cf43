// Package engine is the fake Snowflake without its protocol: the catalog, sessions, transactions and statements, with
// DuckDB below.
//
// All state is in one directory: a DuckDB file, in which the catalog lies beside the rows, and the stages as directories.
// An Engine that was closed, or whose process died, is opened again by New on the same directory; transactions that were
// open then are rolled back, temporary objects are gone.
//
// Transactions are Snowflake's, not DuckDB's: isolation is READ COMMITTED, a statement sees what was committed when it
// began and what its own transaction did; UPDATE, DELETE, MERGE and TRUNCATE lock their table until the transaction ends,
// and wait for one another up to LOCK_TIMEOUT; INSERT and COPY wait for nobody; DDL commits the transaction that is open.
// Every table has two hidden columns for it: the transaction that inserted a row (0 once committed) and the one that
// deleted it.
//
// Pipes load the files that they are told of in the background, in sessions of nobody's with their owners' roles. Which files
// those are, and what became of them, is in tables of the DuckDB file: a file's rows and its entry there come in one
// transaction, so that a process that is killed loads none twice.
//
// Rows of Snowpipe Streaming are files in a directory of their own from their acceptance to their commit, one for each request,
// written before the request is answered. Channels are in a table of the DuckDB file: a commit inserts the rows and moves the
// channel's offset token and counters in one transaction, then removes the files. When an account is opened, files that no
// channel waits for go, and the others are committed. The lock of the channels in memory is taken after the engine's.
//
// # Faithful
//
// Keys are kept and not enforced. At most 20 statements wait for a lock; the one that would close a circle of waits fails,
// and its transaction stays open. A session that nobody closes keeps its transaction and locks until they are idle for five
// minutes while somebody waits, or for four hours. Transactions of a block of Snowflake Scripting end with it. COPY
// remembers files for 64 days, and does not load what another COPY is loading. Roles have what they are granted, nothing
// more; who may know nothing of an object is told that it does not exist.
//
// # Approximate
//
// Statements run one after another, so that one that computes for long holds up the others (SELECT SYSTEM$WAIT does not).
// Any transaction counts as of a client that is gone once it is idle for four hours. Secondary roles are off until USE
// SECONDARY ROLES ALL. A COPY skips a file that another transaction is loading, and does not wait. Codes and texts of
// errors that are not known from accounts are marked so where they are made. SHOW and INFORMATION_SCHEMA have Snowflake's
// columns as far as they tell of the fake, in its order; sizes in bytes are 0. RESULT_SCAN finds the last thousand results.
//
// # Missing
//
// Refused by name: time travel and UNDROP, clones of anything but tables, streams, tasks, sequences, dynamic and external
// tables, procedures and functions of users, policies and tags, clustering keys, collation, unloading (COPY INTO a
// location), shares and replication.
package engine
