package translate

import (
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// value is DuckDB's text of an expression, with its type in Snowflake. A kind of 0 is NULL without a type. The text can
// stand as an operand or argument.
type value struct {
	sql     string
	typ     types.Type
	notNull bool
}

// Types that expressions have.
var (
	boolType    = types.Type{Kind: types.Boolean}
	realType    = types.Type{Kind: types.Real}
	dateType    = types.Type{Kind: types.Date}
	variantType = types.Type{Kind: types.Variant}
	arrayType   = types.Type{Kind: types.Array}
	objectType  = types.Type{Kind: types.Object}
	timeType    = types.Type{Kind: types.Time, Scale: types.DefaultScale}
	ntzType     = types.Type{Kind: types.TimestampNTZ, Scale: types.DefaultScale}
	ltzType     = types.Type{Kind: types.TimestampLTZ, Scale: types.DefaultScale}
	tzType      = types.Type{Kind: types.TimestampTZ, Scale: types.DefaultScale}
	textType    = types.Type{Kind: types.Text, Length: types.DefaultText}
	binaryType  = types.Type{Kind: types.Binary, Length: types.DefaultBinary}
)

func fixed(precision, scale int) types.Type {
	return types.Type{Kind: types.Fixed, Precision: precision, Scale: scale}
}

func text(length int64) types.Type {
	return types.Type{Kind: types.Text, Length: max(1, min(length, types.MaxText))}
}

// quote writes a text for DuckDB.
func quote(s string) string {
	q := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.ContainsRune(q, 0) {
		q = "(" + strings.ReplaceAll(q, "\x00", "' || chr(0) || '") + ")"
	}
	return q
}

func called(name string, args ...string) string {
	return name + "(" + strings.Join(args, ", ") + ")"
}

func castSQL(sql, duck string) string { return "CAST(" + sql + " AS " + duck + ")" }

// Literal returns a value that DuckDB reads as v, of a type: nil, or a form that the type's values have in results
// (string for NUMBER, VARCHAR, VARIANT, OBJECT and ARRAY, float64, []byte, bool, time.Time).
func Literal(v any, of types.Type) (Value, error) {
	sql := ""
	switch v := v.(type) {
	case nil:
		sql = "NULL"
	case string:
		sql = quote(v)
	case float64:
		sql = quote(strings.TrimPrefix(fmt.Sprint(v), "+"))
	case bool:
		sql = fmt.Sprint(v)
	case []byte:
		sql = fmt.Sprintf("unhex('%X')", v)
	case time.Time:
		sql = quote(timeLiteral(v, of))
	default:
		return Value{}, fmt.Errorf("a %T is no value of %v", v, of)
	}
	if of.Kind == 0 {
		return Value{SQL: sql}, nil
	}
	return Value{castSQL(sql, of.DuckDB()), of}, nil
}

// timeLiteral is what a time is in the storage of its type.
func timeLiteral(t time.Time, of types.Type) string {
	switch of.Kind {
	case types.Date:
		return t.Format("2006-01-02")
	case types.TimestampTZ:
		return types.Zoned(t).String()
	case types.Time:
		day := new(big.Int).Mul(big.NewInt(86400), big.NewInt(int64(time.Second)))
		return new(big.Int).Mod(types.Nanos(t), day).String()
	}
	return types.Nanos(t).String()
}

// textLiteral is a text of the query.
func textLiteral(s string) value {
	return value{quote(s), text(int64(utf8.RuneCountInString(s))), true}
}

// numberLiteral is a number of the query, which has as many digits as it was written with.
func numberLiteral(s string) value {
	if strings.ContainsAny(s, "eE") {
		return value{castSQL(quote(s), "DOUBLE"), realType, true}
	}
	whole, fraction, _ := strings.Cut(s, ".")
	whole = strings.TrimLeft(whole, "0")
	precision, scale := len(whole)+len(fraction), len(fraction)
	if precision > types.MaxPrecision || scale > types.MaxPrecision-1 {
		return value{castSQL(quote(s), "DOUBLE"), realType, true}
	}
	typ := fixed(max(precision, 1), scale)
	return value{castSQL(quote(s), typ.DuckDB()), typ, true}
}
