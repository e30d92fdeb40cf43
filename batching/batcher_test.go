package batching_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/batching"
)

var noon = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func checked(t testing.TB) *memory.CheckedAllocator {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

// ints makes a record of n rows of an int64 and a string, counting from first.
func ints(mem memory.Allocator, first, n int) arrow.Record {
	b := array.NewRecordBuilder(mem, arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil))
	defer b.Release()
	for i := range n {
		id := int64(first + i)
		if id%7 == 3 {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("row ", id))
		}
		b.Field(0).(*array.Int64Builder).Append(id)
	}
	return b.NewRecord()
}

func add(t testing.TB, b *batching.Batcher, recs ...arrow.Record) {
	t.Helper()
	for _, rec := range recs {
		if err := b.Add(rec, noon); err != nil {
			t.Fatalf("Add: %v", err)
		}
	}
}

func seal(t testing.TB, b *batching.Batcher) []arrow.Record {
	t.Helper()
	out, err := b.Seal()
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	return out
}

func release(recs []arrow.Record) {
	for _, r := range recs {
		r.Release()
	}
}

func sizes(recs []arrow.Record) []int64 {
	var n []int64
	for _, r := range recs {
		n = append(n, r.NumRows())
	}
	return n
}

// render writes each row as text, so that rows can be compared however they are laid out.
func render(recs []arrow.Record) []string {
	var out []string
	for _, rec := range recs {
		for i := range int(rec.NumRows()) {
			var s strings.Builder
			for _, col := range rec.Columns() {
				if col.IsNull(i) {
					s.WriteString("null")
				} else {
					fmt.Fprintf(&s, "%q", col.ValueStr(i))
				}
				s.WriteByte('|')
			}
			out = append(out, s.String())
		}
	}
	return out
}

func TestBatcherCutsAndJoins(t *testing.T) {
	for _, tc := range []struct {
		name       string
		recordRows int64
		in         []int
		want       []int64
	}{
		{"nothing", 1000, nil, nil},
		{"no rows", 1000, []int{0, 0}, nil},
		{"exact", 1000, []int{1000, 1000}, []int64{1000, 1000}},
		{"multiple", 1000, []int{3000}, []int64{1000, 1000, 1000}},
		{"larger", 1000, []int{2500}, []int64{1000, 1000, 500}},
		{"smaller", 1000, []int{600, 600, 600}, []int64{1000, 800}},
		{"tiny", 1000, []int{1, 1, 1, 0, 1}, []int64{4}},
		{"tiny up to exact", 4, []int{1, 1, 1, 1, 1}, []int64{4, 1}},
		{"tiny before large", 1000, []int{10, 1000, 10}, []int64{1000, 20}},
		{"large before tiny", 1000, []int{990, 7, 3, 5}, []int64{1000, 5}},
		{"record of one row", 1, []int{3}, []int64{1, 1, 1}},
		{"as they come", 0, []int{500, 2000, 300}, []int64{500, 2000, 300}},
		{"as they come, tiny", 0, []int{5, 6, 500, 7, 8}, []int64{11, 500, 15}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mem := checked(t)
			b := batching.NewBatcher(mem, batching.Policy{}, tc.recordRows)
			var in []arrow.Record
			rows := 0
			for _, n := range tc.in {
				in = append(in, ints(mem, rows, n))
				rows += n
			}
			defer release(in)
			for range 2 { // it is usable again
				add(t, b, in...)
				if b.Rows() != int64(rows) {
					t.Errorf("Rows() = %d, want %d", b.Rows(), rows)
				}
				out := seal(t, b)
				defer release(out)
				if diff := cmp.Diff(tc.want, sizes(out)); diff != "" {
					t.Errorf("sizes mismatch (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(render(in), render(out)); diff != "" {
					t.Errorf("rows mismatch (-want +got):\n%s", diff)
				}
				if b.Rows() != 0 || b.Bytes() != 0 {
					t.Errorf("after Seal: %d rows, %d bytes", b.Rows(), b.Bytes())
				}
			}
		})
	}
}

func TestBatcherPassesWholeRecordsThrough(t *testing.T) {
	mem := checked(t)
	one, three := ints(mem, 0, 1000), ints(mem, 1000, 3000)
	defer one.Release()
	defer three.Release()
	b := batching.NewBatcher(mem, batching.Policy{}, 1000)
	before := mem.CurrentAlloc()
	add(t, b, one, three)
	out := seal(t, b)
	defer release(out)
	if got := mem.CurrentAlloc(); got != before {
		t.Errorf("joining allocated %d bytes, want none", got-before)
	}
	if diff := cmp.Diff([]int64{1000, 1000, 1000, 1000}, sizes(out)); diff != "" {
		t.Errorf("sizes mismatch (-want +got):\n%s", diff)
	}
	for i, rec := range out {
		from := three
		if i == 0 {
			from = one
		}
		for c := range rec.Columns() {
			for k, buf := range rec.Column(c).Data().Buffers() {
				if buf != from.Column(c).Data().Buffers()[k] {
					t.Errorf("record %d, column %d, buffer %d is a copy", i, c, k)
				}
			}
		}
	}
}

func TestBatcherRefusesAnotherSchema(t *testing.T) {
	mem := checked(t)
	rec := ints(mem, 0, 3)
	defer rec.Release()
	other := array.NewRecord(arrow.NewSchema(rec.Schema().Fields()[:1], nil), rec.Columns()[:1], 3)
	defer other.Release()

	b := batching.NewBatcher(mem, batching.Policy{}, 0)
	defer b.Release()
	add(t, b, rec)
	err := b.Add(other, noon)
	if err == nil || !strings.Contains(err.Error(), "schema") {
		t.Fatalf("Add of another schema: %v", err)
	}
	if b.Rows() != 3 {
		t.Errorf("Rows() = %d after a refused record, want 3", b.Rows())
	}
	release(seal(t, b))
	add(t, b, other) // sealed: any schema is welcome
	out := seal(t, b)
	defer release(out)
	if diff := cmp.Diff(render([]arrow.Record{other}), render(out)); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
}

func TestBatcherFullAndDeadline(t *testing.T) {
	mem := checked(t)
	rec := ints(mem, 0, 10)
	defer rec.Release()
	size := batching.Bytes(rec)
	for _, tc := range []struct {
		name   string
		policy batching.Policy
		adds   int
		full   bool
	}{
		{"no bound", batching.Policy{}, 5, false},
		{"below rows", batching.Policy{Rows: 21}, 2, false},
		{"at rows", batching.Policy{Rows: 20}, 2, true},
		{"below bytes", batching.Policy{Bytes: 2*size + 1}, 2, false},
		{"at bytes", batching.Policy{Bytes: 2 * size}, 2, true},
		{"empty", batching.Policy{Rows: 1, Bytes: 1}, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := batching.NewBatcher(mem, tc.policy, 0)
			defer b.Release()
			for range tc.adds {
				add(t, b, rec)
			}
			if b.Bytes() != int64(tc.adds)*size {
				t.Errorf("Bytes() = %d, want %d", b.Bytes(), int64(tc.adds)*size)
			}
			if b.Full() != tc.full {
				t.Errorf("Full() = %v, want %v", b.Full(), tc.full)
			}
			if at, ok := b.Deadline(); ok {
				t.Errorf("Deadline() = %v without a Delay", at)
			}
		})
	}

	b := batching.NewBatcher(mem, batching.Policy{Delay: time.Minute}, 0)
	if _, ok := b.Deadline(); ok {
		t.Error("an empty Batcher has a deadline")
	}
	add(t, b, rec)
	if err := b.Add(rec, noon.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if at, ok := b.Deadline(); !ok || !at.Equal(noon.Add(time.Minute)) {
		t.Errorf("Deadline() = %v, %v; want %v: it counts from the first row", at, ok, noon.Add(time.Minute))
	}
	b.Release()
	if _, ok := b.Deadline(); ok || b.Rows() != 0 {
		t.Error("Release left rows or a deadline")
	}
}

// TestBatcherDictionaries: rows with different dictionaries share a unified one; where the index type cannot
// tell so many values apart, a record ends early.
func TestBatcherDictionaries(t *testing.T) {
	small := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	wide := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.BinaryTypes.String}
	for _, tc := range []struct {
		name string
		dt   *arrow.DictionaryType
		rows int
		want []int64
	}{
		{"wide, tiny", wide, 50, []int64{200}},
		{"wide, large", wide, 300, []int64{1000, 200}},
		{"narrow", small, 50, []int64{100, 100}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mem := checked(t)
			schema := arrow.NewSchema([]arrow.Field{{Name: "d", Type: tc.dt, Nullable: true}}, nil)
			b := batching.NewBatcher(mem, batching.Policy{}, 1000)
			var in []arrow.Record
			for k := range 4 {
				rb := array.NewRecordBuilder(mem, schema)
				for i := range tc.rows {
					if i%11 == 5 {
						rb.Field(0).AppendNull()
					} else if err := rb.Field(0).(*array.BinaryDictionaryBuilder).AppendString(fmt.Sprint(k*7, "-", i%50)); err != nil {
						t.Fatal(err)
					}
				}
				in = append(in, rb.NewRecord())
				rb.Release()
			}
			defer release(in)
			add(t, b, in...)
			out := seal(t, b)
			defer release(out)
			if diff := cmp.Diff(tc.want, sizes(out)); diff != "" {
				t.Errorf("sizes mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(render(in), render(out)); diff != "" {
				t.Errorf("rows mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBatcherKeepsAnEqualDictionary: rows of one dictionary keep it, whether it is the same or a copy.
func TestBatcherKeepsAnEqualDictionary(t *testing.T) {
	mem := checked(t)
	schema := arrow.NewSchema([]arrow.Field{{
		Name: "d", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String},
	}}, nil)
	var in []arrow.Record
	for range 3 {
		rb := array.NewRecordBuilder(mem, schema)
		for i := range 400 {
			if err := rb.Field(0).(*array.BinaryDictionaryBuilder).AppendString(fmt.Sprint(i % 100)); err != nil {
				t.Fatal(err)
			}
		}
		in = append(in, rb.NewRecord())
		rb.Release()
	}
	defer release(in)
	b := batching.NewBatcher(mem, batching.Policy{}, 1200)
	add(t, b, in...)
	out := seal(t, b)
	defer release(out)
	if diff := cmp.Diff([]int64{1200}, sizes(out)); diff != "" {
		t.Fatalf("sizes mismatch (-want +got):\n%s", diff)
	}
	got := out[0].Column(0).Data().Dictionary()
	if want := in[0].Column(0).Data().Dictionary(); got.Buffers()[2] != want.Buffers()[2] {
		t.Error("the dictionary was copied")
	}
}

func TestBatcherWithoutColumns(t *testing.T) {
	mem := checked(t)
	rec := array.NewRecord(arrow.NewSchema(nil, nil), nil, 7)
	defer rec.Release()
	b := batching.NewBatcher(mem, batching.Policy{}, 10)
	add(t, b, rec, rec)
	out := seal(t, b)
	defer release(out)
	if diff := cmp.Diff([]int64{10, 4}, sizes(out)); diff != "" {
		t.Errorf("sizes mismatch (-want +got):\n%s", diff)
	}
}

func FuzzBatcher(f *testing.F) {
	for seed := range uint64(60) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		defer mem.AssertSize(t, 0)
		r := rand.New(rand.NewPCG(seed, 1))
		schema := randomSchema(r)
		recordRows := []int64{0, 1, 7, 300, 1000}[r.IntN(5)]
		b := batching.NewBatcher(mem, batching.Policy{}, recordRows)
		var in []arrow.Record
		defer func() { release(in) }()
		for range 1 + r.IntN(8) {
			n := []int{0, 1, 3, 40, 300, 700}[r.IntN(6)]
			whole := randomRecord(mem, r, schema, n)
			rec := whole
			if n > 2 && r.IntN(2) == 0 {
				start := r.Int64N(int64(n))
				rec = whole.NewSlice(start, start+r.Int64N(int64(n)-start+1))
				whole.Release()
			}
			in = append(in, rec)
			if got, limit := batching.Bytes(rec), int64(1<<20); got < 0 || got > limit || got == 0 && rec.NumRows() > 1 && schema.Field(0).Type.ID() == arrow.INT64 {
				t.Errorf("Bytes = %d for %d rows", got, rec.NumRows())
			}
		}
		add(t, b, in...)
		out := seal(t, b)
		defer release(out)
		if diff := cmp.Diff(render(in), render(out)); diff != "" {
			t.Errorf("seed %d, schema %s: rows mismatch (-want +got):\n%s", seed, schema, diff)
		}
		if narrow(schema) {
			return
		}
		for i, rec := range out {
			if recordRows > 0 && (rec.NumRows() > recordRows || i < len(out)-1 && rec.NumRows() != recordRows) {
				t.Errorf("seed %d: record %d of %d has %d rows, want %d", seed, i, len(out), rec.NumRows(), recordRows)
			}
		}
	})
}
