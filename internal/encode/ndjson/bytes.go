package ndjson

import (
	"encoding/base64"
	"encoding/hex"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// bytes is the form of bytes.
func (o forms) bytes() form {
	encode := func(dst, v []byte) []byte { return base64.StdEncoding.AppendEncode(dst, v) }
	if o.binary == Hex {
		encode = hex.AppendEncode
	}
	return form{bind: func(arr arrow.Array) appender {
		value := bytesOf(arr)
		return func(dst []byte, row int) []byte { return append(encode(append(dst, '"'), value(row)), '"') }
	}}
}

func bytesOf(arr arrow.Array) func(row int) []byte {
	switch a := arr.(type) {
	case *array.LargeBinary:
		return a.Value
	case *array.BinaryView:
		return a.Value
	case *array.FixedSizeBinary:
		return a.Value
	}
	return arr.(*array.Binary).Value
}
