package syntax

import (
	"strconv"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// synonyms are the names of types, with what they stand for. A length of -1 is the default of the kind.
var synonyms = map[string]types.Type{
	"NUMBER": {Kind: types.Fixed, Precision: types.MaxPrecision}, "DECIMAL": {Kind: types.Fixed, Precision: types.MaxPrecision},
	"NUMERIC": {Kind: types.Fixed, Precision: types.MaxPrecision}, "DEC": {Kind: types.Fixed, Precision: types.MaxPrecision},
	"INT": {Kind: types.Fixed, Precision: types.MaxPrecision}, "INTEGER": {Kind: types.Fixed, Precision: types.MaxPrecision},
	"BIGINT": {Kind: types.Fixed, Precision: types.MaxPrecision}, "SMALLINT": {Kind: types.Fixed, Precision: types.MaxPrecision},
	"TINYINT": {Kind: types.Fixed, Precision: types.MaxPrecision}, "BYTEINT": {Kind: types.Fixed, Precision: types.MaxPrecision},
	"FLOAT": {Kind: types.Real}, "FLOAT4": {Kind: types.Real}, "FLOAT8": {Kind: types.Real},
	"DOUBLE": {Kind: types.Real}, "REAL": {Kind: types.Real},
	"VARCHAR": {Kind: types.Text, Length: types.DefaultText}, "STRING": {Kind: types.Text, Length: types.DefaultText},
	"TEXT": {Kind: types.Text, Length: types.DefaultText}, "NVARCHAR": {Kind: types.Text, Length: types.DefaultText},
	"NVARCHAR2": {Kind: types.Text, Length: types.DefaultText},
	"CHAR":      {Kind: types.Text, Length: 1}, "CHARACTER": {Kind: types.Text, Length: 1}, "NCHAR": {Kind: types.Text, Length: 1},
	"BINARY": {Kind: types.Binary, Length: types.DefaultBinary}, "VARBINARY": {Kind: types.Binary, Length: types.DefaultBinary},
	"BOOLEAN":   {Kind: types.Boolean},
	"DATE":      {Kind: types.Date},
	"TIME":      {Kind: types.Time, Scale: types.DefaultScale},
	"TIMESTAMP": {Kind: types.TimestampNTZ, Scale: types.DefaultScale}, "DATETIME": {Kind: types.TimestampNTZ, Scale: types.DefaultScale},
	"TIMESTAMP_NTZ": {Kind: types.TimestampNTZ, Scale: types.DefaultScale}, "TIMESTAMPNTZ": {Kind: types.TimestampNTZ, Scale: types.DefaultScale},
	"TIMESTAMP_LTZ": {Kind: types.TimestampLTZ, Scale: types.DefaultScale}, "TIMESTAMPLTZ": {Kind: types.TimestampLTZ, Scale: types.DefaultScale},
	"TIMESTAMP_TZ": {Kind: types.TimestampTZ, Scale: types.DefaultScale}, "TIMESTAMPTZ": {Kind: types.TimestampTZ, Scale: types.DefaultScale},
	"VARIANT": {Kind: types.Variant}, "OBJECT": {Kind: types.Object}, "ARRAY": {Kind: types.Array},
}

// unsupportedTypes are the types of Snowflake that this package refuses by name.
var unsupportedTypes = set(`GEOGRAPHY GEOMETRY VECTOR MAP DECFLOAT UUID FILE`)

// integers take no precision.
var integers = set(`INT INTEGER BIGINT SMALLINT TINYINT BYTEINT`)

// dataType consumes the name of a type, with its parameters.
func (p *parser) dataType() types.Type {
	at := p.peek()
	if at.kind != word {
		p.unexpected()
	}
	t, known := synonyms[at.value]
	if !known {
		if unsupportedTypes[at.value] {
			p.unsupported("type " + at.value)
		}
		p.fail("Unsupported data type '" + at.value + "'")
	}
	p.at++
	switch at.value {
	case "DOUBLE":
		p.words("PRECISION")
	case "CHAR", "CHARACTER", "NCHAR":
		if p.words("VARYING") {
			t.Length = types.DefaultText
		}
	}
	if p.isSign("(") && !integers[at.value] {
		p.typeParams(at, &t)
	}
	if at.value == "TIMESTAMP" {
		switch {
		case p.words("WITHOUT TIME ZONE"):
		case p.words("WITH LOCAL TIME ZONE"):
			t.Kind = types.TimestampLTZ
		case p.words("WITH TIME ZONE"):
			t.Kind = types.TimestampTZ
		}
	}
	return t
}

// typeParams consumes the brackets behind the name of a type.
func (p *parser) typeParams(name *token, t *types.Type) {
	p.needSign("(")
	switch t.Kind {
	case types.Fixed:
		t.Precision = int(p.between(1, types.MaxPrecision))
		if p.sign(",") {
			t.Scale = int(p.between(0, min(int64(t.Precision), types.MaxPrecision-1)))
		}
	case types.Text:
		t.Length = p.between(1, types.MaxText)
	case types.Binary:
		t.Length = p.between(1, types.MaxBinary)
	case types.Time, types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
		t.Scale = int(p.between(0, types.DefaultScale))
	case types.Real, types.Boolean, types.Date, types.Variant:
		p.fail("unexpected '('")
	case types.Object, types.Array:
		p.unsupported("structured " + name.value)
	}
	p.needSign(")")
}

// between consumes a number that is neither below low nor above high.
func (p *parser) between(low, high int64) int64 {
	t := p.peek()
	if t.kind != number {
		p.unexpected()
	}
	n, err := strconv.ParseInt(t.value, 10, 64)
	if err != nil || n < low || n > high {
		p.fail("invalid value [" + t.value + "]: between " + strconv.FormatInt(low, 10) + " and " + strconv.FormatInt(high, 10))
	}
	p.at++
	return n
}
