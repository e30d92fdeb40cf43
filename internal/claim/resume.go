package claim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/floedata/floe/internal/mark"
	"github.com/floedata/floe/offset"
)

// ErrHeld answers a claim for a table whose mark is gone.
var ErrHeld = errors.New("the table has lost the mark by which the offsets know it")

// Resume takes over the row whose epoch was raised, and answers the offset from which the partition goes on: that of the
// row, if the table, by the mark in its comment, is the one that the row counts; else the beginning, which log is told.
func (c *Claim) Resume(ctx context.Context, tx offset.DB, row offset.Row, comment string, found bool, log *slog.Logger) (committed string, err error) {
	have := mark.Find(comment)
	if found && have == "" && row.Mark != "" && row.Offset != "" {
		return "", fmt.Errorf("%w, so whether the rows up to offset %.200q are in it is not known: if they are, put %s back into the "+
			"table's comment; if not, reset the pipeline to load from the beginning", ErrHeld, row.Offset, mark.Text(row.Mark))
	}
	if !found && row.Offset != "" || have != row.Mark && row.Mark != "" {
		log.WarnContext(ctx, "the table is not the one that the offset counts: loading from the beginning",
			"partition", c.Key.Partition, "offset", row.Offset)
		row.Mark, row.Offset = "", ""
		if _, err := c.Offsets.Adopt(ctx, tx, c.Key, row.Epoch, "", ""); err != nil {
			return "", err
		}
	}
	c.Epoch, c.Mark = row.Epoch, row.Mark
	return row.Offset, nil
}

// Committed returns the offsets in rows of the partitions named, or of all where none is named. The row of a generation,
// under the partition "", is no partition's.
func Committed(rows map[string]offset.Row, partitions []string) map[string]string {
	committed := map[string]string{}
	for id, row := range rows {
		if id != "" && row.Offset != "" && (len(partitions) == 0 || slices.Contains(partitions, id)) {
			committed[id] = row.Offset
		}
	}
	return committed
}
