package batching_test

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/batching"
)

func TestBytes(t *testing.T) {
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.PrimitiveTypes.Int32}
	for _, tc := range []struct {
		name string
		dt   arrow.DataType
		json string // of 16 rows
		all  int64
		one  int64 // of the second row alone
	}{
		{"int32", arrow.PrimitiveTypes.Int32, `1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16`, 2 + 64, 1 + 4},
		{"bool", arrow.FixedWidthTypes.Boolean, `true,null,true,true,true,true,true,true,true,true,true,true,true,true,true,true`, 2 + 2, 1 + 1},
		{"string", arrow.BinaryTypes.String, `"a","bcd","","","","","","","","","","","","","",null`, 2 + 17*4 + 4, 1 + 2*4 + 3},
		{"large string", arrow.BinaryTypes.LargeString, `"a","bcd","","","","","","","","","","","","","",null`, 2 + 17*8 + 4, 1 + 2*8 + 3},
		{"list", arrow.ListOf(arrow.PrimitiveTypes.Int32), `[1],[2,3],[],[],[],[],[],[],[],[],[],[],[],[],[],null`, 2 + 17*4 + 1 + 12, 1 + 2*4 + 1 + 8},
		{"fixed list", arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int64), `[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],[1,2],null`, 2 + 4 + 256, 1 + 1 + 16},
		{"dictionary", dict, `7,8,7,7,7,7,7,7,7,7,7,7,7,7,7,null`, 2 + 32 + 8, 1 + 2 + 8},
		{"null", arrow.Null, `null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null`, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mem := checked(t)
			b := array.NewBuilder(mem, tc.dt)
			defer b.Release()
			if err := b.UnmarshalJSON([]byte("[" + tc.json + "]")); err != nil {
				t.Fatal(err)
			}
			col := b.NewArray()
			defer col.Release()
			schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: tc.dt, Nullable: true}}, nil)
			rec := array.NewRecord(schema, []arrow.Array{col}, 16)
			defer rec.Release()
			slice := rec.NewSlice(1, 2)
			defer slice.Release()
			if got := batching.Bytes(rec); got != tc.all {
				t.Errorf("Bytes of 16 rows = %d, want %d", got, tc.all)
			}
			if got := batching.Bytes(slice); got != tc.one {
				t.Errorf("Bytes of a slice of 1 row = %d, want %d", got, tc.one)
			}
		})
	}
}

// TestAllocations guards the paths that run once a record.
func TestAllocations(t *testing.T) {
	mem := memory.DefaultAllocator
	one, whole := ints(mem, 0, 1), ints(mem, 0, 1000)
	defer one.Release()
	defer whole.Release()
	if n := testing.AllocsPerRun(100, func() { batching.Bytes(whole) }); n != 0 {
		t.Errorf("Bytes: %v allocations", n)
	}
	b := batching.NewBatcher(mem, batching.Policy{}, 1000)
	defer b.Release()
	add(t, b, one)
	if n := testing.AllocsPerRun(900, func() { add(t, b, one) }); n > 0.1 {
		t.Errorf("Add of a record of one row: %v allocations", n)
	}
	b.Release()
	if n := testing.AllocsPerRun(100, func() { add(t, b, whole); release(seal(t, b)) }); n > 2 {
		t.Errorf("Add and Seal of a record of the right size: %v allocations", n)
	}
}

// TestBatcherEndsFullArrays: lists have offsets of 32 bits, so that two of 2^31-1 elements never share an array.
func TestBatcherEndsFullArrays(t *testing.T) {
	for _, rows := range []int{1, 100} {
		mem := checked(t)
		const most = 1<<31 - 1
		offsets := make([]int32, rows+1)
		offsets[rows] = most
		child := array.NewNull(most)
		defer child.Release()
		dt := arrow.ListOf(arrow.Null)
		data := array.NewData(dt, rows, []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets))},
			[]arrow.ArrayData{child.Data()}, 0, 0)
		defer data.Release()
		col := array.NewListData(data)
		defer col.Release()
		rec := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "l", Type: dt}}, nil), []arrow.Array{col}, int64(rows))
		defer rec.Release()

		b := batching.NewBatcher(mem, batching.Policy{}, int64(2*rows))
		add(t, b, rec, rec)
		out := seal(t, b)
		if len(out) != 2 || out[0].NumRows() != int64(rows) || out[1].NumRows() != int64(rows) {
			t.Errorf("%d rows: sizes %v, want two records: one array cannot hold both", rows, sizes(out))
		}
		release(out)
	}
}
