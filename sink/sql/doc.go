// Package sql loads into tables of SQL databases through database/sql, exactly once: the offset of each partition is
// kept in a table, _floe_offsets, beside the target, and moves in the transaction that brings the rows.
//
// The packages beside it, postgres, mysql and sqlite, are this sink with the database's own bulk loader; use them
// where they fit. [New] takes any other database, for which there is a driver and a [dialect.Dialect]: rows go in by INSERT
// statements of many rows. The database must have transactions, savepoints and keys.
//
// # Tables
//
// A table is one name, taken as it is: dots, quotes, spaces and reserved words are part of it. The schema stands in
// [Options].Schema. A table that is missing is made from the types of the rows, with columns that take NULL. One that is
// there is loaded by the names of its columns; a column that the rows lack gets its DEFAULT or NULL. What
// [Options].Evolve does not allow to change is a [sink.SchemaError].
//
// Where tables have comments, the sink adds a mark to the table's, such as [floe:2f1c…]. By it the offsets know the table
// whose rows they count: where the table is gone or made anew, loading starts at the beginning. Where the mark alone is
// gone, opening fails and says what to do. Without comments, as in SQLite, only a table that is gone is noticed.
//
// # Modes
//
//   - [sink.Append] adds the rows.
//   - [sink.Upsert] replaces the row that has the same [Options].Key, as a whole; of several rows with one key the last
//     of the partition counts. The key must be the primary key of the table, or unique; a table that the sink makes has
//     it as primary key. A key that is null is a reject.
//   - [sink.Replace] loads into a table beside, whose name begins with _floe_new_, and swaps it in by [Sink.Finish] when
//     the source has ended. Others see the old rows until then. A run that was broken off is taken up by the next one; one
//     that has finished is begun anew.
//
// # Rejects
//
// A value that the column cannot hold, and a row that breaks a constraint, is a reject, with the database's own message:
// the other rows of the batch load. Halves of a batch are tried, each inside a savepoint, until the rows are found.
// [Options].Rejects keeps rejects in a table of the same database, in the load's own transaction.
//
// # Errors
//
// The dialect says what an error means ([dialect.Class]); the package of each database has the table of its codes.
//
//	deadlock, serialization, lock timeout        transient; the offset was read again before
//	connection lost, restart, too many of them   transient; after a lost COMMIT the offset tells what became of it
//	another claim has the partition              sink.ErrFenced
//	a column that does not fit                   *sink.SchemaError
//	the table was swapped while loading          permanent: run again
//	read-only, disk full, login, privilege       permanent
//	a table or database that is missing          permanent
//	a context that is done                       the context's error
//	anything else                                permanent
package sql
