package duckdb

import (
	"fmt"
	"strings"
)

// integers are DuckDB's integer types by their bits; unsigned ones are negative.
var integers = map[string]int{
	"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128,
	"UTINYINT": -8, "USMALLINT": -16, "UINTEGER": -32, "UBIGINT": -64, "UHUGEINT": -128,
}

// digits are what the largest value of an integer type needs.
var digits = map[int]int{8: 3, 16: 5, 32: 10, 64: 19, 128: 39, -8: 3, -16: 5, -32: 10, -64: 20, -128: 39}

// timestamps from the coarsest to the finest that has the range of all.
var timestampRank = map[string]int{"TIMESTAMP_S": 1, "TIMESTAMP_MS": 2, "TIMESTAMP": 3}

// widens reports whether every value of the type from is one of the type to.
func widens(from, to string) bool {
	if from == to {
		return true
	}
	fb, fromInt := integers[from]
	tb, toInt := integers[to]
	fp, fs, fromDec := decimal(from)
	tp, ts, toDec := decimal(to)
	switch {
	case fromInt && toInt:
		if tb < 0 {
			return fb < 0 && -fb <= -tb
		}
		return max(fb, -fb) < tb || fb == tb
	case fromInt && to == "FLOAT":
		return max(fb, -fb) <= 16
	case fromInt && to == "DOUBLE":
		return max(fb, -fb) <= 32
	case fromInt && toDec:
		return tp-ts >= digits[fb]
	case fromDec && toDec:
		return ts >= fs && tp-ts >= fp-fs
	case from == "FLOAT" && to == "DOUBLE":
		return true
	}
	fr, tr := timestampRank[from], timestampRank[to]
	return fr > 0 && tr > fr
}

// fits reports whether the type to holds the values of the type from as they are, but for some that DuckDB's cast
// fails for: rejects, then. Nothing is rounded, cut or made up.
func fits(from, to string) bool {
	switch {
	case from == "VARCHAR":
		return to == "UUID" || to == "JSON" || strings.HasPrefix(to, "ENUM(")
	case from == "DATE":
		return strings.HasPrefix(to, "TIMESTAMP") && to != "TIMESTAMP WITH TIME ZONE"
	}
	return timestampRank[from] > 0 && to == "TIMESTAMP_NS"
}

// decimal reads a type such as DECIMAL(10,2).
func decimal(sql string) (precision, scale int, ok bool) {
	n, err := fmt.Sscanf(sql, "DECIMAL(%d,%d)", &precision, &scale)
	return precision, scale, err == nil && n == 2
}
