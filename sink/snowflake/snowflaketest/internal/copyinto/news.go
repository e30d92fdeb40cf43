package copyinto

// News returns what rows as [LoadRows] takes them have that the table has not: the lines with names that are no column's, and
// the names of columns that are NOT NULL, have no default, and that a row lacks.
func News(req Request) (unknown []byte, lacking []string) {
	l := newRowLoader(nil, nil, req)
	lacks := make([]bool, len(req.Columns))
	for {
		text, at, ok := l.line()
		if !ok {
			break
		}
		if !l.object(text, at) {
			continue
		}
		clear(l.seen)
		more := false
		for _, m := range l.members {
			if m.column >= 0 {
				l.seen[m.column] = true
			} else {
				more = true
			}
		}
		if more {
			unknown = append(append(unknown, text...), '\n')
		}
		for i, c := range req.Columns {
			lacks[i] = lacks[i] || !l.seen[i] && !c.Nullable && c.Default == ""
		}
	}
	for i, c := range req.Columns {
		if lacks[i] {
			lacking = append(lacking, c.Name)
		}
	}
	return unknown, lacking
}
