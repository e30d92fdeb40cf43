package file

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// positionPrefix tells a position of this package from any other text, and the version of its form.
const positionPrefix = "f1"

// place is a point between two rows of a file. The zero place is its beginning.
type place struct {
	offset int64 // CSV and JSON: bytes of uncompressed text before it; Arrow: record batches before it
	line   int64 // CSV and JSON: number of the line that begins there, from 1
	row    int64 // Parquet: rows before it; Arrow: rows of the record batch before it
}

func (p place) String() string {
	return fmt.Sprintf("%d:%d:%d", p.offset, p.line, p.row)
}

// stamp identifies a finished file and the version of it that was read: 8 bytes of a hash of the name and 4
// of one of the version. 12 bytes are 16 letters of base64 without a remainder, so that the texts of stamps
// can be appended to each other.
type stamp [stampBytes]byte

const (
	stampBytes   = 12
	stampLetters = 16
)

// nameHash is the part of a stamp that identifies the file.
type nameHash [8]byte

func stampOf(name, version string) stamp {
	var s stamp
	n, v := sha256.Sum256([]byte(name)), sha256.Sum256([]byte(version))
	copy(s[:8], n[:])
	copy(s[8:], v[:])
	return s
}

func (s stamp) name() nameHash { return nameHash(s[:8]) }

// letters appends the text form of s to dst.
func (s stamp) letters(dst []byte) []byte { return base64.RawURLEncoding.AppendEncode(dst, s[:]) }

// current is the file that a position lies in.
type current struct {
	name    string // "" = the position lies between files
	version string
	at      place
}

// position is the parsed form of a partition's positions.
type position struct {
	current current
	done    []stamp // in the order in which the files were finished
}

// formatPosition makes the text form; done is the letters of all stamps.
func formatPosition(c current, done []byte) string {
	var b strings.Builder
	b.Grow(len(positionPrefix) + len(c.name) + len(c.version) + len(done) + 64)
	b.WriteString(positionPrefix)
	b.WriteByte('|')
	if c.name != "" {
		b.WriteString(url.QueryEscape(c.name))
		b.WriteByte(',')
		b.WriteString(url.QueryEscape(c.version))
		b.WriteByte(',')
		b.WriteString(c.at.String())
	}
	b.WriteByte('|')
	b.Write(done)
	return b.String()
}

// parsePosition reads what formatPosition made; "" is the beginning.
func parsePosition(text string) (position, error) {
	var p position
	if text == "" {
		return p, nil
	}
	parts := strings.Split(text, "|")
	if len(parts) != 3 || parts[0] != positionPrefix {
		return p, fmt.Errorf("it does not have the form %s|file|finished files", positionPrefix)
	}
	var err error
	if parts[1] != "" {
		if p.current, err = parseCurrent(parts[1]); err != nil {
			return position{}, fmt.Errorf("its current file: %w", err)
		}
	}
	if len(parts[2])%stampLetters != 0 {
		return position{}, errors.New("its list of finished files is cut off")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return position{}, fmt.Errorf("its list of finished files: %w", err)
	}
	if len(raw)/stampBytes != len(parts[2])/stampLetters { // base64 passes over line breaks
		return position{}, errors.New("its list of finished files has a line break")
	}
	p.done = make([]stamp, 0, len(raw)/stampBytes)
	for ; len(raw) > 0; raw = raw[stampBytes:] {
		p.done = append(p.done, stamp(raw[:stampBytes]))
	}
	return p, nil
}

func parseCurrent(text string) (current, error) {
	var c current
	parts := strings.Split(text, ",")
	if len(parts) != 3 {
		return c, errors.New("not of the form name,version,place")
	}
	var err error
	if c.name, err = url.QueryUnescape(parts[0]); err != nil {
		return c, err
	}
	if c.name == "" {
		return c, errors.New("it has no name")
	}
	if c.version, err = url.QueryUnescape(parts[1]); err != nil {
		return c, err
	}
	numbers := strings.Split(parts[2], ":")
	if len(numbers) != 3 {
		return c, errors.New("its place is not of the form offset:line:row")
	}
	for i, to := range []*int64{&c.at.offset, &c.at.line, &c.at.row} {
		n, err := strconv.ParseInt(numbers[i], 10, 64)
		if err != nil {
			return c, err
		}
		if n < 0 {
			return c, errors.New("its place is negative")
		}
		*to = n
	}
	return c, nil
}
