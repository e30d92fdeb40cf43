package engine

import (
	"encoding/json"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// rowErrorsTable has a row for each row of Snowpipe Streaming that a table with ERROR_LOGGING could not take: what ERROR_TABLE
// shows.
const rowErrorsTable = `CREATE TABLE IF NOT EXISTS floe_row_errors (
	tbl BIGINT NOT NULL, at HUGEINT NOT NULL, query VARCHAR NOT NULL, code BIGINT NOT NULL, metadata VARCHAR NOT NULL, data VARCHAR NOT NULL)`

// logErrors writes down the rows of an append that the table could not take, if it logs errors.
func (w *work) logErrors(p *streamPipe, c *channelState, a *accepted, errors []copyinto.RowError) error {
	if !p.table.Table.ErrorLogging {
		return nil
	}
	at := types.Nanos(w.e.now())
	var last int64
	for _, e := range errors {
		if e.Row == last {
			continue // of one row the first error is told
		}
		last = e.Row
		metadata, err := json.Marshal(map[string]any{
			"service": "snowpipe_streaming", "error_message": e.Message, "error_source": e.Column,
			"details": map[string]any{
				"pipe_name": dotted([]string{c.Path.Database, c.Path.Schema, c.Path.Pipe}), "channel_name": c.Name,
				"offset_token_lower_bound": a.Start, "offset_token_upper_bound": a.End,
				"error_data_truncated": false, "error_data_content_type": "application/json",
			},
		})
		if err != nil {
			return err
		}
		err = w.exec(`INSERT INTO floe_row_errors VALUES (?, CAST(? AS HUGEINT), ?, ?, ?, ?)`,
			p.table.ID, at.String(), w.s.queryID, e.Code, string(metadata), e.Rejected)
		if err != nil {
			return err
		}
	}
	return nil
}

// errorTable is ERROR_TABLE(table).
func (w *work) errorTable(call *syntax.Func) (translate.Relation, error) {
	if len(call.Args) != 1 {
		return translate.Relation{}, compilation(2140, "42601", "ERROR_TABLE has one argument")
	}
	o, err := w.tableNamed(call.Args[0], "ERROR_TABLE")
	if err != nil {
		return translate.Relation{}, err
	}
	if !o.Table.ErrorLogging {
		// Approximate: the code and the words.
		return translate.Relation{}, compilation(2003, "42S02", "The error table of '%s' does not exist or not authorized: ERROR_LOGGING is FALSE.", w.e.catalog.full(o))
	}
	w.reads = true
	return translate.Relation{
		SQL: "SELECT at, query, CAST(code AS DECIMAL(38,0)), metadata, data FROM floe_row_errors WHERE tbl = " + itoa(o.ID),
		Columns: []translate.Column{
			{Name: "TIMESTAMP", Type: instant},
			{Name: "QUERY_ID", Type: varchar},
			{Name: "ERROR_CODE", Type: integer},
			{Name: "ERROR_METADATA", Type: types.Type{Kind: types.Variant}},
			{Name: "ERROR_DATA", Type: varchar, Nullable: true},
		},
	}, nil
}
