package copyinto

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const magic = "PAR1"

// withoutTimes copies a Parquet file, whose footer DuckDB has read, and returns the copy's path. In the copy the leaves with
// [element.nanos] have no types: DuckDB reads their integers as they are.
// The caller removes the copy.
func withoutTimes(path string) (_ string, err error) {
	in, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer in.Close()
	footer, err := readFooter(in)
	if err != nil {
		return "", err
	}
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer, &meta); err != nil {
		return "", fmt.Errorf("footer: %w", err)
	}
	for i := range meta.Schema {
		logical := &meta.Schema[i].LogicalType
		var unit format.TimeUnit
		switch t := logical.Value.(type) {
		case *format.TimeType:
			unit = t.Unit
		case *format.TimestampType:
			unit = t.Unit
		}
		if _, nanos := unit.Value.(*format.NanoSeconds); nanos {
			logical.Value = nil
		}
	}
	if footer, err = thrift.Marshal(new(thrift.CompactProtocol), &meta); err != nil {
		return "", fmt.Errorf("footer: %w", err)
	}
	out, err := os.CreateTemp("", "copyinto-*.parquet")
	if err != nil {
		return "", err
	}
	defer func() {
		if closed := out.Close(); err == nil {
			err = closed
		}
		if err != nil {
			_ = os.Remove(out.Name())
		}
	}()
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	if _, err := io.Copy(out, in); err != nil {
		return "", err
	}
	footer = append(binary.LittleEndian.AppendUint32(footer, uint32(len(footer))), magic...)
	if _, err := out.Write(footer); err != nil {
		return "", err
	}
	return out.Name(), nil
}

func readFooter(in *os.File) ([]byte, error) {
	size, err := in.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	tail := make([]byte, 8)
	if _, err := in.ReadAt(tail, size-int64(len(tail))); err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if string(tail[4:]) != magic || length > size-int64(len(tail)) {
		return nil, fmt.Errorf("no footer of %s", magic)
	}
	footer := make([]byte, length)
	_, err = in.ReadAt(footer, size-int64(len(tail))-length)
	return footer, err
}

// plainPath returns a path to the file that DuckDB does not take for a pattern, and what removes it.
func plainPath(path string) (string, func(), error) {
	if !strings.ContainsAny(path, "*?[") {
		return path, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "copyinto-")
	if err != nil {
		return "", nil, err
	}
	link := dir + "/file"
	if err := os.Symlink(path, link); err != nil {
		_ = os.RemoveAll(dir)
		return "", nil, err
	}
	return link, func() { _ = os.RemoveAll(dir) }, nil
}
