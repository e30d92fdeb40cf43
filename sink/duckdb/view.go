package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/marcboeker/go-duckdb"
)

// stream is the record reader that a view scans. The driver never releases what it exports, so the stream only
// borrows the records, is emptied when the view is dropped, and does not count references.
type stream struct {
	content atomic.Pointer[content]
	next    atomic.Int64 // DuckDB calls from threads of its own, one at a time
}

type content struct {
	schema  *arrow.Schema
	records []arrow.Record
}

// show puts records into the stream, which begins anew.
func (s *stream) show(schema *arrow.Schema, records []arrow.Record) {
	s.content.Store(&content{schema, records})
	s.next.Store(0)
}

func (s *stream) Retain()  {}
func (s *stream) Release() {}

func (s *stream) Schema() *arrow.Schema { return s.content.Load().schema }

func (s *stream) Next() bool {
	return s.next.Add(1) <= int64(len(s.content.Load().records))
}

func (s *stream) Record() arrow.Record { return s.content.Load().records[s.next.Load()-1] }
func (s *stream) Err() error           { return nil }

// withView shows the records to DuckDB as a view, runs do with its name as it stands in a statement, and takes them
// back. One statement may scan it, once, and must read all of its columns in their order and nothing else: DuckDB
// believes that the stream prunes columns and filters rows as it is told, which it does not. For any other query
// there is [Sink.withTable]. The view is that of a feed where one is free, else one of its own in the transaction
// that is open on c. Such a view holds a raw pointer: no transaction may commit it.
func (s *Sink) withView(ctx context.Context, c *sql.Conn, schema *arrow.Schema, records []arrow.Record, do func(view string) error) error {
	if f := s.feeds.take(schema); f != nil {
		defer s.feeds.give(f)
		f.rows.show(schema, records)
		return do(f.view)
	}
	rows := &stream{}
	rows.show(schema, records)
	defer rows.show(arrow.NewSchema(nil, nil), nil)
	name := fmt.Sprintf("_floe_view_%s_%d", s.id, s.views.Add(1))
	free, err := register(c, rows, name)
	if err != nil {
		return err
	}
	defer free()
	if err := do(quote(name)); err != nil {
		return err
	}
	if _, err := c.ExecContext(ctx, "DROP VIEW "+quote(name)); err != nil {
		return fmt.Errorf("drop the view of the rows: %w", err)
	}
	return nil
}

// register makes a view of the stream in the current schema of c. What free gives back must outlive the view.
func register(c *sql.Conn, rows *stream, name string) (free func(), err error) {
	err = c.Raw(func(dc any) error {
		a, err := duckdb.NewArrowFromConn(dc.(driver.Conn))
		if err != nil {
			return err
		}
		free, err = a.RegisterView(rows, name)
		return err
	})
	if err != nil {
		// The driver's own text is the name of the C function; what is wrong is that views cannot be made.
		return nil, fmt.Errorf("register the rows as a view (is the database read-only?): %w", err)
	}
	return free, nil
}

// withTable copies the records into a temporary table on c, whose transaction is open, each column by the
// expression given for it, runs do with the table's quoted name, and drops it.
func (s *Sink) withTable(ctx context.Context, c *sql.Conn, schema *arrow.Schema, records []arrow.Record, columns []string, do func(table string) error) error {
	name := quote(fmt.Sprintf("_floe_batch_%s_%d", s.id, s.views.Add(1)))
	err := s.withView(ctx, c, schema, records, func(view string) error {
		return s.exec(ctx, c, "CREATE TEMP TABLE "+name+" AS SELECT "+strings.Join(columns, ", ")+" FROM "+view)
	})
	if err != nil {
		return err
	}
	if err := do("temp." + name); err != nil {
		return err
	}
	return s.exec(ctx, c, "DROP TABLE temp."+name)
}
