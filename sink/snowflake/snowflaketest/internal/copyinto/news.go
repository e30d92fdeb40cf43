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
		rec, ok := l.object(text, at)
		if !ok {
			continue
		}
		clear(l.seen)
		more := false
		for _, m := range rec.members {
			if i := l.column(m.name); i >= 0 {
				l.seen[i] = true
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
