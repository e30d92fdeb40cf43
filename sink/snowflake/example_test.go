package snowflake_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// What is wrong with a configuration is told at once, before anything is connected to.
func ExampleOpen() {
	ctx := context.Background()
	s, err := snowflake.Open(ctx, snowflake.Config{}, "orders", &snowflake.Options{Mode: sink.Upsert})
	var bad *config.Error
	if errors.As(err, &bad) {
		for _, f := range bad.Faults {
			fmt.Println(f.Field)
		}
		return
	}
	defer s.Close(ctx)
	// Output:
	// Options.Key
	// Config.DSN
}

// A workflow engine runs each step once or more: a batch that was loaded is not loaded again.
func ExampleLoader() {
	server, err := snowflaketest.New(snowflaketest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	ctx := context.Background()
	l, err := snowflake.OpenLoader(ctx, snowflake.Config{DSN: server.DSN()}, "answers", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close(ctx)
	for _, id := range []string{"study-7/intake/1", "study-7/intake/2", "study-7/intake/1"} {
		rec := answers(id)
		rows, err := l.WriteBatch(ctx, id, rec)
		rec.Release()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(id, rows)
	}
	// Output:
	// study-7/intake/1 2
	// study-7/intake/2 2
	// study-7/intake/1 2
}

// answers makes the rows of a batch.
func answers(batch string) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		{Name: "batch", Type: arrow.BinaryTypes.String}, {Name: "question", Type: arrow.PrimitiveTypes.Int64},
	}, nil))
	defer b.Release()
	b.Field(0).(*array.StringBuilder).AppendValues([]string{batch, batch}, nil)
	b.Field(1).(*array.Int64Builder).AppendValues([]int64{1, 2}, nil)
	return b.NewRecord()
}

// Snowpipe Streaming takes no password, and what is streamed is seen at once.
func ExampleOpenStreaming() {
	ctx := context.Background()
	cfg := snowflake.Config{DSN: "me:secret@myorg-account/db/schema?warehouse=wh"}
	s, err := snowflake.OpenStreaming(ctx, cfg, "orders", &snowflake.StreamingOptions{Mode: sink.Replace})
	var bad *config.Error
	if errors.As(err, &bad) {
		for _, f := range bad.Faults {
			fmt.Println(f.Field)
		}
		return
	}
	defer s.Close(ctx)
	// Output:
	// StreamingOptions.Mode
	// Config
}
