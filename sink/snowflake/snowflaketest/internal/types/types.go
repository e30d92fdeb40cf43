// Package types has the data types of Snowflake, and the forms that their values have inside the fake.
//
// Source: Snowflake's documentation, "Summary of data types". Synonyms are resolved by the parser: INTEGER is
// NUMBER(38,0), STRING is VARCHAR, DATETIME is TIMESTAMP_NTZ.
package types

import "fmt"

// Kind is a family of types: what the protocol's column metadata calls type.
type Kind uint8

// Kinds.
const (
	Fixed        Kind = iota + 1 // NUMBER(precision, scale)
	Real                         // FLOAT: 64 bits
	Text                         // VARCHAR(length), in characters
	Binary                       // BINARY(length), in bytes
	Boolean                      // BOOLEAN
	Date                         // DATE
	Time                         // TIME(scale)
	TimestampNTZ                 // TIMESTAMP_NTZ(scale): wall clock
	TimestampLTZ                 // TIMESTAMP_LTZ(scale): instant
	TimestampTZ                  // TIMESTAMP_TZ(scale): instant and offset
	Variant                      // VARIANT
	Object                       // OBJECT
	Array                        // ARRAY
)

// Limits and defaults of the types' parameters.
const (
	MaxPrecision  = 38
	DefaultScale  = 9         // of times and timestamps: nanoseconds
	MaxText       = 134217728 // 128 MB
	DefaultText   = 16777216  // what VARCHAR without a length is
	MaxBinary     = 67108864
	DefaultBinary = 8388608
)

// Type is a column's type. The zero value is none.
type Type struct {
	Kind      Kind
	Precision int   // of Fixed
	Scale     int   // of Fixed, and digits of the second of Time and timestamps
	Length    int64 // of Text in characters, of Binary in bytes
}

// Wire returns the name of the kind in the protocol's column metadata.
func (k Kind) Wire() string {
	return [...]string{
		"", "fixed", "real", "text", "binary", "boolean", "date", "time", "timestamp_ntz", "timestamp_ltz", "timestamp_tz",
		"variant", "object", "array",
	}[k]
}

// String returns the type as DESCRIBE TABLE has it.
func (t Type) String() string {
	switch t.Kind {
	case Fixed:
		return fmt.Sprintf("NUMBER(%d,%d)", t.Precision, t.Scale)
	case Real:
		return "FLOAT"
	case Text:
		return fmt.Sprintf("VARCHAR(%d)", t.Length)
	case Binary:
		return fmt.Sprintf("BINARY(%d)", t.Length)
	case Boolean:
		return "BOOLEAN"
	case Date:
		return "DATE"
	case Time:
		return fmt.Sprintf("TIME(%d)", t.Scale)
	case TimestampNTZ:
		return fmt.Sprintf("TIMESTAMP_NTZ(%d)", t.Scale)
	case TimestampLTZ:
		return fmt.Sprintf("TIMESTAMP_LTZ(%d)", t.Scale)
	case TimestampTZ:
		return fmt.Sprintf("TIMESTAMP_TZ(%d)", t.Scale)
	case Variant:
		return "VARIANT"
	case Object:
		return "OBJECT"
	case Array:
		return "ARRAY"
	}
	return "no type"
}
