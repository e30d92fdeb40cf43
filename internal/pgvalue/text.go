package pgvalue

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
)

// reader returns what gives the bytes of a value of text or binary.
func reader(a arrow.Array) func(row int) []byte {
	switch a := a.(type) {
	case *array.String:
		offsets, data := a.ValueOffsets(), a.ValueBytes()
		return slicer(offsets, data)
	case *array.Binary:
		return slicer(a.ValueOffsets(), a.ValueBytes())
	case *array.LargeString:
		return slicer(a.ValueOffsets(), a.ValueBytes())
	case *array.LargeBinary:
		return slicer(a.ValueOffsets(), a.ValueBytes())
	case *array.FixedSizeBinary:
		return a.Value
	case *array.BinaryView:
		return a.Value
	case *array.StringView:
		return func(row int) []byte { return []byte(a.Value(row)) }
	}
	panic(fmt.Sprintf("pgvalue: a %s is no text", a.DataType()))
}

// slicer cuts values out of data, whose first byte is that of the first offset.
func slicer[T int32 | int64](offsets []T, data []byte) func(row int) []byte {
	if len(offsets) == 0 {
		return func(int) []byte { return nil }
	}
	first := offsets[0]
	return func(row int) []byte { return data[offsets[row]-first : offsets[row+1]-first] }
}

// texts is the codec of texts.
func texts(from source, t Type) *Codec {
	if !isText(from.DataType) {
		return nil
	}
	c := &Codec{text: rawText, fits: cleanText}
	switch t.kind {
	case kindText, kindJSON, kindEnum:
		c.binary = binaryBytes
		c.check = checkText(t)
		if t.limit > 0 {
			c.fits = func(a arrow.Array) bool { return cleanText(a) && shortText(a, t.limit) }
		}
	case kindJSONB:
		c.binary = binaryDocument
		c.check = checkText(t)
	case kindUUID:
		c.binary = binaryUUID
		c.check, c.fits = checkUUID, nil
	default:
		return nil
	}
	return c
}

// anyText is the codec for a column whose type the server reads from text.
func anyText(from source) *Codec {
	return &Codec{text: rawText, check: checkText(Type{}), fits: cleanText}
}

func rawText(a arrow.Array) Append {
	value := reader(a)
	return func(dst []byte, row int) []byte { return append(dst, value(row)...) }
}

// binaryBytes writes values as they are.
func binaryBytes(a arrow.Array) Append {
	switch a := a.(type) {
	case *array.String:
		return binarySlices(a.ValueOffsets(), a.ValueBytes())
	case *array.LargeString:
		return binarySlices(a.ValueOffsets(), a.ValueBytes())
	case *array.Binary:
		return binarySlices(a.ValueOffsets(), a.ValueBytes())
	case *array.LargeBinary:
		return binarySlices(a.ValueOffsets(), a.ValueBytes())
	case *array.StringView:
		return func(dst []byte, row int) []byte {
			v := a.Value(row)
			return append(binary.BigEndian.AppendUint32(dst, uint32(len(v))), v...)
		}
	}
	value := reader(a)
	return func(dst []byte, row int) []byte {
		v := value(row)
		return append(binary.BigEndian.AppendUint32(dst, uint32(len(v))), v...)
	}
}

// binarySlices is [binaryBytes] for values that follow one another in data, without a call for each.
func binarySlices[T int32 | int64](offsets []T, data []byte) Append {
	if len(offsets) == 0 {
		return func(dst []byte, _ int) []byte { return dst }
	}
	first := offsets[0]
	return func(dst []byte, row int) []byte {
		v := data[offsets[row]-first : offsets[row+1]-first]
		return append(binary.BigEndian.AppendUint32(dst, uint32(len(v))), v...)
	}
}

// binaryDocument writes the text of a jsonb, which has a version before it.
func binaryDocument(a arrow.Array) Append {
	value := reader(a)
	return func(dst []byte, row int) []byte {
		v := value(row)
		dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(v)+1)), 1)
		return append(dst, v...)
	}
}

// checkText finds the texts that no column holds, and those that are too long for this one: the server would cut off
// blanks behind the limit.
func checkText(t Type) func(arrow.Array) Check {
	return func(a arrow.Array) Check {
		value := reader(a)
		return func(row int) *dialect.Unfit {
			v := value(row)
			if fault := textFault(v); fault != nil {
				return fault
			}
			if t.limit > 0 && len(v) > t.limit && utf8.RuneCount(v) > t.limit {
				return &dialect.Unfit{
					Code:    deadletter.CodeOutOfRange,
					Message: fmt.Sprintf("%.100q has %d characters, too many for %s", v, utf8.RuneCount(v), t.name),
				}
			}
			return nil
		}
	}
}

// textFault says why no column of text holds v.
func textFault(v []byte) *dialect.Unfit {
	switch {
	case bytes.IndexByte(v, 0) >= 0:
		return &dialect.Unfit{Code: deadletter.CodeInvalid, Message: fmt.Sprintf("%.100q holds NUL, which PostgreSQL's texts cannot", v)}
	case !utf8.Valid(v):
		return &dialect.Unfit{Code: deadletter.CodeInvalid, Message: fmt.Sprintf("%.100q is not valid UTF-8", v)}
	case len(v) > maxField:
		return tooLong(len(v))
	}
	return nil
}

// maxField is what one value may have: a gigabyte, with what is around it.
const maxField = 1<<30 - 1<<16

func tooLong(n int) *dialect.Unfit {
	return &dialect.Unfit{Code: deadletter.CodeOutOfRange, Message: fmt.Sprintf("has %d bytes, more than PostgreSQL's gigabyte", n)}
}

// cleanText reports whether all texts are ASCII without NUL, also those under nulls.
func cleanText(a arrow.Array) bool {
	var data []byte
	switch a := a.(type) {
	case *array.String:
		data = a.ValueBytes()
	case *array.LargeString:
		data = a.ValueBytes()
	default:
		return false
	}
	return len(data) <= maxField && isASCII(data) && bytes.IndexByte(data, 0) < 0
}

func isASCII(data []byte) bool {
	const high = 0x8080808080808080
	for ; len(data) >= 32; data = data[32:] {
		if (binary.LittleEndian.Uint64(data)|binary.LittleEndian.Uint64(data[8:])|
			binary.LittleEndian.Uint64(data[16:])|binary.LittleEndian.Uint64(data[24:]))&high != 0 {
			return false
		}
	}
	for _, b := range data {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// shortText reports whether no text has more bytes than limit.
func shortText(a arrow.Array, limit int) bool {
	switch a := a.(type) {
	case *array.String:
		return shortSlices(a.ValueOffsets(), limit)
	case *array.LargeString:
		return shortSlices(a.ValueOffsets(), limit)
	}
	return false
}

func shortSlices[T int32 | int64](offsets []T, limit int) bool {
	for i := 1; i < len(offsets); i++ {
		if int(offsets[i]-offsets[i-1]) > limit {
			return false
		}
	}
	return true
}

// binaries is the codec of binary values.
func binaries(from source, t Type) *Codec {
	if !isBinary(from.DataType) {
		return nil
	}
	fixed, ok := from.DataType.(*arrow.FixedSizeBinaryType)
	switch {
	case t.kind == kindUUID && ok && fixed.ByteWidth == 16:
		return &Codec{binary: binaryBytes, text: textUUID}
	case t.kind == kindBytea && !from.uuid:
		return &Codec{binary: binaryBytes, text: textBytes, check: checkBytes}
	}
	return nil
}

func textBytes(a arrow.Array) Append {
	value := reader(a)
	return func(dst []byte, row int) []byte { return hex.AppendEncode(append(dst, `\x`...), value(row)) }
}

func checkBytes(a arrow.Array) Check {
	value := reader(a)
	return func(row int) *dialect.Unfit {
		if n := len(value(row)); n > maxField {
			return tooLong(n)
		}
		return nil
	}
}

func textUUID(a arrow.Array) Append {
	value := reader(a)
	return func(dst []byte, row int) []byte {
		v := value(row)
		for i, end := range [5]int{4, 6, 8, 10, 16} {
			if i > 0 {
				dst = append(dst, '-')
			}
			begin := [5]int{0, 4, 6, 8, 10}[i]
			dst = hex.AppendEncode(dst, v[begin:end])
		}
		return dst
	}
}

// binaryUUID writes a text, which has been checked, as sixteen bytes.
func binaryUUID(a arrow.Array) Append {
	value := reader(a)
	return func(dst []byte, row int) []byte {
		id, _ := parseUUID(value(row))
		return append(append(dst, 0, 0, 0, 16), id[:]...)
	}
}

func checkUUID(a arrow.Array) Check {
	value := reader(a)
	return func(row int) *dialect.Unfit {
		if _, ok := parseUUID(value(row)); !ok {
			return &dialect.Unfit{Code: deadletter.CodeInvalid, Message: fmt.Sprintf("%.100q is no UUID", value(row))}
		}
		return nil
	}
}

// parseUUID reads what PostgreSQL reads: 32 digits of base 16, a hyphen behind any four, all in braces or not.
func parseUUID(v []byte) (id [16]byte, ok bool) {
	if len(v) >= 2 && v[0] == '{' && v[len(v)-1] == '}' {
		v = v[1 : len(v)-1]
	}
	digits := 0
	for i, c := range v {
		var n byte
		switch {
		case c >= '0' && c <= '9':
			n = c - '0'
		case c >= 'a' && c <= 'f':
			n = c - 'a' + 10
		case c >= 'A' && c <= 'F':
			n = c - 'A' + 10
		case c == '-' && digits > 0 && digits < 32 && digits%4 == 0 && v[i-1] != '-':
			continue
		default:
			return id, false
		}
		if digits == 32 {
			return id, false
		}
		id[digits/2] = id[digits/2]<<4 | n
		digits++
	}
	return id, digits == 32 && v[len(v)-1] != '-'
}
