package snowflake

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// upsert adds what replaces rows by their keys: COPY into a work table, which goes with the block, and MERGE of the last
// row of each key. The bounds of the keys let Snowflake pass over the parts of the table that have none of them.
func (s *Sink) upsert(b *block, loads []*loading) {
	type work struct {
		p     *plan
		files []copied
		table string // where the rows go
		name  string // of the work table
	}
	var works []*work
	for _, l := range loads {
		if l.st == nil || len(l.st.files) == 0 {
			continue
		}
		p := l.w.plan.Load()
		at := slices.IndexFunc(works, func(w *work) bool { return w.p == p })
		if at < 0 {
			at = len(works)
			works = append(works, &work{p: p, table: s.qualified(l.w.table), name: s.newWork()})
		}
		works[at].files = append(works[at].files, l.copied(l.st.files)...)
	}
	for _, w := range works {
		b.failed = append(b.failed, "DROP TABLE IF EXISTS "+w.name)
	}
	for i, w := range works {
		b.add(w.p.createWork(s, w.name))
		s.copyInto(b, w.name, w.files)
		b.variables = append(b.variables, w.p.boundVariables(i)...)
		b.add(w.p.readBounds(s, i, w.name))
	}
	b.add("BEGIN TRANSACTION")
	for i, w := range works {
		b.add(w.p.merge(s, i, w.name, w.table))
	}
}

// newWork names a work table.
func (s *Sink) newWork() string {
	return s.qualified("_FLOE_WORK_" + strings.ToUpper(strings.ReplaceAll(uuid.NewString(), "-", "")))
}

// createWork makes a table of the session alone, with the columns of the files. Nothing is NOT NULL there: the rows were
// looked at before.
func (p *plan) createWork(s *Sink, name string) string {
	var columns []string
	for _, c := range p.columns {
		columns = append(columns, s.d.Quote(c.Name)+" "+c.Type)
	}
	columns = append(columns, s.d.Quote(ordinalColumn)+" NUMBER(38,0)")
	return "CREATE OR REPLACE TEMPORARY TABLE " + name + " (" + strings.Join(columns, ", ") + ")"
}

func (p *plan) boundVariables(work int) (list []string) {
	for i, k := range p.key {
		for _, end := range []string{"lo", "hi"} {
			list = append(list, fmt.Sprintf("%s%d_%d %s", end, work, i, p.columns[k].Type))
		}
	}
	return list
}

func (p *plan) readBounds(s *Sink, work int, name string) string {
	var values, into []string
	for i, k := range p.key {
		column := s.d.Quote(p.columns[k].Name)
		values = append(values, "MIN("+column+")", "MAX("+column+")")
		into = append(into, fmt.Sprintf(":lo%d_%d, :hi%d_%d", work, i, work, i))
	}
	return "SELECT " + strings.Join(values, ", ") + " INTO " + strings.Join(into, ", ") + " FROM " + name
}

// merge replaces rows as a whole: a column that the rows lack gets its default.
func (p *plan) merge(s *Sink, work int, name, table string) string {
	isKey := map[int]bool{}
	var key, on []string
	for i, k := range p.key {
		isKey[k] = true
		column := s.d.Quote(p.columns[k].Name)
		key = append(key, column)
		on = append(on, fmt.Sprintf("t.%s = s.%s AND t.%s BETWEEN :lo%d_%d AND :hi%d_%d", column, column, column, work, i, work, i))
	}
	var columns, values, sets []string
	for i, c := range p.columns {
		column := s.d.Quote(c.Name)
		columns = append(columns, column)
		values = append(values, "s."+column)
		if !isKey[i] {
			sets = append(sets, column+" = s."+column)
		}
	}
	for _, c := range p.rest {
		value := c.Default
		if value == "" {
			value = "NULL"
		}
		sets = append(sets, s.d.Quote(c.Name)+" = "+value)
	}
	matched := ""
	if len(sets) > 0 {
		matched = "\n    WHEN MATCHED THEN UPDATE SET " + strings.Join(sets, ", ")
	}
	list := strings.Join(columns, ", ")
	return fmt.Sprintf(`MERGE INTO %s t
    USING (SELECT %s FROM %s
      QUALIFY ROW_NUMBER() OVER (PARTITION BY %s ORDER BY %s DESC) = 1) s
    ON %s%s
    WHEN NOT MATCHED THEN INSERT (%s) VALUES (%s)`,
		table, list, name, strings.Join(key, ", "), s.d.Quote(ordinalColumn), strings.Join(on, " AND "), matched, list, strings.Join(values, ", "))
}
