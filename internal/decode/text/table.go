package text

// Cell is where the value of one column in one row stands in the text. The two highest bits of both numbers
// are marks.
type Cell struct{ Start, End uint32 }

// Marks of cells.
const (
	// Quoted, in End: the value stood in quotes.
	Quoted uint32 = 1 << 31
	// Escaped, in End: quotes or escapes within the value are doubled or escaped.
	Escaped uint32 = 1 << 30
	// Missing, in Start: the row ended before this column.
	Missing uint32 = 1 << 31

	// MaxTable bounds the bytes of a text in which cells are marked.
	MaxTable = 1 << 30

	marks = Quoted | Escaped
)

// CellFault is a cell that is no value of its column.
type CellFault struct {
	Row   int // in the table
	Fault Fault
}

// Table is a run of rows with cells for all columns of a text, row after row.
type Table struct {
	Data  []byte
	Cells []Cell
	Width int // cells in a row
	Rows  int
	// CheckUTF8 says that Data is not valid UTF-8 as a whole, so that each cell of text has to be looked at.
	CheckUTF8 bool
	// Nulls are the texts that stand for null.
	Nulls *Nulls
	// Unescape appends the value of an escaped cell.
	Unescape func(dst, cell []byte) []byte
	// Faults has the faults of the column that was appended last.
	Faults []CellFault

	scratch []byte
}

func (t *Table) fault(row int, f Fault) {
	t.Faults = append(t.Faults, CellFault{Row: row, Fault: f})
}

// Value returns the bytes of a marked cell, which are good until the next call, and whether it is quoted;
// false for ok where the row has no such cell.
func (t *Table) Value(c Cell) (b []byte, quoted, ok bool) {
	if c.Start&Missing != 0 {
		return nil, false, false
	}
	b = t.Data[c.Start : c.End&^marks]
	if c.End&Escaped != 0 {
		t.scratch = t.Unescape(t.scratch[:0], b)
		b = t.scratch
	}
	return b, c.End&Quoted != 0, true
}

// Nulls is a set of texts that stand for null.
type Nulls struct {
	texts   []string
	lengths uint64 // bit n: there is a text of n bytes
}

// LongestNull bounds the bytes of a text that stands for null.
const LongestNull = 63

// NewNulls returns the set of texts, each of at most [LongestNull] bytes.
func NewNulls(texts []string) *Nulls {
	n := &Nulls{texts: texts}
	for _, s := range texts {
		n.lengths |= 1 << len(s)
	}
	return n
}

// Has reports whether b stands for null.
func (n *Nulls) Has(b []byte) bool { return n.lengths>>len(b)&1 != 0 && n.find(b) }

func (n *Nulls) find(b []byte) bool {
	for _, s := range n.texts {
		if string(b) == s {
			return true
		}
	}
	return false
}
