package transform

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
)

type function struct {
	fingerprint string
	schema      func(in *arrow.Schema) (*arrow.Schema, error)
	fn          func(ctx context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error)
}

// Func is a whole transform made of a function, which has the contract of [Processor.Process]: rec is
// borrowed, what it returns passes on, it works row for row and is called from several goroutines at once.
// It never sees a record without rows. compute.GetAllocator(ctx) is the allocator to use.
//
// fingerprint is the function's part of [Transform.Fingerprint]: change it when the effect on rows changes.
// schema says which schema the records returned have for one given; nil means the same.
func Func(
	fingerprint string,
	schema func(in *arrow.Schema) (*arrow.Schema, error),
	fn func(ctx context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error),
) Transform {
	if fingerprint == "" {
		return failed{"func", errNoFingerprint}
	}
	if fn == nil {
		return failed{"func", errors.New("the function is nil")}
	}
	return function{fingerprint, schema, fn}
}

var errNoFingerprint = errors.New("the fingerprint is empty; give a text that changes with what the function does, such as \"v1\"")

func (f function) Fingerprint() string { return fmt.Sprintf("func(%q)", f.fingerprint) }

func (f function) Bind(_ context.Context, in *arrow.Schema) (Processor, error) {
	out := in
	if f.schema != nil {
		var err error
		if out, err = f.schema(in); err != nil {
			return nil, fmt.Errorf("transform: func %q: %w", f.fingerprint, err)
		}
		if out == nil {
			return nil, fmt.Errorf("transform: func %q: it gave no schema", f.fingerprint)
		}
	}
	return &custom{name: f.fingerprint, in: in, out: out, fn: f.fn}, nil
}

// custom is not a processor, because which row became which is not known.
type custom struct {
	name    string
	in, out *arrow.Schema
	fn      func(ctx context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error)
}

func (c *custom) Schema() *arrow.Schema { return c.out }

func (c *custom) Close(context.Context) error { return nil }

func (c *custom) Process(ctx context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
	if ctx.Err() != nil {
		return nil, nil, fmt.Errorf("transform: func %q: %w", c.name, context.Cause(ctx))
	}
	if s := rec.Schema(); s != c.in && !s.Equal(c.in) {
		return nil, nil, fmt.Errorf("transform: func %q: the record has another schema than the one bound to: %v; bound to %v", c.name, s, c.in)
	}
	if rec.NumRows() == 0 {
		return nil, nil, nil
	}
	out, rejected, err := c.fn(ctx, rec)
	if err != nil {
		result{out: out, rejected: rejected}.release()
		return nil, nil, fmt.Errorf("transform: func %q: %w", c.name, err)
	}
	if out != nil && out.Schema() != c.out && !out.Schema().Equal(c.out) {
		err := fmt.Errorf("transform: func %q: it returned a record of schema %v, not of %v as announced", c.name, out.Schema(), c.out)
		result{out: out, rejected: rejected}.release()
		return nil, nil, err
	}
	return out, rejected, nil
}
