package sink

// Mode says what a load does with the rows that are in the target.
type Mode int

// Modes of loading.
const (
	Append  Mode = iota // add rows
	Upsert              // replace the row with the same key, else add one
	Replace             // load beside the target, and swap once the source has ended
)

func (m Mode) String() string {
	switch m {
	case Append:
		return "append"
	case Upsert:
		return "upsert"
	case Replace:
		return "replace"
	}
	return "unknown"
}

// Evolve says what Prepare may change in a target that exists.
type Evolve int

// Degrees of evolving. Columns are never dropped or narrowed.
const (
	EvolveNone Evolve = iota // nothing: a new column is a schema error
	AddColumns               // add columns that the rows have and the target lacks
	Widen                    // also widen the type of a column where every value keeps its meaning
)
