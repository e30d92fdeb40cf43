package copyinto

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// jsonReader splits text into JSON values, one after the other or, with STRIP_OUTER_ARRAY, the elements of arrays.
type jsonReader struct {
	format *JSON
	text   []byte
	at     int
	line   int64 // of at
	inside bool  // an outer array
}

// jsonRecord is a value of a file.
type jsonRecord struct {
	start, end int
	line       int64
	value      []byte      // without white space
	members    []jsonField // of an object
	failure    *jsonFailure
}

// jsonField is a member of the outermost object.
type jsonField struct {
	name  string
	value []byte
}

// jsonFailure is why text is not JSON.
type jsonFailure struct {
	text string
	at   int
}

func newJSONReader(format *JSON, text []byte) *jsonReader {
	return &jsonReader{format: format, text: text, line: 1}
}

// record returns the next value; false is the end of the text.
func (r *jsonReader) record() (*jsonRecord, bool) {
	for {
		r.space()
		switch {
		case r.at >= len(r.text):
			if !r.inside {
				return nil, false
			}
			r.inside = false
			return r.failed(&jsonRecord{start: r.at, line: r.line}, &jsonFailure{"incomplete array value", r.at}), true
		case r.inside && r.text[r.at] == ']':
			r.inside = false
			r.at++
		case r.format.StripOuterArray && !r.inside && r.text[r.at] == '[':
			r.inside = true
			r.at++
		default:
			return r.next(), true
		}
	}
}

func (r *jsonReader) next() *jsonRecord {
	rec := &jsonRecord{start: r.at, line: r.line}
	p := &jsonParser{text: r.text, at: r.at, format: r.format}
	failure := p.document(rec)
	if failure == nil {
		rec.end = p.at
		if r.inside {
			failure = p.separator()
		}
	}
	if failure != nil {
		return r.failed(rec, failure)
	}
	if !r.format.MultiLine && bytes.IndexByte(r.text[rec.start:rec.end], '\n') >= 0 {
		rec.failure = &jsonFailure{"line feed in a record, and MULTI_LINE is FALSE", rec.start}
	}
	r.advance(p.at)
	return rec
}

// failed ends a record that is not JSON: reading goes on after the line, and nowhere in an array.
func (r *jsonReader) failed(rec *jsonRecord, f *jsonFailure) *jsonRecord {
	rec.failure = f
	rec.end = len(r.text)
	if i := bytes.IndexByte(r.text[f.at:], '\n'); i >= 0 && !r.inside {
		rec.end = f.at + i
	}
	r.inside = false
	r.advance(rec.end)
	return rec
}

func (r *jsonReader) advance(to int) {
	r.line += int64(bytes.Count(r.text[r.at:to], []byte{'\n'}))
	r.at = to
}

func (r *jsonReader) space() {
	p := r.at
	for p < len(r.text) && isSpace(r.text[p]) {
		p++
	}
	r.advance(p)
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// jsonParser reads one value and copies it without white space, and members of objects by their names, which is how the
// fake keeps JSON.
type jsonParser struct {
	text   []byte
	at     int
	format *JSON
	out    []byte
	depth  int
}

const maxDepth = 1000

// document reads a value into rec.
func (p *jsonParser) document(rec *jsonRecord) *jsonFailure {
	type span struct {
		name       string
		start, end int
	}
	var members []span
	outer := func(name string, start, end int) { members = append(members, span{name, start, end}) }
	if f := p.value(outer); f != nil {
		return f
	}
	rec.value = p.out
	for _, m := range members {
		rec.members = append(rec.members, jsonField{m.name, p.out[m.start:m.end]})
	}
	return nil
}

// separator reads the comma or the bracket after an element.
func (p *jsonParser) separator() *jsonFailure {
	p.space()
	switch {
	case p.at >= len(p.text):
		return nil // the reader tells that the array is cut off
	case p.text[p.at] == ',':
		p.at++
	case p.text[p.at] != ']':
		return p.stray()
	}
	return nil
}

func (p *jsonParser) space() {
	for p.at < len(p.text) && isSpace(p.text[p.at]) {
		p.at++
	}
}

func (p *jsonParser) fail(format string, args ...any) *jsonFailure {
	return &jsonFailure{fmt.Sprintf(format, args...), p.at}
}

func (p *jsonParser) stray() *jsonFailure {
	r, _ := utf8.DecodeRune(p.text[p.at:])
	return p.fail("invalid character outside of a string: '%c'", r)
}

// value reads a value. outer, which may be nil, is told the members of an object and where they are in out.
func (p *jsonParser) value(outer func(name string, start, end int)) *jsonFailure {
	p.space()
	if p.at >= len(p.text) {
		return p.fail("unexpected end of text")
	}
	switch c := p.text[p.at]; {
	case c == '{':
		return p.nested(func() *jsonFailure { return p.object(outer) })
	case c == '[':
		return p.nested(p.array)
	case c == '"':
		_, f := p.str()
		return f
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return p.keyword()
	}
	return p.stray()
}

func (p *jsonParser) nested(read func() *jsonFailure) *jsonFailure {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return p.fail("more than %d levels", maxDepth)
	}
	return read()
}

// member is a member of an object that is being written: where it, and its value, are in out.
type member struct {
	name              string
	start, value, end int
}

func (p *jsonParser) object(outer func(name string, start, end int)) *jsonFailure {
	p.out = append(p.out, '{')
	p.at++
	body := len(p.out)
	var members []member
	last := map[string]int{} // member of a name
	for first := true; ; first = false {
		p.space()
		if p.at < len(p.text) && p.text[p.at] == '}' && first {
			break
		}
		m, f := p.member(len(p.out) > body)
		if f != nil {
			return f
		}
		if _, twice := last[m.name]; twice && !p.format.AllowDuplicate {
			return p.fail("duplicate object attribute %q", m.name)
		}
		if p.format.StripNullValues && string(p.out[m.value:]) == "null" {
			p.out = p.out[:m.start]
			if m.start > body {
				p.out = p.out[:m.start-1] // the comma
			}
		} else {
			last[m.name] = len(members)
			members = append(members, m)
		}
		p.space()
		if p.at < len(p.text) && p.text[p.at] == ',' {
			p.at++
			continue
		}
		if p.at < len(p.text) && p.text[p.at] == '}' {
			break
		}
		return p.fail("incomplete object value")
	}
	if len(last) < len(members) || !slices.IsSortedFunc(members, byName) {
		members = p.arrange(body, members, last)
	}
	p.at++
	p.out = append(p.out, '}')
	if outer != nil {
		for _, m := range members {
			outer(m.name, m.value, m.end)
		}
	}
	return nil
}

// member reads a name and a value, after a comma that is written where comma says so.
func (p *jsonParser) member(comma bool) (m member, f *jsonFailure) {
	if p.at >= len(p.text) || p.text[p.at] != '"' {
		return m, p.fail("incomplete object value")
	}
	if comma {
		p.out = append(p.out, ',')
	}
	m.start = len(p.out)
	if m.name, f = p.str(); f != nil {
		return m, f
	}
	p.space()
	if p.at >= len(p.text) || p.text[p.at] != ':' {
		return m, p.fail("misplaced %s", p.here())
	}
	p.at++
	p.out = append(p.out, ':')
	m.value = len(p.out)
	if f = p.value(nil); f != nil {
		return m, f
	}
	m.end = len(p.out)
	return m, nil
}

func byName(a, b member) int { return strings.Compare(a.name, b.name) }

// arrange writes the members again, by their names, and without those whose names come again later.
func (p *jsonParser) arrange(body int, members []member, last map[string]int) []member {
	written := append([]byte(nil), p.out...)
	p.out = p.out[:body]
	var kept []member
	for i, m := range members {
		if last[m.name] == i {
			kept = append(kept, m)
		}
	}
	slices.SortFunc(kept, byName)
	for i, m := range kept {
		if i > 0 {
			p.out = append(p.out, ',')
		}
		at := len(p.out)
		p.out = append(p.out, written[m.start:m.end]...)
		kept[i] = member{m.name, at, at + m.value - m.start, len(p.out)}
	}
	return kept
}

func (p *jsonParser) array() *jsonFailure {
	p.out = append(p.out, '[')
	p.at++
	for first := true; ; first = false {
		p.space()
		if p.at < len(p.text) && p.text[p.at] == ']' && first {
			break
		}
		if f := p.value(nil); f != nil {
			return f
		}
		p.space()
		if p.at < len(p.text) && p.text[p.at] == ',' {
			p.at++
			p.out = append(p.out, ',')
			continue
		}
		if p.at < len(p.text) && p.text[p.at] == ']' {
			break
		}
		return p.fail("incomplete array value")
	}
	p.at++
	p.out = append(p.out, ']')
	return nil
}

// str reads a string, copies it as it is, and returns what it says.
func (p *jsonParser) str() (string, *jsonFailure) {
	start := p.at
	simple := true
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			raw := p.text[start:p.at]
			p.out = append(p.out, raw...)
			if simple {
				return string(raw[1 : len(raw)-1]), nil
			}
			var s string
			// A half of a surrogate pair says nothing, and DuckDB reads no JSON with one.
			if err := json.Unmarshal(raw, &s); err != nil || strings.ContainsRune(s, utf8.RuneError) && halfPair.Match(raw) {
				p.at = start
				return "", p.fail("invalid escape in a string")
			}
			return s, nil
		case c == '\\':
			simple = false
			p.at++
		case c < ' ':
			return "", p.fail("invalid character in a string: \\x%02x", c)
		}
	}
	p.at = start
	return "", p.fail("unfinished string")
}

// halfPair matches the first escape of a string that is half of a surrogate pair.
var halfPair = regexp.MustCompile(`^([^\\]|\\[^u]|\\u([0-9a-cA-CefEF]|[dD][0-7])[0-9a-fA-F]*|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F])*\\u[dD][89a-fA-F]`)

func (p *jsonParser) number() *jsonFailure {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte("+-.0123456789eE", p.text[p.at]) >= 0 {
		p.at++
	}
	raw := p.text[start:p.at]
	if !json.Valid(raw) {
		p.at = start
		return p.fail("invalid number %q", raw)
	}
	p.out = append(p.out, raw...)
	return nil
}

func (p *jsonParser) keyword() *jsonFailure {
	start := p.at
	for p.at < len(p.text) && (p.text[p.at]|0x20 >= 'a' && p.text[p.at]|0x20 <= 'z') {
		p.at++
	}
	switch word := string(p.text[start:p.at]); strings.ToLower(word) {
	case "true", "false", "null":
		p.out = append(p.out, strings.ToLower(word)...)
		return nil
	default:
		p.at = start
		return p.fail("unknown keyword %q", word)
	}
}

func (p *jsonParser) here() string {
	if p.at >= len(p.text) {
		return "end of text"
	}
	r, _ := utf8.DecodeRune(p.text[p.at:])
	return fmt.Sprintf("'%c'", r)
}
