package streaming

import (
	"io"
	"runtime"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// encoding is what the header Content-Encoding says; "" = there is none.
func (c Compression) encoding() string {
	switch c {
	case Zstd:
		return "zstd"
	case Gzip:
		return "gzip"
	}
	return ""
}

// compressor compresses one body after the other.
type compressor interface {
	io.WriteCloser
	Reset(io.Writer)
}

// compressors are as many as can be at work at once, each made when it is first needed: they are large.
type compressors chan compressor

func newCompressors() compressors {
	c := make(compressors, runtime.GOMAXPROCS(0))
	for range cap(c) {
		c <- nil
	}
	return c
}

func (c Compression) compressor() (compressor, error) {
	if c == Gzip {
		return gzip.NewWriterLevel(nil, gzip.BestSpeed)
	}
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20))
}

// compress writes the parts of a body, compressed, into blocks of their own; uncompressed they stay where they are.
func (c *Client) compress(parts [][]byte) (*spill, error) {
	out := &spill{from: &c.blocks}
	if c.opts.Compression == Uncompressed {
		out.borrow(parts)
		return out, nil
	}
	w := <-c.compressors
	defer func() { c.compressors <- w }()
	if w == nil {
		var err error
		if w, err = c.opts.Compression.compressor(); err != nil {
			return nil, err
		}
	}
	w.Reset(out)
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return nil, err
		}
	}
	return out, w.Close()
}
