// Package mysql loads into tables of MySQL, from 8.0.17 on, and MariaDB, from 10.6 on, exactly once. It is the sink of
// package sql, whose documentation says what becomes of rows, with the server's own bulk loader: LOAD DATA LOCAL INFILE
// from a stream that is written straight from Arrow columns. Package dialect/mysql has the tables of types and of
// errors.
//
// # Routes
//
// LOAD DATA LOCAL clips, skips and changes what does not fit, and warns. So after each one the number of rows and of
// warnings is asked for, and where anything is amiss its rows are taken back and come again by INSERT statements in
// strict mode, which name what is wrong. Batches of up to 100 rows go by INSERT at once.
//
// Upserts load into a temporary table, and go on by one INSERT … SELECT … ON DUPLICATE KEY UPDATE.
//
// A server forbids the one by local_infile = OFF, the default of MySQL, and the other by not granting CREATE TEMPORARY
// TABLES, or by rules of replication. All rows then go by INSERT statements of up to 100 rows. The log says so once.
//
// # Connections
//
// The pool that [Open] makes sets wait_timeout to one minute: the server ends the transaction of a client that vanished
// without a word after that time. A pool of the caller's, given to [New], keeps its own, which is eight hours unless it
// was set; and a session of it keeps the sql_mode, time_zone, innodb_lock_wait_timeout and lock_wait_timeout that a load
// sets.
//
// A value, or a row with its parameters, cannot be longer than the server's max_allowed_packet where it goes by INSERT.
// [Open] asks the server for it; a pool of the caller's should be made with maxAllowedPacket=0 where values are long.
package mysql
