// Package snowflaketest is a Snowflake that runs in a test: an HTTP server on loopback, with DuckDB behind it, which the
// real driver, gosnowflake, talks to, and with it any program that uses that driver.
//
//	account := snowflaketest.Start(t, nil)
//	db := sql.OpenDB(gosnowflake.NewConnector(gosnowflake.SnowflakeDriver{}, *account.Config()))
//
// [Start] serves a test, [New] a program. Everything is kept in a directory ([Options].Dir), by which an account goes on
// where another process has ended, or was killed. Users log in by password, key pair, OAuth token or programmatic access
// token, and get the errors that they would get; [Server.Exec] does what an administrator prepares.
//
// [Server.Inject] has calls fail, wait, be throttled or lose their connection, before they are carried out or after;
// [Server.ExpireSessions], [Server.Kill] and [Server.Restart] do what their names say; [Server.Calls] tells what a client
// has sent. Options.Now moves the clock.
//
// What the fake does not know it refuses by name: a statement with an error that says what is not supported, never with a
// result that it made up.
//
// # The driver
//
// gosnowflake looks for clouds around it and loads a native library, unless environment variables keep it from that. This
// package sets them when it is linked in, where they are not set: SNOWFLAKE_DISABLE_PLATFORM_DETECTION and
// SF_DISABLE_MINICORE. They hold for the process.
//
// The driver repeats calls that were cut off, throttled (429) or answered by a status of 500 and above, after a second or
// more: tests of that take time, though no work. Of version 1.19.1 these are worth knowing, because the fake shows them as
// Snowflake does:
//
//   - A session that is gone (390111, 390114) stays in the pool: the driver never says driver.ErrBadConn. Whoever uses the
//     pool has to drop that connection.
//   - PUT of a stream (WithFileStream) whose upload has to be repeated uploads an empty file, and says UPLOADED. PUT of a
//     file is repeated right.
//   - PUT of a stream into a LOCAL_FS stage ([Options].LocalStages) writes an empty file, unless the reader begins anew
//     after its end; and GET from there is not implemented, so that it goes by HTTP here.
//   - Of timestamps before 1970 in JSON results it takes the fraction of the second with the wrong sign. Arrow results,
//     which ALTER SESSION SET GO_QUERY_RESULT_FORMAT = 'ARROW' asks for, are right.
//
// # Faithful
//
//   - Logging in: password, SNOWFLAKE_JWT with signature, fingerprint, issuer, subject and times, OAuth, programmatic access
//     tokens; default role, database, schema and warehouse, checked where the client asks for it.
//   - Sessions: tokens that expire and are renewed, heartbeats, logging out.
//   - Requests: values bound to placeholders, also many rows at once; describing alone; several statements in one; a request
//     id that comes again, also while the first call runs, has the first one's answer; asynchronous and long statements;
//     their status, result by id, and cancelling. A client that goes away stops nothing.
//   - Results in JSON and Arrow, with the metadata of each type, in chunks from [Options].ChunkRows on; errors with code,
//     SQLSTATE and query id, by HTTP status 200.
//   - PUT and GET by signed addresses, with client-side encryption (SNOWFLAKE_FULL), or without (SNOWFLAKE_SSE).
//   - Transactions: READ COMMITTED, and one's own changes are seen; UPDATE, DELETE and MERGE wait for their table's lock as
//     long as LOCK_TIMEOUT says, INSERT and COPY for nobody; DDL commits what is open; a client that is gone leaves
//     its transaction and locks until they have been idle for long. Keys are declared and not enforced.
//   - COPY INTO a table from Parquet, CSV and JSON: its options, defaults that corrupt when they are forgotten
//     (USE_LOGICAL_TYPE, BINARY_AS_TEXT), ON_ERROR, VALIDATION_MODE, a row for each file, one status when there is nothing
//     to load, the load history of 64 days; VALIDATE, COPY_HISTORY, INFER_SCHEMA, schema evolution; LIST and REMOVE.
//   - Snowpipe: CREATE, ALTER, SHOW and DESCRIBE PIPE with what they refuse; insertFiles, insertReport and loadHistoryScan by
//     key pair, with their limits, statuses and privileges. A file is loaded in a transaction of its own, and once by its name
//     within 14 days, whatever COPY knows of it or does with it; what was accepted outlives the server. Pipes that are paused,
//     stale, stopped or handed over; REFRESH, SYSTEM$PIPE_STATUS, COPY_HISTORY, VALIDATE_PIPE_LOAD; AUTO_INGEST on external
//     stages.
//   - Snowpipe Streaming, the high-performance kind, by its REST interface: the ingest plane's host name and scoped tokens, for
//     JWT, OAuth and programmatic access tokens; channels, of default pipes and of those that CREATE PIPE has made, which
//     match columns by name or transform rows. Rows are accepted durably, and committed later together with their offset
//     token, in one transaction: also those of a channel that nobody opens again, and not those of one that somebody opens,
//     which fences who had it. Rows that the table cannot take are dropped, counted for the channel's life, and written to
//     ERROR_TABLE where ERROR_LOGGING is on; the token moves past them. Defaults, schema evolution, JSON's null in VARIANT,
//     elastic rows that may come twice; limits of a request's size and of a channel's rate; privileges; replaced pipes and
//     tables take their channels with them; channels end after 30 days without use. Effects for its calls are made by
//     [Refuse], [Reject], [ChannelCode], [NeverCommit], [LoseRows] and others, which [Streaming] and [Channel] choose;
//     [Server.CommitStreaming], [Server.ExpireStreamingTokens] and [Server.FailOver] have it happen at once.
//   - Values: NUMBER to 38 digits, timestamps to the nanosecond from year 1 to 9999, in three kinds, VARIANT, OBJECT, ARRAY;
//     names fold to upper case, quoted ones stay.
//   - External stages over S3, GCS and Azure, with storage integrations, the places that these allow, and who may use them.
//   - Roles, GRANT and REVOKE, with privileges enforced; SHOW, DESCRIBE, INFORMATION_SCHEMA; warehouses that are suspended.
//   - Snowflake Scripting: blocks with DECLARE, LET, IF, FOR, RETURN, RAISE, EXCEPTION, cursors and RESULTSETs.
//
// # Approximate
//
//   - Statements run in DuckDB, one at a time; sessions wait for one another more than on an account, and nothing is fast.
//   - Texts of errors are right in their first lines; the position in the statement is not told apart from the text.
//   - Functions are the common ones; any other is refused as unknown (error 2140).
//   - VARIANTs have the types of JSON alone, so that a time in one is a text in the session's format, and are equal where
//     their texts are. GROUP BY and DISTINCT tell instants of TIMESTAMP_TZ apart by their offsets too.
//   - The columns of SHOW and of INFORMATION_SCHEMA that the fake has no value for are NULL or empty.
//   - Stages stand for those of an account on Google Cloud, whose presigned addresses the driver uses over plain HTTP too;
//     files are kept decrypted, and LIST tells the sizes of that. External stages read the buckets of [Options].Buckets, whatever
//     credentials they have; of a URL without a slash at the end they have the directory, not all that begins so.
//   - ENABLE_SCHEMA_EVOLUTION leaves a COPY's transaction open: what Snowflake does with it is not known.
//   - Pipes load files one after another as they come, a moment after that ([Options].PipeDelay): Snowflake loads them in
//     parallel and in no order, in a minute or so. A file is reported when it is done, never in progress. Objects that come to
//     an external stage are noticed by listing it. A file's name in COPY_HISTORY is below the location in the pipe's statement,
//     as in reports. Names without a schema in a pipe's statement are of the pipe's own.
//   - Snowpipe Streaming answers in the shapes that were seen of accounts, or, with [Options].DocumentedShapes, in those of the
//     documentation. Nobody has told what accounts say to bodies that are no rows, to requests that are too long (413 here),
//     to continuation tokens that were used (409), and to an initial offset token for a channel that there is (it keeps its
//     own). Names of databases, schemas and pipes in addresses may be in another case, those of channels may not. Rows whose
//     values have unusual forms are inserted after the others of their commit. Columns with errors beyond a row's first one
//     are not told. DESCRIBE PIPE knows no default pipe, and SHOW PIPES those that have channels.
//   - Tokens, signed addresses and request ids are forgotten when a server ends. An account of Snowflake has no end.
//   - The last 100 statements of a session are remembered, not those of a day.
//   - Telemetry is taken and dropped; the query context is always empty.
//
// # Missing
//
//   - TLS, proxies, the SQL API, S3 and Azure as internal stages, external browser, Okta, MFA, workload identity.
//   - Procedures, functions, tasks, streams, sequences, clones of databases and schemas, UNDROP, GET_DDL, policies, tags,
//     EXPLAIN, change tracking, directory tables, integrations other than those of storage, unloading (COPY INTO a stage),
//     Avro, ORC and XML.
//   - Of Snowpipe Streaming: the classic architecture, files that clients write for it, validate-credentials, the limits of
//     pipes and of channels in a pipe, SNOWPIPE_STREAMING_CHANNEL_HISTORY, clustering at ingest.
//   - Of Snowpipe: notifications of errors, AUTO_INGEST on internal stages, PIPE_EXECUTION_PAUSED of schemas and of the account,
//     PIPE_USAGE_HISTORY.
//   - Time travel, SAMPLE, PIVOT, MATCH_RECOGNIZE, ROLLUP and CUBE, ASOF JOIN, INSERT into several tables, collations,
//     formats of numbers.
//   - Binds in a stage: the session parameter CLIENT_STAGE_ARRAY_BINDING_THRESHOLD is 0, so that drivers send them along.
//   - Structured types (typed OBJECT, ARRAY and MAP), GEOGRAPHY, VECTOR, DECFLOAT.
package snowflaketest
