package scalar

import (
	"database/sql/driver"
	"maps"
	"slices"
	"strings"

	"github.com/marcboeker/go-duckdb"
)

// Arrays and objects come as JSON texts, and so do the values that are put into them.
var arrays = map[string]*function{
	// an array as it is, anything else as the one element of an array
	"floe_to_array": {in: []duckdb.Type{varchar}, out: varchar, call: func(a []driver.Value) (any, error) {
		_, ok, err := listOf(a[0])
		switch {
		case err != nil || a[0] == "null":
			return nil, err
		case ok:
			return a[0], nil
		}
		return "[" + a[0].(string) + "]", nil
	}},
	// variant, try
	"floe_to_object": {in: []duckdb.Type{varchar, boolean}, out: varchar, call: func(a []driver.Value) (any, error) {
		_, ok, err := objectOf(a[0])
		if err == nil && !ok && a[0] != "null" {
			err = fault(100071, "22000", "Failed to cast variant value %s to OBJECT", a[0])
		}
		if !ok {
			return or[any](nil, err, a[1].(bool))
		}
		return a[0], nil
	}},
	// array, separator
	"floe_array_to_string": {in: []duckdb.Type{varchar, varchar}, out: varchar, call: func(a []driver.Value) (any, error) {
		list, ok, err := listOf(a[0])
		if err != nil || !ok {
			return nil, err
		}
		parts := make([]string, len(list))
		for i, v := range list {
			switch v := v.(type) {
			case nil:
			case string:
				parts[i] = v
			default:
				parts[i] = encode(v)
			}
		}
		return strings.Join(parts, a[1].(string)), nil
	}},
	// value, array
	"floe_array_contains": {in: []duckdb.Type{varchar, varchar}, out: boolean, call: func(a []driver.Value) (any, error) {
		list, ok, err := listOf(a[1])
		if err != nil || !ok {
			return nil, err
		}
		return indexOf(list, a[0].(string)) >= 0, nil
	}},
	// value, array
	"floe_array_position": {in: []duckdb.Type{varchar, varchar}, out: bigint, call: func(a []driver.Value) (any, error) {
		list, ok, err := listOf(a[1])
		if i := indexOf(list, a[0].(string)); ok && i >= 0 {
			return int64(i), nil
		}
		return nil, err
	}},
	// array, array
	"floe_array_cat": {in: []duckdb.Type{varchar, varchar}, out: varchar, call: func(a []driver.Value) (any, error) {
		l, okL, err := listOf(a[0])
		if err != nil || !okL {
			return nil, err
		}
		r, okR, err := listOf(a[1])
		if err != nil || !okR {
			return nil, err
		}
		return encode(slices.Concat(l, r)), nil
	}},
	// array, from, to (without it): from the end if negative
	"floe_array_slice": {in: []duckdb.Type{varchar, bigint, bigint}, out: varchar, call: func(a []driver.Value) (any, error) {
		list, ok, err := listOf(a[0])
		if err != nil || !ok {
			return nil, err
		}
		at := func(v driver.Value) int {
			n := v.(int64)
			if n < 0 {
				n += int64(len(list))
			}
			return int(min(max(n, 0), int64(len(list))))
		}
		from, to := at(a[1]), at(a[2])
		return encode(list[min(from, to):to]), nil
	}},
	"floe_array_distinct": {in: []duckdb.Type{varchar}, out: varchar, call: func(a []driver.Value) (any, error) {
		list, ok, err := listOf(a[0])
		if err != nil || !ok {
			return nil, err
		}
		seen := map[string]bool{}
		return encode(slices.DeleteFunc(list, func(v any) bool {
			s := encode(v)
			twice := seen[s]
			seen[s] = true
			return twice
		})), nil
	}},
	// object, key, value, whether a key that is there is replaced
	"floe_object_insert": {in: []duckdb.Type{varchar, varchar, varchar, boolean}, out: varchar, call: func(a []driver.Value) (any, error) {
		o, ok, err := objectOf(a[0])
		if err != nil || !ok {
			return nil, err
		}
		key := a[1].(string)
		if _, there := o[key]; there && !a[3].(bool) {
			return nil, fault(100070, "22000", "Object already has a key '%s'", key)
		}
		if o[key], err = decode(a[2].(string)); err != nil {
			return nil, fault(100069, "22P02", "Error parsing JSON: %v", err)
		}
		return encode(o), nil
	}},
	// object, keys …
	"floe_object_delete": {in: []duckdb.Type{varchar}, variadic: true, out: varchar, call: func(a []driver.Value) (any, error) {
		return keep(a, false)
	}},
	// object, keys …
	"floe_object_pick": {in: []duckdb.Type{varchar}, variadic: true, out: varchar, call: func(a []driver.Value) (any, error) {
		return keep(a, true)
	}},
}

// listOf reads an array; ok is false if it is something else.
func listOf(v driver.Value) (list []any, ok bool, err error) {
	x, err := decode(v.(string))
	if err != nil {
		return nil, false, fault(100069, "22P02", "Error parsing JSON: %v", err)
	}
	list, ok = x.([]any)
	return list, ok, nil
}

// objectOf reads an object; ok is false if it is something else.
func objectOf(v driver.Value) (o map[string]any, ok bool, err error) {
	x, err := decode(v.(string))
	if err != nil {
		return nil, false, fault(100069, "22P02", "Error parsing JSON: %v", err)
	}
	o, ok = x.(map[string]any)
	return o, ok, nil
}

// indexOf finds a value by its JSON text.
func indexOf(list []any, value string) int {
	return slices.IndexFunc(list, func(v any) bool { return encode(v) == value })
}

// keep leaves the keys of an object that are listed, or the others.
func keep(a []driver.Value, listed bool) (any, error) {
	o, ok, err := objectOf(a[0])
	if err != nil || !ok {
		return nil, err
	}
	maps.DeleteFunc(o, func(key string, _ any) bool { return slices.Contains(a[1:], driver.Value(key)) != listed })
	return encode(o), nil
}
