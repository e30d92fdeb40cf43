package parquet

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/apache/arrow/go/v17/arrow"
)

// A survey tells by values from all over a block of rows that they do not repeat, before they are looked up in a dictionary
// which is given up then: single ones, for values that come again far away, and several in a row, for those that come
// again at once.
const (
	surveyParts = 576 // of the block
	surveyRun   = 8   // values in a row, from every ninth part; from the others one
	surveyRows  = surveyParts * surveyRun
	// surveyAlike is how many of about a thousand are like another one at least. Where so many different values are as
	// a dictionary is of use for by failed, there are 19.
	surveyAlike = 8
	surveySlots = 4 << 10
)

// hasher is values that may have a dictionary.
type hasher interface {
	// hashes appends hashes of the selected values.
	hashes(dst []uint64, arr arrow.Array, s selection) ([]uint64, error)
}

// survey is the memory of a survey.
type survey struct {
	places []int
	hashes []uint64
	slots  [surveySlots]uint64
}

// hopeless says that the values from from to to do not repeat. Too few of them say nothing, and none that is at fault does:
// it is found again.
func (s *survey) hopeless(values hasher, arr arrow.Array, v validity, from, to int) bool {
	if to-from < surveyRows {
		return false
	}
	rnd := rand.New(rand.NewPCG(uint64(from), uint64(to)))
	size := (to - from) / surveyParts
	s.places = s.places[:0]
	for part := range surveyParts {
		first, n := from+part*size, surveyRun
		if part%9 > 0 {
			first, n = first+rnd.IntN(size), 1
		}
		for i := first; i < first+n; i++ {
			if v.valid(i) {
				s.places = append(s.places, i)
			}
		}
	}
	if len(s.places) < surveyParts {
		return false
	}
	var err error
	if s.hashes, err = values.hashes(s.hashes[:0], arr, selection{list: s.places}); err != nil {
		return false
	}
	return s.alike() < surveyAlike
}

// alike counts the hashes that are equal to an earlier one.
func (s *survey) alike() (n int) {
	clear(s.slots[:])
	for _, h := range s.hashes {
		h |= 1 // 0 = free
		at := h >> 32 % surveySlots
		for s.slots[at] != 0 && s.slots[at] != h {
			at = (at + 1) % surveySlots
		}
		if s.slots[at] == h {
			n++
		}
		s.slots[at] = h
	}
	return n
}

func (v *numbers[T]) hashes(dst []uint64, arr arrow.Array, s selection) ([]uint64, error) {
	const odd = 0x9e3779b97f4a7c15
	vals, err := v.load(arr, s, &v.scratch)
	if err != nil {
		return nil, err
	}
	b := bytesOf(vals)
	if sizeOf[T]() == 4 {
		for ; len(b) > 0; b = b[4:] {
			dst = append(dst, uint64(binary.LittleEndian.Uint32(b))*odd)
		}
		return dst, nil
	}
	for ; len(b) > 0; b = b[8:] {
		n := binary.LittleEndian.Uint64(b)
		dst = append(dst, (n^n>>32)*odd)
	}
	return dst, nil
}

func (v *byteValues) hashes(dst []uint64, arr arrow.Array, s selection) (_ []uint64, err error) {
	if v.refs, err = v.load(v.refs[:0], arr, s, &v.scratch); err != nil {
		return nil, err
	}
	for _, s := range v.refs {
		dst = append(dst, v.table.hash(shortOf(s), s))
	}
	clear(v.refs) // they are borrowed
	return dst, nil
}
