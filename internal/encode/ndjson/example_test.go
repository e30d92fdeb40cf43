package ndjson_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/encode/ndjson"
)

func ExampleEncoder() {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "at", Type: arrow.FixedWidthTypes.Timestamp_ms},
		{Name: "tags", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[
		{"id": 1, "at": "2024-02-29T12:34:56.007Z", "tags": ["new", "a \"quote\""]},
		{"id": 2, "at": "2024-02-29T12:35:00Z", "tags": null}]`))
	if err != nil {
		log.Fatal(err)
	}
	defer rec.Release()

	e, err := ndjson.New(schema, &ndjson.Options{Names: strings.ToUpper})
	if err != nil {
		log.Fatal(err)
	}
	if err := e.Bind(rec); err != nil {
		log.Fatal(err)
	}
	const request = 80 // bytes
	for row := 0; row < int(rec.NumRows()); {
		body, next := e.Append(nil, row, int(rec.NumRows()), request)
		if next == row {
			log.Fatalf("row %d alone is too large", row)
		}
		fmt.Printf("%d row: %s", next-row, body)
		row = next
	}
	// Output:
	// 1 row: {"ID":1,"AT":"2024-02-29T12:34:56.007+00:00","TAGS":["new","a \"quote\""]}
	// 1 row: {"ID":2,"AT":"2024-02-29T12:35:00+00:00"}
}
