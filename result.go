package floe

import (
	"fmt"
	"time"
)

// Result is what a run did. It is true also where the run failed.
type Result struct {
	Read     int64 // rows that the source gave, rejected ones included
	Skipped  int64 // rows that came out of the transforms again and had been loaded before
	Written  int64 // rows that are in the target now
	Rejected int64 // rows that were refused by source, transforms and sink, and written to the dead letters
	Bytes    int64 // of the written rows, as the sink counts them
	Batches  int64 // loads that committed
	Retries  int64 // calls that were repeated
	Elapsed  time.Duration
	// Offsets has the committed offset of each partition that this run loaded something of.
	Offsets map[string]string
}

// String returns one line: read=… written=… rejected=… rows/s=…
func (r Result) String() string {
	perSecond := 0.0
	if s := r.Elapsed.Seconds(); s > 0 {
		perSecond = float64(r.Written) / s
	}
	return fmt.Sprintf("read=%d written=%d rejected=%d rows/s=%.0f", r.Read, r.Written, r.Rejected, perSecond)
}
