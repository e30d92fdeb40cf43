package source_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/source"
)

var numbers = arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)

func record(mem memory.Allocator, vals ...int64) arrow.Record {
	b := array.NewRecordBuilder(mem, numbers)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues(vals, nil)
	return b.NewRecord()
}

func checked(t *testing.T) memory.Allocator {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return mem
}

func partition(t *testing.T, src source.Source) source.Partition {
	t.Helper()
	var got source.Partition
	for p, err := range src.Partitions(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if got != nil {
			t.Fatalf("second partition %q", p.ID())
		}
		got = p
	}
	if got == nil {
		t.Fatal("no partition")
	}
	return got
}

// read opens the partition and reads what follows, up to limit batches (-1 = all).
func read(t *testing.T, p source.Partition, after string, limit int) (vals []int64, positions []string, err error) {
	t.Helper()
	r, err := p.Open(t.Context(), after)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	for ; limit != 0; limit-- {
		b, err := r.Next(t.Context())
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return vals, positions, err
		}
		if b.Record != nil {
			vals = append(vals, b.Record.Column(0).(*array.Int64).Int64Values()...)
		}
		positions = append(positions, b.Position)
		b.Release()
	}
	return vals, positions, nil
}

func closeSource(t *testing.T, src source.Source) {
	t.Helper()
	if err := src.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func wantOffsetError(t *testing.T, err error, position string) {
	t.Helper()
	var lost *source.OffsetError
	if !errors.As(err, &lost) || lost.Position != position || lost.Partition == "" || lost.Lost == "" {
		t.Errorf("after %q: got %v, want an OffsetError that names it", position, err)
	}
}

func TestFromRecords(t *testing.T) {
	mem := checked(t)
	a, b, c := record(mem, 1, 2), record(mem), record(mem, 3)
	src := source.FromRecords("nums", a, b, c)
	p := partition(t, src)
	if src.Unbounded() || p.ID() != "nums" {
		t.Errorf("unbounded %v, id %q", src.Unbounded(), p.ID())
	}
	if rows, bytes := src.(source.Estimator).Estimate(t.Context()); rows != 3 || bytes != -1 {
		t.Errorf("estimate %d rows, %d bytes", rows, bytes)
	}
	for after, want := range map[string][]int64{"": {1, 2, 3}, "1": {3}, "2": {3}, "3": nil} {
		got, _, err := read(t, p, after, -1)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("after %q: %v (-want +got)\n%s", after, err, diff)
		}
	}
	for _, after := range []string{"4", "0", "-1", "01", "x", "999999999999999999999"} {
		_, _, err := read(t, p, after, -1)
		wantOffsetError(t, err, after)
	}
	// A second run, after Close, on the caller's references.
	closeSource(t, src)
	if got, _, err := read(t, partition(t, src), "", -1); err != nil || len(got) != 3 {
		t.Errorf("second run: %v, %v", got, err)
	}
	closeSource(t, src)
	a.Release()
	b.Release()
	c.Release()
	if _, err := p.Open(t.Context(), ""); err == nil {
		t.Error("records without a reference were opened")
	}
}

func TestFromRecordsReaderOutlastsSource(t *testing.T) {
	mem := checked(t)
	rec := record(mem, 7)
	src := source.FromRecords("nums", rec)
	rec.Release()
	r, err := partition(t, src).Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	closeSource(t, src)
	b, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.Record.Column(0).(*array.Int64).Value(0); got != 7 {
		t.Errorf("got %d", got)
	}
	b.Release()
}

func TestFromRecordsWithoutID(t *testing.T) {
	for _, err := range source.FromRecords("").Partitions(t.Context()) {
		if err == nil {
			t.Error("an empty id was accepted")
		}
		return
	}
	t.Error("nothing was yielded")
}

// streams are the adapters whose rows are gone once read, each giving the records {1,2}, {3}, {4,5}.
func streams(id string, mem memory.Allocator) map[string]source.Source {
	rs := []arrow.Record{record(mem, 1, 2), record(mem, 3), record(mem, 4, 5)}
	r, err := array.NewRecordReader(numbers, rs)
	if err != nil {
		panic(err)
	}
	defer r.Release()
	for _, rec := range rs {
		rec.Release()
	}
	return map[string]source.Source{
		"FromReader": source.FromReader(id, r),
		"FromSeq": source.FromSeq(id, numbers, func(yield func(arrow.Record, error) bool) {
			for _, vals := range [][]int64{{1, 2}, {3}, {4, 5}} {
				if !yield(record(mem, vals...), nil) {
					return
				}
			}
		}),
	}
}

func TestStreams(t *testing.T) {
	mem := checked(t)
	for name, src := range streams("run-7", mem) {
		t.Run(name, func(t *testing.T) {
			if id, gone := src.(source.NotReplayable).RunID(); id != "run-7" || !gone {
				t.Errorf("RunID = %q, %v", id, gone)
			}
			p := partition(t, src)
			r, err := p.Open(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			if !r.Schema().Equal(numbers) {
				t.Errorf("schema %v", r.Schema())
			}
			if err := r.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, _, err = read(t, p, "1", -1)
			wantOffsetError(t, err, "1")
			if got, pos, err := read(t, p, "", 2); err != nil || fmt.Sprint(got, pos) != "[1 2 3] [1 2]" {
				t.Errorf("first part: %v, %v, %v", got, pos, err)
			}
			_, _, err = read(t, p, "", -1)
			wantOffsetError(t, err, "")
			_, _, err = read(t, p, "1", -1)
			wantOffsetError(t, err, "1")
			// Where the stream stands it goes on.
			if got, pos, err := read(t, p, "2", -1); err != nil || fmt.Sprint(got, pos) != "[4 5] [3]" {
				t.Errorf("last part: %v, %v, %v", got, pos, err)
			}
			if got, _, err := read(t, p, "3", -1); err != nil || got != nil {
				t.Errorf("at the end: %v, %v", got, err)
			}
			closeSource(t, src)
			_, err = p.Open(t.Context(), "3")
			wantOffsetError(t, err, "3")
		})
	}
}

func TestStreamsContext(t *testing.T) {
	mem := checked(t)
	for name, src := range streams("", mem) {
		t.Run(name, func(t *testing.T) {
			defer closeSource(t, src)
			p := partition(t, src)
			if id, _ := src.(source.NotReplayable).RunID(); id != "" || p.ID() == "" {
				t.Errorf("run id %q, partition %q", id, p.ID())
			}
			done, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := p.Open(done, ""); !errors.Is(err, context.Canceled) {
				t.Errorf("Open: %v", err)
			}
			r, err := p.Open(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Next(done); !errors.Is(err, context.Canceled) {
				t.Errorf("Next: %v", err)
			}
			b, err := r.Next(t.Context()) // and then one record, of three
			if err != nil {
				t.Fatal(err)
			}
			b.Release()
		})
	}
}

func TestRunNamesDiffer(t *testing.T) {
	seq := func(func(arrow.Record, error) bool) {}
	a, b := source.FromSeq("", nil, seq), source.FromSeq("", nil, seq)
	if x, y := partition(t, a).ID(), partition(t, b).ID(); x == y {
		t.Errorf("both are %q", x)
	}
	closeSource(t, a)
	closeSource(t, b)
}

func TestFromSeqDoesNothingUntilRead(t *testing.T) {
	started, ended := false, false
	mem := checked(t)
	src := source.FromSeq("x", numbers, func(yield func(arrow.Record, error) bool) {
		started = true
		defer func() { ended = true }()
		for yield(record(mem, 1), nil) {
		}
	})
	p := partition(t, src)
	if _, err := p.Open(t.Context(), ""); err != nil || started {
		t.Fatalf("started %v, %v", started, err)
	}
	if _, _, err := read(t, p, "", 2); err != nil || !started || ended {
		t.Fatalf("started %v, ended %v, %v", started, ended, err)
	}
	closeSource(t, src)
	if !ended {
		t.Error("Close did not end the loop")
	}
}

func TestFromSeqErrors(t *testing.T) {
	bad := errors.New("bad disk")
	for _, tc := range []struct {
		name string
		seq  iter.Seq2[arrow.Record, error]
		want []error // of Next, in order
	}{
		{"ends after its error", func(yield func(arrow.Record, error) bool) { yield(nil, bad) }, []error{bad, bad, bad}},
		{"goes on after a transient one", func(yield func(arrow.Record, error) bool) {
			_ = yield(nil, retry.Transient(bad)) && yield(nil, nil)
		}, []error{bad, nil, io.EOF, io.EOF}},
		{"a wrapped EOF is no end", func(yield func(arrow.Record, error) bool) {
			yield(nil, fmt.Errorf("row 7: %w", io.EOF))
		}, []error{io.ErrUnexpectedEOF}},
		{"io.EOF is one", func(yield func(arrow.Record, error) bool) { yield(nil, io.EOF) }, []error{io.EOF, io.EOF}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			src := source.FromSeq("x", nil, tc.seq)
			defer closeSource(t, src)
			r, err := partition(t, src).Open(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range tc.want {
				_, err := r.Next(t.Context())
				if !errors.Is(err, want) || want == nil && err != nil {
					t.Errorf("Next %d: %v, want %v", i, err, want)
				}
				if want != io.EOF && errors.Is(err, io.EOF) {
					t.Errorf("Next %d: %v passes for the end", i, err)
				}
			}
		})
	}
}

// failing is a RecordReader that breaks after its first record.
type failing struct {
	array.RecordReader
	err error
	n   int
}

func (f *failing) Next() bool {
	f.n++
	return f.n == 1 && f.RecordReader.Next()
}
func (f *failing) Err() error { return f.err }

func TestFromReaderErrors(t *testing.T) {
	bad := errors.New("bad disk")
	mem := checked(t)
	rec := record(mem, 1)
	inner, err := array.NewRecordReader(numbers, []arrow.Record{rec, rec})
	if err != nil {
		t.Fatal(err)
	}
	rec.Release()
	r := &failing{RecordReader: inner, err: bad}
	src := source.FromReader("x", r)
	inner.Release()
	p := partition(t, src)
	if got, _, err := read(t, p, "", -1); len(got) != 1 || !errors.Is(err, bad) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, _, err := read(t, p, "1", -1); !errors.Is(err, bad) || r.n != 2 {
		t.Errorf("again: %v after %d calls", err, r.n)
	}
	closeSource(t, src)
}
