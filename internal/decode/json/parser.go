package json

import (
	"bytes"

	"github.com/floedata/floe/internal/decode/text"
)

// parser reads the values of one row into nodes. A value that does not fit its column leaves a null and is
// noted, and the reading goes on; broken JSON ends the reading of the row.
type parser struct {
	data      []byte // up to the end of the row, or of the block
	ahead     []byte // to the end of the block; nil where its strings must be looked at one by one
	pos       int
	depth     int
	o         Options
	checkUTF8 bool
	scratch   []byte
	key       []byte

	bad    misfit // of the row; the first stands
	broken string // what is wrong with the JSON; "" = nothing
}

// misfit is a value that does not fit.
type misfit struct {
	column  string // of the row
	path    string // in the row
	typ     string
	fault   text.Fault
	value   []byte // a view of the data or a copy
	message string // stands for all but the path, where it is set
}

func (m misfit) found() bool { return m.fault != text.None }

// misfit notes what is wrong with a value.
func (p *parser) misfit(n *node, f text.Fault, value []byte) {
	if !p.bad.found() {
		// A message shows less of the value than this.
		value = bytes.Clone(value[:min(len(value), 512)])
		p.bad = misfit{column: n.column, path: n.path, typ: n.dt.String(), fault: f, value: value}
	}
}

// fail ends the reading of the row.
func (p *parser) fail(what string) bool {
	if p.broken == "" {
		p.broken = what
	}
	return false
}

// next returns the byte of the next token; 0 at the end of data.
func (p *parser) next() byte {
	if p.pos < len(p.data) && p.data[p.pos] > ' ' {
		return p.data[p.pos]
	}
	if p.pos = space(p.data, p.pos); p.pos < len(p.data) {
		return p.data[p.pos]
	}
	return 0
}

// value reads a value into n.
func (p *parser) value(n *node) bool {
	c := p.next()
	if n.leaf == nil {
		return p.nested(n, c)
	}
	switch {
	case c == '"':
		s, ok := p.str()
		if ok {
			p.put(n, s, aString)
		}
		return ok
	case c == '-' || c-'0' <= 9:
		from := p.pos
		if !p.number() {
			return false
		}
		p.put(n, p.data[from:p.pos], aNumber)
		return true
	case c == 'n':
		if !p.literal("null") {
			return false
		}
		p.null(n)
		return true
	}
	from := p.pos
	if !p.skip() {
		return false
	}
	kind := aNested
	if c == 't' || c == 'f' {
		kind = aLiteral
	}
	p.put(n, p.data[from:p.pos], kind)
	return true
}

// put parses the text of a value of a kind into a leaf.
func (p *parser) put(n *node, b []byte, kind kinds) {
	if n.takes&kind == 0 {
		p.refuse(n, b, kind)
		return
	}
	if f := n.leaf.Append(b, p.checkUTF8); f != text.None {
		p.misfit(n, f, b)
	}
}

// refuse notes a value of a kind that the leaf does not take. It says so where the text alone would do.
func (p *parser) refuse(n *node, b []byte, kind kinds) {
	f := text.Invalid
	if kind != aNested && n.takes != aString {
		had := n.leaf.Len()
		if f = n.leaf.Append(b, p.checkUTF8); f == text.None {
			f = text.Altered
		}
		n.leaf.Truncate(had)
	}
	n.leaf.AppendNull()
	first := !p.bad.found()
	p.misfit(n, f, b)
	if first && n.isText() {
		p.bad.message = text.Quote(b) + " is no string, as most values of the column in the sample are"
	}
}

// null appends a null, which is a misfit where the column takes none.
func (p *parser) null(n *node) {
	n.appendNull()
	if !n.nullable {
		p.misfit(n, text.Null, nil)
	}
}

// nested reads a value into a struct or a list.
func (p *parser) nested(n *node, c byte) bool {
	switch {
	case c == 'n':
		if !p.literal("null") {
			return false
		}
		p.null(n)
		return true
	case c == '{' && n.elem == nil:
		return p.object(n) && n.nested.Append(0) == text.None
	case c == '[' && n.elem != nil:
		return p.list(n)
	}
	from := p.pos
	if !p.skip() {
		return false
	}
	n.appendNull()
	p.misfit(n, text.Invalid, p.data[from:p.pos])
	return true
}

// object reads the fields of the object at pos into those of n.
func (p *parser) object(n *node) bool {
	if !p.enter() {
		return false
	}
	// A struct's fields are as long as itself; the row's own node has no length.
	had := 0
	if len(n.fields) > 0 {
		had = n.fields[0].length()
	}
	if n.nested != nil {
		had = n.nested.Len()
	}
	expected, seen := 0, 0
	behind := 0 // all fields that were there
	for c := p.next(); c != '}'; c = p.next() {
		field, ok := p.inOrder(n, expected, behind, had)
		if field > expected {
			seen += field - expected
			expected = field
		} else if field, ok = p.field(n); ok {
			switch {
			case field < 0:
				ok = p.unknown(n)
			case field < behind && n.fields[field].length() > had:
				ok = p.twice(n.fields[field])
			default:
				ok = p.value(n.fields[field])
				seen++
				expected = field + 1
			}
		}
		if !ok {
			return false
		}
		behind = max(behind, expected)
		if c = p.next(); c == '}' {
			break
		}
		if c != ',' {
			return p.fail("a comma or a closing brace should stand here")
		}
		p.pos++
		if p.next() == '}' {
			return p.fail("a key should stand behind a comma")
		}
	}
	p.pos++
	p.depth--
	if seen < len(n.fields) {
		for _, f := range n.fields {
			if f.length() == had {
				p.null(f)
			}
		}
	}
	return true
}

// inOrder reads, from the key at pos on, the fields of n from the i-th on for as long as they stand there in order and
// as most programs write them: no spaces, or one. It returns the number of the field behind them; pos is then behind the
// last value. Of the fields before behind, those are left that have more values than had.
func (p *parser) inOrder(n *node, i, behind, had int) (end int, ok bool) {
	data, pos := p.data, p.pos
	for ; i < len(n.fields); i++ {
		f := n.fields[i]
		if !f.key.begins(data[pos:]) || i < behind && f.length() > had {
			break
		}
		if pos += len(f.key.text); pos < len(data) && data[pos] == ' ' {
			pos++
		}
		took := 0
		if f.leaf != nil && pos < len(p.ahead) {
			took = f.leaf.AppendJSON(p.ahead[pos:])
		}
		if p.pos = pos + took; took == 0 && !p.value(f) {
			return i + 1, false
		}
		if pos = p.pos; pos == len(data) || data[pos] != ',' {
			return i + 1, true
		}
		if pos++; pos < len(data) && data[pos] == ' ' {
			pos++
		}
	}
	return i, true
}

// field reads the key at pos and the colon behind it: the number of n's field; -1 where it is none.
func (p *parser) field(n *node) (field int, ok bool) {
	if p.next() != '"' {
		return 0, p.fail("a key in quotes should stand here")
	}
	key, ok := p.str()
	if !ok {
		return 0, false
	}
	field, known := n.index[string(key)]
	if !known {
		field = -1
		p.key = append(p.key[:0], key...)
	}
	if p.next() != ':' {
		return 0, p.fail("a colon should stand behind a key")
	}
	p.pos++
	return field, true
}

// unknown passes over the value of a key of n that is no column.
func (p *parser) unknown(n *node) bool {
	if !p.o.IgnoreUnknown && !p.bad.found() {
		column, path := string(p.key), string(p.key)
		if n.nested != nil {
			column, path = n.column, n.path+"."+path
		}
		p.bad = misfit{column: column, path: path, fault: text.Invalid, message: "the key is no column; add one, or let unknown keys be ignored"}
	}
	return p.skip()
}

// twice passes over the value of a key that has one already.
func (p *parser) twice(n *node) bool {
	if !p.bad.found() {
		p.bad = misfit{column: n.column, path: n.path, fault: text.Invalid, message: "the key stands there twice"}
	}
	return p.skip()
}

// list reads the array at pos into n.
func (p *parser) list(n *node) bool {
	if !p.enter() {
		return false
	}
	for c := p.next(); c != ']'; c = p.next() {
		if !p.value(n.elem) {
			return false
		}
		if c = p.next(); c == ']' {
			break
		}
		if c != ',' {
			return p.fail("a comma or a closing bracket should stand here")
		}
		p.pos++
		if p.next() == ']' {
			return p.fail("a value should stand behind a comma")
		}
	}
	p.pos++
	p.depth--
	if n.nested.Append(n.elem.length()) != text.None {
		return p.fail("the lists of this block have more elements than a record can hold")
	}
	return true
}

// enter goes one level down, behind an opening brace or bracket.
func (p *parser) enter() bool {
	if p.depth++; p.depth > p.o.MaxDepth {
		return p.fail("values are nested too deep (option MaxDepth)")
	}
	p.pos++
	return true
}

// str reads the string at pos: a view of the data, or of scratch where it has escapes.
func (p *parser) str() ([]byte, bool) {
	from := p.pos + 1
	end, escaped, ok := endString(p.data, from)
	if end < 0 {
		p.pos = len(p.data)
		return nil, p.fail("a string is not closed")
	}
	if !ok {
		return nil, p.fail("a string has a control character in it")
	}
	s := p.data[from : end-1]
	if escaped {
		if p.scratch, ok = unescape(p.scratch[:0], s); !ok {
			return nil, p.fail("a string has an escape in it that is none")
		}
		s = p.scratch
	}
	p.pos = end
	return s, true
}

func (p *parser) number() bool {
	end := endNumber(p.data, p.pos)
	if end == p.pos {
		if len(bytes.TrimLeft(p.data[p.pos:], "+-.0123456789eE")) == 0 {
			p.pos = len(p.data) // it is cut off
		}
		return p.fail("a number is not written as JSON writes them")
	}
	p.pos = end
	return true
}

func (p *parser) literal(word string) bool {
	if len(p.data)-p.pos < len(word) || string(p.data[p.pos:p.pos+len(word)]) != word {
		if bytes.HasPrefix([]byte(word), p.data[p.pos:]) {
			p.pos = len(p.data)
		}
		return p.fail("a value should stand here")
	}
	p.pos += len(word)
	return true
}

// skip reads the value at pos, checks it and drops it.
func (p *parser) skip() bool {
	switch c := p.next(); {
	case c == '"':
		_, ok := p.str()
		return ok
	case c == '-' || c-'0' <= 9:
		return p.number()
	case c == 'n':
		return p.literal("null")
	case c == 't':
		return p.literal("true")
	case c == 'f':
		return p.literal("false")
	case c == '{' || c == '[':
		return p.skipNested(c + 2) // the closing ones stand two behind the opening ones
	}
	return p.fail("a value should stand here")
}

func (p *parser) skipNested(closing byte) bool {
	if !p.enter() {
		return false
	}
	for c := p.next(); c != closing; c = p.next() {
		if closing == '}' {
			if c != '"' {
				return p.fail("a key in quotes should stand here")
			}
			if _, ok := p.str(); !ok {
				return false
			}
			if p.next() != ':' {
				return p.fail("a colon should stand behind a key")
			}
			p.pos++
		}
		if !p.skip() {
			return false
		}
		if c = p.next(); c == closing {
			break
		}
		if c != ',' {
			return p.fail("a comma or a closing bracket should stand here")
		}
		p.pos++
		if p.next() == closing {
			return p.fail("a value should stand behind a comma")
		}
	}
	p.pos++
	p.depth--
	return true
}
