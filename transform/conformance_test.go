package transform_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/transform"
	"github.com/floedata/floe/transform/transformtest"
)

// same passes records on.
func same(_ context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
	rec.Retain()
	return rec, nil, nil
}

// twice gives every row two times, in order.
func twice(mem memory.Allocator, rec arrow.Record) (arrow.Record, error) {
	cols := make([]arrow.Array, rec.NumCols())
	for i, col := range rec.Columns() {
		var parts []arrow.Array
		for row := range rec.NumRows() {
			part := array.NewSlice(col, row, row+1)
			defer part.Release()
			parts = append(parts, part, part)
		}
		var err error
		if cols[i], err = array.Concatenate(parts, mem); err != nil {
			return nil, err
		}
		defer cols[i].Release()
	}
	return array.NewRecord(rec.Schema(), cols, 2*rec.NumRows()), nil
}

func evenOrA(in *transform.Inputs) func(transform.Row) bool {
	id, code := transform.Column[int64](in, "id"), transform.Column[string](in, "code")
	return func(r transform.Row) bool { return id.At(r)%2 == 0 || code.At(r) == "LAX" }
}

// sum adds ratio and delay; where delay is null, so is the sum, and a delay of 300 is refused.
func sum(in *transform.Inputs) func(transform.Row) (float64, error) {
	ratio, delay := transform.Column[float64](in, "ratio"), transform.Column[int64](in, "delay")
	return func(r transform.Row) (float64, error) {
		switch {
		case delay.IsNull(r):
			return 0, transform.ErrNull
		case delay.At(r) > 300:
			return 0, fmt.Errorf("a delay of %d", delay.At(r))
		}
		return ratio.At(r) + float64(delay.At(r)), nil
	}
}

func TestConformance(t *testing.T) {
	type T = transform.Transform
	tests := map[string]transformtest.Harness{
		"select": {
			New:      func() T { return transform.Select("origin", "place", "id") },
			Variant:  func() T { return transform.Select("origin", "id", "place") },
			Needs:    []string{"origin", "place", "id"},
			OneToOne: true,
		},
		"drop": {
			New:      func() T { return transform.Drop("tags", "id") },
			Variant:  func() T { return transform.Drop("tags") },
			Needs:    []string{"tags", "id"},
			OneToOne: true,
		},
		"rename": {
			New:      func() T { return transform.Rename(map[string]string{"id": "delay", "delay": "id", "tags": "labels"}) },
			Variant:  func() T { return transform.Rename(map[string]string{"id": "delay", "delay": "id"}) },
			Needs:    []string{"tags", "id", "delay"},
			OneToOne: true,
		},
		"cast": {
			New: func() T {
				return transform.Cast(map[string]arrow.DataType{"delay": arrow.PrimitiveTypes.Int8, "id": text, "code": text}, nil)
			},
			Variant: func() T {
				return transform.Cast(map[string]arrow.DataType{"delay": arrow.PrimitiveTypes.Int8, "id": text, "code": text}, &transform.CastOptions{OnError: transform.Fail})
			},
			Needs:    []string{"delay", "id", "code"},
			OneToOne: true,
			Rejects:  []int64{14, 16, 17, 18, 19, 20, 21, 23},
		},
		"filter": {
			New: func() T {
				return transform.Filter(transform.Where("delay").Greater(10).Or(transform.Where("code").Equal("LAX")))
			},
			Variant: func() T { return transform.Filter(transform.Where("delay").Greater(11)) },
			Needs:   []string{"delay", "code"},
		},
		"filterfunc": {
			New:     func() T { return transform.FilterFunc("even or a", evenOrA) },
			Variant: func() T { return transform.FilterFunc("v2", evenOrA) },
			Needs:   []string{"id", "code"},
		},
		"derive": {
			New:      func() T { return transform.Derive("sum", "v1", sum) },
			Variant:  func() T { return transform.Derive("sum", "v2", sum) },
			Needs:    []string{"ratio", "delay"},
			OneToOne: true,
			Rejects:  []int64{19, 20, 21, 23},
		},
		"mask": {
			New:      func() T { return transform.Mask([]string{"origin", "code"}, &transform.MaskOptions{KeepLast: 1}) },
			Variant:  func() T { return transform.Mask([]string{"origin", "code"}, nil) },
			Needs:    []string{"origin", "code"},
			OneToOne: true,
		},
		"hash": {
			New:      func() T { return transform.Hash([]string{"origin", "code", "blob"}, []byte("key")) },
			Variant:  func() T { return transform.Hash([]string{"origin", "code", "blob"}, []byte("another")) },
			Needs:    []string{"origin", "code", "blob"},
			OneToOne: true,
		},
		"flatten": {
			New:      func() T { return transform.Flatten(nil) },
			Variant:  func() T { return transform.Flatten(&transform.FlattenOptions{Separator: "."}) },
			OneToOne: true,
		},
		"validate": {
			New: func() T {
				return transform.Validate(transform.NotNull("origin"), transform.Range("id", 0, 19), transform.Pattern("code", "^[JL]"))
			},
			Variant:  func() T { return transform.Validate(transform.NotNull("origin"), transform.Range("id", 0, 19)) },
			Needs:    []string{"origin", "id", "code"},
			OneToOne: true,
			Rejects:  []int64{2, 5, 8, 9, 14, 16, 17, 20, 21, 22, 23},
		},
		"func": {
			New:      func() T { return transform.Func("same", nil, same) },
			Variant:  func() T { return transform.Func("other", nil, same) },
			OneToOne: true,
		},
		"chain": {
			New: func() T {
				return transform.Chain(
					transform.Filter(transform.Where("id").NotEqual(4)),
					transform.Cast(map[string]arrow.DataType{"delay": arrow.PrimitiveTypes.Int8}, nil),
					transform.Rename(map[string]string{"delay": "late"}),
					transform.Select("late", "id", "counts"),
				)
			},
			Variant: func() T { return transform.Chain(transform.Select("late", "id")) },
			Needs:   []string{"id", "delay", "counts"},
			Rejects: []int64{14, 16, 17, 18, 19, 20, 21, 23},
		},
		"chain_blind": {
			New: func() T {
				return transform.Chain(
					transform.Func("same", nil, same),
					transform.Cast(map[string]arrow.DataType{"delay": arrow.PrimitiveTypes.Int8}, nil),
				)
			},
			Variant:  func() T { return transform.Chain(transform.Func("same", nil, same)) },
			Needs:    []string{"delay"},
			OneToOne: true,
			Rejects:  []int64{14, 16, 17, 18, 19, 20, 21, 23},
		},
	}
	for name, h := range tests {
		h.Input = wide
		t.Run(name, func(t *testing.T) {
			transformtest.Run(t, func(*testing.T) transformtest.Harness { return h })
		})
	}
}
