// Package claim has what table sinks do alike with a partition that they have claimed: a row of the offsets table that
// moves with the rows, and tells what became of a load whose reply was lost.
package claim

import (
	"context"
	"errors"
	"time"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// ErrSwapped answers a load or Prepare that finds another table than the offset counts.
var ErrSwapped = errors.New("the table was dropped or made anew while it was being loaded: run again, which starts from the beginning")

// errNotMoved: the offset was not the batch's From under the claim's epoch.
var errNotMoved = errors.New("the offset has moved")

// Claim is a partition under the epoch that claiming it raised.
type Claim struct {
	Offsets offset.Table
	Key     offset.Key
	Epoch   int64
	Mark    string // of the table that the row counts; "" = none yet
}

// Joined sees to it that rows still go where they did when the claim was made: in replace mode another run may have finished
// since, and the shadow that was joined is no longer the one that is swapped in. current is the target that offsets are
// kept under now.
func (c *Claim) Joined(current string) error {
	if current != c.Key.Target {
		return sink.ErrFenced
	}
	return nil
}

// Adopt ties the row to the table with the mark own. It belongs in the transaction that shapes the table; the caller sets
// Mark once that is committed.
func (c *Claim) Adopt(ctx context.Context, tx offset.DB, own string) error {
	if c.Mark == own {
		return nil
	}
	if c.Mark != "" {
		return ErrSwapped
	}
	row, found, err := c.Offsets.Read(ctx, tx, c.Key)
	if err != nil {
		return err
	}
	if !found || row.Epoch != c.Epoch {
		return sink.ErrFenced
	}
	_, err = c.Offsets.Adopt(ctx, tx, c.Key, c.Epoch, own, row.Offset)
	return err
}

// Move sets the offset to the end of b: the last statement of its load's transaction.
func (c *Claim) Move(ctx context.Context, tx offset.DB, b *sink.Batch) error {
	moved, err := c.Offsets.Move(ctx, tx, c.Key, c.Epoch, b.From, b.To)
	if err == nil && !moved {
		err = errNotMoved
	}
	return err
}

// Outcome decides what became of a load of b that failed with err: nil where the batch is there.
func (c *Claim) Outcome(ctx context.Context, db offset.DB, b *sink.Batch, err error) error {
	if ctx.Err() != nil {
		return err
	}
	done, seen := c.Settled(ctx, db, b)
	switch {
	case seen != nil && errors.Is(seen, sink.ErrFenced):
		return seen
	case seen != nil:
		return errors.Join(err, seen)
	case done:
		return nil
	}
	return err
}

// Settled reads the offset: whether it is b's To under this epoch. Another claim is [sink.ErrFenced].
func (c *Claim) Settled(ctx context.Context, db offset.DB, b *sink.Batch) (done bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	outcome, err := c.Offsets.Outcome(ctx, db, c.Key, c.Epoch, b.From, b.To)
	switch {
	case err != nil:
		return false, err
	case outcome == offset.Fenced:
		return false, sink.ErrFenced
	}
	return outcome == offset.Done, nil
}
