package scalar

import (
	"database/sql/driver"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/marcboeker/go-duckdb"
)

var numbers = map[string]*function{
	// text, precision, scale, try: the digits of a NUMBER(precision, scale)
	"floe_number": {in: []duckdb.Type{varchar, integer, integer, boolean}, out: varchar, call: func(a []driver.Value) (any, error) {
		s, err := Number(a[0].(string), int(a[1].(int32)), int(a[2].(int32)))
		return or(s, err, a[3].(bool))
	}},
	// text, try
	"floe_real": {in: []duckdb.Type{varchar, boolean}, out: double, call: func(a []driver.Value) (any, error) {
		f, err := real(a[0].(string))
		return or(f, err, a[1].(bool))
	}},
	// number, precision, scale, try: as floe_number
	"floe_real_number": {in: []duckdb.Type{double, integer, integer, boolean}, out: varchar, call: func(a []driver.Value) (any, error) {
		s, err := Number(strconv.FormatFloat(a[0].(float64), 'f', -1, 64), int(a[1].(int32)), int(a[2].(int32)))
		return or(s, err, a[3].(bool))
	}},
	"floe_real_text": {in: []duckdb.Type{double}, out: varchar, call: func(a []driver.Value) (any, error) {
		return realText(a[0].(float64)), nil
	}},
	// text, try
	"floe_boolean": {in: []duckdb.Type{varchar, boolean}, out: boolean, call: func(a []driver.Value) (any, error) {
		b, err := truth(a[0].(string))
		return or(b, err, a[1].(bool))
	}},
	// dividend, divisor, scale: the digits of the quotient, rounded
	"floe_divide": {in: []duckdb.Type{varchar, varchar, integer}, out: varchar, call: func(a []driver.Value) (any, error) {
		return divide(a[0].(string), a[1].(string), int(a[2].(int32)))
	}},
}

var ten = big.NewInt(10)

func pow10(n int) *big.Int { return new(big.Int).Exp(ten, big.NewInt(int64(n)), nil) }

// decimal is unscaled / 10^scale.
type decimal struct {
	unscaled *big.Int
	scale    int
}

// maxExponent is far beyond what any NUMBER can have.
const maxExponent = 400

// parseDecimal reads digits with a sign, a point and an exponent.
func parseDecimal(s string) (d decimal, ok bool) {
	s = strings.TrimSpace(s)
	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(strings.TrimPrefix(s[i+1:], "+"))
		if err != nil || s[i+1:] == "" {
			return d, false
		}
		mantissa, exponent = s[:i], max(min(e, maxExponent), -maxExponent)
	}
	sign := ""
	if mantissa != "" && (mantissa[0] == '-' || mantissa[0] == '+') {
		sign, mantissa = strings.TrimPrefix(mantissa[:1], "+"), mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return d, false
	}
	d.unscaled, _ = new(big.Int).SetString(sign+digits, 10)
	d.scale = len(fraction) - exponent
	return d, true
}

// at returns the unscaled value for a scale, rounded half away from zero.
func (d decimal) at(scale int) *big.Int {
	if scale >= d.scale {
		return new(big.Int).Mul(d.unscaled, pow10(scale-d.scale))
	}
	return roundQuo(d.unscaled, pow10(d.scale-scale))
}

// roundQuo divides, rounding half away from zero.
func roundQuo(n, by *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(n, by, new(big.Int))
	if r.Abs(r).Lsh(r, 1).CmpAbs(by) >= 0 {
		if n.Sign()*by.Sign() < 0 {
			return q.Sub(q, big.NewInt(1))
		}
		return q.Add(q, big.NewInt(1))
	}
	return q
}

// digits writes an unscaled value with its point.
func digits(n *big.Int, scale int) string {
	s := new(big.Int).Abs(n).String()
	if scale > 0 {
		if len(s) <= scale {
			s = strings.Repeat("0", scale+1-len(s)) + s
		}
		s = s[:len(s)-scale] + "." + s[len(s)-scale:]
	}
	if n.Sign() < 0 {
		s = "-" + s
	}
	return s
}

// Number returns the digits of the NUMBER(precision, scale) that text is.
func Number(text string, precision, scale int) (string, error) {
	d, ok := parseDecimal(text)
	if !ok {
		return "", fault(100038, "22018", "Numeric value '%s' is not recognized", text)
	}
	n := d.at(scale)
	if n.CmpAbs(pow10(precision)) >= 0 {
		return "", fault(100039, "22003", "Numeric value '%s' is out of range", text)
	}
	return digits(n, scale), nil
}

func divide(dividend, divisor string, scale int) (any, error) {
	a, okA := parseDecimal(dividend)
	b, okB := parseDecimal(divisor)
	if !okA || !okB {
		return nil, fault(100038, "22018", "Numeric value '%s' / '%s' is not recognized", dividend, divisor)
	}
	if b.unscaled.Sign() == 0 {
		return nil, fault(100051, "22012", "Division by zero")
	}
	up, down := new(big.Int).Set(a.unscaled), new(big.Int).Set(b.unscaled)
	if shift := scale - a.scale + b.scale; shift >= 0 {
		up.Mul(up, pow10(shift))
	} else {
		down.Mul(down, pow10(-shift))
	}
	return digits(roundQuo(up, down), scale), nil
}

// real reads a FLOAT.
func real(text string) (float64, error) {
	s := strings.TrimSpace(text)
	switch strings.ToLower(s) {
	case "nan":
		return math.NaN(), nil
	case "inf", "infinity", "+inf":
		return math.Inf(1), nil
	case "-inf", "-infinity":
		return math.Inf(-1), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || strings.ContainsAny(s, "_xXpP") {
		return 0, fault(100038, "22018", "Numeric value '%s' is not recognized", text)
	}
	return f, nil
}

// realText writes a FLOAT as its cast to VARCHAR does: at most 17 digits, with an exponent for the very large and small.
func realText(f float64) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if a := math.Abs(f); a != 0 && (a >= 1e15 || a < 1e-5) {
		s := strconv.FormatFloat(f, 'e', -1, 64)
		return s
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// truths are the words for TRUE and FALSE.
var truths = map[string]bool{
	"true": true, "t": true, "yes": true, "y": true, "on": true, "1": true,
	"false": false, "f": false, "no": false, "n": false, "off": false, "0": false,
}

func truth(text string) (bool, error) {
	b, ok := truths[strings.ToLower(strings.TrimSpace(text))]
	if !ok {
		return false, fault(100037, "22018", "Boolean value '%s' is not recognized", text)
	}
	return b, nil
}
