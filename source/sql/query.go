package sql

import (
	"slices"
	"strings"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/dialect"
)

// Query says which rows are read, in which order, and how reading goes on. Either Table or Text is set.
type Query struct {
	// Name is the partition's ID; offsets are kept under it. Default: the table's name, with its schema. Needed with
	// Text. Where the rows cannot be read again (see Ordered) it is the id of the run, fresh for each, and "" does for
	// sinks that keep no offsets.
	Name string

	// Schema, Table name a table or view, each taken as it is; Columns the columns to read, nil = all.
	Schema, Table string
	Columns       []string
	// Where is a condition of the table's rows, without the word. Its parameters are in Args.
	Where string
	// Text is a SELECT, or whatever else has rows, instead of a table. Its parameters are in Args.
	Text string
	Args []any

	// Key names the columns by which rows are ordered and by whose values reading goes on, the cursor first, then those
	// that tell rows of one cursor value apart. All are among the columns read and never NULL, and an index begins with
	// them, or each query sorts. Together they are unique, unless Ties is set.
	Key []string
	// Ties: several rows may have one key. They are told apart by counting, in the order of all their columns, so the
	// rows of a key must stay as they are once the first of them is read.
	Ties bool
	// Ordered says of a query without Key that it has the same rows in the same order each time it is run: it orders
	// them by itself, and new ones come last. A position is then a count of rows. Neither Key nor Ordered: the rows
	// cannot be read again, see [source.NotReplayable].
	Ordered bool
	// Split are values of the first column of Key, ascending, at which further partitions begin, which are read in
	// parallel: n of them make n+1 partitions, the first of which has whatever is below, the last whatever is from the
	// last one on. See [SplitInts] and [SplitTimes]. A partition's ID is made of the values, so a value that is changed
	// makes new partitions, which begin at the beginning: reset the pipeline then. A value added at the end leaves all but
	// the last as they are.
	Split []any
}

// gone reports whether the rows cannot be read again.
func (q *Query) gone() bool { return len(q.Key) == 0 && !q.Ordered }

// checked returns a copy of q with its defaults, and notes its faults.
func (q *Query) checked(f *config.Faults) Query {
	c := *q
	c.Columns, c.Args, c.Key, c.Split = slices.Clone(q.Columns), slices.Clone(q.Args), slices.Clone(q.Key), slices.Clone(q.Split)
	c.Text = strings.TrimRight(strings.TrimSpace(q.Text), ";")
	if c.Name == "" && !c.gone() && c.Table != "" {
		c.Name = c.Table
		if c.Schema != "" {
			c.Name = c.Schema + "." + c.Table
		}
	}
	switch {
	case c.Table == "" && c.Text == "":
		f.Add("Query.Table", "neither Table nor Text says what to read")
	case c.Table != "" && c.Text != "":
		f.Add("Query.Text", "Table is set as well: give one of them")
	case c.Name == "" && !c.gone():
		f.Add("Query.Name", "a query needs a name: offsets are kept under it")
	}
	if c.Table == "" {
		if c.Schema != "" || c.Columns != nil || c.Where != "" {
			f.Add("Query.Text", "Schema, Columns and Where are for a Table: write them into the query")
		}
	} else if c.Where == "" && len(c.Args) > 0 {
		f.Add("Query.Args", "there is neither Where nor Text with parameters")
	}
	c.checkKey(f)
	return c
}

func (q *Query) checkKey(f *config.Faults) {
	for i, k := range q.Key {
		switch {
		case k == "":
			f.Add("Query.Key", "column %d has no name", i)
		case slices.Contains(q.Key[:i], k):
			f.Add("Query.Key", "%q comes twice", k)
		case q.Columns != nil && !slices.Contains(q.Columns, k):
			f.Add("Query.Key", "%q is not among Columns: it must be read", k)
		}
	}
	if len(q.Key) > 0 && q.Ordered {
		f.Add("Query.Ordered", "it is for a query without Key")
	}
	if len(q.Key) == 0 {
		if q.Ties {
			f.Add("Query.Ties", "there is no Key")
		}
		if len(q.Split) > 0 {
			f.Add("Query.Split", "there is no Key whose first column it splits")
		}
	}
}

// from writes what rows are read from, and the condition that they meet; "" = none.
func (q *Query) from(d Dialect) (from, where string) {
	if q.Text != "" {
		// The line break ends a comment.
		return "(" + q.Text + "\n) " + d.Quote("q"), ""
	}
	if q.Where != "" {
		where = "(" + q.Where + "\n)"
	}
	table := d.Quote(q.Table)
	if q.Schema != "" {
		table = d.Quote(q.Schema) + "." + table
	}
	return table, where
}

// columns writes the list of columns.
func (q *Query) columns(d Dialect) string {
	if len(q.Columns) == 0 {
		return "*"
	}
	quoted := make([]string, len(q.Columns))
	for i, c := range q.Columns {
		quoted[i] = d.Quote(c)
	}
	return strings.Join(quoted, ", ")
}

// Dialect is the part of a [dialect.Dialect] that reading needs.
type Dialect interface {
	Name() string
	Quote(name string) string
	Placeholder(n int) string
	Classify(err error) dialect.Class
	dialect.Reader
}
