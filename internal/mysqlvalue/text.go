package mysqlvalue

import (
	"encoding/hex"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/jsonvalue"
)

func invalid(format string, args ...any) *dialect.Unfit {
	return &dialect.Unfit{Code: deadletter.CodeInvalid, Message: fmt.Sprintf(format, args...)}
}

func texts(a arrow.Array) func(row int) string {
	switch a := a.(type) {
	case *array.String:
		return a.Value
	case *array.LargeString:
		return a.Value
	}
	return a.(*array.StringView).Value
}

// lengths are how many bytes the columns without a number of their own hold.
var lengths = map[string]int{
	"tinytext": 1<<8 - 1, "text": 1<<16 - 1, "mediumtext": 1<<24 - 1,
	"tinyblob": 1<<8 - 1, "blob": 1<<16 - 1, "mediumblob": 1<<24 - 1,
}

func forText(dt arrow.DataType, c Column) (Codec, error) {
	codec := Codec{Form: Text, On: func(a arrow.Array) Writer {
		value := texts(a)
		return func(dst []byte, row int) []byte { return append(dst, value(row)...) }
	}}
	var fits func(s string) *dialect.Unfit
	switch c.Base {
	case "char", "varchar":
		fits = fitsCharacters(c)
	case "tinytext", "text", "mediumtext":
		most := lengths[c.Base]
		fits = func(s string) *dialect.Unfit { return fitsBytes(len(s), most) }
	case "longtext", "json", "uuid":
	case "enum":
		fits = func(s string) *dialect.Unfit {
			if slices.Contains(c.Values, s) {
				return nil
			}
			return invalid("%.200q is not one of the values of the enum", s)
		}
	default:
		return Codec{}, mismatch(dt, c, "LONGTEXT")
	}
	codec.Check = checkTexts(fits)
	return codec, nil
}

// fitsCharacters: CHAR drops blanks at the end, and both count characters.
func fitsCharacters(c Column) func(s string) *dialect.Unfit {
	return func(s string) *dialect.Unfit {
		if len(s) > c.Precision {
			if n := utf8.RuneCountInString(s); n > c.Precision {
				return outOfRange("the text of %d characters is longer than %d", n, c.Precision)
			}
		}
		if c.Base == "char" && len(s) > 0 && s[len(s)-1] == ' ' {
			return invalid("%.200q ends with a blank, which CHAR drops", s)
		}
		return nil
	}
}

func fitsBytes(have, most int) *dialect.Unfit {
	if have > most {
		return outOfRange("the value of %d bytes is longer than %d", have, most)
	}
	return nil
}

func checkTexts(fits func(string) *dialect.Unfit) func(a arrow.Array, from, to int, bad Bad) {
	return func(a arrow.Array, from, to int, bad Bad) {
		value := texts(a)
		for row := from; row < to; row++ {
			if a.IsNull(row) {
				continue
			}
			s := value(row)
			if !utf8.ValidString(s) {
				bad(row, invalid("%.200q is not valid UTF-8", s))
				continue
			}
			if fits == nil {
				continue
			}
			if u := fits(s); u != nil {
				bad(row, u)
			}
		}
	}
}

func bytesIn(a arrow.Array) func(row int) []byte {
	switch a := a.(type) {
	case *array.Binary:
		return a.Value
	case *array.LargeBinary:
		return a.Value
	case *array.BinaryView:
		return a.Value
	}
	return a.(*array.FixedSizeBinary).Value
}

func forBytes(dt arrow.DataType, c Column) (Codec, error) {
	codec := Codec{Form: Bytes, On: func(a arrow.Array) Writer {
		value := bytesIn(a)
		return func(dst []byte, row int) []byte { return append(dst, value(row)...) }
	}}
	var fits func(n int) *dialect.Unfit
	switch c.Base {
	case "binary":
		fits = func(n int) *dialect.Unfit {
			if n < c.Precision {
				return invalid("the value of %d bytes is shorter than %d, and BINARY would fill it up", n, c.Precision)
			}
			return fitsBytes(n, c.Precision)
		}
	case "varbinary":
		fits = func(n int) *dialect.Unfit { return fitsBytes(n, c.Precision) }
	case "tinyblob", "blob", "mediumblob":
		fits = func(n int) *dialect.Unfit { return fitsBytes(n, lengths[c.Base]) }
	case "longblob":
		return codec, nil
	default:
		return Codec{}, mismatch(dt, c, "LONGBLOB")
	}
	codec.Check = func(a arrow.Array, from, to int, bad Bad) {
		value := bytesIn(a)
		for row := from; row < to; row++ {
			if a.IsNull(row) {
				continue
			}
			if u := fits(len(value(row))); u != nil {
				bad(row, u)
			}
		}
	}
	return codec, nil
}

// uuidCodec is for MariaDB's UUID, which takes text.
func uuidCodec() Codec {
	return Codec{On: func(a arrow.Array) Writer {
		value := bytesIn(a)
		return func(dst []byte, row int) []byte {
			v := value(row)
			dst = append(hex.AppendEncode(dst, v[:4]), '-')
			for i := 4; i < 10; i += 2 {
				dst = append(hex.AppendEncode(dst, v[i:i+2]), '-')
			}
			return hex.AppendEncode(dst, v[10:])
		}
	}}
}

// forNested writes lists, structs and maps as JSON.
func forNested(dt arrow.DataType, c Column) (Codec, error) {
	if err := jsonvalue.Check(dt); err != nil {
		return Codec{}, err
	}
	var fits func(string) *dialect.Unfit
	switch c.Base {
	case "json", "longtext":
	case "text", "mediumtext":
		fits = func(s string) *dialect.Unfit { return fitsBytes(len(s), lengths[c.Base]) }
	default:
		return Codec{}, mismatch(dt, c, "JSON")
	}
	return Codec{
		Form: Text,
		Check: func(a arrow.Array, from, to int, bad Bad) {
			var buf []byte
			for row := from; row < to; row++ {
				if a.IsNull(row) {
					continue
				}
				var err error
				if buf, err = jsonvalue.Append(buf[:0], a, row); err != nil {
					bad(row, invalid("%v", err))
				} else if fits != nil {
					if u := fits(string(buf)); u != nil {
						bad(row, u)
					}
				}
			}
		},
		On: func(a arrow.Array) Writer {
			return func(dst []byte, row int) []byte {
				dst, _ = jsonvalue.Append(dst, a, row) // Check has found what fails
				return dst
			}
		},
	}, nil
}
