package engine

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// value is one of an expression, in the form that Result has values in.
type value struct {
	typ types.Type
	v   any
}

var null = value{typ: types.Type{Kind: types.Text, Length: types.DefaultText}}

func textValue(s string) value {
	return value{typ: types.Type{Kind: types.Text, Length: types.DefaultText}, v: s}
}

func numberValue(n int64) value {
	return value{typ: integer, v: itoa(n)}
}

func boolValue(b bool) value { return value{typ: types.Type{Kind: types.Boolean}, v: b} }

var (
	integer = types.Type{Kind: types.Fixed, Precision: types.MaxPrecision}
	varchar = types.Type{Kind: types.Text, Length: types.DefaultText}
	boolean = types.Type{Kind: types.Boolean}
	instant = types.Type{Kind: types.TimestampLTZ, Scale: 3}
)

// text returns the value as a text of Snowflake's; false for NULL.
func (v value) text() (string, bool) {
	switch x := v.v.(type) {
	case nil:
		return "", false
	case string:
		return x, true
	case bool:
		return strconv.FormatBool(x), true
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64), true
	case []byte:
		return strings.ToUpper(hex.EncodeToString(x)), true
	case time.Time:
		switch v.typ.Kind {
		case types.Date:
			return x.Format(time.DateOnly), true
		case types.Time:
			return x.Format("15:04:05.999999999"), true
		case types.TimestampNTZ:
			return x.Format("2006-01-02 15:04:05.000"), true
		}
		return x.Format("2006-01-02 15:04:05.000 -0700"), true
	}
	return fmt.Sprint(v.v), true
}

// truth returns what a condition came to; NULL is false.
func (v value) truth() (bool, error) {
	switch x := v.v.(type) {
	case nil:
		return false, nil
	case bool:
		return x, nil
	}
	text, _ := v.text()
	return false, execution(100037, "22018", "Boolean value '%s' is not recognized", text)
}

// known is the value in the form that package translate has it in.
func (v value) known() translate.Value {
	if v.v == nil && v.typ == null.typ {
		return translate.Value{SQL: "NULL"}
	}
	k, err := translate.Literal(v.v, v.typ)
	if err != nil {
		panic(err) // decode and bound make nothing that is no value
	}
	return k
}

// literal is an expression of DuckDB's, of the type that the value's kind has there.
func (v value) literal() string {
	if v.v == nil {
		return "CAST(NULL AS " + v.typ.DuckDB() + ")"
	}
	return v.known().SQL
}

var midnight = time.Unix(0, 0).UTC()

// decode makes a value of what DuckDB's driver returns for a column of a type.
func decode(t types.Type, raw any) (any, error) {
	if raw == nil {
		return nil, nil
	}
	switch t.Kind {
	case types.Fixed:
		switch x := raw.(type) {
		case duckdb.Decimal:
			return decimalText(x.Value, int(x.Scale), t.Scale), nil
		case *big.Int:
			return decimalText(x, 0, t.Scale), nil
		case int64:
			return decimalText(big.NewInt(x), 0, t.Scale), nil
		case int32:
			return decimalText(big.NewInt(int64(x)), 0, t.Scale), nil
		}
	case types.Real:
		if x, ok := raw.(float64); ok {
			return x, nil
		}
	case types.Text, types.Variant, types.Object, types.Array:
		if x, ok := raw.(string); ok {
			return x, nil
		}
	case types.Binary:
		if x, ok := raw.([]byte); ok {
			return x, nil
		}
	case types.Boolean:
		if x, ok := raw.(bool); ok {
			return x, nil
		}
	case types.Date:
		if x, ok := raw.(time.Time); ok {
			return x.UTC(), nil
		}
	case types.Time:
		if x, ok := raw.(int64); ok {
			return midnight.Add(time.Duration(x)), nil
		}
	case types.TimestampNTZ, types.TimestampLTZ:
		if x, ok := raw.(*big.Int); ok {
			return types.AtNanos(x), nil
		}
	case types.TimestampTZ:
		if x, ok := raw.(*big.Int); ok {
			return types.AtZoned(x), nil
		}
	}
	return nil, fmt.Errorf("a column of type %s came as %T", t, raw)
}

// decimalText writes an integer of 10^-scale with as many digits behind the point as the column has.
func decimalText(n *big.Int, scale, want int) string {
	if scale < want {
		n = new(big.Int).Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(want-scale)), nil))
		scale = want
	}
	digits := new(big.Int).Abs(n).String()
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale-len(digits)+1) + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		return "-" + digits
	}
	return digits
}
