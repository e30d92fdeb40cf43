package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/rejects"
)

// nullKeys names the rows of a record that lack a part of the key, counted from first.
func (w *writer) nullKeys(rec arrow.Record, first int64) []deadletter.Reason {
	reasons := rejects.NullKeys(rec, w.plan.key)
	for i := range reasons {
		reasons[i].Row += first
	}
	return reasons
}

// upsert puts rows into the table in the place of those with the same key. Of several rows with one key the
// last counts.
func (w *writer) upsert(ctx context.Context, c *sql.Conn, records []arrow.Record) error {
	keys := w.keysOf(records)
	defer releaseAll(keys)
	columns := make([]string, 0, len(w.plan.key)+1)
	for i, k := range w.plan.key {
		columns = append(columns, fmt.Sprintf("%s AS k%d", w.plan.columns[k].from, i))
	}
	columns = append(columns, "r")
	return blame(w.s.withTable(ctx, c, w.plan.keys, keys, columns, func(batch string) error {
		last, err := w.lastOfKey(ctx, c, batch, records)
		if err != nil {
			return err
		}
		defer releaseAll(last)
		query, want := "", rows(last)
		if w.plan.by == byDelete {
			if err := w.deleteOld(ctx, c, batch); err != nil {
				return fmt.Errorf("delete the rows to be replaced: %w", err)
			}
		}
		return w.s.withView(ctx, c, w.plan.view, last, func(view string) error {
			query = w.insertStatement(view)
			if w.plan.by == byConflict {
				on, counted := w.onConflict()
				if query += on; !counted {
					want = -1
				}
			}
			return w.execCounted(ctx, c, query, want)
		})
	}))
}

// blame marks an error of a statement over the rows of a batch that one of them may be to blame for.
func blame(err error) error {
	var fault *rowFault
	if isRowFault(err) && !errors.As(err, &fault) {
		return &rowFault{err}
	}
	return err
}

// keysOf returns the key columns of borrowed records, with running numbers as column r, for the caller to release.
func (w *writer) keysOf(records []arrow.Record) []arrow.Record {
	out := make([]arrow.Record, len(records))
	next := int64(0)
	for i, rec := range records {
		b := array.NewInt64Builder(w.s.mem)
		b.Reserve(int(rec.NumRows()))
		for end := next + rec.NumRows(); next < end; next++ {
			b.UnsafeAppend(next)
		}
		numbers := b.NewArray()
		b.Release()
		columns := make([]arrow.Array, 0, len(w.plan.key)+1)
		for _, k := range w.plan.key {
			columns = append(columns, rec.Column(k))
		}
		out[i] = array.NewRecord(w.plan.keys, append(columns, numbers), rec.NumRows())
		numbers.Release()
	}
	return out
}

// numberedSchema adds the column r.
func numberedSchema(schema *arrow.Schema) *arrow.Schema {
	return arrow.NewSchema(append(schema.Fields(), arrow.Field{Name: "r", Type: arrow.PrimitiveTypes.Int64}), nil)
}

// lastOfKey returns the records without the rows that a later one with the same key supersedes, for the caller to
// release. batch is the temporary table of their keys.
func (w *writer) lastOfKey(ctx context.Context, c *sql.Conn, batch string, records []arrow.Record) ([]arrow.Record, error) {
	key := make([]string, len(w.plan.key))
	for i := range key {
		key[i] = fmt.Sprintf("k%d", i)
	}
	by := strings.Join(key, ", ")
	// Keys that occur twice are rare: counting them costs less than ordering all rows by key.
	superseded, err := w.find(ctx, c, "SELECT 0, '' FROM (SELECT 1 FROM "+batch+" GROUP BY "+by+" HAVING count(*) > 1) LIMIT 1")
	if err == nil && len(superseded) > 0 {
		superseded, err = w.find(ctx, c, "SELECT r, '' FROM (SELECT r, row_number() OVER (PARTITION BY "+by+" ORDER BY r DESC) AS n FROM "+batch+") WHERE n > 1 ORDER BY r")
	}
	if err != nil {
		return nil, err
	}
	in := &input{mem: w.s.mem, fixed: records}
	if err := in.reject(superseded); err != nil {
		releaseAll(in.kept)
		return nil, err
	}
	return in.kept, nil
}

// find runs a query for row numbers, in ascending order, and a text about each, in Message.
func (w *writer) find(ctx context.Context, c *sql.Conn, query string) ([]deadletter.Reason, error) {
	found, err := c.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var list []deadletter.Reason
	for found.Next() {
		var r deadletter.Reason
		if err := found.Scan(&r.Row, &r.Message); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, found.Err()
}

// deleteOld deletes the rows of the table that have a key of batch. A table without rows is not joined with it.
func (w *writer) deleteOld(ctx context.Context, c *sql.Conn, batch string) error {
	there, err := w.find(ctx, c, "SELECT 0, '' FROM "+w.s.qualified(w.table)+" LIMIT 1")
	if err != nil || len(there) == 0 {
		return err
	}
	var equal []string
	for i, k := range w.plan.key {
		equal = append(equal, fmt.Sprintf("%s.%s = _floe_batch.k%d", w.s.qualified(w.table), quote(w.plan.columns[k].name), i))
	}
	return w.s.exec(ctx, c, "DELETE FROM "+w.s.qualified(w.table)+" USING "+batch+" AS _floe_batch WHERE "+strings.Join(equal, " AND "))
}

// onConflict returns what an INSERT does with a row whose key is there, and whether it counts every row: one for
// which it does nothing is not counted.
func (w *writer) onConflict() (clause string, counted bool) {
	isKey := map[int]bool{}
	var key, set []string
	for _, k := range w.plan.key {
		isKey[k] = true
		key = append(key, quote(w.plan.columns[k].name))
	}
	for i, c := range w.plan.columns {
		if !isKey[i] {
			set = append(set, quote(c.name)+" = excluded."+quote(c.name))
		}
	}
	for _, c := range w.plan.rest {
		value := c.fallback
		if value == "" {
			value = "NULL"
		}
		set = append(set, quote(c.name)+" = "+value)
	}
	clause = " ON CONFLICT (" + strings.Join(key, ", ") + ") DO "
	if len(set) == 0 {
		return clause + "NOTHING", false
	}
	return clause + "UPDATE SET " + strings.Join(set, ", "), true
}
