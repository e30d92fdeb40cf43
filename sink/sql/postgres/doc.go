// Package postgres loads into PostgreSQL tables, exactly once, by COPY: values go from Arrow's columns onto the wire in
// the binary format, without a Go value between. [Open] has a pool of connections of its own; [New] takes the
// caller's. What is said of tables, modes, offsets and options in package sink/sql holds here.
//
// # Loading
//
// Rows are added by COPY into the table. With sink.Upsert they go by COPY into a temporary table of the
// transaction, and from there by INSERT … ON CONFLICT into the target, which needs a primary key or a unique index of
// just the key's columns. Triggers of the table run, and may refuse a row by raising an error, or change it; one that
// keeps rows back without a word makes the load fail. sink.Replace makes a table like the old one, with its indexes,
// constraints, defaults, owner and privileges, and refuses one on which views, foreign keys, triggers, policies or
// publications stand.
//
// A transaction waits 30 s for a lock. One whose client is gone is ended by the server after 45 s.
//
// # Types
//
// Exact: every value comes back as it was. Widened: into a type that holds every value. What is not in the table cannot
// be loaded: a [sink.SchemaError] at Prepare. A value that PostgreSQL cannot hold, which the last column names, is a
// reject.
//
//	Arrow                              column that is made          kept     rejects
//	bool                               boolean                      exact
//	int8, int16                        smallint                     exact
//	int32, int64                       integer, bigint              exact
//	uint8, uint16, uint32              smallint, integer, bigint    widened
//	uint64                             numeric(20,0)                widened
//	float16, float32                   real                         exact
//	float64                            double precision             exact
//	decimal128, decimal256 (1)         numeric(p,s)                 exact    more digits than p
//	string, large_string, string_view  text                         exact    NUL, what is not UTF-8
//	arrow.json (2)                     json                         exact    what is not JSON
//	binary, large_, fixed_size_, view  bytea                        exact
//	arrow.uuid (2)                     uuid                         exact
//	date32, date64                     date                         exact    date64 amid a day
//	time32, time64                     time                         exact    parts of a microsecond
//	timestamp                          timestamp                    exact    parts of a microsecond, (3)
//	timestamp with a zone (4)          timestamptz                  exact    parts of a microsecond, (3)
//	duration, intervals                interval                     exact    parts of a microsecond
//	list, large_, fixed_size_ (5)      T[]                          exact    as its elements
//	struct, map, list of those (6)     jsonb                        text     NUL in a text
//	dictionary                         that of its values           exact
//	null                               text, or what is there       exact
//
// (1) A negative scale becomes zeros before the point. (2) The extension type, or storage whose field has
// ARROW:extension:name. (3) Before the year 4714 BC and after 294276. (4) Of a zone the instant is kept, not the name.
// (5) Of values that are not nested. (6) As JSON; NaN and infinities are strings there, decimals too, bytes are base64,
// a map is an array of {"key", "value"}, and jsonb knows no negative zero.
//
// A column that exists decides how values are written. It may be wider: an integer that is longer, numeric with room
// for all digits, real or double precision that holds every integer of the type, double precision for float32,
// timestamp for dates. Text also goes into varchar(n) and char(n), where what is too long is a reject, into uuid, json,
// jsonb, citext and enumerations, and into any other type that the server reads from text, such as inet or xml; lists
// go into json and jsonb too, and fixed_size_binary(16) into uuid. Where a column is of a type that has no binary form
// known here, the table is loaded in COPY's text format, which takes longer. A column of a domain is loaded as
// the type that it stands on. With sink.Widen a column that is narrower is altered by the same rule, but no domain.
//
// # Errors
//
//	connection lost, refused, cut                    transient    08…, and errors of the network
//	server stops, crashes or starts                  transient    57P01, 57P02, 57P03
//	too many connections, out of memory              transient    53300, 53200
//	idle for too long                                transient    25P03, 25P04, 57P05
//	deadlock, serialization failure                  transient    40…
//	lock timeout, statement timeout, cancelled       transient    55P03, 57014
//	made or altered by another meanwhile             transient    42P07, 42701, 42710, 55006
//	a row at fault (7)                               rejects      22…, 23…, 21000, 44000, 54000, P0001
//	disk full                                        permanent    53100
//	read-only: a replica                             permanent    25006
//	authentication, missing privilege                permanent    28…, 42501
//	missing table, column, schema, type, database    permanent    42P01, 42703, 3F000, 42704, 3D000, 57P04
//	another claim has the partition                  sink.ErrFenced
//	a column that does not fit                       *sink.SchemaError
//	anything else                                    permanent
//
// (7) Duplicate key, NOT NULL, CHECK, foreign key, exclusion, a label that the enumeration lacks, a text that the type
// cannot read, out of range, too large for an index, a trigger's RAISE. The batch is tried in halves until the rows are
// found, each half in a savepoint; the others load.
package postgres
