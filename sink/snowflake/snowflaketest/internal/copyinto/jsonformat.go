package copyinto

// JSON has the options of TYPE = JSON.
type JSON struct {
	times
	values
	Compression       Compression
	BinaryFormat      BinaryFormat
	MultiLine         bool
	EnableOctal       bool
	AllowDuplicate    bool // the last of them is kept
	StripOuterArray   bool
	StripNullValues   bool
	SkipByteOrderMark bool
}

func defaultJSON() *JSON {
	return &JSON{
		values:            values{NullIf: []string{`\N`}},
		Compression:       AutoCompression,
		BinaryFormat:      Hex,
		MultiLine:         true,
		SkipByteOrderMark: true,
	}
}

// Type is "JSON".
func (f *JSON) Type() string { return "JSON" }

func (f *JSON) clone() Format {
	c := *f
	return &c
}

func (f *JSON) known() map[string]set {
	known := map[string]set{
		"COMPRESSION":          choice(&f.Compression, textCompressions...),
		"BINARY_FORMAT":        choice(&f.BinaryFormat, Hex, Base64, UTF8),
		"MULTI_LINE":           boolean(&f.MultiLine),
		"ENABLE_OCTAL":         boolean(&f.EnableOctal),
		"ALLOW_DUPLICATE":      boolean(&f.AllowDuplicate),
		"STRIP_OUTER_ARRAY":    boolean(&f.StripOuterArray),
		"STRIP_NULL_VALUES":    boolean(&f.StripNullValues),
		"SKIP_BYTE_ORDER_MARK": boolean(&f.SkipByteOrderMark),
	}
	f.times.known(known)
	f.values.known(known)
	known["IGNORE_UTF8_ERRORS"] = boolean(&f.ReplaceInvalidCharacters)
	return known
}

func (f *JSON) check() error {
	if f.EnableOctal {
		return unsupported("ENABLE_OCTAL = TRUE")
	}
	return nil
}

// Properties are the options with their values.
func (f *JSON) Properties() []Property {
	d := defaultJSON()
	all := []Property{
		{"COMPRESSION", "String", string(f.Compression), string(d.Compression)},
		{"BINARY_FORMAT", "String", string(f.BinaryFormat), string(d.BinaryFormat)},
		{"MULTI_LINE", "Boolean", truth(f.MultiLine), truth(d.MultiLine)},
		{"ENABLE_OCTAL", "Boolean", truth(f.EnableOctal), truth(d.EnableOctal)},
		{"ALLOW_DUPLICATE", "Boolean", truth(f.AllowDuplicate), truth(d.AllowDuplicate)},
		{"STRIP_OUTER_ARRAY", "Boolean", truth(f.StripOuterArray), truth(d.StripOuterArray)},
		{"STRIP_NULL_VALUES", "Boolean", truth(f.StripNullValues), truth(d.StripNullValues)},
		{"SKIP_BYTE_ORDER_MARK", "Boolean", truth(f.SkipByteOrderMark), truth(d.SkipByteOrderMark)},
	}
	all = append(all, f.times.properties(d.times)...)
	return append(all, f.values.properties()...)
}
