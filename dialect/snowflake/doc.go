// Package snowflake is Snowflake's [dialect.Dialect]: its names, column types, catalog and errors. sink/snowflake stands
// on it, and source/sql reads Snowflake with it.
//
// Names are taken as they are and always quoted, as in the other dialects: "events" is another table than EVENTS, which
// is what Snowflake makes of a name without quotes. [Unquoted] answers what it would make of one.
//
// It is no dialect for sink/sql, which needs savepoints and keys that are enforced: Snowflake has neither. Load it with
// sink/snowflake.
package snowflake
