package transformtest

import (
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// allocator counts the bytes in use, and overwrites what is freed: whoever reads it afterwards sees it.
type allocator struct {
	inner memory.Allocator
	mu    sync.Mutex
	used  int
}

func newAllocator() *allocator { return &allocator{inner: memory.NewGoAllocator()} }

func (a *allocator) Allocate(size int) []byte {
	a.mu.Lock()
	a.used += size
	a.mu.Unlock()
	return a.inner.Allocate(size)
}

func (a *allocator) Reallocate(size int, b []byte) []byte {
	out := a.Allocate(size)
	copy(out, b)
	a.Free(b)
	return out
}

func (a *allocator) Free(b []byte) {
	a.mu.Lock()
	a.used -= len(b)
	a.mu.Unlock()
	for i := range b {
		b[i] = 0xDB
	}
	a.inner.Free(b)
}

func (a *allocator) inUse() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.used
}
