// Package sqlite loads into SQLite databases, exactly once. It is sink/sql with the dialect of dialect/sqlite, whose
// package comments say how tables, modes, types, rejects and errors are; what follows is beside.
//
// [Open] opens a database file by itself and binds values straight from Arrow columns; it needs no cgo. [New] loads
// through a *sql.DB on whichever driver the program has registered, such as modernc.org/sqlite or mattn/go-sqlite3, by
// INSERT statements of many rows, which takes twice the time or more.
//
// # One writer
//
// SQLite lets one connection write at a time: a load holds that right from its first statement to COMMIT, and the sink
// takes one load at a time. A load, or a claim, that finds another connection writing waits as long as its context
// allows, and goes on when the other is done; busy timeouts of drivers do not bound it. A dead-letter sink on the same
// file would wait for the load that waits for it, and is refused: use Options.Rejects.
//
// # Open's connections
//
//   - journal_mode = WAL: readers see the state before the load, and do not make it wait. The file keeps that mode. The
//     files beside it, -wal and -shm, go when the last connection is closed; they belong to the database.
//   - synchronous = FULL: a COMMIT is on the disk when it returns. What is loaded stays after a power loss, and so an
//     offset that a source was told to forget. A batch costs one sync of the log for it.
//   - foreign_keys = ON: foreign keys are constraints like others. Those that are checked at COMMIT only are checked for
//     the rows of a load before, where the table has such.
//   - cache_size = 32 MiB.
//
// [New] changes none of these, and runs with the settings of its caller's connections.
//
// # One library
//
// Never open one file through two builds of SQLite in one process: [Open], zombiezen.com/go/sqlite and modernc.org/sqlite are one
// build, mattn/go-sqlite3 is another. Closing the file in one of them drops the locks of the other, because POSIX locks are
// the process's, and the file can be ruined: sqlite.org/howtocorrupt.html. Several processes do no harm.
//
// # Databases in memory
//
// A path that names none, or :memory:, is refused by [Open]. In [New] a database in memory is one for each connection of
// the pool: it is refused unless db.SetMaxOpenConns(1) leaves it one. With cache=shared too, where drivers wait for one
// another whatever the context says.
package sqlite
