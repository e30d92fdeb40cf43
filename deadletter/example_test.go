package deadletter_test

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
)

func ExampleSplit() {
	schema := arrow.NewSchema([]arrow.Field{{Name: "age", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[{"age": 31}, {"age": -4}, {"age": 58}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rec.Release()

	kept, rejected, err := deadletter.Split(memory.DefaultAllocator, rec, []deadletter.Reason{
		{Row: 1, Code: deadletter.CodeValidation, Column: "age", Message: "an age below 0"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer kept.Release()
	defer rejected.Release()
	fmt.Println("kept", kept.Column(0))

	letters := rejected.WithReasons(memory.DefaultAllocator, deadletter.Origin{Stage: "transform 1", Pipeline: "people", Partition: "people.csv", Offset: "0"})
	defer letters.Release()
	for i, f := range letters.Schema().Fields() {
		fmt.Println(f.Name, letters.Column(i).ValueStr(0))
	}
	// Output:
	// kept [31 58]
	// age -4
	// _floe_reason an age below 0
	// _floe_code validation
	// _floe_column age
	// _floe_stage transform 1
	// _floe_pipeline people
	// _floe_partition people.csv
	// _floe_offset 0
	// _floe_row 1
}
