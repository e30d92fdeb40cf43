package engine

import (
	"encoding/json"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
)

// loadsTable has a row for each file that a COPY has read into a table: what Snowflake keeps with the table for 64 days, and
// shows in LOAD_HISTORY and COPY_HISTORY. tx is the transaction that has not committed it yet, or 0; gone the one that has
// truncated the table. file is unique among all stages; "" is no file, but the last TRUNCATE of a table that pipes load into.
const loadsTable = `CREATE TABLE IF NOT EXISTS floe_loads (
	tbl BIGINT NOT NULL, tx BIGINT NOT NULL, file VARCHAR NOT NULL, etag VARCHAR NOT NULL, at BIGINT NOT NULL,
	query VARCHAR NOT NULL, doc VARCHAR NOT NULL,
	gone BIGINT)`

// remembered is how long a file counts as loaded.
const remembered = 64 * 24 * time.Hour

// load is one file of one COPY.
type load struct {
	Name     string // as results have it
	Location string // of the stage
	Size     int64
	Status   copyinto.Status
	Parsed   int64
	Loaded   int64
	Limit    int64
	Seen     int64
	Errors   []copyinto.RowError
	At       time.Time
	Query    string
}

// loaded returns the files of a table that were loaded within the time that they are remembered, with their ETags, and whether the table
// remembers anything older.
func (w *work) loaded(o *object) (map[string]string, bool, error) {
	since := w.e.now().Add(-remembered)
	rows, err := w.conn.QueryContext(w.ctx, `SELECT file, etag, at, doc FROM floe_loads WHERE tbl = ? AND file <> '' AND tx IN (0, ?) AND gone IS DISTINCT FROM ? ORDER BY at`,
		o.ID, w.own(), w.own())
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = rows.Close() }()
	out, older := map[string]string{}, false
	for rows.Next() {
		var file, etag, doc string
		var at int64
		if err := rows.Scan(&file, &etag, &at, &doc); err != nil {
			return nil, false, err
		}
		var l load
		if err := json.Unmarshal([]byte(doc), &l); err != nil {
			return nil, false, err
		}
		switch {
		case at < since.UnixNano():
			older = true
		case l.Status == copyinto.Loaded || l.Status == copyinto.PartiallyLoaded:
			out[file] = etag
		}
	}
	return out, older, rows.Err()
}

// remember writes down what became of a file.
func (w *work) remember(o *object, file, etag string, l load) error {
	doc, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return w.exec(`INSERT INTO floe_loads VALUES (?, ?, ?, ?, ?, ?, ?, NULL)`, o.ID, w.own(), file, etag, l.At.UnixNano(), l.Query, string(doc))
}

// history returns what COPYs have read into a table, as this session sees it; of one query alone unless that is "".
func (w *work) history(o *object, query string) ([]load, error) {
	var out []load
	err := documents(w.ctx, w.conn, func(l *load) { out = append(out, *l) },
		`SELECT doc FROM floe_loads WHERE tbl = ? AND file <> '' AND tx IN (0, ?) AND gone IS DISTINCT FROM ? AND (query = ? OR ? = '') ORDER BY at, file`,
		o.ID, w.own(), w.own(), query, query)
	return out, err
}

// within reports whether a load lies between two times, either of which may be NULL.
func within(l load, bounds [2]value) bool {
	if from, ok := bounds[0].v.(time.Time); ok && l.At.Before(from) {
		return false
	}
	to, ok := bounds[1].v.(time.Time)
	return !ok || !l.At.After(to)
}

// forgetLoads makes the table forget what was loaded, for others once that is committed.
func (w *work) forgetLoads(o *object) error {
	var err error
	if tx := w.own(); tx != 0 {
		err = w.exec(`UPDATE floe_loads SET gone = ? WHERE tbl = ? AND tx IN (0, ?)`, tx, o.ID, tx)
	} else {
		err = w.exec(`DELETE FROM floe_loads WHERE tbl = ? AND tx = 0`, o.ID)
	}
	if err != nil || len(w.pipesInto(o)) == 0 {
		return err
	}
	return w.remember(o, "", "", load{At: w.e.now()})
}

// truncated returns when a table that pipes load into was last truncated, as this session sees it.
func (w *work) truncated(o *object) (time.Time, error) {
	at, err := w.number(`SELECT COALESCE(MAX(at), 0) FROM floe_loads WHERE tbl = ? AND file = '' AND tx IN (0, ?) AND gone IS DISTINCT FROM ?`, o.ID, w.own(), w.own())
	return time.Unix(0, at), err
}
