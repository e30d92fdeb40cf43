package transform_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/transform"
)

// orders is the record that the examples work on.
func orders() arrow.Record {
	schema := arrow.NewSchema([]arrow.Field{
		field("id", arrow.PrimitiveTypes.Int64),
		field("email", text),
		field("price", arrow.PrimitiveTypes.Float64),
		field("count", text),
		field("place", arrow.StructOf(field("city", text), field("zip", text))),
	}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[
		{"id": 1, "email": "ann@example.com", "price": 2.5, "count": "4", "place": {"city": "Bonn", "zip": "53111"}},
		{"id": 2, "email": "bob@example.com", "price": 10, "count": "some", "place": null},
		{"id": 3, "email": null, "price": 7.25, "count": "1", "place": {"city": "Graz", "zip": null}}
	]`))
	if err != nil {
		panic(err)
	}
	return rec
}

// run prints what a transform makes of the orders.
func run(t transform.Transform) {
	rec := orders()
	defer rec.Release()
	out, rejected, err := apply(context.Background(), t, rec)
	if err != nil {
		fmt.Println(err)
		return
	}
	if out != nil {
		defer out.Release()
		printRecord(out)
	}
	defer rejected.Release()
	for _, r := range showRejects(rejected) {
		fmt.Println("rejected:", r)
	}
}

func ExampleSelect() {
	run(transform.Select("price", "id"))
	// Output:
	// price|id
	// 2.5|1
	// 10|2
	// 7.25|3
}

func ExampleDrop() {
	run(transform.Drop("email", "place"))
	// Output:
	// id|price|count
	// 1|2.5|4
	// 2|10|some
	// 3|7.25|1
}

func ExampleRename() {
	run(transform.Chain(transform.Select("id", "count"), transform.Rename(map[string]string{"id": "order"})))
	// Output:
	// order|count
	// 1|4
	// 2|some
	// 3|1
}

func ExampleCast() {
	run(transform.Chain(
		transform.Select("id", "count"),
		transform.Cast(map[string]arrow.DataType{"count": arrow.PrimitiveTypes.Int32}, nil),
	))
	// Output:
	// id|count
	// 1|4
	// 3|1
	// rejected: 1 invalid count: column "count": cannot cast "some" from utf8 to int32: it cannot be read
}

func ExampleFilter() {
	run(transform.Chain(
		transform.Filter(transform.Where("price").Greater(5).And(transform.Where("email").IsNotNull())),
		transform.Select("id", "email", "price"),
	))
	// Output:
	// id|email|price
	// 2|bob@example.com|10
}

func ExampleFilterFunc() {
	run(transform.Chain(
		transform.FilterFunc("email of ann", func(in *transform.Inputs) func(transform.Row) bool {
			email := transform.Column[string](in, "email")
			return func(r transform.Row) bool { return strings.HasPrefix(email.At(r), "ann@") }
		}),
		transform.Select("id", "email"),
	))
	// Output:
	// id|email
	// 1|ann@example.com
}

func ExampleDerive() {
	run(transform.Chain(
		transform.Filter(transform.Where("id").NotEqual(2)),
		transform.Cast(map[string]arrow.DataType{"count": arrow.PrimitiveTypes.Int32}, nil),
		transform.Derive("total", "price*count", func(in *transform.Inputs) func(transform.Row) (float64, error) {
			price, count := transform.Column[float64](in, "price"), transform.Column[int64](in, "count")
			return func(r transform.Row) (float64, error) {
				if price.At(r) < 0 {
					return 0, errors.New("the price is negative")
				}
				return price.At(r) * float64(count.At(r)), nil
			}
		}),
		transform.Select("id", "total"),
	))
	// Output:
	// id|total
	// 1|10
	// 3|7.25
}

func ExampleMask() {
	run(transform.Chain(
		transform.Mask([]string{"email"}, &transform.MaskOptions{KeepLast: 4}),
		transform.Select("id", "email"),
	))
	// Output:
	// id|email
	// 1|***********.com
	// 2|***********.com
	// 3|(null)
}

func ExampleHash() {
	key := []byte("read it from where you keep secrets")
	run(transform.Chain(
		transform.Hash([]string{"email"}, key),
		transform.Derive("email", "first 12 digits", func(in *transform.Inputs) func(transform.Row) (string, error) {
			email := transform.Column[string](in, "email")
			return func(r transform.Row) (string, error) {
				if email.IsNull(r) {
					return "", transform.ErrNull
				}
				return email.At(r)[:12], nil
			}
		}),
		transform.Select("id", "email"),
	))
	// Output:
	// id|email
	// 1|8ea0495f925c
	// 2|561ebb7c14a4
	// 3|(null)
}

func ExampleFlatten() {
	run(transform.Chain(transform.Select("id", "place"), transform.Flatten(nil)))
	// Output:
	// id|place_city|place_zip
	// 1|Bonn|53111
	// 2|(null)|(null)
	// 3|Graz|(null)
}

func ExampleValidate() {
	run(transform.Chain(
		transform.Validate(
			transform.NotNull("email"),
			transform.Range("price", 0, 9.99),
			transform.Pattern("count", "^[0-9]+$"),
		),
		transform.Select("id", "email"),
	))
	// Output:
	// id|email
	// 1|ann@example.com
	// rejected: 1 validation price: column "price": "10" breaks the rule range 0 to 9.99
	// rejected: 2 null email: column "email": null breaks the rule not null
}

func ExampleFunc() {
	// The last two columns change places.
	swap := func(s *arrow.Schema) (*arrow.Schema, error) {
		f := s.Fields()
		f[len(f)-1], f[len(f)-2] = f[len(f)-2], f[len(f)-1]
		return arrow.NewSchema(f, nil), nil
	}
	run(transform.Chain(
		transform.Select("id", "email", "price"),
		transform.Func("swap", swap, func(_ context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
			schema, err := swap(rec.Schema())
			if err != nil {
				return nil, nil, err
			}
			cols := []arrow.Array{rec.Column(0), rec.Column(2), rec.Column(1)}
			return array.NewRecord(schema, cols, rec.NumRows()), nil, nil
		}),
	))
	// Output:
	// id|price|email
	// 1|2.5|ann@example.com
	// 2|10|bob@example.com
	// 3|7.25|(null)
}

func ExampleChain() {
	clean := transform.Chain(
		transform.Rename(map[string]string{"count": "pieces"}),
		transform.Cast(map[string]arrow.DataType{"pieces": arrow.PrimitiveTypes.Int32}, nil),
		transform.Select("id", "pieces"),
	)
	rec := orders()
	defer rec.Release()
	ctx := compute.WithAllocator(context.Background(), memory.NewGoAllocator())
	out, rejected, err := apply(ctx, clean, rec)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer out.Release()
	defer rejected.Release()
	printRecord(out)
	printRecord(rejected.Record) // as it was before the chain
	// Output:
	// id|pieces
	// 1|4
	// 3|1
	// id|email|price|count|place
	// 2|bob@example.com|10|some|(null)
}
