package snowflake

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/floedata/floe/dialect"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/retry"
)

// channelColumn names the channel that a row landed by, in the table that rows land in; ordinalColumn has its number in the
// partition.
const channelColumn = "_FLOE_CHANNEL"

// landingTable is the name of the table in which rows land that replace others in table.
func landingTable(table string) string { return "_FLOE_LANDING_" + table }

// makeLanding makes the table that rows land in, or gives it the columns that the table has got since. Nothing is NOT NULL
// there: the rows were looked at before. Columns that the rows lack get the defaults of the table's there.
func (t *StreamingSink) makeLanding(ctx context.Context, c *sql.Conn) error {
	s := t.s
	table, err := s.inspectMade(ctx, c, s.name)
	if err != nil {
		return err
	}
	want := landingColumns(table)
	have, err := sf.Inspect(ctx, c, s.place, t.lands())
	if err != nil {
		return err
	}
	if have == nil {
		s.opts.Logger.InfoContext(ctx, "making the table that rows land in", "sink", "snowflake", "table", t.lands())
		create := s.d.CreateTable(s.qualified(t.lands()), want, nil)
		return execAll(ctx, c, strings.Replace(create, "CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))
	}
	for _, w := range want {
		i := slices.IndexFunc(have.Columns, func(h dialect.Column) bool { return h.Name == w.Name })
		switch {
		case i < 0:
			err = execAll(ctx, c, s.d.AddColumn(s.qualified(t.lands()), w))
		case have.Columns[i].Type != w.Type:
			err = execAll(ctx, c, s.d.AlterColumn(s.qualified(t.lands()), have.Columns[i], w.Type))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// landingColumns are those of a table that rows for table land in.
func landingColumns(table *dialect.Table) []dialect.Column {
	var columns []dialect.Column
	for _, c := range table.Columns {
		if !c.Generated {
			columns = append(columns, dialect.Column{Name: c.Name, Type: c.Type, Default: c.Default})
		}
	}
	return append(columns, dialect.Column{Name: channelColumn, Type: "VARCHAR"}, dialect.Column{Name: ordinalColumn, Type: "NUMBER(38,0)"})
}

// answerMerged is what a block of a merge answers.
const answerMerged = "MERGED"

// all is the bound of a channel of which nothing is on its way.
const all = math.MaxInt64

// mergeLanded moves rows that have landed into the table: of each channel those before its bound, which are committed and so
// have all landed. The caller holds ddl.
func (t *StreamingSink) mergeLanded(ctx context.Context, c *sql.Conn, bounds map[string]int64) error {
	if len(bounds) == 0 {
		return nil
	}
	// Later than the bounds, so that it has every column in which rows before them have something.
	landing, err := t.s.inspectMade(ctx, c, t.lands())
	if err != nil {
		return err
	}
	answer, err := run(ctx, c, t.mergeBlock(landing, bounds).String())
	if err == nil && answer != answerMerged {
		err = retry.Transient(fmt.Errorf("another process was merging what has landed in %s", t.s.qualified(t.lands())))
	}
	return err
}

// mergeBlock is the program that merges. What it found it deletes in the transaction that merges it: where another one has
// done so meanwhile, it is one that may have merged newer rows since, and these must not come after them.
func (t *StreamingSink) mergeBlock(landing *dialect.Table, bounds map[string]int64) *block {
	s, p, work := t.s, t.mergePlan(landing), t.s.newWork()
	var columns []string
	for _, c := range p.columns {
		columns = append(columns, s.d.Quote(c.Name))
	}
	list := strings.Join(append(columns, s.d.Quote(ordinalColumn)), ", ")
	landed := landedBefore(s, bounds)
	b := &block{variables: append([]string{"landed INTEGER"}, p.boundVariables(0)...), failed: []string{"DROP TABLE IF EXISTS " + work}}
	end := func(answer string) []string { return append(slices.Clone(b.failed), "RETURN '"+answer+"'") }
	b.add(
		p.createWork(s, work),
		fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s WHERE %s", work, list, list, s.qualified(t.lands()), landed),
		"landed := SQLROWCOUNT",
		when("landed = 0", end(answerMerged)...),
		p.readBounds(s, 0, work),
		"BEGIN TRANSACTION",
		fmt.Sprintf("DELETE FROM %s WHERE %s", s.qualified(t.lands()), landed),
		when("SQLROWCOUNT <> landed", append([]string{"ROLLBACK"}, end(answerMoved)...)...),
		p.merge(s, 0, work, s.qualified(s.name)),
		"COMMIT")
	b.add(end(answerMerged)...)
	return b
}

// landedBefore is the condition of rows before the bounds of their channels.
func landedBefore(s *Sink, bounds map[string]int64) string {
	channel, ordinal := s.d.Quote(channelColumn), s.d.Quote(ordinalColumn)
	var list []string
	for _, name := range slices.Sorted(maps.Keys(bounds)) {
		condition := channel + " = " + sf.Literal(name)
		if bounds[name] != all {
			condition += fmt.Sprintf(" AND %s < %d", ordinal, bounds[name])
		}
		list = append(list, "("+condition+")")
	}
	return strings.Join(list, " OR ")
}

// mergePlan has the columns of the table that rows land in, but for the two that say where they come from.
func (t *StreamingSink) mergePlan(landing *dialect.Table) *plan {
	p := &plan{}
	for _, c := range landing.Columns {
		if c.Name != channelColumn && c.Name != ordinalColumn {
			p.columns = append(p.columns, column{Column: c})
		}
	}
	for _, k := range t.s.opts.Key {
		i := slices.IndexFunc(p.columns, func(c column) bool { return c.Name == k || c.Name == t.s.opts.resolve(k) })
		p.key = append(p.key, i)
	}
	return p
}
