package copyinto

// Setting is one option as a statement has it: NAME = text, or NAME = ('a', 'b'). Names are in upper case. Words, numbers
// and quoted strings are all Text.
type Setting struct {
	Name   string
	Text   string
	List   []string
	IsList bool
}

// Match is MATCH_BY_COLUMN_NAME.
type Match uint8

// Matches.
const (
	MatchNone Match = iota
	MatchSensitive
	MatchInsensitive
)

// Metadata is one mapping of INCLUDE_METADATA.
type Metadata struct {
	Column string
	Field  string // "METADATA$FILENAME"
}

// Options are the copy options. The zero value is what a COPY without options has.
type Options struct {
	OnError          OnError
	Match            Match
	SizeLimit        int64 // bytes; 0 is none
	Truncate         bool  // TRUNCATECOLUMNS, and ENFORCE_LENGTH the other way round
	Purge            bool  // the caller's
	Force            bool  // the caller's
	ReturnFailedOnly bool  // the caller's: which results to answer
	LoadUncertain    bool  // the caller's
	Validation       Validation
	Include          []Metadata
}

// OnError is what a COPY does about errors.
type OnError struct {
	Action Action
	// Limit is the n of SKIP_FILE_n and of SKIP_FILE_n%; SKIP_FILE is SKIP_FILE_1.
	Limit   int64
	Percent bool
}

// Action is a kind of ON_ERROR.
type Action uint8

// Actions.
const (
	Abort Action = iota
	Continue
	SkipFile
)

// Validation is VALIDATION_MODE.
type Validation struct {
	Mode ValidationMode
	Rows int64 // the n of RETURN_n_ROWS
}

// ValidationMode is a kind of VALIDATION_MODE.
type ValidationMode uint8

// Validation modes.
const (
	NoValidation ValidationMode = iota
	ReturnRows
	ReturnErrors
	ReturnAllErrors
)
