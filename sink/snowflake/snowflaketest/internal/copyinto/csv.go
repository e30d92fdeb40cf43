package copyinto

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// csvReader splits text into records as a format says. Positions are bytes of the text, which is UTF-8 unless valid is
// false.
type csvReader struct {
	format *CSV
	text   []byte
	valid  bool // all of text is UTF-8
	at     int  // where the next record begins
	line   int64

	fieldSep, recordSep []byte
	special             [256]bool // bytes that a field cannot just have
}

// csvRecord is a record of a file.
type csvRecord struct {
	start, end int   // of its bytes, without the record delimiter
	next       int   // where the next one begins
	line       int64 // physical, from 1
	fields     []csvField
	stray      *csvStray // why the record cannot be split
}

// csvField is a field of a record.
type csvField struct {
	start    int
	text     string
	null     bool
	empty    bool // nothing between its delimiters, which NULL is made of
	enclosed bool
	bad      bool // not UTF-8
}

// csvStray is what stops the splitting of a record.
type csvStray struct {
	fault fault
	show  string
	at    int
	field int // index of the field that it is in
}

func newCSVReader(format *CSV, text []byte) *csvReader {
	r := &csvReader{
		format: format, text: text, valid: utf8.Valid(text), line: 1,
		fieldSep: []byte(format.FieldDelimiter), recordSep: []byte(format.RecordDelimiter),
	}
	for _, sep := range [][]byte{r.fieldSep, r.recordSep, {format.EscapeUnenclosed}} {
		for _, c := range sep[:min(1, len(sep))] {
			r.special[c] = true
		}
	}
	r.special['\r'] = true
	for range format.SkipHeader {
		i := bytes.IndexByte(text[r.at:], '\n')
		if i < 0 {
			r.at = len(text)
			break
		}
		r.at += i + 1
		r.line++
	}
	return r
}

// record returns the next record; false is the end of the text. A line feed at the end ends the last record and begins
// none.
func (r *csvReader) record(into *csvRecord) bool {
	if r.at >= len(r.text) {
		return false
	}
	r.split(into, r.at, r.line)
	r.line += int64(bytes.Count(r.text[r.at:into.next], []byte{'\n'}))
	r.at = into.next
	return true
}

// blank tells whether a record is an empty line.
func (rec *csvRecord) blank() bool { return rec.start == rec.end }

// split splits the record that begins at start, on the given line.
func (r *csvReader) split(rec *csvRecord, start int, line int64) {
	*rec = csvRecord{start: start, line: line, fields: rec.fields[:0]}
	p := start
	for {
		var f csvField
		f, p = r.field(rec, p)
		if rec.stray != nil {
			rec.end, rec.next = r.lineEnd(p)
			return
		}
		rec.fields = append(rec.fields, f)
		if n := r.fieldDelimiter(p); n > 0 {
			p += n
			continue
		}
		rec.end, rec.next = p, p+r.recordDelimiter(p)
		return
	}
}

var crlf = []byte("\r\n")

// fieldDelimiter is the length of the field delimiter at p, or 0.
func (r *csvReader) fieldDelimiter(p int) int {
	if len(r.fieldSep) > 0 && bytes.HasPrefix(r.text[min(p, len(r.text)):], r.fieldSep) {
		return len(r.fieldSep)
	}
	return 0
}

// recordDelimiter is the length of the record delimiter at p, or 0. A line feed may come with a carriage return.
func (r *csvReader) recordDelimiter(p int) int {
	rest := r.text[min(p, len(r.text)):]
	switch {
	case len(r.recordSep) == 0:
		return 0
	case bytes.HasPrefix(rest, r.recordSep):
		return len(r.recordSep)
	case r.format.RecordDelimiter == "\n" && bytes.HasPrefix(rest, crlf):
		return len(crlf)
	}
	return 0
}

// lineEnd is where the record delimiter after p begins and ends: where splitting goes on after a record that it cannot
// split.
func (r *csvReader) lineEnd(p int) (end, next int) {
	for ; p < len(r.text); p++ {
		if n := r.recordDelimiter(p); n > 0 {
			return p, p + n
		}
	}
	return len(r.text), len(r.text)
}

// field reads the field that begins at p and returns where it ends.
func (r *csvReader) field(rec *csvRecord, p int) (csvField, int) {
	f := csvField{start: p}
	first := p
	if r.format.TrimSpace {
		for first < len(r.text) && r.text[first] == ' ' && r.fieldDelimiter(first) == 0 {
			first++
		}
	}
	if r.format.Enclosure != 0 && first < len(r.text) && r.text[first] == r.format.Enclosure {
		f.enclosed = true
		p = r.enclosed(rec, &f, first)
	} else {
		p = r.unenclosed(&f, p)
	}
	r.settle(&f, p)
	return f, p
}

// enclosed reads the field whose opening character is at p.
func (r *csvReader) enclosed(rec *csvRecord, f *csvField, open int) int {
	q, escape := r.format.Enclosure, r.format.Escape
	var b []byte
	p := open + 1
	from := p
	for ; p < len(r.text); p++ {
		switch c := r.text[p]; {
		case escape != 0 && c == escape && p+1 < len(r.text) && (escape != q || r.text[p+1] == q):
			b = append(b, r.text[from:p]...)
			b = append(b, escaped(r.text[p+1]))
			p++
			from = p + 1
		case c == q && p+1 < len(r.text) && r.text[p+1] == q:
			b = append(b, r.text[from:p+1]...)
			p++
			from = p + 1
		case c == q:
			f.text = string(append(b, r.text[from:p]...))
			return r.afterEnclosure(rec, p+1)
		case !r.format.MultiLine && r.recordDelimiter(p) > 0:
			rec.stray = &csvStray{cutRecord, "", p, len(rec.fields)}
			return p
		}
	}
	rec.stray = &csvStray{openField, string(rune(q)), open, len(rec.fields)}
	return len(r.text)
}

// afterEnclosure checks what follows a closing character: a delimiter, or the end.
func (r *csvReader) afterEnclosure(rec *csvRecord, p int) int {
	if r.format.TrimSpace {
		for p < len(r.text) && r.text[p] == ' ' && r.fieldDelimiter(p) == 0 {
			p++
		}
	}
	if p < len(r.text) && r.fieldDelimiter(p) == 0 && r.recordDelimiter(p) == 0 {
		_, size := utf8.DecodeRune(r.text[p:])
		rec.stray = &csvStray{strayField, shownText(string(r.text[p : p+size])), p, len(rec.fields)}
	}
	return p
}

// unenclosed reads the field that begins at p up to a delimiter that is not escaped.
func (r *csvReader) unenclosed(f *csvField, p int) int {
	escape := r.format.EscapeUnenclosed
	start, from := p, p
	var b []byte
	for ; p < len(r.text); p++ {
		if !r.special[r.text[p]] {
			continue
		}
		if escape != 0 && r.text[p] == escape && p+1 < len(r.text) {
			b = append(b, r.text[from:p]...)
			b = append(b, escaped(r.text[p+1]))
			p++
			from = p + 1
			continue
		}
		if r.fieldDelimiter(p) > 0 || r.recordDelimiter(p) > 0 {
			break
		}
	}
	raw := string(r.text[start:p])
	f.text = string(append(b, r.text[from:p]...))
	if r.format.TrimSpace {
		raw, f.text = strings.TrimSpace(raw), strings.TrimSpace(f.text)
	}
	// The default \N is meant for what is written in the file, where the backslash is an escape character too.
	f.null = r.isNull(raw)
	return p
}

// settle decides what is NULL. NULL_IF goes before EMPTY_FIELD_AS_NULL, and an enclosed field is never empty. Certain.
func (r *csvReader) settle(f *csvField, end int) {
	f.null = f.null || r.isNull(f.text)
	f.empty = f.text == "" && !f.enclosed
	if f.empty && r.format.EmptyFieldAsNull {
		f.null = true
	}
	if !r.valid && !utf8.ValidString(f.text) {
		if r.format.ReplaceInvalidCharacters {
			f.text = replaced(f.text)
		} else {
			f.bad = true
		}
	}
}

func (r *csvReader) isNull(text string) bool {
	for _, n := range r.format.NullIf {
		if n == text {
			return true
		}
	}
	return false
}

// escaped is the character that c stands for after an escape character.
func escaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	}
	return c
}

// replaced has U+FFFD in the place of each byte that is not UTF-8.
func replaced(s string) string {
	var b strings.Builder
	for _, r := range s { // such a byte is U+FFFD already
		b.WriteRune(r)
	}
	return b.String()
}

// hexed shows the bytes that are not UTF-8 as Snowflake does: 0x89PNG.
func hexed(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 {
			const digits = "0123456789ABCDEF"
			b.WriteString("0x")
			b.WriteByte(digits[s[0]>>4])
			b.WriteByte(digits[s[0]&15])
		} else {
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

// place is where something is in a text: line and character from 1, and the byte.
type place struct {
	line, character, offset int64
}

// place finds p, which is in or after a record that begins at start on the given line.
func (r *csvReader) place(p, start int, line int64) place {
	before := r.text[start:p]
	line += int64(bytes.Count(before, []byte{'\n'}))
	if i := bytes.LastIndexByte(before, '\n'); i >= 0 {
		before = before[i+1:]
	}
	return place{line, int64(utf8.RuneCount(before)) + 1, int64(p)}
}
