// Package text has what the decoders of texts share: blocks of whole rows, cut from a stream in order and
// decoded side by side, and columns that parse the text of values straight into Arrow buffers.
//
// A text is decoded in two steps. A [Reader] cuts it, in sequence, into a [Block] after the other; that is
// cheap. What decodes blocks is immutable and may decode many at once; the caller puts the records in the
// order of the blocks.
package text

import "strconv"

// Mark is a place between two rows of a text. The zero Mark is the beginning.
type Mark struct {
	Offset int64 // bytes of uncompressed text before it
	Line   int64 // number of the line that begins there, from 1; 0 stands for 1
}

// Block is a run of whole rows. Whoever is handed it calls Free once, after the last use of Data.
type Block struct {
	// Name is what messages call the text: a file's name. The caller sets it; "" is left out.
	Name   string
	Data   []byte
	Offset int64 // of Data[0] in the uncompressed text
	Line   int64 // number of the line on which Data[0] stands, from 1
	// After is the mark behind the last row: reading goes on there.
	After Mark

	buf  *[]byte
	from *Reader
}

// Place returns what messages about line begin with: the text's name, if it has one, and the line.
func (b *Block) Place(line int64) string {
	s := "line " + strconv.FormatInt(line, 10)
	if b.Name == "" {
		return s
	}
	return b.Name + ": " + s
}

// Free gives the block's memory back to the reader that cut it. A block that was made by hand has none.
func (b *Block) Free() {
	if b.buf != nil {
		b.from.put(b.buf)
	}
	b.buf, b.Data = nil, nil
}
