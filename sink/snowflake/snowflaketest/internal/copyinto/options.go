package copyinto

import (
	"regexp"
	"strconv"
	"strings"
)

// Match is MATCH_BY_COLUMN_NAME.
type Match string

// Matches.
const (
	MatchNone        Match = "NONE"
	MatchSensitive   Match = "CASE_SENSITIVE"
	MatchInsensitive Match = "CASE_INSENSITIVE"
)

// Metadata is one mapping of INCLUDE_METADATA.
type Metadata struct {
	Column string // of the table
	Field  string // "METADATA$FILENAME"
}

// Options are the copy options, made by [NewOptions].
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
	Include          []Metadata // INCLUDE_METADATA, which the caller parses
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

// NewOptions returns base with the settings' values in the place of its own. Unknown options and values are refused by
// name.
func NewOptions(base Options, settings []Setting) (Options, error) {
	o := base
	if o.Match == "" {
		o.Match = MatchNone
	}
	var enforce, truncate, clustered bool
	var mode string
	err := apply(settings, map[string]set{
		"ON_ERROR":               o.OnError.set,
		"MATCH_BY_COLUMN_NAME":   choice(&o.Match, MatchNone, MatchSensitive, MatchInsensitive),
		"SIZE_LIMIT":             count(&o.SizeLimit),
		"TRUNCATECOLUMNS":        all(boolean(&o.Truncate), boolean(&truncate)),
		"ENFORCE_LENGTH":         all(inverse(&o.Truncate), boolean(&enforce)),
		"PURGE":                  boolean(&o.Purge),
		"FORCE":                  boolean(&o.Force),
		"RETURN_FAILED_ONLY":     boolean(&o.ReturnFailedOnly),
		"LOAD_UNCERTAIN_FILES":   boolean(&o.LoadUncertain),
		"VALIDATION_MODE":        o.Validation.set,
		"LOAD_MODE":              choice(&mode, "FULL_INGEST"),
		"CLUSTER_AT_INGEST_TIME": boolean(&clustered),
	})
	switch {
	case err != nil:
		return Options{}, err
	case enforce && truncate:
		return Options{}, &Error{Code: 1054, SQLState: "42601", Message: "SQL compilation error: conflicting values for copy option 'TRUNCATECOLUMNS'\n"}
	case clustered:
		return Options{}, unsupported("CLUSTER_AT_INGEST_TIME = TRUE")
	}
	return o, nil
}

// all hands a setting to each.
func all(each ...set) set {
	return func(s Setting) error {
		for _, to := range each {
			if err := to(s); err != nil {
				return err
			}
		}
		return nil
	}
}

var skipFile = regexp.MustCompile(`^SKIP_FILE(?:_([0-9]{1,18})(%?))?$`)

func (o *OnError) set(s Setting) error {
	text := strings.ToUpper(s.Text)
	switch m := skipFile.FindStringSubmatch(text); {
	case s.IsList:
		return invalid(s)
	case text == "ABORT_STATEMENT":
		*o = OnError{}
	case text == "CONTINUE":
		*o = OnError{Action: Continue}
	case m == nil:
		return invalid(s)
	case m[1] == "":
		*o = OnError{Action: SkipFile, Limit: 1}
	default:
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil || m[2] == "%" && n > 100 {
			return invalid(s)
		}
		*o = OnError{Action: SkipFile, Limit: n, Percent: m[2] == "%"}
	}
	return nil
}

// limit is the error_limit of a file with rows rows. Certain: CONTINUE has the rows, percentages are rounded down, and both
// are 1 at least; a count is as it is written.
func (o OnError) limit(rows int64) int64 {
	switch {
	case o.Action == Continue:
		return max(1, rows)
	case o.Action == SkipFile && o.Percent:
		return max(1, rows/100*o.Limit+rows%100*o.Limit/100)
	case o.Action == SkipFile:
		return o.Limit
	}
	return 1
}

var returnRows = regexp.MustCompile(`^RETURN_([0-9]{1,9})_ROWS?$`)

func (v *Validation) set(s Setting) error {
	text := strings.ToUpper(s.Text)
	switch m := returnRows.FindStringSubmatch(text); {
	case s.IsList:
		return invalid(s)
	case text == "RETURN_ERRORS":
		*v = Validation{Mode: ReturnErrors}
	case text == "RETURN_ALL_ERRORS":
		*v = Validation{Mode: ReturnAllErrors}
	case m == nil:
		return invalid(s)
	default:
		n, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil || n == 0 {
			return invalid(s)
		}
		*v = Validation{Mode: ReturnRows, Rows: n}
	}
	return nil
}
