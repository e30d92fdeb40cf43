// Package sqlite is the dialect of SQLite, from version 3.35, on any driver: it knows the errors of modernc.org/sqlite,
// of mattn/go-sqlite3 and of sink/sql/sqlite, and imports none of them.
//
// # Types
//
// A column of SQLite holds what it is given; its declared type only makes it turn some values into others. So a new
// column is declared such that this changes nothing, and such that the type says what stands in it:
//
//	Arrow                            SQLite                      as                     rejects
//	bool                             BOOLEAN                     0 and 1
//	int8 … int64, uint8 … uint32     INTEGER                     an integer
//	uint64                           INTEGER                     an integer             beyond 9223372036854775807
//	float16, float32, float64        REAL                        a float (1)            NaN
//	decimal, ≤ 15 digits (2)         DECIMAL(p,s)                a number
//	decimal, more digits             DECIMAL TEXT(p,s)           text: -12.50
//	string, large_, view             TEXT                        text                   not UTF-8, or with NUL
//	binary, large_, fixed_, view     BLOB                        bytes
//	arrow.uuid (3)                   UUID TEXT                   text, in 36 digits
//	date32, date64                   DATE                        2024-02-29             date64 amid a day
//	time32, time64 s ms us           TIME                        12:34:56.000000        outside of a day
//	time64 ns                        TIME(9)                     12:34:56.000000000     outside of a day
//	timestamp s ms us                TIMESTAMP                   2024-02-29 12:34:56.000000
//	timestamp ns                     TIMESTAMP(9)                2024-02-29 12:34:56.000000000
//	timestamp with a zone            TIMESTAMPTZ, (9)            2024-02-29 12:34:56.000000+00:00
//	list, large_, fixed_, struct,    JSON TEXT                   JSON (4)               text that is not UTF-8
//	map
//	dictionary                       that of its values
//	null                             none                        NULL
//
// Every value comes back as it was. (1) But -0, which SQLite makes 0. (2) And whole ones of 18. (3) The extension type,
// or fixed_size_binary(16) whose field has ARROW:extension:name = arrow.uuid. (4) Numbers as numbers; decimals, dates,
// times, NaN and infinities as strings, bytes in base64, a map as a list of {"key": …, "value": …}.
//
// Times are texts because SQLite's own functions read and write them so, drivers know them, and people can read them; all
// of a column have the same number of digits, so that they sort and compare as the instants do. Years go from 0 to 9999,
// others are rejects. Of a zone the instant is kept, in UTC. Durations and intervals have no column type: convert them
// before.
//
// A column that exists takes what its declared type keeps as it is, in STRICT tables too; sqlite.org/datatype3.html has
// the rules by which the type counts:
//
//	bool                BOOLEAN, INTEGER, NUMERIC
//	integers            INTEGER, NUMERIC, DECIMAL(p,s) and DECIMAL TEXT(p,s) with room; up to 32 bits REAL
//	floats              REAL, NUMERIC
//	decimals            TEXT, DECIMAL TEXT(p,s) with room; of ≤ 15 digits also REAL, NUMERIC, DECIMAL(p,s) with room; whole
//	                    ones of ≤ 18 INTEGER
//	text                TEXT, VARCHAR(n), whose n SQLite does not look at
//	bytes               BLOB
//	arrow.uuid          UUID, TEXT, BLOB
//	date                DATE, TIMESTAMP, DATETIME, TEXT
//	time                TIME, TEXT
//	timestamp           TIMESTAMP, DATETIME, TEXT; with a zone also TIMESTAMPTZ
//	list, struct, map   JSON, TEXT
//
// A column without a type, and ANY in a STRICT table, take everything.
//
// # What SQLite has not
//
// Tables have no comments, so the offsets cannot know by a mark whether the table is the one whose rows they count: that
// it is gone is noticed, that others have made it anew is not. Reset the pipeline then.
//
// A null in an INTEGER PRIMARY KEY becomes the next number; in another primary key it stays null, unless the table says
// NOT NULL.
//
// Only main tables are loaded: a view, a virtual table, and a table that declares ON CONFLICT IGNORE, REPLACE, FAIL or
// ROLLBACK, by which SQLite would drop rows in silence, are refused.
//
// A table that replaces another one gets its columns, constraints, indexes and triggers. The triggers do not fire for the
// rows that are loaded aside.
//
// # Errors
//
//	constraint, STRICT type, too big, malformed JSON   dialect.RowFault
//	busy, locked, schema changed                       dialect.Conflict
//	database or disk full                              dialect.Full
//	read-only file or connection                       dialect.ReadOnly
//	permission, authorizer                             dialect.Denied
//	no such table or column, file cannot be opened     dialect.Missing
//	anything else: corrupt, not a database, I/O        dialect.Unknown
package sqlite
