package scalar

import (
	"database/sql/driver"
	"maps"
	"slices"
	"strconv"
)

// flattening is one call of FLATTEN.
type flattening struct {
	recursive bool
	mode      string // "OBJECT", "ARRAY", "BOTH"
	rows      []any  // JSON texts of [key, path, index, value, this]
}

func flatten(a []driver.Value) (any, error) {
	f := flattening{mode: "BOTH", rows: []any{}}
	outer, _ := a[2].(bool)
	f.recursive, _ = a[3].(bool)
	if mode, ok := a[4].(string); ok {
		f.mode = mode
	}
	if a[0] != nil {
		text := a[0].(string)
		path, _ := a[1].(string)
		if path != "" {
			v, err := decode(text)
			if err != nil {
				return nil, fault(100069, "22P02", "Error parsing JSON: %v", err)
			}
			at, err := getPath(v, path)
			if err != nil {
				return nil, err
			}
			text, _ = at.(string)
		}
		if text != "" {
			v, err := decode(text)
			if err != nil {
				return nil, fault(100069, "22P02", "Error parsing JSON: %v", err)
			}
			f.walk(v, path)
		}
	}
	if len(f.rows) == 0 && outer {
		f.rows = append(f.rows, "[null,null,null,null,null]")
	}
	return f.rows, nil
}

// walk adds the parts of v, which is found at a path.
func (f *flattening) walk(v any, path string) {
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			at := path + "[" + strconv.Itoa(i) + "]"
			f.add(nil, at, i, item, v, f.mode != "OBJECT")
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			at := key
			if path != "" {
				at = path + "." + key
			}
			f.add(key, at, nil, v[key], v, f.mode != "ARRAY")
		}
	}
}

func (f *flattening) add(key any, path string, index, item, this any, listed bool) {
	if listed {
		// Value and this are texts in turn, so that null is told from none.
		f.rows = append(f.rows, encode([]any{key, path, index, encode(item), encode(this)}))
	}
	if f.recursive {
		f.walk(item, path)
	}
}
