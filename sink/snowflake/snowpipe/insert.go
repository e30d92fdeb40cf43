package snowpipe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// The bounds of a call of insertFiles.
const (
	mostFiles = 5_000
	mostPath  = 1_024 // bytes
)

// StagedFile is a file on the stage of a pipe.
type StagedFile struct {
	// Path is the file's, below the location that the pipe's COPY loads from; of at most 1,024 bytes.
	Path string
	// Size is the file's, in bytes, which helps Snowflake to plan; 0 = it is not told.
	Size int64
}

// Inserted is what the service answers of files that it was told of.
type Inserted struct {
	// RequestIDs are those of the calls, one for every 5,000 files, for Snowflake's support.
	RequestIDs []string
	// Skipped are the paths that the pipe knows already: they are queued, loaded or failed.
	Skipped []string
	// Unmatched are the paths that do not fit the pipe's PATTERN, and are not loaded.
	Unmatched []string
}

// InsertFiles tells the pipe of files, for it to load: nothing is loaded yet when it returns. More than 5,000 are told of by
// several calls; where one fails, the answers of those before come with its error, and all files may be inserted again.
func (c *Client) InsertFiles(ctx context.Context, files []StagedFile) (Inserted, error) {
	var all Inserted
	if len(files) == 0 {
		return all, nil
	}
	for _, f := range files {
		if err := f.check(); err != nil {
			return all, fmt.Errorf("snowpipe: insertFiles of pipe %s: %w", c.pipe.plain(), err)
		}
	}
	for part := range slices.Chunk(files, mostFiles) {
		list := make([]insertFile, len(part))
		for i, f := range part {
			list[i] = insertFile(f)
		}
		query := url.Values{"showSkippedFiles": {"true"}}
		err := c.call(ctx, "insertFiles", query, map[string]any{"files": list}, func(answer []byte) error {
			one, err := parseInserted(answer)
			if err == nil {
				all.RequestIDs = append(all.RequestIDs, query.Get("requestId"))
				all.Skipped = append(all.Skipped, one.Skipped...)
				all.Unmatched = append(all.Unmatched, one.Unmatched...)
			}
			return err
		})
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func (f StagedFile) check() error {
	switch {
	case f.Path == "":
		return errors.New("a file has no path")
	case len(f.Path) > mostPath:
		return fmt.Errorf("the path %.60q… is of %d bytes, and Snowpipe takes %d", f.Path, len(f.Path), mostPath)
	case !utf8.ValidString(f.Path):
		return fmt.Errorf("the path %q is not valid UTF-8", f.Path)
	case f.Size < 0:
		return fmt.Errorf("the file %q has a size of %d", f.Path, f.Size)
	}
	return nil
}

// insertFile is a StagedFile as the service reads it.
type insertFile struct {
	Path string `json:"path"`
	Size int64  `json:"size,omitempty"`
}

// parseInserted reads an answer of insertFiles. The documentation calls the outcome status, the service responseCode.
func parseInserted(answer []byte) (Inserted, error) {
	var a struct {
		Status       string   `json:"status"`
		ResponseCode string   `json:"responseCode"`
		Message      string   `json:"message"`
		Skipped      []string `json:"skippedFiles"`
		Unmatched    []string `json:"unmatchedPatternFiles"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return Inserted{}, fmt.Errorf("the answer is not understood: %w", err)
	}
	code := strings.ToUpper(a.ResponseCode)
	if code == "" {
		code = strings.ToUpper(a.Status)
	}
	switch code {
	case codeSuccess, codeAlreadySent:
		return Inserted{Skipped: a.Skipped, Unmatched: a.Unmatched}, nil
	}
	e := &Error{Status: http.StatusOK, Code: shortened(code), Message: shortened(a.Message)}
	if code == "" {
		e.Message = "the answer does not say whether the files were taken"
	}
	return Inserted{}, e.classified()
}
