package snowpipe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// Report is what became of files lately.
type Report struct {
	// Pipe is the whole name of the pipe.
	Pipe string
	// Complete: no event was missed since [ReportOptions].After.
	Complete bool
	// Next is the mark behind the report's events, for the After of the next one.
	Next string
	// Files are in the order of their events. A file may come again.
	Files []File
}

// ReportOptions narrow a report. nil: all that there is.
type ReportOptions struct {
	// After is a [Report].Next: events before it are left out as a rule. Files whose state has changed since may be left out
	// too, so that a caller who waits for certain files leaves After empty.
	After string
	// Recent leaves out events that are older; 0 = none is. It counts in whole seconds.
	Recent time.Duration
}

// InsertReport returns what became of the files of InsertFiles within the last 10 minutes: the newest 10,000 events.
func (c *Client) InsertReport(ctx context.Context, opts *ReportOptions) (Report, error) {
	query := url.Values{}
	if opts != nil && opts.After != "" {
		query.Set("beginMark", opts.After)
	}
	if opts != nil && opts.Recent > 0 {
		query.Set("recentSeconds", strconv.FormatInt(int64((opts.Recent+time.Second-1)/time.Second), 10))
	}
	var r Report
	err := c.call(ctx, "insertReport", query, nil, func(answer []byte) (err error) {
		r, err = parseReport(answer)
		return err
	})
	return r, err
}

func parseReport(answer []byte) (Report, error) {
	var a struct {
		Pipe           string     `json:"pipe"`
		CompleteResult bool       `json:"completeResult"`
		NextBeginMark  string     `json:"nextBeginMark"`
		Files          []fileJSON `json:"files"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return Report{}, fmt.Errorf("the answer is not understood: %w", err)
	}
	list, err := files(a.Files)
	if err != nil {
		return Report{}, err
	}
	return Report{Pipe: a.Pipe, Complete: a.CompleteResult, Next: a.NextBeginMark, Files: list}, nil
}
