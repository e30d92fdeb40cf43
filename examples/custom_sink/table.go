package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// table is a sink into a table of a SQL database. Its offsets are in a table beside it: a batch's rows and its offset
// come in one transaction.
type table struct {
	db      *sql.DB
	name    string
	offsets offset.Table
}

func newTable(ctx context.Context, db *sql.DB, name string) (*table, error) {
	t := &table{db, name, offset.Table{Name: quote(name + " offsets")}}
	return t, t.offsets.Create(ctx, db)
}

func (t *table) Open(ctx context.Context, pipeline, partition string) (sink.Writer, string, error) {
	w := &writer{table: t, key: offset.Key{Pipeline: pipeline, Target: t.name, Partition: partition}}
	var row offset.Row
	err := t.inTx(ctx, func(tx *sql.Tx) (err error) {
		row, err = t.offsets.Claim(ctx, tx, w.key)
		return err
	})
	w.epoch = row.Epoch
	return w, row.Offset, classify(err)
}

func (t *table) Close(context.Context) error { return nil } // the database is the caller's

// writer is one claim. It stands as long as the row of its key has its epoch.
type writer struct {
	*table
	key    offset.Key
	epoch  int64
	insert string
}

// Prepare makes the table where it is missing, see [writer.create], and the statement that inserts an array of JSON
// objects, which is what arrow writes a record as.
func (w *writer) Prepare(ctx context.Context, schema *arrow.Schema) error {
	types, err := w.create(ctx, schema)
	if err != nil {
		return classify(err)
	}
	form, err := json.Marshal([]map[string]string{types})
	w.insert = "INSERT INTO " + quote(w.name) + " BY NAME SELECT unnest(from_json(?, " + literal(string(form)) + "), recursive := true)"
	return err
}

func (w *writer) Load(ctx context.Context, b *sink.Batch) (sink.Receipt, error) {
	receipt := sink.Receipt{Bytes: b.Bytes}
	err := w.inTx(ctx, func(tx *sql.Tx) error {
		for _, rec := range b.Records {
			n, err := w.add(ctx, tx, rec)
			if err != nil {
				return err
			}
			receipt.Rows += n
		}
		if err := b.Gate(ctx, receipt); err != nil {
			return err
		}
		moved, err := w.offsets.Move(ctx, tx, w.key, w.epoch, b.From, b.To)
		if err == nil && !moved {
			err = errNotMoved
		}
		return err
	})
	if err == nil || ctx.Err() != nil {
		return receipt, err
	}
	// The offset tells what became of the batch, also where the answer to COMMIT was lost.
	switch outcome, readErr := w.offsets.Outcome(ctx, w.db, w.key, w.epoch, b.From, b.To); {
	case readErr != nil:
		return receipt, errors.Join(err, readErr)
	case outcome == offset.Done:
		return receipt, nil
	case outcome == offset.Fenced:
		return receipt, sink.ErrFenced
	}
	return receipt, classify(err)
}

// add inserts the rows of a record, and answers how many the database counts: Gate compares the sum with the batch.
func (w *writer) add(ctx context.Context, tx *sql.Tx, rec arrow.Record) (int64, error) {
	rows, err := rec.MarshalJSON()
	if err != nil {
		return 0, err
	}
	res, err := tx.ExecContext(ctx, w.insert, string(rows))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

var errNotMoved = errors.New("custom_sink: the offset is not the one that the batch begins at")

// Close gives the claim up: no row has the epoch 0.
func (w *writer) Close(context.Context) error {
	w.epoch = 0
	return nil
}

// inTx runs do in a transaction. The transaction does not have the context, but what do calls has: database/sql
// would roll back in the background, and the next claim meet what is left.
func (t *table) inTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	tx, err := t.db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// classify marks the errors that are worth another try: two transactions wrote the same row. Of any other the engine
// gives up at once.
func classify(err error) error {
	var d *duckdb.Error
	if errors.As(err, &d) && d.Type == duckdb.ErrorTypeTransaction {
		return retry.Transient(err)
	}
	return err
}
