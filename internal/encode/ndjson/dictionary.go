package ndjson

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
)

// dictionary is the form of dictionary arrays of values of a form.
func dictionary(f form) form {
	d := form{most: f.most, bind: func(arr arrow.Array) appender {
		a := arr.(*array.Dictionary)
		if a.Dictionary().Len() <= a.Len() {
			return f.texts(a)
		}
		value := f.bind(a.Dictionary())
		return func(dst []byte, row int) []byte { return value(dst, a.GetValueIndex(row)) }
	}}
	if f.fault == nil {
		return d
	}
	d.fault = func(arr arrow.Array, from, to int) (int, error) {
		a := arr.(*array.Dictionary)
		if _, err := f.fault(a.Dictionary(), 0, a.Dictionary().Len()); err == nil {
			return 0, nil
		}
		return first(arr, from, to, func(row int) error { // but values may be there that no row has
			if a.IsNull(row) {
				return nil
			}
			at := a.GetValueIndex(row)
			_, err := f.fault(a.Dictionary(), at, at+1)
			return err
		})
	}
	return d
}

// texts answers what appends the values of a, which are written once.
func (f form) texts(a *array.Dictionary) appender {
	list := f.values(a.Dictionary())
	var all []byte
	ends := make([]int, 1, a.Dictionary().Len()+1) // behind where the one before the first would end
	for i := range a.Dictionary().Len() {
		all = list.item(all, i)
		ends = append(ends, len(all))
	}
	return func(dst []byte, row int) []byte {
		at := a.GetValueIndex(row)
		return append(dst, all[ends[at]:ends[at+1]]...)
	}
}

// validOf are the bits of the rows that have a value: a dictionary may have null among its values.
func validOf(a *array.Dictionary) []byte {
	valid := make([]byte, bitutil.BytesForBits(int64(a.Len())))
	for row := range a.Len() {
		if a.IsValid(row) && a.Dictionary().IsValid(a.GetValueIndex(row)) {
			bitutil.SetBit(valid, row)
		}
	}
	return valid
}
