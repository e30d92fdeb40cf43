package copyinto

import (
	"database/sql/driver"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// quick makes the value of a column, in the form that an appender to a table of [types.Type.DuckDB] takes, of JSON without
// white space, where it has the form that nearly all values have. false leaves it to the conversions of [converter], which
// know all forms, and what is wrong with the rest.
func quick(t types.Type, text []byte, binary BinaryFormat) (driver.Value, bool) {
	if string(text) == "null" && t.Kind != types.Variant {
		return nil, true
	}
	switch t.Kind {
	case types.Fixed:
		return quickDecimal(unquoted(text), t)
	case types.Real:
		switch string(text) {
		case `"NaN"`:
			return math.NaN(), true
		case `"inf"`:
			return math.Inf(1), true
		case `"-inf"`:
			return math.Inf(-1), true
		}
		if text[0] != '-' && (text[0] < '0' || text[0] > '9') {
			return nil, false
		}
		f, err := strconv.ParseFloat(string(text), 64)
		return f, err == nil
	case types.Boolean:
		return text[0] == 't', string(text) == "true" || string(text) == "false"
	case types.Variant:
		return quickJSON(text, 0)
	case types.Object:
		return quickJSON(text, '{')
	case types.Array:
		return quickJSON(text, '[')
	}
	s, ok := quickString(text)
	if !ok {
		return nil, false
	}
	switch t.Kind {
	case types.Text:
		return s, int64(len(s)) <= t.Length
	case types.Binary:
		return quickBinary(s, t, binary)
	case types.Date:
		d, err := time.Parse(time.DateOnly, s)
		return d, err == nil && len(s) == len(time.DateOnly) && d.Year() > 0
	case types.Time:
		return quickTime(s, t.Scale)
	case types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
		return quickTimestamp(s, t)
	}
	return nil, false
}

// quickJSON is what VARIANT and its like keep, if it begins with the letter.
func quickJSON(text []byte, first byte) (driver.Value, bool) {
	return string(text), (first == 0 || text[0] == first) && len(text) <= types.MaxText
}

// unquoted is a string without escapes, or whatever else is there as it is.
func unquoted(text []byte) []byte {
	if len(text) > 1 && text[0] == '"' {
		return text[1 : len(text)-1]
	}
	return text
}

// quickString is what a string says.
func quickString(text []byte) (s string, ok bool) {
	if text[0] != '"' || !utf8.Valid(text) {
		return "", false
	}
	for _, c := range text {
		if c == '\\' {
			err := json.Unmarshal(text, &s)
			return s, err == nil
		}
	}
	return string(unquoted(text)), true
}

// quickDecimal is a number of few digits, times ten to the scale.
func quickDecimal(text []byte, t types.Type) (driver.Value, bool) {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	var n int64
	digits, scale, point := 0, 0, false
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
			digits++
			if point {
				scale++
			}
		case c == '.' && !point && i > 0 && i < len(text)-1:
			point = true
		default:
			return nil, false
		}
	}
	if digits == 0 || scale > t.Scale || digits-scale+t.Scale > min(shortDigits, t.Precision) {
		return nil, false
	}
	for ; scale < t.Scale; scale++ {
		n *= 10
	}
	if negative {
		n = -n
	}
	return n, true
}

func quickBinary(s string, t types.Type, binary BinaryFormat) (driver.Value, bool) {
	var b []byte
	var err error
	switch binary {
	case Base64:
		b, err = base64.StdEncoding.Strict().DecodeString(s)
	case Hex:
		b, err = hex.DecodeString(s)
	default:
		return nil, false
	}
	return b, err == nil && int64(len(b)) <= t.Length
}

// quickTime is HH:MM:SS with up to nine digits behind, in nanoseconds.
func quickTime(s string, scale int) (driver.Value, bool) {
	if len(s) < 8 || len(s) > 18 || s[2] != ':' || s[5] != ':' || len(s) > 8 && s[8] != '.' {
		return nil, false
	}
	t, err := time.Parse(time.TimeOnly, s)
	if err != nil {
		return nil, false
	}
	ns := int64(t.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)))
	return ns - ns%unit(scale), true
}

// unit are the nanoseconds of the last digit of a second.
func unit(scale int) int64 { return int64(math.Pow10(max(types.DefaultScale-scale, 0))) }

// quickTimestamp is YYYY-MM-DDTHH:MM:SS, up to nine digits behind it, and Z or an offset for the kinds that are instants.
func quickTimestamp(s string, t types.Type) (driver.Value, bool) {
	const shortest = len("2006-01-02T15:04:05")
	if len(s) < shortest || s[10] != 'T' && s[10] != ' ' {
		return nil, false
	}
	rest := shortest
	if len(s) > rest && s[rest] == '.' {
		for rest++; rest < len(s) && s[rest] >= '0' && s[rest] <= '9'; rest++ {
		}
		if n := rest - shortest - 1; n < 1 || n > types.DefaultScale {
			return nil, false
		}
	}
	zone := s[rest:]
	if (t.Kind == types.TimestampNTZ) != (zone == "") {
		return nil, false
	}
	if zone == "" {
		zone = "Z"
	}
	if len(zone) == len("+14:00") && zone[1:3] > "14" {
		return nil, false // further from UTC than any place is
	}
	at, err := time.Parse(time.RFC3339Nano, s[:10]+"T"+s[11:rest]+zone)
	if err != nil || at.Year() < 1 {
		return nil, false
	}
	// Digits that the column has not are cut off, towards the past.
	at = at.Add(-time.Duration(int64(at.Nanosecond()) % unit(t.Scale)))
	if t.Kind == types.TimestampTZ {
		return types.Zoned(at), true
	}
	const billions = 9_000_000_000 // seconds whose nanoseconds have 64 bits
	if sec := at.Unix(); sec > -billions && sec < billions {
		return at.UnixNano(), true
	}
	return types.Nanos(at), true
}
