package copyinto

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// toUTF8 returns text in UTF-8. Text that says to be UTF-8 is as it is, right or wrong.
func toUTF8(text []byte, from Encoding) []byte {
	switch from {
	case EncodingLatin1:
		out := make([]byte, 0, len(text)+len(text)/8)
		for _, c := range text {
			out = utf8.AppendRune(out, rune(c))
		}
		return out
	case EncodingUTF16BE:
		return fromUTF16(text, binary.BigEndian)
	case EncodingUTF16LE:
		return fromUTF16(text, binary.LittleEndian)
	case EncodingUTF16:
		if bytes.HasPrefix(text, []byte("\xff\xfe")) {
			return fromUTF16(text, binary.LittleEndian)
		}
		return fromUTF16(text, binary.BigEndian)
	}
	return text
}

func fromUTF16(text []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = order.Uint16(text[2*i:])
	}
	out := []byte(string(utf16.Decode(units)))
	if len(text)%2 == 1 {
		out = append(out, 0xff) // half a character is none
	}
	return out
}
