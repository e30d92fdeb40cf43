package copyinto

import "fmt"

// Status is what became of a file.
type Status string

// Statuses. LOAD_SKIPPED is the caller's, who keeps the load history.
const (
	Loaded          Status = "LOADED"
	LoadFailed      Status = "LOAD_FAILED"
	PartiallyLoaded Status = "PARTIALLY_LOADED"
)

// FileResult is a row of COPY's result, and all errors behind it.
type FileResult struct {
	File       string
	Status     Status
	Parsed     int64 // rows found
	Loaded     int64 // rows inserted
	ErrorLimit int64
	ErrorsSeen int64 // rows with errors
	// Errors are all errors of the file in the order of its rows, what VALIDATE answers: a row may have several. The first
	// one makes the columns first_error, first_error_line, first_error_character and first_error_column_name.
	Errors []RowError
}

// RowError is a fault of a row, or of a file: a row of VALIDATE's result. The numbers are 1-based and 0 where they do not
// apply (then NULL in results), except ByteOffset.
type RowError struct {
	Message    string
	File       string
	Line       int64  // physical line where the value begins; of record formats the record's ordinal
	Character  int64  // of the value in its line; 0 of record formats
	ByteOffset int64  // of the value in its record; -1 of record formats
	Category   string // "conversion" or "parsing"
	Code       int
	SQLState   string
	Column     string // "TABLE"["COLUMN":3]; "" of record formats that are transformed
	Row        int64  // ordinal of the row in its file
	RowStart   int64  // physical line where the row begins
	Rejected   string // the record as it is in the file, where the format is text
}

// Error is what COPY answers when it does not run, or when ON_ERROR = ABORT_STATEMENT meets an error.
type Error struct {
	Code     int
	SQLState string
	Message  string
}

func (e *Error) Error() string { return fmt.Sprintf("%06d (%s): %s", e.Code, e.SQLState, e.Message) }
