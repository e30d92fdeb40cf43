package types

import (
	"fmt"
	"math/big"
	"time"
)

// DuckDB returns the type that values of t have inside DuckDB, in tables and in the expressions between:
//
//	NUMBER(p,s)               DECIMAL(p,s)
//	FLOAT                     DOUBLE
//	VARCHAR                   VARCHAR
//	BINARY                    BLOB
//	BOOLEAN                   BOOLEAN
//	DATE                      DATE
//	TIME                      BIGINT: nanoseconds since midnight
//	TIMESTAMP_NTZ, _LTZ       HUGEINT: nanoseconds since 1970-01-01 00:00:00 (of the wall clock, of UTC): [Nanos]
//	TIMESTAMP_TZ              HUGEINT: the same of UTC, together with the offset: [Zoned]
//	VARIANT, OBJECT, ARRAY    VARCHAR: JSON text; JSON's null is the text null, SQL's NULL is NULL
//
// DuckDB's own times have microseconds (or nanoseconds between 1677 and 2262 alone), Snowflake's have nanoseconds from the year 1 to 9999.
// Integers have both, and compare, group and sort as the times do; those of TIMESTAMP_TZ do so by instant first. A VARIANT
// keeps no types that JSON lacks: a date in it is its text.
func (t Type) DuckDB() string {
	switch t.Kind {
	case Fixed:
		return fmt.Sprintf("DECIMAL(%d,%d)", t.Precision, t.Scale)
	case Real:
		return "DOUBLE"
	case Binary:
		return "BLOB"
	case Boolean:
		return "BOOLEAN"
	case Date:
		return "DATE"
	case Time:
		return "BIGINT"
	case TimestampNTZ, TimestampLTZ, TimestampTZ:
		return "HUGEINT"
	}
	return "VARCHAR"
}

var second = big.NewInt(int64(time.Second))

// Nanos returns the nanoseconds between 1970-01-01 00:00:00 UTC and t: how a TIMESTAMP_LTZ is kept, and with the wall
// clock taken for UTC a TIMESTAMP_NTZ.
func Nanos(t time.Time) *big.Int {
	n := new(big.Int).Mul(big.NewInt(t.Unix()), second)
	return n.Add(n, big.NewInt(int64(t.Nanosecond())))
}

// AtNanos returns the time, in UTC, that is n nanoseconds after 1970-01-01 00:00:00 UTC.
func AtNanos(n *big.Int) time.Time {
	seconds, nanos := new(big.Int).DivMod(n, second, new(big.Int))
	return time.Unix(seconds.Int64(), nanos.Int64()).UTC()
}

// An offset has 12 bits: its minutes, and zeroOffset so that none is negative.
const (
	offsetBits = 12
	zeroOffset = 1440
)

// Zoned returns how a TIMESTAMP_TZ is kept: the nanoseconds of t as [Nanos] has them times 4096, and the minutes that its
// zone is ahead of UTC plus 1440. Seconds of an offset are dropped, as Snowflake has none.
func Zoned(t time.Time) *big.Int {
	_, offset := t.Zone()
	n := Nanos(t)
	n.Lsh(n, offsetBits)
	return n.Or(n, big.NewInt(int64(offset/60+zeroOffset)))
}

// AtZoned returns the time, in a zone with its offset, that [Zoned] made n of.
func AtZoned(n *big.Int) time.Time {
	offset := new(big.Int).And(n, big.NewInt(1<<offsetBits-1)).Int64() - zeroOffset
	return AtNanos(new(big.Int).Rsh(n, offsetBits)).In(time.FixedZone("", int(offset)*60))
}
