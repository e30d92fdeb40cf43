package sinktest

import (
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// watched is an allocator that counts what is live and overwrites what is freed: a record that is read after its
// last release has other values then.
type watched struct {
	parent *watched // counts too; nil = none
	live   atomic.Int64
	freed  atomic.Int64
}

var _ memory.Allocator = (*watched)(nil)

// rubbish is what freed memory is overwritten with. As an offset it points nowhere.
const rubbish = 0x6b

func (w *watched) Allocate(size int) []byte {
	w.count(size)
	return memory.DefaultAllocator.Allocate(size)
}

func (w *watched) Reallocate(size int, b []byte) []byte {
	w.count(size - len(b))
	return memory.DefaultAllocator.Reallocate(size, b)
}

func (w *watched) Free(b []byte) {
	w.count(-len(b))
	w.freed.Add(int64(len(b)))
	for i := range b {
		b[i] = rubbish
	}
	memory.DefaultAllocator.Free(b)
}

func (w *watched) count(n int) {
	w.live.Add(int64(n))
	if w.parent != nil {
		w.parent.count(n)
	}
}
