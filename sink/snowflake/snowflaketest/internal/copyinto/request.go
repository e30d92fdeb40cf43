package copyinto

import (
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// File is a file of a stage.
type File struct {
	Name     string    // as results call it: "stage/path/name.csv"
	Relative string    // as texts of errors call it: "path/name.csv"; "" is Name
	Path     string    // on this machine, decrypted
	Text     []byte    // what is in it, not compressed, where it is in memory: then there is no Path
	Size     int64     // bytes as they are on the stage: what SIZE_LIMIT counts
	ETag     string    // METADATA$FILE_CONTENT_KEY
	Modified time.Time // METADATA$FILE_LAST_MODIFIED
}

// Column is a column of a table.
type Column struct {
	Name     string
	Dest     string // the DuckDB column in Request.Dest; "" is Name
	Type     types.Type
	Nullable bool
	// Default is the DuckDB expression that a row has where a list of columns leaves the column out; "" is NULL.
	// MATCH_BY_COLUMN_NAME never uses it: a column that the file has not is NULL.
	Default string
}

// Literal is a column of Dest that no file has, such as the hidden ones of the engine.
type Literal struct {
	Name string // as it is in DuckDB
	SQL  string // a DuckDB expression
}

// Session is what conversions take of the session that runs the statement. The zero value is UTC and AUTO formats.
type Session struct {
	TimeZone        string // TIMEZONE: "America/Los_Angeles"; "" is UTC
	DateFormat      string // DATE_INPUT_FORMAT; "" is AUTO
	TimeFormat      string // TIME_INPUT_FORMAT; "" is AUTO
	TimestampFormat string // TIMESTAMP_INPUT_FORMAT; "" is AUTO
	Start           time.Time
}

// Item is one expression of a transforming SELECT.
type Item struct {
	SQL  string     // a DuckDB expression over the relation
	Type types.Type // what it yields
}

// Transform is the SELECT of COPY INTO t FROM (SELECT … FROM @stage). An expression that fails makes [Load] fail with the
// error of DuckDB, whatever ON_ERROR says; values that do not fit the columns are errors of rows.
type Transform struct {
	Items []Item
	// As names the relation and all its columns for the expressions, as it stands behind AS: "t1(n, c1, c2, …)", with n, the
	// ordinal of a record in its file, first, then $1 and so on up to Source.Width, then the METADATA$ columns as [Scan] has
	// them. "" leaves the names of Scan.
	As string
	// Explain makes an error of a statement's out of one that DuckDB has found in a value of an expression. [LoadRows] asks
	// it, where the row has the error.
	Explain func(error) *Error
}

// Source is files and how they are read.
type Source struct {
	Files   []File
	Format  Format
	Session Session
	// Width is the highest n of the columns $n that are asked for, for transformations and scans: fields that a record has
	// not are NULL.
	Width int
}

// Request is one COPY INTO. It is read, never written.
type Request struct {
	Source
	Table   string   // the table's name alone, as error texts have it
	Dest    string   // the DuckDB table, quoted; its columns are those of Columns and of Extra
	Columns []Column // all columns of the table in its order
	Into    []string // the names of COPY INTO t (a, b); nil is all columns
	Extra   []Literal
	Options Options
	// Transform is the SELECT, if there is one.
	Transform *Transform
}
