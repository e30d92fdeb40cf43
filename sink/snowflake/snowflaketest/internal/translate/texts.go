package translate

import (
	"fmt"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// texts are functions of texts and bytes.
var texts = map[string]spec{
	"LENGTH LEN": {1, 1, func(c *call) value {
		if v := c.arg(0); v.typ.Kind == types.Binary {
			return givesInt(18, "octet_length(%s)", v.sql)
		}
		return givesInt(18, "length(%s)", c.text(0))
	}},
	"OCTET_LENGTH": {1, 1, func(c *call) value { return givesInt(18, "octet_length(%s)", c.bytes(0)) }},
	"UPPER":        {1, 1, func(c *call) value { return c.same("upper(%s)", c.text(0)) }},
	"LOWER":        {1, 1, func(c *call) value { return c.same("lower(%s)", c.text(0)) }},
	"INITCAP":      {1, 1, func(c *call) value { return c.same("floe_initcap(%s)", c.text(0)) }},
	"REVERSE":      {1, 1, func(c *call) value { return c.same("reverse(%s)", c.text(0)) }},
	"TRIM":         {1, 2, func(c *call) value { return c.same("trim(%s, %s)", c.text(0), c.textOr(1, " ")) }},
	"LTRIM":        {1, 2, func(c *call) value { return c.same("ltrim(%s, %s)", c.text(0), c.textOr(1, " ")) }},
	"RTRIM":        {1, 2, func(c *call) value { return c.same("rtrim(%s, %s)", c.text(0), c.textOr(1, " ")) }},
	"LPAD":         {2, 3, func(c *call) value { return c.pad("lpad") }},
	"RPAD":         {2, 3, func(c *call) value { return c.pad("rpad") }},
	"LEFT":         {2, 2, func(c *call) value { return c.same("left(%s, greatest(%s, 0))", c.text(0), c.int(1)) }},
	"RIGHT":        {2, 2, func(c *call) value { return c.same("right(%s, greatest(%s, 0))", c.text(0), c.int(1)) }},
	"SUBSTR SUBSTRING": {2, 3, func(c *call) value {
		start := fmt.Sprintf("(CASE WHEN %s = 0 THEN 1 ELSE %s END)", c.int(1), c.int(1))
		if c.has(2) {
			return c.same("substr(%s, %s, greatest(%s, 0))", c.text(0), start, c.int(2))
		}
		return c.same("substr(%s, %s)", c.text(0), start)
	}},
	"CONCAT": {1, -1, func(c *call) value {
		args := c.args()
		v := args[0]
		for _, next := range args[1:] {
			v = c.t.concat(v, next)
		}
		return v
	}},
	"CONCAT_WS": {2, -1, func(c *call) value {
		v := c.arg(1)
		for i := 2; c.has(i); i++ {
			v = c.t.concat(c.t.concat(v, c.arg(0)), c.arg(i))
		}
		return v
	}},
	"REPLACE": {2, 3, func(c *call) value {
		return gives(textType, "replace(%s, %s, %s)", c.text(0), c.text(1), c.textOr(2, ""))
	}},
	"REPEAT":     {2, 2, func(c *call) value { return gives(textType, "repeat(%s, %s)", c.text(0), c.int(1)) }},
	"SPACE":      {1, 1, func(c *call) value { return gives(textType, "repeat(' ', %s)", c.int(0)) }},
	"TRANSLATE":  {3, 3, func(c *call) value { return c.same("translate(%s, %s, %s)", c.text(0), c.text(1), c.text(2)) }},
	"STARTSWITH": {2, 2, func(c *call) value { return truth("starts_with(%s, %s)", c.text(0), c.text(1)) }},
	"ENDSWITH":   {2, 2, func(c *call) value { return truth("ends_with(%s, %s)", c.text(0), c.text(1)) }},
	"CONTAINS":   {2, 2, func(c *call) value { return truth("contains(%s, %s)", c.text(0), c.text(1)) }},
	"POSITION CHARINDEX": {2, 3, func(c *call) value {
		if !c.has(2) {
			return givesInt(18, "strpos(%s, %s)", c.text(1), c.text(0))
		}
		found := fmt.Sprintf("strpos(substr(%s, %s), %s)", c.text(1), c.int(2), c.text(0))
		return givesInt(18, "(CASE WHEN %s = 0 THEN 0 ELSE %s + %s - 1 END)", found, found, c.int(2))
	}},
	"ASCII UNICODE": {1, 1, func(c *call) value {
		return givesInt(18, "(CASE WHEN %s = '' THEN 0 ELSE unicode(%s) END)", c.text(0), c.text(0))
	}},
	"CHR CHAR": {1, 1, func(c *call) value { return gives(text(1), "chr(CAST(%s AS INTEGER))", c.int(0)) }},
	"SPLIT":    {2, 2, func(c *call) value { return gives(arrayType, "floe_split(%s, %s)", c.text(0), c.text(1)) }},
	"SPLIT_PART": {3, 3, func(c *call) value {
		return gives(textType, "floe_split_part(%s, %s, %s)", c.text(0), c.text(1), c.int(2))
	}},
	"EDITDISTANCE": {2, 2, func(c *call) value { return givesInt(18, "levenshtein(%s, %s)", c.text(0), c.text(1)) }},
	"LIKE":         {2, 2, func(c *call) value { return truth("(%s LIKE %s)", c.text(0), c.text(1)) }},
	"ILIKE":        {2, 2, func(c *call) value { return truth("(%s ILIKE %s)", c.text(0), c.text(1)) }},
	"RLIKE REGEXP REGEXP_LIKE": {2, 3, func(c *call) value {
		return truth("floe_regexp_like(%s, %s, %s)", c.text(0), c.text(1), c.textOr(2, "c"))
	}},
	"REGEXP_COUNT": {2, 4, func(c *call) value {
		return givesInt(18, "floe_regexp_count(%s, %s, %s, %s)", c.text(0), c.text(1), c.textOr(3, "c"), c.intOr(2, "1"))
	}},
	"REGEXP_SUBSTR": {2, 6, func(c *call) value {
		group := castSQL("0", "BIGINT")
		switch {
		case c.has(5):
			group = c.int(5)
		case c.has(4):
			group = fmt.Sprintf("CAST(CASE WHEN contains(%s, 'e') THEN 1 ELSE 0 END AS BIGINT)", c.text(4))
		}
		return gives(textType, "floe_regexp_substr(%s, %s, %s, %s, %s, %s)", c.text(0), c.text(1), c.textOr(4, "c"), c.intOr(2, "1"), c.intOr(3, "1"), group)
	}},
	"REGEXP_INSTR": {2, 6, func(c *call) value {
		return givesInt(18, "floe_regexp_instr(%s, %s, %s, %s, %s, %s)", c.text(0), c.text(1), c.textOr(5, "c"), c.intOr(2, "1"), c.intOr(3, "1"), c.intOr(4, "0"))
	}},
	"REGEXP_REPLACE": {2, 6, func(c *call) value {
		return gives(textType, "floe_regexp_replace(%s, %s, %s, %s, %s, %s)", c.text(0), c.text(1), c.textOr(5, "c"), c.intOr(3, "1"), c.intOr(4, "0"), c.textOr(2, ""))
	}},
	"MD5 MD5_HEX":              {1, 1, func(c *call) value { return gives(text(32), "floe_md5(%s)", c.bytes(0)) }},
	"SHA1 SHA1_HEX":            {1, 1, func(c *call) value { return gives(text(40), "floe_sha1(%s)", c.bytes(0)) }},
	"SHA2 SHA2_HEX":            {1, 2, func(c *call) value { return gives(text(128), "floe_sha2(%s, %s)", c.bytes(0), c.intOr(1, "256")) }},
	"HEX_ENCODE":               {1, 1, func(c *call) value { return gives(textType, "hex(%s)", c.bytes(0)) }},
	"HEX_DECODE_BINARY":        {1, 1, func(c *call) value { return gives(binaryType, "floe_hex_decode(%s, false)", c.text(0)) }},
	"TRY_HEX_DECODE_BINARY":    {1, 1, func(c *call) value { return gives(binaryType, "floe_hex_decode(%s, true)", c.text(0)) }},
	"HEX_DECODE_STRING":        {1, 1, func(c *call) value { return gives(textType, "floe_utf8(floe_hex_decode(%s, false), false)", c.text(0)) }},
	"TRY_HEX_DECODE_STRING":    {1, 1, func(c *call) value { return gives(textType, "floe_utf8(floe_hex_decode(%s, true), true)", c.text(0)) }},
	"BASE64_ENCODE":            {1, 1, func(c *call) value { return gives(textType, "to_base64(%s)", c.bytes(0)) }},
	"BASE64_DECODE_BINARY":     {1, 1, func(c *call) value { return gives(binaryType, "floe_base64_decode(%s, false)", c.text(0)) }},
	"TRY_BASE64_DECODE_BINARY": {1, 1, func(c *call) value { return gives(binaryType, "floe_base64_decode(%s, true)", c.text(0)) }},
	"BASE64_DECODE_STRING": {1, 1, func(c *call) value {
		return gives(textType, "floe_utf8(floe_base64_decode(%s, false), false)", c.text(0))
	}},
	"TRY_BASE64_DECODE_STRING": {1, 1, func(c *call) value {
		return gives(textType, "floe_utf8(floe_base64_decode(%s, true), true)", c.text(0))
	}},
	"UUID_STRING": {0, 0, func(*call) value { return value{"CAST(uuid() AS VARCHAR)", text(36), true} }},
}

// same is a text at most as long as the first argument.
func (c *call) same(format string, args ...any) value {
	return gives(c.t.text(c.arg(0)).typ, format, args...)
}

func (c *call) pad(name string) value {
	return gives(textType, "%s(%s, CAST(greatest(%s, 0) AS INTEGER), %s)", name, c.text(0), c.int(1), c.textOr(2, " "))
}
