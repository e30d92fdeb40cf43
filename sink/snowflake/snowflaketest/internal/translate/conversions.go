package translate

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// conversions are the functions TO_… and TRY_TO_….
var conversions = map[string]spec{
	"TO_CHAR TO_VARCHAR": {1, 2, toChar},
	"TO_NUMBER TO_DECIMAL TO_NUMERIC TRY_TO_NUMBER TRY_TO_DECIMAL TRY_TO_NUMERIC": {1, 3, toNumber},
	"TO_DOUBLE TRY_TO_DOUBLE":               {1, 1, func(c *call) value { return c.to(realType) }},
	"TO_BOOLEAN TRY_TO_BOOLEAN":             {1, 1, func(c *call) value { return c.to(boolType) }},
	"TO_DATE DATE TRY_TO_DATE":              {1, 2, func(c *call) value { return c.toTime(dateType, "floe_date") }},
	"TO_TIME TIME TRY_TO_TIME":              {1, 2, func(c *call) value { return c.toTime(timeType, "floe_time") }},
	"TO_TIMESTAMP TRY_TO_TIMESTAMP":         {1, 2, func(c *call) value { return c.toTime(ntzType, "floe_ntz") }},
	"TO_TIMESTAMP_NTZ TRY_TO_TIMESTAMP_NTZ": {1, 2, func(c *call) value { return c.toTime(ntzType, "floe_ntz") }},
	"TO_TIMESTAMP_LTZ TRY_TO_TIMESTAMP_LTZ": {1, 2, func(c *call) value { return c.toTime(ltzType, "floe_ltz") }},
	"TO_TIMESTAMP_TZ TRY_TO_TIMESTAMP_TZ":   {1, 2, func(c *call) value { return c.toTime(tzType, "floe_tz") }},
	"TO_BINARY TRY_TO_BINARY":               {1, 2, toBinary},
	"TO_VARIANT":                            {1, 1, func(c *call) value { return c.to(variantType) }},
	"TO_ARRAY":                              {1, 1, func(c *call) value { return gives(arrayType, "floe_to_array(%s)", c.variant(0)) }},
	"TO_OBJECT":                             {1, 1, func(c *call) value { return c.to(objectType) }},
	"TO_JSON":                               {1, 1, func(c *call) value { return gives(textType, "%s", c.variant(0)) }},
	"PARSE_JSON":                            {1, 1, func(c *call) value { return gives(variantType, "floe_json(%s, false)", c.text(0)) }},
	"TRY_PARSE_JSON":                        {1, 1, func(c *call) value { return gives(variantType, "floe_json(%s, true)", c.text(0)) }},
	"CHECK_JSON": {1, 1, func(c *call) value {
		return gives(textType, "(CASE WHEN floe_json(%s, true) IS NULL AND trim(%s) <> '' THEN 'not valid JSON' END)", c.text(0), c.text(0))
	}},
}

// mode is that of the call's name.
func (c *call) mode() castMode {
	if strings.HasPrefix(c.x.Name, "TRY_") {
		return try
	}
	return explicit
}

func (c *call) to(of types.Type) value { return c.t.cast(c.arg(0), of, c.mode()) }

func toChar(c *call) value {
	v := c.arg(0)
	if !c.has(1) {
		return c.t.cast(v, textType, explicit)
	}
	switch v.typ.Kind {
	case types.Date, types.Time, types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
		return gives(textType, "%s", c.t.timeText(v, c.text(1)))
	case types.Binary:
		switch f := strings.ToUpper(c.word(1)); f {
		case "HEX":
			return gives(textType, "hex(%s)", v.sql)
		case "BASE64":
			return gives(textType, "to_base64(%s)", v.sql)
		case "UTF-8", "UTF8":
			return gives(textType, "floe_utf8(%s, false)", v.sql)
		}
	}
	panic(unsupported("%s of %v with a format", c.x.Name, v.typ))
}

func toNumber(c *call) value {
	of, at := fixed(types.MaxPrecision, 0), 1
	if c.has(1) && c.arg(1).typ.Kind == types.Text {
		panic(unsupported("%s with a format", c.x.Name))
	}
	if c.has(at) {
		of.Precision = c.constant(at)
	}
	if c.has(at + 1) {
		of.Scale = c.constant(at + 1)
	}
	if of.Precision < 1 || of.Precision > types.MaxPrecision || of.Scale < 0 || of.Scale > of.Precision || of.Scale == types.MaxPrecision {
		panic(compilation(1015, "22023", c.x.Pos, "invalid precision and scale (%d,%d) of %s", of.Precision, of.Scale, c.x.Name))
	}
	return c.t.cast(c.arg(0), of, c.mode())
}

// toTime reads a text in a format, or converts something else.
func (c *call) toTime(of types.Type, function string) value {
	v, mode := c.arg(0), c.mode()
	if !c.has(1) {
		if v.typ.Kind == types.Fixed && of.Kind == types.Date {
			v = c.t.cast(v, ntzType, mode)
		}
		return c.t.cast(v, of, mode)
	}
	if v.typ.Kind == types.Fixed {
		digits := c.constant(1)
		if digits < 0 || digits > types.DefaultScale {
			panic(compilation(1015, "22023", c.x.Pos, "invalid scale %d of %s", digits, c.x.Name))
		}
		nanos := fmt.Sprintf("CAST(%s AS HUGEINT) * 1%s", v.sql, strings.Repeat("0", types.DefaultScale-digits))
		return c.t.cast(value{"(" + nanos + ")", ntzType, v.notNull}, of, mode)
	}
	args := []string{c.text(0), c.text(1), mode.flag()}
	if of.Kind == types.TimestampLTZ || of.Kind == types.TimestampTZ {
		args = c.t.timestampArgs(c.text(0), of.Kind, c.text(1), mode)
	}
	return value{called(function, args...), of, false}
}

func toBinary(c *call) value {
	if v := c.arg(0); v.typ.Kind == types.Binary {
		return v
	}
	f := "HEX"
	if c.has(1) {
		f = strings.ToUpper(c.word(1))
	}
	switch f {
	case "HEX":
		return gives(binaryType, "floe_hex_decode(%s, %s)", c.text(0), c.mode().flag())
	case "BASE64":
		return gives(binaryType, "floe_base64_decode(%s, %s)", c.text(0), c.mode().flag())
	case "UTF-8", "UTF8":
		return gives(binaryType, "encode(%s)", c.text(0))
	}
	panic(compilation(1015, "22023", c.x.Pos, "invalid format '%s' of %s", f, c.x.Name))
}
