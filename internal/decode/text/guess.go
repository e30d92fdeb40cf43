package text

import (
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// Kind is a set of kinds of values that were seen.
type Kind uint16

// Kinds of values.
const (
	KindBool Kind = 1 << iota
	KindInt
	KindFloat
	KindDate
	KindTime
	KindTimestamp // without a zone
	KindInstant   // with a zone
	KindText
)

// KindOf returns the kind that b looks like: exactly one. Strict where codes are at stake: numbers with leading
// zeros or a plus are text, and so are whole ones that no int64 holds.
func KindOf(b []byte) Kind {
	if len(b) == 0 {
		return KindText
	}
	switch c := b[0]; {
	case c == '-' || c == '.' || c-'0' <= 9:
		if k := numberKind(b); k != KindText {
			return k
		}
		return momentKind(b)
	case c|0x20 == 't' || c|0x20 == 'f':
		if len(b) == 4 && equalFold(b, "true") || len(b) == 5 && equalFold(b, "false") {
			return KindBool
		}
	case c|0x20 == 'n' || c|0x20 == 'i':
		return specialKind(b)
	}
	return KindText
}

func specialKind(b []byte) Kind {
	if len(b) == 3 && (equalFold(b, "nan") || equalFold(b, "inf")) || len(b) == 8 && equalFold(b, "infinity") {
		return KindFloat
	}
	return KindText
}

func numberKind(b []byte) Kind {
	d := b
	if d[0] == '-' {
		d = d[1:]
		if len(d) > 0 && d[0]|0x20 == 'i' {
			return specialKind(d)
		}
	}
	n, ok := splitNumber(d)
	if !ok || len(n.before) > 1 && n.before[0] == '0' {
		return KindText
	}
	if len(n.before) == len(d) {
		if _, f := ParseInt(b); f != None {
			return KindText
		}
		return KindInt
	}
	if _, f := ParseFloat(b); f != None {
		return KindText
	}
	return KindFloat
}

// MomentKindOf returns the kind that b looks like, dates and timestamps apart from all other text.
func MomentKindOf(b []byte) Kind {
	if len(b) == 0 || b[0]-'0' > 9 {
		return KindText
	}
	if k := momentKind(b); k != KindTime {
		return k
	}
	return KindText
}

func momentKind(b []byte) Kind {
	if _, ok := date(b); ok && len(b) == 10 {
		return KindDate
	}
	if m, f := readMoment(b); f != Invalid {
		if m.nanos%1000 != 0 {
			return KindText
		}
		if m.zoned {
			return KindInstant
		}
		return KindTimestamp
	}
	if _, nanos, rest, ok := clock(b); ok && len(b) >= 8 && len(rest) == 0 && nanos%1000 == 0 {
		return KindTime
	}
	return KindText
}

// Type returns the type that holds all kinds of the set without loss: text where nothing else does, and null for
// the empty set, a column without any value.
func (k Kind) Type() arrow.DataType {
	switch k {
	case 0:
		return arrow.Null
	case KindBool:
		return arrow.FixedWidthTypes.Boolean
	case KindInt:
		return arrow.PrimitiveTypes.Int64
	case KindFloat, KindFloat | KindInt:
		return arrow.PrimitiveTypes.Float64
	case KindDate:
		return arrow.FixedWidthTypes.Date32
	case KindTime:
		return arrow.FixedWidthTypes.Time64us
	case KindTimestamp, KindTimestamp | KindDate:
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case KindInstant:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: time.UTC.String()}
	}
	return arrow.BinaryTypes.String
}

// NullsAsText returns dt with text in place of each null type in it: what is read into where no value was seen.
func NullsAsText(dt arrow.DataType) arrow.DataType {
	switch t := dt.(type) {
	case *arrow.NullType:
		return arrow.BinaryTypes.String
	case *arrow.ListType:
		f := t.ElemField()
		f.Type = NullsAsText(f.Type)
		return arrow.ListOfField(f)
	case *arrow.StructType:
		fields := t.Fields()
		for i := range fields {
			fields[i].Type = NullsAsText(fields[i].Type)
		}
		return arrow.StructOf(fields...)
	}
	return dt
}
