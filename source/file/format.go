package file

import (
	"path"
	"slices"
	"strings"
)

// Format is the form in which a file holds rows.
type Format string

// Formats. The zero Format means that the name of each file says it.
const (
	CSV     Format = "csv"     // text of delimited fields: .csv, .tsv, .tab
	JSON    Format = "json"    // an object a line, or one array of objects: .json, .ndjson, .jsonl
	Parquet Format = "parquet" // .parquet, .pq
	Arrow   Format = "arrow"   // Arrow IPC, file or stream, known by its first bytes: .arrow, .arrows, .feather, .ipc
)

var formats = []Format{CSV, JSON, Parquet, Arrow}

func (f Format) known() bool { return slices.Contains(formats, f) }

func (f Format) text() bool { return f == CSV || f == JSON }

// kind is what a file's name says about it.
type kind struct {
	format     Format
	tabs       bool // fields are divided by tabs
	compressed bool // a name ending in .gz, .zst or .zstd
}

// kindOf reads the ends of a name; the format is "" where they say nothing.
func kindOf(name string) kind {
	var k kind
	name = strings.ToLower(path.Base(name))
	switch path.Ext(name) {
	case ".gz", ".zst", ".zstd":
		k.compressed = true
		name = strings.TrimSuffix(name, path.Ext(name))
	}
	switch path.Ext(name) {
	case ".csv":
		k.format = CSV
	case ".tsv", ".tab":
		k.format, k.tabs = CSV, true
	case ".json", ".ndjson", ".jsonl":
		k.format = JSON
	case ".parquet", ".pq":
		k.format = Parquet
	case ".arrow", ".arrows", ".feather", ".ipc":
		k.format = Arrow
	}
	return k
}
