package transform

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
)

type filterFunc struct {
	fingerprint string
	bind        func(in *Inputs) func(Row) bool
}

// FilterFunc keeps the rows for which a Go function answers true. bind asks for the columns that the function
// reads and returns the function, as in [Derive]; the function is called from several goroutines at once and
// must give the same for the same row. fingerprint is its part of [Transform.Fingerprint]: change it when the
// function changes.
func FilterFunc(fingerprint string, bind func(in *Inputs) func(Row) bool) Transform {
	if fingerprint == "" {
		return failed{"filter", errNoFingerprint}
	}
	if bind == nil {
		return failed{"filter", errors.New("the function is nil")}
	}
	return filterFunc{fingerprint, bind}
}

func (f filterFunc) Fingerprint() string { return fmt.Sprintf("filterfunc(%q)", f.fingerprint) }

func (f filterFunc) Bind(_ context.Context, in *arrow.Schema) (Processor, error) {
	kind := fmt.Sprintf("filter %q", f.fingerprint)
	inputs, holds, err := bindInputs(kind, in, f.bind)
	if err != nil {
		return nil, err
	}
	if holds == nil {
		return nil, fmt.Errorf("transform: %s: the function is nil", kind)
	}
	return &processor{kind: kind, in: in, out: in, fn: func(ctx context.Context, rec arrow.Record) (result, error) {
		cells, rows := inputs.open(rec), int(rec.NumRows())
		set := newRowSet(rows)
		for i := range rows {
			if holds(Row{cells, i}) {
				bitutil.SetBit(set, i)
			}
		}
		r, err := keep(ctx, rec, set)
		if err != nil {
			return result{}, fmt.Errorf("transform: %s: %w", kind, err)
		}
		return r, nil
	}}, nil
}
