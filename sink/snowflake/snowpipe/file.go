package snowpipe

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Status is how far the load of a file is.
type Status string

// What a load's status is.
const (
	InProgress      Status = "LOAD_IN_PROGRESS" // a part of the file may be in the table
	Loaded          Status = "LOADED"           // all of its rows that are to be
	Failed          Status = "LOAD_FAILED"      // nothing of it is loaded, nor will be under this name
	PartiallyLoaded Status = "PARTIALLY_LOADED" // the rows without errors; it is done with
	Skipped         Status = "LOAD_SKIPPED"     // by COPY, which had loaded it before
)

// Done reports whether nothing more comes of the load.
func (s Status) Done() bool { return s == Loaded || s == Failed || s == PartiallyLoaded }

// parseStatus reads a status, of a report or in the words of COPY_HISTORY.
func parseStatus(text string) Status {
	s := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(text), " ", "_"))
	if s == "LOADED" || strings.HasPrefix(s, "LOAD_") || s == string(PartiallyLoaded) {
		return Status(s)
	}
	return Status(text)
}

// File is what became of a file. Of a large one there may be several in a row, each with what was loaded so far.
type File struct {
	Path          string // below the location that the pipe's COPY loads from, or the stage's
	StageLocation string // the bucket of an external stage, or the id of an internal one
	Size          int64  // bytes
	Received      time.Time
	LastInsert    time.Time // when rows of it were last put into the table
	RowsInserted  int64
	RowsParsed    int64
	Errors        int64
	ErrorLimit    int64 // so many errors make the load fail
	// The first error: its text, line, character in it and column; zero where there is none, or none is told.
	FirstError          string
	FirstErrorLine      int64
	FirstErrorCharacter int64
	FirstErrorColumn    string
	SystemError         string // why the file was not read at all
	Complete            bool   // all of it was read
	Status              Status
}

// Problem says in a few words what was wrong; "" = nothing that is told.
func (f File) Problem() string {
	text := f.FirstError
	if text == "" {
		text = f.SystemError
	}
	if text != "" && f.FirstErrorColumn != "" {
		text += fmt.Sprintf(" (column %s, line %d)", f.FirstErrorColumn, f.FirstErrorLine)
	}
	return text
}

// fileJSON is a File as reports have it.
type fileJSON struct {
	Path                string `json:"path"`
	StageLocation       string `json:"stageLocation"`
	FileSize            int64  `json:"fileSize"`
	TimeReceived        stamp  `json:"timeReceived"`
	LastInsertTime      stamp  `json:"lastInsertTime"`
	RowsInserted        int64  `json:"rowsInserted"`
	RowsParsed          int64  `json:"rowsParsed"`
	ErrorsSeen          int64  `json:"errorsSeen"`
	ErrorLimit          int64  `json:"errorLimit"`
	FirstError          string `json:"firstError"`
	FirstErrorLine      int64  `json:"firstErrorLineNum"`
	FirstErrorCharacter int64  `json:"firstErrorCharacterPos"`
	FirstErrorColumn    string `json:"firstErrorColumnName"`
	SystemError         string `json:"systemError"`
	Complete            bool   `json:"complete"`
	Status              string `json:"status"`
}

func (f fileJSON) file() File {
	return File{
		Path: f.Path, StageLocation: f.StageLocation, Size: f.FileSize,
		Received: f.TimeReceived.Time, LastInsert: f.LastInsertTime.Time,
		RowsInserted: f.RowsInserted, RowsParsed: f.RowsParsed, Errors: f.ErrorsSeen, ErrorLimit: f.ErrorLimit,
		FirstError: f.FirstError, FirstErrorLine: f.FirstErrorLine, FirstErrorCharacter: f.FirstErrorCharacter, FirstErrorColumn: f.FirstErrorColumn,
		SystemError: f.SystemError, Complete: f.Complete, Status: parseStatus(f.Status),
	}
}

// stamp is a time in ISO 8601; one without a zone is of UTC.
type stamp struct{ time.Time }

// UnmarshalJSON implements [json.Unmarshaler]: of a text, of milliseconds since 1970, of null.
func (s *stamp) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		return s.parse(text)
	}
	var ms int64
	if err := json.Unmarshal(raw, &ms); err != nil {
		return fmt.Errorf("%.60q is not a time", raw)
	}
	s.Time = time.UnixMilli(ms).UTC()
	return nil
}

func (s *stamp) parse(text string) error {
	if text == "" {
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			s.Time = at.UTC()
			return nil
		}
	}
	return fmt.Errorf("%.60q is not a time in ISO 8601", text)
}

// files reads the list of a report.
func files(list []fileJSON) ([]File, error) {
	out := make([]File, len(list))
	for i, f := range list {
		if f.Path == "" {
			return nil, fmt.Errorf("the answer is not understood: file %d of %d has no path", i+1, len(list))
		}
		out[i] = f.file()
	}
	return out, nil
}
