package syntax

// Location is a place for files: a named stage, the stage of a table (Table), that of the user (User), or a URL of a
// bucket (URL).
type Location struct {
	Pos
	Stage Name   // of a named stage; of a table's the table
	Table bool   // @%table
	User  bool   // @~
	Path  string // behind it, without the slash between
	URL   string // 's3://bucket/path', with the path
}

// CopyInto is COPY INTO table [(columns)] FROM location, or FROM (SELECT … FROM location). In a pipe, the location may be
// TABLE(DATA_SOURCE(TYPE => 'STREAMING')).
type CopyInto struct {
	Stmt
	Table   Name
	Columns []string
	From    *Location  // nil with Query and Source, or if FROM was left out (the table's own stage)
	Query   *Query     // the transformation
	Source  *TableFunc // FROM TABLE(…), without a transformation
	Params  []Param    // FILES, PATTERN, FILE_FORMAT, ON_ERROR, …
}

// Put is PUT 'file://…' location [NAME = value …].
type Put struct {
	Stmt
	Local    string // the path without file://
	Location Location
	Params   []Param
}

// Get is GET location 'file://…' [NAME = value …].
type Get struct {
	Stmt
	Location Location
	Local    string
	Params   []Param
}

// List is LIST location [PATTERN = '…'].
type List struct {
	Stmt
	Location Location
	Pattern  string
}

// Remove is REMOVE location [PATTERN = '…'].
type Remove struct {
	Stmt
	Location Location
	Pattern  string
}
