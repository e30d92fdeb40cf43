package sqlitevalue

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/jsonvalue"
)

// texts is the form of texts, bytes and UUIDs; nil = there is none.
func texts(from source, into declared) *Form {
	if from.uuid && (into.family == text || into.family == identifier) {
		return &Form{bind: eachText(func(dst []byte, a *array.FixedSizeBinary, row int) []byte {
			return appendUUID(dst, a.Value(row))
		})}
	}
	isText, isBytes := into.family == text || into.family == anything, into.family == blob || into.family == anything
	switch from.ID() {
	case arrow.STRING:
		return stringsOf(isText, func(a *array.String, row int) string { return a.Value(row) })
	case arrow.LARGE_STRING:
		return stringsOf(isText, func(a *array.LargeString, row int) string { return a.Value(row) })
	case arrow.STRING_VIEW:
		return stringsOf(isText, func(a *array.StringView, row int) string { return a.Value(row) })
	case arrow.BINARY:
		return bytesOf(isBytes, func(a *array.Binary, row int) []byte { return a.Value(row) })
	case arrow.LARGE_BINARY:
		return bytesOf(isBytes, func(a *array.LargeBinary, row int) []byte { return a.Value(row) })
	case arrow.BINARY_VIEW:
		return bytesOf(isBytes, func(a *array.BinaryView, row int) []byte { return a.Value(row) })
	case arrow.FIXED_SIZE_BINARY:
		return bytesOf(isBytes, func(a *array.FixedSizeBinary, row int) []byte { return a.Value(row) })
	}
	return nil
}

func stringsOf[A arrow.Array](fits bool, value func(A, int) string) *Form {
	if !fits {
		return nil
	}
	return &Form{
		check: eachChecked(func(a A, row int) *dialect.Unfit {
			v := value(a, row)
			if !utf8.ValidString(v) {
				return &dialect.Unfit{Code: deadletter.CodeInvalid, Message: fmt.Sprintf("%.200q is not valid UTF-8", v)}
			}
			if strings.IndexByte(v, 0) >= 0 {
				return &dialect.Unfit{Code: deadletter.CodeInvalid, Message: fmt.Sprintf("%.200q holds NUL, at which a text of SQLite ends", v)}
			}
			return nil
		}),
		bind: each(func(p Params, param int, a A, row int) { p.BindText(param, value(a, row)) }),
	}
}

func bytesOf[A arrow.Array](fits bool, value func(A, int) []byte) *Form {
	if !fits {
		return nil
	}
	return &Form{bind: each(func(p Params, param int, a A, row int) { p.BindBytes(param, value(a, row)) })}
}

func appendUUID(dst, b []byte) []byte {
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}

// documents is the form of nested values; nil = there is none.
func documents(from source, into declared) (*Form, error) {
	if err := jsonvalue.Check(from.DataType); err != nil {
		return nil, err
	}
	switch into.family {
	case text, document, anything:
	default:
		return nil, nil
	}
	return &Form{
		check: eachChecked(func(a arrow.Array, row int) *dialect.Unfit {
			if _, err := jsonvalue.Append(nil, a, row); err != nil {
				return &dialect.Unfit{Code: deadletter.CodeInvalid, Message: err.Error()}
			}
			return nil
		}),
		bind: eachText(func(dst []byte, a arrow.Array, row int) []byte {
			dst, _ = jsonvalue.Append(dst, a, row)
			return dst
		}),
	}, nil
}
