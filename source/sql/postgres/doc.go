// Package postgres is the source of package source/sql on PostgreSQL's own way out: the rows come in the binary form of
// the protocol and go into columns without a stop.
//
// # Types
//
//	PostgreSQL                            Arrow
//	bool                                  bool
//	smallint, integer, bigint, oid        int16, int32, int64, uint32
//	real, double precision                float32, float64
//	numeric(p,s), p ≤ 76, 0 ≤ s ≤ p       decimal128, decimal256
//	numeric of another scale              string, exactly
//	text, varchar, char, name, xml, json  string
//	jsonb, uuid                           string
//	bytea                                 binary
//	date                                  date32
//	time                                  time64 in microseconds
//	timestamp, timestamptz                timestamp in microseconds; in UTC
//	interval                              month_day_nano_interval
//	arrays of these                       list
//	enumerations, and anything else       string, as PostgreSQL writes it
//
// A NaN or an infinity of a numeric with a scale, an infinite date or timestamp, 24:00, an interval whose nanoseconds
// exceed 64 bits, and an array of several dimensions are rejects. Options.Types may make a longer integer or float of a
// number, another decimal, or a string, of a numeric, a string of an interval (ISO 8601), and bytes of a uuid; cast anything
// else in the query.
//
// # Transactions
//
// Each query sees the rows of its own instant. The partitions of one source see several: a snapshot that they share ends
// with the session that has it, so a run that goes on after a crash could not have the one from before.
package postgres
