// Package servers gives tests real servers: PostgreSQL, MariaDB, and Azurite for Azure Blob Storage.
//
// [Postgres] and [MariaDB] return the server that all tests share, and [Server.Database] makes a database in it for
// one test; [Azurite] returns an address. scripts/test.sh starts one server of each kind for all packages and names
// them in the variables FLOE_POSTGRES, FLOE_MARIADB and FLOE_AZURITE; where these are not set, the first test of a
// process that asks starts one, which its children inherit by the same variables. Any other server can be named there
// too, as a superuser of it.
// [StartPostgres] and [StartMariaDB] start one for a single test, which may stop, kill, pause and restart it.
//
// Servers run as an unprivileged user, on a port of 127.0.0.1, in a temporary directory. They end with the process
// that started them, however that ends: a watchdog holds the other end of a pipe, and when that closes it stops the
// server and removes its directory. No TestMain is needed.
//
// They are quick, not careless: nothing is synced to the disk, which only a crash of the machine would show, while
// commits survive a kill of the server as they do in production. Their time zone is +05:30, so that a test
// sees who relies on the server's.
//
// A test whose server is not installed is skipped, and says what to install.
package servers
