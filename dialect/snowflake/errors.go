package snowflake

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/dialect"
)

// numbers are the classes of errors by their number: Snowflake's, and the driver's own from 260000.
var numbers = map[int]dialect.Class{
	604:                                      dialect.Conflict,    // the statement was cancelled
	606:                                      dialect.Missing,     // no warehouse is selected
	625:                                      dialect.Conflict,    // waited for a lock for too long
	630:                                      dialect.Conflict,    // statement timeout
	2002:                                     dialect.Conflict,    // the object was made meanwhile
	2003:                                     dialect.Missing,     // no such object, or not to be seen
	2043:                                     dialect.Missing,     // the same, of other kinds
	3001:                                     dialect.Denied,      // a privilege is lacking
	3540:                                     dialect.Denied,      // CREATE is not allowed
	90073:                                    dialect.Unavailable, // the warehouse cannot be resumed now
	90106:                                    dialect.Missing,     // the session has no database
	390100:                                   dialect.Denied,      // user or password
	390101:                                   dialect.Unavailable, // log in again
	390104:                                   dialect.Unavailable, // log in again
	390111:                                   dialect.Unavailable, // the session is gone
	390112:                                   dialect.Unavailable, // the session has expired
	390114:                                   dialect.Unavailable, // the token has expired
	390144:                                   dialect.Denied,      // the JWT is not valid
	390189:                                   dialect.Denied,      // no such role
	390195:                                   dialect.Unavailable, // log in again
	390201:                                   dialect.Missing,     // database, schema or warehouse of the login
	390422:                                   dialect.Denied,      // a network policy
	gosnowflake.ErrCodeServiceUnavailable:    dialect.Unavailable,
	gosnowflake.ErrCodeFailedToConnect:       dialect.Denied,
	gosnowflake.ErrFailedToPostQuery:         dialect.Unavailable,
	gosnowflake.ErrFailedToRenewSession:      dialect.Unavailable,
	gosnowflake.ErrFailedToCancelQuery:       dialect.Unavailable,
	gosnowflake.ErrFailedToAuth:              dialect.Denied,
	gosnowflake.ErrFailedToGetChunk:          dialect.Unavailable,
	gosnowflake.ErrFailedToUploadToStage:     dialect.Unavailable,
	gosnowflake.ErrCodeEmptyPasswordCode:     dialect.Denied,
	gosnowflake.ErrCodeEmptyUsernameCode:     dialect.Denied,
	gosnowflake.ErrFailedToHeartbeat:         dialect.Unavailable,
	gosnowflake.ErrFailedToCloseSession:      dialect.Unavailable,
	gosnowflake.ErrFailedToDownloadFromStage: dialect.Unavailable,
}

// states are the classes by SQLSTATE, or its first two characters, of numbers that are not listed.
var states = map[string]dialect.Class{
	"08":    dialect.Unavailable, // connection exception
	"22":    dialect.RowFault,    // data exception
	"22000": dialect.Unknown,     // any error of many kinds
	"23":    dialect.RowFault,    // NOT NULL
	"40":    dialect.Conflict,    // deadlock
	"42501": dialect.Denied,      // insufficient privilege
	"42710": dialect.Conflict,    // the object was made meanwhile
	"42S02": dialect.Missing,     // table
	"57014": dialect.Conflict,    // cancelled, timeouts, locks
	"57P03": dialect.Missing,     // no warehouse
}

// Classify implements [dialect.Dialect].
func (Dialect) Classify(err error) dialect.Class {
	var e *gosnowflake.SnowflakeError
	if errors.As(err, &e) {
		if class, ok := numbers[e.Number]; ok {
			return class
		}
		if class, ok := states[e.SQLState]; ok {
			return class
		}
		if len(e.SQLState) == 5 {
			return states[e.SQLState[:2]]
		}
		return dialect.Unknown
	}
	// The driver has no type for a call that it has given up.
	if strings.HasSuffix(err.Error(), "Hanging?") {
		return dialect.Unavailable
	}
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNREFUSED) ||
		errors.Is(err, driver.ErrBadConn) {
		return dialect.Unavailable
	}
	return dialect.Unknown
}

// Message implements [dialect.Dialect]: Snowflake's own text.
func (Dialect) Message(err error) string {
	var e *gosnowflake.SnowflakeError
	if !errors.As(err, &e) {
		return err.Error()
	}
	return strings.TrimSpace(text(e))
}

func text(e *gosnowflake.SnowflakeError) string {
	if len(e.MessageArgs) > 0 {
		return fmt.Sprintf(e.Message, e.MessageArgs...)
	}
	return e.Message
}
