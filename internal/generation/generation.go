// Package generation keeps, for sinks in replace mode, which loading of everything is under way: one that was broken
// off is taken up by the next run, one that has finished is begun anew.
//
// It is kept in the offsets table, in a row of the table to be replaced under the partition "", which no source has:
// "open" and its id while it loads, "done" and its id once it is swapped in. Its rows go into a shadow table, and its
// offsets are kept, under its own name.
package generation

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/floedata/floe/offset"
)

const (
	openPrefix   = "open "
	donePrefix   = "done "
	shadowPrefix = "_floe_new_"
)

// Generations are those of one pipeline and target.
type Generations struct {
	Offsets          offset.Table
	Pipeline, Target string
}

func (g Generations) key() offset.Key {
	return offset.Key{Pipeline: g.Pipeline, Target: g.Target, Partition: ""}
}

// Current returns the name of the shadow table of the generation under way, which is also its target in the offsets
// table; "" = none is.
func (g Generations) Current(ctx context.Context, db offset.DB) (shadow string, err error) {
	row, _, err := g.Offsets.Read(ctx, db, g.key())
	if err != nil {
		return "", err
	}
	if id, open := strings.CutPrefix(row.Offset, openPrefix); open {
		return shadowPrefix + id, nil
	}
	return "", nil
}

// Join returns the shadow table of the generation under way, or begins one. It belongs in a transaction.
func (g Generations) Join(ctx context.Context, tx offset.DB) (shadow string, err error) {
	if shadow, err = g.Current(ctx, tx); err != nil || shadow != "" {
		return shadow, err
	}
	row, err := g.Offsets.Claim(ctx, tx, g.key())
	if err != nil {
		return "", err
	}
	// Another claim may have begun one between the first look and this row's lock.
	if id, open := strings.CutPrefix(row.Offset, openPrefix); open {
		return shadowPrefix + id, nil
	}
	id := uuid.NewString()
	_, err = g.Offsets.Adopt(ctx, tx, g.key(), row.Epoch, "", openPrefix+id)
	return shadowPrefix + id, err
}

// Finish ends the generation of a shadow that was swapped in. Its offsets go, which fences its writers. It belongs in
// a transaction.
func (g Generations) Finish(ctx context.Context, tx offset.DB, shadow string) error {
	return g.retire(ctx, tx, shadow, donePrefix+strings.TrimPrefix(shadow, shadowPrefix))
}

// Abandon ends the generation of a shadow that will not be swapped in, as Finish does.
func (g Generations) Abandon(ctx context.Context, tx offset.DB, shadow string) error {
	return g.retire(ctx, tx, shadow, "")
}

func (g Generations) retire(ctx context.Context, tx offset.DB, shadow, state string) error {
	row, err := g.Offsets.Claim(ctx, tx, g.key())
	if err != nil {
		return err
	}
	if _, err := g.Offsets.Adopt(ctx, tx, g.key(), row.Epoch, "", state); err != nil {
		return err
	}
	return g.Offsets.Forget(ctx, tx, g.Pipeline, shadow)
}
