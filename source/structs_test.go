package source_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/config"
	"github.com/floedata/floe/source"
)

type (
	city  string
	point struct{ X, Y float64 }
	base  struct {
		ID     int64 `floe:"id"`
		hidden int
	}
	every struct {
		base
		B       bool
		I8      int8
		I16     int16
		I32     int32
		I       int
		U8      uint8
		U16     uint16
		U32     uint32
		U64     uint64
		U       uint
		F32     float32
		F64     float64
		City    city `floe:"city"`
		Raw     []byte
		At      time.Time `floe:",omitzero"`
		Took    time.Duration
		Price   decimal128.Num `floe:"price,precision=5,scale=2"`
		Key     uuid.UUID
		Maybe   *int32
		When    *time.Time
		Tags    []string
		Path    []*point
		Counts  map[string]int64
		Where   point
		Skipped chan int `floe:"-"`
	}
)

func TestFromStructsEveryType(t *testing.T) {
	mem := checked(t)
	at := time.Date(2026, 11, 20, 12, 30, 0, 123456789, time.FixedZone("", 3600))
	n := int32(-7)
	rows := []every{
		{
			base: base{ID: 1, hidden: 9}, B: true, I8: -8, I16: -16, I32: -32, I: -64, U8: 8, U16: 16, U32: 32, U64: 1 << 63, U: 65,
			F32: 0.5, F64: -2.25, City: "Ankara", Raw: []byte("ab"), At: at, Took: 1500 * time.Millisecond,
			Price: decimal128.FromI64(99999), Key: uuid.UUID{15: 1}, Maybe: &n, When: &at,
			Tags: []string{"x", ""}, Path: []*point{{1, 2}, nil}, Counts: map[string]int64{"k": 3}, Where: point{3, 4},
		},
		{Tags: []string{}, Raw: []byte{}, Counts: map[string]int64{}},
	}
	src, err := source.FromStructs("run", slices.Values(rows), &source.StructOptions{Allocator: mem})
	if err != nil {
		t.Fatal(err)
	}
	defer closeSource(t, src)
	r, err := partition(t, src).Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	var got []string
	for i, f := range b.Record.Schema().Fields() {
		col := b.Record.Column(i)
		null := ""
		if f.Nullable {
			null = "?"
		}
		got = append(got, fmt.Sprintf("%s %s%s: %s | %s", f.Name, f.Type, null, col.ValueStr(0), col.ValueStr(1)))
	}
	want := []string{
		"id int64: 1 | 0",
		"B bool: true | false",
		"I8 int8: -8 | 0",
		"I16 int16: -16 | 0",
		"I32 int32: -32 | 0",
		"I int64: -64 | 0",
		"U8 uint8: 8 | 0",
		"U16 uint16: 16 | 0",
		"U32 uint32: 32 | 0",
		"U64 uint64: 9223372036854775808 | 0",
		"U uint64: 65 | 0",
		"F32 float32: 0.5 | 0",
		"F64 float64: -2.25 | 0",
		"city utf8: Ankara | ",
		"Raw binary?: YWI= | ",
		"At timestamp[us, tz=UTC]?: 2026-11-20 11:30:00.123456Z | (null)",
		"Took duration[ns]: 1500000000ns | 0ns",
		"price decimal(5, 2): 999.99 | 0",
		"Key fixed_size_binary[16]: AAAAAAAAAAAAAAAAAAAAAQ== | AAAAAAAAAAAAAAAAAAAAAA==",
		"Maybe int32?: -7 | (null)",
		"When timestamp[us, tz=UTC]?: 2026-11-20 11:30:00.123456Z | (null)",
		`Tags list<item: utf8>?: ["x",""] | []`,
		`Path list<item: struct<X: float64, Y: float64>, nullable>?: [{"X":1,"Y":2},null] | (null)`,
		`Counts map<utf8, int64, items_non_nullable>?: [{"key":"k","value":3}] | []`,
		`Where struct<X: float64, Y: float64>: {"X":3,"Y":4} | {"X":0,"Y":0}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns (-want +got)\n%s", diff)
	}
	if !r.Schema().Equal(b.Record.Schema()) {
		t.Errorf("schema of the reader: %v", r.Schema())
	}
	if b, err := r.Next(t.Context()); err != io.EOF {
		b.Release()
		t.Errorf("after the last row: %v", err)
	}
}

type (
	node  struct{ Next *node }
	nodes struct{ All []nodes }
)

func TestFromStructsRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		make func() (source.Source, error)
		want []string
	}{
		"no struct":       {structs[int], []string{"int is no struct"}},
		"a pointer":       {structs[*point], []string{"*source_test.point is no struct"}},
		"no fields":       {structs[struct{ a int }], []string{"no exported fields"}},
		"a channel":       {structs[struct{ A, B chan int }], []string{".A: type chan int cannot", ".B: type chan int"}},
		"an interface":    {structs[struct{ A []any }], []string{".A[]: type interface"}},
		"two stars":       {structs[struct{ A **int }], []string{".A: type **int"}},
		"a nested one":    {structs[struct{ A struct{ B map[string]func() } }], []string{".A.B[]: type func()"}},
		"a null key":      {structs[struct{ A map[*string]int }], []string{".A: type map[*string]int: the key"}},
		"a circle":        {structs[node], []string{".Next: type source_test.node contains itself"}},
		"a circle inside": {structs[nodes], []string{".All[]: type source_test.nodes contains itself"}},
		"two names": {structs[struct {
			A int `floe:"x"`
			B int `floe:"x"`
		}], []string{`.B: there is another field named "x"`}},
		"no precision": {structs[struct{ A decimal128.Num }], []string{".A: a decimal needs"}},
		"a bad precision": {structs[struct {
			A decimal128.Num `floe:",precision=39"`
		}], []string{`.A: the tag ",precision=39": precision: "39"`}},
		"a bad scale": {structs[struct {
			A decimal128.Num `floe:",precision=2,scale=3"`
		}], []string{"scale greater"}},
		"a precision of nothing": {structs[struct {
			A []float64 `floe:",precision=3"`
		}], []string{".A: type []float64 is no decimal"}},
		"a bad tag": {structs[struct {
			A int `floe:"a,omitempty"`
		}], []string{`.A: the tag "a,omitempty" has an unknown option "omitempty"`}},
		"bad options": {func() (source.Source, error) {
			return source.FromStructs("x", slices.Values([]point{}), &source.StructOptions{Batching: batching.Policy{Rows: -1, Delay: 1}})
		}, []string{"StructOptions.Batching.Delay", "StructOptions.Batching: a bound is negative"}},
	} {
		t.Run(name, func(t *testing.T) {
			src, err := tc.make()
			var bad *config.Error
			if src != nil || !errors.As(err, &bad) {
				t.Fatalf("got %v, %v; want a config.Error", src, err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v does not say %q", err, want)
				}
			}
		})
	}
}

func structs[T any]() (source.Source, error) {
	return source.FromStructs[T]("x", func(func(T) bool) {}, nil)
}

func TestFromStructsBadValues(t *testing.T) {
	type text struct{ S []string }
	type price struct {
		P *decimal128.Num `floe:"p,precision=2"`
	}
	type when struct{ At time.Time }
	hundred := decimal128.FromI64(100)
	for name, tc := range map[string]struct {
		src  func(*source.StructOptions) (source.Source, error)
		want string
	}{
		"utf-8": {func(o *source.StructOptions) (source.Source, error) {
			return source.FromStructs("x", slices.Values([]text{{}, {S: []string{"ok", "a\xff"}}}), o)
		}, `source: row 1: column "S": the text "a\xff" is not UTF-8`},
		"decimal": {func(o *source.StructOptions) (source.Source, error) {
			return source.FromStructs("x", slices.Values([]price{{P: &hundred}}), o)
		}, `source: row 0: column "p": the decimal 100 has more than 2 digits`},
		"time": {func(o *source.StructOptions) (source.Source, error) {
			return source.FromStructs("x", slices.Values([]when{{time.Unix(1<<60, 0)}}), o)
		}, `column "At": the time`},
	} {
		t.Run(name, func(t *testing.T) {
			src, err := tc.src(&source.StructOptions{Allocator: checked(t)})
			if err != nil {
				t.Fatal(err)
			}
			defer closeSource(t, src)
			p := partition(t, src)
			for range 2 {
				got, _, err := read(t, p, "", -1)
				if got != nil || err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("got %v, %v; want %q", got, err, tc.want)
				}
			}
		})
	}
}

func TestFromStructsCutsRecords(t *testing.T) {
	type row struct {
		N int64
		S string
	}
	seq := func(size int) iter.Seq[row] {
		return func(yield func(row) bool) {
			for n := range int64(7) {
				if !yield(row{n, strings.Repeat("s", size)}) {
					return
				}
			}
		}
	}
	for _, tc := range []struct {
		limits batching.Policy
		size   int
		want   []int64 // rows
	}{
		{batching.Policy{}, 1, []int64{7}},
		{batching.Policy{Rows: 3}, 1, []int64{3, 3, 1}},
		{batching.Policy{Rows: 7}, 1, []int64{7}},
		{batching.Policy{Bytes: 100}, 50, []int64{2, 2, 2, 1}},
		{batching.Policy{}, 9 << 20, []int64{2, 2, 2, 1}},
	} {
		src, err := source.FromStructs("x", seq(tc.size), &source.StructOptions{Allocator: checked(t), Batching: tc.limits})
		if err != nil {
			t.Fatal(err)
		}
		r, err := partition(t, src).Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for {
			b, err := r.Next(t.Context())
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, b.Record.NumRows())
			b.Release()
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%+v (-want +got)\n%s", tc.limits, diff)
		}
		closeSource(t, src)
	}
}

func TestFromStructsClosedHalfWay(t *testing.T) {
	type row struct{ N int64 }
	ended := false
	src, err := source.FromStructs("x", func(yield func(row) bool) {
		defer func() { ended = true }()
		for n := int64(0); yield(row{n}); n++ {
		}
	}, &source.StructOptions{Allocator: checked(t), Batching: batching.Policy{Rows: 2}})
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := read(t, partition(t, src), "", 2); err != nil || len(got) != 4 {
		t.Fatalf("got %v, %v", got, err)
	}
	closeSource(t, src)
	if !ended {
		t.Error("the iterator was not ended")
	}
}

func TestFromChan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type row struct{ N int64 }
		ch := make(chan row, 10)
		src, err := source.FromChan("x", ch, &source.StructOptions{
			Allocator: checked(t), Batching: batching.Policy{Rows: 3, Delay: time.Second},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer closeSource(t, src)
		p := partition(t, src)
		for n := range int64(4) {
			ch <- row{n}
		}
		start := time.Now()
		got, pos, err := read(t, p, "", 2)
		if err != nil || fmt.Sprint(got, pos) != "[0 1 2 3] [1 2]" || time.Since(start) != time.Second {
			t.Errorf("got %v %v %v after %v", got, pos, err, time.Since(start))
		}
		// A Next that is broken off keeps its rows for the next one.
		ch <- row{4}
		r, err := p.Open(t.Context(), "2")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if _, err := r.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next: %v", err)
		}
		ch <- row{5}
		close(ch)
		if got, pos, err := read(t, p, "2", -1); err != nil || fmt.Sprint(got, pos) != "[4 5] [3]" {
			t.Errorf("rest: %v, %v, %v", got, pos, err)
		}
	})
}

func TestFromChanWaitsForItsFirstRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type row struct{ N int64 }
		ch := make(chan row)
		src, err := source.FromChan("x", ch, &source.StructOptions{Allocator: checked(t)})
		if err != nil {
			t.Fatal(err)
		}
		defer closeSource(t, src)
		go func() {
			time.Sleep(time.Hour)
			ch <- row{1}
		}()
		start := time.Now()
		got, _, err := read(t, partition(t, src), "", 1)
		if err != nil || len(got) != 1 || time.Since(start) != time.Hour+source.DefaultStructDelay {
			t.Errorf("got %v, %v after %v", got, err, time.Since(start))
		}
	})
}

func TestStructRowsAllocateNothing(t *testing.T) {
	n := int32(3)
	row := every{
		City: "Ankara", Raw: []byte("ab"), At: time.Now(), Maybe: &n, Tags: []string{"x"}, Path: []*point{{1, 2}},
		Counts: map[string]int64{"k": 3}, Price: decimal128.FromI64(5),
	}
	const rows = 10_000
	perRun := testing.AllocsPerRun(5, func() {
		src, err := source.FromStructs("x", func(yield func(every) bool) {
			for range rows {
				if !yield(row) {
					return
				}
			}
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := partition(t, src).Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		for {
			b, err := r.Next(t.Context())
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			b.Release()
		}
		closeSource(t, src)
	})
	if perRun > rows/2 {
		t.Errorf("%v allocations for %d rows", perRun, rows)
	}
}

// trip is a row of 16 columns.
type trip struct {
	ID, Vendor, From, To, Kind     int64
	Start, End                     time.Time
	Fare, Tip, Toll, Total, Length float64
	Zone, Hash                     string
	Flag                           bool
	Note                           *string
}

func BenchmarkFromStructs(b *testing.B) {
	const rows = 100_000
	row := trip{ID: 1, Zone: "Midtown", Hash: strings.Repeat("a", 32), Start: time.Now(), End: time.Now()}
	trips := func(yield func(trip) bool) {
		for range rows {
			if !yield(row) {
				return
			}
		}
	}
	for _, bc := range []struct {
		name string
		read func() (int64, error)
	}{
		{"how=structs", func() (int64, error) { return readTrips(trips) }},
		{"how=hand", func() (int64, error) { return appendTrips(trips), nil }},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n, err := bc.read(); n != rows || err != nil {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func readTrips(trips iter.Seq[trip]) (rows int64, err error) {
	ctx := context.Background()
	src, err := source.FromStructs("x", trips, nil)
	if err != nil {
		return 0, err
	}
	for p := range src.Partitions(ctx) {
		r, err := p.Open(ctx, "")
		if err != nil {
			return 0, err
		}
		for {
			batch, err := r.Next(ctx)
			if err == io.EOF {
				break
			}
			if err != nil {
				return 0, err
			}
			rows += batch.Record.NumRows()
			batch.Release()
		}
	}
	return rows, src.Close(ctx)
}

// appendTrips is what a program would write that has no adapter.
func appendTrips(trips iter.Seq[trip]) (rows int64) {
	text, float, whole := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Float64, arrow.PrimitiveTypes.Int64
	at := arrow.FixedWidthTypes.Timestamp_us
	var fields []arrow.Field
	for i, typ := range []arrow.DataType{
		whole, whole, whole, whole, whole, at, at, float, float, float, float, float, text, text, arrow.FixedWidthTypes.Boolean, text,
	} {
		fields = append(fields, arrow.Field{Name: fmt.Sprint(i), Type: typ, Nullable: i == 15})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	var ints [5]*array.Int64Builder
	var floats [5]*array.Float64Builder
	for i := range 5 {
		ints[i], floats[i] = b.Field(i).(*array.Int64Builder), b.Field(i+7).(*array.Float64Builder)
	}
	start, end := b.Field(5).(*array.TimestampBuilder), b.Field(6).(*array.TimestampBuilder)
	zone, hash, note := b.Field(12).(*array.StringBuilder), b.Field(13).(*array.StringBuilder), b.Field(15).(*array.StringBuilder)
	flag := b.Field(14).(*array.BooleanBuilder)
	n := 0
	for t := range trips {
		ints[0].Append(t.ID)
		ints[1].Append(t.Vendor)
		ints[2].Append(t.From)
		ints[3].Append(t.To)
		ints[4].Append(t.Kind)
		start.Append(arrow.Timestamp(t.Start.UnixMicro()))
		end.Append(arrow.Timestamp(t.End.UnixMicro()))
		floats[0].Append(t.Fare)
		floats[1].Append(t.Tip)
		floats[2].Append(t.Toll)
		floats[3].Append(t.Total)
		floats[4].Append(t.Length)
		zone.Append(t.Zone)
		hash.Append(t.Hash)
		flag.Append(t.Flag)
		if t.Note == nil {
			note.AppendNull()
		} else {
			note.Append(*t.Note)
		}
		if n++; n%source.DefaultStructRows == 0 {
			rec := b.NewRecord()
			rows += rec.NumRows()
			rec.Release()
		}
	}
	rec := b.NewRecord()
	defer rec.Release()
	return rows + rec.NumRows()
}
