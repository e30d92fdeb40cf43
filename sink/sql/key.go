package sql

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
)

// lastOfKey drops the rows that a later one with the same key supersedes. The pieces it answers are the caller's to
// release.
func lastOfKey(in *batch, pieces []piece, key []int) ([]piece, error) {
	last := map[string]int64{} // the row that counts, numbered through all pieces
	var buf []byte
	n, doubles := int64(0), false
	for _, p := range pieces {
		for row := range int(p.rec.NumRows()) {
			buf = appendKey(buf[:0], p.rec, key, row)
			if _, seen := last[string(buf)]; seen {
				doubles = true
			}
			last[string(buf)] = n
			n++
		}
	}
	out := make([]piece, 0, len(pieces))
	n = 0
	for _, p := range pieces {
		var old []deadletter.Reason
		for row := range int(p.rec.NumRows()) {
			if doubles {
				buf = appendKey(buf[:0], p.rec, key, row)
				if last[string(buf)] != n {
					old = append(old, deadletter.Reason{Row: int64(row)})
				}
			}
			n++
		}
		kept, superseded, err := deadletter.Split(in.mem, p.rec, old)
		superseded.Release()
		if err != nil {
			releasePieces(out)
			return nil, err
		}
		if kept != nil {
			out = append(out, piece{rec: kept})
		}
	}
	return out, nil
}

func releasePieces(pieces []piece) {
	for _, p := range pieces {
		p.rec.Release()
	}
}

// appendKey writes the key of a row so that equal keys are equal bytes.
func appendKey(buf []byte, rec arrow.Record, key []int, row int) []byte {
	for _, k := range key {
		buf = appendKeyValue(buf, rec.Column(k), row)
	}
	return buf
}

func appendKeyValue(buf []byte, a arrow.Array, row int) []byte {
	switch a := a.(type) {
	case *array.Int64:
		return binary.LittleEndian.AppendUint64(buf, uint64(a.Value(row)))
	case *array.Int32:
		return binary.LittleEndian.AppendUint32(buf, uint32(a.Value(row)))
	case *array.String:
		return appendKeyText(buf, a.Value(row))
	case *array.Float64:
		return binary.LittleEndian.AppendUint64(buf, math.Float64bits(a.Value(row)+0)) // -0 is 0
	case *array.Float32:
		return binary.LittleEndian.AppendUint32(buf, math.Float32bits(a.Value(row)+0))
	case *array.Dictionary:
		return appendKeyValue(buf, a.Dictionary(), a.GetValueIndex(row))
	}
	return appendKeyText(buf, a.ValueStr(row))
}

func appendKeyText(buf []byte, text string) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(text))), text...)
}
