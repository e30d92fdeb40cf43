// Package duckdb loads into DuckDB tables, exactly once: the offset of each partition is kept in a table,
// _floe_offsets, beside the target, and moves in the transaction that brings the rows. It needs cgo.
//
// [Open] opens a database file of its own; [New] loads into the caller's instance, whose settings it leaves alone.
// A file can be open in one process at a time: that is DuckDB's rule.
//
// # Tables
//
// A table is one name, taken as it is: dots, quotes, spaces and reserved words are part of it. The schema stands in
// [Options].Schema; it belongs to the current database of the connector. DuckDB takes two names for one that differ
// in the case of ASCII letters only, and so does this package: columns that do are refused.
//
// A table that is missing is made from the types of the rows, with columns that take NULL. One that is there is
// loaded by the names of its columns; a column that the rows lack gets its DEFAULT or NULL. What
// [Options].Evolve does not allow to change is a [sink.SchemaError].
//
// The sink adds a mark, such as [floe:2f1c…], behind the table's comment. By it the offsets know the table
// whose rows they count: where the table is gone or made anew, loading starts at the beginning. Where the mark alone
// is gone, opening fails and says what to do.
//
// # Modes
//
//   - [sink.Append] adds the rows.
//   - [sink.Upsert] replaces the row that has the same [Options].Key, as a whole; of several rows with one key the last
//     of the partition counts. A table that has no index is loaded by DELETE and INSERT, one whose PRIMARY KEY or unique
//     index is the key by INSERT … ON CONFLICT; the tables that the sink makes have none, which is faster. A key that is
//     null is a reject.
//   - [sink.Replace] loads into a table beside, whose name begins with _floe_new_, and swaps it in by [Sink.Finish], in one
//     transaction, when the source has ended. Others see the old rows until then. The new table has the columns,
//     constraints, defaults, indexes and comment of the old one. A run that was broken off is taken up by the next one; one
//     that has finished is begun anew.
//
// # Types
//
// Exact: every value comes back as it was. Widened: into a type that holds every value. Text: as text. What is not in
// the table cannot be loaded: a [sink.SchemaError] at Prepare. A value that DuckDB cannot hold, which the last column
// names, is a reject.
//
//	Arrow                              DuckDB                       kept     rejects
//	bool                               BOOLEAN                      exact
//	int8, int16, int32, int64          TINYINT … BIGINT             exact
//	uint8, uint16, uint32, uint64      UTINYINT … UBIGINT           exact
//	float16                            FLOAT                        widened
//	float32, float64 (4)               FLOAT, DOUBLE                exact
//	decimal128, decimal256 (1)         DECIMAL(p,s)                 exact    more digits than p
//	string, large_string, string_view  VARCHAR                      exact    what is not UTF-8
//	binary, large_, fixed_size_, view  BLOB                         exact
//	arrow.uuid (2)                     UUID                         exact
//	date32, date64                     DATE                         exact    date64 amid a day
//	time32, time64                     TIME                         exact    parts of a microsecond
//	timestamp, s ms us ns              TIMESTAMP_S _MS, TIMESTAMP,
//	                                   TIMESTAMP_NS                 exact    what DuckDB takes for infinite
//	timestamp with a zone              TIMESTAMP WITH TIME ZONE     exact    parts of a microsecond
//	duration, intervals                INTERVAL                     exact    parts of a microsecond
//	list, large_list                   T[]                          exact
//	fixed_size_list                    T[n]                         exact
//	struct, map                        STRUCT, MAP                  exact
//	dictionary (3)                     that of its values           exact
//	null                               INTEGER, or what is there    exact
//
// (1) Of 38 digits at most, with a scale from 0 to the precision. (2) The extension type, or fixed_size_binary(16)
// whose field has ARROW:extension:name = arrow.uuid; not inside nested types. (3) Of plain values; inside nested types
// of text or bytes only. (4) Once DuckDB has compressed them, zeros beside one another may have one sign. Of a zone
// the instant is kept, not the name.
//
// A column that exists may be wider: a longer integer, DOUBLE for FLOAT or up to 32 bits, DECIMAL with room for all
// digits, a finer TIMESTAMP up to microseconds. Text also goes into ENUM, UUID and JSON, DATE into TIMESTAMP; what the
// cast fails for is a reject. With [sink.Widen] a column that is narrower is altered by the same rule.
//
// # Rejects
//
// Rows that break a constraint, and values that do not fit, are rejects: the others of the batch load. Of rows with one
// key that is unique, the first stays. One query finds the rows of each constraint. Only for a unique index over an
// expression, a foreign key to the table itself and a row that others refer to are halves of the batch tried until the
// rows are found, which takes long where they are many, and is said in the log. [Options].Rejects keeps rejects in a
// table of the same database, in the load's own transaction; a dead-letter sink on the same database would wait for the
// load that waits for it, and is refused.
//
// # Errors
//
//	conflict with another transaction      transient; the offset was read again before
//	another claim has the partition        sink.ErrFenced
//	a column that does not fit             *sink.SchemaError
//	the table was swapped while loading    permanent: run again
//	out of memory                          permanent: Options.MemoryLimit
//	disk full, input and output            permanent
//	a fatal error of the instance          permanent: open the database anew
//	a context that is done                 the context's error; nothing was loaded
//	anything else                          permanent
package duckdb
