package batching

import (
	"math"
	"sort"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// runs gathers run-end encoded values run by run. Runs that meet are not merged.
type runs[E int16 | int32 | int64] struct {
	dt     arrow.DataType
	ended  arrow.DataType // type of the ends
	ends   growing
	values appender
	rows   E
	count  int
	limit  E
}

func newRuns(mem memory.Allocator, name string, dt arrow.DataType, t *arrow.RunEndEncodedType) appender {
	ends, values := growing{mem: mem}, newAppender(mem, name, t.Encoded())
	switch t.RunEnds().ID() {
	case arrow.INT16:
		return &runs[int16]{dt: dt, ended: t.RunEnds(), ends: ends, values: values, limit: math.MaxInt16}
	case arrow.INT32:
		return &runs[int32]{dt: dt, ended: t.RunEnds(), ends: ends, values: values, limit: math.MaxInt32}
	default:
		return &runs[int64]{dt: dt, ended: t.RunEnds(), ends: ends, values: values, limit: math.MaxInt64}
	}
}

func (a *runs[E]) plan(arrow.ArrayData, int, int) {}

// view returns the ends of the runs that hold the range, and where their values begin.
func (a *runs[E]) view(d arrow.ArrayData, off, n int) (ends []E, values arrow.ArrayData, at int) {
	c := d.Children()[0]
	ends = arrow.GetData[E](c.Buffers()[1].Bytes())[c.Offset() : c.Offset()+c.Len()]
	first := sort.Search(len(ends), func(i int) bool { return int(ends[i]) > off })
	last := sort.Search(len(ends), func(i int) bool { return int(ends[i]) >= off+n })
	values = d.Children()[1]
	return ends[first : last+1], values, values.Offset() + first
}

func (a *runs[E]) fits(d arrow.ArrayData, off, n int) bool {
	if n == 0 {
		return true
	}
	ends, values, at := a.view(d, off, n)
	return int64(n) <= int64(a.limit-a.rows) && a.values.fits(values, at, len(ends))
}

func (a *runs[E]) append(d arrow.ArrayData, off, n int) error {
	if n == 0 {
		return nil
	}
	ends, values, at := a.view(d, off, n)
	dst := arrow.GetData[E](a.ends.extend(len(ends) * bytesOf[E]()))
	for i, end := range ends {
		dst[i] = a.rows + E(min(int(end)-off, n))
	}
	a.rows += E(n)
	a.count += len(ends)
	return a.values.append(values, at, len(ends))
}

func (a *runs[E]) finish() (*array.Data, error) {
	values, err := a.values.finish()
	if err != nil {
		a.release()
		return nil, err
	}
	a.ends.extend(0)
	ends := rows{dt: a.ended, length: a.count}
	r := rows{dt: a.dt, length: int(a.rows)}
	a.rows, a.count = 0, 0
	return r.finish([]*memory.Buffer{nil}, []arrow.ArrayData{ends.finish([]*memory.Buffer{nil, a.ends.take()}, nil), values}), nil
}

func (a *runs[E]) release() {
	a.ends.release()
	a.values.release()
	a.rows, a.count = 0, 0
}
