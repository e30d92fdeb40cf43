package sourcetest

import (
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// watched is an allocator that counts what is live and overwrites what is freed.
type watched struct{ live atomic.Int64 }

// rubbish is what freed memory is overwritten with. As an offset it points nowhere.
const rubbish = 0x6b

func (w *watched) Allocate(size int) []byte {
	w.live.Add(int64(size))
	return memory.DefaultAllocator.Allocate(size)
}

func (w *watched) Reallocate(size int, b []byte) []byte {
	grown := w.Allocate(size)
	copy(grown, b)
	w.Free(b)
	return grown
}

func (w *watched) Free(b []byte) {
	w.live.Add(-int64(len(b)))
	for i := range b {
		b[i] = rubbish
	}
	memory.DefaultAllocator.Free(b)
}
