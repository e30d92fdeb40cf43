package pgvalue

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

// Widen returns the type to which a column can be altered so that it keeps its values, and holds those of the field too;
// false = there is none.
func Widen(t Type, f arrow.Field) (string, bool) {
	if t.domain {
		return "", false // the domain's constraints would go
	}
	made, err := ColumnType(f)
	if err != nil {
		return "", false
	}
	for _, name := range wider(t, Parse(made)) {
		if _, err := For(f, Parse(name)); err == nil {
			return name, true
		}
	}
	return "", false
}

// wider lists types that hold all values of t, and perhaps those of the type made.
func wider(t, made Type) []string {
	switch t.kind {
	case kindInt2:
		return []string{"integer", "bigint", numericFor(5, 0, made), "real", "double precision"}
	case kindInt4:
		return []string{"bigint", numericFor(10, 0, made), "double precision"}
	case kindInt8:
		return []string{numericFor(19, 0, made)}
	case kindFloat4:
		return []string{"double precision"}
	case kindNumeric:
		if t.precision >= 0 {
			return []string{numericFor(t.precision-t.scale, t.scale, made)}
		}
	case kindText:
		if t.limit > 0 {
			return []string{"text"}
		}
	case kindDate:
		return []string{"timestamp without time zone"}
	case kindArray:
		var list []string
		for _, elem := range wider(*t.elem, made.element()) {
			list = append(list, elem+"[]")
		}
		return list
	}
	return nil
}

// element is the type of what an array holds.
func (t Type) element() Type {
	if t.elem == nil {
		return Type{}
	}
	return *t.elem
}

// numericFor is a numeric with room for digits before and behind the point, and for the values of the type made.
func numericFor(before, behind int, made Type) string {
	switch made.kind {
	case kindNumeric:
		before, behind = max(before, made.precision-made.scale), max(behind, made.scale)
	case kindInt2:
		before = max(before, 5)
	case kindInt4:
		before = max(before, 10)
	case kindInt8:
		before = max(before, 19)
	}
	return fmt.Sprintf("numeric(%d,%d)", before+behind, behind)
}
