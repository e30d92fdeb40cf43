package csv_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/internal/decode/csv"
	"github.com/floedata/floe/internal/decode/text"
)

func Example() {
	in := "code,since,height\n00501,2012-01-01,12.8\n00544,,high\n00601,2014-06-30,\n"
	o := csv.Options{}
	schema, err := csv.Infer([]byte(in[:45]), false, o, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := csv.NewDecoder(memory.DefaultAllocator, schema, nil, o)
	if err != nil {
		fmt.Println(err)
		return
	}
	s := csv.NewSplitter(strings.NewReader(in), o, 0, text.Mark{})
	for {
		block, err := s.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		block.Name = "places.csv"
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
	// code ["00501" "00601"]
	// since [15340 16251]
	// height [12.8 (null)]
	// places.csv: line 3: column "height": "high" is not a value of type float64
}

func ExampleHeader() {
	names, data, err := csv.Header([]byte("id;\"the name\";\n1;x;y\n"), true, csv.Options{Comma: ';'})
	fmt.Printf("%q %d %v\n", names, data.Offset, err)
	// Output: ["id" "the name" "column2"] 15 <nil>
}
