package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
)

// nullKeys names the rows of a record that lack a part of the key, counted from first.
func (w *writer) nullKeys(rec arrow.Record, first int64) []deadletter.Reason {
	var reasons [][]deadletter.Reason
	for _, i := range w.plan.key {
		var f faults
		for row := range int(rec.NumRows()) {
			if isNull(rec.Column(i), row) {
				f.list = append(f.list, deadletter.Reason{
					Row: first + int64(row), Code: deadletter.CodeNull, Column: rec.ColumnName(i),
					Message: fmt.Sprintf("column %q is part of the key and null", rec.ColumnName(i)),
				})
			}
		}
		reasons = append(reasons, f.list)
	}
	return merge(reasons...)
}

func isNull(a arrow.Array, row int) bool {
	if a.IsNull(row) {
		return true
	}
	d, ok := a.(*array.Dictionary)
	return ok && d.Dictionary().NullN() > 0 && d.Dictionary().IsNull(d.GetValueIndex(row))
}

// numberedView is the plan's view with the number of each row as column r.
func (p *plan) numberedView() *arrow.Schema {
	return arrow.NewSchema(append(p.view.Fields(), arrow.Field{Name: "r", Type: arrow.PrimitiveTypes.Int64}), nil)
}

// numberFrom adds running numbers to borrowed records, for the caller to release.
func (w *writer) numberFrom(schema *arrow.Schema, records []arrow.Record) []arrow.Record {
	out := make([]arrow.Record, len(records))
	next := int64(0)
	for i, rec := range records {
		b := array.NewInt64Builder(w.s.mem)
		b.Reserve(int(rec.NumRows()))
		for end := next + rec.NumRows(); next < end; next++ {
			b.UnsafeAppend(next)
		}
		out[i] = withNumbers(schema, rec, b.NewInt64Array())
		b.Release()
	}
	return out
}

// upsert puts rows into the table in the place of those with the same key. Of several rows with one key the
// last counts.
func (w *writer) upsert(ctx context.Context, c *sql.Conn, records []arrow.Record) error {
	last, err := w.lastOfKey(ctx, c, records)
	if err != nil {
		return err
	}
	defer releaseAll(last)
	return w.s.withView(ctx, c, w.plan.view, last, func(v view) error {
		if w.plan.by == byConflict {
			query, counted := w.conflictStatement(v)
			want := rows(last)
			if !counted {
				want = -1
			}
			return w.execCounted(ctx, c, query, want)
		}
		if _, err := c.ExecContext(ctx, w.deleteStatement(v)); err != nil {
			if isRowFault(err) {
				return &rowFault{err}
			}
			return fmt.Errorf("delete the rows to be replaced: %w", err)
		}
		v.rewind()
		return w.execCounted(ctx, c, w.insertStatement(v), rows(last))
	})
}

// lastOfKey returns the records without the rows that a later one with the same key supersedes, for the caller to
// release.
func (w *writer) lastOfKey(ctx context.Context, c *sql.Conn, records []arrow.Record) ([]arrow.Record, error) {
	schema := w.plan.numberedView()
	numbered := w.numberFrom(schema, records)
	defer releaseAll(numbered)
	var superseded []deadletter.Reason
	err := w.s.withView(ctx, c, schema, numbered, func(v view) error {
		key := make([]string, len(w.plan.key))
		for i, k := range w.plan.key {
			key[i] = w.plan.columns[k].from
		}
		by := strings.Join(key, ", ")
		// Keys that occur twice are rare: counting them costs less than ordering all rows by key.
		twice, err := w.find(ctx, c, "SELECT 0, '' FROM (SELECT 1 FROM "+v.name+" GROUP BY "+by+" HAVING count(*) > 1) LIMIT 1")
		if err != nil || len(twice) == 0 {
			return err
		}
		v.rewind()
		superseded, err = w.find(ctx, c, "SELECT r, '' FROM (SELECT r, row_number() OVER (PARTITION BY "+by+" ORDER BY r DESC) AS n FROM "+v.name+") WHERE n > 1 ORDER BY r")
		return err
	})
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
		if isRowFault(err) {
			return nil, &rowFault{err}
		}
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

func (w *writer) deleteStatement(v view) string {
	var keys, equal []string
	for i, k := range w.plan.key {
		c := w.plan.columns[k]
		keys = append(keys, fmt.Sprintf("%s AS k%d", c.from, i))
		equal = append(equal, fmt.Sprintf("%s.%s = _floe_batch.k%d", w.s.qualified(w.table), quote(c.name), i))
	}
	return "DELETE FROM " + w.s.qualified(w.table) + " USING (SELECT " + strings.Join(keys, ", ") + " FROM " + v.name + ") AS _floe_batch WHERE " + strings.Join(equal, " AND ")
}

// conflictStatement returns the INSERT, and whether it counts every row: one that does nothing for a row does not
// count it.
func (w *writer) conflictStatement(v view) (query string, counted bool) {
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
	query = w.insertStatement(v) + " ON CONFLICT (" + strings.Join(key, ", ") + ") DO "
	if len(set) == 0 {
		return query + "NOTHING", false
	}
	return query + "UPDATE SET " + strings.Join(set, ", "), true
}
