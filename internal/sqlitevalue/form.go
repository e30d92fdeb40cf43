package sqlitevalue

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/dialect"
)

// Params takes the values of a statement's parameters, which it numbers. A text or bytes may be in memory that changes
// once the call has returned.
type Params interface {
	BindNull(param int)
	BindInt64(param int, v int64)
	BindFloat(param int, v float64)
	BindText(param int, v string)
	BindBytes(param int, v []byte)
}

// Bad is told of a row, and why its value does not fit.
type Bad func(row int, u *dialect.Unfit)

// Form is how the values of one field go into one column. It is safe for concurrent use.
type Form struct {
	// check is nil where every value fits.
	check func(a arrow.Array, from, to int, bad Bad)
	bind  func(p Params, param, stride int, a arrow.Array, from, to int)
}

// Check names the rows, from one to another, whose values do not fit. Null always does.
func (f *Form) Check(a arrow.Array, from, to int, bad Bad) {
	if f.check != nil {
		f.check(a, from, to, bad)
	}
}

// Bind binds the values of the rows, from one to another, to every stride-th parameter from param on. Check has let them
// pass.
func (f *Form) Bind(p Params, param, stride int, a arrow.Array, from, to int) {
	f.bind(p, param, stride, a, from, to)
}

// errNoType: there is no column for such a field.
var errNoType = errors.New("SQLite has no type that it is loaded into: convert the column before, or leave it out")

// source is the type of a field's values and what its metadata makes of it.
type source struct {
	arrow.DataType
	uuid bool
}

func sourceOf(f arrow.Field) source {
	name, _ := f.Metadata.GetValue("ARROW:extension:name")
	dt := f.Type
	if ext, ok := dt.(arrow.ExtensionType); ok {
		name, dt = ext.ExtensionName(), ext.StorageType()
	}
	fixed, ok := dt.(*arrow.FixedSizeBinaryType)
	return source{dt, ok && fixed.ByteWidth == 16 && name == "arrow.uuid"}
}

// For returns how values of the field go into a column of that declared type. An error says why they cannot and what to
// do.
func For(f arrow.Field, typ string) (*Form, error) {
	from, into := sourceOf(f), parse(typ)
	form, err := formOf(f, from, into)
	if err != nil {
		return nil, err
	}
	if form == nil {
		return nil, fmt.Errorf("the column is of type %s, which does not keep every value of %s as it is: convert the column before, or make the table anew", nameOf(typ), f.Type)
	}
	if f.Type.ID() == arrow.EXTENSION {
		return ofStorage(form), nil
	}
	return form, nil
}

func nameOf(typ string) string {
	if typ == "" {
		return "none"
	}
	return typ
}

func formOf(f arrow.Field, from source, into declared) (*Form, error) {
	switch dt := from.DataType.(type) {
	case *arrow.NullType:
		return &Form{bind: bindNulls}, nil
	case *arrow.DictionaryType:
		values, err := formOf(f, source{DataType: dt.ValueType}, into)
		if err != nil || values == nil {
			return nil, err
		}
		return ofDictionary(values), nil
	case *arrow.Decimal128Type:
		return decimals(dt.Precision, dt.Scale, into)
	case *arrow.Decimal256Type:
		return decimals(dt.Precision, dt.Scale, into)
	}
	for _, try := range []func(source, declared) *Form{numbers, texts, times} {
		if form := try(from, into); form != nil {
			return form, nil
		}
	}
	if arrow.IsNested(from.ID()) {
		return documents(from, into)
	}
	if _, err := Declare(f); err != nil {
		return nil, err
	}
	return nil, nil
}

func bindNulls(p Params, param, stride int, _ arrow.Array, from, to int) {
	for range to - from {
		p.BindNull(param)
		param += stride
	}
}

// each makes a Form of what binds one value that is not null.
func each[A arrow.Array](bind func(p Params, param int, a A, row int)) func(Params, int, int, arrow.Array, int, int) {
	return func(p Params, param, stride int, arr arrow.Array, from, to int) {
		a := arr.(A)
		nulls := a.NullN() > 0
		for i := from; i < to; i++ {
			if nulls && a.IsNull(i) {
				p.BindNull(param)
			} else {
				bind(p, param, a, i)
			}
			param += stride
		}
	}
}

// eachText makes a Form of what appends one value that is not null, as text.
func eachText[A arrow.Array](appendTo func(dst []byte, a A, row int) []byte) func(Params, int, int, arrow.Array, int, int) {
	return func(p Params, param, stride int, arr arrow.Array, from, to int) {
		a := arr.(A)
		nulls := a.NullN() > 0
		buf := make([]byte, 0, 64)
		for i := from; i < to; i++ {
			if nulls && a.IsNull(i) {
				p.BindNull(param)
			} else {
				buf = appendTo(buf[:0], a, i)
				p.BindText(param, unsafe.String(unsafe.SliceData(buf), len(buf)))
			}
			param += stride
		}
	}
}

// eachChecked makes a check of what checks one value that is not null.
func eachChecked[A arrow.Array](check func(a A, row int) *dialect.Unfit) func(arrow.Array, int, int, Bad) {
	return func(arr arrow.Array, from, to int, bad Bad) {
		a := arr.(A)
		nulls := a.NullN() > 0
		for i := from; i < to; i++ {
			if nulls && a.IsNull(i) {
				continue
			}
			if u := check(a, i); u != nil {
				bad(i, u)
			}
		}
	}
}

func ofStorage(f *Form) *Form {
	storage := func(a arrow.Array) arrow.Array { return a.(array.ExtensionArray).Storage() }
	out := &Form{bind: func(p Params, param, stride int, a arrow.Array, from, to int) {
		f.bind(p, param, stride, storage(a), from, to)
	}}
	if f.check != nil {
		out.check = func(a arrow.Array, from, to int, bad Bad) { f.check(storage(a), from, to, bad) }
	}
	return out
}

func ofDictionary(f *Form) *Form {
	out := &Form{bind: each(func(p Params, param int, a *array.Dictionary, row int) {
		at := a.GetValueIndex(row)
		f.bind(p, param, 0, a.Dictionary(), at, at+1)
	})}
	if f.check == nil {
		return out
	}
	out.check = func(arr arrow.Array, from, to int, bad Bad) {
		a := arr.(*array.Dictionary)
		unfit := map[int]*dialect.Unfit{}
		f.check(a.Dictionary(), 0, a.Dictionary().Len(), func(at int, u *dialect.Unfit) { unfit[at] = u })
		if len(unfit) == 0 {
			return
		}
		for i := from; i < to; i++ {
			if a.IsValid(i) && unfit[a.GetValueIndex(i)] != nil {
				bad(i, unfit[a.GetValueIndex(i)])
			}
		}
	}
	return out
}
