package copyinto

import (
	"regexp"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

var (
	digits     = regexp.MustCompile(`^[+-]?([0-9]*)(?:\.([0-9]*))?$`)
	scientific = regexp.MustCompile(`^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+$`)
	isoDate    = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	isoTime    = regexp.MustCompile(`^[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?$`)
	isoMoment  = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?$`)
)

// classify is the narrowest type that text is a value of.
func classify(s string) types.Type {
	if m := digits.FindStringSubmatch(s); m != nil && len(m[1])+len(m[2]) > 0 {
		whole, fraction := len(strings.TrimLeft(m[1], "0")), len(m[2])
		if precision := max(1, whole+fraction); precision <= types.MaxPrecision {
			return types.Type{Kind: types.Fixed, Precision: precision, Scale: fraction}
		}
		return types.Type{Kind: types.Real}
	}
	switch {
	case scientific.MatchString(s):
		return types.Type{Kind: types.Real}
	case strings.EqualFold(s, "true"), strings.EqualFold(s, "false"):
		return types.Type{Kind: types.Boolean}
	case isoDate.MatchString(s):
		return types.Type{Kind: types.Date}
	case isoTime.MatchString(s):
		return moment(types.Time)
	case isoMoment.MatchString(s):
		return moment(types.TimestampNTZ)
	}
	return anyText
}

// common is the type that has the values of both; one without a kind has none.
func common(a, b types.Type) types.Type {
	switch {
	case a.Kind == 0:
		return b
	case b.Kind == 0 || a == b:
		return a
	case a.Kind == types.Fixed && b.Kind == types.Fixed:
		scale := max(a.Scale, b.Scale)
		if precision := max(a.Precision-a.Scale, b.Precision-b.Scale) + scale; precision <= types.MaxPrecision {
			return types.Type{Kind: types.Fixed, Precision: precision, Scale: scale}
		}
		return types.Type{Kind: types.Real}
	case number(a) && number(b):
		return types.Type{Kind: types.Real}
	case dated(a) && dated(b):
		return moment(types.TimestampNTZ)
	case semiStructured(a) || semiStructured(b):
		return types.Type{Kind: types.Variant}
	}
	return anyText
}

func number(t types.Type) bool { return t.Kind == types.Fixed || t.Kind == types.Real }
func dated(t types.Type) bool  { return t.Kind == types.Date || t.Kind == types.TimestampNTZ }
