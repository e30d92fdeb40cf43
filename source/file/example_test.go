package file_test

import (
	"context"
	"fmt"
	"io"
	"log"

	"github.com/apache/arrow/go/v17/arrow"
	"gocloud.dev/blob/memblob"

	"github.com/floedata/floe/source/file"
)

// All CSV files of a directory, read to the end.
func ExampleNew() {
	ctx := context.Background()
	src, err := file.New([]string{"testdata/seattle-*.csv"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close(ctx)
	for p, err := range src.Partitions(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		r, err := p.Open(ctx, "") // or after the position of the last batch that was loaded
		if err != nil {
			log.Fatal(err)
		}
		defer r.Close(ctx)
		for _, f := range r.Schema().Fields() {
			fmt.Println(f.Name, f.Type)
		}
		rows := int64(0)
		for {
			b, err := r.Next(ctx)
			if err == io.EOF {
				break
			}
			if err != nil {
				log.Fatal(err)
			}
			rows += b.Record.NumRows()
			b.Release()
		}
		fmt.Println(rows, "rows")
	}
	// Output:
	// date date32
	// precipitation float64
	// temp_max float64
	// temp_min float64
	// wind float64
	// weather utf8
	// 1461 rows
}

// Objects of a bucket that is open already, a column of a type that inference would not give it, and a
// value that is not of its column's type.
func ExampleNew_bucket() {
	ctx := context.Background()
	bucket := memblob.OpenBucket(nil)
	defer bucket.Close()
	if err := bucket.WriteAll(ctx, "in/2024/a.ndjson", []byte("{\"id\": 1, \"price\": 2.5}\n{\"id\": 2, \"price\": \"free\"}\n"), nil); err != nil {
		log.Fatal(err)
	}
	src, err := file.New([]string{"in/**/*.ndjson"}, &file.Options{
		Bucket: bucket,
		Types:  map[string]arrow.DataType{"price": arrow.PrimitiveTypes.Float32},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close(ctx)
	for p, err := range src.Partitions(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		r, err := p.Open(ctx, "")
		if err != nil {
			log.Fatal(err)
		}
		defer r.Close(ctx)
		b, err := r.Next(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(b.Record.NumRows(), "row:", b.Record.Column(1))
		for _, reason := range b.Rejected.Reasons {
			fmt.Println("rejected:", reason.Message)
		}
		b.Release()
	}
	// Output:
	// 1 row: [2.5]
	// rejected: in/2024/a.ndjson: line 2: column "price": "free" is not a value of type float32
}
