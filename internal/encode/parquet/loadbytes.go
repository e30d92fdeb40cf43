package parquet

import (
	"encoding/binary"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
)

// byteLoad appends the selected values of arr to refs. They lie in arr, or in what scratch holds.
type byteLoad func(refs []string, arr arrow.Array, s selection, scratch *[]byte) ([]string, error)

func byteLoader(id arrow.Type) byteLoad {
	switch id {
	case arrow.STRING, arrow.BINARY:
		return offsetBytes[int32]
	case arrow.LARGE_STRING, arrow.LARGE_BINARY:
		return offsetBytes[int64]
	case arrow.STRING_VIEW:
		return func(refs []string, arr arrow.Array, s selection, _ *[]byte) ([]string, error) {
			a := arr.(*array.StringView)
			for i := range s.len() {
				refs = append(refs, a.Value(s.at(i)))
			}
			return refs, nil
		}
	default:
		return func(refs []string, arr arrow.Array, s selection, _ *[]byte) ([]string, error) {
			a := arr.(*array.BinaryView)
			for i := range s.len() {
				refs = append(refs, text(a.Value(s.at(i))))
			}
			return refs, nil
		}
	}
}

// text is b as a string that shares its memory.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// offsets are those of an array's values and where they end.
func offsets[O int32 | int64](arr arrow.Array) []O {
	data := arr.Data()
	if arr.Len() == 0 {
		return nil
	}
	b := data.Buffers()[1].Bytes()
	all := unsafe.Slice((*O)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(sizeOf[O]()))
	return all[data.Offset() : data.Offset()+data.Len()+1]
}

func offsetBytes[O int32 | int64](refs []string, arr arrow.Array, s selection, _ *[]byte) ([]string, error) {
	offs := offsets[O](arr)
	var b []byte
	if buf := arr.Data().Buffers()[2]; buf != nil {
		b = buf.Bytes()
	}
	n := len(refs)
	refs = grown(refs, s.len())
	if s.list == nil {
		for i := s.from; i < s.to; i++ {
			refs[n] = text(b[offs[i]:offs[i+1]])
			n++
		}
		return refs, nil
	}
	for i, at := range s.list {
		refs[n+i] = text(b[offs[at]:offs[at+1]])
	}
	return refs, nil
}

// fixedBytes takes values of n bytes.
func fixedBytes(n int) byteLoad {
	return func(refs []string, arr arrow.Array, s selection, _ *[]byte) ([]string, error) {
		data := arr.Data()
		if s.len() == 0 {
			return refs, nil
		}
		b := data.Buffers()[1].Bytes()[data.Offset()*n:]
		for i := range s.len() {
			at := s.at(i) * n
			refs = append(refs, text(b[at:at+n]))
		}
		return refs, nil
	}
}

// wide128 and wide256 take decimals as big-endian two's complement of n bytes: LogicalTypes.md, "DECIMAL".
func wide128(digits int32, n int) byteLoad {
	return func(refs []string, arr arrow.Array, s selection, scratch *[]byte) ([]string, error) {
		src := slice[decimal128.Num](arr)
		dst := room(scratch, n*s.len())
		for i := range s.len() {
			v := src[s.at(i)]
			if !fits128(v, digits) {
				return nil, tooLong(s.at(i), v.BigInt(), digits)
			}
			var be [16]byte
			binary.BigEndian.PutUint64(be[:], uint64(v.HighBits()))
			binary.BigEndian.PutUint64(be[8:], v.LowBits())
			refs = append(refs, put(dst[i*n:(i+1)*n], be[:]))
		}
		return refs, nil
	}
}

func wide256(digits int32, n int) byteLoad {
	return func(refs []string, arr arrow.Array, s selection, scratch *[]byte) ([]string, error) {
		src := slice[decimal256.Num](arr)
		dst := room(scratch, n*s.len())
		for i := range s.len() {
			v := src[s.at(i)]
			if !fits256(v, digits) {
				return nil, tooLong(s.at(i), v.BigInt(), digits)
			}
			var be [32]byte
			for k, part := range v.Array() {
				binary.BigEndian.PutUint64(be[24-8*k:], part)
			}
			refs = append(refs, put(dst[i*n:(i+1)*n], be[:]))
		}
		return refs, nil
	}
}

// put copies the low bytes of the big-endian be to dst.
func put(dst, be []byte) string {
	copy(dst, be[len(be)-len(dst):])
	return text(dst)
}
