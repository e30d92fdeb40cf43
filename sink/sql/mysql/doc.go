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
// A session that loads is set up by each transaction, as package dialect/mysql says, and stays so. One of a pool of the
// caller's, given to [New], then has another sql_mode and time_zone than before, and the server ends it when nothing was
// said for 45 s: the driver notices that when it takes the connection up again. Give the sink a pool of its own where
// that is in the way.
//
// A value, or a row with its parameters, cannot be longer than the server's max_allowed_packet where it goes by INSERT.
// [Open] asks the server for it; a pool of the caller's should be made with maxAllowedPacket=0 where values are long.
package mysql
