package transform

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

type filter struct{ condition Condition }

// Filter keeps the rows for which the condition holds; where it is false or unknown (a null is compared) the
// row is dropped, as in SQL. Whole columns are compared at once:
//
//	transform.Filter(transform.Where("delay").Greater(10).And(transform.Where("origin").In("JFK", "LAX")))
func Filter(condition Condition) Transform {
	if condition.bind == nil {
		return failed{"filter", errors.New("the Condition is empty; begin it with Where")}
	}
	return filter{condition}
}

func (f filter) Fingerprint() string { return "filter(" + f.condition.text + ")" }

func (f filter) Bind(_ context.Context, in *arrow.Schema) (Processor, error) {
	holds, err := f.condition.bind(in)
	if err != nil {
		return nil, fmt.Errorf("transform: filter: %w", err)
	}
	return &processor{kind: "filter", in: in, out: in, fn: func(ctx context.Context, rec arrow.Record) (result, error) {
		t, err := holds(ctx, rec)
		if err != nil {
			return result{}, fmt.Errorf("transform: filter: %w", err)
		}
		r, err := keep(ctx, rec, t.yes)
		if err != nil {
			return result{}, fmt.Errorf("transform: filter: %w", err)
		}
		return r, nil
	}}, nil
}
