package sql

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// SplitInts returns values for Query.Split that cut the keys from `from` to before `to` into n parts of about one size.
func SplitInts(from, to int64, n int) []any {
	width := new(big.Int).Sub(big.NewInt(to), big.NewInt(from))
	if width.Sign() <= 0 {
		return nil
	}
	var values []any
	last := from
	for i := 1; i < n; i++ {
		at := new(big.Int).Mul(width, big.NewInt(int64(i)))
		at.Div(at, big.NewInt(int64(n)))
		if v := at.Add(at, big.NewInt(from)).Int64(); v != last {
			values, last = append(values, v), v
		}
	}
	return values
}

// SplitTimes returns values for Query.Split that cut the time from `from` to before `to` into n parts of about one
// length, on full seconds. Where the column has no zone, they are what clocks show at UTC.
func SplitTimes(from, to time.Time, n int) []any {
	values := SplitInts(from.Unix(), to.Unix(), n)
	for i, v := range values {
		values[i] = time.Unix(v.(int64), 0).UTC()
	}
	return values
}

// part is a span with the end of its partition's ID.
type part struct {
	span
	name string
}

// split makes the spans between the values.
func split(values []any, types []arrow.DataType) ([]part, error) {
	if len(values) == 0 {
		return []part{{}}, nil
	}
	var parts []part
	in, from := span{}, ""
	for i := range values {
		v, err := splitValue(values[i], types[0])
		if err != nil {
			return nil, fmt.Errorf("value %d: %w", i, err)
		}
		if in.from != nil && !before(*in.from, v) {
			return nil, fmt.Errorf("value %d, %s, is not behind the one before, %s", i, v.text, in.from.text)
		}
		name, err := splitName(values[i])
		if err != nil {
			return nil, err
		}
		in.to = &v
		parts = append(parts, part{in, "[" + from + "," + name + ")"})
		in, from = span{from: &v}, name
	}
	return append(parts, part{in, "[" + from + ",)"}), nil
}

// splitName is the value in a partition's ID.
func splitName(v any) (string, error) {
	switch v := v.(type) {
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case uint64:
		return strconv.FormatUint(v, 10), nil
	case float64:
		return formatFloat(v), nil
	case string:
		return strconv.Quote(v), nil
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), nil
	}
	return "", fmt.Errorf("a %T is none of int, int64, uint64, float64, string, time.Time", v)
}

// splitValue is the value as one of the key's column.
func splitValue(v any, t arrow.DataType) (value, error) {
	kind, _ := keyKind(t)
	out := value{kind: kind}
	switch v := v.(type) {
	case int:
		out.text = strconv.Itoa(v)
	case int64:
		out.text = strconv.FormatInt(v, 10)
	case uint64:
		out.text = strconv.FormatUint(v, 10)
	case float64:
		out.text = formatFloat(v)
		if kind != floatKind {
			return value{}, fmt.Errorf("a float64 does not split a column of type %s", t)
		}
	case string:
		out.text = v
	case time.Time:
		switch kind {
		case dateKind:
			out.text = v.UTC().Format(dateForm)
		case timestampKind:
			out.text = v.UTC().Format(timestampForm)
		case instantKind:
			out.text = v.UTC().Format(instantForm)
		default:
			return value{}, fmt.Errorf("a time.Time does not split a column of type %s", t)
		}
	}
	if !out.valid() {
		return value{}, fmt.Errorf("%.100q is not a value of type %s", out.text, t)
	}
	return out, nil
}

// before compares values of one kind. Texts are the database's to order, by a language it may be.
func before(a, b value) bool {
	switch a.kind {
	case textKind:
		return a.text != b.text // see findOverlap
	case intKind, uintKind, decimalKind, floatKind:
		x, errX := parseRat(a.text)
		y, errY := parseRat(b.text)
		return errors.Join(errX, errY) == nil && x.Cmp(y) < 0
	}
	return a.text < b.text // bytes, and moments of the years 0 to 9999
}

func parseRat(text string) (*big.Rat, error) {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%q is not a number", text)
	}
	return r, nil
}
