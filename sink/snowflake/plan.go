package snowflake

import (
	"fmt"
	"slices"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/rejects"
	"github.com/floedata/floe/sink"
)

// ordinalColumn numbers the rows of a partition in files that are loaded through a work table.
const ordinalColumn = "_FLOE_ORDINAL"

// plan is how records of one schema go into one table. It does not change once Prepare has made it.
type plan struct {
	schema  *arrow.Schema
	shape   int64 // [Sink].shape that it was made for
	columns []column
	key     []int            // the columns of Options.Key, in mode Upsert
	rest    []dialect.Column // of the table, that the rows lack
	file    *arrow.Schema    // of the files
	rejects *plan            // of the table of rejects; nil = none
	writers sync.Pool        // of *parquet.Writer, for the memory of files that are done
}

// column is where a field of the rows goes.
type column struct {
	dialect.Column
	field  int     // its number
	checks []check // of its values
	absent bool    // its values are all null: a file does not have it
}

// checkSchema refuses what no table can have.
func (s *Sink) checkSchema(schema *arrow.Schema) error {
	if schema.NumFields() == 0 {
		return &sink.SchemaError{Target: s.table, Reason: "the rows have no columns: a table needs one at least"}
	}
	seen := map[string]string{}
	for _, f := range schema.Fields() {
		name := s.opts.resolve(f.Name)
		if err := s.d.CheckName(f.Name); err != nil {
			return s.refuse(f, "its name "+err.Error()+": rename the column")
		}
		if name == ordinalColumn && s.throughWork() {
			return s.refuse(f, "the sink has a column of that name for itself: rename the column")
		}
		if other, dup := seen[name]; dup {
			return s.refuse(f, fmt.Sprintf("it and %q are one column, %s: rename one, or set Options.KeepCase", other, name))
		}
		seen[name] = f.Name
	}
	return nil
}

func (s *Sink) refuse(f arrow.Field, reason string) error {
	return &sink.SchemaError{Target: s.table, Column: f.Name, Type: f.Type, Reason: reason}
}

// keyOf finds the columns of Options.Key.
func (s *Sink) keyOf(schema *arrow.Schema) ([]int, error) {
	var key []int
	for _, k := range s.opts.Key {
		i := slices.IndexFunc(schema.Fields(), func(f arrow.Field) bool { return s.opts.resolve(f.Name) == s.opts.resolve(k) })
		if i < 0 {
			return nil, &sink.SchemaError{Target: s.table, Column: k, Reason: "it is in Options.Key, and the rows lack it"}
		}
		if id := schema.Field(i).Type.ID(); arrow.IsNested(id) || id == arrow.NULL {
			return nil, s.refuse(schema.Field(i), "it is in Options.Key, and a key must be of plain values")
		}
		key = append(key, i)
	}
	return key, nil
}

// throughWork says that rows go into a work table, and from there into the table.
func (s *Sink) throughWork() bool { return s.opts.Mode == sink.Upsert || s.opts.OnError != Abort }

// columnOf returns the column that is made for a field.
func (s *Sink) columnOf(f arrow.Field, key bool) (dialect.Column, error) {
	typ, err := s.d.Type(f, key)
	if err != nil {
		return dialect.Column{}, s.refuse(f, err.Error())
	}
	return dialect.Column{Name: s.opts.resolve(f.Name), Type: typ, NotNull: key}, nil
}

// columnFor finds the column of the table for a field: the one of its name, else the one that its name stands for.
func (s *Sink) columnFor(t *dialect.Table, f arrow.Field) *dialect.Column {
	if c := t.Column(s.d, f.Name); c != nil {
		return c
	}
	return t.Column(s.d, s.opts.resolve(f.Name))
}

// newPlan pairs the fields with the columns that the table has for them; own says that it is the sink's table, not that of
// rejects.
func (s *Sink) newPlan(schema *arrow.Schema, t *dialect.Table, own bool) (*plan, error) {
	p := &plan{schema: schema, shape: s.shape.Load()}
	given := map[string]bool{}
	var fields []arrow.Field
	for i, f := range schema.Fields() {
		have := s.columnFor(t, f)
		if given[have.Name] {
			return nil, s.refuse(f, fmt.Sprintf("another column of the rows goes into %s too: rename one", s.d.Quote(have.Name)))
		}
		given[have.Name] = true
		c, err := newColumn(f, *have)
		if err != nil {
			return nil, s.refuse(f, err.Error())
		}
		c.field = i
		p.columns = append(p.columns, c)
		if !c.absent {
			fields = append(fields, arrow.Field{Name: have.Name, Type: f.Type, Nullable: true})
		}
	}
	if len(fields) == 0 {
		return nil, &sink.SchemaError{Target: s.table, Reason: "every column of the rows is of type null: give one a type"}
	}
	if own && s.throughWork() {
		fields = append(fields, arrow.Field{Name: ordinalColumn, Type: arrow.PrimitiveTypes.Int64})
	}
	p.file = arrow.NewSchema(fields, nil)
	for _, c := range t.Columns {
		if !given[c.Name] && !c.Generated {
			p.rest = append(p.rest, c)
		}
	}
	var err error
	if own {
		p.key, err = s.keyOf(schema)
	}
	return p, err
}

// newColumn says how the values of a field are checked against the column of the table, or why they cannot go there.
func newColumn(f arrow.Field, have dialect.Column) (column, error) {
	c := column{Column: have, absent: f.Type.ID() == arrow.NULL}
	want, err := sf.ColumnType(f)
	if err != nil {
		return column{}, err
	}
	if have.NotNull {
		c.checks = append(c.checks, checkNull)
	}
	if c.absent {
		return c, nil
	}
	dt := f.Type
	dict, isDict := dt.(*arrow.DictionaryType)
	if isDict {
		dt = dict.ValueType
	}
	values, ok := checkOf(dt, sf.ParseType(want), sf.ParseType(have.Type))
	switch {
	case !ok:
		return column{}, fmt.Errorf("the table has it as %s, which does not hold its values as they are: convert the column before, or alter the table's", have.Type)
	case values == nil:
	case isDict:
		c.checks = append(c.checks, checkDictionary(values))
	default:
		c.checks = append(c.checks, values)
	}
	return c, nil
}

// checkOf returns what checks values of a type, for which a column of type want would be made, in the column that there
// is; nil = every value fits. false = it does not hold them.
func checkOf(dt arrow.DataType, want, have sf.Type) (check, bool) {
	switch want.Name {
	case "NUMBER":
		return checkNumber(dt, have)
	case "VARCHAR":
		if have.Name == "VARIANT" {
			return checkVariant, true
		}
		return checkText(have.Length), have.Name == "VARCHAR"
	case "BINARY":
		return checkBytes(have.Length), have.Name == "BINARY"
	case "DATE":
		return checkDate, have.Name == "DATE"
	case "TIME":
		return checkTime(dt, have.Scale), have.Name == "TIME"
	case "TIMESTAMP_NTZ":
		return checkTimestamp(dt.(*arrow.TimestampType), have), have.Name == "TIMESTAMP_NTZ"
	case "TIMESTAMP_LTZ":
		return checkTimestamp(dt.(*arrow.TimestampType), have), have.Name == "TIMESTAMP_LTZ" || have.Name == "TIMESTAMP_TZ"
	case "FLOAT":
		if have.Name == "VARIANT" && dt.ID() != arrow.FLOAT16 {
			return checkVariant, true
		}
		return nil, have.Name == "FLOAT"
	case "BOOLEAN":
		return nil, have.Name == "BOOLEAN" || have.Name == "VARIANT"
	case "VARIANT":
		list := dt.ID() != arrow.STRUCT && dt.ID() != arrow.MAP
		return checkVariant, have.Name == "VARIANT" || list && have.Name == "ARRAY" || !list && have.Name == "OBJECT"
	}
	return nil, false
}

func checkNumber(dt arrow.DataType, have sf.Type) (check, bool) {
	decimal, isDecimal := dt.(arrow.DecimalType)
	before, _, _ := sf.Digits(dt)
	switch {
	case have.Name == "NUMBER" && isDecimal:
		return checkDecimal(decimal, have), true
	case have.Name == "NUMBER":
		return checkInteger(dt, have), true
	case have.Name == "FLOAT":
		return nil, !isDecimal && before <= 10 // a double has all integers of 53 bits
	}
	return nil, have.Name == "VARIANT" && !isDecimal
}

// matches reports whether the plan was made for records of that schema.
func (p *plan) matches(schema *arrow.Schema) bool {
	return p.schema == schema || schema != nil && slices.EqualFunc(p.schema.Fields(), schema.Fields(), func(a, b arrow.Field) bool {
		return a.Name == b.Name && arrow.TypeEqual(a.Type, b.Type)
	})
}

// check names the rows of a borrowed record that the table cannot take, ascending, one reason each, counted in the record.
func (p *plan) check(rec arrow.Record) []deadletter.Reason {
	lists := [][]deadletter.Reason{rejects.NullKeys(rec, p.key)}
	for _, c := range p.columns {
		for _, look := range c.checks {
			var f faults
			look(rec.Column(c.field), &f)
			for i := range f.list {
				f.list[i].Column = p.schema.Field(c.field).Name
				f.list[i].Message = fmt.Sprintf("column %q: %s", f.list[i].Column, f.list[i].Message)
			}
			lists = append(lists, f.list)
		}
	}
	return rejects.Merge(lists...)
}

// record lays borrowed rows out for a file, for the caller to release. They are those of a record whose first row has that
// ordinal, without the ones that the reasons name.
func (p *plan) record(mem memory.Allocator, kept arrow.Record, ordinal int64, reasons []deadletter.Reason) arrow.Record {
	columns := make([]arrow.Array, 0, p.file.NumFields())
	for _, c := range p.columns {
		if !c.absent {
			columns = append(columns, kept.Column(c.field))
		}
	}
	if len(columns) < p.file.NumFields() {
		b := array.NewInt64Builder(mem)
		defer b.Release()
		b.Reserve(int(kept.NumRows()))
		for row := int64(0); b.Len() < int(kept.NumRows()); row++ {
			if len(reasons) > 0 && reasons[0].Row == row {
				reasons = reasons[1:]
				continue
			}
			b.UnsafeAppend(ordinal + row)
		}
		numbers := b.NewArray()
		defer numbers.Release()
		columns = append(columns, numbers)
	}
	return array.NewRecord(p.file, columns, kept.NumRows())
}
