package source

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// structField is a field of a Go struct that becomes a column or a field of a struct column.
type structField struct {
	name             string
	index            []int // as reflect.Value.FieldByIndex takes it
	typ              reflect.Type
	omitZero         bool
	precision, scale int32 // of a decimal
}

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	decimalType  = reflect.TypeFor[decimal128.Num]()
)

// structSchema returns the schema of T's rows. The error names every field at fault.
func structSchema[T any]() (*arrow.Schema, error) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct || t == timeType || t == decimalType {
		return nil, fmt.Errorf("%s is no struct with fields", t)
	}
	fields, err := arrowFields(t, t.String(), nil)
	if err != nil {
		return nil, err
	}
	return arrow.NewSchema(fields, nil), nil
}

// arrowFields returns the fields of struct t, which stands at path inside the types of around.
func arrowFields(t reflect.Type, path string, around []reflect.Type) ([]arrow.Field, error) {
	if slices.Contains(around, t) {
		return nil, fmt.Errorf("%s: type %s contains itself", path, t)
	}
	around = append(slices.Clip(around), t)
	fields, err := structFields(t, path)
	if err != nil {
		return nil, err
	}
	var out []arrow.Field
	var errs []error
	seen := map[string]bool{}
	for _, f := range fields {
		at := path + "." + t.FieldByIndex(f.index).Name
		if seen[f.name] {
			errs = append(errs, fmt.Errorf("%s: there is another field named %q: give one another name by its tag", at, f.name))
		}
		seen[f.name] = true
		typ, null, err := arrowType(f, f.typ, at, around)
		if err != nil {
			errs = append(errs, err)
		}
		if f.precision > 0 && err == nil && !hasDecimal(f.typ) {
			errs = append(errs, fmt.Errorf("%s: type %s is no decimal: it has no precision", at, f.typ))
		}
		out = append(out, arrow.Field{Name: f.name, Type: typ, Nullable: null || f.omitZero})
	}
	if len(fields) == 0 {
		errs = append(errs, fmt.Errorf("%s: type %s has no exported fields", path, t))
	}
	return out, errors.Join(errs...)
}

// hasDecimal reports whether precision and scale of a field of type t mean anything.
func hasDecimal(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return hasDecimal(t.Elem())
	case reflect.Map:
		return hasDecimal(t.Key()) || hasDecimal(t.Elem())
	}
	return t == decimalType
}

// arrowType returns the type for values of t, which is the type of f or a part of it, and whether they may be
// null.
func arrowType(f structField, t reflect.Type, path string, around []reflect.Type) (typ arrow.DataType, null bool, err error) {
	if typ, ok := plainTypes[t]; ok {
		return typ, false, nil
	}
	if t == decimalType {
		if f.precision == 0 {
			return nil, false, fmt.Errorf(`%s: a decimal needs its digits in the tag, as in floe:"name,precision=12,scale=2"`, path)
		}
		return &arrow.Decimal128Type{Precision: f.precision, Scale: f.scale}, false, nil
	}
	if typ, ok := plainKinds[t.Kind()]; ok {
		return typ, false, nil
	}
	switch t.Kind() {
	case reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 && t.Len() > 0 {
			return &arrow.FixedSizeBinaryType{ByteWidth: t.Len()}, false, nil
		}
	case reflect.Pointer:
		if t.Elem().Kind() != reflect.Pointer {
			typ, _, err := arrowType(f, t.Elem(), path, around)
			return typ, true, err
		}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return arrow.BinaryTypes.Binary, true, nil
		}
		elem, null, err := arrowType(f, t.Elem(), path+"[]", around)
		if err != nil {
			return nil, false, err
		}
		return arrow.ListOfField(arrow.Field{Name: "item", Type: elem, Nullable: null}), true, nil
	case reflect.Map:
		key, keyNull, err := arrowType(f, t.Key(), path+"[key]", around)
		if err == nil && keyNull {
			err = fmt.Errorf("%s: type %s: the key of a map cannot be null", path, t)
		}
		if err != nil {
			return nil, false, err
		}
		item, itemNull, err := arrowType(f, t.Elem(), path+"[]", around)
		if err != nil {
			return nil, false, err
		}
		m := arrow.MapOf(key, item)
		m.SetItemNullable(itemNull)
		return m, true, nil
	case reflect.Struct:
		fields, err := arrowFields(t, path, around)
		if err != nil {
			return nil, false, err
		}
		return arrow.StructOf(fields...), false, nil
	}
	return nil, false, fmt.Errorf("%s: type %s cannot be a column", path, t)
}

var plainTypes = map[reflect.Type]arrow.DataType{
	timeType:     arrow.FixedWidthTypes.Timestamp_us,
	durationType: arrow.FixedWidthTypes.Duration_ns,
}

var plainKinds = map[reflect.Kind]arrow.DataType{
	reflect.Bool:    arrow.FixedWidthTypes.Boolean,
	reflect.Int:     arrow.PrimitiveTypes.Int64,
	reflect.Int8:    arrow.PrimitiveTypes.Int8,
	reflect.Int16:   arrow.PrimitiveTypes.Int16,
	reflect.Int32:   arrow.PrimitiveTypes.Int32,
	reflect.Int64:   arrow.PrimitiveTypes.Int64,
	reflect.Uint:    arrow.PrimitiveTypes.Uint64,
	reflect.Uint8:   arrow.PrimitiveTypes.Uint8,
	reflect.Uint16:  arrow.PrimitiveTypes.Uint16,
	reflect.Uint32:  arrow.PrimitiveTypes.Uint32,
	reflect.Uint64:  arrow.PrimitiveTypes.Uint64,
	reflect.Float32: arrow.PrimitiveTypes.Float32,
	reflect.Float64: arrow.PrimitiveTypes.Float64,
	reflect.String:  arrow.BinaryTypes.String,
}

// structFields lists the fields of t that become columns, those of embedded structs in their place.
func structFields(t reflect.Type, path string) ([]structField, error) {
	var out []structField
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, tagged := sf.Tag.Lookup("floe")
		embedded := sf.Anonymous && sf.Type.Kind() == reflect.Struct && !tagged && sf.Type != timeType && sf.Type != decimalType
		switch {
		case tag == "-" || !sf.IsExported() && !embedded:
			continue
		case embedded:
			inner, err := structFields(sf.Type, path+"."+sf.Name)
			if err != nil {
				return nil, err
			}
			for _, f := range inner {
				f.index = append([]int{i}, f.index...)
				out = append(out, f)
			}
			continue
		}
		f, err := parseTag(tag)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", path, sf.Name, err)
		}
		if f.name == "" {
			f.name = sf.Name
		}
		f.index, f.typ = []int{i}, sf.Type
		out = append(out, f)
	}
	return out, nil
}

// parseTag reads name,option,option...
func parseTag(tag string) (structField, error) {
	parts := strings.Split(tag, ",")
	f := structField{name: parts[0]}
	for _, option := range parts[1:] {
		key, value, _ := strings.Cut(option, "=")
		var err error
		switch {
		case option == "omitzero":
			f.omitZero = true
		case key == "precision":
			f.precision, err = digits(value, 1)
		case key == "scale":
			f.scale, err = digits(value, 0)
		default:
			return f, fmt.Errorf("the tag %q has an unknown option %q: there are omitzero, precision=n and scale=n", tag, option)
		}
		if err != nil {
			return f, fmt.Errorf("the tag %q: %s: %w", tag, key, err)
		}
	}
	if f.scale > f.precision {
		return f, fmt.Errorf("the tag %q has a scale greater than its precision", tag)
	}
	return f, nil
}

func digits(s string, least int64) (int32, error) {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < least || n > 38 {
		return 0, fmt.Errorf("%q is not a number from %d to 38", s, least)
	}
	return int32(n), nil
}
