package copyinto

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// LoadRows is [Load] for rows of Snowpipe Streaming: the files are texts of lines ([File].Text), each an object, in the order
// in which they were sent, and the format is JSON. ON_ERROR is CONTINUE. A column of the table that an object lacks has its
// default, and a JSON null is NULL but for VARIANT. Where a Transform or Into is given, it is as Load has it.
//
// Values of the usual forms are converted here and appended; rows with any other value, and transformations, go the way of
// Load. A line that is no object is a row with an error.
func LoadRows(ctx context.Context, conn, look *sql.Conn, req Request) ([]FileResult, error) {
	l := newRowLoader(conn, look, req)
	if l.rest() == len(req.Files) {
		return l.results, nil
	}
	if req.Transform == nil {
		if err := l.quick(ctx); err != nil {
			return nil, fmt.Errorf("load rows: %w", err)
		}
	} else if err := l.whole(); err != nil {
		return nil, err
	}
	if err := l.slowly(ctx); err != nil {
		return nil, fmt.Errorf("load rows: %w", err)
	}
	for i := range l.results {
		r := &l.results[i]
		slices.SortStableFunc(r.Errors, func(a, b RowError) int { return int(a.Row - b.Row) })
		r.ErrorsSeen = badRows(r.Errors)
		r.Loaded = r.Parsed - r.ErrorsSeen
		if r.Status = Loaded; r.ErrorsSeen > 0 {
			r.Status = PartiallyLoaded
		}
	}
	return l.results, nil
}

// rowLoader loads the rows of one request.
type rowLoader struct {
	req        Request
	format     *JSON
	conn, look *sql.Conn
	results    []FileResult

	file    int // where reading is
	at      int
	parser  *jsonParser
	known   map[string]int // the column of a name as objects have it; -1 is none
	members []rowMember
	values  []driver.Value // of a row, and whether its columns with defaults are absent
	absent  []int          // where that is among the values, by column; 0: the column has no default
	seen    []bool         // by column
	slow    []*slowRows
}

func newRowLoader(conn, look *sql.Conn, req Request) *rowLoader {
	l := &rowLoader{
		req: req, format: req.Format.(*JSON), conn: conn, look: look,
		results: make([]FileResult, len(req.Files)), known: map[string]int{}, seen: make([]bool, len(req.Columns)), absent: make([]int, len(req.Columns)),
	}
	l.req.Options.OnError = OnError{Action: Continue}
	l.parser = &jsonParser{format: l.format}
	for i, f := range req.Files {
		l.results[i].File = f.Name
	}
	return l
}

// slowRows are rows that lack the same columns with defaults.
type slowRows struct {
	absent string // their columns
	text   []byte
	from   []rowAt
}

// rowAt is where a row is from.
type rowAt struct {
	file     int
	row      int64
	rejected string
}

// rest moves on to a file that has more, and returns its index.
func (l *rowLoader) rest() int {
	for l.file < len(l.req.Files) && l.at >= len(l.req.Files[l.file].Text) {
		l.file, l.at = l.file+1, 0
	}
	return l.file
}

// line returns the next line that is not empty, and where it is.
func (l *rowLoader) line() (text []byte, at rowAt, ok bool) {
	for {
		i := l.rest()
		if i == len(l.req.Files) {
			return nil, rowAt{}, false
		}
		all := l.req.Files[i].Text[l.at:]
		n := bytes.IndexByte(all, '\n')
		if n < 0 {
			n = len(all)
		}
		l.at += n + 1
		if text = bytes.TrimSpace(all[:n]); len(text) > 0 {
			l.results[i].Parsed++
			return text, rowAt{file: i, row: l.results[i].Parsed}, true
		}
	}
}

// fail notes that a row has an error.
func (l *rowLoader) fail(at rowAt, text []byte, e RowError) {
	e.Row, e.Line, e.RowStart, e.Rejected = at.row, at.row, at.row, string(text)
	e.File = l.req.Files[at.file].relative()
	l.results[at.file].Errors = append(l.results[at.file].Errors, e)
}

// rowMember is a member of a row.
type rowMember struct {
	column     int // -1: the table has none of that name
	start, end int // of the value without white space, in parser.out
}

// object parses a line into members.
func (l *rowLoader) object(text []byte, at rowAt) bool {
	p := l.parser
	p.text, p.at, p.out = text, 0, p.out[:0]
	l.members = l.members[:0]
	f := l.pairs(p)
	if p.space(); f == nil && p.at < len(text) {
		f = p.stray()
	}
	if f == nil && !utf8.Valid(text) {
		l.fail(at, text, notUTF8.row(hexed(string(text)), at.row))
		return false
	}
	if f != nil {
		l.fail(at, text, notJSON.row(f.text, at.row))
		return false
	}
	return true
}

// pairs parses the names and values of an object.
func (l *rowLoader) pairs(p *jsonParser) *jsonFailure {
	if p.text[0] != '{' {
		return p.fail("a row is an object")
	}
	for p.at++; ; p.at++ {
		p.space()
		if p.at < len(p.text) && p.text[p.at] == '}' && len(l.members) == 0 {
			break
		}
		if p.at >= len(p.text) || p.text[p.at] != '"' {
			return p.fail("incomplete object value")
		}
		name, f := l.name(p)
		if f != nil {
			return f
		}
		p.space()
		if p.at >= len(p.text) || p.text[p.at] != ':' {
			return p.fail("misplaced %s", p.here())
		}
		p.at++
		m := rowMember{column: name, start: len(p.out)}
		if f := p.value(nil); f != nil {
			return f
		}
		m.end = len(p.out)
		l.members = append(l.members, m)
		p.space()
		if p.at >= len(p.text) || p.text[p.at] != ',' && p.text[p.at] != '}' {
			return p.fail("incomplete object value")
		}
		if p.text[p.at] == '}' {
			break
		}
	}
	p.at++
	return nil
}

// name parses a name, and returns its column.
func (l *rowLoader) name(p *jsonParser) (int, *jsonFailure) {
	rest := p.text[p.at+1:]
	if i := bytes.IndexByte(rest, '"'); i >= 0 && bytes.IndexByte(rest[:i], '\\') < 0 {
		if column, ok := l.known[string(rest[:i])]; ok {
			p.at += i + 2
			return column, nil
		}
	}
	at := len(p.out)
	name, f := p.str()
	p.out = p.out[:at]
	return l.column(name), f
}

// quick inserts the rows whose values are all of the usual forms, and leaves the others to slowly.
func (l *rowLoader) quick(ctx context.Context) error {
	in := &input{}
	var definitions, names, values []string
	for i, c := range l.req.Columns {
		definitions = append(definitions, fmt.Sprintf("c%d %s", i, c.Type.DuckDB()))
		names = append(names, ident(c.dest()))
		values = append(values, fmt.Sprintf("c%d", i))
	}
	for i, c := range l.req.Columns {
		if c.Default != "" {
			l.absent[i] = len(definitions)
			definitions = append(definitions, fmt.Sprintf("d%d BOOLEAN", i))
			values[i] = fmt.Sprintf("CASE WHEN d%d THEN %s ELSE c%[1]d END", i, c.Default)
		}
	}
	l.values = make([]driver.Value, len(definitions))
	for _, e := range l.req.Extra {
		names = append(names, ident(e.Name))
		values = append(values, e.SQL)
	}
	name, err := in.table(ctx, l.conn, strings.Join(definitions, ", "))
	if err != nil {
		return err
	}
	n := 0
	err = fill(ctx, l.conn, name, func() ([]driver.Value, error) {
		for {
			text, at, ok := l.line()
			if !ok {
				return nil, nil
			}
			if l.object(text, at) && l.row(text, at) {
				n++
				return l.values, nil
			}
		}
	})
	if err != nil {
		return err
	}
	if n > 0 {
		insert := "INSERT INTO " + l.req.Dest + " (" + strings.Join(names, ", ") + ") SELECT " + strings.Join(values, ", ") + " FROM temp." + name
		if _, err := l.conn.ExecContext(ctx, insert); err != nil {
			return err
		}
	}
	return in.close(ctx)
}

// row makes the values of a row, or gives it to the rows that are slow.
func (l *rowLoader) row(text []byte, at rowAt) bool {
	clear(l.values)
	clear(l.seen)
	usual := true
	for _, m := range l.members {
		i := m.column
		if i < 0 {
			continue
		}
		if l.seen[i] {
			l.fail(at, text, twiceNamed.row(l.req.Columns[i].Name, at.row))
			return false
		}
		l.seen[i] = true
		v, ok := quick(l.req.Columns[i].Type, l.parser.out[m.start:m.end], l.format.BinaryFormat)
		l.values[i] = v
		usual = usual && ok && (v != nil || l.req.Columns[i].Nullable)
	}
	for i, c := range l.req.Columns {
		if !l.seen[i] && l.absent[i] > 0 {
			l.values[l.absent[i]] = true
		} else if !l.seen[i] && !c.Nullable {
			usual = false
		}
	}
	if usual {
		return true
	}
	l.later(text, at)
	return false
}

// column is the column that a name in an object is for.
func (l *rowLoader) column(name string) int {
	i, ok := l.known[name]
	if !ok {
		if i = slices.IndexFunc(l.req.Columns, func(c Column) bool { return c.Name == name }); i < 0 {
			i = slices.IndexFunc(l.req.Columns, func(c Column) bool {
				return fold(c.Name, l.req.Options.Match) == fold(name, l.req.Options.Match)
			})
		}
		const most = 10_000 // names that are remembered
		if len(l.known) < most {
			l.known[name] = i
		}
	}
	return i
}

// later gives a row to those that are slow, in the form that COPY has for what it says: a null for an OBJECT or ARRAY is not
// there, and an OBJECT in a string is one.
func (l *rowLoader) later(text []byte, at rowAt) {
	var absent strings.Builder
	for i := range l.req.Columns {
		if l.absent[i] > 0 && !l.seen[i] {
			fmt.Fprintf(&absent, "%d ", i)
		}
	}
	rows := l.group(absent.String())
	rows.text = append(rows.text, '{')
	first := true
	for _, m := range l.members {
		i := m.column
		if i < 0 {
			continue
		}
		value := l.parser.out[m.start:m.end]
		switch kind := l.req.Columns[i].Type.Kind; {
		case (kind == types.Object || kind == types.Array) && string(value) == "null":
			continue
		case kind == types.Object && value[0] == '"':
			if s, ok := quickString(value); ok && (&jsonParser{text: []byte(s), format: l.format}).isObject() {
				value = []byte(s)
			}
		}
		if !first {
			rows.text = append(rows.text, ',')
		}
		first = false
		rows.text = append(rows.text, l.nameOf(i)...)
		rows.text = append(append(rows.text, ':'), value...)
	}
	rows.text = append(rows.text, '}', '\n')
	at.rejected = string(text)
	rows.from = append(rows.from, at)
}

// nameOf is the name of a column as JSON.
func (l *rowLoader) nameOf(i int) []byte {
	name, _ := json.Marshal(l.req.Columns[i].Name) // a text always has one
	return name
}

// isObject tells whether the text is one object.
func (p *jsonParser) isObject() bool {
	rec := &jsonRecord{}
	if p.document(rec) != nil || rec.value[0] != '{' {
		return false
	}
	p.space()
	return p.at == len(p.text)
}

func (l *rowLoader) group(absent string) *slowRows {
	for _, g := range l.slow {
		if g.absent == absent {
			return g
		}
	}
	g := &slowRows{absent: absent}
	l.slow = append(l.slow, g)
	return g
}

// whole gives all rows to those that are slow, as they are.
func (l *rowLoader) whole() error {
	rows := l.group("")
	for {
		text, at, ok := l.line()
		if !ok {
			return nil
		}
		if l.object(text, at) {
			rows.text = append(append(rows.text, text...), '\n')
			at.rejected = string(text)
			rows.from = append(rows.from, at)
		}
	}
}

// slowly loads rows as COPY does.
func (l *rowLoader) slowly(ctx context.Context) error {
	for _, g := range l.slow {
		req := l.req
		req.Files = []File{{Name: "rows", Text: g.text}}
		if req.Transform == nil {
			req.Options.Match = MatchSensitive // the names are the columns' by now
		}
		if g.absent != "" {
			req.Into = nil
			for i, c := range req.Columns {
				if !slices.Contains(strings.Fields(g.absent), fmt.Sprint(i)) {
					req.Into = append(req.Into, c.Name)
				}
			}
		}
		if req.Transform != nil {
			if err := l.computable(ctx, g, &req); err != nil {
				return err
			}
		}
		results, err := Load(ctx, l.conn, l.look, req)
		if err != nil {
			return err
		}
		if results[0].Parsed != int64(len(g.from)) {
			return fmt.Errorf("%d rows were read as %d", len(g.from), results[0].Parsed)
		}
		for _, e := range results[0].Errors {
			at := g.from[e.Row-1]
			l.fail(at, []byte(at.rejected), e)
		}
	}
	return nil
}

// computable takes the rows out of a request whose expressions fail, which are rows with errors. It looks for them where no
// transaction is open that they would end.
func (l *rowLoader) computable(ctx context.Context, g *slowRows, req *Request) error {
	in, err := openWhole(ctx, l.look, l.look, req.Source, req.Files[0])
	if err != nil {
		return err
	}
	defer func() { _ = in.close(context.WithoutCancel(ctx)) }() // a temporary table of a connection that stays
	var hashes []string
	for _, x := range req.Transform.Items {
		hashes = append(hashes, "max(hash("+x.SQL+"))")
	}
	relation := "(" + in.scanned(req.Files[0], req.Source, max(req.Width, len(in.columns))) + ")"
	failed := map[int64]*Error{}
	var look func(from, to int64) error
	look = func(from, to int64) error {
		text := "SELECT " + strings.Join(hashes, ", ") + " FROM (SELECT * FROM " + relation + fmt.Sprintf(" WHERE n BETWEEN %d AND %d)", from, to)
		if req.Transform.As != "" {
			text += " AS " + req.Transform.As
		}
		_, err := l.look.ExecContext(ctx, text)
		switch {
		case err == nil || ctx.Err() != nil:
			return ctx.Err()
		case from == to:
			failed[from] = req.Transform.Explain(err)
			return nil
		}
		middle := (from + to) / 2
		if err := look(from, middle); err != nil {
			return err
		}
		return look(middle+1, to)
	}
	if err := look(1, int64(len(g.from))); err != nil || len(failed) == 0 {
		return err
	}
	rest := &slowRows{absent: g.absent}
	for i, at := range g.from {
		if e, bad := failed[int64(i+1)]; bad {
			l.fail(at, []byte(at.rejected), RowError{Message: e.Message, Code: e.Code, SQLState: e.SQLState, Category: conversionFault, ByteOffset: -1})
			continue
		}
		rest.text = append(append(rest.text, at.rejected...), '\n')
		rest.from = append(rest.from, at)
	}
	*g = *rest
	req.Files = []File{{Name: "rows", Text: g.text}}
	return nil
}
