package snowflake

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/floedata/floe/offset"
)

// attempt names the files of one attempt to stage one batch: the rows of the partition that they hold, and a nonce. Every
// name of theirs begins with it. A file without rows, for its schema, is of an attempt from 0 to 0.
type attempt struct {
	start, end int64 // ordinals of the first row, and behind the last
	nonce      string
}

func newAttempt(start, end int64) attempt {
	return attempt{start, end, strings.ReplaceAll(uuid.NewString(), "-", "")}
}

// String is the beginning of the names.
func (a attempt) String() string { return fmt.Sprintf("%d-%d-%s-", a.start, a.end, a.nonce) }

// file is the name of the n-th file.
func (a attempt) file(n int) string { return a.String() + strconv.Itoa(n) + ".parquet" }

// parseAttempt reads the name of a file; false = the sink did not give it.
func parseAttempt(name string) (attempt, bool) {
	parts := strings.Split(name, "-")
	if len(parts) != 4 || len(parts[2]) != 32 || !strings.HasSuffix(parts[3], ".parquet") {
		return attempt{}, false
	}
	start, err := strconv.ParseInt(parts[0], 10, 64)
	end, err2 := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || err2 != nil || start < 0 || end <= start && end != 0 || end == 0 && start != 0 {
		return attempt{}, false
	}
	return attempt{start, end, parts[2]}, true
}

// leftover is what an attempt left on the stage that was not loaded by it: its process died, or its rows were staged again.
type leftover struct {
	prefix string // below the sink's directory
	end    int64  // the ordinal behind its rows: once it is committed, the files are of no more use
}

// findLeftovers looks for files of earlier claims of the partition, and removes those whose rows are committed.
func (w *writer) findLeftovers(ctx context.Context, c *sql.Conn, committed string) error {
	if w.s.opts.KeepStaged {
		return nil
	}
	names, err := w.s.store.list(ctx, c, w.lane)
	if err != nil {
		return fmt.Errorf("list the stage: %w", err)
	}
	seen := map[attempt]bool{}
	for _, name := range names {
		if a, ok := parseAttempt(name); ok && !seen[a] {
			seen[a] = true
			w.litter = append(w.litter, leftover{w.lane + a.String(), a.end})
		}
	}
	w.clean(ctx, c, committed)
	return nil
}

// leave notes that an attempt came to nothing, or is loaded.
func (w *writer) leave(a attempt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.litter = append(w.litter, leftover{w.lane + a.String(), a.end})
}

// clean removes the files whose rows are committed. One that cannot be removed stays for the next claim.
func (w *writer) clean(ctx context.Context, c *sql.Conn, committed string) {
	ordinal, err := offset.Ordinal(committed)
	if err != nil || w.s.opts.KeepStaged {
		return
	}
	w.mu.Lock()
	var gone, kept []leftover
	for _, l := range w.litter {
		if l.end <= ordinal {
			gone = append(gone, l)
		} else {
			kept = append(kept, l)
		}
	}
	w.litter = kept
	w.mu.Unlock()
	for _, l := range gone {
		if err := w.s.store.remove(ctx, c, l.prefix); err != nil {
			w.s.opts.Logger.WarnContext(ctx, "files stay on the stage", "sink", "snowflake", "table", w.table, "files", l.prefix, "error", err)
		}
	}
}
