package pgvalue

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/dialect"
)

// Append appends the value of a row to dst.
type Append func(dst []byte, row int) []byte

// Check says why the value of a row, which is not null, does not fit; nil = it does.
type Check func(row int) *dialect.Unfit

// Codec writes the values of one field for one column. It is safe for concurrent use. What its functions return views
// the array that they are given, and is for one goroutine.
type Codec struct {
	// binary writes a value with its length before it, and null where the array is a dictionary that has it.
	binary func(arrow.Array) Append
	// text writes it as the database reads it.
	text func(arrow.Array) Append
	// check is nil where every value fits.
	check func(arrow.Array) Check
	// fits is a quick look whether all values fit; false = perhaps not. nil = there is none.
	fits func(arrow.Array) bool
}

// Binary returns what writes the values of a, which are not null, in the binary form, with their length before them.
// HasBinary must have said that there is one.
func (c *Codec) Binary(a arrow.Array) Append { return c.binary(storage(a)) }

// HasBinary says that the column's type has a binary form that is known.
func (c *Codec) HasBinary() bool { return c.binary != nil }

// Text returns what writes the values of a, which are not null, as texts.
func (c *Codec) Text(a arrow.Array) Append { return c.text(storage(a)) }

// Check returns what checks one value of a; nil = every one fits.
func (c *Codec) Check(a arrow.Array) Check {
	if c.check == nil {
		return nil
	}
	return c.check(storage(a))
}

// CheckAll is [Codec.Check] for one who will look at all values: it is nil also where a look at them all shows that
// they fit.
func (c *Codec) CheckAll(a arrow.Array) Check {
	if c.fits != nil && c.fits(storage(a)) {
		return nil
	}
	return c.Check(a)
}

// storage is the array that holds the values of an extension.
func storage(a arrow.Array) arrow.Array {
	if e, ok := a.(array.ExtensionArray); ok {
		return storage(e.Storage())
	}
	return a
}

// source is the type of a field, as far as its values go.
type source struct {
	arrow.DataType
	uuid, json bool
}

func sourceOf(f arrow.Field) source {
	name, _ := f.Metadata.GetValue("ARROW:extension:name")
	dt := f.Type
	for {
		e, ok := dt.(arrow.ExtensionType)
		if !ok {
			break
		}
		name, dt = e.ExtensionName(), e.StorageType()
	}
	fixed, ok := dt.(*arrow.FixedSizeBinaryType)
	return source{
		DataType: dt,
		uuid:     name == "arrow.uuid" && ok && fixed.ByteWidth == 16,
		json:     name == "arrow.json" && isText(dt),
	}
}

func isText(dt arrow.DataType) bool {
	switch dt.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW:
		return true
	}
	return false
}

func isBinary(dt arrow.DataType) bool {
	switch dt.ID() {
	case arrow.BINARY, arrow.LARGE_BINARY, arrow.BINARY_VIEW, arrow.FIXED_SIZE_BINARY:
		return true
	}
	return false
}

// errHolds: the column does not hold every value as it is.
func errHolds(t Type, from source) error {
	return fmt.Errorf("the column is of type %s, which does not hold every value of %s as it is: convert the column before, or alter the table", t.name, from.DataType)
}

// For returns the codec for values of the field in a column of the type. An error says why they cannot go there and what
// to do.
func For(f arrow.Field, t Type) (*Codec, error) {
	from := sourceOf(f)
	if from.ID() == arrow.NULL {
		return nulls, nil
	}
	if d, ok := from.DataType.(*arrow.DictionaryType); ok {
		c, err := For(arrow.Field{Type: d.ValueType, Metadata: f.Metadata}, t)
		if err != nil {
			return nil, err
		}
		return dictionary(c), nil
	}
	if c := plain(from, t); c != nil {
		return c, nil
	}
	switch {
	case (t.kind == kindJSON || t.kind == kindJSONB) && arrow.IsNested(from.ID()):
		return document(from, t)
	case t.kind == kindArray && isList(from.DataType):
		return list(from, t)
	case t.kind == kindOther && isText(from.DataType):
		return anyText(from), nil
	case isUnknown(from.DataType):
		return nil, errUnknown
	}
	return nil, errHolds(t, from)
}

// isUnknown says that no column takes values of the type.
func isUnknown(dt arrow.DataType) bool {
	switch dt.ID() {
	case arrow.DENSE_UNION, arrow.SPARSE_UNION, arrow.RUN_END_ENCODED:
		return true
	}
	return false
}

// nulls is the codec of arrays that have no values, which go into every column.
var nulls = &Codec{
	binary: func(arrow.Array) Append { return func(dst []byte, _ int) []byte { return appendNull(dst) } },
	text:   func(arrow.Array) Append { return func(dst []byte, _ int) []byte { return dst } },
}

// plain is the codec of a type that is not nested; nil = there is none.
func plain(from source, t Type) *Codec {
	for _, try := range []func(source, Type) *Codec{numbers, decimals, texts, binaries, times} {
		if c := try(from, t); c != nil {
			return c
		}
	}
	return nil
}

// dictionary is the codec of indexes into an array of what c writes.
func dictionary(c *Codec) *Codec {
	out := &Codec{text: func(a arrow.Array) Append {
		d := a.(*array.Dictionary)
		put := c.Text(d.Dictionary())
		return func(dst []byte, row int) []byte { return put(dst, d.GetValueIndex(row)) }
	}}
	if c.binary != nil {
		out.binary = func(a arrow.Array) Append {
			d := a.(*array.Dictionary)
			values := storage(d.Dictionary())
			put := c.binary(values)
			return func(dst []byte, row int) []byte {
				at := d.GetValueIndex(row)
				if IsNull(values, at) {
					return appendNull(dst)
				}
				return put(dst, at)
			}
		}
	}
	if c.check != nil {
		out.check = func(a arrow.Array) Check {
			d := a.(*array.Dictionary)
			check := c.Check(d.Dictionary())
			return func(row int) *dialect.Unfit {
				at := d.GetValueIndex(row)
				if IsNull(d.Dictionary(), at) {
					return nil
				}
				return check(at)
			}
		}
		out.fits = func(a arrow.Array) bool { return c.CheckAll(a.(*array.Dictionary).Dictionary()) == nil }
	}
	return out
}

// IsNull reports whether the value of a row is null, also where it is that of a dictionary.
func IsNull(a arrow.Array, row int) bool {
	if a.IsNull(row) || a.DataType().ID() == arrow.NULL {
		return true
	}
	if d, ok := storage(a).(*array.Dictionary); ok {
		return IsNull(d.Dictionary(), d.GetValueIndex(row))
	}
	return false
}

// appendNull writes the length that says that there is no value.
func appendNull(dst []byte) []byte { return append(dst, 0xff, 0xff, 0xff, 0xff) }
