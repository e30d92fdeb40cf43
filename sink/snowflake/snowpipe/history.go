package snowpipe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"time"
)

// LoadHistory yields what became of files between two times, the first of them included; a zero to is now, by Snowflake's
// clock. It asks for one page of up to 10,000 files after the other as they are consumed, and waits between calls, also those
// of other histories of the client ([ClientOptions].HistoryInterval). An error ends it. A file may come several times.
//
// Snowflake answers 429 to who reads much of the history often: CopyHistory has no such limit.
func (c *Client) LoadHistory(ctx context.Context, from, to time.Time) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		if from.IsZero() {
			yield(File{}, errors.New("snowpipe: LoadHistory: the beginning of the time is not told"))
			return
		}
		edge := map[File]bool{} // the files of the last page's last moment, with which the next one begins
		for {
			page, err := c.scan(ctx, from, to)
			if err != nil {
				yield(File{}, err)
				return
			}
			next := map[File]bool{}
			for _, f := range page.files {
				if !page.complete && !f.LastInsert.Before(page.end) {
					next[f] = true
				}
				if !edge[f] && !yield(f, nil) {
					return
				}
			}
			if page.complete {
				return
			}
			if !page.end.After(from) {
				yield(File{}, fmt.Errorf("snowpipe: loadHistoryScan of pipe %s: there are more files of one moment, %s, than a page has: ask CopyHistory",
					c.pipe.plain(), from.Format(time.RFC3339Nano)))
				return
			}
			from, edge = page.end, next
		}
	}
}

// historyPage is one answer of loadHistoryScan.
type historyPage struct {
	files    []File
	complete bool
	end      time.Time // of its latest entry
}

// iso is how times are written in requests.
const iso = time.RFC3339Nano

func (c *Client) scan(ctx context.Context, from, to time.Time) (historyPage, error) {
	query := url.Values{"startTimeInclusive": {from.UTC().Format(iso)}}
	if !to.IsZero() {
		query.Set("endTimeExclusive", to.UTC().Format(iso))
	}
	if err := c.pace(ctx); err != nil {
		return historyPage{}, err
	}
	var page historyPage
	err := c.call(ctx, "loadHistoryScan", query, nil, func(answer []byte) (err error) {
		page, err = parseHistory(answer)
		return err
	})
	return page, err
}

// pace waits for the turn of a call of loadHistoryScan.
func (c *Client) pace(ctx context.Context) error {
	c.mu.Lock()
	turn := time.Now()
	if next := c.scanned.Add(c.opts.HistoryInterval); c.opts.HistoryInterval > 0 && next.After(turn) {
		turn = next
	}
	c.scanned = turn
	c.mu.Unlock()
	wait := time.NewTimer(time.Until(turn))
	defer wait.Stop()
	select {
	case <-wait.C:
		return ctx.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func parseHistory(answer []byte) (historyPage, error) {
	var a struct {
		CompleteResult bool       `json:"completeResult"`
		RangeEndTime   stamp      `json:"rangeEndTime"`
		Files          []fileJSON `json:"files"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return historyPage{}, fmt.Errorf("the answer is not understood: %w", err)
	}
	list, err := files(a.Files)
	if err != nil {
		return historyPage{}, err
	}
	if !a.CompleteResult && a.RangeEndTime.IsZero() {
		return historyPage{}, errors.New("the answer is not understood: it is a part, and does not say up to when")
	}
	return historyPage{files: list, complete: a.CompleteResult, end: a.RangeEndTime.Time}, nil
}
