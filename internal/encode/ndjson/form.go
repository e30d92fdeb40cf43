package ndjson

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
)

// appender appends the value of a row, which is not null, to dst.
type appender func(dst []byte, row int) []byte

// form is how the values of a type are written.
type form struct {
	// most is how many bytes a value has at most, for which whoever appends it makes room; 0 = the appender does.
	most int
	// bind answers what appends the values of arr, which has no faults.
	bind func(arr arrow.Array) appender
	// fault finds the first row of some that has a value without a form, and says why; nil = every value has one.
	fault func(arr arrow.Array, from, to int) (row int, err error)
}

// values are those of an array.
type values struct {
	append appender
	most   int    // of the form
	valid  []byte // the bits of those that are not null; nil = all
	offset int    // of the first one's bit
}

func (v *values) isNull(row int) bool {
	at := uint(v.offset + row)
	return v.valid != nil && v.valid[at/8]>>(at%8)&1 == 0
}

// item appends a value of a nested one.
func (v *values) item(dst []byte, row int) []byte {
	if v.isNull(row) {
		return append(dst, "null"...)
	}
	return v.append(room(dst, v.most), row)
}

// values are those of arr, which has no faults.
func (f form) values(arr arrow.Array) values {
	v := values{append: f.bind(arr), most: f.most}
	if d, ok := storage(arr).(*array.Dictionary); ok && hasNulls(d.Dictionary()) {
		v.valid = validOf(d)
	} else if hasNulls(arr) {
		v.valid, v.offset = arr.NullBitmapBytes(), arr.Data().Offset()
	}
	return v
}

// hasNulls counts, as an array does by itself: that would keep the count, and so change while others read it.
func hasNulls(arr arrow.Array) bool {
	bits := arr.NullBitmapBytes()
	return len(bits) > 0 && bitutil.CountSetBits(bits, arr.Data().Offset(), arr.Len()) < arr.Len()
}

// forms finds the forms of types.
type forms struct {
	binary Binary
	json   bool // text is JSON
	nested bool // the values are parts of others
}

func (o forms) of(dt arrow.DataType) (form, error) {
	switch dt := dt.(type) {
	case arrow.ExtensionType:
		f, err := o.of(dt.StorageType())
		return f.stored(), err
	case *arrow.DictionaryType:
		f, err := o.of(dt.ValueType)
		return dictionary(f), err
	}
	if o.json && !isText(dt) {
		return form{}, fmt.Errorf("its values are of type %s, and Options.JSON is for text", dt)
	}
	switch dt := dt.(type) {
	case *arrow.MapType:
		return o.mapOf(dt)
	case *arrow.StructType:
		return o.structOf(dt)
	case arrow.ListLikeType:
		return o.listOf(dt)
	}
	if f, ok := o.leaf(dt); ok {
		return f, nil
	}
	return form{}, fmt.Errorf("values of type %s have no form in JSON that keeps them: convert the column before, or leave it out", dt)
}

// leaf is the form of a type that is not nested.
func (o forms) leaf(dt arrow.DataType) (f form, ok bool) {
	switch dt := dt.(type) {
	case *arrow.NullType:
		return form{most: 4, bind: func(arrow.Array) appender { return appendNull }}, true
	case *arrow.BooleanType:
		return form{most: 5, bind: bools}, true
	case *arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type:
		return o.float(), true
	case *arrow.Decimal128Type, *arrow.Decimal256Type:
		return decimal(dt.(arrow.DecimalType).GetScale()), true
	case *arrow.Date32Type, *arrow.Date64Type:
		return date(), true
	case *arrow.Time32Type:
		return clock(dt.Unit), true
	case *arrow.Time64Type:
		return clock(dt.Unit), true
	case *arrow.TimestampType:
		return timestamp(dt), true
	case *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.BinaryViewType, *arrow.FixedSizeBinaryType:
		return o.bytes(), true
	}
	if isText(dt) {
		return o.text(), true
	}
	return form{most: integerBytes, bind: integers}, arrow.IsInteger(dt.ID())
}

// stored is the form of extension arrays whose storage has the form f.
func (f form) stored() form {
	g := form{most: f.most, bind: func(arr arrow.Array) appender { return f.bind(storage(arr)) }}
	if f.fault != nil {
		g.fault = func(arr arrow.Array, from, to int) (int, error) { return f.fault(storage(arr), from, to) }
	}
	return g
}

// storage is the array that has the values of an extension array, or any other array itself.
func storage(arr arrow.Array) arrow.Array {
	for {
		ext, ok := arr.(array.ExtensionArray)
		if !ok {
			return arr
		}
		arr = ext.Storage()
	}
}

// isNothing says that all values of a type are null.
func isNothing(dt arrow.DataType) bool {
	switch dt := dt.(type) {
	case arrow.ExtensionType:
		return isNothing(dt.StorageType())
	case *arrow.DictionaryType:
		return isNothing(dt.ValueType)
	}
	return dt.ID() == arrow.NULL
}

func appendNull(dst []byte, _ int) []byte { return append(dst, "null"...) }

func bools(arr arrow.Array) appender {
	a := arr.(*array.Boolean)
	return func(dst []byte, row int) []byte {
		if a.Value(row) {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	}
}

// errTwice is of names and keys.
var errTwice = errors.New("comes twice, and an object has a key once")
