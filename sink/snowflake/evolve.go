package snowflake

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/encode/parquet"
	"github.com/floedata/floe/sink"
)

// evolve adds and widens columns as far as the options allow, and refuses what then does not fit.
func (w *writer) evolve(ctx context.Context, c *sql.Conn, schema *arrow.Schema, t *dialect.Table) (altered bool, err error) {
	s := w.s
	given := map[string]bool{}
	if altered = s.opts.SchemaEvolution && s.beyond(schema, t); altered {
		if err := w.evolveByCopy(ctx, c, schema, t); err != nil {
			return false, err
		}
		if t, err = s.inspectMade(ctx, c, w.table); err != nil {
			return false, err
		}
	}
	for _, f := range schema.Fields() {
		alter, err := s.change(f, t)
		if err != nil {
			return false, err
		}
		if have := s.columnFor(t, f); have != nil {
			given[have.Name] = true
		}
		if alter == "" {
			continue
		}
		s.opts.Logger.InfoContext(ctx, "altering the table", "sink", "snowflake", "table", w.table, "change", alter)
		if err := execAll(ctx, c, alter); err != nil {
			return false, err
		}
		altered = true
	}
	for _, have := range t.Columns {
		if have.NotNull && !have.Generated && !given[have.Name] {
			return false, &sink.SchemaError{Target: s.table, Column: have.Name, Reason: "the table has it as NOT NULL, and the rows lack it, which COPY takes for null: add it to the rows, or let it be null"}
		}
	}
	return altered, nil
}

// change is the statement that makes the table take a field; "" = it does.
func (s *Sink) change(f arrow.Field, t *dialect.Table) (string, error) {
	have := s.columnFor(t, f)
	switch {
	case have == nil && s.opts.SchemaEvolution:
		return "", s.refuse(f, "Snowflake's schema evolution did not add it: grant the role EVOLVE SCHEMA on the table, or add it")
	case have == nil && s.opts.Evolve >= sink.AddColumns:
		col, err := s.columnOf(f, false)
		if err != nil {
			return "", err
		}
		return s.d.AddColumn(s.qualified(t.Name), col), nil
	case have == nil:
		return "", s.refuse(f, "the table lacks it: add it, or set Options.Evolve to AddColumns")
	case have.Generated:
		return "", s.refuse(f, "the table computes it: leave it out of the rows")
	}
	if wider, ok := s.d.Widen(*have, f); ok && s.opts.Evolve == sink.Widen {
		return s.d.AlterColumn(s.qualified(t.Name), *have, wider), nil
	}
	if _, err := newColumn(f, *have); err != nil {
		return "", s.refuse(f, err.Error())
	}
	return "", nil
}

// beyond says that Snowflake would change the table for files of the schema: columns are missing there, or in the files
// ones that are NOT NULL.
func (s *Sink) beyond(schema *arrow.Schema, t *dialect.Table) bool {
	given := map[string]bool{}
	for _, f := range schema.Fields() {
		have := s.columnFor(t, f)
		if have == nil {
			return true
		}
		given[have.Name] = true
	}
	for _, have := range t.Columns {
		if have.NotNull && !have.Generated && !given[have.Name] {
			return true
		}
	}
	return false
}

// evolves says that Snowflake's schema evolution is on for a table.
func (s *Sink) evolves(ctx context.Context, c *sql.Conn, table string) (on bool, err error) {
	err = sf.Each(ctx, c, s.place.ShowTables(table), func(row map[string]string) {
		on = on || row["name"] == table && row["enable_schema_evolution"] == "Y"
	})
	return on, err
}

// evolveByCopy has Snowflake change the table, by a COPY of a file without rows. A load has its COPY in a transaction with
// the offset, where nothing may change tables: what does commits.
func (w *writer) evolveByCopy(ctx context.Context, c *sql.Conn, schema *arrow.Schema, t *dialect.Table) error {
	s := w.s
	fields := make([]arrow.Field, schema.NumFields())
	for i, f := range schema.Fields() {
		name, typ := s.opts.resolve(f.Name), f.Type
		if have := s.columnFor(t, f); have != nil {
			name = have.Name
		} else if at, ok := typ.(*arrow.TimestampType); ok && at.TimeZone != "" {
			return s.refuse(f, "Snowflake's schema evolution would add it as TIMESTAMP_NTZ, which holds no instants: add it as TIMESTAMP_LTZ(9)")
		}
		if typ.ID() == arrow.NULL {
			typ = arrow.BinaryTypes.String // as the column that is made for it
		}
		fields[i] = arrow.Field{Name: name, Type: typ, Nullable: true}
	}
	on, err := s.evolves(ctx, c, t.Name)
	if err == nil && !on {
		err = execAll(ctx, c, "ALTER TABLE "+s.qualified(t.Name)+" SET ENABLE_SCHEMA_EVOLUTION = TRUE")
	}
	if err != nil {
		return err
	}
	a := newAttempt(0, 0)
	defer w.leave(a)
	if err := w.stageSchema(ctx, arrow.NewSchema(fields, nil), a.file(1)); err != nil {
		return fmt.Errorf("stage a file without rows: %w", err)
	}
	s.opts.Logger.InfoContext(ctx, "having the table evolved", "sink", "snowflake", "table", w.table)
	return execAll(ctx, c, s.copyStatement(s.qualified(t.Name), []string{sf.Literal(w.lane + a.file(1))}))
}

// stageSchema stages a file without rows.
func (w *writer) stageSchema(ctx context.Context, schema *arrow.Schema, name string) error {
	to, err := w.s.store.create(ctx, w.lane, name)
	if err != nil {
		return err
	}
	p, err := parquet.NewWriter(to, schema, nil)
	if err == nil {
		err = p.Close()
	}
	if err != nil {
		to.abandon()
		return err
	}
	return to.finish(ctx)
}
