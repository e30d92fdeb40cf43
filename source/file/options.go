package file

import (
	"runtime"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"gocloud.dev/blob"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/internal/decode/parquet"
	"github.com/floedata/floe/internal/decode/text"
)

// Options says how files are read. The zero value reads every format by the names of the files. New copies it.
type Options struct {
	// Format is the one of all files. "" = each file's name says it, with or without .gz, .zst or .zstd behind.
	Format Format

	// Schema names the columns to read, in this order, and their types. Columns that a file has besides are not
	// read; one that a file lacks is null, or an error where the field is not nullable. nil = the columns of all
	// files together, in the order in which they first come.
	Schema *arrow.Schema

	// Types overrides the type of columns by name. The values of a CSV or JSON file are read as that type, more
	// freely than inferred ones (00501 and 501.0 as the integer 501, yes as true), and those that do not fit are
	// rejected; a Parquet or Arrow column must widen to it without loss. It cannot be
	// given together with Schema. A name that no file has is an error when reading starts.
	Types map[string]arrow.DataType

	CSV  CSVOptions
	JSON JSONOptions

	// SampleBytes is how much of the beginning of each CSV or JSON file is looked at for the names and types of
	// columns, in bytes of uncompressed text. 0 = 256 KiB; of many files, less of each but the first ones: a
	// value further on that does not fit is rejected, not lost. Negative is refused.
	SampleBytes int

	// BatchRows is the most rows of a record of a Parquet or Arrow file, and of small files joined into one
	// record. 0 = 122,880; negative and more than 16,777,216 are refused.
	BatchRows int64

	// BlockBytes is about how much of a CSV or JSON file is decoded at once into one record, in bytes of
	// uncompressed text. 0 = 4 MiB; negative is refused.
	BlockBytes int

	// MaxRowBytes bounds a row of a CSV or JSON file, so that a quote that is never closed does not read the whole
	// file as one field. 0 = 64 MiB; at most 256 MiB; negative is refused.
	MaxRowBytes int

	// Parallel is how many blocks of text, files or columns are decoded at once. 0 = GOMAXPROCS; negative is
	// refused. The rows come in order all the same.
	Parallel int

	// Dictionaries reads text and binary columns of Parquet files as dictionary<int32> where they are stored so in
	// all files: less work, if the sink takes dictionaries.
	Dictionaries bool

	// Changed says what to do with files that a position knows and that are not any more what they were.
	Changed Changed

	// Bucket is where the paths are keys, instead of files and URLs. It stays the caller's: Close leaves it open.
	Bucket *blob.Bucket

	// Allocator makes the buffers of records; nil = memory.DefaultAllocator.
	Allocator memory.Allocator
}

// CSVOptions says how CSV files are read. The zero value reads RFC 4180 with a header line.
type CSVOptions struct {
	Delimiter byte // 0 = ',', and a tab where the name ends in .tsv or .tab
	Quote     byte // 0 = '"'
	NoQuote   bool // quotes are ordinary characters
	Escape    byte // inside quotes, makes the character behind it an ordinary one; 0 = quotes are doubled instead
	Trim      bool // spaces and tabs around unquoted texts are no part of them

	// NoHeader: the first line is a row. The columns are those of Schema in its order, else column0, column1, ...
	NoHeader bool

	// Nulls are the texts of unquoted fields that mean null. nil = the empty text; an empty list = none.
	Nulls []string

	// Ragged: a row with fewer fields than columns has nulls in the others. Without it such a row is rejected. One
	// with more fields is always rejected.
	Ragged bool
}

// JSONOptions says how JSON files are read.
type JSONOptions struct {
	// Mixed says what becomes of a column whose values have several kinds, for example numbers and texts.
	Mixed Mixed

	// IgnoreUnknown: a key that is no column, which happens where the sample did not have it, is not read. Without
	// it the row is rejected. With Options.Schema such keys are never read.
	IgnoreUnknown bool
}

// Mixed says what becomes of a JSON column whose values have several kinds.
type Mixed int

const (
	MixedText   Mixed = iota // the column is text: a value that is no string is its own JSON text
	MixedReject              // the column has the kind that most values of the sample have; rows with others are rejected, also where that is strings
)

// Changed says what to do with files that a position knows and that are not any more what they were.
type Changed int

const (
	// RefuseChanged: an *[source.OffsetError] names the file.
	RefuseChanged Changed = iota
	// KeepChanged: a finished file counts as finished; reading goes on in the one that was half read where it
	// stopped. One that was half read and is gone is given up.
	KeepChanged
	// ReloadChanged: the file is read from its beginning, as a new one; what was loaded of it stays in the
	// target. One that was half read and is gone is given up.
	ReloadChanged
)

const (
	defaultSampleBytes = 256 << 10
	defaultBatchRows   = 122_880
	defaultBlockBytes  = 4 << 20
)

// withDefaults returns a copy of o, which may be nil, with every zero filled in.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.SampleBytes == 0 {
		c.SampleBytes = defaultSampleBytes
	}
	if c.BatchRows == 0 {
		c.BatchRows = defaultBatchRows
	}
	if c.BlockBytes == 0 {
		c.BlockBytes = defaultBlockBytes
	}
	if c.Parallel == 0 {
		c.Parallel = runtime.GOMAXPROCS(0)
	}
	if c.Allocator == nil {
		c.Allocator = memory.DefaultAllocator
	}
	types := make(map[string]arrow.DataType, len(c.Types))
	for name, t := range c.Types {
		types[name] = t
	}
	c.Types = types
	if c.CSV.Nulls != nil {
		c.CSV.Nulls = append([]string{}, c.CSV.Nulls...)
	}
	return c
}

// check notes every fault of o, as the user gave it.
func (o *Options) check(f *config.Faults) {
	if o.Format != "" && !o.Format.known() {
		f.Add("Options.Format", "%q is no format; use one of csv, json, parquet, arrow, or leave it empty", string(o.Format))
	}
	if o.Schema != nil && len(o.Types) > 0 {
		f.Add("Options.Types", "Schema has the types already; give one of the two")
	}
	if o.Schema != nil {
		checkSchema(f, o.Schema)
	}
	for name, t := range o.Types {
		if t == nil {
			f.Add("Options.Types", "the type of column %q is nil", name)
		}
	}
	for _, n := range []struct {
		field string
		value int64
	}{
		{"Options.SampleBytes", int64(o.SampleBytes)},
		{"Options.BatchRows", o.BatchRows},
		{"Options.BlockBytes", int64(o.BlockBytes)},
		{"Options.MaxRowBytes", int64(o.MaxRowBytes)},
		{"Options.Parallel", int64(o.Parallel)},
	} {
		if n.value < 0 {
			f.Add(n.field, "%d is negative; 0 means the default", n.value)
		}
	}
	if o.BatchRows > parquet.MaxBatchRows {
		f.Add("Options.BatchRows", "%d is more than %d", o.BatchRows, parquet.MaxBatchRows)
	}
	if o.MaxRowBytes > text.LargestRowBytes {
		f.Add("Options.MaxRowBytes", "%d is more than %d", o.MaxRowBytes, text.LargestRowBytes)
	}
	if o.JSON.Mixed < MixedText || o.JSON.Mixed > MixedReject {
		f.Add("Options.JSON.Mixed", "%d is none of MixedText and MixedReject", o.JSON.Mixed)
	}
	if o.Changed < RefuseChanged || o.Changed > ReloadChanged {
		f.Add("Options.Changed", "%d is none of RefuseChanged, KeepChanged and ReloadChanged", o.Changed)
	}
	o.CSV.check(f)
}

func checkSchema(f *config.Faults, s *arrow.Schema) {
	if s.NumFields() == 0 {
		f.Add("Options.Schema", "it has no fields; leave it nil to read all columns")
	}
	seen := map[string]bool{}
	for _, field := range s.Fields() {
		if seen[field.Name] {
			f.Add("Options.Schema", "the name %q comes twice", field.Name)
		}
		seen[field.Name] = true
		if field.Type == nil {
			f.Add("Options.Schema", "the type of column %q is nil", field.Name)
		}
	}
}

func (o *CSVOptions) check(f *config.Faults) {
	special := func(field string, c byte) {
		if c == '\r' || c == '\n' || c >= 0x80 {
			f.Add(field, "%q cannot be used; take an ASCII character that does not end a line", c)
		}
	}
	special("Options.CSV.Delimiter", o.Delimiter)
	special("Options.CSV.Quote", o.Quote)
	special("Options.CSV.Escape", o.Escape)
	if o.NoQuote && (o.Quote != 0 || o.Escape != 0) {
		f.Add("Options.CSV.NoQuote", "without quotes, Quote and Escape mean nothing; give one of them")
	}
	delimiter, quote := o.Delimiter, o.Quote
	if delimiter == 0 {
		delimiter = ','
	}
	if quote == 0 && !o.NoQuote {
		quote = '"'
	}
	if delimiter == quote {
		f.Add("Options.CSV.Delimiter", "it is the quote too: %q", delimiter)
	}
	if o.Escape != 0 && o.Escape == delimiter {
		f.Add("Options.CSV.Escape", "it is the delimiter too: %q", o.Escape)
	}
	for _, n := range o.Nulls {
		if strings.ContainsAny(n, "\r\n") || len(n) > text.LongestNull {
			f.Add("Options.CSV.Nulls", "%.20q holds a line break or is longer than %d bytes", n, text.LongestNull)
		}
	}
}
