package copyinto

import (
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// readText reads a file of text whole, without its compression. An error is the file's.
func readText(f File, compression Compression) ([]byte, error) {
	if f.Text != nil {
		return f.Text, nil
	}
	data, err := os.ReadFile(f.Path)
	if err != nil {
		return nil, err
	}
	if compression == AutoCompression {
		compression = detect(data)
	}
	var r io.Reader
	switch in := bytes.NewReader(data); compression {
	case NoCompression:
		return data, nil
	case Gzip:
		r, err = gzip.NewReader(in)
	case Bzip2:
		r = bzip2.NewReader(in)
	case Zstd:
		var d *zstd.Decoder
		if d, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1)); err == nil {
			defer d.Close()
			r = d
		}
	case Deflate:
		r, err = zlib.NewReader(in)
	case RawDeflate:
		r = flate.NewReader(in)
	default:
		return nil, unsupported("COMPRESSION %s", compression)
	}
	if err == nil {
		data, err = io.ReadAll(r)
	}
	if err != nil {
		return nil, fmt.Errorf("the file is not compressed as %s: %w", compression, err)
	}
	return data, nil
}

// detect knows compressions by their first bytes, as AUTO does; Brotli and raw Deflate have none.
func detect(data []byte) Compression {
	for _, magic := range []struct {
		bytes string
		of    Compression
	}{
		{"\x1f\x8b", Gzip}, {"BZh", Bzip2}, {"\x28\xb5\x2f\xfd", Zstd}, {"\x78\x01", Deflate}, {"\x78\x9c", Deflate}, {"\x78\xda", Deflate},
	} {
		if bytes.HasPrefix(data, []byte(magic.bytes)) {
			return magic.of
		}
	}
	return NoCompression
}
