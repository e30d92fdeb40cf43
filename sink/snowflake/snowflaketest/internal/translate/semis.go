package translate

import (
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// semis are functions of semi-structured values.
var semis = map[string]spec{
	"OBJECT_CONSTRUCT":           {0, -1, func(c *call) value { return c.object("floe_object") }},
	"OBJECT_CONSTRUCT_KEEP_NULL": {0, -1, func(c *call) value { return c.object("floe_object_keep_null") }},
	"ARRAY_CONSTRUCT":            {0, -1, func(c *call) value { return c.t.array(c.args()) }},
	"ARRAY_SIZE":                 {1, 1, func(c *call) value { return givesInt(9, "floe_array_size(%s)", c.variant(0)) }},
	"ARRAY_CONTAINS":             {2, 2, func(c *call) value { return truth("floe_array_contains(%s, %s)", c.variant(0), c.variant(1)) }},
	"ARRAY_TO_STRING":            {2, 2, func(c *call) value { return gives(textType, "floe_array_to_string(%s, %s)", c.variant(0), c.text(1)) }},
	"ARRAY_POSITION":             {2, 2, func(c *call) value { return givesInt(9, "floe_array_position(%s, %s)", c.variant(0), c.variant(1)) }},
	"ARRAY_APPEND": {2, 2, func(c *call) value {
		return gives(arrayType, "floe_array_cat(%s, floe_array(%s))", c.variant(0), c.variant(1))
	}},
	"ARRAY_PREPEND": {2, 2, func(c *call) value {
		return gives(arrayType, "floe_array_cat(floe_array(%s), %s)", c.variant(1), c.variant(0))
	}},
	"ARRAY_CAT": {2, 2, func(c *call) value { return gives(arrayType, "floe_array_cat(%s, %s)", c.variant(0), c.variant(1)) }},
	"ARRAY_SLICE": {3, 3, func(c *call) value {
		return gives(arrayType, "floe_array_slice(%s, %s, %s)", c.variant(0), c.int(1), c.int(2))
	}},
	"ARRAY_DISTINCT": {1, 1, func(c *call) value { return gives(arrayType, "floe_array_distinct(%s)", c.variant(0)) }},
	"OBJECT_INSERT": {3, 4, func(c *call) value {
		replace := "FALSE"
		if c.has(3) {
			replace = c.bool(3)
		}
		return gives(objectType, "floe_object_insert(%s, %s, %s, %s)", c.variant(0), c.text(1), c.variant(2), replace)
	}},
	"OBJECT_DELETE":      {2, -1, func(c *call) value { return c.keys("floe_object_delete") }},
	"OBJECT_PICK":        {2, -1, func(c *call) value { return c.keys("floe_object_pick") }},
	"OBJECT_KEYS":        {1, 1, func(c *call) value { return gives(arrayType, "floe_object_keys(%s)", c.variant(0)) }},
	"GET":                {2, 2, func(c *call) value { return c.t.get(value{sql: c.variant(0), typ: variantType}, c.arg(1)) }},
	"GET_PATH":           {2, 2, func(c *call) value { return gives(variantType, "floe_get_path(%s, %s)", c.variant(0), c.text(1)) }},
	"IS_NULL_VALUE":      {1, 1, func(c *call) value { return truth("(%s = 'null')", c.variant(0)) }},
	"STRIP_NULL_VALUE":   {1, 1, func(c *call) value { return gives(variantType, "NULLIF(%s, 'null')", c.variant(0)) }},
	"TYPEOF":             {1, 1, func(c *call) value { return gives(textType, "floe_typeof(%s)", c.variant(0)) }},
	"IS_ARRAY":           {1, 1, func(c *call) value { return truth("(floe_typeof(%s) = 'ARRAY')", c.variant(0)) }},
	"IS_OBJECT":          {1, 1, func(c *call) value { return truth("(floe_typeof(%s) = 'OBJECT')", c.variant(0)) }},
	"IS_BOOLEAN":         {1, 1, func(c *call) value { return truth("(floe_typeof(%s) = 'BOOLEAN')", c.variant(0)) }},
	"IS_INTEGER":         {1, 1, func(c *call) value { return truth("(floe_typeof(%s) = 'INTEGER')", c.variant(0)) }},
	"IS_VARCHAR IS_CHAR": {1, 1, func(c *call) value { return truth("(floe_typeof(%s) = 'VARCHAR')", c.variant(0)) }},
	"SYSTEM$TYPEOF": {1, 1, func(c *call) value {
		return textLiteral(typeName(c.arg(0).typ))
	}},
	"AS_VARCHAR AS_CHAR": {1, 1, func(c *call) value {
		return gives(textType, "(CASE WHEN floe_typeof(%s) = 'VARCHAR' THEN floe_variant_text(%s) END)", c.variant(0), c.variant(0))
	}},
	"AS_INTEGER": {1, 1, func(c *call) value {
		whole := c.t.cast(value{sql: c.variant(0), typ: variantType}, fixed(types.MaxPrecision, 0), try)
		return gives(whole.typ, "(CASE WHEN floe_typeof(%s) = 'INTEGER' THEN %s END)", c.variant(0), whole.sql)
	}},
	"AS_ARRAY": {1, 1, func(c *call) value {
		return gives(arrayType, "(CASE WHEN floe_typeof(%s) = 'ARRAY' THEN %s END)", c.variant(0), c.variant(0))
	}},
	"AS_OBJECT": {1, 1, func(c *call) value {
		return gives(objectType, "(CASE WHEN floe_typeof(%s) = 'OBJECT' THEN %s END)", c.variant(0), c.variant(0))
	}},
}

// typeName is what SYSTEM$TYPEOF says: a type, and how it is kept. Snowflake goes by the values for the latter, we by the type.
func typeName(of types.Type) string {
	switch of.Kind {
	case 0:
		return "NULL[LOB]"
	case types.Fixed:
		return of.String() + "[" + storage(of.Precision) + "]"
	case types.Real:
		return "FLOAT[DOUBLE]"
	case types.Boolean:
		return "BOOLEAN[SB1]"
	case types.Date:
		return "DATE[SB4]"
	case types.Time:
		return of.String() + "[SB8]"
	case types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
		return of.String() + "[SB16]"
	}
	return of.String() + "[LOB]"
}

// keys is an OBJECT with some of its keys.
func (c *call) keys(function string) value {
	args := []string{c.variant(0)}
	for i := 1; c.has(i); i++ {
		args = append(args, c.text(i))
	}
	return value{called(function, args...), objectType, false}
}

// object makes an OBJECT of keys and values, or of a whole row.
func (c *call) object(function string) value {
	var args []string
	for i := 0; i < len(c.x.Args); i++ {
		if star, ok := c.x.Args[i].(*syntax.Star); ok {
			for _, o := range c.t.star(star, c.s) {
				args = append(args, quote(o.name), c.t.cast(o.value, variantType, implicit).sql)
			}
			continue
		}
		if i+1 == len(c.x.Args) {
			panic(compilation(938, "22023", c.x.Pos, "not enough arguments for function [%s]: a key has no value", c.x.Name))
		}
		args = append(args, c.text(i), c.variant(i+1))
		i++
	}
	if len(args) == 0 {
		return value{"'{}'", objectType, true}
	}
	return value{called(function, args...), objectType, true}
}
