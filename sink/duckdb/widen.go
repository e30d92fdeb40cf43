package duckdb

import "fmt"

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

// fits reports whether DuckDB's cast of the type from to the type to either keeps a value as it is or fails for
// it, so that nothing is rounded, cut or made up.
func fits(from, to string) bool {
	if widens(from, to) {
		return true
	}
	_, fromInt := integers[from]
	_, toInt := integers[to]
	_, fs, fromDec := decimal(from)
	_, ts, toDec := decimal(to)
	switch {
	case fromInt && (toInt || toDec):
		return true
	case fromDec && toDec:
		return ts >= fs
	case from == "VARCHAR":
		return to == "UUID" || to == "JSON" || len(to) > 5 && to[:5] == "ENUM("
	case from == "DATE":
		return to == "TIMESTAMP" || to == "TIMESTAMP_S" || to == "TIMESTAMP_MS" || to == "TIMESTAMP_NS"
	}
	return timestampRank[from] > 0 && to == "TIMESTAMP_NS"
}

// decimal reads a type such as DECIMAL(10,2).
func decimal(sql string) (precision, scale int, ok bool) {
	n, err := fmt.Sscanf(sql, "DECIMAL(%d,%d)", &precision, &scale)
	return precision, scale, err == nil && n == 2
}
