package copyinto

// Parquet has the options of TYPE = PARQUET.
type Parquet struct {
	values
	Compression          Compression // of the pages, which say it themselves
	BinaryAsText         bool
	UseLogicalType       bool
	UseVectorizedScanner bool
}

func defaultParquet() *Parquet {
	return &Parquet{
		values:       values{NullIf: []string{`\N`}},
		Compression:  AutoCompression,
		BinaryAsText: true,
	}
}

// Type is "PARQUET".
func (f *Parquet) Type() string { return "PARQUET" }

func (f *Parquet) clone() Format {
	c := *f
	return &c
}

func (f *Parquet) known() map[string]set {
	known := map[string]set{
		"COMPRESSION":            choice(&f.Compression, AutoCompression, Snappy, NoCompression),
		"SNAPPY_COMPRESSION":     boolean(new(bool)), // an older name of COMPRESSION, of unloading alone
		"BINARY_AS_TEXT":         boolean(&f.BinaryAsText),
		"USE_LOGICAL_TYPE":       boolean(&f.UseLogicalType),
		"USE_VECTORIZED_SCANNER": boolean(&f.UseVectorizedScanner),
	}
	f.values.known(known)
	return known
}

func (f *Parquet) check() error { return nil }

// Properties are the options with their values.
func (f *Parquet) Properties() []Property {
	d := defaultParquet()
	return append([]Property{
		{"COMPRESSION", "String", string(f.Compression), string(d.Compression)},
		{"BINARY_AS_TEXT", "Boolean", truth(f.BinaryAsText), truth(d.BinaryAsText)},
		{"USE_LOGICAL_TYPE", "Boolean", truth(f.UseLogicalType), truth(d.UseLogicalType)},
		{"USE_VECTORIZED_SCANNER", "Boolean", truth(f.UseVectorizedScanner), truth(d.UseVectorizedScanner)},
	}, f.values.properties()...)
}

// logical tells whether logical types are obeyed: the vectorized scanner always does.
func (f *Parquet) logical() bool { return f.UseLogicalType || f.UseVectorizedScanner }

// text tells whether bytes without a type are text: the vectorized scanner never thinks so.
func (f *Parquet) text() bool { return f.BinaryAsText && !f.UseVectorizedScanner }
