package sql

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// literalColumn is the name of the column that has the literals of the n-th column of a key.
func literalColumn(n int) string { return fmt.Sprintf("_floe_key_%d", n) }

// writer writes the statements of one query.
type writer struct {
	d Dialect
	q *Query
	// types are those of the key's columns; nil = not known yet.
	types []arrow.DataType
	// literals are columns beside those of the query that have the key's values as literals.
	literals bool
	// ties order rows of one key.
	ties []string
}

// span is the part of the rows that a partition has, by the first column of the key. nil = no bound.
type span struct{ from, to *value }

// statement is being written.
type statement struct {
	w     *writer
	text  strings.Builder
	where []string
	args  []any
}

// start writes SELECT … FROM, with the query's own condition and parameters.
func (w *writer) start(columns string) *statement {
	s := &statement{w: w, args: append([]any(nil), w.q.Args...)}
	from, where := w.q.from(w.d)
	s.text.WriteString("SELECT " + columns + " FROM " + from)
	if where != "" {
		s.where = append(s.where, where)
	}
	return s
}

// param adds a parameter that is compared with the n-th column of the key, and writes it.
func (s *statement) param(v value, n int) string {
	s.args = append(s.args, v.arg())
	return s.w.d.KeyParameter(s.w.types[n], s.w.d.Placeholder(len(s.args)))
}

// build appends conditions and what comes behind them.
func (s *statement) build(tail string) (string, []any) {
	if len(s.where) > 0 {
		s.text.WriteString(" WHERE " + strings.Join(s.where, " AND "))
	}
	s.text.WriteString(tail)
	return s.text.String(), s.args
}

// whole is the query itself, of which the order holds.
func (w *writer) whole() (string, []any) {
	if w.q.Text != "" {
		return w.q.Text, w.q.Args
	}
	return w.start(w.q.columns(w.d)).build("")
}

// describe is a statement without rows that has the query's columns.
func (w *writer) describe() (string, []any) {
	s := w.start(w.q.columns(w.d))
	s.where = append(s.where, "1 = 0")
	return s.build("")
}

// nulls finds a row whose n-th column of the key is NULL.
func (w *writer) nulls(n int) (string, []any) {
	s := w.start(w.d.Quote(w.q.Key[n]))
	s.where = append(s.where, w.d.Quote(w.q.Key[n])+" IS NULL")
	return s.build(w.d.Limit(1))
}

// overlap finds a row that a value has before it, and a later value behind it.
func (w *writer) overlap(parts []part) (string, []any) {
	first := w.d.Quote(w.q.Key[0])
	s := w.start(first)
	var pairs []string
	for _, p := range parts[1 : len(parts)-1] {
		pairs = append(pairs, first+" >= "+s.param(*p.to, 0)+" AND "+first+" < "+s.param(*p.from, 0))
	}
	s.where = append(s.where, "("+strings.Join(pairs, " OR ")+")")
	return s.build(w.d.Limit(1))
}

// rows are those of a span from the row at a position on, that row included. limit 0 = all.
func (w *writer) rows(in span, at position, limit int64) (string, []any) {
	s := w.start(w.list())
	first := w.d.Quote(w.q.Key[0])
	if in.from != nil {
		s.where = append(s.where, first+" >= "+s.param(*in.from, 0))
	}
	if in.to != nil {
		s.where = append(s.where, first+" < "+s.param(*in.to, 0))
	}
	if len(at.key) > 0 {
		s.where = append(s.where, s.from(at.key, 0))
	}
	tail := " ORDER BY " + w.order()
	if limit > 0 {
		tail += w.d.Limit(limit)
	}
	return s.build(tail)
}

// from is the condition of the rows whose key, from its n-th column on, is not before one. The comparison of the
// column stands alone, in front, where an index serves it.
func (s *statement) from(key []value, n int) string {
	column := s.w.d.Quote(s.w.q.Key[n])
	text := column + " >= " + s.param(key[n], n)
	if n == len(key)-1 {
		return text
	}
	return text + " AND (" + column + " > " + s.param(key[n], n) + " OR " + s.from(key, n+1) + ")"
}

// list writes the columns, and the literals of the key behind them.
func (w *writer) list() string {
	list := w.q.columns(w.d)
	if !w.literals {
		return list
	}
	for n, k := range w.q.Key {
		list += ", " + w.d.KeyLiteral(w.d.Quote(k)) + " AS " + w.d.Quote(literalColumn(n))
	}
	return list
}

// order writes the key, and what orders ties.
func (w *writer) order() string {
	var list []string
	for _, name := range w.q.Key {
		list = append(list, w.d.Quote(name))
	}
	return strings.Join(append(list, w.ties...), ", ")
}
