package parquet

import "hash/maphash"

// byteTable is the dictionary of byte strings: it gives each an index, in the order in which they come.
type byteTable struct {
	seed   maphash.Seed
	slots  []uint64 // the high half of a hash and an index plus one, by the low bits of the hash; 0 = free
	starts []int    // by index: where the entry begins in plain; and where the last one ends
	plain  []byte   // the entries as PLAIN
	prefix int      // bytes of the length before an entry
}

const (
	minSlots  = 1 << 10
	upperHalf = 0xffffffff << 32
)

func newByteTable(width int) byteTable {
	t := byteTable{seed: maphash.MakeSeed(), slots: make([]uint64, minSlots), starts: []int{0}}
	if width == 0 {
		t.prefix = 4
	}
	return t
}

func (t *byteTable) len() int { return len(t.starts) - 1 }

// encoded is an entry as PLAIN.
func (t *byteTable) encoded(index int32) []byte { return t.plain[t.starts[index]:t.starts[index+1]] }

// index answers the index of s, which is taken in if it is new.
func (t *byteTable) index(s string) int32 {
	h := maphash.String(t.seed, s)
	mask := uint64(len(t.slots) - 1)
	at := h & mask
	for ; t.slots[at] != 0; at = (at + 1) & mask {
		slot := t.slots[at]
		if (slot^h)&upperHalf != 0 {
			continue
		}
		index := int32(uint32(slot) - 1)
		if text(t.encoded(index)[t.prefix:]) == s {
			return index
		}
	}
	return t.insert(at, h, s)
}

func (t *byteTable) insert(at, h uint64, s string) int32 {
	if n := len(s); t.prefix > 0 {
		t.plain = append(t.plain, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	}
	t.plain = append(t.plain, s...)
	t.starts = append(t.starts, len(t.plain))
	n := t.len()
	t.slots[at] = h&upperHalf | uint64(n)
	if 2*n > len(t.slots) {
		t.grow()
	}
	return int32(n - 1)
}

func (t *byteTable) grow() {
	t.slots = make([]uint64, 2*len(t.slots))
	mask := uint64(len(t.slots) - 1)
	for index := range t.len() {
		h := maphash.String(t.seed, text(t.encoded(int32(index))[t.prefix:]))
		at := h & mask
		for t.slots[at] != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = h&upperHalf | uint64(index+1)
	}
}

func (t *byteTable) reset() {
	if t.len() > 0 {
		clear(t.slots)
	}
	t.starts, t.plain = t.starts[:1], t.plain[:0]
}
