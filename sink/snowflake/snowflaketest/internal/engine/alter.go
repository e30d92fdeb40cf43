package engine

import (
	"fmt"
	"slices"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// alterTable is ALTER TABLE.
func (w *work) alterTable(st *syntax.AlterTable) (*Result, error) {
	done := status(DDL, "Statement executed successfully.")
	o, shown, err := w.lookup(syntax.Table, st.Name, "ALTER TABLE")
	if err != nil {
		return nil, err
	}
	if o == nil || o.Kind != syntax.Table {
		if st.IfExists {
			return done, nil
		}
		return nil, missing(syntax.Table, shown)
	}
	if err := w.owned(o); err != nil {
		return nil, err
	}
	switch a := st.Action.(type) {
	case *syntax.AddColumns:
		err = w.addColumns(o, a)
	case *syntax.DropColumns:
		err = w.dropColumns(o, a)
	case *syntax.RenameColumn:
		err = w.renameColumn(o, a)
	case *syntax.ModifyColumns:
		for _, c := range a.Changes {
			if err := w.changeColumn(o, c); err != nil {
				return nil, err
			}
		}
	case *syntax.RenameTo:
		err = w.rename(o, a.Name)
	case *syntax.SwapWith:
		err = w.swap(o, a.Name)
	case *syntax.AddConstraint:
		err = o.Table.constraint(w, a.Constraint)
	case *syntax.DropConstraint:
		err = o.Table.dropConstraint(a)
	case *syntax.ClusterBy:
		if o.Table.Cluster = ""; a.Keys != "" {
			err = w.cluster(o, a.Keys)
		}
	case *syntax.SetParams:
		err = w.tableParams(o, a.Params)
	case *syntax.UnsetParams:
		for _, n := range a.Names {
			switch n {
			case "COMMENT":
				o.Comment = ""
			case "ENABLE_SCHEMA_EVOLUTION":
				o.Table.Evolution = false
			case "ERROR_LOGGING":
				o.Table.ErrorLogging = false
			case "DATA_RETENTION_TIME_IN_DAYS":
				o.Retention = ""
			default:
				return nil, unsupported("UNSET %s of a table", n)
			}
		}
	default:
		return nil, unsupported("%s", firstWords(st.SQL()))
	}
	if err != nil {
		return nil, err
	}
	return done, w.save(o)
}

func (w *work) addColumns(o *object, a *syntax.AddColumns) error {
	for _, d := range a.Columns {
		if _, ok := o.Table.column(d.Name); ok {
			if a.IfNotExists {
				continue
			}
			return compilation(1430, "42601", "column '%s' already exists", d.Name)
		}
		c, err := w.columnOf(d)
		if err != nil {
			return err
		}
		if c.Identity != nil {
			return unsupported("ADD COLUMN %s AUTOINCREMENT", quoted(c.Name))
		}
		if err := w.addColumn(o, c); err != nil {
			return err
		}
	}
	return nil
}

// addColumn adds a column; rows that are there have its default.
func (w *work) addColumn(o *object, c column) error {
	o.Table.number(&c)
	if c.NotNull && c.Default == "" {
		n, err := w.number(`SELECT COUNT(*) FROM ` + physical(o))
		if err != nil {
			return err
		}
		if n > 0 {
			return compilation(1, "22000", "Non-nullable column '%s' cannot be added to non-empty table '%s' unless it has a non-null default value.",
				quoted(c.Name), quoted(o.Name)) // approximate: the code
		}
	}
	if err := w.exec(fmt.Sprintf(`ALTER TABLE %s ADD COLUMN %s %s`, physical(o), c.physical(), c.Type.DuckDB())); err != nil {
		return err
	}
	o.Table.Columns = append(o.Table.Columns, c)
	if c.Default == "" {
		return nil
	}
	x, err := w.defaultOf(c)
	if err != nil {
		return err
	}
	return w.exec(fmt.Sprintf(`UPDATE %s SET %s = %s`, physical(o), c.physical(), x))
}

func (w *work) dropColumns(o *object, a *syntax.DropColumns) error {
	for _, n := range a.Names {
		i, ok := o.Table.column(n)
		if !ok {
			if a.IfExists {
				continue
			}
			return compilation(904, "42000", "column '%s' does not exist", n) // approximate: the text
		}
		if len(o.Table.Columns) == 1 {
			return compilation(1, "42601", "Cannot drop column '%s': it is the only one of table '%s'", n, quoted(o.Name)) // approximate
		}
		if err := w.exec(fmt.Sprintf(`ALTER TABLE %s DROP COLUMN %s`, physical(o), o.Table.Columns[i].physical())); err != nil {
			return err
		}
		o.Table.Columns = slices.Delete(o.Table.Columns, i, i+1)
		o.Table.Constraints = slices.DeleteFunc(o.Table.Constraints, func(c constraint) bool { return slices.Contains(c.Columns, n) })
	}
	return nil
}

func (w *work) renameColumn(o *object, a *syntax.RenameColumn) error {
	i, ok := o.Table.column(a.From)
	if !ok {
		return compilation(904, "42000", "column '%s' does not exist", a.From)
	}
	if _, ok := o.Table.column(a.To); ok {
		return compilation(1430, "42601", "column '%s' already exists", a.To)
	}
	o.Table.Columns[i].Name = a.To
	for _, c := range o.Table.Constraints {
		if j := slices.Index(c.Columns, a.From); j >= 0 {
			c.Columns[j] = a.To
		}
	}
	return nil
}

func (w *work) changeColumn(o *object, change syntax.ColumnChange) error {
	i, ok := o.Table.column(change.Column)
	if !ok {
		return compilation(904, "42000", "column '%s' does not exist", change.Column)
	}
	c := &o.Table.Columns[i]
	switch {
	case change.Type != nil:
		return w.retype(o, c, *change.Type)
	case change.SetNotNull:
		n, err := w.number(fmt.Sprintf(`SELECT COUNT(*) FROM %s WHERE %s IS NULL`, physical(o), c.physical()))
		if err != nil {
			return err
		}
		if n > 0 {
			return execution(100072, "22000", "NULL result in a non-nullable column") // approximate: where it says so
		}
		c.NotNull = true
	case change.DropNotNull:
		c.NotNull = false
	case change.DropDefault:
		c.Default = ""
	case change.Comment != nil:
		c.Comment = *change.Comment
	}
	return nil
}

// retype is SET DATA TYPE: Snowflake makes texts longer, and numbers of the same scale wider, or narrower if they all fit.
func (w *work) retype(o *object, c *column, to types.Type) error {
	refuse := func(why string) error {
		return compilation(2108, "22000", "cannot change column %s from type %s to %s%s", quoted(c.Name), c.Type, to, why)
	}
	from := c.Type
	switch {
	case from == to:
		return nil
	case from.Kind != to.Kind:
		return refuse("")
	case to.Kind == types.Text:
		if to.Length < from.Length {
			return refuse(" because reducing the byte-length of a varchar is not supported.")
		}
	case to.Kind == types.Binary:
		if to.Length < from.Length {
			return refuse(" because reducing the byte-length of a binary is not supported.")
		}
	case to.Kind == types.Fixed:
		if to.Scale != from.Scale {
			return refuse(" because changing the scale of a number is not supported.")
		}
		x, err := translate.Assign(c.physical(), from, to, quoted(c.Name), w.resolver())
		if err != nil {
			return err
		}
		if err := w.exec(fmt.Sprintf(`ALTER TABLE %s ALTER COLUMN %s TYPE %s USING %s`, physical(o), c.physical(), to.DuckDB(), x)); err != nil {
			return err
		}
	default:
		return refuse("")
	}
	c.Type = to
	return nil
}

// rename gives a table another name, and place if the name says so.
func (w *work) rename(o *object, n syntax.Name) error {
	parent, name, err := w.home(o.Kind, n, "ALTER "+string(o.Kind))
	if err != nil {
		return err
	}
	if w.e.catalog.find(w.parentID(parent), o.Kind, name, o.Session) != nil {
		return exists(w.shown(parent, name))
	}
	if w.parentID(parent) != o.Parent {
		if err := w.authorize(parent, "CREATE "+string(o.Kind)); err != nil {
			return err
		}
	}
	return w.move(o, w.parentID(parent), name)
}

// swap gives two tables each the other's name.
func (w *work) swap(o *object, n syntax.Name) error {
	other, err := w.need(syntax.Table, n, "ALTER TABLE")
	if err != nil {
		return err
	}
	if err := w.owned(other); err != nil {
		return err
	}
	if o.Session != other.Session {
		return compilation(2091, "42601", "a temporary table cannot be swapped with a permanent or transient one") // approximate
	}
	parent, name := o.Parent, o.Name
	if err := w.move(o, other.Parent, other.Name); err != nil {
		return err
	}
	// The place of o is the other's, who does not leave it when it moves: that is what move looks at.
	return w.move(other, parent, name)
}

func (t *table) dropConstraint(a *syntax.DropConstraint) error {
	n := len(t.Constraints)
	t.Constraints = slices.DeleteFunc(t.Constraints, func(c constraint) bool {
		if a.Name != "" {
			return c.Name == a.Name
		}
		return c.Kind == a.Kind && (len(a.Columns) == 0 || slices.Equal(c.Columns, a.Columns))
	})
	if n == len(t.Constraints) {
		return compilation(2003, "42601", "Constraint does not exist.") // approximate
	}
	return nil
}
