package scalar

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"database/sql/driver"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/marcboeker/go-duckdb"
)

var texts = map[string]*function{
	// text, length: an error if the text is longer
	"floe_fit": {in: []duckdb.Type{varchar, bigint}, out: varchar, call: func(a []driver.Value) (any, error) {
		s := a[0].(string)
		if int64(len(s)) > a[1].(int64) && int64(utf8.RuneCountInString(s)) > a[1].(int64) {
			return nil, fault(100078, "22000", "String '%s' is too long and would be truncated", s)
		}
		return s, nil
	}},
	// bytes, length
	"floe_fit_binary": {in: []duckdb.Type{blob, bigint}, out: blob, call: func(a []driver.Value) (any, error) {
		b := a[0].([]byte)
		if int64(len(b)) > a[1].(int64) {
			return nil, fault(100078, "22000", "Binary value '%X' is too long and would be truncated", b)
		}
		return b, nil
	}},
	// text, separator, number of the part: from the end if negative, 0 is 1
	"floe_split_part": {in: []duckdb.Type{varchar, varchar, bigint}, out: varchar, call: func(a []driver.Value) (any, error) {
		parts := split(a[0].(string), a[1].(string))
		n := int(a[2].(int64))
		switch {
		case n < 0:
			n += len(parts)
		case n > 0:
			n--
		}
		if n < 0 || n >= len(parts) {
			return "", nil
		}
		return parts[n], nil
	}},
	"floe_split": {in: []duckdb.Type{varchar, varchar}, out: varchar, call: func(a []driver.Value) (any, error) {
		return encode(split(a[0].(string), a[1].(string))), nil
	}},
	"floe_initcap": {in: []duckdb.Type{varchar}, out: varchar, call: func(a []driver.Value) (any, error) {
		inside := false
		return strings.Map(func(r rune) rune {
			before := inside
			inside = unicode.IsLetter(r) || unicode.IsDigit(r)
			if before {
				return unicode.ToLower(r)
			}
			return unicode.ToUpper(r)
		}, a[0].(string)), nil
	}},
	"floe_md5": {in: []duckdb.Type{blob}, out: varchar, call: func(a []driver.Value) (any, error) {
		sum := md5.Sum(a[0].([]byte))
		return hex.EncodeToString(sum[:]), nil
	}},
	"floe_sha1": {in: []duckdb.Type{blob}, out: varchar, call: func(a []driver.Value) (any, error) {
		sum := sha1.Sum(a[0].([]byte))
		return hex.EncodeToString(sum[:]), nil
	}},
	// bytes, bits
	"floe_sha2": {in: []duckdb.Type{blob, bigint}, out: varchar, call: func(a []driver.Value) (any, error) {
		return sha2(a[0].([]byte), a[1].(int64))
	}},
	// text, try
	"floe_hex_decode": {in: []duckdb.Type{varchar, boolean}, out: blob, call: func(a []driver.Value) (any, error) {
		b, err := hex.DecodeString(a[0].(string))
		if err != nil {
			err = fault(100115, "22000", "The following string is not a legal hex-encoded value: '%s'", a[0])
		}
		return or(b, err, a[1].(bool))
	}},
	// text, try
	"floe_base64_decode": {in: []duckdb.Type{varchar, boolean}, out: blob, call: func(a []driver.Value) (any, error) {
		b, err := base64.StdEncoding.DecodeString(a[0].(string))
		if err != nil {
			err = fault(100116, "22000", "The following string is not a legal base64-encoded value: '%s'", a[0])
		}
		return or(b, err, a[1].(bool))
	}},
	// bytes, try: the text that they are in UTF-8
	"floe_utf8": {in: []duckdb.Type{blob, boolean}, out: varchar, call: func(a []driver.Value) (any, error) {
		var err error
		if !utf8.Valid(a[0].([]byte)) {
			err = fault(100144, "22000", "Invalid UTF8 detected in string '0x%X'", a[0])
		}
		return or(string(a[0].([]byte)), err, a[1].(bool))
	}},
}

// split cuts a text; the empty separator cuts nothing.
func split(s, separator string) []string {
	if separator == "" {
		return []string{s}
	}
	return strings.Split(s, separator)
}

func sha2(b []byte, bits int64) (any, error) {
	switch bits {
	case 224:
		sum := sha256.Sum224(b)
		return hex.EncodeToString(sum[:]), nil
	case 256:
		sum := sha256.Sum256(b)
		return hex.EncodeToString(sum[:]), nil
	case 384:
		sum := sha512.Sum384(b)
		return hex.EncodeToString(sum[:]), nil
	case 512:
		sum := sha512.Sum512(b)
		return hex.EncodeToString(sum[:]), nil
	}
	return nil, fault(1015, "22023", "Invalid value [%d] for parameter 'digestSize': it must be one of 224, 256, 384, 512", bits)
}
