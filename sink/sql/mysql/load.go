package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/go-sql-driver/mysql"

	"github.com/floedata/floe/dialect"
	mydialect "github.com/floedata/floe/dialect/mysql"
	"github.com/floedata/floe/internal/mysqlvalue"
)

var my = mydialect.Dialect{}

// savepoint is where a load that did not go in as it is goes back to.
const savepoint = "_floe_load"

// load puts the rows in by LOAD DATA. Not done: nothing is in, and the rows are to go by INSERT, which says why.
func (l *loader) load(ctx context.Context, c *sql.Conn, records []arrow.Record, rows int64) (done bool, err error) {
	if err := exec(ctx, c, "SAVEPOINT "+savepoint); err != nil {
		return false, err
	}
	into, names := l.into.Table, l.names()
	if l.into.Key != nil {
		into, names = l.temporary(), numbered(len(l.columns))
		if err := l.makeTemporary(ctx, c, into); err != nil {
			if class := my.Classify(err); class == dialect.Denied || class == dialect.Forbidden {
				l.turnTo(ctx, &l.noTemporary, "the server makes no temporary table", err)
				return false, nil
			}
			return false, err
		}
	}
	whole, err := l.stream(ctx, c, into, names, records, rows)
	if err != nil {
		if my.Classify(err) == dialect.Forbidden {
			l.turnTo(ctx, &l.forbidden, "the server takes no LOAD DATA LOCAL INFILE (local_infile)", err)
			return false, nil
		}
		return false, err
	}
	if !whole {
		return false, exec(ctx, c, "ROLLBACK TO SAVEPOINT "+savepoint)
	}
	if l.into.Key == nil {
		return true, nil
	}
	return true, l.merge(ctx, c, into)
}

// streams counts the readers registered with the driver, whose names are for the whole process.
var streams atomic.Int64

// stream runs LOAD DATA, and says whether all rows went in without a warning.
func (l *loader) stream(ctx context.Context, c *sql.Conn, into string, names []string, records []arrow.Record, rows int64) (whole bool, err error) {
	name := fmt.Sprintf("floe-%d", streams.Add(1))
	mysql.RegisterReaderHandler(name, func() io.Reader { return newEncoder(l.columns, records) })
	defer mysql.DeregisterReaderHandler(name)
	res, err := c.ExecContext(ctx, l.statement(name, into, names))
	if err != nil {
		return false, fmt.Errorf("LOAD DATA: %w", err)
	}
	loaded, err := res.RowsAffected()
	if err != nil || loaded != rows {
		return false, err
	}
	var warnings int64
	if err := c.QueryRowContext(ctx, "SELECT @@warning_count").Scan(&warnings); err != nil {
		return false, fmt.Errorf("ask for warnings: %w", err)
	}
	return warnings == 0, nil
}

// statement is the LOAD DATA of one stream. Bytes come as base64, so that no character set touches them.
func (l *loader) statement(stream, into string, names []string) string {
	var list, set []string
	for i, c := range l.columns {
		name := my.Quote(names[i])
		variable := fmt.Sprintf("@floe_%d", i)
		switch c.Form {
		case mysqlvalue.Bytes:
			set = append(set, name+" = FROM_BASE64("+variable+")")
			name = variable
		case mysqlvalue.Bits:
			set = append(set, name+" = CAST("+variable+" AS UNSIGNED)")
			name = variable
		}
		list = append(list, name)
	}
	s := "LOAD DATA LOCAL INFILE 'Reader::" + stream + "' INTO TABLE " + into +
		` CHARACTER SET utf8mb4 FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n' (` + strings.Join(list, ", ") + ")"
	if len(set) > 0 {
		s += " SET " + strings.Join(set, ", ")
	}
	return s
}

func (l *loader) names() []string {
	names := make([]string, len(l.columns))
	for i, c := range l.columns {
		names[i] = c.name
	}
	return names
}

func exec(ctx context.Context, c *sql.Conn, statement string) error {
	if _, err := c.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%.200s: %w", statement, err)
	}
	return nil
}
