package parquet

import (
	"errors"
	"fmt"
)

// Codec says how pages are compressed.
type Codec uint8

// Codecs.
const (
	Zstd   Codec = iota // at its fastest level
	Snappy              // larger files in less time
	None
)

// Defaults of Options.
const (
	DefaultPageBytes     = 1 << 20
	DefaultRowGroupRows  = 1 << 20
	DefaultRowGroupBytes = 16 << 20
)

// Options say how a file is written. The zero value is good.
type Options struct {
	// Codec compresses the pages. The zero value is Zstd.
	Codec Codec
	// PageBytes is about how many bytes, not compressed, a page has. A row is never split: a page of one large row is
	// larger. 0 = DefaultPageBytes.
	PageBytes int
	// RowGroupRows is the most rows of a row group. 0 = DefaultRowGroupRows.
	RowGroupRows int
	// RowGroupBytes ends a row group once it takes about so many bytes of memory: its pages, compressed, and the page
	// and the dictionary that each column is filling. A Writer holds little more. 0 = DefaultRowGroupBytes.
	RowGroupBytes int64
}

func (o *Options) complete() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	if c.PageBytes == 0 {
		c.PageBytes = DefaultPageBytes
	}
	if c.RowGroupRows == 0 {
		c.RowGroupRows = DefaultRowGroupRows
	}
	if c.RowGroupBytes == 0 {
		c.RowGroupBytes = DefaultRowGroupBytes
	}
	var errs []error
	if c.Codec > None {
		errs = append(errs, fmt.Errorf("Options.Codec: there is no codec %d", c.Codec))
	}
	if c.PageBytes < 0 || c.PageBytes > 1<<30 {
		errs = append(errs, fmt.Errorf("Options.PageBytes: %d is not from 0 to 2^30", c.PageBytes))
	}
	if c.RowGroupRows < 0 {
		errs = append(errs, fmt.Errorf("Options.RowGroupRows: %d is negative", c.RowGroupRows))
	}
	if c.RowGroupBytes < 0 {
		errs = append(errs, fmt.Errorf("Options.RowGroupBytes: %d is negative", c.RowGroupBytes))
	}
	return c, errors.Join(errs...)
}
