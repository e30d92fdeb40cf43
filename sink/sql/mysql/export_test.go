package mysql

import (
	"database/sql"

	floesql "github.com/floedata/floe/sink/sql"
)

// NewFew is [New] with INSERT for that many rows at most; 0 = LOAD DATA always.
func NewFew(db *sql.DB, table string, opts *floesql.Options, few int64) (*Sink, error) {
	return newSink(db, table, opts, few)
}
