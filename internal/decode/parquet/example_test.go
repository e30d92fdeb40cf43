package parquet_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/floedata/floe/internal/decode/parquet"
)

func ExampleOpen() {
	ctx := context.Background()
	b, err := os.ReadFile("testdata/polars.parquet")
	if err != nil {
		log.Fatal(err)
	}
	f, err := parquet.Open(ctx, bytes.NewReader(b), int64(len(b)))
	if err != nil {
		log.Fatal(err)
	}
	r, err := f.Reader(parquet.Options{Columns: []string{"i", "s"}, Start: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	for {
		rec, err := r.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(rec.Column(0), rec.Column(1))
		rec.Release()
	}
	// Output: [(null) 3] [(null) "c"]
}
