package archtest_test

const module = "github.com/floedata/floe"

// rule says what packages may import. The first rule whose packages match a package holds for it.
type rule struct {
	// packages are paths in this module; "/..." at the end stands for the package and all below it, "" is the
	// root.
	packages []string
	// inside lists what may be imported of this module, written like packages. The packages of one "/..."
	// may always import one another.
	inside [][]string
	// outside lists the modules that may be imported beside the standard library.
	outside [][]string
	// name is the package name; "" = the last element of the path.
	name   string
	reason string
}

var (
	base       = []string{"retry", "batching", "offset", "config"}
	letters    = []string{"deadletter"}
	contracts  = []string{"source", "transform", "sink", "deadletter"}
	helpers    = []string{"internal/..."}
	arrow      = []string{"github.com/apache/arrow/go/v17"}
	sync       = []string{"golang.org/x/sync"}
	everything = []string{"..."}
)

// rules is the house, from the ground up.
var rules = []rule{
	{
		packages: []string{"retry", "offset", "config"},
		reason:   "the ground: each is usable and understandable alone, whatever stands on it",
	},
	{
		packages: []string{"batching"},
		outside:  [][]string{arrow},
		reason:   "the ground: it joins records and knows no pipeline",
	},
	{
		packages: []string{"deadletter"},
		inside:   [][]string{base},
		outside:  [][]string{arrow},
		reason:   "a contract that the other contracts speak of",
	},
	{
		packages: []string{"source", "transform", "sink"},
		inside:   [][]string{base, letters},
		outside:  [][]string{arrow},
		reason:   "an author of a connector gets arrow and the standard library with a contract, nothing else; a contract knows no other kind of contract",
	},
	{
		packages: []string{"source/sourcetest", "transform/transformtest", "sink/sinktest"},
		inside:   [][]string{base, contracts, helpers},
		outside:  [][]string{arrow, sync},
		reason:   "a test kit is imported by foreign modules: it brings no connector and no test library",
	},
	{
		packages: []string{""},
		inside:   [][]string{base, contracts},
		outside:  [][]string{arrow, sync},
		name:     "floe",
		reason:   "the engine knows contracts and no connector, so that a program pays for what it uses alone",
	},
	{
		packages: []string{"internal/decode/..."},
		inside:   [][]string{base, letters, {"internal/decode/..."}},
		outside: [][]string{arrow, sync, {
			"github.com/parquet-go/parquet-go", "github.com/parquet-go/bitpack", "github.com/klauspost/compress",
			"github.com/andybalholm/brotli", "github.com/pierrec/lz4/v4",
		}},
		reason: "decoders are below the connectors that use them: bytes in, records and rejects out",
	},
	{
		packages: []string{"internal/encode/..."},
		inside:   [][]string{base, helpers},
		outside: [][]string{arrow, {
			"github.com/parquet-go/parquet-go", "github.com/parquet-go/bitpack", "github.com/klauspost/compress",
		}},
		reason: "encoders are below the connectors that use them: records in, bytes out",
	},
	{
		packages: []string{"internal/servers"},
		outside:  [][]string{{"github.com/jackc/pgx/v5", "github.com/go-sql-driver/mysql"}},
		reason:   "servers for tests of anything: they know nothing of what is tested",
	},
	{
		packages: []string{"internal/servers/with"},
		inside:   [][]string{{"internal/servers"}},
		name:     "main",
		reason:   "a program for scripts/test.sh, that users have no need of",
	},
	{
		packages: []string{"internal/bucket"},
		inside:   [][]string{base},
		outside:  [][]string{{"gocloud.dev"}},
		reason:   "what connectors share of buckets: it knows none of them",
	},
	{
		packages: []string{"internal/..."},
		inside:   [][]string{everything},
		outside:  [][]string{arrow, sync, {"github.com/google/uuid"}},
		reason:   "helpers and harnesses: what may import them is said by the other rules",
	},
	{
		packages: []string{"source/file/..."},
		inside:   [][]string{base, contracts, helpers},
		outside:  [][]string{arrow, sync, {"gocloud.dev", "github.com/klauspost/compress"}},
		reason:   "a connector knows its contract, its driver and no other connector",
	},
	{
		packages: []string{"dialect"},
		inside:   [][]string{base, letters},
		outside:  [][]string{arrow},
		reason:   "what databases differ in is known below sources and sinks, and brings no driver",
	},
	{
		packages: []string{"source/sql"},
		inside:   [][]string{base, contracts, helpers, {"dialect"}},
		outside:  [][]string{arrow},
		reason:   "it reads through database/sql, so that any driver does",
	},
	{
		packages: []string{"source/sql/postgres"},
		inside:   [][]string{base, contracts, helpers, {"dialect", "dialect/postgres", "source/sql"}},
		outside:  [][]string{arrow, {"github.com/jackc/pgx/v5"}},
		reason:   "a connector knows its contract, its driver and the generic source that it is a route of",
	},
	{
		packages: []string{"source/sql/duckdb"},
		inside:   [][]string{base, contracts, helpers, {"dialect", "source/sql"}},
		outside:  [][]string{arrow, {"github.com/marcboeker/go-duckdb"}},
		reason:   "a connector knows its contract, its driver and the generic source that it is a route of",
	},
	{
		packages: []string{"sink/sql"},
		inside:   [][]string{base, contracts, helpers, {"dialect"}},
		outside:  [][]string{arrow, sync},
		reason:   "a sink of any database that database/sql has a driver for: it brings none",
	},
	{
		packages: []string{"dialect/postgres"},
		inside:   [][]string{{"dialect"}, helpers},
		outside:  [][]string{arrow, {"github.com/jackc/pgx/v5"}},
		reason:   "a dialect knows the errors of its driver, and no sink or source",
	},
	{
		packages: []string{"sink/sql/postgres"},
		inside:   [][]string{base, contracts, helpers, {"dialect", "dialect/postgres", "sink/sql"}},
		outside:  [][]string{arrow, {"github.com/jackc/pgx/v5"}},
		reason:   "a connector knows its contract, its driver and the generic sink that it is a route of",
	},
	{
		packages: []string{"dialect/mysql"},
		inside:   [][]string{base, letters, {"dialect"}, helpers},
		outside:  [][]string{arrow, {"github.com/go-sql-driver/mysql"}},
		reason:   "a dialect knows the errors of its driver, and no sink or source",
	},
	{
		packages: []string{"sink/sql/mysql"},
		inside:   [][]string{base, contracts, helpers, {"dialect", "dialect/mysql", "sink/sql"}},
		outside:  [][]string{arrow, sync, {"github.com/go-sql-driver/mysql"}},
		reason:   "the SQL sink with the bulk loader of one database: it knows its dialect and its driver",
	},
	{
		packages: []string{"dialect/sqlite"},
		inside:   [][]string{{"dialect"}, helpers},
		outside:  [][]string{arrow},
		reason:   "a dialect of several drivers knows their errors without importing any, and no sink or source",
	},
	{
		packages: []string{"sink/sql/sqlite"},
		inside:   [][]string{base, contracts, helpers, {"dialect", "dialect/sqlite", "sink/sql"}},
		outside:  [][]string{arrow, {"zombiezen.com/go/sqlite"}},
		reason:   "a connector knows its contract, its driver and the generic sink that it is a route of",
	},
	{
		packages: []string{"dialect/snowflake"},
		inside:   [][]string{base, letters, {"dialect"}, helpers},
		outside:  [][]string{arrow, {"github.com/snowflakedb/gosnowflake"}},
		reason:   "a dialect knows the errors of its driver, and no sink or source",
	},
	{
		packages: []string{"sink/snowflake"},
		inside:   [][]string{base, contracts, helpers, {"dialect", "dialect/snowflake", "sink/snowflake/..."}},
		outside:  [][]string{arrow, sync, {"github.com/snowflakedb/gosnowflake", "github.com/google/uuid", "gocloud.dev"}},
		reason:   "a connector knows its contract, its driver and no other connector",
	},
	{
		packages: []string{"sink/snowflake/internal/auth"},
		outside:  [][]string{{"github.com/golang-jwt/jwt/v5"}},
		reason:   "logging in is below all that speaks to Snowflake",
	},
	{
		packages: []string{"sink/snowflake/internal/testkey"},
		reason:   "a key for tests, which knows nothing of what it opens",
	},
	{
		packages: []string{"sink/snowflake/streaming"},
		inside:   [][]string{base, {"internal/encode/ndjson", "sink/snowflake/internal/auth"}},
		outside:  [][]string{arrow, sync, {"github.com/golang-jwt/jwt/v5", "github.com/google/uuid", "github.com/klauspost/compress"}},
		reason:   "a client of one service, of use without the sink and without the driver",
	},
	{
		packages: []string{"sink/snowflake/snowpipe"},
		inside:   [][]string{base, {"dialect", "dialect/snowflake", "sink/snowflake/internal/auth"}},
		outside:  [][]string{{"github.com/google/uuid"}},
		reason:   "a client of Snowpipe, usable without a sink",
	},
	{
		packages: []string{"sink/snowflake/snowflaketest/..."},
		inside:   [][]string{base, helpers, {"sink/snowflake/snowflaketest/..."}},
		outside: [][]string{arrow, sync, {
			"github.com/marcboeker/go-duckdb", "github.com/snowflakedb/gosnowflake", "github.com/google/uuid",
			"github.com/golang-jwt/jwt/v5", "github.com/klauspost/compress", "github.com/parquet-go/parquet-go", "gocloud.dev",
		}},
		reason: "a server that knows nothing of the sink that it tests",
	},
	{
		packages: []string{"sink/duckdb/..."},
		inside:   [][]string{base, contracts, helpers},
		outside:  [][]string{arrow, sync, {"github.com/marcboeker/go-duckdb", "github.com/google/uuid"}},
		reason:   "a connector knows its contract, its driver and no other connector",
	},
}

// programs lists the packages that are programs: package main, free to import what a user may import.
var programs = []string{"examples/...", "cmd/..."}

// drivers never enter the import closure of the root package, each for the reason given.
var drivers = map[string]string{
	"github.com/marcboeker/go-duckdb":    "needs cgo and carries 60 MB of static library",
	"github.com/snowflakedb/gosnowflake": "has four times the packages of arrow",
	"github.com/jackc/pgx":               "is for those who load PostgreSQL",
	"github.com/go-sql-driver/mysql":     "is for those who load MySQL",
	"github.com/mattn/go-sqlite3":        "needs cgo",
	"modernc.org/sqlite":                 "is a database",
	"zombiezen.com/go/sqlite":            "is a database",
	"gocloud.dev":                        "brings the clients of clouds",
	"github.com/parquet-go/parquet-go":   "is for those who read files",
}
