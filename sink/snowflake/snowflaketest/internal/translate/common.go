package translate

import "github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"

// arithmetic is what a text is taken for among numbers.
var arithmetic = fixed(18, 5)

// rank orders the times by which of two wins.
var rank = map[types.Kind]int{types.Date: 1, types.TimestampNTZ: 2, types.TimestampLTZ: 3, types.TimestampTZ: 4}

// common returns the type that values of two types have in common: where one is compared with the other, or either may
// come out.
func common(a, b types.Type) (types.Type, bool) {
	switch {
	case a.Kind == 0:
		return b, true
	case b.Kind == 0 || a == b:
		return a, true
	case a.Kind == b.Kind:
		return wider(a, b), true
	case semi(a) || semi(b):
		return variantType, true
	case a.Kind == types.Text:
		return withText(b), true
	case b.Kind == types.Text:
		return withText(a), true
	case a.Kind == types.Real && b.Kind == types.Fixed, a.Kind == types.Fixed && b.Kind == types.Real:
		return realType, true
	case rank[a.Kind] > 0 && rank[b.Kind] > 0:
		if rank[a.Kind] > rank[b.Kind] {
			return a, true
		}
		return b, true
	}
	return types.Type{}, false
}

// semi says that a type is a semi-structured one.
func semi(t types.Type) bool {
	return t.Kind == types.Variant || t.Kind == types.Object || t.Kind == types.Array
}

// withText is what a text and something else have in common.
func withText(t types.Type) types.Type {
	if t.Kind == types.Fixed {
		return wider(t, arithmetic)
	}
	return t
}

// wider returns the type that has all values of two types of a kind, as far as there is one.
func wider(a, b types.Type) types.Type {
	w := types.Type{Kind: a.Kind, Scale: max(a.Scale, b.Scale), Length: max(a.Length, b.Length)}
	if a.Kind == types.Fixed {
		w.Precision = min(types.MaxPrecision, max(a.Precision-a.Scale, b.Precision-b.Scale)+w.Scale)
	}
	return w
}
