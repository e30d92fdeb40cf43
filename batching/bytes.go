package batching

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Bytes returns the bytes of Arrow buffers that the rows of rec view: validity bits, offsets, values and
// children of these rows alone, so that a slice counts what it views. A dictionary counts whole, once a
// record; so do the runs of run-end encoded columns and the data buffers of view types. rec is borrowed.
func Bytes(rec arrow.Record) int64 {
	var n int64
	for i := range int(rec.NumCols()) {
		d := rec.Column(i).Data()
		n += dataBytes(d, d.Offset(), d.Len())
	}
	return n
}

// dataBytes counts n rows of d from the absolute row off of its buffers.
func dataBytes(d arrow.ArrayData, off, n int) int64 {
	if n == 0 {
		return 0
	}
	size := int64(0)
	if buffers := d.Buffers(); len(buffers) > 0 && buffers[0] != nil {
		size = bitBytes(n)
	}
	dt := d.DataType()
	if ext, ok := dt.(arrow.ExtensionType); ok {
		dt = ext.StorageType()
	}
	switch dt := dt.(type) {
	case *arrow.NullType:
		return 0
	case *arrow.BooleanType:
		return size + bitBytes(n)
	case *arrow.DictionaryType:
		dict := d.Dictionary()
		return size + int64(n*dt.Bytes()) + dataBytes(dict, dict.Offset(), dict.Len())
	case *arrow.FixedSizeListType:
		k := int(dt.Len())
		child := d.Children()[0]
		return size + dataBytes(child, child.Offset()+off*k, n*k)
	case *arrow.StructType, *arrow.SparseUnionType:
		if dt.ID() == arrow.SPARSE_UNION {
			size += int64(n)
		}
		for _, child := range d.Children() {
			size += dataBytes(child, child.Offset()+off, n)
		}
		return size
	case *arrow.StringType, *arrow.BinaryType:
		return size + offsetBytes(arrow.GetData[int32](d.Buffers()[1].Bytes()), off, n)
	case *arrow.LargeStringType, *arrow.LargeBinaryType:
		return size + offsetBytes(arrow.GetData[int64](d.Buffers()[1].Bytes()), off, n)
	case *arrow.ListType, *arrow.MapType:
		return size + listBytes(arrow.GetData[int32](d.Buffers()[1].Bytes()), d.Children()[0], off, n)
	case *arrow.LargeListType:
		return size + listBytes(arrow.GetData[int64](d.Buffers()[1].Bytes()), d.Children()[0], off, n)
	case arrow.FixedWidthDataType:
		return size + int64(n)*int64(dt.BitWidth()/8)
	}
	return size + exoticBytes(d, dt, n)
}

// exoticBytes counts the rest: what its rows view cannot be told without reading them all, so that their
// shared parts count whole.
func exoticBytes(d arrow.ArrayData, dt arrow.DataType, n int) int64 {
	size := int64(0)
	switch dt.(type) {
	case arrow.BinaryViewDataType:
		size = int64(n*arrow.ViewHeaderSizeBytes) + sum(d.Buffers()[2:])
	case *arrow.DenseUnionType:
		size = int64(n * (1 + arrow.Int32SizeBytes))
	case *arrow.ListViewType:
		size = int64(n * 2 * arrow.Int32SizeBytes)
	case *arrow.LargeListViewType:
		size = int64(n * 2 * arrow.Int64SizeBytes)
	}
	for _, child := range d.Children() {
		size += dataBytes(child, child.Offset(), child.Len())
	}
	return size
}

func sum(buffers []*memory.Buffer) int64 {
	n := int64(0)
	for _, b := range buffers {
		if b != nil {
			n += int64(b.Len())
		}
	}
	return n
}

func bitBytes(n int) int64 { return int64(n+7) / 8 }

func offsetBytes[O int32 | int64](offsets []O, off, n int) int64 {
	return int64((n+1)*bytesOf[O]()) + int64(offsets[off+n]-offsets[off])
}

func listBytes[O int32 | int64](offsets []O, child arrow.ArrayData, off, n int) int64 {
	start, end := int(offsets[off]), int(offsets[off+n])
	return int64((n+1)*bytesOf[O]()) + dataBytes(child, child.Offset()+start, end-start)
}

func bytesOf[T int16 | int32 | int64]() int {
	var v T
	return int(unsafe.Sizeof(v))
}
