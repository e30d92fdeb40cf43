package parquet

import (
	"hash/maphash"
	"math/bits"
)

// byteTable is the dictionary of byte strings: it gives each an index, in the order in which they come.
type byteTable struct {
	seed   maphash.Seed
	keys   [2]uint64 // of the hashes of short strings
	slots  []uint64  // the high half of a hash and an index plus one, by the low bits of the hash; 0 = free
	shorts []short   // by index; of a long string, none
	starts []int     // by index: where the entry begins in plain; and where the last one ends
	plain  []byte    // the entries as PLAIN
	prefix int       // bytes of the length before an entry
}

const (
	minSlots  = 1 << 10
	upperHalf = 0xffffffff << 32
	// shortBytes is how long a string may be that is compared and hashed as two numbers.
	shortBytes = 16
)

// short is a string of up to shortBytes bytes: its first eight and its last eight, or what there is, and its length and 1.
type short struct {
	first, last uint64
	size        uint64
}

func newByteTable(width int) byteTable {
	t := byteTable{seed: maphash.MakeSeed(), slots: make([]uint64, minSlots), starts: []int{0}}
	t.keys = [2]uint64{maphash.String(t.seed, "first"), maphash.String(t.seed, "last")}
	if width == 0 {
		t.prefix = 4
	}
	return t
}

func (t *byteTable) len() int { return len(t.starts) - 1 }

// encoded is an entry as PLAIN.
func (t *byteTable) encoded(index int32) []byte { return t.plain[t.starts[index]:t.starts[index+1]] }

// entry is an entry as it is.
func (t *byteTable) entry(index int32) string { return text(t.encoded(index)[t.prefix:]) }

// shortOf is s as a short string; the zero value for one that is too long.
func shortOf(s string) short {
	n := len(s)
	switch {
	case n > shortBytes:
		return short{}
	case n >= 8:
		return short{load8(s), load8(s[n-8:]), uint64(n) + 1}
	case n >= 4:
		return short{uint64(load4(s)), uint64(load4(s[n-4:])), uint64(n) + 1}
	}
	k := short{size: uint64(n) + 1}
	for i := range n {
		k.first |= uint64(s[i]) << (8 * i)
	}
	return k
}

func load8(s string) uint64 {
	s = s[:8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func load4(s string) uint32 {
	s = s[:4]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// hash is that of s, whose short form is k.
func (t *byteTable) hash(k short, s string) uint64 {
	if k.size == 0 {
		return maphash.String(t.seed, s)
	}
	high, low := bits.Mul64(k.first^t.keys[0], k.last^t.keys[1]^k.size)
	high, low = bits.Mul64(high^low^t.keys[0], t.keys[1]|1)
	return high ^ low
}

// index answers the index of s, which is taken in if it is new.
func (t *byteTable) index(s string) int32 {
	k := shortOf(s)
	h := t.hash(k, s)
	mask := uint64(len(t.slots) - 1)
	at := h & mask
	for ; t.slots[at] != 0; at = (at + 1) & mask {
		slot := t.slots[at]
		if (slot^h)&upperHalf != 0 {
			continue
		}
		index := int32(uint32(slot) - 1)
		if t.shorts[index] == k && (k.size > 0 || t.entry(index) == s) {
			return index
		}
	}
	return t.insert(at, h, k, s)
}

func (t *byteTable) insert(at, h uint64, k short, s string) int32 {
	if n := len(s); t.prefix > 0 {
		t.plain = append(t.plain, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	}
	t.plain = append(t.plain, s...)
	t.starts = append(t.starts, len(t.plain))
	t.shorts = append(t.shorts, k)
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
		h := t.hash(t.shorts[index], t.entry(int32(index)))
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
	t.starts, t.shorts, t.plain = t.starts[:1], t.shorts[:0], t.plain[:0]
}
