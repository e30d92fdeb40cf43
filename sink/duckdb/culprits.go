package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/internal/rejects"
)

// culprits finds the rows that an INSERT which failed with cause may be blamed on. DuckDB has no savepoints, and an error ends the
// transaction. So the faults that are known by a query are sought first, all rows at once, kind by kind, since a
// row that one kind takes out no longer counts for the next; what no query explains is found by trying halves.
// Nothing of it is committed.
func (w *writer) culprits(ctx context.Context, in *input, cause error) ([]deadletter.Reason, error) {
	t, err := w.s.inspect(ctx, w.s.db, w.table)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, claim.ErrSwapped
	}
	schema := numberedSchema(w.plan.view)
	numbered := in.numbered(schema)
	defer releaseAll(numbered)
	for _, kind := range []func(*target) []probe{w.castProbes, w.nullProbes, w.checkProbes, w.keyProbes, w.foreignProbes} {
		var found []deadletter.Reason
		for _, p := range kind(t) {
			reasons, err := w.probe(ctx, p, schema, numbered)
			if err != nil {
				return nil, err
			}
			found = rejects.Merge(found, reasons)
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return w.bisect(ctx, in, schema, numbered, cause)
}

// probe is a query for the rows with one kind of fault; {batch} stands for them. It gives a row and a value.
type probe struct {
	query, code, column, message string
}

// probe runs p. A query that fails explains nothing: an expression of the user's may fail for some rows.
func (w *writer) probe(ctx context.Context, p probe, schema *arrow.Schema, numbered []arrow.Record) ([]deadletter.Reason, error) {
	var found []deadletter.Reason
	err := w.s.inTx(ctx, func(c *sql.Conn) error {
		return w.s.withTable(ctx, c, schema, numbered, []string{"*"}, func(table string) error {
			var err error
			if found, err = w.find(ctx, c, strings.ReplaceAll(p.query, "{batch}", table)); err != nil {
				return err
			}
			return errRollback
		})
	})
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	if err != nil {
		return nil, nil
	}
	for i := range found {
		found[i].Code, found[i].Column = p.code, p.column
		found[i].Message = p.message + found[i].Message
	}
	return found, nil
}

// castProbes seek values that the type of the table's column has not.
func (w *writer) castProbes(*target) []probe {
	var list []probe
	for i, c := range w.plan.columns {
		if c.from == w.plan.view.Field(i).Name {
			continue
		}
		raw := w.plan.view.Field(i).Name
		list = append(list, probe{
			query: fmt.Sprintf("SELECT r, CAST(%s AS VARCHAR) FROM {batch} WHERE %s IS NOT NULL AND TRY_CAST(%s AS %s) IS NULL ORDER BY r", raw, raw, raw, c.typ),
			code:  deadletter.CodeOutOfRange, column: c.name,
			message: fmt.Sprintf("Conversion Error: column %q is %s and cannot hold ", c.name, c.typ),
		})
	}
	return list
}

// nullProbes seek nulls where the table has none.
func (w *writer) nullProbes(t *target) []probe {
	var list []probe
	for i, c := range w.plan.columns {
		if have := t.column(c.name); have != nil && have.notNull {
			list = append(list, probe{
				query: fmt.Sprintf("SELECT r, '' FROM {batch} WHERE %s IS NULL ORDER BY r", w.plan.view.Field(i).Name),
				code:  deadletter.CodeNull, column: c.name,
				message: fmt.Sprintf("Constraint Error: NOT NULL constraint failed: %s.%s", t.name, c.name),
			})
		}
	}
	return list
}

// checkProbes seek rows that break a CHECK constraint.
func (w *writer) checkProbes(t *target) []probe {
	var list []probe
	for _, check := range t.checks {
		list = append(list, probe{
			query:   "SELECT r, '' FROM (SELECT " + w.row() + " FROM {batch}) WHERE NOT (" + check.expression + ") ORDER BY r",
			code:    deadletter.CodeConstraint,
			message: fmt.Sprintf("Constraint Error: CHECK constraint failed: %s: %s", t.name, check.expression),
		})
	}
	return list
}

// row writes r and the columns of the table as they would be for a row of the view.
func (w *writer) row() string {
	list := []string{"r"}
	for i, c := range w.plan.columns {
		from := w.plan.view.Field(i).Name
		if c.from != from {
			from = "TRY_CAST(" + from + " AS " + c.typ + ")"
		}
		list = append(list, from+" AS "+quote(c.name))
	}
	for _, c := range w.plan.rest {
		value := c.fallback
		if value == "" {
			value = "NULL"
		}
		list = append(list, "CAST("+value+" AS "+c.typ+") AS "+quote(c.name))
	}
	return strings.Join(list, ", ")
}

// keyProbes seek rows whose unique columns are in the table already, or in an earlier row of the batch.
func (w *writer) keyProbes(t *target) []probe {
	if w.plan.by != byInsert {
		return nil
	}
	var list []probe
	for _, u := range t.unique {
		if u.columns == nil || !w.givesAll(u.columns) {
			continue
		}
		var names, present, equal, texts []string
		for _, k := range u.columns {
			names = append(names, quote(k))
			present = append(present, quote(k)+" IS NOT NULL")
			equal = append(equal, "_floe_t."+quote(k)+" = _floe_b."+quote(k))
			texts = append(texts, "CAST("+quote(k)+" AS VARCHAR)")
		}
		query := "SELECT r, '\"' || concat_ws(', ', " + strings.Join(texts, ", ") + ") || '\"' FROM (SELECT *, row_number() OVER (PARTITION BY " + strings.Join(names, ", ") +
			" ORDER BY r) AS _floe_n FROM (SELECT " + w.row() + " FROM {batch}) WHERE " + strings.Join(present, " AND ") + ") AS _floe_b WHERE _floe_n > 1 OR EXISTS (SELECT 1 FROM " +
			w.s.qualified(w.table) + " AS _floe_t WHERE " + strings.Join(equal, " AND ") + ") ORDER BY r"
		list = append(list, probe{
			query: query, code: deadletter.CodeConstraint, column: strings.Join(u.columns, ", "),
			message: "Constraint Error: PRIMARY KEY or UNIQUE constraint violated: duplicate key ",
		})
	}
	return list
}

// foreignProbes seek rows whose foreign key is not in the table that it refers to. A table that refers to itself is
// left out: a row may refer to an earlier one of the batch.
func (w *writer) foreignProbes(t *target) []probe {
	var list []probe
	for _, f := range t.foreign {
		if f.table == "" || f.table == t.name || !w.givesAll(f.columns) {
			continue
		}
		var present, equal, texts []string
		for i, k := range f.columns {
			present = append(present, quote(k)+" IS NOT NULL")
			equal = append(equal, "_floe_t."+quote(f.referenced[i])+" = _floe_b."+quote(k))
			texts = append(texts, "CAST("+quote(k)+" AS VARCHAR)")
		}
		list = append(list, probe{
			query: "SELECT r, concat_ws(', ', " + strings.Join(texts, ", ") + ") || '\"' FROM (SELECT " + w.row() + " FROM {batch}) AS _floe_b WHERE " +
				strings.Join(present, " AND ") + " AND NOT EXISTS (SELECT 1 FROM " + w.s.qualified(f.table) + " AS _floe_t WHERE " + strings.Join(equal, " AND ") + ") ORDER BY r",
			code: deadletter.CodeConstraint, column: strings.Join(f.columns, ", "),
			message: fmt.Sprintf("Constraint Error: FOREIGN KEY constraint failed: the columns %s of %q have no key \"", strings.Join(f.referenced, ", "), f.table),
		})
	}
	return list
}

// givesAll reports whether the rows have all those columns.
func (w *writer) givesAll(columns []string) bool {
	for _, k := range columns {
		if !slices.ContainsFunc(w.plan.columns, func(c planned) bool { return c.name == k }) {
			return false
		}
	}
	return true
}

// bisect finds the rows that cannot be inserted even alone. Each costs two trials for every halving, and those are
// as many transactions: it says so, since that may take long, and ends with ctx.
func (w *writer) bisect(ctx context.Context, in *input, schema *arrow.Schema, numbered []arrow.Record, cause error) ([]deadletter.Reason, error) {
	total := rows(in.kept)
	numbers := make([]int64, 0, total)
	for _, rec := range numbered {
		last := rec.Column(schema.NumFields() - 1)
		numbers = append(numbers, last.(*array.Int64).Int64Values()...)
	}
	w.s.opts.Logger.WarnContext(ctx, "no query tells which rows the table refuses: trying halves of the batch, which takes long where they are many",
		"sink", "duckdb", "table", w.table, "rows", total, "error", message(cause))
	var found []deadletter.Reason
	var halve func(low, high int64) error
	halve = func(low, high int64) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		var fault *rowFault
		err := w.trial(ctx, in.kept, low, high)
		if !errors.As(err, &fault) {
			return err
		}
		if high-low == 1 {
			found = append(found, deadletter.Reason{Row: numbers[low], Code: deadletter.CodeConstraint, Message: message(fault.err)})
			return nil
		}
		middle := low + (high-low)/2
		if err := halve(low, middle); err != nil {
			return err
		}
		return halve(middle, high)
	}
	return found, halve(0, total)
}

// trial inserts some of the rows and rolls back.
func (w *writer) trial(ctx context.Context, records []arrow.Record, low, high int64) error {
	var part []arrow.Record
	defer func() { releaseAll(part) }()
	first := int64(0)
	for _, rec := range records {
		from, to := max(low-first, 0), min(high-first, rec.NumRows())
		if from < to {
			slice := rec.NewSlice(from, to)
			part = append(part, compactRecord(w.s.mem, slice))
			slice.Release()
		}
		first += rec.NumRows()
	}
	return w.s.inTx(ctx, func(c *sql.Conn) error {
		if err := w.insert(ctx, c, part); err != nil {
			return err
		}
		return errRollback
	})
}
