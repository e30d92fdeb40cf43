// Package sqlitevalue knows which column of SQLite holds which Arrow field, as what its values are bound to a statement's
// parameters, and which of them the column cannot hold. The package comment of dialect/sqlite has the rules.
package sqlitevalue
