// Custom_source has a source of one's own, which its test holds against the conformance suite: the readings of a
// station's sensors, page by page. The program loads them; loads again, when there are no new ones; and loads
// once more, when one sensor has measured on.
//
//	go run ./examples/custom_source
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe"
	"github.com/floedata/floe/sink"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	s := newStation("cellar", "roof")
	s.measure("cellar", 1000)
	s.measure("roof", 2500)
	dst := sink.NewMemory(nil)
	defer dst.Release()
	p, err := floe.New("readings", &stationSource{s, memory.DefaultAllocator}, dst, nil)
	if err != nil {
		return err
	}
	for range 3 {
		res, err := p.Run(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s; %d rows are there\n", res, dst.Rows())
		if res.Read == 0 {
			s.measure("roof", 42)
		}
	}
	return nil
}
