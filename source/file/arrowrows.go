package file

import (
	"encoding/binary"
	"io"
	"os"
)

// arrowRows returns the rows of an Arrow file, -1 where they are not to be had cheaply or the file is corrupt
// (who reads it will say how). The footer says where record batches are, but not how long: the head of each is
// looked at, which in a bucket would be a request each.
func arrowRows(r io.ReaderAt, size int64) int64 {
	if _, local := r.(*os.File); !local {
		return -1
	}
	footer := tableAt(lastBytes(r, size))
	blocks, n := footer.vector(3, 24)
	if n < 0 {
		return -1
	}
	rows := int64(0)
	for i := range n {
		block := blocks[24*i:]
		rows += batchRows(r, int64(binary.LittleEndian.Uint64(block)), int64(int32(binary.LittleEndian.Uint32(block[8:]))), &n)
		if n < 0 {
			return -1
		}
	}
	return rows
}

// lastBytes returns the footer of an Arrow file, nil where there is none.
func lastBytes(r io.ReaderAt, size int64) []byte {
	const tail = 10 // its length, and the magic number
	var end [tail]byte
	if size < 2*tail {
		return nil
	}
	if _, err := r.ReadAt(end[:], size-tail); err != nil {
		return nil
	}
	n := int64(binary.LittleEndian.Uint32(end[:]))
	if n > size-2*tail {
		return nil
	}
	footer := make([]byte, n)
	if _, err := r.ReadAt(footer, size-tail-n); err != nil {
		return nil
	}
	return footer
}

// batchRows returns the rows that the head of a record batch claims; n becomes negative where it has none.
func batchRows(r io.ReaderAt, offset, length int64, n *int) int64 {
	const most = 16 << 20
	if offset < 0 || length < 8 || length > most {
		*n = -1
		return 0
	}
	head := make([]byte, length)
	if _, err := r.ReadAt(head, offset); err != nil {
		*n = -1
		return 0
	}
	if binary.LittleEndian.Uint32(head) == 0xffffffff {
		head = head[4:]
	}
	rows := tableAt(head[4:]).table(2).int64(0)
	if rows < 0 {
		*n = -1
	}
	return rows
}

// table is a table of a flatbuffer, the encoding of Arrow's metadata; the zero value is one that is missing or
// lies outside of the buffer.
type table struct {
	buf []byte
	at  int
}

// tableAt returns the root of a flatbuffer.
func tableAt(buf []byte) table { return table{buf: buf}.follow(0) }

func (t table) u32(at int) (int, bool) {
	if at < 0 || at > len(t.buf)-4 {
		return 0, false
	}
	return int(int32(binary.LittleEndian.Uint32(t.buf[at:]))), true
}

// follow returns the table that the offset at a place leads to.
func (t table) follow(at int) table {
	if n, ok := t.u32(at); ok && n > 0 && n < len(t.buf)-at {
		return table{t.buf, at + n}
	}
	return table{}
}

// field returns where the field with a number lies, 0 where the table lacks it.
func (t table) field(number int) int {
	back, ok := t.u32(t.at)
	v := t.at - back
	if !ok || t.buf == nil || v < 0 || v > len(t.buf)-4 {
		return 0
	}
	slot := 4 + 2*number
	if slot+2 > int(binary.LittleEndian.Uint16(t.buf[v:])) || v+slot+2 > len(t.buf) {
		return 0
	}
	n := int(binary.LittleEndian.Uint16(t.buf[v+slot:]))
	if n == 0 {
		return 0
	}
	return t.at + n
}

func (t table) table(number int) table {
	at := t.field(number)
	if at == 0 {
		return table{}
	}
	return t.follow(at)
}

// int64 returns a number; 0, which is the default, where the table lacks it, and -1 where there is no table.
func (t table) int64(number int) int64 {
	if t.buf == nil {
		return -1
	}
	at := t.field(number)
	if at == 0 {
		return 0
	}
	if at > len(t.buf)-8 {
		return -1
	}
	return int64(binary.LittleEndian.Uint64(t.buf[at:]))
}

// vector returns the elements of a vector, each of so many bytes, and their number; -1 where they lie outside.
func (t table) vector(number, width int) ([]byte, int) {
	if t.buf == nil {
		return nil, -1
	}
	at := t.field(number)
	if at == 0 {
		return nil, 0
	}
	v := t.follow(at)
	n, ok := v.u32(v.at)
	if v.buf == nil || !ok || n < 0 || n > (len(v.buf)-v.at-4)/width {
		return nil, -1
	}
	return v.buf[v.at+4:], n
}
