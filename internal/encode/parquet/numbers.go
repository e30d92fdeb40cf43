package parquet

import (
	"cmp"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/parquet-go/parquet-go/hashprobe"
)

// prober finds the indices of keys and takes in those that are new, in order: package hashprobe.
type prober[T word] interface {
	Probe(keys []T, indices []int32) int
	Reset()
}

// numbers are the values of an INT32, INT64, FLOAT or DOUBLE.
type numbers[T word] struct {
	load        loader[T]
	scratch     []T
	plain       []T // the open page without a dictionary
	keys        []T // of the dictionary
	table       prober[T]
	d           dictionary
	page, chunk span[T]
	last        bounds
}

func newNumbers[T word](load loader[T]) values {
	v := &numbers[T]{load: load, table: newProber[T]()}
	v.d.reset()
	return v
}

func newProber[T word]() prober[T] {
	const load = 0.85
	var table any
	switch any(*new(T)).(type) {
	case int32:
		table = hashprobe.NewInt32Table(0, load)
	case int64:
		table = hashprobe.NewInt64Table(0, load)
	case uint32:
		table = hashprobe.NewUint32Table(0, load)
	case uint64:
		table = hashprobe.NewUint64Table(0, load)
	case float32:
		table = hashprobe.NewFloat32Table(0, load) // by their bits: each NaN and each zero is its own
	case float64:
		table = hashprobe.NewFloat64Table(0, load)
	}
	return table.(prober[T])
}

func (v *numbers[T]) add(arr arrow.Array, s selection) error {
	vals, err := v.load(arr, s, &v.scratch)
	if err != nil {
		return err
	}
	v.page.add(vals)
	if v.d.on {
		v.probe(vals)
	} else {
		v.plain = append(v.plain, vals...)
	}
	return nil
}

// probe takes vals as indices. The table is asked for some at a time: it makes room for all that it is asked for.
func (v *numbers[T]) probe(vals []T) {
	const step = 1 << 10
	d := &v.d
	d.tried += len(vals)
	d.flat += len(vals) * int(sizeOf[T]())
	for len(vals) > 0 {
		some := vals[:min(step, len(vals))]
		vals = vals[len(some):]
		n := len(d.indices)
		d.indices = grown(d.indices, len(some))
		found := d.indices[n:]
		if v.table.Probe(some, found) == 0 {
			continue
		}
		for i, index := range found {
			if int(index) == len(v.keys) {
				v.keys = append(v.keys, some[i])
			}
		}
	}
	d.entries, d.bytes = len(v.keys), len(v.keys)*int(sizeOf[T]())
}

func (v *numbers[T]) len() int            { return len(v.plain) + len(v.d.indices) }
func (v *numbers[T]) dict() *dictionary   { return &v.d }
func (v *numbers[T]) pageBounds() bounds  { return v.last }
func (v *numbers[T]) chunkBounds() bounds { return v.chunk.bounds() }

func (v *numbers[T]) size() int {
	if v.d.on {
		return v.d.size()
	}
	return len(v.plain) * int(sizeOf[T]())
}

func (v *numbers[T]) flatten() {
	v.plain = grown(v.plain[:0], len(v.d.indices))
	for i, index := range v.d.indices {
		v.plain[i] = v.keys[index]
	}
	v.d.on, v.d.indices = false, v.d.indices[:0]
}

func (v *numbers[T]) encode(dst []byte) []byte {
	v.last = v.page.bounds()
	v.chunk.join(v.page)
	v.page = span[T]{}
	if v.d.on {
		return v.d.encode(dst)
	}
	dst = append(dst, bytesOf(v.plain)...)
	v.plain = v.plain[:0]
	return dst
}

func (v *numbers[T]) encodeDictionary(dst []byte) []byte { return append(dst, bytesOf(v.keys)...) }

func (v *numbers[T]) order(a, b []byte) int { return cmp.Compare(decode[T](a), decode[T](b)) }

func (v *numbers[T]) reset() {
	if len(v.keys) > 0 {
		v.table.Reset()
		v.keys = v.keys[:0]
	}
	v.d.reset()
	v.chunk = span[T]{}
}

// span is the least and the greatest of some numbers. With a NaN among them they are not known: parquet.thrift,
// "ColumnOrder", keeps NaN out of bounds, and readers that take it for the greatest number would trust those of the rest.
type span[T word] struct {
	min, max T
	any      bool
	nan      bool
}

func (s *span[T]) add(vals []T) {
	if len(vals) == 0 || s.nan {
		return
	}
	if !s.any {
		s.min, s.max, s.any = vals[0], vals[0], true
		s.nan = vals[0] != vals[0]
	}
	low, high := s.min, s.max
	for _, v := range vals {
		if v < low {
			low = v
		} else if !(v <= high) { // greater, or a NaN
			if v != v {
				s.nan = true
				return
			}
			high = v
		}
	}
	s.min, s.max = low, high
}

func (s *span[T]) join(more span[T]) {
	s.nan = s.nan || more.nan
	if more.any && !s.nan {
		s.add([]T{more.min, more.max})
	}
}

// bounds has the zero of a least value negative and of a greatest one positive, as the two are equal and a reader may
// tell them apart: parquet.thrift, "ColumnOrder".
func (s *span[T]) bounds() bounds {
	if !s.any || s.nan {
		return bounds{}
	}
	low, high := s.min, s.max
	switch any(low).(type) {
	case float32, float64:
		if low == 0 {
			low = T(math.Copysign(0, -1))
		}
		if high == 0 {
			high = 0
		}
	}
	return bounds{min: encode(low), max: encode(high)}
}

func encode[T word](v T) []byte { return append([]byte(nil), bytesOf([]T{v})...) }

func decode[T word](b []byte) T {
	v := make([]T, 1)
	copy(bytesOf(v), b)
	return v[0]
}
