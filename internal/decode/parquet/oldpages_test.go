package parquet_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"

	"github.com/floedata/floe/internal/decode/parquet"
)

// onePage makes a file of one column whose only page is given.
func onePage(t *testing.T, repetition format.FieldRepetitionType, rows int64, levels format.Encoding, codec format.CompressionCodec, values int, plain, packed []byte) []byte {
	t.Helper()
	return pageWithSum(t, repetition, rows, levels, codec, values, plain, packed, crc32.ChecksumIEEE(packed))
}

func pageWithSum(t *testing.T, repetition format.FieldRepetitionType, rows int64, levels format.Encoding, codec format.CompressionCodec, values int, plain, packed []byte, sum uint32) []byte {
	t.Helper()
	header, err := thrift.Marshal(new(thrift.CompactProtocol), &format.PageHeader{
		Type: format.DataPage, UncompressedPageSize: int32(len(plain)), CompressedPageSize: int32(len(packed)),
		CRC: int32(sum),
		DataPageHeader: thrift.New(format.DataPageHeader{
			NumValues: int32(values), Encoding: format.Plain, DefinitionLevelEncoding: levels, RepetitionLevelEncoding: levels,
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	size := int64(len(header) + len(packed))
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &format.FileMetaData{
		Version: 1, NumRows: rows,
		Schema: []format.SchemaElement{
			{Name: "root", NumChildren: thrift.New(int32(1))},
			{Name: "a", Type: thrift.New(format.Int32), RepetitionType: thrift.New(repetition)},
		},
		RowGroups: []format.RowGroup{{NumRows: rows, TotalByteSize: size, Columns: []format.ColumnChunk{{
			MetaData: format.ColumnMetaData{
				Type: format.Int32, Encoding: []format.Encoding{format.Plain, levels}, PathInSchema: []string{"a"}, Codec: codec,
				NumValues: int64(values), TotalUncompressedSize: size, TotalCompressedSize: size, DataPageOffset: 4,
			},
		}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	out := append([]byte("PAR1"), header...)
	out = append(append(out, packed...), footer...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
	return append(out, "PAR1"...)
}

func ints(levels []byte, values ...uint32) []byte {
	for _, v := range values {
		levels = binary.LittleEndian.AppendUint32(levels, v)
	}
	return levels
}

// TestPackedLevels reads levels in the encoding that Parquet 1.0 had, the highest bit first.
func TestPackedLevels(t *testing.T) {
	optional := ints([]byte{0b10110100, 0b10000000}, 1, 2, 3, 4, 5)
	// Lists [1,2] [] [3]: the repetition levels, then the definition levels.
	repeated := ints([]byte{0b01000000, 0b11010000}, 1, 2, 3)
	for _, tc := range []struct {
		name       string
		repetition format.FieldRepetitionType
		rows       int64
		values     int
		page       []byte
		want       []string
	}{
		{"optional", format.Optional, 9, 9, optional, []string{"1", "(null)", "2", "3", "(null)", "4", "(null)", "(null)", "5"}},
		{"repeated", format.Repeated, 3, 4, repeated, []string{"[1,2]", "[]", "[3]"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := onePage(t, tc.repetition, tc.rows, format.BitPacked, format.Uncompressed, tc.values, tc.page, tc.page)
			_, rows := text(t, b)
			if diff := cmp.Diff(tc.want, rows); diff != "" {
				t.Errorf("rows mismatch (-want +got):\n%s", diff)
			}
			cut := onePage(t, tc.repetition, tc.rows, format.BitPacked, format.Uncompressed, tc.values, tc.page[:1], tc.page[:1])
			wantReadError(t, cut, "cut off")
		})
	}
}

// TestHadoopLz4 reads the codec that was called LZ4 before LZ4_RAW: in Hadoop's frames, several of them, and as
// the bare block that other writers took it for.
func TestHadoopLz4(t *testing.T) {
	var values []uint32
	var want []string
	for i := range uint32(200) {
		values, want = append(values, i%4), append(want, string('0'+rune(i%4)))
	}
	plain := ints(nil, values...)
	block := func(b []byte) []byte {
		out := make([]byte, lz4.CompressBlockBound(len(b)))
		n, err := lz4.CompressBlock(b, out, nil)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		return out[:n]
	}
	frame := func(b []byte) []byte {
		packed := block(b)
		out := binary.BigEndian.AppendUint32(nil, uint32(len(b)))
		return append(binary.BigEndian.AppendUint32(out, uint32(len(packed))), packed...)
	}
	for name, packed := range map[string][]byte{
		"one frame":  frame(plain),
		"two frames": append(frame(plain[:500]), frame(plain[500:])...),
		"no frame":   block(plain),
	} {
		t.Run(name, func(t *testing.T) {
			b := onePage(t, format.Required, 200, format.RLE, format.Lz4, 200, plain, packed)
			_, rows := text(t, b)
			if diff := cmp.Diff(want, rows); diff != "" {
				t.Errorf("rows mismatch (-want +got):\n%s", diff)
			}
			wantReadError(t, onePage(t, format.Required, 200, format.RLE, format.Lz4, 200, plain, packed[:len(packed)-9]), "decompress LZ4")
		})
	}
}

// TestStoredChecksum: a checksum of 0 means none, as it does to the writers that leave it out.
func TestStoredChecksum(t *testing.T) {
	page := ints(nil, 7)
	sum := crc32.ChecksumIEEE(page)
	for _, stored := range []uint32{sum, 0} {
		_, rows := text(t, pageWithSum(t, format.Required, 1, format.RLE, format.Uncompressed, 1, page, page, stored))
		if diff := cmp.Diff([]string{"7"}, rows); diff != "" {
			t.Errorf("checksum %08x: rows mismatch (-want +got):\n%s", stored, diff)
		}
	}
	wantReadError(t, pageWithSum(t, format.Required, 1, format.RLE, format.Uncompressed, 1, page, page, sum+1), "its checksum is")
}

func wantReadError(t *testing.T, b []byte, want string) {
	t.Helper()
	r, err := open(t, b).Reader(parquet.Options{Allocator: checked(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rec, err := r.Next(t.Context())
	if err == nil {
		rec.Release()
		err = errors.New("none")
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q in it", err, want)
	}
}
