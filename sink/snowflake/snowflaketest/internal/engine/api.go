package engine

import (
	"fmt"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// Class is the number by which the protocol tells kinds of statements apart (statementTypeId).
type Class int64

// Classes.
const (
	Select   Class = 0x1000
	Insert   Class = 0x3100
	Update   Class = 0x3200
	Delete   Class = 0x3300
	Merge    Class = 0x3400
	Copy     Class = 0x3600
	Use      Class = 0x4300
	Show     Class = 0x4400
	Describe Class = 0x4500
	TCL      Class = 0x5000
	DDL      Class = 0x6000
)

// Column is one column of a result.
type Column struct {
	Name     string
	Type     types.Type
	Nullable bool
}

// Result is what a statement answered. Every statement has columns, and DDL and such a row with their status. A value is
// nil, or by the kind of its column: string of digits for Fixed ("-12.50": with the column's scale), float64 for Real,
// string for Text, Variant, Object and Array (JSON), []byte for Binary, bool, and time.Time for Date (midnight UTC), Time
// (on 1970-01-01 UTC) and timestamps (TimestampNTZ in UTC, TimestampTZ in its own zone).
type Result struct {
	Class    Class
	QueryID  string
	Columns  []Column
	Rows     [][]any
	Transfer *Transfer // of PUT and GET: what the driver is to move; nil for all else
}

// Transfer is what PUT or GET asks for: the driver moves the files itself.
type Transfer struct {
	Get       bool
	Files     []string // PUT: local paths as the statement has them; GET: names on the stage, below its location
	Local     string   // GET: the local directory
	Stage     string   // directory of the stage on the fake's disk
	Path      string   // below it, with a slash at the end unless it is ""
	Parallel  int
	Overwrite bool
	Compress  bool   // AUTO_COMPRESS
	Source    string // SOURCE_COMPRESSION in lower case: "auto_detect", "none", "gzip", …
	Encrypted bool   // the stage has client-side encryption (SNOWFLAKE_FULL)
}

// Error is what Snowflake answers to a statement that it does not carry out.
type Error struct {
	Code     int    // 2003
	SQLState string // "42S02"
	Message  string // "SQL compilation error:\nObject 'T' does not exist or not authorized."
}

func (e *Error) Error() string { return fmt.Sprintf("%06d (%s): %s", e.Code, e.SQLState, e.Message) }
