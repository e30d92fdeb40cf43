package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
	mydialect "github.com/floedata/floe/dialect/mysql"
	"github.com/floedata/floe/internal/mysqlvalue"
	"github.com/floedata/floe/internal/rejects"
	floesql "github.com/floedata/floe/sink/sql"
)

// route loads by LOAD DATA, as long as the server lets it.
type route struct {
	log *slog.Logger
	few int64 // rows at most that go by INSERT at once
	// forbidden: the server refused LOAD DATA LOCAL. noTemporary: it refused a temporary table.
	forbidden, noTemporary atomic.Bool
}

// Plan implements [floesql.Route].
func (r *route) Plan(into floesql.Into) (floesql.Inserter, error) {
	strict, err := floesql.Insert{Dialect: mydialect.Dialect{}}.Plan(into)
	if err != nil {
		return nil, err
	}
	l := &loader{route: r, into: into, strict: strict}
	isKey := map[int]bool{}
	for _, k := range into.Key {
		isKey[k] = true
	}
	for i, f := range into.Fields {
		typ, err := mysqlvalue.ParseColumn(into.Columns[i].Type)
		if err != nil {
			return nil, &floesql.Unloadable{Column: i, Err: err}
		}
		codec, err := mysqlvalue.For(f.Type, typ)
		if err != nil {
			return nil, &floesql.Unloadable{Column: i, Err: err}
		}
		l.columns = append(l.columns, column{
			Codec: codec, name: into.Columns[i].Name, typ: typ.Bare, required: into.Columns[i].NotNull && !isKey[i],
		})
	}
	return l, nil
}

// turnTo goes on by INSERT, because of an error that was answered to what is forbidden.
func (r *route) turnTo(ctx context.Context, forbidden *atomic.Bool, what string, err error) {
	if forbidden.CompareAndSwap(false, true) {
		r.log.WarnContext(ctx, what+": rows go by INSERT, which is slower", "sink", "mysql", "error", err)
	}
}

// column is one of the columns that rows go into.
type column struct {
	mysqlvalue.Codec
	name, typ string
	required  bool // NOT NULL, and not looked at by the sink
}

// loader puts rows of one schema into one table.
type loader struct {
	*route
	into    floesql.Into
	strict  floesql.Inserter // by INSERT
	columns []column
}

// Check implements [floesql.Inserter]. A null where none may be is found here: LOAD DATA would make 0 or ” of it, and
// INSERT a number where the server counts.
func (l *loader) Check(rec arrow.Record) []deadletter.Reason {
	var reasons [][]deadletter.Reason
	for i, col := range rec.Columns() {
		var nulls, unfit []deadletter.Reason
		name := l.into.Fields[i].Name
		if l.columns[i].required {
			for row := range col.Len() {
				if col.DataType().ID() == arrow.NULL || rejects.IsNull(col, row) {
					nulls = append(nulls, deadletter.Reason{
						Row: int64(row), Code: deadletter.CodeNull, Column: name,
						Message: fmt.Sprintf("column %q is NOT NULL, and the value is null", name),
					})
				}
			}
		}
		if check := l.columns[i].Check; check != nil {
			check(col, 0, col.Len(), func(row int, u *dialect.Unfit) {
				unfit = append(unfit, deadletter.Reason{
					Row: int64(row), Code: u.Code, Column: name, Message: fmt.Sprintf("column %q: %s", name, u.Message),
				})
			})
		}
		reasons = append(reasons, nulls, unfit)
	}
	return rejects.Merge(reasons...)
}

// few is how many rows one INSERT brings as quickly as LOAD DATA, with what has to be asked after it.
const few = 100

// Insert implements [floesql.Inserter].
func (l *loader) Insert(ctx context.Context, c *sql.Conn, records []arrow.Record) error {
	rows := int64(0)
	for _, r := range records {
		rows += r.NumRows()
	}
	if rows <= l.few || l.forbidden.Load() || l.into.Key != nil && l.noTemporary.Load() {
		return l.strict.Insert(ctx, c, records)
	}
	done, err := l.load(ctx, c, records, rows)
	if done || err != nil {
		return err
	}
	return l.strict.Insert(ctx, c, records)
}
