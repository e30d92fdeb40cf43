package ndjson

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// room answers dst with room for n more bytes.
func room(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	return slices.Grow(dst, n)
}

// closed makes an object or an array of parts that begin at start, each with a comma before it.
func closed(dst []byte, start int, brackets string) []byte {
	if len(dst) == start {
		return append(dst, brackets...)
	}
	dst[start] = brackets[0]
	return append(dst, brackets[1])
}

// word is what is copied at once, which is faster than as many bytes as there are.
const word = 16

// key is that of a value in an object.
type key struct {
	name string
	text []byte // with the comma before it and the colon behind it, and zeros up to whole words
	size int    // of text, without the zeros
}

func newKey(name string) (key, error) {
	if !utf8.ValidString(name) {
		return key{}, fmt.Errorf("its name %q is not UTF-8: rename it", name)
	}
	text := append(AppendText([]byte{','}, name), ':')
	k := key{name: name, size: len(text)}
	for len(text)%word > 0 {
		text = append(text, 0)
	}
	k.text = text
	return k, nil
}

// room is how many bytes append needs.
func (k *key) room() int { return len(k.text) }

// append appends k to dst, which has room for it.
func (k *key) append(dst []byte) []byte {
	from, to := k.text, dst[len(dst):len(dst)+len(k.text)]
	for len(from) >= word && len(to) >= word {
		*(*[word]byte)(to) = [word]byte(from)
		from, to = from[word:], to[word:]
	}
	return dst[:len(dst)+k.size]
}
