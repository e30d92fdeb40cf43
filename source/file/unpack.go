package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// packing is how a text is compressed.
type packing int

const (
	plain packing = iota
	gzipped
	zstandard
)

// packingOf knows it by the first bytes, which are no text in either case.
func packingOf(head []byte) packing {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return gzipped
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return zstandard
	}
	return plain
}

// unpacker reads the text that is compressed in raw, on the goroutine of its caller.
func unpacker(raw io.Reader, p packing) (io.Reader, func(), error) {
	switch p {
	case gzipped:
		z, err := gzip.NewReader(raw)
		if err != nil {
			return nil, nil, fmt.Errorf("gzip: %w", cutOff(err))
		}
		return named{z, "gzip"}, func() { _ = z.Close() }, nil
	case zstandard:
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, nil, fmt.Errorf("zstd: %w", err)
		}
		return named{z, "zstd"}, z.Close, nil
	}
	return raw, func() {}, nil
}

// named says in errors which decompression they come from.
type named struct {
	io.Reader
	name string
}

func (n named) Read(p []byte) (int, error) {
	k, err := n.Reader.Read(p)
	switch {
	case err == nil || err == io.EOF:
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("%s: the file is cut off: %w", n.name, err)
	default:
		err = fmt.Errorf("%s: %w", n.name, err)
	}
	return k, err
}

// textReader reads the text of a file from a byte on.
type textReader struct {
	io.Reader
	raw  io.Closer
	free func()
}

func (t *textReader) Close() error {
	t.free()
	return t.raw.Close()
}

// openText opens the text of a file at a byte of the uncompressed text.
func openText(ctx context.Context, e *entry, p packing, offset int64) (*textReader, error) {
	if p == plain {
		raw, err := e.store.openStream(ctx, e, offset)
		if err != nil {
			return nil, err
		}
		return &textReader{Reader: raw, raw: raw, free: func() {}}, nil
	}
	raw, err := e.store.openStream(ctx, e, 0)
	if err != nil {
		return nil, err
	}
	r, free, err := unpacker(raw, p)
	if err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	t := &textReader{Reader: r, raw: raw, free: free}
	if _, err := io.CopyN(io.Discard, r, offset); err != nil {
		return nil, errors.Join(fmt.Errorf("skip %d bytes that are read already: %w", offset, cutOff(err)), t.Close())
	}
	return t, nil
}

// sampleOf returns up to n bytes of the beginning of a file's text, whether they are all of it, and how it is
// compressed.
func sampleOf(ctx context.Context, e *entry, n int) (text []byte, whole bool, p packing, err error) {
	raw, err := e.store.openStream(ctx, e, 0)
	if err != nil {
		return nil, false, plain, err
	}
	defer raw.Close()
	head := make([]byte, min(int64(n), e.size))
	if _, err := io.ReadFull(raw, head); err != nil {
		return nil, false, plain, cutOff(err)
	}
	p = packingOf(head)
	if p == plain && e.packed && e.size > 0 {
		return nil, false, p, errors.New("its name says that it is compressed, but it begins neither as gzip nor as zstd")
	}
	if p == plain {
		return head, int64(len(head)) == e.size, p, nil
	}
	r, free, err := unpacker(io.MultiReader(bytes.NewReader(head), raw), p)
	if err != nil {
		return nil, false, p, err
	}
	defer free()
	text, err = io.ReadAll(io.LimitReader(r, int64(n)+1))
	if err != nil {
		return nil, false, p, err
	}
	if len(text) > n {
		return text[:n], false, p, nil
	}
	return text, true, p, nil
}
