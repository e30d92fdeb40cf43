// Package mysqlvalue writes Arrow values as the text that MySQL and MariaDB read, for one column each: what
// dialect/mysql binds as parameters and sink/sql/mysql streams by LOAD DATA.
package mysqlvalue
