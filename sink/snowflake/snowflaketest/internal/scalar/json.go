package scalar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// JSON returns a text of JSON as a VARIANT is kept: compact, the keys of objects in order. The empty text is NULL, for
// which it returns "".
func JSON(text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	v, err := decode(text)
	if err != nil {
		return "", fault(100069, "22P02", "Error parsing JSON: %v", err)
	}
	return encode(v), nil
}

// decode reads JSON as nil, bool, json.Number, string, []any and map[string]any.
func decode(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	v, err := decodeValue(d)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("incomplete value, pos %d", d.InputOffset())
	}
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = fmt.Errorf("unexpected characters behind the value, pos %d", d.InputOffset())
		}
	}
	return v, err
}

func decodeValue(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("%w, pos %d", err, d.InputOffset())
	}
	switch t {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	case json.Delim('{'):
		return decodeObject(d)
	}
	return t, nil
}

func decodeObject(d *json.Decoder) (any, error) {
	object := map[string]any{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		k := key.(string)
		if _, twice := object[k]; twice {
			return nil, fmt.Errorf("duplicate object attribute %q, pos %d", k, d.InputOffset())
		}
		if object[k], err = decodeValue(d); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return object, err
}

// encode writes JSON: compact, keys in order.
func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // of values that decode made
	}
	return strings.TrimSuffix(b.String(), "\n")
}
