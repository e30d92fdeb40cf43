package source

import (
	"fmt"
	"math"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// appendState is shared by the append functions of one source. Each of them is bound once to the address of a
// field and to its builder, so that a row costs calls and typed loads, but no boxing.
type appendState struct {
	bytes int64 // appended since the last record, about
	err   error // the first value that its column cannot hold
}

func (s *appendState) fail(f structField, format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("column %q: %s", f.name, fmt.Sprintf(format, args...))
	}
}

// bindStruct binds the fields of *slot to the columns of b.
func (s *appendState) bindStruct(slot any, b *array.RecordBuilder) []func() {
	v := reflect.ValueOf(slot).Elem()
	fields, _ := structFields(v.Type(), "") // structSchema has reported what is wrong
	appends := make([]func(), len(fields))
	for i, f := range fields {
		appends[i] = s.bindField(f, v.FieldByIndex(f.index), b.Field(i))
	}
	return appends
}

func (s *appendState) bindField(f structField, v reflect.Value, b array.Builder) func() {
	add := s.bind(f, v, b)
	if !f.omitZero {
		return add
	}
	return func() {
		if v.IsZero() {
			b.AppendNull()
		} else {
			add()
		}
	}
}

// bind returns the function that appends what v holds by then; v is addressable.
func (s *appendState) bind(f structField, v reflect.Value, b array.Builder) func() {
	switch v.Type() {
	case timeType:
		return s.bindTime(f, pointer[time.Time](v), b.(*array.TimestampBuilder))
	case durationType:
		p, b := pointer[time.Duration](v), b.(*array.DurationBuilder)
		return func() { s.bytes += 8; b.Append(arrow.Duration(*p)) }
	case decimalType:
		return s.bindDecimal(f, pointer[decimal128.Num](v), b.(*array.Decimal128Builder))
	}
	switch v.Kind() {
	case reflect.String:
		p, b := pointer[string](v), b.(*array.StringBuilder)
		return func() {
			if !utf8.ValidString(*p) {
				s.fail(f, "the text %.40q is not UTF-8: use []byte for other bytes", *p)
			}
			s.bytes += int64(len(*p)) + 4
			b.Append(*p)
		}
	case reflect.Array:
		b, width := b.(*array.FixedSizeBinaryBuilder), int64(v.Len())
		return func() { s.bytes += width; b.Append(v.Bytes()) }
	case reflect.Pointer:
		return s.bindPointer(f, v, b)
	case reflect.Slice:
		if b, ok := b.(*array.BinaryBuilder); ok {
			return s.bindBytes(v, b)
		}
		return s.bindSlice(f, v, b.(*array.ListBuilder))
	case reflect.Map:
		return s.bindMap(f, v, b.(*array.MapBuilder))
	case reflect.Struct:
		return s.bindNested(v, b.(*array.StructBuilder))
	}
	return s.bindScalar(v, b)
}

// pointer returns v's address as a *T, also where v's type only stands on T.
func pointer[T any](v reflect.Value) *T {
	return v.Addr().Convert(reflect.TypeFor[*T]()).Interface().(*T)
}

func (s *appendState) bindScalar(v reflect.Value, b array.Builder) func() {
	switch v.Kind() {
	case reflect.Bool:
		return scalar[bool](s, v, b.(*array.BooleanBuilder))
	case reflect.Int:
		p, b := pointer[int](v), b.(*array.Int64Builder)
		return func() { s.bytes += 8; b.Append(int64(*p)) }
	case reflect.Int8:
		return scalar[int8](s, v, b.(*array.Int8Builder))
	case reflect.Int16:
		return scalar[int16](s, v, b.(*array.Int16Builder))
	case reflect.Int32:
		return scalar[int32](s, v, b.(*array.Int32Builder))
	case reflect.Int64:
		return scalar[int64](s, v, b.(*array.Int64Builder))
	case reflect.Uint:
		p, b := pointer[uint](v), b.(*array.Uint64Builder)
		return func() { s.bytes += 8; b.Append(uint64(*p)) }
	case reflect.Uint8:
		return scalar[uint8](s, v, b.(*array.Uint8Builder))
	case reflect.Uint16:
		return scalar[uint16](s, v, b.(*array.Uint16Builder))
	case reflect.Uint32:
		return scalar[uint32](s, v, b.(*array.Uint32Builder))
	case reflect.Uint64:
		return scalar[uint64](s, v, b.(*array.Uint64Builder))
	case reflect.Float32:
		return scalar[float32](s, v, b.(*array.Float32Builder))
	}
	return scalar[float64](s, v, b.(*array.Float64Builder)) // the last of plainKinds
}

func scalar[T any, B interface{ Append(T) }](s *appendState, v reflect.Value, b B) func() {
	p, width := pointer[T](v), int64(v.Type().Size())
	return func() { s.bytes += width; b.Append(*p) }
}

func (s *appendState) bindTime(f structField, p *time.Time, b *array.TimestampBuilder) func() {
	return func() {
		if sec := p.Unix(); sec <= math.MinInt64/1_000_000 || sec >= math.MaxInt64/1_000_000 {
			s.fail(f, "the time %v is out of the range of microseconds", *p)
		}
		s.bytes += 8
		b.Append(arrow.Timestamp(p.UnixMicro()))
	}
}

func (s *appendState) bindDecimal(f structField, p *decimal128.Num, b *array.Decimal128Builder) func() {
	return func() {
		if !p.FitsInPrecision(f.precision) {
			s.fail(f, "the decimal %s has more than %d digits", p.ToString(f.scale), f.precision)
		}
		s.bytes += 16
		b.Append(*p)
	}
}

func (s *appendState) bindBytes(v reflect.Value, b *array.BinaryBuilder) func() {
	return func() {
		p := v.Bytes()
		s.bytes += int64(len(p)) + 4
		if p == nil {
			b.AppendNull()
		} else {
			b.Append(p)
		}
	}
}

// bindPointer and the functions below copy each part to a place of its own, to whose address the part's append
// function is bound.
func (s *appendState) bindPointer(f structField, v reflect.Value, b array.Builder) func() {
	part := reflect.New(v.Type().Elem()).Elem()
	add := s.bind(f, part, b)
	return func() {
		if v.IsNil() {
			s.bytes++
			b.AppendNull()
			return
		}
		part.Set(v.Elem())
		add()
	}
}

func (s *appendState) bindSlice(f structField, v reflect.Value, b *array.ListBuilder) func() {
	part := reflect.New(v.Type().Elem()).Elem()
	add := s.bind(f, part, b.ValueBuilder())
	return func() {
		s.bytes += 4
		if v.IsNil() {
			b.AppendNull()
			return
		}
		b.Append(true)
		for i := range v.Len() {
			part.Set(v.Index(i))
			add()
		}
	}
}

func (s *appendState) bindMap(f structField, v reflect.Value, b *array.MapBuilder) func() {
	key, item := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
	addKey, addItem := s.bind(f, key, b.KeyBuilder()), s.bind(f, item, b.ItemBuilder())
	var entries reflect.MapIter
	return func() {
		s.bytes += 4
		if v.IsNil() {
			b.AppendNull()
			return
		}
		b.Append(true)
		for entries.Reset(v); entries.Next(); {
			key.SetIterKey(&entries)
			item.SetIterValue(&entries)
			addKey()
			addItem()
		}
	}
}

func (s *appendState) bindNested(v reflect.Value, b *array.StructBuilder) func() {
	fields, _ := structFields(v.Type(), "") // arrowFields has reported what is wrong
	appends := make([]func(), len(fields))
	for i, f := range fields {
		appends[i] = s.bindField(f, v.FieldByIndex(f.index), b.FieldBuilder(i))
	}
	return func() {
		b.Append(true)
		for _, add := range appends {
			add()
		}
	}
}
