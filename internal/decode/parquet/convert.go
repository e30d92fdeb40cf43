package parquet

import (
	"encoding/binary"
	"fmt"
	"math"
)

// convert writes n Arrow values from n physical ones that lie in src without gaps.
func convert(s *shape, conv conversion, dst, src []byte, n int) error {
	switch conv {
	case convNarrow8:
		narrow(dst[:n], view[uint32](src))
	case convNarrow16:
		narrow(view[uint16](dst)[:n], view[uint32](src))
	case convInt32To128:
		widen(view[int64](dst)[:2*n], view[int32](src))
	case convInt64To128:
		widen(view[int64](dst)[:2*n], view[int64](src))
	case convBigEndian:
		for i := range n {
			if err := bigEndian(dst[i*s.width:(i+1)*s.width], src[i*s.physical:(i+1)*s.physical]); err != nil {
				return err
			}
		}
	case convInt96:
		return convertInt96(view[int64](dst)[:n], src)
	case convInterval:
		for i := range n {
			in, out := src[i*12:(i+1)*12], dst[i*16:(i+1)*16]
			copy(out, in[:8])
			nanos := int64(binary.LittleEndian.Uint32(in[8:])) * 1e6
			binary.LittleEndian.PutUint64(out[8:], uint64(nanos))
		}
	default:
		copy(dst, src[:n*s.width])
	}
	return nil
}

func narrow[T uint8 | uint16](dst []T, src []uint32) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = T(src[i])
	}
}

func widen[T int32 | int64](dst []int64, src []T) {
	src = src[:len(dst)/2]
	for i, v := range src {
		dst[2*i] = int64(v)
		dst[2*i+1] = int64(v) >> 63
	}
}

// bigEndian writes a big-endian two's complement number as little-endian in the width of dst.
func bigEndian(dst, src []byte) error {
	var sign byte
	if len(src) > 0 && src[0]&0x80 != 0 {
		sign = 0xff
	}
	for len(src) > len(dst) {
		if src[0] != sign {
			return fmt.Errorf("a decimal of %d bytes does not fit its precision", len(src))
		}
		src = src[1:]
	}
	n := len(src)
	for i := range src {
		dst[i] = src[n-1-i]
	}
	for i := n; i < len(dst); i++ {
		dst[i] = sign
	}
	if (dst[len(dst)-1]^sign)&0x80 != 0 {
		return fmt.Errorf("a decimal does not fit its precision")
	}
	return nil
}

// convertInt96 reads nanoseconds of the day and a Julian day number.
func convertInt96(dst []int64, src []byte) error {
	const (
		unixEpoch = 2440588 // the Julian day of 1970-01-01
		day       = int64(24 * 3600 * 1e9)
	)
	for i := range dst {
		nanos := int64(binary.LittleEndian.Uint64(src[i*12:]))
		days := int64(int32(binary.LittleEndian.Uint32(src[i*12+8:]))) - unixEpoch
		// One day less on either side leaves room for the nanoseconds of the day.
		if most := math.MaxInt64/day - 1; days > most || days < -most || nanos < -day || nanos > day {
			return fmt.Errorf("an INT96 timestamp %d days from 1970 is out of the range of nanoseconds (years 1678 to 2261)", days)
		}
		dst[i] = days*day + nanos
	}
	return nil
}

// gather writes the dictionary's values at the indices.
func gather[T any](dst, dict []T, indices []uint32) {
	dst = dst[:len(indices)]
	for i, x := range indices {
		dst[i] = dict[x]
	}
}

// gatherFixed is gather for values of width bytes.
func gatherFixed(dst, dict []byte, indices []uint32, width int) {
	switch width {
	case 1:
		gather(dst, dict, indices)
	case 2:
		gather(view[uint16](dst), view[uint16](dict), indices)
	case 4:
		gather(view[uint32](dst), view[uint32](dict), indices)
	case 8:
		gather(view[uint64](dst), view[uint64](dict), indices)
	case 16:
		gather(view[[2]uint64](dst), view[[2]uint64](dict), indices)
	case 32:
		gather(view[[4]uint64](dst), view[[4]uint64](dict), indices)
	default:
		for i, x := range indices {
			copy(dst[i*width:(i+1)*width], dict[int(x)*width:])
		}
	}
}

// spreadFixed is spread for n places of width bytes.
func spreadFixed(dst, src []byte, width int, valid []byte, off int) {
	switch width {
	case 1:
		spread(dst, src, valid, off)
	case 2:
		spread(view[uint16](dst), view[uint16](src), valid, off)
	case 4:
		spread(view[uint32](dst), view[uint32](src), valid, off)
	case 8:
		spread(view[uint64](dst), view[uint64](src), valid, off)
	case 16:
		spreadAny(view[[2]uint64](dst), view[[2]uint64](src), valid, off)
	case 32:
		spreadAny(view[[4]uint64](dst), view[[4]uint64](src), valid, off)
	default:
		j := 0
		for i := 0; i < len(dst); i += width {
			if getBit(valid, off+i/width) {
				copy(dst[i:i+width], src[j:])
				j += width
			} else {
				clear(dst[i : i+width])
			}
		}
	}
}
