package main

import (
	"context"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
)

func TestShelf(t *testing.T) {
	sinktest.Run(t, func(testing.TB) sinktest.Harness {
		s := newShelf()
		return sinktest.Harness{
			Open:   func(context.Context) (sink.Sink, error) { return s, nil },
			Read:   func(context.Context) ([]arrow.Record, error) { return s.Records(), nil },
			Close:  s.Empty,
			Types:  sinktest.AllTypes(), // those that come back as they were
			Strict: true,                // other columns are an error
		}
	})
}
