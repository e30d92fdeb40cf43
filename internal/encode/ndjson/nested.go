package ndjson

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// inner are the forms of what is in a nested value.
func (o forms) inner() forms { return forms{binary: o.binary, nested: true} }

// listOf is the form of lists of all kinds.
func (o forms) listOf(dt arrow.ListLikeType) (form, error) {
	item, err := o.inner().of(dt.Elem())
	if err != nil {
		return form{}, fmt.Errorf("its elements: %w", err)
	}
	return form{bind: func(arr arrow.Array) appender {
		a := arr.(array.ListLike)
		items := item.values(a.ListValues())
		return func(dst []byte, row int) []byte {
			from, to := a.ValueOffsets(row)
			start := len(dst)
			for i := from; i < to; i++ {
				dst = items.item(append(dst, ','), int(i))
			}
			return closed(dst, start, "[]")
		}
	}, fault: item.within("an element")}, nil
}

// within finds the faults of lists by those of their values.
func (f form) within(what string) func(arr arrow.Array, from, to int) (int, error) {
	if f.fault == nil {
		return nil
	}
	return func(arr arrow.Array, from, to int) (int, error) {
		a := arr.(array.ListLike)
		values := a.ListValues()
		low, high := spanOf(a, from, to)
		if _, err := f.fault(values, low, high); err == nil {
			return 0, nil
		}
		for row := from; row < to; row++ {
			if a.IsNull(row) {
				continue
			}
			start, end := a.ValueOffsets(row)
			if _, err := f.fault(values, int(start), int(end)); err != nil {
				return row, fmt.Errorf("%s: %w", what, err)
			}
		}
		return 0, nil
	}
}

// spanOf answers where the values of some rows of a list are, and others maybe.
func spanOf(a array.ListLike, from, to int) (low, high int) {
	switch a.(type) {
	case *array.ListView, *array.LargeListView: // in any order
		return 0, a.ListValues().Len()
	}
	if from >= to {
		return 0, 0
	}
	start, _ := a.ValueOffsets(from)
	_, end := a.ValueOffsets(to - 1)
	return int(start), int(end)
}

// structOf is the form of structs: objects.
func (o forms) structOf(dt *arrow.StructType) (form, error) {
	keys, fields := make([]key, dt.NumFields()), make([]form, dt.NumFields())
	seen := make(map[string]bool)
	for i, f := range dt.Fields() {
		var err error
		if keys[i], err = newKey(f.Name); err == nil {
			fields[i], err = o.inner().of(f.Type)
		}
		if err == nil && seen[f.Name] {
			err = errTwice
		}
		if err != nil {
			return form{}, fmt.Errorf("its field %q: %w", f.Name, err)
		}
		seen[f.Name] = true
	}
	return form{bind: func(arr arrow.Array) appender {
		a := arr.(*array.Struct)
		list := make([]values, len(fields))
		for i, f := range fields {
			list[i] = f.values(a.Field(i))
		}
		return func(dst []byte, row int) []byte {
			start := len(dst)
			for i := range list {
				dst = keys[i].append(room(dst, keys[i].room()))
				dst = list[i].item(dst, row)
			}
			return closed(dst, start, "{}")
		}
	}, fault: func(arr arrow.Array, from, to int) (int, error) {
		a := arr.(*array.Struct)
		for i, f := range fields {
			if f.fault == nil {
				continue
			}
			for at := from; at < to; at++ {
				row, err := f.fault(a.Field(i), at, to)
				if err == nil {
					break
				}
				if a.IsValid(row) {
					return row, fmt.Errorf("its field %q: %w", dt.Field(i).Name, err)
				}
				at = row
			}
		}
		return 0, nil
	}}, nil
}

// mapOf is the form of maps: objects.
func (o forms) mapOf(dt *arrow.MapType) (form, error) {
	if !isText(dt.KeyType()) {
		return form{}, fmt.Errorf("its keys are of type %s, and those of an object are text: make them text before", dt.KeyType())
	}
	item, err := o.inner().of(dt.ItemType())
	if err != nil {
		return form{}, fmt.Errorf("its items: %w", err)
	}
	entries := form{fault: func(arr arrow.Array, from, to int) (int, error) {
		a := arr.(*array.Struct)
		if row, err := notUTF8(a.Field(0), from, to); err != nil || item.fault == nil {
			return row, err
		}
		return item.fault(a.Field(1), from, to)
	}}
	faults := entries.within("an entry")
	return form{bind: func(arr arrow.Array) appender {
		a := arr.(*array.Map)
		key, items := textOf(a.Keys()), item.values(a.Items())
		return func(dst []byte, row int) []byte {
			from, to := a.ValueOffsets(row)
			start := len(dst)
			for i := from; i < to; i++ {
				dst = append(AppendText(append(dst, ','), key(int(i))), ':')
				dst = items.item(dst, int(i))
			}
			return closed(dst, start, "{}")
		}
	}, fault: func(arr arrow.Array, from, to int) (int, error) {
		if row, err := faults(arr, from, to); err != nil {
			return row, err
		}
		return first(arr, from, to, keysOnce(arr.(*array.Map)))
	}}, nil
}

// keysOnce answers what looks for a key that a map has twice, or for none where one should be.
func keysOnce(a *array.Map) func(row int) error {
	key := textOf(a.Keys())
	seen := make(map[string]bool)
	return func(row int) error {
		clear(seen)
		from, to := a.ValueOffsets(row)
		for i := int(from); i < int(to); i++ {
			if a.Keys().IsNull(i) {
				return errors.New("a key is null")
			}
			if seen[key(i)] {
				return fmt.Errorf("the key %.100q %w", key(i), errTwice)
			}
			seen[key(i)] = true
		}
		return nil
	}
}
