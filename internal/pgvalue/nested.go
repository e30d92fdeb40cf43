package pgvalue

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/jsonvalue"
)

// document is the codec of nested values in columns of JSON.
func document(from source, t Type) (*Codec, error) {
	if err := holdsJSON(from.DataType); err != nil {
		return nil, err
	}
	version := []byte(nil)
	if t.kind == kindJSONB {
		version = []byte{1}
	}
	return &Codec{
		text: func(a arrow.Array) Append {
			return func(dst []byte, row int) []byte {
				dst, _ = jsonvalue.Append(dst, a, row)
				return dst
			}
		},
		binary: func(a arrow.Array) Append {
			return func(dst []byte, row int) []byte {
				begin := len(dst)
				dst, _ = jsonvalue.Append(append(append(dst, 0, 0, 0, 0), version...), a, row)
				return sized(dst, begin)
			}
		},
		check: func(a arrow.Array) Check {
			var scratch []byte
			return func(row int) *dialect.Unfit {
				var err error
				scratch, err = jsonvalue.Append(scratch[:0], a, row)
				switch {
				case err != nil:
					return &dialect.Unfit{Code: deadletter.CodeInvalid, Message: err.Error()}
				case len(scratch) > maxField:
					return tooLong(len(scratch))
				case t.kind == kindJSONB && hasNUL(scratch):
					return &dialect.Unfit{Code: deadletter.CodeInvalid, Message: fmt.Sprintf("%.100s holds NUL, which jsonb cannot", scratch)}
				}
				return nil
			}
		},
	}, nil
}

// hasNUL reports whether a text in the document holds NUL.
func hasNUL(document []byte) bool {
	for {
		at := bytes.Index(document, []byte(`\u0000`))
		if at < 0 {
			return false
		}
		// A backslash that itself follows one does not escape what comes behind.
		before := 0
		for before < at && document[at-before-1] == '\\' {
			before++
		}
		if before%2 == 0 {
			return true
		}
		document = document[at+len(`\u0000`):]
	}
}

// sized sets the length of what was appended behind four bytes at begin.
func sized(dst []byte, begin int) []byte {
	binary.BigEndian.PutUint32(dst[begin:], uint32(len(dst)-begin-4))
	return dst
}

func isList(dt arrow.DataType) bool {
	_, ok := dt.(arrow.ListLikeType)
	return ok && dt.ID() != arrow.MAP
}

// list is the codec of lists in columns of arrays with one dimension.
func list(from source, t Type) (*Codec, error) {
	field := from.DataType.(arrow.ListLikeType).ElemField()
	elem, err := For(field, *t.elem)
	if err != nil {
		return nil, fmt.Errorf("its elements (%s): %w", field.Type, err)
	}
	if t.elem.kind == kindArray {
		return nil, errHolds(t, from)
	}
	c := &Codec{text: textList(elem)}
	if oid := t.elem.oid(); oid != 0 && elem.binary != nil {
		c.binary = binaryList(elem, oid)
	}
	if elem.check != nil {
		c.check = func(a arrow.Array) Check {
			l := a.(array.ListLike)
			check := elem.Check(l.ListValues())
			return func(row int) *dialect.Unfit {
				from, to := l.ValueOffsets(row)
				for k := from; k < to; k++ {
					if IsNull(l.ListValues(), int(k)) {
						continue
					}
					if fault := check(int(k)); fault != nil {
						return &dialect.Unfit{Code: fault.Code, Message: fmt.Sprintf("element %d: %s", k-from+1, fault.Message)}
					}
				}
				return nil
			}
		}
		c.fits = func(a arrow.Array) bool { return elem.CheckAll(a.(array.ListLike).ListValues()) == nil }
	}
	return c, nil
}

// binaryList writes arrays of elements of the type oid.
func binaryList(elem *Codec, oid uint32) func(arrow.Array) Append {
	return func(a arrow.Array) Append {
		l := a.(array.ListLike)
		values := l.ListValues()
		put := elem.Binary(values)
		return func(dst []byte, row int) []byte {
			from, to := l.ValueOffsets(row)
			begin := len(dst)
			dst = append(dst, 0, 0, 0, 0)
			if from == to {
				dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
				return sized(binary.BigEndian.AppendUint32(dst, oid), begin)
			}
			dst = append(dst, 0, 0, 0, 1, 0, 0, 0, 1) // one dimension, nulls allowed
			dst = binary.BigEndian.AppendUint32(dst, oid)
			dst = binary.BigEndian.AppendUint32(dst, uint32(to-from))
			dst = binary.BigEndian.AppendUint32(dst, 1) // the number of the first element
			for k := from; k < to; k++ {
				if values.IsNull(int(k)) {
					dst = appendNull(dst)
				} else {
					dst = put(dst, int(k))
				}
			}
			return sized(dst, begin)
		}
	}
}

// textList writes arrays as {"a",NULL,"b"}.
func textList(elem *Codec) func(arrow.Array) Append {
	return func(a arrow.Array) Append {
		l := a.(array.ListLike)
		values := l.ListValues()
		put := elem.Text(values)
		var scratch []byte
		return func(dst []byte, row int) []byte {
			from, to := l.ValueOffsets(row)
			dst = append(dst, '{')
			for k := from; k < to; k++ {
				if k > from {
					dst = append(dst, ',')
				}
				if IsNull(values, int(k)) {
					dst = append(dst, "NULL"...)
					continue
				}
				scratch = put(scratch[:0], int(k))
				dst = append(dst, '"')
				for _, c := range scratch {
					if c == '"' || c == '\\' {
						dst = append(dst, '\\')
					}
					dst = append(dst, c)
				}
				dst = append(dst, '"')
			}
			return append(dst, '}')
		}
	}
}
