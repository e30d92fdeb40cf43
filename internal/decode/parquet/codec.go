package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// decompressor undoes the compression of pages. It keeps its decoders; one goroutine uses it at a time.
type decompressor struct {
	zstd   *zstd.Decoder
	gzip   *gzip.Reader
	brotli *brotli.Reader
}

// checkCodec refuses a codec that no page can be read with.
func checkCodec(c format.CompressionCodec) error {
	switch c {
	case format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Lz4, format.Zstd, format.Lz4Raw:
		return nil
	default:
		return fmt.Errorf("compression codec %s (%d) is not supported", c, int(c))
	}
}

// decompress fills dst, whose length is the size that the page claims, from src.
func (d *decompressor) decompress(codec format.CompressionCodec, dst, src []byte) error {
	if len(dst) == 0 {
		return nil
	}
	n, err := d.decode(codec, dst, src)
	if err != nil {
		return fmt.Errorf("decompress %s: %w", codec, err)
	}
	if n != len(dst) {
		return fmt.Errorf("decompress %s: %d bytes came of a page that claims %d", codec, n, len(dst))
	}
	return nil
}

func (d *decompressor) decode(codec format.CompressionCodec, dst, src []byte) (int, error) {
	switch codec {
	case format.Zstd:
		return d.decodeZstd(dst, src)
	case format.Snappy:
		n, err := s2.DecodedLen(src)
		if err != nil || n != len(dst) {
			return n, err
		}
		out, err := s2.Decode(dst, src)
		return len(out), err
	case format.Lz4Raw:
		return lz4.UncompressBlock(src, dst)
	case format.Lz4:
		return decodeHadoopLz4(dst, src)
	case format.Gzip:
		if d.gzip == nil {
			d.gzip = new(gzip.Reader)
		}
		if err := d.gzip.Reset(bytes.NewReader(src)); err != nil {
			return 0, err
		}
		return readAll(d.gzip, dst)
	case format.Brotli:
		if d.brotli == nil {
			d.brotli = new(brotli.Reader)
		}
		if err := d.brotli.Reset(bytes.NewReader(src)); err != nil {
			return 0, err
		}
		return readAll(d.brotli, dst)
	default:
		return 0, checkCodec(codec)
	}
}

func (d *decompressor) decodeZstd(dst, src []byte) (int, error) {
	if d.zstd == nil {
		// One page is one frame, decoded in the goroutine of its column, never into more room than the page claims.
		dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return 0, err
		}
		d.zstd = dec
	}
	out, err := d.zstd.DecodeAll(src, dst[:0:len(dst)])
	return len(out), err
}

// close gives back what the decoders hold.
func (d *decompressor) close() {
	if d.zstd != nil {
		d.zstd.Close()
		d.zstd = nil
	}
}

// readAll fills dst and makes sure that nothing is left.
func readAll(r io.Reader, dst []byte) (int, error) {
	n, err := io.ReadFull(r, dst)
	if err != nil {
		return n, err
	}
	var rest [1]byte
	switch m, err := r.Read(rest[:]); {
	case m > 0:
		return n, errors.New("more bytes than the page claims")
	case err != nil && err != io.EOF:
		return n, err
	}
	return n, nil
}

// decodeHadoopLz4 reads the deprecated LZ4 codec: blocks as Hadoop frames
// them, each behind its two sizes, or, as some writers have it, one bare block.
func decodeHadoopLz4(dst, src []byte) (int, error) {
	n, rest := 0, src
	for len(rest) >= 8 {
		plain := uint64(binary.BigEndian.Uint32(rest))
		packed := uint64(binary.BigEndian.Uint32(rest[4:]))
		if plain > uint64(len(dst)-n) || packed > uint64(len(rest)-8) {
			break
		}
		m, err := lz4.UncompressBlock(rest[8:8+packed], dst[n:n+int(plain)])
		if err != nil || m != int(plain) {
			break
		}
		n += m
		rest = rest[8+packed:]
	}
	if len(rest) == 0 && n == len(dst) {
		return n, nil
	}
	return lz4.UncompressBlock(src, dst)
}
