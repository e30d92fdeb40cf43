package parquet

import (
	"github.com/klauspost/compress/huff0"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// compressor compresses pages. It keeps its encoder and its buffer.
type compressor struct {
	codec Codec
	zstd  *zstd.Encoder
	huff  huff0.Scratch
	buf   []byte
}

func newCompressor(c Codec) (*compressor, error) {
	p := &compressor{codec: c, huff: huff0.Scratch{Reuse: huff0.ReusePolicyNone}}
	if c != Zstd {
		return p, nil
	}
	// A page is one frame, made in the goroutine of the writer; the page header has a checksum already.
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	p.zstd = enc
	return p, err
}

func (p *compressor) format() format.CompressionCodec {
	switch p.codec {
	case Zstd:
		return format.Zstd
	case Snappy:
		return format.Snappy
	default:
		return format.Uncompressed
	}
}

// compress answers src compressed, good until the next call; without a codec it is src.
func (p *compressor) compress(src []byte) []byte {
	switch p.codec {
	case Zstd:
		if p.scattered(src) {
			p.buf = p.literals(p.buf[:0], src)
		} else {
			p.buf = p.zstd.EncodeAll(src, p.buf[:0])
		}
	case Snappy:
		if n := s2.MaxEncodedLen(len(src)); cap(p.buf) < n {
			p.buf = make([]byte, n)
		}
		if p.incompressible(src) {
			p.buf = snappyLiterals(p.buf[:0], src)
		} else {
			return s2.EncodeSnappy(p.buf[:cap(p.buf)], src)
		}
	default:
		return src
	}
	return p.buf
}
