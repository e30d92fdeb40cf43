package snowflaketest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Uploads is what clients have uploaded.
type Uploads struct{ Files, Bytes, Rows int64 }

// uploads counts. The zero value is ready to use.
type uploads struct {
	mu  sync.Mutex
	all Uploads
}

func (u *uploads) add(size, rows int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.all.Files++
	u.all.Bytes += size
	u.all.Rows += rows
}

func (u *uploads) sum() Uploads {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.all
}

// What a Parquet file ends with: footer, its length in 4 bytes, magic.
const (
	parquetMagic = "PAR1"
	parquetTail  = 4 + len(parquetMagic)
	maxFooter    = 16 << 20
)

var errNotParquet = errors.New("the file is not Parquet, and this server counts the rows of Parquet files alone")

// footerCounter takes a Parquet file and keeps its end.
type footerCounter struct {
	tail []byte
}

// Write keeps the end of what came so far, for twice the room that it needs, so that it rarely moves.
func (c *footerCounter) Write(p []byte) (int, error) {
	n := len(p)
	if n > maxFooter {
		c.tail, p = c.tail[:0], p[n-maxFooter:]
	}
	if len(c.tail)+len(p) > 2*maxFooter {
		c.tail = append(c.tail[:0], c.tail[len(c.tail)-maxFooter:]...)
	}
	c.tail = append(c.tail, p...)
	return n, nil
}

// writeTo writes a file that has the footer of the one that came and no pages, and returns the rows of that one.
func (c *footerCounter) writeTo(w io.Writer) (rows int64, err error) {
	end := len(c.tail) - parquetTail
	if end < 0 || string(c.tail[end+4:]) != parquetMagic {
		return 0, errNotParquet
	}
	size := int64(binary.LittleEndian.Uint32(c.tail[end:]))
	if size > int64(end) {
		return 0, fmt.Errorf("%w: its footer has %d bytes", errNotParquet, size)
	}
	footer := c.tail[int64(end)-size:]
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer[:size], &meta); err != nil {
		return 0, fmt.Errorf("%w: footer: %w", errNotParquet, err)
	}
	_, err = w.Write(append([]byte(parquetMagic), footer...))
	return meta.NumRows, err
}
