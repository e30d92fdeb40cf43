package json_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/decode/json"
	"github.com/floedata/floe/internal/decode/text"
)

func Example() {
	in := `[
  {"id": 1, "tags": ["a", "b"], "at": "2024-01-01T10:00:00Z"},
  {"at": null, "id": 2},
  {"id": "three"}
]`
	o := json.Options{Array: json.IsArray([]byte(in))}
	schema, _, err := json.Infer([]byte(in[:100]), false, o, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := json.NewDecoder(memory.DefaultAllocator, schema, o)
	if err != nil {
		fmt.Println(err)
		return
	}
	s := json.NewSplitter(strings.NewReader(in), o, 0, text.Mark{})
	for {
		block, err := s.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		block.Name = "events.json"
		rec, rejected, err := d.Decode(block)
		block.Free()
		if err != nil {
			fmt.Println(err)
			return
		}
		for i, c := range rec.Columns() {
			fmt.Println(schema.Field(i).Name, c)
		}
		for _, r := range rejected.Reasons {
			fmt.Println(r.Message)
		}
		rec.Release()
		rejected.Release()
	}
	// Output:
	// id [1 2]
	// tags [["a" "b"] (null)]
	// at [1704103200000000 (null)]
	// events.json: line 4: column "id": "three" is not a value of type int64
}
