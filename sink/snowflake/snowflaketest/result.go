package snowflaketest

import (
	"encoding/json"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// Forms of results.
const (
	formatJSON  = "json"
	formatArrow = "arrow"
)

// multiStatement is the class of a request of several statements.
const multiStatement engine.Class = 0xA000

// resultData is what a statement answers.
type resultData struct {
	Parameters []parameter  `json:"parameters"`
	RowType    []column     `json:"rowtype"`
	RowSet     any          `json:"rowset,omitempty"`       // of JSON: [][]*string, also without rows
	RowSet64   *string      `json:"rowsetBase64,omitempty"` // of Arrow
	Total      int          `json:"total"`
	Returned   int          `json:"returned"`
	QueryID    string       `json:"queryId"`
	Provider   *string      `json:"databaseProvider"`
	Database   *string      `json:"finalDatabaseName"`
	Schema     *string      `json:"finalSchemaName"`
	Warehouse  *string      `json:"finalWarehouseName"`
	Role       *string      `json:"finalRoleName"`
	Binds      int          `json:"numberOfBinds"`
	ArrayBinds bool         `json:"arrayBindSupported"`
	Type       engine.Class `json:"statementTypeId"`
	Version    int          `json:"version"`
	SentAt     int64        `json:"sendResultTime"`
	Format     string       `json:"queryResultFormat"`
	Context    queryContext `json:"queryContext"`

	ResultIDs   string `json:"resultIds,omitempty"`
	ResultTypes string `json:"resultTypes,omitempty"`

	Chunks       []chunkInfo       `json:"chunks,omitempty"`
	ChunkHeaders map[string]string `json:"chunkHeaders,omitempty"`
	QRMK         string            `json:"qrmk,omitempty"`

	*transferData
}

// queryContext is what drivers send along with the next statement, so that a service of many servers knows where the
// session stood. One server has nothing to say.
type queryContext struct {
	Entries []struct{} `json:"entries"`
}

// column describes a column of a result.
type column struct {
	Name       string  `json:"name"`
	Database   string  `json:"database"`
	Schema     string  `json:"schema"`
	Table      string  `json:"table"`
	Nullable   bool    `json:"nullable"`
	Type       string  `json:"type"`
	ByteLength *int64  `json:"byteLength"`
	Length     *int64  `json:"length"`
	Scale      *int    `json:"scale"`
	Precision  *int    `json:"precision"`
	Collation  *string `json:"collation"`
}

// columnOf describes a column as the protocol does: numbers and times have precision and scale, texts and binaries have
// lengths, the rest nothing.
func columnOf(c engine.Column) column {
	out := column{Name: c.Name, Nullable: c.Nullable, Type: c.Type.Kind.Wire()}
	switch c.Type.Kind {
	case types.Fixed:
		out.Precision, out.Scale = ptr(c.Type.Precision), ptr(c.Type.Scale)
	case types.Time, types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
		out.Precision, out.Scale = ptr(0), ptr(c.Type.Scale)
	case types.Text:
		out.Length, out.ByteLength = ptr(c.Type.Length), ptr(min(4*c.Type.Length, types.MaxText))
	case types.Binary:
		out.Length, out.ByteLength = ptr(c.Type.Length), ptr(c.Type.Length)
	}
	return out
}

// textColumn is one that the protocol makes.
func textColumn(name string) column {
	return columnOf(engine.Column{Name: name, Type: types.Type{Kind: types.Text, Length: types.DefaultText}})
}

// resultOf begins the answer of a query that has succeeded.
func (r *run) resultOf(q *query) *resultData {
	at := q.session.Current()
	return &resultData{
		Parameters: parameters(q.session.Session),
		RowType:    []column{},
		QueryID:    q.id,
		Database:   orNull(at.Database),
		Schema:     orNull(at.Schema),
		Warehouse:  orNull(at.Warehouse),
		Role:       orNull(at.Role),
		Version:    1,
		SentAt:     q.ended.UnixMilli(),
		Format:     formatJSON,
		Context:    queryContext{Entries: []struct{}{}},
	}
}

// answer prepares the answer of a statement that has succeeded.
func (r *run) answer(q *query, result *engine.Result, describeOnly bool) {
	d := r.resultOf(q)
	d.Type = result.Class
	if result.Transfer != nil {
		t, err := r.transfer(q, result.Transfer)
		if err != nil {
			no := refusalOf(err)
			q.no, q.answer = &no, refuseQuery(no, q.id)
			return
		}
		d.transferData = t
		q.answer = encoded(d)
		return
	}
	for _, c := range result.Columns {
		d.RowType = append(d.RowType, columnOf(c))
	}
	rows := result.Rows
	if describeOnly {
		rows = nil
	}
	q.rows = int64(len(rows))
	d.Total, d.Returned = len(rows), len(rows)
	if err := r.encodeRows(q, d, result, rows); err != nil {
		no := refusalOf(err)
		q.no, q.answer = &no, refuseQuery(no, q.id)
		return
	}
	q.answer = encoded(d)
}

// encodeRows puts the first rows into the answer and the rest into chunks.
func (r *run) encodeRows(q *query, d *resultData, result *engine.Result, rows [][]any) error {
	size := r.server.options.ChunkRows
	first := rows[:min(size, len(rows))]
	arrow := result.Class == engine.Select && wantsArrow(d.Parameters)
	var err error
	if arrow {
		d.Format = formatArrow
		var text string
		text, err = arrowText(memory.DefaultAllocator, result.Columns, first)
		d.RowSet64 = &text
	} else {
		d.RowSet, err = jsonRows(result.Columns, first)
	}
	if err != nil || len(rows) == len(first) {
		return err
	}
	q.qrmk = newKey()
	d.QRMK, d.ChunkHeaders = q.qrmk, chunkHeaders(q.qrmk)
	for rest := rows[len(first):]; len(rest) > 0; {
		part := rest[:min(size, len(rest))]
		rest = rest[len(part):]
		var body []byte
		if arrow {
			body, err = arrowStream(memory.DefaultAllocator, result.Columns, part)
		} else {
			body, err = jsonChunk(result.Columns, part)
		}
		if err != nil {
			return err
		}
		packed := compressed(body)
		d.Chunks = append(d.Chunks, chunkInfo{
			URL:              fmt.Sprintf("%s/results/%s/%d", r.url, q.id, len(q.chunks)),
			RowCount:         len(part),
			UncompressedSize: len(body),
			CompressedSize:   len(packed),
		})
		q.chunks = append(q.chunks, packed)
	}
	return nil
}

// wantsArrow reports whether the session's results are to be Arrow.
func wantsArrow(parameters []parameter) bool {
	for _, p := range parameters {
		if p.Name == "GO_QUERY_RESULT_FORMAT" {
			return p.Value == "ARROW" || p.Value == "ARROW_FORCE"
		}
	}
	return false
}

// encoded is a successful reply, encoded once for all who ask.
func encoded(data any) reply {
	body, err := json.Marshal(succeed(data))
	if err != nil {
		panic(fmt.Sprintf("snowflaketest: a reply that JSON cannot hold: %v", err))
	}
	return reply{Data: raw(body), Success: true}
}

func ptr[T any](v T) *T { return &v }
