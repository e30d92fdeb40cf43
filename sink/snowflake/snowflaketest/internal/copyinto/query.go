package copyinto

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// query makes columns of a table of a file. Of the column i of the table, s is the value of the file, v that of the column,
// and e what is wrong with it.
type query struct {
	in      *input
	columns []made
	table   string // has the values; "" while they are to be computed
}

// convert computes the values of a file of text, once for the search for errors and the insertion: they cost more than a
// table does. Those of Parquet cost less.
func (l *loader) convert(ctx context.Context, q *query) error {
	if l.parquet() {
		return nil
	}
	name, err := q.in.tableAs(ctx, l.conn, "AS SELECT * FROM "+q.values(l))
	if err == nil {
		q.table = "temp." + name
	}
	return err
}

// values is the relation of n, s and v.
func (q *query) values(l *loader) string {
	if q.table != "" {
		return q.table
	}
	inner, outer := []string{"n"}, []string{"n"}
	for i, c := range q.columns {
		if c.literal != "" {
			continue
		}
		s, v := fmt.Sprintf("s%d", i), fmt.Sprintf("v%d", i)
		if c.source == nil {
			inner = append(inner, "NULL AS "+s)
			outer = append(outer, s, "NULL AS "+v)
			continue
		}
		inner = append(inner, l.settled(c)+" AS "+s)
		outer = append(outer, s, named(c.made.value, i)+" AS "+v)
	}
	from := q.in.from
	if l.req.Transform != nil && l.req.Transform.As != "" {
		from += " AS " + l.req.Transform.As
	}
	return "(SELECT " + strings.Join(outer, ", ") + " FROM (SELECT " + strings.Join(inner, ", ") + " FROM " + from + "))"
}

// settled is the value of the file after TRIM_SPACE and NULL_IF, which CSV has seen to already. They are for columns, not
// for whole records.
func (l *loader) settled(c made) string {
	s, typ := c.source.sql, c.source.typ
	if typ.Kind == types.Variant && !semiStructured(c.Type) {
		s = "nullif(" + s + ", 'null')"
	}
	var v values
	switch f := l.req.Format.(type) {
	case *JSON:
		v = f.values
	case *Parquet:
		v = f.values
	}
	if l.req.Options.Match == MatchNone {
		return s
	}
	text := ""
	switch typ.Kind {
	case types.Text:
		if v.TrimSpace {
			s = "trim(" + s + ")"
		}
		text = s
	case types.Variant:
		if v.TrimSpace {
			s = "CASE WHEN left(" + s + ", 1) = '\"' THEN CAST(to_json(trim(json_extract_string(" + s + ", '$'))) AS VARCHAR) ELSE " + s + " END"
		}
		text = l.converter.shown(typ, s)
	default:
		text = l.converter.shown(typ, s)
	}
	if null := v.nulls(typ); len(null) > 0 {
		s = "CASE WHEN " + text + " IN (" + strings.Join(null, ", ") + ") THEN NULL ELSE " + s + " END"
	}
	return s
}

// nulls are the literals of NULL_IF that a value of the type may be.
func (v values) nulls(typ types.Type) []string {
	var all []string
	for _, n := range v.NullIf {
		if n == `\N` && typ.Kind != types.Text && typ.Kind != types.Variant {
			continue
		}
		all = append(all, lit(n))
	}
	return all
}

// named puts the names of the column i into the expression of a conversion.
func named(sql string, i int) string {
	return strings.NewReplacer(src, fmt.Sprintf("s%d", i), val, fmt.Sprintf("v%d", i)).Replace(sql)
}

// rules are what may be wrong with the column, NULL last.
func (l *loader) rules(c made) []rule {
	if c.literal != "" {
		return nil
	}
	rules := slices.Clone(c.made.rules)
	if c.source != nil && c.source.marked {
		rules = append([]rule{{"contains(" + src + ", " + lit(invalidText) + ")", src, notUTF8}}, rules...)
	}
	return rules
}

// faults is the expression of what is wrong with the column i, "" if nothing can be: a letter for the rule, and the value.
// NULL, which no rule is for, is Z.
func (l *loader) faults(c made, i int) string {
	var b strings.Builder
	rules := l.rules(c)
	for k, r := range rules {
		fmt.Fprintf(&b, " WHEN %s IS NOT NULL AND (%s) THEN '%c' || coalesce(%s, '')", src, r.when, 'A'+k, r.show)
	}
	if !c.Nullable && c.literal == "" {
		fmt.Fprintf(&b, " WHEN %s IS NULL THEN 'Z'", val)
	}
	if b.Len() == 0 {
		return ""
	}
	return named("CASE"+b.String()+" END", i)
}

// rows is the relation of rows, without those that have errors.
func (q *query) rows(l *loader, bad bool) string {
	if !bad {
		return q.values(l)
	}
	var good []string
	for i, c := range q.columns {
		if e := l.faults(c, i); e != "" {
			good = append(good, "("+e+") IS NULL")
		}
	}
	if len(good) == 0 {
		return q.values(l)
	}
	return q.values(l) + " WHERE " + strings.Join(good, " AND ")
}

// errors finds what is wrong with a file's rows, in their order.
func (l *loader) errors(ctx context.Context, q *query, f File) ([]RowError, error) {
	all := slices.Clone(q.in.errors)
	if err := l.readable(ctx, q); err != nil {
		return nil, err
	}
	if err := l.convert(ctx, q); err != nil {
		return nil, err
	}
	found, err := l.conversions(ctx, q)
	if err != nil {
		return nil, err
	}
	all = append(all, found...)
	slices.SortStableFunc(all, func(a, b RowError) int { return cmp.Compare(a.Row, b.Row) })
	if l.remaining >= 0 {
		all = slices.DeleteFunc(all, func(e RowError) bool { return e.Row > l.remaining })
	}
	for i := range all {
		all[i].File = f.relative()
	}
	return all, nil
}

// conversions finds the values that do not fit their columns.
func (l *loader) conversions(ctx context.Context, q *query) ([]RowError, error) {
	var checks, wrong []string
	var checked []int
	for i, c := range q.columns {
		if e := l.faults(c, i); e != "" {
			checks = append(checks, fmt.Sprintf("%s AS e%d", e, i))
			wrong = append(wrong, fmt.Sprintf("e%d IS NOT NULL", i))
			checked = append(checked, i)
		}
	}
	if len(checks) == 0 {
		return nil, nil
	}
	on := l.conn
	if l.parquet() {
		on = l.look
	}
	text := "SELECT * FROM (SELECT n, " + strings.Join(checks, ", ") + " FROM " + q.values(l) + ") WHERE " + strings.Join(wrong, " OR ") + " ORDER BY n"
	if l.req.Options.OnError.Action == Abort {
		text += " LIMIT 1" // it is the only one that is told
	}
	rows, err := on.QueryContext(ctx, text)
	if err == nil {
		defer rows.Close()
	}
	var all []RowError
	var n int64
	texts := make([]*string, len(checked))
	scan := []any{&n}
	for i := range texts {
		scan = append(scan, &texts[i])
	}
	for err == nil && rows.Next() {
		if err = rows.Scan(scan...); err != nil {
			break
		}
		for k, i := range checked {
			if texts[k] != nil {
				all = append(all, l.conversion(q, i, n, *texts[k]))
			}
		}
	}
	if err == nil {
		err = rows.Err()
	}
	return all, l.fileFault(ctx, err)
}

// parquet tells whether files are read by DuckDB itself.
func (l *loader) parquet() bool {
	_, ok := l.req.Format.(*Parquet)
	return ok
}

// fileFault makes an error of reading a Parquet file the file's.
func (l *loader) fileFault(ctx context.Context, err error) error {
	if err == nil || !l.parquet() || ctx.Err() != nil || l.req.Transform != nil {
		return err
	}
	var told *duckdb.Error
	if errors.As(err, &told) && (told.Type == duckdb.ErrorTypeBinder || told.Type == duckdb.ErrorTypeParser || told.Type == duckdb.ErrorTypeCatalog) {
		return err // the query's own
	}
	return &fileError{notParquet, err.Error()}
}

// readable reads the columns of a Parquet file that nothing has been asked of, so that a page that cannot be read is found
// while the file may still be left out.
func (l *loader) readable(ctx context.Context, q *query) error {
	if !l.parquet() || l.req.Options.OnError.Action == Abort {
		return nil
	}
	var counts []string
	for i, c := range q.columns {
		if c.source != nil && l.faults(c, i) == "" {
			counts = append(counts, fmt.Sprintf("count(v%d)", i))
		}
	}
	if len(counts) == 0 {
		return nil
	}
	_, err := l.look.ExecContext(ctx, "SELECT "+strings.Join(counts, ", ")+" FROM "+q.values(l))
	return l.fileFault(ctx, err)
}

// conversion is the error of the column i in row n, of what [loader.faults] says.
func (l *loader) conversion(q *query, i int, n int64, text string) RowError {
	c := q.columns[i]
	f, value := isNull, text[1:]
	if k := int(text[0] - 'A'); text[0] != 'Z' {
		f = l.rules(c)[k].fault
	} else if csv, ok := l.req.Format.(*CSV); ok && csv.Enclosure != 0 && c.Type.Kind == types.Text && l.req.Transform == nil {
		f = isNullField
	}
	if f == notUTF8 {
		_, value, _ = strings.Cut(value, invalidText)
		digits := len(value) - len(strings.TrimLeft(value, "0123456789ABCDEF"))
		value = "0x" + value[:digits]
	}
	e := f.row(value, n)
	e.Line, e.RowStart = n, n
	if l.req.Transform == nil {
		e.Column = columnName(l.req.Table, c.Name, c.index)
	}
	if q.in.locate != nil {
		q.in.locate(&e, l.fileColumn(q, c))
	}
	return e
}

// fileColumn is the index of the file's column that c is made of.
func (l *loader) fileColumn(q *query, c made) int {
	for j := range q.in.columns {
		if c.source == &q.in.columns[j] {
			return j
		}
	}
	return -1
}
