// Package snowflake loads into a table of Snowflake in bulk, exactly once: records are encoded as Parquet, brought to a
// stage, and loaded by COPY INTO, in one transaction with the offset of their partition, which is kept in
// a table, _FLOE_OFFSETS, beside the target.
//
// [Open] connects by a [Config]; [New] takes a pool of gosnowflake that is there. [Preflight] says beforehand what a role
// lacks, and [Loader] is for callers with a loop of their own. Each batch is encoded and uploaded while
// earlier ones load, and its records are released then. A load is one program in Snowflake Scripting, sent as one
// statement: where its client dies, it goes on to its end and leaves no transaction open. It begins a transaction, copies
// the files of what is ready, of several partitions if there are, sees that each file came with exactly its rows, and
// that the table is the one that the offsets count, moves the offsets of those partitions whose claim still stands, and
// commits. Anything else rolls back.
//
// Two other sinks of the same tables, types and offsets load without a warehouse for the rows: [OpenStreaming] by Snowpipe
// Streaming, within seconds, see [StreamingSink]; [OpenPipe] by files that Snowpipe loads, see [PipeSink]. What is said
// below of files holds for pipes, too; of loads, of the sink of [Open] alone.
//
// # Tables
//
// A plain name, such as events, stands for what Snowflake makes of it without quotes, EVENTS; any other name is taken as
// it is: dots, quotes, spaces and reserved words are part of it. [Options].KeepCase takes all as they are. A table that is
// missing is made from the types of the rows, with columns that take NULL. One that is there is loaded by the names of its
// columns; a column that the rows lack becomes NULL, whatever its DEFAULT: so does COPY. What [Options].Evolve does not
// allow to change is a [sink.SchemaError].
//
// The sink adds a mark to the table's comment, such as [floe:2f1c…]. By it the offsets know the table whose rows they
// count: where the table is gone or made anew, loading starts at the beginning. Where the mark alone is gone, opening
// fails and says what to do.
//
// # Types
//
//	Arrow                                       column that is made     loaded
//	bool                                        BOOLEAN                 exactly
//	int8 to int64, uint8 to uint64              NUMBER(38,0)            exactly
//	float16, float32, float64                   FLOAT                   exactly; widened to 64 bits
//	decimal128, decimal256 of up to 38 digits   NUMBER(p,s)             exactly
//	string, large_string, string_view           VARCHAR                 exactly
//	binary of all kinds                         BINARY                  exactly
//	date32, date64                              DATE                    exactly, of the years 1 to 9999
//	time32, time64                              TIME(9)                 exactly
//	timestamp                                   TIMESTAMP_NTZ(9)        exactly, of the years 1 to 9999
//	timestamp with zone                         TIMESTAMP_LTZ(9)        the instant; the zone's name is not kept
//	dictionary                                  as its values           exactly
//	list, struct, map with keys of text         VARIANT                 as JSON, of booleans, numbers and texts
//	null                                        VARCHAR                 exactly
//
// A column that is there may be another one, as long as it holds values as they are: a NUMBER of fewer digits, a VARCHAR
// or BINARY that is shorter, a TIMESTAMP of fewer digits, FLOAT for integers of up to 32 bits, ARRAY for lists, OBJECT for
// structs and maps, VARIANT for numbers, texts and booleans. Values that do not fit are rejects. Other types are a
// [sink.SchemaError].
//
// # Modes
//
//   - [sink.Append] adds the rows.
//   - [sink.Upsert] replaces the row that has the same [Options].Key, as a whole; of several rows with one key the last
//     of the partition counts. COPY goes into a temporary table then, and MERGE from there. Snowflake enforces no key: that
//     no two rows of the table share one is up to whoever else writes to it. A key that is null is a reject.
//   - [sink.Replace] loads into a table beside, whose name begins with _FLOE_NEW_, and swaps it in by [Sink.Finish] when
//     the source has ended. Others see the old rows until then. A run that was broken off is taken up by the next one; one
//     that has finished is begun anew.
//
// # Files
//
// Files are in a directory of their own on the stage, one a partition, and named by the rows of the partition that they
// hold and a nonce of the attempt. They are removed once they are loaded; what an attempt left that came to nothing, once
// its rows are committed. COPY's PURGE is not used, and no other file is touched. [Options].KeepStaged leaves them all.
//
// On their way to an internal stage, to which they are uploaded by PUT, they are in [Options].StagingDir, or in memory up
// to the size that [Options].InMemory says. What a process that was killed has left in a temporary directory goes
// with the next one's.
//
// An external stage, over a bucket of Amazon S3, Google Cloud Storage or Azure Blob Storage, is named by [Options].Stage, and
// its bucket by [Options].External. Files are written to the bucket as they are encoded, by gocloud.dev/blob, and
// neither on disk nor as a whole in memory: each upload holds about 40 MB. A file is there once it is complete. What a
// process that was killed has uploaded of one that was not, S3 keeps, and shows to nobody: a rule of the bucket that ends
// multipart uploads after a day removes it.
//
// # Rejects
//
// Rows that the table cannot take, by its NOT NULL, lengths, precisions, scales and ranges, are found before they are
// encoded, and become rejects. [Options].Rejects keeps them in a table of the same schema, in the load's own transaction.
// What COPY refuses beyond that fails the load, unless [Options].OnError says otherwise.
//
// # Errors
//
//	waited for a lock or a statement too long    transient; the offset was read again before
//	connection or session lost, service busy     transient; after a lost reply the offset tells what became of the load
//	another claim has the partition              sink.ErrFenced
//	a column that does not fit                   *sink.SchemaError
//	the table was swapped while loading          permanent: run again
//	login, role, privilege, no warehouse         permanent
//	a table, schema or stage that is missing     permanent
//	a file that did not load with all its rows   permanent
//	a bucket that cannot be reached, or is busy  transient
//	a context that is done                       the context's error; a PUT under way ends before
//	anything else                                permanent
package snowflake
