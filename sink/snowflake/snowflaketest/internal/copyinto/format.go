package copyinto

import (
	"fmt"
	"strings"
)

// Format is how files are written: *[CSV], *[JSON] or *[Parquet], made by [NewFormat] and not changed.
type Format interface {
	// Type is the value of TYPE: "CSV", "JSON", "PARQUET".
	Type() string
	// Properties are the options with their values, in the documentation's order.
	Properties() []Property
	clone() Format
	known() map[string]set
	check() error
}

// Property is an option of a format, as DESCRIBE FILE FORMAT shows it.
type Property struct {
	Name    string
	Type    string // "String", "Boolean", "Integer", "List"
	Value   string
	Default string
}

// NewFormat returns base with the settings' values in the place of its own. A nil base, and a TYPE that is not base's,
// stand for the defaults of the type, which is CSV where the settings have no TYPE. Unknown options and values are refused
// by name.
func NewFormat(base Format, settings []Setting) (Format, error) {
	var rest []Setting
	typ := ""
	for _, s := range settings {
		if s.Name != "TYPE" {
			rest = append(rest, s)
			continue
		}
		if s.IsList || typ != "" {
			return nil, invalid(s)
		}
		typ = strings.ToUpper(s.Text)
		switch typ {
		case "CSV", "JSON", "PARQUET":
		case "AVRO", "ORC", "XML":
			return nil, unsupported("FILE FORMAT TYPE %s", typ)
		default:
			return nil, invalid(s)
		}
	}
	format := base
	if format == nil || typ != "" && typ != format.Type() {
		format = defaultFormat(typ)
	}
	format = format.clone()
	if err := apply(rest, format.known()); err != nil {
		return nil, err
	}
	if err := format.check(); err != nil {
		return nil, err
	}
	return format, nil
}

func defaultFormat(typ string) Format {
	switch typ {
	case "JSON":
		return defaultJSON()
	case "PARQUET":
		return defaultParquet()
	}
	return defaultCSV()
}

// Compression is the value of COMPRESSION.
type Compression string

// Compressions.
const (
	AutoCompression Compression = "AUTO"
	Gzip            Compression = "GZIP"
	Bzip2           Compression = "BZ2"
	Brotli          Compression = "BROTLI"
	Zstd            Compression = "ZSTD"
	Deflate         Compression = "DEFLATE"
	RawDeflate      Compression = "RAW_DEFLATE"
	Snappy          Compression = "SNAPPY"
	NoCompression   Compression = "NONE"
)

var textCompressions = []Compression{AutoCompression, Gzip, Bzip2, Brotli, Zstd, Deflate, RawDeflate, NoCompression}

// BinaryFormat is the value of BINARY_FORMAT: how text stands for bytes.
type BinaryFormat string

// Binary formats.
const (
	Hex    BinaryFormat = "HEX"
	Base64 BinaryFormat = "BASE64"
	UTF8   BinaryFormat = "UTF8"
)

// times are the options of dates and times in text: "" is AUTO, the session's format.
type times struct {
	DateFormat      string
	TimeFormat      string
	TimestampFormat string
}

func (t *times) known(into map[string]set) {
	into["DATE_FORMAT"] = pattern(&t.DateFormat)
	into["TIME_FORMAT"] = pattern(&t.TimeFormat)
	into["TIMESTAMP_FORMAT"] = pattern(&t.TimestampFormat)
}

func (t times) properties(of times) []Property {
	auto := func(s string) string {
		if s == "" {
			return "AUTO"
		}
		return s
	}
	return []Property{
		{"DATE_FORMAT", "String", auto(t.DateFormat), auto(of.DateFormat)},
		{"TIME_FORMAT", "String", auto(t.TimeFormat), auto(of.TimeFormat)},
		{"TIMESTAMP_FORMAT", "String", auto(t.TimestampFormat), auto(of.TimestampFormat)},
	}
}

// values are the options of what values of all formats become.
type values struct {
	TrimSpace                bool
	NullIf                   []string
	ReplaceInvalidCharacters bool // U+FFFD for what is not UTF-8; else it is an error
}

func (v *values) known(into map[string]set) {
	into["TRIM_SPACE"] = boolean(&v.TrimSpace)
	into["NULL_IF"] = list(&v.NullIf)
	into["REPLACE_INVALID_CHARACTERS"] = boolean(&v.ReplaceInvalidCharacters)
}

func (v values) properties() []Property {
	return []Property{
		{"TRIM_SPACE", "Boolean", truth(v.TrimSpace), "false"},
		{"NULL_IF", "List", listed(v.NullIf), `[\\N]`},
		{"REPLACE_INVALID_CHARACTERS", "Boolean", truth(v.ReplaceInvalidCharacters), "false"},
	}
}

func truth(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func listed(texts []string) string {
	escaped := make([]string, len(texts))
	for i, t := range texts {
		escaped[i] = shownText(t)
	}
	return "[" + strings.Join(escaped, ", ") + "]"
}

// shownText is a string with the escapes that an option takes.
func shownText(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
