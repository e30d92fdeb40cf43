package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/sink"
)

var keyed = arrow.NewSchema([]arrow.Field{
	{Name: "k", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "v", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

// refusing is an inserter whose Check refuses rows by their value of v.
type refusing struct{ v string }

func (r refusing) Check(rec arrow.Record) []deadletter.Reason {
	var bad []deadletter.Reason
	for i := range int(rec.NumRows()) {
		if rec.Column(1).(*array.String).Value(i) == r.v {
			bad = append(bad, deadletter.Reason{Row: int64(i), Message: "refused"})
		}
	}
	return bad
}

func (refusing) Insert(context.Context, *sql.Conn, []arrow.Record) error {
	return errors.New("not inserted here")
}

func records(t *testing.T, mem memory.Allocator, texts ...string) []arrow.Record {
	t.Helper()
	var recs []arrow.Record
	for _, text := range texts {
		rec, _, err := array.RecordFromJSON(mem, keyed, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	return recs
}

func releaseAll(records []arrow.Record) {
	for _, r := range records {
		r.Release()
	}
}

func show(pieces []piece) (out []string) {
	for _, p := range pieces {
		for i := range p.rec.NumRows() {
			out = append(out, fmt.Sprintf("%d %s=%s", p.number(i), p.rec.Column(0).ValueStr(int(i)), p.rec.Column(1).ValueStr(int(i))))
		}
	}
	return out
}

// What is refused before the load and what the table refuses come together, in order, with their numbers in the batch.
func TestBatch(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	recs := records(t, mem,
		`[{"k":1,"v":"a"},{"k":2,"v":"bad"},{"k":3,"v":"c"}]`,
		`[{"k":null,"v":"d"}]`,
		`[{"k":5,"v":"e"},{"k":6,"v":"f"},{"k":null,"v":"bad"},{"k":8,"v":"h"}]`)
	defer releaseAll(recs)
	in, err := newBatch(mem, &plan{schema: keyed, key: []int{0}, in: refusing{"bad"}}, &sink.Batch{Records: recs, Rows: 8})
	if err != nil {
		t.Fatal(err)
	}
	defer in.release()
	if diff := cmp.Diff([]string{"0 1=a", "2 3=c", "4 5=e", "5 6=f", "7 8=h"}, show(in.kept)); diff != "" {
		t.Errorf("kept (-want +got)\n%s", diff)
	}
	left, right := halve(in.kept, 3)
	defer releasePieces(left)
	defer releasePieces(right)
	if diff := cmp.Diff([][]string{{"0 1=a", "2 3=c", "4 5=e"}, {"5 6=f", "7 8=h"}}, [][]string{show(left), show(right)}); diff != "" {
		t.Errorf("halves (-want +got)\n%s", diff)
	}
	rejected, err := in.rejected([]deadletter.Reason{{Row: 5, Message: "the table's"}})
	if err != nil {
		t.Fatal(err)
	}
	defer rejected.Release()
	var got []string
	for i, r := range rejected.Reasons {
		got = append(got, fmt.Sprintf("%d %s %s", r.Row, r.Message, rejected.Record.Column(1).ValueStr(i)))
	}
	want := []string{"1 refused bad", `3 column "k" is part of the key and null d`, "5 the table's f", "6 refused bad"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rejected (-want +got)\n%s", diff)
	}
}

func TestBatchMiscounted(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	recs := records(t, mem, `[{"k":1,"v":"a"}]`)
	defer releaseAll(recs)
	if _, err := newBatch(mem, &plan{schema: keyed, in: refusing{}}, &sink.Batch{Records: recs, Rows: 2}); err == nil || !strings.Contains(err.Error(), "2 rows") {
		t.Errorf("a batch of another number of rows answered %v", err)
	}
}

// Of rows with one key the last stays, wherever the others are; keys are told apart by their values alone.
func TestLastOfKey(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	in := &batch{mem: mem}
	for _, c := range []struct {
		name string
		key  []int
		recs []string
		want []string
	}{
		{"none double", []int{0}, []string{`[{"k":1,"v":"a"},{"k":2,"v":"b"}]`}, []string{"1=a", "2=b"}},
		{"in one record", []int{0}, []string{`[{"k":1,"v":"a"},{"k":1,"v":"b"},{"k":2,"v":"c"}]`}, []string{"1=b", "2=c"}},
		{"over records", []int{0}, []string{`[{"k":1,"v":"a"}]`, `[{"k":2,"v":"b"},{"k":1,"v":"c"}]`, `[{"k":2,"v":"d"}]`}, []string{"1=c", "2=d"}},
		{"of two columns", []int{0, 1}, []string{`[{"k":1,"v":"1"},{"k":11,"v":""},{"k":1,"v":"1"}]`}, []string{"11=", "1=1"}},
		{"of text", []int{1}, []string{`[{"k":1,"v":"a"},{"k":2,"v":"a"},{"k":3,"v":"A"}]`}, []string{"2=a", "3=A"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			recs := records(t, mem, c.recs...)
			defer releaseAll(recs)
			var pieces []piece
			for _, r := range recs {
				pieces = append(pieces, piece{rec: r})
			}
			last, err := lastOfKey(in, pieces, c.key)
			if err != nil {
				t.Fatal(err)
			}
			defer releasePieces(last)
			var got []string
			for _, line := range show(last) {
				_, row, _ := strings.Cut(line, " ")
				got = append(got, row)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Keys of all types: equal values are equal bytes, others are not.
func TestAppendKey(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	for _, c := range []struct {
		typ  arrow.DataType
		json string // 0 and 1 are one key, 2 is another
	}{
		{arrow.PrimitiveTypes.Int64, `[1, 1, 2]`},
		{arrow.PrimitiveTypes.Int32, `[1, 1, -1]`},
		{arrow.PrimitiveTypes.Uint8, `[1, 1, 2]`},
		{arrow.PrimitiveTypes.Float64, `[0, -0.0, 0.5]`},
		{arrow.PrimitiveTypes.Float32, `[0, -0.0, 0.5]`},
		{arrow.BinaryTypes.String, `["a", "a", ""]`},
		{arrow.BinaryTypes.Binary, `["YQ==", "YQ==", "YWE="]`},
		{arrow.FixedWidthTypes.Date32, `["2024-01-01", "2024-01-01", "2024-01-02"]`},
		{&arrow.Decimal128Type{Precision: 10, Scale: 2}, `["1.50", "1.5", "1.51"]`},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, `["a", "a", "b"]`},
	} {
		t.Run(c.typ.String(), func(t *testing.T) {
			a, _, err := array.FromJSON(mem, c.typ, strings.NewReader(c.json))
			if err != nil {
				t.Fatal(err)
			}
			defer a.Release()
			key := func(row int) string { return string(appendKeyValue(nil, a, row)) }
			if key(0) != key(1) || key(0) == key(2) {
				t.Errorf("the keys of %s are %q, %q, %q", c.json, key(0), key(1), key(2))
			}
		})
	}
}
