package copyinto

import (
	"strconv"
	"strings"
)

// CSV has the options of TYPE = CSV.
type CSV struct {
	times
	values
	Compression                Compression
	RecordDelimiter            string // "\n" stands for "\r\n" too; "" is NONE: the file is one record
	FieldDelimiter             string // "" is NONE: a record is one field
	MultiLine                  bool
	ParseHeader                bool
	SkipHeader                 int64
	SkipBlankLines             bool
	BinaryFormat               BinaryFormat
	Escape                     byte // in enclosed fields; 0 is NONE
	EscapeUnenclosed           byte // in other fields; 0 is NONE
	Enclosure                  byte // 0 is NONE
	ErrorOnColumnCountMismatch bool
	EmptyFieldAsNull           bool
	SkipByteOrderMark          bool
	Encoding                   Encoding
}

// Encoding is the value of ENCODING.
type Encoding string

// Encodings; Snowflake has more, which are refused.
const (
	EncodingUTF8    Encoding = "UTF8"
	EncodingLatin1  Encoding = "ISO88591"
	EncodingUTF16   Encoding = "UTF16"
	EncodingUTF16BE Encoding = "UTF16BE"
	EncodingUTF16LE Encoding = "UTF16LE"
)

var encodings = []Encoding{EncodingUTF8, EncodingLatin1, EncodingUTF16, EncodingUTF16BE, EncodingUTF16LE}

func defaultCSV() *CSV {
	return &CSV{
		values:                     values{NullIf: []string{`\N`}},
		Compression:                AutoCompression,
		RecordDelimiter:            "\n",
		FieldDelimiter:             ",",
		MultiLine:                  true,
		BinaryFormat:               Hex,
		EscapeUnenclosed:           '\\',
		ErrorOnColumnCountMismatch: true,
		EmptyFieldAsNull:           true,
		SkipByteOrderMark:          true,
		Encoding:                   EncodingUTF8,
	}
}

// Type is "CSV".
func (f *CSV) Type() string { return "CSV" }

func (f *CSV) clone() Format {
	c := *f
	return &c
}

func (f *CSV) known() map[string]set {
	known := map[string]set{
		"COMPRESSION":                    choice(&f.Compression, textCompressions...),
		"RECORD_DELIMITER":               delimiter(&f.RecordDelimiter),
		"FIELD_DELIMITER":                delimiter(&f.FieldDelimiter),
		"MULTI_LINE":                     boolean(&f.MultiLine),
		"PARSE_HEADER":                   boolean(&f.ParseHeader),
		"SKIP_HEADER":                    count(&f.SkipHeader),
		"SKIP_BLANK_LINES":               boolean(&f.SkipBlankLines),
		"BINARY_FORMAT":                  choice(&f.BinaryFormat, Hex, Base64, UTF8),
		"ESCAPE":                         character(&f.Escape),
		"ESCAPE_UNENCLOSED_FIELD":        character(&f.EscapeUnenclosed),
		"FIELD_OPTIONALLY_ENCLOSED_BY":   character(&f.Enclosure),
		"ERROR_ON_COLUMN_COUNT_MISMATCH": boolean(&f.ErrorOnColumnCountMismatch),
		"EMPTY_FIELD_AS_NULL":            boolean(&f.EmptyFieldAsNull),
		"SKIP_BYTE_ORDER_MARK":           boolean(&f.SkipByteOrderMark),
		"ENCODING":                       f.setEncoding,
	}
	f.times.known(known)
	f.values.known(known)
	return known
}

func (f *CSV) setEncoding(s Setting) error {
	s.Text = strings.ToUpper(strings.NewReplacer("-", "", "_", "").Replace(s.Text))
	if err := choice(&f.Encoding, encodings...)(s); err != nil {
		return unsupported("ENCODING %s", s.Text)
	}
	return nil
}

func (f *CSV) check() error {
	if f.ParseHeader && f.SkipHeader > 0 {
		return compilation(1008, "22023", "SKIP_HEADER is not supported with PARSE_HEADER = TRUE")
	}
	if f.RecordDelimiter != "" && f.FieldDelimiter != "" &&
		(strings.Contains(f.RecordDelimiter, f.FieldDelimiter) || strings.Contains(f.FieldDelimiter, f.RecordDelimiter)) {
		return compilation(1008, "22023", "the delimiter of FIELD_DELIMITER or RECORD_DELIMITER is a part of the other")
	}
	return nil
}

// Properties are the options with their values.
func (f *CSV) Properties() []Property {
	d := defaultCSV()
	of := func(f *CSV) []string {
		return []string{
			string(f.Compression), noned(f.RecordDelimiter), noned(f.FieldDelimiter), truth(f.MultiLine), truth(f.ParseHeader),
			strconv.FormatInt(f.SkipHeader, 10), truth(f.SkipBlankLines), string(f.BinaryFormat), noned(char(f.Escape)),
			noned(char(f.EscapeUnenclosed)), noned(char(f.Enclosure)), truth(f.ErrorOnColumnCountMismatch), truth(f.EmptyFieldAsNull),
			truth(f.SkipByteOrderMark), string(f.Encoding),
		}
	}
	value, standard := of(f), of(d)
	var all []Property
	for i, p := range []Property{
		{Name: "COMPRESSION", Type: "String"},
		{Name: "RECORD_DELIMITER", Type: "String"},
		{Name: "FIELD_DELIMITER", Type: "String"},
		{Name: "MULTI_LINE", Type: "Boolean"},
		{Name: "PARSE_HEADER", Type: "Boolean"},
		{Name: "SKIP_HEADER", Type: "Integer"},
		{Name: "SKIP_BLANK_LINES", Type: "Boolean"},
		{Name: "BINARY_FORMAT", Type: "String"},
		{Name: "ESCAPE", Type: "String"},
		{Name: "ESCAPE_UNENCLOSED_FIELD", Type: "String"},
		{Name: "FIELD_OPTIONALLY_ENCLOSED_BY", Type: "String"},
		{Name: "ERROR_ON_COLUMN_COUNT_MISMATCH", Type: "Boolean"},
		{Name: "EMPTY_FIELD_AS_NULL", Type: "Boolean"},
		{Name: "SKIP_BYTE_ORDER_MARK", Type: "Boolean"},
		{Name: "ENCODING", Type: "String"},
	} {
		p.Value, p.Default = value[i], standard[i]
		all = append(all, p)
	}
	all = append(all, f.times.properties(d.times)...)
	return append(all, f.values.properties()...)
}

func char(c byte) string {
	if c == 0 {
		return ""
	}
	return string(rune(c))
}

func noned(s string) string {
	if s == "" {
		return "NONE"
	}
	return shownText(s)
}
