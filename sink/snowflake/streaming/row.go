package streaming

import (
	"encoding"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/floedata/floe/internal/encode/ndjson"
)

// appendRow appends a row as a line of JSON, its names in order.
func appendRow(dst []byte, row map[string]any, binary BinaryFormat) ([]byte, error) {
	dst = append(dst, '{')
	for _, name := range slices.Sorted(maps.Keys(row)) {
		value := row[name]
		if isNil(value) {
			continue // a null that is written lands in a VARIANT as JSON's, not as SQL's
		}
		var err error
		if dst, err = appendText(dst, name); err != nil {
			return dst, &RowError{Column: name, Err: fmt.Errorf("the name %w", err)}
		}
		dst = append(dst, ':')
		if dst, err = (form{binary: binary}).append(dst, value); err != nil {
			return dst, &RowError{Column: name, Err: err}
		}
		dst = append(dst, ',')
	}
	if last := len(dst) - 1; dst[last] == ',' {
		dst = dst[:last]
	}
	return append(dst, '}', '\n'), nil
}

// atRow sets the row of a *RowError.
func atRow(err error, row int) error {
	if e := (*RowError)(nil); errors.As(err, &e) {
		e.Row = int64(row)
	}
	return err
}

// form is how values are written.
type form struct {
	binary BinaryFormat
	depth  int // of lists and maps around the value
}

// deepest is how deep lists and maps may be in each other: a value that holds itself has no end.
const deepest = 200

func (f form) append(dst []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		return appendText(dst, v)
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		return f.float(dst, v)
	case float32:
		return f.float(dst, float64(v))
	case time.Time:
		if y := v.Year(); y < 0 || y > 9999 {
			return dst, fmt.Errorf("the year %d has no form", y)
		}
		return append(v.AppendFormat(append(dst, '"'), time.RFC3339Nano), '"'), nil
	case []byte:
		dst = append(dst, '"')
		if f.binary == Hex {
			dst = hex.AppendEncode(dst, v)
		} else {
			dst = base64.StdEncoding.AppendEncode(dst, v)
		}
		return append(dst, '"'), nil
	case json.Number:
		if !json.Valid([]byte(v)) || v == "" || v[0] != '-' && (v[0] < '0' || v[0] > '9') {
			return dst, fmt.Errorf("%.40q is not a number of JSON", string(v))
		}
		return append(dst, v...), nil
	case map[string]any:
		return f.object(dst, v)
	case []any:
		return f.list(dst, v)
	}
	return f.other(dst, value)
}

// other appends values of types that are not built in.
func (f form) other(dst []byte, value any) ([]byte, error) {
	if isNil(value) {
		return append(dst, "null"...), nil
	}
	switch value.(type) {
	case json.Marshaler, encoding.TextMarshaler:
		return marshal(dst, value)
	}
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.String:
		return appendText(dst, v.String())
	case reflect.Float32, reflect.Float64:
		return f.float(dst, v.Float())
	case reflect.Pointer, reflect.Struct:
		if s, ok := value.(fmt.Stringer); ok {
			return appendText(dst, s.String())
		}
		if v.Kind() == reflect.Pointer && f.depth < deepest {
			return form{f.binary, f.depth + 1}.append(dst, v.Elem().Interface())
		}
	}
	return marshal(dst, value)
}

// marshal appends what encoding/json makes of a value.
func marshal(dst []byte, value any) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return dst, fmt.Errorf("a %T has no form in JSON: %w", value, err)
	}
	return append(dst, text...), nil
}

func (f form) float(dst []byte, v float64) ([]byte, error) {
	if f.depth > 0 && (math.IsNaN(v) || math.IsInf(v, 0)) {
		return dst, fmt.Errorf("%v has no form inside a list or a map", v)
	}
	return ndjson.AppendFloat(dst, v), nil
}

func (f form) object(dst []byte, object map[string]any) ([]byte, error) {
	if f.depth++; f.depth > deepest {
		return dst, errTooDeep
	}
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(object)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendText(dst, name); err != nil {
			return dst, fmt.Errorf("the key %w", err)
		}
		if dst, err = f.append(append(dst, ':'), object[name]); err != nil {
			return dst, fmt.Errorf("key %q: %w", name, err)
		}
	}
	return append(dst, '}'), nil
}

func (f form) list(dst []byte, list []any) ([]byte, error) {
	if f.depth++; f.depth > deepest {
		return dst, errTooDeep
	}
	dst = append(dst, '[')
	for i, value := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = f.append(dst, value); err != nil {
			return dst, fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return append(dst, ']'), nil
}

var errTooDeep = fmt.Errorf("lists and maps are more than %d deep in each other", deepest)

// isNil says that a value is nil, or a pointer, map or slice that is.
func isNil(value any) bool {
	if value == nil {
		return true
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return v.IsNil()
	}
	return false
}

func appendText(dst []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return dst, fmt.Errorf("%.100q is not UTF-8", s)
	}
	return ndjson.AppendText(dst, s), nil
}
