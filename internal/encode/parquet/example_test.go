package parquet_test

import (
	"bytes"
	"fmt"
	"log"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/encode/parquet"
)

func ExampleNewWriter() {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "city", Type: arrow.BinaryTypes.String},
		{Name: "visits", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema,
		strings.NewReader(`[{"city": "Oslo", "visits": 3}, {"city": "Bergen", "visits": null}]`))
	if err != nil {
		log.Fatal(err)
	}
	defer rec.Release()

	var file bytes.Buffer
	w, err := parquet.NewWriter(&file, schema, &parquet.Options{Codec: parquet.Snappy})
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Write(rec); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(w.Size() == int64(file.Len()), string(file.Bytes()[:4]))
	// Output: true PAR1
}

func ExampleCheck() {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "took", Type: arrow.FixedWidthTypes.Duration_ms},
	}, nil)
	fmt.Println(parquet.Check(schema))
	// Output: encode/parquet: column "took": values of type duration[ms] have no form in Parquet that keeps them: convert the column before, or leave it out
}
