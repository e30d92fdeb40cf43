package file

import (
	"io"
	"sync"
)

const (
	firstWindow  = 256 << 10 // what the first read at a new place fetches at least
	largeWindow  = 8 << 20   // what reading on in sequence grows to
	windowsBytes = 64 << 20  // what is kept of one object, but for the windows in use
)

// windows is random access to an object of which every request is dear. It keeps stretches of the object, and
// reads ahead where reading goes on behind one of them, each time twice as far: that is how Parquet columns are
// read, several side by side. It is safe for concurrent use; reads of different stretches do not wait for each
// other.
type windows struct {
	size  int64
	fetch func(p []byte, offset int64) error

	mu    sync.Mutex
	held  []*window // the one used last is last
	total int
}

// window is one stretch; ready is closed when data or err is there.
type window struct {
	offset int64
	data   []byte
	err    error
	ready  chan struct{}
}

func newWindows(size int64, fetch func(p []byte, offset int64) error) *windows {
	return &windows{size: size, fetch: fetch}
}

// ReadAt implements io.ReaderAt.
func (w *windows) ReadAt(p []byte, offset int64) (int, error) {
	n := 0
	for n < len(p) {
		at := offset + int64(n)
		if at >= w.size {
			return n, io.EOF
		}
		s := w.at(at, len(p)-n)
		<-s.ready
		if s.err != nil {
			return n, s.err
		}
		n += copy(p[n:], s.data[at-s.offset:])
	}
	return n, nil
}

// Close implements io.Closer.
func (w *windows) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held, w.total = nil, 0
	return nil
}

// at returns the window that holds the byte at offset; where there is none it fetches one, for want bytes or
// more. Somebody else may be fetching it still.
func (w *windows) at(offset int64, want int) *window {
	w.mu.Lock()
	length := max(want, firstWindow)
	for i := len(w.held) - 1; i >= 0; i-- {
		s := w.held[i]
		end := s.offset + int64(len(s.data))
		if offset >= s.offset && offset < end {
			w.held = append(append(w.held[:i:i], w.held[i+1:]...), s)
			w.mu.Unlock()
			return s
		}
		if offset == end {
			length = max(want, min(2*len(s.data), largeWindow))
		}
	}
	s := &window{offset: offset, data: make([]byte, min(int64(length), w.size-offset)), ready: make(chan struct{})}
	w.held = append(w.held, s)
	w.total += len(s.data)
	for w.total > windowsBytes && len(w.held) > 1 {
		w.total -= len(w.held[0].data)
		w.held = w.held[1:]
	}
	w.mu.Unlock()

	s.err = w.fetch(s.data, offset)
	if s.err != nil {
		w.drop(s)
	}
	close(s.ready)
	return s
}

// drop forgets a window that could not be fetched, so that the next read tries again.
func (w *windows) drop(s *window) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, held := range w.held {
		if held == s {
			w.held = append(w.held[:i:i], w.held[i+1:]...)
			w.total -= len(s.data)
			return
		}
	}
}
