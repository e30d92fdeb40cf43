package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"github.com/floedata/floe/dialect"
)

// classes are the errors of the server, by number.
var classes = map[uint16]dialect.Class{}

func init() {
	for class, numbers := range map[dialect.Class][]uint16{
		dialect.Conflict: {
			1213, // deadlock
			1205, // lock wait timeout
			1242, // no lock within the time: see Lock
			3572, // NOWAIT
			1050, // table exists
			1060, // column exists
			1061, // index exists
			1412, // table definition has changed
			1020, // record has changed since last read
		},
		dialect.Unavailable: {
			1040, 1041, 1203, 1226, // too many connections, out of memory for them, of a user
			1053, 1077, 1078, 1079, 1080, // shutdown
			1152, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1184, // the connection broke
			1927, 1317, 3169, 3168, // killed
			1047,       // a node of a cluster that is not ready
			2006, 2013, // gone away, lost
			4031, // closed for inactivity
		},
		dialect.RowFault: {
			1062, 1586, 1022, 1859, // duplicate
			1048, 1364, 1263, 1138, // NULL
			1406, 1264, 1265, 1366, 1292, 1411, 1367, 1690, 1300, 1277, // value
			3819, 4025, 1451, 1452, 1216, 1217, // constraint
			1369,             // WITH CHECK OPTION
			1526,             // no partition
			1644,             // SIGNAL
			3140, 3141, 4037, // JSON
			1301, // a result larger than a packet
			1118, // row too large
		},
		dialect.Forbidden: {
			1148, 3948, 4166, 2068, // local infile
			1787, // temporary tables in transactions
		},
		dialect.ReadOnly: {1290, 1792, 1836, 3098},
		dialect.Full:     {1021, 1114, 3675},
		dialect.Denied:   {1044, 1045, 1142, 1143, 1227, 1370, 1698, 1820, 1862, 3118, 3159, 4151},
		dialect.Missing:  {1049, 1146, 1054, 1051, 1091, 1176, 1109},
	} {
		for _, n := range numbers {
			classes[n] = class
		}
	}
}

// Classify implements [dialect.Dialect].
func (Dialect) Classify(err error) dialect.Class {
	var server *mysql.MySQLError
	if errors.As(err, &server) {
		return classes[server.Number]
	}
	var network net.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded): // which is a net.Error
		return dialect.Unknown
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, sql.ErrConnDone),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.As(err, &network):
		return dialect.Unavailable
	case errors.Is(err, mysql.ErrPktTooLarge):
		return dialect.RowFault
	}
	return dialect.Unknown
}

// Message implements [dialect.Dialect].
func (Dialect) Message(err error) string {
	var server *mysql.MySQLError
	if errors.As(err, &server) {
		return server.Message
	}
	return err.Error()
}
