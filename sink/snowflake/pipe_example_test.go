package snowflake_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/floedata/floe/sink/sinktest"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// Snowpipe is called by a user who has a key pair, and loads without a warehouse.
func ExampleOpenPipe() {
	server, err := snowflaketest.New(snowflaketest.Options{
		Users: []snowflaketest.User{{Name: "LOADER", Password: "x", PublicKey: &testkey.Private().PublicKey}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	ctx := context.Background()
	driver := server.Config()
	driver.PrivateKey = testkey.Private()
	dst, err := snowflake.OpenPipe(ctx, snowflake.Config{Driver: driver}, "answers", &snowflake.PipeOptions{Poll: 10 * time.Millisecond})
	if err != nil {
		log.Fatal(err)
	}
	defer dst.Close(ctx)
	rec := answers("study-7/intake/1")
	defer rec.Release()
	// A pipeline does what follows, batch for batch.
	w, committed, err := dst.Open(ctx, "study-7", "intake")
	if err != nil {
		log.Fatal(err)
	}
	b, err := sinktest.NewBatch("study-7", "intake", committed, "1", rec.Schema(), rec)
	if err != nil {
		log.Fatal(err)
	}
	defer b.Release()
	if err := w.Prepare(ctx, b.Schema); err != nil {
		log.Fatal(err)
	}
	receipt, err := w.Load(ctx, b)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(receipt.Rows, "rows in", dst.Latency().Files, "file")
	// Output: 2 rows in 1 file
}
