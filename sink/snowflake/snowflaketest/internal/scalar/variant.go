package scalar

import (
	"database/sql/driver"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

var variants = map[string]*function{
	// text, try
	"floe_json": {in: []duckdb.Type{varchar, boolean}, out: varchar, call: func(a []driver.Value) (any, error) {
		s, err := JSON(a[0].(string))
		if s == "" && err == nil {
			return nil, nil
		}
		return or(s, err, a[1].(bool))
	}},
	"floe_json_text": {in: []duckdb.Type{varchar}, out: varchar, call: func(a []driver.Value) (any, error) {
		return encode(a[0].(string)), nil
	}},
	"floe_json_real": {in: []duckdb.Type{double}, out: varchar, call: func(a []driver.Value) (any, error) {
		s := realText(a[0].(float64))
		if strings.ContainsAny(s, "nN") {
			return encode(s), nil
		}
		return s, nil
	}},
	"floe_get": of(varchar, func(v any, a driver.Value) (any, error) {
		return found(step(v, a.(string)))
	}),
	"floe_get_at": of(bigint, func(v any, a driver.Value) (any, error) {
		list, _ := v.([]any)
		if i := a.(int64); i >= 0 && i < int64(len(list)) {
			return encode(list[i]), nil
		}
		return nil, nil
	}),
	"floe_get_path": of(varchar, func(v any, a driver.Value) (any, error) {
		return getPath(v, a.(string))
	}),
	"floe_variant_text": variant(varchar, func(v any) (any, error) {
		switch v := v.(type) {
		case nil:
			return nil, nil
		case string:
			return v, nil
		}
		return encode(v), nil
	}),
	"floe_typeof":     variant(varchar, func(v any) (any, error) { return typeOf(v), nil }),
	"floe_array_size": variant(bigint, func(v any) (any, error) { return sizeOf(v), nil }),
	"floe_object_keys": variant(varchar, func(v any) (any, error) {
		o, ok := v.(map[string]any)
		if !ok {
			return nil, nil
		}
		keys := slices.Sorted(maps.Keys(o))
		if keys == nil {
			keys = []string{}
		}
		return encode(keys), nil
	}),
	// variant, precision, scale, try
	"floe_variant_number": {in: []duckdb.Type{varchar, integer, integer, boolean}, out: varchar, call: func(a []driver.Value) (any, error) {
		return convert(a[0], "FIXED", a[3], func(s string) (any, error) {
			return Number(s, int(a[1].(int32)), int(a[2].(int32)))
		})
	}},
	// variant, try
	"floe_variant_real": {in: []duckdb.Type{varchar, boolean}, out: double, call: func(a []driver.Value) (any, error) {
		return convert(a[0], "REAL", a[1], func(s string) (any, error) { return real(s) })
	}},
	// variant, try
	"floe_variant_boolean": {in: []duckdb.Type{varchar, boolean}, out: boolean, call: func(a []driver.Value) (any, error) {
		return convert(a[0], "BOOLEAN", a[1], func(s string) (any, error) {
			if f, err := strconv.ParseFloat(s, 64); err == nil {
				return f != 0, nil
			}
			return truth(s)
		})
	}},
	// variant, try
	"floe_variant_date": {in: []duckdb.Type{varchar, boolean}, out: date, call: func(a []driver.Value) (any, error) {
		return convert(a[0], "DATE", a[1], func(s string) (any, error) {
			c, err := read(s, "", 100040, "%s")
			y, m, d := c.wall.Date()
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), err
		})
	}},
	// variant, try
	"floe_variant_time": {in: []duckdb.Type{varchar, boolean}, out: bigint, call: func(a []driver.Value) (any, error) {
		return convert(a[0], "TIME", a[1], func(s string) (any, error) { return timeOfDay(s, "") })
	}},
	// variant, zone, try: the three types of timestamps
	"floe_variant_ntz": {in: []duckdb.Type{varchar, varchar, boolean}, out: hugeint, call: func(a []driver.Value) (any, error) {
		return convert(a[0], "TIMESTAMP_NTZ", a[2], func(s string) (any, error) {
			c, err := timestamp(s, "")
			return types.Nanos(c.wall), err
		})
	}},
	"floe_variant_ltz": {in: []duckdb.Type{varchar, varchar, boolean}, out: hugeint, call: func(a []driver.Value) (any, error) {
		return convert(a[0], "TIMESTAMP_LTZ", a[2], func(s string) (any, error) {
			t, err := instant(s, "", a[1].(string))
			return types.Nanos(t), err
		})
	}},
	"floe_variant_tz": {in: []duckdb.Type{varchar, varchar, boolean}, out: hugeint, call: func(a []driver.Value) (any, error) {
		return convert(a[0], "TIMESTAMP_TZ", a[2], func(s string) (any, error) {
			t, err := instant(s, "", a[1].(string))
			return types.Zoned(t), err
		})
	}},
	// key, value, …: NULL keys and values are left out
	"floe_object": {in: []duckdb.Type{varchar}, variadic: true, nulls: true, out: varchar, call: func(a []driver.Value) (any, error) {
		return object(a, false)
	}},
	// key, value, …: a NULL value is null
	"floe_object_keep_null": {in: []duckdb.Type{varchar}, variadic: true, nulls: true, out: varchar, call: func(a []driver.Value) (any, error) {
		return object(a, true)
	}},
	"floe_array": {in: []duckdb.Type{varchar}, variadic: true, nulls: true, out: varchar, call: func(a []driver.Value) (any, error) {
		values := make([]string, len(a))
		for i, v := range a {
			values[i] = "null"
			if v != nil {
				values[i] = v.(string)
			}
		}
		return "[" + strings.Join(values, ",") + "]", nil
	}},
	// variant, path, outer, recursive, mode: rows of key, path, index, value, this
	"floe_flatten": {in: []duckdb.Type{varchar, varchar, boolean, boolean, varchar}, out: varchar, list: true, nulls: true, call: flatten},
}

// variant is a function of one VARIANT.
func variant(out duckdb.Type, call func(v any) (any, error)) *function {
	return &function{in: []duckdb.Type{varchar}, out: out, call: func(a []driver.Value) (any, error) {
		v, err := decode(a[0].(string))
		if err != nil {
			return nil, fault(100069, "22P02", "Error parsing JSON: %v", err)
		}
		return call(v)
	}}
}

// of is a function of a VARIANT and something else, that gives a VARIANT.
func of(arg duckdb.Type, call func(v any, a driver.Value) (any, error)) *function {
	return &function{in: []duckdb.Type{varchar, arg}, out: varchar, call: func(a []driver.Value) (any, error) {
		v, err := decode(a[0].(string))
		if err != nil {
			return nil, fault(100069, "22P02", "Error parsing JSON: %v", err)
		}
		return call(v, a[1])
	}}
}

// step goes to a key of an object.
func step(v any, key string) (any, bool) {
	o, _ := v.(map[string]any)
	v, ok := o[key]
	return v, ok
}

func found(v any, ok bool) (any, error) {
	if !ok {
		return nil, nil
	}
	return encode(v), nil
}

// getPath follows a.b[0]["c"].
func getPath(v any, path string) (any, error) {
	for path != "" {
		ok := false
		switch path[0] {
		case '[':
			inside, rest, closed := strings.Cut(path[1:], "]")
			if !closed {
				return nil, fault(100080, "22023", "Invalid extraction path '%s'", path)
			}
			path = rest
			if key := strings.Trim(inside, `'"`); key != inside {
				v, ok = step(v, key)
				break
			}
			i, err := strconv.Atoi(inside)
			if err != nil {
				return nil, fault(100080, "22023", "Invalid extraction path '%s'", inside)
			}
			if list, _ := v.([]any); i >= 0 && i < len(list) {
				v, ok = list[i], true
			}
		case '.', ':':
			path = path[1:]
			continue
		default:
			end := strings.IndexAny(path, ".[:")
			if end < 0 {
				end = len(path)
			}
			v, ok = step(v, strings.Trim(path[:end], `"`))
			path = path[end:]
		}
		if !ok {
			return nil, nil
		}
	}
	return encode(v), nil
}

func typeOf(v any) string {
	switch v := v.(type) {
	case bool:
		return "BOOLEAN"
	case string:
		return "VARCHAR"
	case []any:
		return "ARRAY"
	case map[string]any:
		return "OBJECT"
	case json.Number:
		switch {
		case strings.ContainsAny(v.String(), "eE"):
			return "DOUBLE"
		case strings.Contains(v.String(), "."):
			return "DECIMAL"
		}
		return "INTEGER"
	}
	return "NULL_VALUE"
}

func sizeOf(v any) any {
	if list, ok := v.([]any); ok {
		return int64(len(list))
	}
	return nil
}

// convert converts a VARIANT that has no parts, by way of its text; null is NULL. What is wrong with it is said of the
// VARIANT.
func convert(variant driver.Value, to string, try driver.Value, read func(string) (any, error)) (any, error) {
	text := variant.(string)
	v, err := decode(text)
	if err != nil {
		return nil, fault(100069, "22P02", "Error parsing JSON: %v", err)
	}
	failed := fault(100071, "22000", "Failed to cast variant value %s to %s", text, to)
	var s string
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		s = v
	case json.Number:
		s = v.String()
	case bool:
		s = map[bool]string{true: "1", false: "0"}[v]
	default:
		return or[any](nil, failed, try.(bool))
	}
	out, err := read(s)
	if err != nil {
		return or[any](nil, failed, try.(bool))
	}
	return out, nil
}

// object makes an object of keys and values.
func object(a []driver.Value, keepNull bool) (any, error) {
	o := map[string]json.RawMessage{}
	for i := 0; i+1 < len(a); i += 2 {
		switch {
		case a[i] == nil:
		case a[i+1] != nil:
			o[a[i].(string)] = json.RawMessage(a[i+1].(string))
		case keepNull:
			o[a[i].(string)] = json.RawMessage("null")
		}
	}
	return encode(o), nil
}
