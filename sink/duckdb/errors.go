package duckdb

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/retry"
)

// errClosed answers a call after Close.
var errClosed = errors.New("sink/duckdb: the writer or its sink is closed")

// classify marks err as transient where another try may succeed; the package comment has the table. A context
// that is done answers its own error.
func classify(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	var d *duckdb.Error
	if retry.IsTransient(err) || !errors.As(err, &d) {
		return err
	}
	switch {
	case isConflict(d):
		return retry.Transient(err)
	case d.Type == duckdb.ErrorTypeOutOfMemory:
		return retry.Permanent(fmt.Errorf("%w (raise Options.MemoryLimit, or make the batches smaller)", err))
	case d.Type == duckdb.ErrorTypeFatal || strings.Contains(d.Msg, "database has been invalidated"):
		return retry.Permanent(fmt.Errorf("%w (nothing is lost, but the database must be opened anew)", err))
	}
	return retry.Permanent(err)
}

// isConflict reports whether d says that another transaction was in the way. The text about the aborted
// transaction has the same type, but only follows another error; so has a log that could not be written or
// extended, as on a full disk.
func isConflict(d *duckdb.Error) bool {
	return d.Type == duckdb.ErrorTypeTransaction && !strings.Contains(d.Msg, "transaction is aborted") &&
		!strings.Contains(d.Msg, "Failed to commit: Could not ")
}

// isRowFault reports whether err, of an INSERT, may come from the value of a row.
func isRowFault(err error) bool {
	var d *duckdb.Error
	if !errors.As(err, &d) {
		return false
	}
	switch d.Type {
	case duckdb.ErrorTypeConstraint, duckdb.ErrorTypeConversion, duckdb.ErrorTypeOutOfRange,
		duckdb.ErrorTypeInvalidInput, duckdb.ErrorTypeDecimal, duckdb.ErrorTypeDivideByZero:
		return true
	}
	return false
}

// message is the first line of DuckDB's own text: the lines below it quote the sink's statement.
func message(err error) string {
	var d *duckdb.Error
	if !errors.As(err, &d) {
		return err.Error()
	}
	text, _, _ := strings.Cut(d.Msg, "\n")
	return text
}
