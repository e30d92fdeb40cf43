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
//   - Statements: values bound to placeholders, also many rows at once; describing alone; several in one request; a request id
//     that comes again, also while the first call runs, has the first one's answer; asynchronous and long ones; their
//     status, result by id, and cancelling. A client that goes away stops nothing.
//   - Results in JSON and Arrow, with the metadata of each type, in chunks from [Options].ChunkRows on.
//   - PUT and GET by signed addresses, with client-side encryption (SNOWFLAKE_FULL), or without (SNOWFLAKE_SSE).
//   - Errors: code, SQLSTATE, text of the first line, query id, with HTTP status 200.
//
// # Approximate
//
//   - Stages stand for those of an account on Google Cloud, whose presigned addresses the driver uses over plain HTTP too;
//     files are kept decrypted, and LIST tells the sizes of that.
//   - Tokens, signed addresses and request ids are forgotten when a server ends. An account of Snowflake has no end.
//   - The last 100 statements of a session are remembered, not those of a day.
//   - Telemetry is taken and dropped; the query context is always empty.
//
// # Missing
//
//   - TLS, proxies, the SQL API, Snowpipe and its streaming, S3 and Azure stages, external browser, Okta, MFA, workload
//     identity.
//   - Binds in a stage: the session parameter CLIENT_STAGE_ARRAY_BINDING_THRESHOLD is 0, so that drivers send them along.
//   - Structured types (typed OBJECT, ARRAY and MAP), GEOGRAPHY, VECTOR, DECFLOAT.
package snowflaketest
