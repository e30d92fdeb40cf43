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
// A transaction runs at READ COMMITTED, which a server that writes its binary log by statements refuses. It, and Lock, set
// NAMES, sql_mode, time_zone, autocommit, completion_type, innodb_lock_wait_timeout, lock_wait_timeout and wait_timeout of
// their session, and leave them so: utf8mb4, strict, UTC, on, no chain, one minute each, and 45 s.
//
// # Tables
//
// A table that is replaced goes with its triggers, and foreign keys of others to it would follow it: where it has either,
// it cannot be replaced, and the error says so. Foreign keys of its own are kept, under new names. The table that takes
// its place comes in one step, by RENAME TABLE.
//
// # Errors
//
//	conflict       1213 deadlock, 1205 lock wait timeout, 1242 no lock from Lock in time, 3572, 1020, 1412;
//	               1050, 1060, 1061 somebody else made it
//	unavailable    1040, 1041, 1203, 1226 too many connections; 1053, 1077 to 1080 shutdown; 1317, 1927, 3168, 3169
//	               killed; 1152, 1154 to 1161, 1184, 2006, 2013, 4031 lost; 1047 a cluster that is not ready;
//	               driver.ErrBadConn, mysql.ErrInvalidConn, and what net and io answer
//	row fault      1062, 1022, 1586, 1859 duplicate; 1048, 1138, 1263, 1364 NULL; 1264, 1265, 1277, 1292, 1300, 1301, 1366,
//	               1367, 1406, 1411, 1690 a value; 1216, 1217, 1451, 1452 a foreign key; 3819, 4025 CHECK; 1369 CHECK
//	               OPTION; 1526 no partition; 1644 SIGNAL; 3140, 3141, 4037 JSON; 1118, mysql.ErrPktTooLarge too large
//	forbidden      1148, 2068, 3948, 4166 LOAD DATA LOCAL; 1787 temporary tables
//	read-only      1290, 1792, 1836, 3098
//	full           1021, 1114, 3675
//	denied         1044, 1045, 1142, 1143, 1227, 1370, 1698, 1820, 1862, 3118, 3159, 4151
//	missing        1049, 1051, 1054, 1091, 1109, 1146, 1176
package mysql
