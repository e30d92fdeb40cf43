package json

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/internal/decode/text"
)

// Strings is a set of text columns whose values in a sample are strings, or most of them, by their paths: "a.b[]".
// Others became text because their values have several kinds, or are numbers that no int64 holds.
type Strings map[string]bool

// Infer returns the schema of a text that begins with sample: a field for each key in the order of first
// sight, all nullable. whole says that the sample is all of the text. Types are bool, int64, float64, text and,
// of strings in ISO form, date32 and timestamp[us] (of UTC where they have zones); objects become structs of
// all their keys, arrays lists. A column of mixed values is text, but for int64 and float64 together, which
// are float64, and dates and timestamps, which are timestamps. What has only nulls has the null type, and so
// have the elements of lists that are all empty; no [Decoder] takes it: see [text.NullsAsText]. Columns in
// overrides have the type given there. With [Options.Majority] it returns the text columns of strings, too. Rows that are broken do not count; a sample that ends within the first
// row is an error.
func Infer(sample []byte, whole bool, o Options, overrides map[string]arrow.DataType) (*arrow.Schema, Strings, error) {
	if err := o.Check(); err != nil {
		return nil, nil, fmt.Errorf("json: %w", err)
	}
	o = o.withDefaults()
	var cutter text.Cutter = lineCutter{}
	if o.Array {
		cutter = &arrayCutter{}
	}
	cut, err := cutter.Cut(sample, true, whole)
	if err != nil {
		return nil, nil, fmt.Errorf("json: %w", err)
	}
	if cut.Next == 0 && !whole {
		return nil, nil, fmt.Errorf("json: the first row does not end within %d bytes", len(sample))
	}
	rows := &shape{}
	if cut.End > cut.Skip {
		rows.rows(sample[cut.Skip:cut.End], o)
	}
	var errs []error
	var fields []arrow.Field
	strings := Strings{}
	for _, k := range rows.keys {
		dt, ok := overrides[k.name]
		if !ok {
			dt = k.shape.dataType(k.name, strings, o)
		}
		fields = append(fields, arrow.Field{Name: k.name, Type: dt, Nullable: true})
	}
	for name := range overrides {
		if _, ok := rows.index[name]; !ok {
			errs = append(errs, fmt.Errorf("json: there is no column %q to give a type to", name))
		}
	}
	return arrow.NewSchema(fields, nil), strings, errors.Join(errs...)
}

// shape is what was seen of the values of one column.
type shape struct {
	kinds text.Kind
	count [families]int
	keys  []key
	index map[string]int
	elem  *shape
}

// key is a key of an object and the shape of its values.
type key struct {
	name  string
	shape *shape
}

// families of values: values of one family share a type.
const (
	words = iota
	numbers
	bools
	moments
	objects
	lists
	families
)

// rows looks at all rows of a block.
func (s *shape) rows(data []byte, o Options) {
	p := parser{o: o}
	for pos := space(data, 0); pos < len(data); pos = space(data, pos) {
		p.data, p.pos, p.depth, p.broken = data, pos, 0, ""
		var next int
		if o.Array {
			if next = skipElement(data, pos); next < 0 {
				next = len(data)
			}
		} else if next = bytes.IndexByte(data[pos:], '\n'); next < 0 {
			next = len(data)
		} else {
			next += pos
		}
		p.data = data[:next]
		row := &shape{}
		if p.next() == '{' && p.look(row) {
			s.merge(row)
		}
		pos = next + 1
	}
}

// look reads the value at pos into s.
func (p *parser) look(s *shape) bool {
	from := p.pos
	switch c := p.next(); {
	case c == '"':
		b, ok := p.str()
		if !ok {
			return false
		}
		kind := text.KindText
		if !p.o.NoDates {
			kind = text.MomentKindOf(b)
		}
		if kind == text.KindText {
			s.see(0, words) // text among the kinds is for numbers that are too large
		} else {
			s.see(kind, moments)
		}
		return true
	case c == '{':
		return p.lookObject(s)
	case c == '[':
		return p.lookList(s)
	case c == 't' || c == 'f':
		s.see(text.KindBool, bools)
		return p.skip()
	case c == 'n':
		return p.skip()
	}
	if !p.skip() {
		return false
	}
	// A whole number that no int64 holds keeps its digits as text.
	s.see(text.KindOf(p.data[from:p.pos]), numbers)
	return true
}

func (s *shape) see(k text.Kind, family int) {
	s.kinds |= k
	s.count[family]++
}

func (p *parser) lookObject(s *shape) bool {
	if !p.enter() {
		return false
	}
	s.count[objects]++
	for c := p.next(); c != '}'; c = p.next() {
		if c != '"' {
			return p.fail("a key in quotes should stand here")
		}
		name, ok := p.str()
		if !ok {
			return false
		}
		k := s.key(string(name))
		if p.next() != ':' {
			return p.fail("a colon should stand behind a key")
		}
		p.pos++
		if p.next(); !p.look(k) {
			return false
		}
		if c = p.next(); c == '}' {
			break
		}
		if c != ',' {
			return p.fail("a comma or a closing brace should stand here")
		}
		p.pos++
	}
	p.pos++
	p.depth--
	return true
}

func (p *parser) lookList(s *shape) bool {
	if !p.enter() {
		return false
	}
	s.count[lists]++
	if s.elem == nil {
		s.elem = &shape{}
	}
	for c := p.next(); c != ']'; c = p.next() {
		if !p.look(s.elem) {
			return false
		}
		if c = p.next(); c == ']' {
			break
		}
		if c != ',' {
			return p.fail("a comma or a closing bracket should stand here")
		}
		p.pos++
		p.next()
	}
	p.pos++
	p.depth--
	return true
}

// key returns the shape of a key's values.
func (s *shape) key(name string) *shape {
	i, ok := s.index[name]
	if !ok {
		if s.index == nil {
			s.index = map[string]int{}
		}
		i = len(s.keys)
		s.index[name] = i
		s.keys = append(s.keys, key{name: name, shape: &shape{}})
	}
	return s.keys[i].shape
}

// merge adds what another shape saw.
func (s *shape) merge(t *shape) {
	s.kinds |= t.kinds
	for i, n := range t.count {
		s.count[i] += n
	}
	for _, k := range t.keys {
		s.key(k.name).merge(k.shape)
	}
	if t.elem != nil {
		if s.elem == nil {
			s.elem = &shape{}
		}
		s.elem.merge(t.elem)
	}
}

// dataType returns the type that holds what was seen at path. Of text columns it notes in strings those that take
// nothing else.
func (s *shape) dataType(path string, strings Strings, o Options) arrow.DataType {
	most, seen := words, 0
	for i, n := range s.count {
		if n > 0 {
			seen++
		}
		if n > s.count[most] {
			most = i
		}
	}
	if seen == 0 {
		return arrow.Null
	}
	if seen > 1 && !o.Majority {
		return arrow.BinaryTypes.String
	}
	switch most {
	case words:
		if o.Majority {
			strings[path] = true
		}
	case numbers:
		return (s.kinds & (text.KindInt | text.KindFloat | text.KindText)).Type()
	case bools:
		return text.KindBool.Type()
	case moments:
		return (s.kinds & (text.KindDate | text.KindTimestamp | text.KindInstant)).Type()
	case lists:
		return arrow.ListOf(s.elem.dataType(path+"[]", strings, o))
	case objects:
		if len(s.keys) > 0 {
			fields := make([]arrow.Field, len(s.keys))
			for i, k := range s.keys {
				fields[i] = arrow.Field{Name: k.name, Type: k.shape.dataType(path+"."+k.name, strings, o), Nullable: true}
			}
			return arrow.StructOf(fields...)
		}
	}
	return arrow.BinaryTypes.String
}
