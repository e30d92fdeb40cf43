// Transforms loads some days of Seattle's weather through a chain of transforms, and prints the rows that came
// through, and those that were rejected with the reason of each.
//
//	go run ./examples/transforms
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/source/file"
	"github.com/floedata/floe/transform"
)

const weather = "examples/quickstart/seattle-weather.csv"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, weather); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// snowfall makes of all days those with snow since December 2012. A day of snow above 8 °C is doubtful: rejected.
func snowfall() []transform.Transform {
	winter := time.Date(2012, time.December, 1, 0, 0, 0, 0, time.UTC)
	return []transform.Transform{
		transform.Rename(map[string]string{"date": "day", "temp_max": "high", "temp_min": "low"}),
		transform.Filter(transform.Where("weather").Equal("snow").And(transform.Where("day").GreaterEqual(winter))),
		transform.Validate(transform.NotNull("low"), transform.Range("high", -30, 8)),
		transform.Derive("frost", "low < 0", func(in *transform.Inputs) func(transform.Row) (bool, error) {
			low := transform.Column[float64](in, "low")
			return func(r transform.Row) (bool, error) { return low.At(r) < 0, nil }
		}),
		transform.Cast(map[string]arrow.DataType{
			"day":  arrow.BinaryTypes.String,
			"high": &arrow.Decimal128Type{Precision: 4, Scale: 1},
		}, nil),
		transform.Mask([]string{"day"}, &transform.MaskOptions{KeepFirst: len("2012-12")}),
		transform.Select("day", "high", "frost"),
	}
}

func run(ctx context.Context, out io.Writer, path string) (err error) {
	src, err := file.New([]string{path}, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close(context.WithoutCancel(ctx))) }()
	rows, rejects := sink.NewMemory(nil), sink.NewMemory(nil)
	defer rows.Release()
	defer rejects.Release()
	p, err := floe.New("snowfall", src, rows, &floe.Options{Transforms: snowfall(), DeadLetter: rejects})
	if err != nil {
		return err
	}
	res, err := p.Run(ctx)
	if err != nil {
		return err
	}
	if err := show(out, rows, "day", "high", "frost"); err != nil {
		return err
	}
	fmt.Fprintln(out)
	if err := show(out, rejects, "day", "_floe_stage", "_floe_reason"); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\n%s\n", res)
	return err
}

// show prints columns of all rows that a sink has.
func show(out io.Writer, m *sink.Memory, columns ...string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(columns, "\t"))
	for _, rec := range m.Records() {
		for i := range int(rec.NumRows()) {
			cells := make([]string, len(columns))
			for c, name := range columns {
				cells[c] = rec.Column(rec.Schema().FieldIndices(name)[0]).ValueStr(i)
			}
			fmt.Fprintln(w, strings.Join(cells, "\t"))
		}
		rec.Release()
	}
	return w.Flush()
}
