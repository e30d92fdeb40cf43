package sql

import (
	"maps"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/config"
)

// Options are read once, by [New]; the zero value, and nil, are the defaults.
type Options struct {
	// Types overrides the types of columns by name. A value that does not fit its type is a reject. A name that the
	// query has not is an error when reading starts.
	Types map[string]arrow.DataType

	// PageRows is the most rows that one query gives: reading goes on with a query for the rows behind, so that no
	// result stays open for long. It needs Query.Key, with an index. 0 = all rows by one query, which is open as long as
	// the partition is read; negative is refused.
	PageRows int64

	// BatchRows is the most rows of a record. 0 = 122,880; negative and more than 16,777,216 are refused.
	BatchRows int64
	// BatchBytes is about the most bytes of a record. 0 = 32 MiB; negative and more than 1 GiB are refused.
	BatchBytes int64

	// Allocator makes the buffers of records; nil = memory.DefaultAllocator.
	Allocator memory.Allocator
}

// checked returns a copy of o with its defaults, and notes its faults.
func (o *Options) checked(f *config.Faults, q *Query) Options {
	var c Options
	if o != nil {
		c = *o
		c.Types = maps.Clone(o.Types)
	}
	for name, t := range c.Types {
		if t == nil {
			f.Add("Options.Types", "column %q has no type", name)
		}
	}
	switch {
	case c.PageRows < 0:
		f.Add("Options.PageRows", "%d is negative", c.PageRows)
	case c.PageRows > 0 && len(q.Key) == 0:
		f.Add("Options.PageRows", "pages need Query.Key")
	}
	if c.BatchRows < 0 || c.BatchRows > 1<<24 {
		f.Add("Options.BatchRows", "%d is not from 0 to 16777216", c.BatchRows)
	}
	if c.BatchBytes < 0 || c.BatchBytes > 1<<30 {
		f.Add("Options.BatchBytes", "%d is not from 0 to 1073741824", c.BatchBytes)
	}
	if c.BatchRows == 0 {
		c.BatchRows = 122_880
	}
	if c.BatchBytes == 0 {
		c.BatchBytes = 32 << 20
	}
	if c.Allocator == nil {
		c.Allocator = memory.DefaultAllocator
	}
	return c
}
