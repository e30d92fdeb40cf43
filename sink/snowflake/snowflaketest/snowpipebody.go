package snowflaketest

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
)

// What insertFiles takes at most, documented.
const (
	mostPipeFiles = 5_000
	mostPathBytes = 1_024
)

// insertReply is the answer of insertFiles: as documented, and as clients read it.
type insertReply struct {
	RequestID string   `json:"requestId"`
	Response  string   `json:"responseCode"`
	Status    string   `json:"status"`
	Skipped   []string `json:"skippedFiles,omitempty"`
	Unmatched []string `json:"unmatchedPatternFiles,omitempty"`
}

// reportReply is the answer of insertReport.
type reportReply struct {
	Pipe     string     `json:"pipe"`
	Complete bool       `json:"completeResult"`
	NextMark string     `json:"nextBeginMark,omitempty"`
	Files    []pipeFile `json:"files"`
}

// historyReply is the answer of loadHistoryScan.
type historyReply struct {
	Pipe       string     `json:"pipe"`
	Complete   bool       `json:"completeResult"`
	Start      string     `json:"startTimeInclusive"`
	End        string     `json:"endTimeExclusive"`
	RangeStart string     `json:"rangeStartTime,omitempty"`
	RangeEnd   string     `json:"rangeEndTime,omitempty"`
	Files      []pipeFile `json:"files"`
}

// pipeFile is a file in both.
type pipeFile struct {
	Path        string  `json:"path"`
	Location    string  `json:"stageLocation"`
	Size        int64   `json:"fileSize"`
	Received    string  `json:"timeReceived"`
	Inserted    string  `json:"lastInsertTime"`
	Rows        int64   `json:"rowsInserted"`
	Parsed      int64   `json:"rowsParsed"`
	Seen        int64   `json:"errorsSeen"`
	Limit       int64   `json:"errorLimit"`
	First       *string `json:"firstError,omitempty"`
	FirstLine   *int64  `json:"firstErrorLineNum,omitempty"`
	FirstChar   *int64  `json:"firstErrorCharacterPos,omitempty"`
	FirstColumn *string `json:"firstErrorColumnName,omitempty"`
	System      *string `json:"systemError,omitempty"`
	Complete    bool    `json:"complete"`
	Status      string  `json:"status"`
}

// parsePipeFiles reads the body of insertFiles: JSON, or a path a line.
func parsePipeFiles(contentType string, body []byte) ([]engine.PipeFile, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, fmt.Errorf("Content-Type %q is neither application/json nor text/plain", contentType)
	}
	var files []engine.PipeFile
	switch kind {
	case "text/plain":
		for line := range strings.Lines(string(body)) {
			if line = strings.TrimRight(line, "\r\n"); line != "" {
				files = append(files, engine.PipeFile{Path: line})
			}
		}
	case "application/json":
		var req struct {
			Files []struct {
				Path *string `json:"path"`
				Size int64   `json:"size"`
			} `json:"files"`
		}
		if err := json.Unmarshal(body, &req); err != nil {
			return nil, fmt.Errorf("the body is no JSON of files: %w", err)
		}
		for i, f := range req.Files {
			if f.Path == nil || f.Size < 0 {
				return nil, fmt.Errorf("file %d has no path, or a negative size", i)
			}
			files = append(files, engine.PipeFile{Path: *f.Path, Size: f.Size})
		}
	default:
		return nil, fmt.Errorf("Content-Type %q is neither application/json nor text/plain", contentType)
	}
	if len(files) == 0 {
		return nil, errors.New("there are no files")
	}
	if len(files) > mostPipeFiles {
		return nil, fmt.Errorf("there are %d files, of %d at most", len(files), mostPipeFiles)
	}
	for i, f := range files {
		switch {
		case strings.Trim(f.Path, "/") == "":
			return nil, fmt.Errorf("the path of file %d is empty", i)
		case len(f.Path) > mostPathBytes:
			return nil, fmt.Errorf("the path of file %d has %d bytes, of %d at most", i, len(f.Path), mostPathBytes)
		case !utf8.ValidString(f.Path) || strings.ContainsRune(f.Path, 0):
			return nil, fmt.Errorf("the path of file %d is not UTF-8, or has a zero byte", i)
		}
	}
	return files, nil
}

// mark writes a place among a pipe's events, and parseMark reads it.
func mark(event int64) string { return "1_" + strconv.FormatInt(event, 10) }

func parseMark(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	digits, ok := strings.CutPrefix(text, "1_")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n < 0 {
		return 0, badPipeCall("beginMark %q is not one of this pipe's", text)
	}
	return n, nil
}

func pipeFiles(events []engine.PipeEvent) []pipeFile {
	out := make([]pipeFile, len(events))
	for i, e := range events {
		f := pipeFile{
			Path: e.Path, Location: e.Location, Size: e.Size, Received: moment(e.Received), Inserted: moment(e.At),
			Rows: e.Loaded, Parsed: e.Parsed, Seen: e.Seen, Limit: e.Limit, Status: string(e.Status), System: orNull(e.System),
			First: orNull(e.First.Message), FirstColumn: orNull(e.First.Column),
		}
		f.Complete = f.Status == "LOADED" // documented: processed with success
		if e.First.Line > 0 {
			f.FirstLine = &e.First.Line
		}
		if e.First.Character > 0 {
			f.FirstChar = &e.First.Character
		}
		out[i] = f
	}
	return out
}

// moment is a time as Snowpipe has it: to the millisecond.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// parseMoment reads a time in ISO 8601, with or without a zone: UTC then.
func parseMoment(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1970 && t.Year() < 2262 {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time in ISO 8601", text)
}
