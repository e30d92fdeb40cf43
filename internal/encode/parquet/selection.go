package parquet

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
)

// selection names places of an array: those of list, or, without one, those from from to to.
type selection struct {
	from, to int
	list     []int
	repeats  bool // the list is the indices of a dictionary array, which names places again and again
}

func (s selection) len() int {
	if s.list != nil {
		return len(s.list)
	}
	return s.to - s.from
}

func (s selection) at(i int) int {
	if s.list != nil {
		return s.list[i]
	}
	return s.from + i
}

// misfit is a value that its type or the file has no room for.
type misfit struct {
	at  int // its place in the array
	why string
}

func (m *misfit) Error() string { return m.why }

func misfitf(at int, text string, args ...any) *misfit {
	return &misfit{at, fmt.Sprintf(text, args...)}
}

// slice is the values of a fixed-width array, without those before its offset.
func slice[T any](arr arrow.Array) []T {
	data := arr.Data()
	buf := data.Buffers()[1]
	if buf == nil || arr.Len() == 0 {
		return nil
	}
	b := buf.Bytes()
	all := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(sizeOf[T]()))
	return all[data.Offset() : data.Offset()+data.Len()]
}

func sizeOf[T any]() uintptr {
	var zero T
	return unsafe.Sizeof(zero)
}

// bytesOf is the memory of values: PLAIN, as all that Arrow's Go implementation runs on in little-endian order.
func bytesOf[T any](values []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), len(values)*int(sizeOf[T]()))
}

// validity is which values of an array are there: bits from offset on, or all of them where bits is nil. Counting them
// is not left to the array, which would keep the count and so change while others read it.
type validity struct {
	bits   []byte
	offset int
}

// validityOf answers the validity of the places of arr from from to to; scratch is for one that has to be made.
func validityOf(arr arrow.Array, from, to int, scratch *[]byte) validity {
	switch a := arr.(type) {
	case *array.Null:
		return validity{bits: zeroBits(scratch, to-from), offset: -from}
	case *array.Dictionary:
		if values := a.Dictionary(); hasNulls(values) {
			bits := zeroBits(scratch, to-from)
			for i := range to - from {
				if a.IsValid(from+i) && values.IsValid(a.GetValueIndex(from+i)) {
					bits[i>>3] |= 1 << (i & 7)
				}
			}
			return validity{bits: bits, offset: -from}
		}
	}
	return validity{bits: arr.NullBitmapBytes(), offset: arr.Data().Offset()}
}

func hasNulls(values arrow.Array) bool {
	v := validity{bits: values.NullBitmapBytes(), offset: values.Data().Offset()}
	return v.nulls(0, values.Len()) > 0
}

func zeroBits(scratch *[]byte, n int) []byte {
	bits := grown((*scratch)[:0], (n+7)/8)
	clear(bits)
	*scratch = bits
	return bits
}

func (v validity) valid(i int) bool {
	i += v.offset
	return v.bits == nil || v.bits[i>>3]>>(i&7)&1 != 0
}

// nulls counts those from from to to that are not there.
func (v validity) nulls(from, to int) int {
	if v.bits == nil || from == to {
		return 0
	}
	return to - from - bitutil.CountSetBits(v.bits, v.offset+from, to-from)
}

// places appends the places from from to to whose values are there.
func (v validity) places(dst []int, from, to int) []int {
	n := len(dst)
	dst = grown(dst, to-from)
	for i := from; i < to; i++ {
		dst[n] = i // the next one overwrites it if this one is null
		at := i + v.offset
		n += int(v.bits[at>>3] >> (at & 7) & 1)
	}
	return dst[:n]
}

// grown is s with n more elements, of any value. It has room for one more: places writes there.
func grown[T any](s []T, n int) []T {
	if len(s)+n >= cap(s) {
		bigger := make([]T, len(s), max(2*cap(s), len(s)+n+1))
		copy(bigger, s)
		s = bigger
	}
	return s[:len(s)+n]
}
