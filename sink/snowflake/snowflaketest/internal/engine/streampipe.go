package engine

import (
	"net/http"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// streamPipe is a pipe that rows are sent to.
type streamPipe struct {
	id    int64   // of the pipe, or of the table whose default pipe it is
	table *object // nil: it is gone, and the pipe is left
	pipe  *object // nil: the default pipe
	path  PipeAddress
}

// streamer returns a session that nobody else sees, with the rights of one who streams. The caller holds the engine's lock.
func (e *Engine) streamer(who Streamer) (*Session, *StreamError) {
	refused := refuseStream(http.StatusForbidden, "390189", "Role '%s' is not granted to user %s.", who.Role, who.User)
	u := e.byLogin(who.User)
	if u == nil || e.closed {
		return nil, refused
	}
	role := folded(who.Role)
	if role == "" {
		role = u.User.Default.Role
	}
	r := e.catalog.find(0, syntax.Role, role, 0)
	if r == nil || !e.granted(u, r.ID) {
		return nil, refused
	}
	return &Session{e: e, user: u.ID, role: r.ID, secondary: u.User.Secondary, started: e.now()}, nil
}

// CheckStreamer refuses a user who has not got the role.
func (e *Engine) CheckStreamer(who Streamer) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, no := e.streamer(who); no != nil {
		return no
	}
	return nil
}

// addressed finds an object by its name in an address: as it is, or else in upper case.
func (w *work) addressed(parent int64, k syntax.Kind, name string) *object {
	for _, n := range []string{name, strings.ToUpper(name)} {
		if o := w.e.catalog.find(parent, k, n, 0); o != nil && w.visible(o) {
			return o
		}
	}
	return nil
}

// streamPipe finds the pipe of an address, and checks that rows may be sent to it: INSERT on the table is needed, and OPERATE
// on a pipe that somebody has made.
func (w *work) streamPipe(at PipeAddress) (*streamPipe, *StreamError) {
	db := w.addressed(0, syntax.Database, at.Database)
	if db == nil || !w.has(db, "USAGE") {
		return nil, refuseStream(http.StatusNotFound, codeNoDatabase, "Database %s does not exist or is not authorized.", at.Database)
	}
	sc := w.addressed(db.ID, syntax.Schema, at.Schema)
	if sc == nil || !w.has(sc, "USAGE") {
		return nil, refuseStream(http.StatusNotFound, codeNoSchema, "Schema %s does not exist or is not authorized.", at.Schema)
	}
	p := &streamPipe{path: PipeAddress{Database: db.Name, Schema: sc.Name}}
	noPipe := refuseStream(http.StatusNotFound, codeNoPipe, "Pipe %s does not exist or is not authorized.", at.Pipe)
	if o := w.addressed(sc.ID, syntax.Pipe, at.Pipe); o != nil {
		if !o.Pipe.Streaming || !w.has(o, "OPERATE") {
			return nil, noPipe
		}
		p.pipe, p.id, p.path.Pipe = o, o.ID, o.Name
		if p.table = w.e.catalog.objects[o.Pipe.Table]; p.table == nil {
			return nil, refuseStream(http.StatusConflict, codeInvalidPipe, "Pipe %s is in an invalid state: its table was dropped.", o.Name)
		}
	} else {
		n := len(at.Pipe) - len(defaultPipeSuffix)
		if n <= 0 || !strings.EqualFold(at.Pipe[n:], defaultPipeSuffix) {
			return nil, noPipe
		}
		t := w.addressed(sc.ID, syntax.Table, at.Pipe[:n])
		if t == nil || t.Table == nil {
			return nil, refuseStream(http.StatusNotFound, codeNoTable, "Table %s does not exist or is not authorized.", at.Pipe[:n])
		}
		p.table, p.id, p.path.Pipe = t, t.ID, t.Name+defaultPipeSuffix
	}
	if !w.has(p.table, "INSERT") {
		return nil, refuseStream(http.StatusNotFound, codeNoTable, "Table %s does not exist or is not authorized.", p.table.Name)
	}
	return p, nil
}

// streamRequest is what rows of a pipe are loaded by.
func (w *work) streamRequest(p *streamPipe) (copyinto.Request, error) {
	req := copyinto.Request{
		Table: p.table.Name, Dest: physical(p.table), Columns: w.columnsOf(p.table),
		Extra: []copyinto.Literal{{Name: unquoted(inserted), SQL: "0"}, {Name: unquoted(deleted), SQL: "CAST(NULL AS BIGINT)"}},
	}
	// Of default pipes BINARY is base64, whatever the account's BINARY_INPUT_FORMAT is.
	binary := "BASE64"
	req.Options.Match = copyinto.MatchInsensitive
	if p.pipe != nil {
		binary = "HEX"
		if err := w.customRequest(p, &req); err != nil {
			return req, err
		}
	}
	var err error
	req.Format, err = copyinto.NewFormat(nil, []copyinto.Setting{{Name: "TYPE", Text: "JSON"}, {Name: "BINARY_FORMAT", Text: binary}, {Name: "NULL_IF", IsList: true}})
	req.Session = w.copySession()
	return req, err
}

// customRequest adds what the statement of a pipe says.
func (w *work) customRequest(p *streamPipe, req *copyinto.Request) error {
	sts, err := syntax.Parse(p.pipe.Pipe.Copy)
	if err != nil {
		return err
	}
	st, ok := sts[0].(*syntax.CopyInto)
	if !ok {
		return unsupported("the pipe %s, whose statement is no COPY", p.pipe.Name)
	}
	return w.streamCopy(st, req)
}

// streamCopy is what COPY INTO t FROM (SELECT … FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING'))) says of loading.
func (w *work) streamCopy(st *syntax.CopyInto, req *copyinto.Request) error {
	req.Options.Match = copyinto.MatchNone
	for _, p := range st.Params {
		text, err := w.scalar(p.Value)
		if err != nil {
			return err
		}
		switch text = strings.ToUpper(text); p.Name {
		case "MATCH_BY_COLUMN_NAME":
			switch m := copyinto.Match(text); m {
			case copyinto.MatchNone, copyinto.MatchInsensitive, copyinto.MatchSensitive:
				req.Options.Match = m
			default:
				return invalidProperty(text, p.Name)
			}
		case "ON_ERROR":
			if text != "CONTINUE" {
				return compilation(1008, "22023", "ON_ERROR = %s is not supported for pipes with a streaming data source", text) // approximate
			}
		case "CLUSTER_AT_INGEST_TIME":
			// How rows are clustered changes no answer.
		default:
			return unsupported("%s of a pipe with a streaming data source", p.Name)
		}
	}
	if st.Query == nil {
		if req.Options.Match == copyinto.MatchNone {
			return compilation(2019, "0A000", "a pipe with a streaming data source needs MATCH_BY_COLUMN_NAME or a select list") // approximate
		}
		return nil
	}
	sel, ok := st.Query.Body.(*syntax.Select)
	if !ok || len(st.Query.With) > 0 || len(st.Query.Order) > 0 || st.Query.Limit != nil || st.Query.Offset != nil {
		return unsupported("a transformation of a pipe that is more than a select list and one data source")
	}
	if req.Options.Match != copyinto.MatchNone {
		if len(sel.Items) == 1 && isWhole(sel.Items[0].X) {
			return nil
		}
		return compilation(1008, "22023", "match_by_column_name is not supported with copy transform.")
	}
	items, from, err := translate.Items(sel, dataSource{w.resolver()})
	if err != nil {
		return err
	}
	_, as, _ := strings.Cut(from, ") AS ")
	req.Into, req.Width = st.Columns, 1
	req.Transform = &copyinto.Transform{As: strings.Replace(as, "(", "(n, ", 1), Explain: func(err error) *copyinto.Error {
		e := answer(w.ctx, err)
		return &copyinto.Error{Code: e.Code, SQLState: e.SQLState, Message: e.Message}
	}}
	for _, x := range items {
		if x.Type.Kind == 0 {
			x.Type = varchar
		}
		req.Transform.Items = append(req.Transform.Items, copyinto.Item{SQL: x.SQL, Type: x.Type})
	}
	columns := len(req.Into)
	if req.Into == nil {
		columns = len(req.Columns)
	}
	if len(items) != columns {
		return compilation(2020, "21S01", "Insert value list does not match column list expecting %d but got %d", columns, len(items))
	}
	return nil
}

// isWhole tells whether an item of a select list is the row itself: $1 or *.
func isWhole(x syntax.Expr) bool {
	switch x := x.(type) {
	case *syntax.Star:
		return true
	case *syntax.StageColumn:
		return x.Index == 1
	}
	return false
}

// dataSource is a resolver to whom TABLE(DATA_SOURCE(TYPE => 'STREAMING')) is the rows that are sent.
type dataSource struct{ resolver }

func (d dataSource) TableFunc(f *syntax.TableFunc) (translate.Relation, error) {
	if f.Call == nil || f.Call.Name != "DATA_SOURCE" {
		return d.resolver.TableFunc(f)
	}
	return translate.Relation{Columns: []translate.Column{{Name: "$1", Type: types.Type{Kind: types.Variant}, Nullable: true}}}, nil
}

// streamingPipe checks the statement of CREATE PIPE … AS COPY INTO t FROM … TABLE(DATA_SOURCE(TYPE => 'STREAMING')).
func (w *work) streamingPipe(p *pipe, table *object, st *syntax.CopyInto) error {
	p.Streaming = true
	req := copyinto.Request{Columns: w.columnsOf(table)}
	return w.streamCopy(st, &req)
}

// defaultPipes are those of tables that somebody streams to. They are there to be looked at: no statement changes them.
func (w *work) defaultPipes() []*object {
	var out []*object
	seen := map[int64]bool{}
	s := w.e.streams
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.channels {
		t := w.e.catalog.objects[c.Pipe]
		if t == nil || t.Table == nil || seen[t.ID] || !w.visible(t) {
			continue
		}
		seen[t.ID] = true
		out = append(out, &object{
			Kind: syntax.Pipe, Parent: t.Parent, Name: t.Name + defaultPipeSuffix, Created: t.Created, Altered: t.Created,
			Pipe: &pipe{
				Streaming: true, Table: t.ID,
				Copy: "COPY INTO " + quoted(t.Name) + " FROM (SELECT $1 FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING'))) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE",
			},
		})
	}
	return out
}
