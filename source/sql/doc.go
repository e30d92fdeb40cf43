// Package sql reads the rows of queries from SQL databases, through database/sql and any of its drivers, as records.
//
// The packages beside it, postgres and duckdb, are this source on a quicker way out of the database; use them where they
// fit. [New] takes any other database for which there is a driver and a [dialect.Dialect].
//
// # Rows
//
// A [Query] is a table or the text of a SELECT. The types of its columns are those that the database tells, by the
// dialect: exact decimals, unsigned integers, dates, timestamps with a zone or without, texts for JSON, UUIDs, intervals
// and enumerations. [Options].Types gives a column another type. A value that does not fit the type of its column is not
// clipped or rounded: its row is rejected (source.Batch.Rejected), with all its values as texts.
//
// # Going on
//
// With Query.Key rows come in the order of the key, and a position has the key of the last row, exactly: a later run reads
//
//	SELECT … WHERE key >= … ORDER BY key
//
// and passes over the row that it knows. So rows that are added behind the position are read by the next run. Rows that get
// a key before it, because they are committed late or changed, are not: choose a key that grows with time of commit, as far
// as the database has one, or leave out rows of the last moments by Query.Where. A row that is changed so that its key moves
// behind the position is read again. Two rows with one key are an error unless Query.Ties is set, and so is a key that is
// NULL; nothing is passed over in silence. Keys of text are ordered as the database orders them; where it takes texts for
// equal that differ, such as in case, the key should be unique to it, too.
//
// Without a key the query runs as it is. Where it says by Query.Ordered that it gives the same rows in the same order each
// time, a position counts rows, and going on means reading them again. Otherwise the rows cannot be read again
// ([source.NotReplayable]): Query.Name is then the id of the run.
//
// The rows of a table are not those of one instant, where it changes meanwhile: a run reads by one query a partition, or by
// one a page.
//
// # Partitions
//
// There is one, Query.Name, or one for each part of Query.Split, which are read in parallel. Each that is being read has a
// connection of its own.
//
// # Errors
//
// The dialect says what an error means; one that may pass ([dialect.Class.Transient]) is marked so, and Next goes on behind
// the last batch, by another query. Where the rows cannot be read again no error is.
package sql
