package deadletter_test

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
)

func TestStrip(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	meta := arrow.MetadataFrom(map[string]string{"from": "here"})
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "_floe_reasons", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, // not one of ours
		{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	}, &meta)
	b := array.NewRecordBuilder(mem, schema)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues([]int64{7, 8}, nil)
	b.Field(1).(*array.Int64Builder).AppendValues([]int64{1, 2}, nil)
	rows := &deadletter.Rows{Record: b.NewRecord(), Reasons: make([]deadletter.Reason, 2)}
	defer rows.Release()

	stored := rows.WithReasons(mem, deadletter.Origin{Stage: "sink"})
	got := deadletter.Strip(stored)
	stored.Release()
	if !got.Schema().Equal(schema) || !array.RecordEqual(got, rows.Record) {
		t.Errorf("got %v\nwant %v", got, rows.Record)
	}
	again := deadletter.Strip(got)
	if !array.RecordEqual(again, got) {
		t.Errorf("without the columns it is %v", again)
	}
	again.Release()
	got.Release()
}

func TestStripOfReasonsAlone(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	rows := &deadletter.Rows{Record: array.NewRecord(arrow.NewSchema(nil, nil), nil, 3), Reasons: make([]deadletter.Reason, 3)}
	defer rows.Release()
	stored := rows.WithReasons(mem, deadletter.Origin{})
	defer stored.Release()
	got := deadletter.Strip(stored)
	defer got.Release()
	if got.NumRows() != 3 || got.NumCols() != 0 {
		t.Errorf("got %d rows and %d columns", got.NumRows(), got.NumCols())
	}
}
