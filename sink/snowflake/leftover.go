package snowflake

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/offset"
)

// attempt names the files of one attempt to stage one batch: the rows of the partition that they hold, and a nonce. Every
// name of theirs begins with it.
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
	if err != nil || err2 != nil || start < 0 || end <= start {
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
	rows, err := c.QueryContext(ctx, "LIST "+w.s.stage(w.s.directory()+w.lane))
	if err != nil && w.s.opts.Stage == "%" && w.s.d.Classify(err) == dialect.Missing {
		return nil // the table is not made yet
	}
	if err != nil {
		return fmt.Errorf("list the stage: %w", err)
	}
	defer rows.Close()
	seen := map[attempt]bool{}
	for rows.Next() {
		var name string
		var size, sum, modified any
		if err := rows.Scan(&name, &size, &sum, &modified); err != nil {
			return fmt.Errorf("list the stage: %w", err)
		}
		a, ok := parseAttempt(name[strings.LastIndexByte(name, '/')+1:])
		if ok && !seen[a] {
			seen[a] = true
			w.litter = append(w.litter, leftover{w.lane + a.String(), a.end})
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list the stage: %w", err)
	}
	rows.Close()
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
		if _, err := c.ExecContext(ctx, "REMOVE "+w.s.stage(w.s.directory()+l.prefix)); err != nil {
			w.s.opts.Logger.WarnContext(ctx, "files stay on the stage", "sink", "snowflake", "table", w.table, "files", l.prefix, "error", err)
		}
	}
}
