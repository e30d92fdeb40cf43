// Package mysql is the [dialect.Dialect] of MySQL, from 8.0.17 on, and MariaDB, from 10.6 on, by the driver
// github.com/go-sql-driver/mysql.
//
// # Types
//
// The columns that are made for Arrow types. Exact: every value comes back as it was. Widened: into a type that holds
// every value. Text: as text. A value that MySQL cannot hold, which the last column names, is a reject.
//
//	Arrow                              MySQL                       kept     rejects
//	bool                               TINYINT(1)                  exact
//	int8, int16, int32, int64          TINYINT … BIGINT            exact
//	uint8, uint16, uint32, uint64      TINYINT … BIGINT UNSIGNED   exact
//	float16, float32                   DOUBLE (1)                  widened  NaN, infinities, -0
//	float64                            DOUBLE                      exact    NaN, infinities, -0
//	decimal128, decimal256 (2)         DECIMAL(p,s)                exact    more digits than p
//	string, large_string, string_view  LONGTEXT (3)                exact    what is not UTF-8
//	binary, large_, view               LONGBLOB                    exact
//	fixed_size_binary, arrow.uuid      BINARY(n); LONGBLOB         exact
//	date32, date64                     DATE                        exact    years before 1; date64 amid a day
//	time32, time64                     TIME(3), TIME(6)            exact    parts of a microsecond
//	timestamp                          DATETIME(0 to 6)            exact    years before 1, parts of a microsecond
//	timestamp with a zone              DATETIME(0 to 6), in UTC    exact    the same
//	list, struct, map and the like     JSON (4)                    text     what is not UTF-8
//	dictionary                         that of its values          exact
//	null                               INT, or what is there       exact
//
// (1) A FLOAT column, which is there, is loaded as it is; but the server shows no more than 6 of its digits. (2) Of 65
// digits at most, 30 of them behind the point. (3) All text is utf8mb4 with a collation that compares bytes and blanks
// at the end. (4) Decimals are strings inside, so that no reader rounds them; bytes are strings of base64. In MariaDB
// JSON is text; MySQL puts the members of objects into an order of its own.
//
// In a key, text is VARCHAR(255), bytes are VARBINARY(255): InnoDB has room for three such columns in a key. A longer
// value is a reject.
//
// An instant goes into DATETIME, not TIMESTAMP, which ends in 2038. A TIMESTAMP column that is there takes timestamps
// with a zone, and refuses those without.
//
// A column that exists may be wider: a longer integer, DECIMAL with room for all digits, DOUBLE for up to 32 bits, a
// finer DATETIME or TIME. Text also goes into CHAR, VARCHAR, TEXT, ENUM, JSON and UUID, dates into DATETIME, bytes into
// shorter BLOB, BINARY and VARBINARY: a value that does not fit is a reject. Columns of type SET, YEAR and of geometry
// are not loaded.
//
// # Names
//
// Names have up to 64 characters, none of them above U+FFFF (emoji are), and no blank at the end. Names of columns that
// differ in case only are one.
//
// # Sessions
//
// A transaction runs at READ COMMITTED, which a server that writes its binary log by statements refuses. It sets
// sql_mode, time_zone, innodb_lock_wait_timeout and lock_wait_timeout of its session: strict, UTC, and one minute each.
//
// # Errors
//
//	1213, 1205, 3572, 1050, 1060, 1061, 1412, 1020    deadlock, lock timeout, two that do the same     conflict
//	1040, 1041, 1203, 1226, 1053, 1927, 1047, 3168,
//	1077-1080, 1152-1161, 1184, 2006, 2013,
//	driver.ErrBadConn, ErrInvalidConn, net and io     too many connections, shutdown, lost             unavailable
//	1062, 1586, 1022, 1048, 1364, 1263, 1406, 1265,
//	1264, 1366, 1292, 1411, 1367, 1690, 1146… (1)     a value or row                                   row fault
//	3819, 4025, 1451, 1452, 1216, 1217, 1644, 3140    a constraint; a trigger's SIGNAL; JSON           row fault
//	1148, 3948, 4166, 1787                            local infile is off; temporary tables are        forbidden
//	1290, 1792, 1836                                  a replica, or read-only                          read-only
//	1021, 1114, 3675                                  no room                                          full
//	1044, 1045, 1142, 1143, 1227, 1370, 1698, 1820    login, privilege                                 denied
//	1049, 1146, 1054, 1051, 1176                      database, table or column                        missing
package mysql
