package snowflake

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// Type is a column's type, taken apart.
type Type struct {
	// Name is the type without its parameters: NUMBER, FLOAT, VARCHAR, BINARY, BOOLEAN, DATE, TIME, TIMESTAMP_NTZ,
	// TIMESTAMP_LTZ, TIMESTAMP_TZ, VARIANT, OBJECT, ARRAY, or another one, which is not known here.
	Name string
	// Precision is a NUMBER's. Scale is a NUMBER's, and the digits behind the second of times.
	Precision, Scale int32
	// Length is in characters of VARCHAR, in bytes of BINARY.
	Length int64
}

// Limits of types.
const (
	maxPrecision  = 38
	defaultText   = 16_777_216
	defaultBinary = 8_388_608
	nanoseconds   = 9
)

// ParseType takes a type apart as DESCRIBE TABLE writes it, and as CREATE TABLE takes it without parameters.
func ParseType(text string) Type {
	name, rest, _ := strings.Cut(text, "(")
	t := Type{Name: strings.ToUpper(strings.TrimSpace(name))}
	var args []int64
	for _, arg := range strings.Split(strings.TrimSuffix(strings.TrimSpace(rest), ")"), ",") {
		if n, err := strconv.ParseInt(strings.TrimSpace(arg), 10, 64); err == nil {
			args = append(args, n)
		}
	}
	arg := func(i int, otherwise int64) int64 {
		if i < len(args) {
			return args[i]
		}
		return otherwise
	}
	switch t.Name {
	case "NUMBER":
		t.Precision, t.Scale = int32(arg(0, maxPrecision)), int32(arg(1, 0))
	case "VARCHAR":
		t.Length = arg(0, defaultText)
	case "BINARY":
		t.Length = arg(0, defaultBinary)
	case "TIME", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP_TZ":
		t.Scale = int32(arg(0, nanoseconds))
	}
	return t
}

// ColumnType returns the type of the column that is made for a field. An error says why there is none and what to do.
func ColumnType(f arrow.Field) (string, error) {
	switch t := f.Type.(type) {
	case *arrow.BooleanType:
		return "BOOLEAN", nil
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type, *arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		// What Snowflake makes of INTEGER. Its storage does not depend on the precision.
		return "NUMBER(38,0)", nil
	case *arrow.Float16Type, *arrow.Float32Type, *arrow.Float64Type:
		return "FLOAT", nil
	case arrow.DecimalType:
		if t.GetPrecision() < 1 || t.GetPrecision() > maxPrecision || t.GetScale() < 0 || t.GetScale() > min(t.GetPrecision(), maxPrecision-1) {
			return "", errors.New("a NUMBER has 1 to 38 digits, none to 37 of them behind the point: convert the column before")
		}
		return fmt.Sprintf("NUMBER(%d,%d)", t.GetPrecision(), t.GetScale()), nil
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType, *arrow.NullType:
		return "VARCHAR", nil
	case *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.BinaryViewType, *arrow.FixedSizeBinaryType:
		return "BINARY", nil
	case *arrow.Date32Type, *arrow.Date64Type:
		return "DATE", nil
	case *arrow.Time32Type, *arrow.Time64Type:
		return "TIME(9)", nil
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			return "TIMESTAMP_LTZ(9)", nil
		}
		return "TIMESTAMP_NTZ(9)", nil
	case *arrow.DictionaryType:
		if arrow.IsNested(t.ValueType.ID()) || t.ValueType.ID() == arrow.DICTIONARY {
			return "", errors.New("a dictionary must be one of plain values: unpack the column before")
		}
		return ColumnType(arrow.Field{Name: f.Name, Type: t.ValueType, Metadata: f.Metadata})
	case arrow.ListLikeType, *arrow.StructType:
		return "VARIANT", variant(f.Type)
	}
	return "", errors.New("no type of Snowflake holds its values as they are: convert the column before, or leave it out")
}

// variant says why a VARIANT does not hold values of the type as they are.
func variant(dt arrow.DataType) error {
	switch t := dt.(type) {
	case *arrow.MapType:
		if t.KeyType().ID() != arrow.STRING {
			return fmt.Errorf("its keys are of type %s, and those of an object in VARIANT are text: make them text before", t.KeyType())
		}
		return variant(t.ItemType())
	case arrow.ListLikeType:
		return variant(t.Elem())
	case *arrow.StructType:
		if t.NumFields() == 0 {
			return errors.New("a struct without fields cannot be loaded: leave the column out")
		}
		seen := map[string]bool{}
		for _, f := range t.Fields() {
			if seen[f.Name] {
				return fmt.Errorf("it has the field %q twice, and an object in VARIANT has a name once: rename one", f.Name)
			}
			seen[f.Name] = true
			if err := variant(f.Type); err != nil {
				return fmt.Errorf("its field %q: %w", f.Name, err)
			}
		}
		return nil
	}
	switch dt.ID() {
	case arrow.BOOL, arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64,
		arrow.FLOAT32, arrow.FLOAT64, arrow.STRING, arrow.LARGE_STRING:
		return nil
	}
	return fmt.Errorf("values of type %s inside VARIANT do not keep their type: make them text or numbers before", dt)
}

// Digits are the most digits before and behind the point that integers and decimals of a type have; false = it is neither.
func Digits(dt arrow.DataType) (before, behind int32, ok bool) {
	switch t := dt.(type) {
	case *arrow.Int8Type, *arrow.Uint8Type:
		return 3, 0, true
	case *arrow.Int16Type, *arrow.Uint16Type:
		return 5, 0, true
	case *arrow.Int32Type, *arrow.Uint32Type:
		return 10, 0, true
	case *arrow.Int64Type:
		return 19, 0, true
	case *arrow.Uint64Type:
		return 20, 0, true
	case arrow.DecimalType:
		return t.GetPrecision() - t.GetScale(), t.GetScale(), true
	case *arrow.DictionaryType:
		return Digits(t.ValueType)
	}
	return 0, 0, false
}

// widen returns the type to which a column can be altered. Snowflake raises the precision of a NUMBER, never its scale, and
// the length of a VARCHAR.
func widen(have Type, f arrow.Field) (string, bool) {
	name, err := ColumnType(f)
	if err != nil {
		return "", false
	}
	want := ParseType(name)
	switch {
	case have.Name == "NUMBER" && want.Name == "NUMBER":
		before, behind, _ := Digits(f.Type)
		if behind > have.Scale || before+have.Scale > maxPrecision {
			return "", false
		}
		return fmt.Sprintf("NUMBER(%d,%d)", max(before+have.Scale, have.Precision), have.Scale), before > have.Precision-have.Scale
	case have.Name == "VARCHAR" && want.Name == "VARCHAR":
		return fmt.Sprintf("VARCHAR(%d)", want.Length), want.Length > have.Length
	}
	return "", false
}
