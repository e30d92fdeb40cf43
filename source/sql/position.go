package sql

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// positionPrefix tells a position of this package from any other text, and the version of its form.
const positionPrefix = "s1"

// kind is the type of a key's value, as a position writes it.
type kind byte

const (
	intKind       kind = 'i'
	uintKind      kind = 'u'
	floatKind     kind = 'f'
	decimalKind   kind = 'd'
	textKind      kind = 's'
	bytesKind     kind = 'x'
	dateKind      kind = 'D'
	timeKind      kind = 'T' // of day
	timestampKind kind = 't' // what clock and calendar show
	instantKind   kind = 'z' // in UTC
)

// value is one value of a key, exactly, in the one form that its kind has.
type value struct {
	kind kind
	text string // of bytes: as they are
}

// Forms of moments. Parameters have them too.
const (
	dateForm      = "2006-01-02"
	timeForm      = "15:04:05.999999999"
	timestampForm = "2006-01-02 15:04:05.999999999"
	instantForm   = "2006-01-02 15:04:05.999999999-07:00"
)

var decimalForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// valid says whether the text is in the form of its kind.
func (v value) valid() bool {
	same := func(text string, err error) bool { return err == nil && text == v.text }
	moment := func(form string) bool {
		t, err := time.Parse(form, v.text)
		return same(t.Format(form), err)
	}
	switch v.kind {
	case intKind:
		n, err := strconv.ParseInt(v.text, 10, 64)
		return same(strconv.FormatInt(n, 10), err)
	case uintKind:
		n, err := strconv.ParseUint(v.text, 10, 64)
		return same(strconv.FormatUint(n, 10), err)
	case floatKind:
		n, err := strconv.ParseFloat(v.text, 64)
		return same(formatFloat(n), err)
	case decimalKind:
		return decimalForm.MatchString(v.text)
	case textKind, bytesKind:
		return true
	case dateKind:
		return moment(dateForm)
	case timeKind:
		return moment(timeForm)
	case timestampKind:
		return moment(timestampForm)
	case instantKind:
		return moment(instantForm) && strings.HasSuffix(v.text, "+00:00")
	}
	return false
}

func formatFloat(n float64) string {
	if n == 0 {
		n = 0 // the database takes -0 for the same
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}

// arg returns the value as it is bound to a parameter.
func (v value) arg() any {
	switch v.kind {
	case intKind:
		n, _ := strconv.ParseInt(v.text, 10, 64)
		return n
	case uintKind:
		n, _ := strconv.ParseUint(v.text, 10, 64)
		if n <= math.MaxInt64 {
			return int64(n) // which every driver takes
		}
		return n
	case floatKind:
		n, _ := strconv.ParseFloat(v.text, 64)
		return n
	case bytesKind:
		return []byte(v.text)
	}
	return v.text
}

func (v value) String() string {
	if v.kind == bytesKind {
		return "x" + hex.EncodeToString([]byte(v.text))
	}
	return string(v.kind) + url.QueryEscape(v.text)
}

func parseValue(text string) (value, error) {
	if text == "" {
		return value{}, errors.New("a value of it is missing")
	}
	v := value{kind: kind(text[0])}
	if v.kind == bytesKind {
		raw, err := hex.DecodeString(text[1:])
		if err != nil {
			return value{}, err
		}
		v.text = string(raw)
	} else {
		var err error
		if v.text, err = url.QueryUnescape(text[1:]); err != nil {
			return value{}, err
		}
	}
	if !v.valid() || v.String() != text {
		return value{}, fmt.Errorf("%.100q is not a value", text)
	}
	return v, nil
}

// position is the parsed form of a partition's positions. The zero position is the beginning.
type position struct {
	key []value // of the last row
	// rows has how many rows with that key were read, or, without a key, how many rows in all.
	rows int64
}

func (p position) String() string {
	if len(p.key) == 0 {
		if p.rows == 0 {
			return ""
		}
		return fmt.Sprintf("%s|#%d", positionPrefix, p.rows)
	}
	var b strings.Builder
	b.WriteString(positionPrefix)
	for _, v := range p.key {
		b.WriteByte('|')
		b.WriteString(v.String())
	}
	if p.rows > 1 {
		fmt.Fprintf(&b, "|*%d", p.rows)
	}
	return b.String()
}

// parsePosition reads what String wrote, and nothing else.
func parsePosition(text string) (position, error) {
	var p position
	if text == "" {
		return p, nil
	}
	parts := strings.Split(text, "|")
	if parts[0] != positionPrefix || len(parts) < 2 {
		return p, fmt.Errorf("it does not have the form %s|values", positionPrefix)
	}
	parts = parts[1:]
	last := parts[len(parts)-1]
	if counts := strings.HasPrefix(last, "*"); counts || strings.HasPrefix(last, "#") {
		n, err := strconv.ParseInt(last[1:], 10, 64)
		if err != nil {
			return position{}, err
		}
		p.rows, parts = n, parts[:len(parts)-1]
		if counts == (len(parts) == 0) {
			return position{}, errors.New("its count stands for nothing")
		}
	} else {
		p.rows = 1
	}
	for _, part := range parts {
		v, err := parseValue(part)
		if err != nil {
			return position{}, err
		}
		p.key = append(p.key, v)
	}
	if p.rows < 1 || p.String() != text {
		return position{}, errors.New("it is not in the form in which it is written")
	}
	return p, nil
}
