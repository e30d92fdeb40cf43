package postgres

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/floedata/floe/dialect"
)

// states are the classes of the server's errors, by SQLSTATE or its first two characters, which are its class.
var states = map[string]dialect.Class{
	"08":    dialect.Unavailable, // connection exception
	"08P01": dialect.Unknown,     // protocol violation
	"21000": dialect.RowFault,    // ON CONFLICT meets a row twice
	"22":    dialect.RowFault,    // data exception
	"22P03": dialect.Unknown,     // invalid binary representation
	"22P04": dialect.Unknown,     // bad copy file format
	"23":    dialect.RowFault,    // integrity constraint violation
	"25006": dialect.ReadOnly,    // read-only transaction
	"25P03": dialect.Unavailable, // idle in transaction for too long
	"25P04": dialect.Unavailable, // in transaction for too long
	"28":    dialect.Denied,      // invalid authorization
	"3D000": dialect.Missing,     // database
	"3F000": dialect.Missing,     // schema
	"40":    dialect.Conflict,    // deadlock, serialization failure
	"42501": dialect.Denied,      // insufficient privilege
	"42701": dialect.Conflict,    // the column was added meanwhile
	"42703": dialect.Missing,     // column
	"42704": dialect.Missing,     // type and the like
	"42710": dialect.Conflict,    // the object was made meanwhile
	"42P01": dialect.Missing,     // table
	"42P07": dialect.Conflict,    // the table was made meanwhile
	"44000": dialect.RowFault,    // WITH CHECK OPTION
	"53100": dialect.Full,        // disk full
	"53200": dialect.Unavailable, // out of memory
	"53300": dialect.Unavailable, // too many connections
	"54000": dialect.RowFault,    // too large for a page or an index
	"55006": dialect.Conflict,    // object in use
	"55P03": dialect.Conflict,    // lock timeout
	"57014": dialect.Conflict,    // statement timeout, or cancelled
	"57P01": dialect.Unavailable, // the server shuts down
	"57P02": dialect.Unavailable, // the server crashed
	"57P03": dialect.Unavailable, // the server starts
	"57P04": dialect.Missing,     // the database was dropped
	"57P05": dialect.Unavailable, // idle for too long
	"P0001": dialect.RowFault,    // RAISE in a trigger
}

// Classify implements [dialect.Dialect]. The server's errors are known by their SQLSTATE, of pgx and lib/pq alike.
func (Dialect) Classify(err error) dialect.Class {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == uniqueViolation && pg.SchemaName == "pg_catalog" {
		return dialect.Conflict // two that make the same thing
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) && len(state.SQLState()) == 5 {
		if class, ok := states[state.SQLState()]; ok {
			return class
		}
		return states[state.SQLState()[:2]]
	}
	if isLost(err) {
		return dialect.Unavailable
	}
	return dialect.Unknown
}

const uniqueViolation = "23505"

// isLost says that the connection was not made, or is no more.
func isLost(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNREFUSED) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, pgconn.ErrConnClosed)
}

// Message implements [dialect.Dialect]: the server's message and its detail.
func (Dialect) Message(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		if pg.Detail != "" {
			return pg.Message + ": " + pg.Detail
		}
		return pg.Message
	}
	var state interface {
		error
		SQLState() string
	}
	if errors.As(err, &state) {
		return strings.TrimPrefix(state.Error(), "pq: ")
	}
	return err.Error()
}
