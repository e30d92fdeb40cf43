package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// slot is where a CREATE puts its object: it has checked the privilege and made room as OR REPLACE and IF NOT EXISTS say.
type slot struct {
	parent  *object
	name    string
	session int64
	old     *object // what OR REPLACE removed
	done    *Result // set if IF NOT EXISTS found one
}

func (w *work) slot(k syntax.Kind, n syntax.Name, replace, ifNotExists, temporary bool) (slot, error) {
	verb := "CREATE " + string(k)
	parent, name, err := w.home(k, n, verb)
	if err != nil {
		return slot{}, err
	}
	s := slot{parent: parent, name: name}
	if temporary {
		s.session = w.s.id
	}
	if len(name) > 255 {
		return slot{}, compilation(1003, "42000", "object name '%s' is longer than 255 characters", name) // approximate: the code
	}
	old := w.e.catalog.find(w.parentID(parent), k, name, s.session)
	if old != nil && old.Session != s.session {
		old = nil // a permanent one, which the temporary one will hide
	}
	if old != nil && ifNotExists {
		s.done = status(DDL, quoted(name)+" already exists, statement succeeded.")
		return s, nil
	}
	if !temporary {
		if err := w.authorize(parent, verb); err != nil {
			return slot{}, err
		}
	}
	if old == nil {
		return s, nil
	}
	if !replace {
		return slot{}, exists(w.shown(parent, name))
	}
	if old.Kind != k {
		return slot{}, compilation(2002, "42710", "Object '%s' already exists as %s", w.shown(parent, name), old.Kind)
	}
	if err := w.owned(old); err != nil {
		return slot{}, err
	}
	s.old = old
	return s, w.erase(old)
}

// shown is the name that an object in parent would have in messages.
func (w *work) shown(parent *object, name string) string {
	if parent == w.e.account {
		return quoted(name)
	}
	return dotted(append(w.e.catalog.path(parent), name))
}

// fill adds an object to its slot, with the grants that future grants give it.
func (w *work) fill(s slot, o *object) error {
	o.Parent, o.Name, o.Session = w.parentID(s.parent), s.name, s.session
	w.inherit(o)
	return w.add(o)
}

// createTable is CREATE TABLE in all its forms.
func (w *work) createTable(st *syntax.CreateTable) (*Result, error) {
	// What is read comes first: OR REPLACE may remove it.
	t := &table{}
	var query string
	var from []types.Type
	var source *object
	var err error
	switch {
	case st.Like != nil:
		if source, err = w.read(*st.Like); err != nil {
			return nil, err
		}
	case st.Clone != nil:
		if source, err = w.read(*st.Clone); err != nil {
			return nil, err
		}
	}
	if source != nil {
		*t = *source.Table
		t.Columns, t.Constraints = slices.Clone(t.Columns), slices.Clone(t.Constraints)
	}
	if st.As != nil {
		query, from, err = w.selected(st, t)
	} else if st.Template != nil {
		err = w.template(st.Template, t)
	} else {
		err = w.defined(st, t)
	}
	if err != nil {
		return nil, err
	}
	o := &object{Kind: syntax.Table, Table: t, Transient: st.Transient}
	if st.Clone != nil {
		o.Comment, o.Retention = source.Comment, source.Retention
	}
	if err := w.tableParams(o, st.Params); err != nil {
		return nil, err
	}
	drop := func() error { return nil }
	switch {
	case st.Clone != nil:
		for _, c := range t.Columns {
			from = append(from, c.Type)
		}
		drop, err = w.temporary("floe_rows", w.relation(source, false).SQL)
	case st.As != nil:
		drop, err = w.temporary("floe_rows", fmt.Sprintf("SELECT * FROM (%s) AS q(%s)", query, numbered("c", len(from))))
	}
	if err != nil {
		return nil, err
	}
	to, err := w.slot(syntax.Table, st.Name, st.OrReplace, st.IfNotExists, st.Temporary)
	if err != nil {
		return nil, err
	}
	if to.done != nil {
		return to.done, drop()
	}
	if st.CopyGrants {
		if st.Like != nil || st.Clone != nil {
			o.Grants = slices.Clone(source.Grants)
		} else if to.old != nil {
			o.Grants = slices.Clone(to.old.Grants)
		}
	}
	if err := w.fill(to, o); err != nil {
		return nil, err
	}
	if err := distinct(t.Columns); err != nil {
		return nil, err
	}
	for i := range t.Columns {
		if id := t.Columns[i].Identity; id != nil {
			t.Columns[i].Identity = &identity{Start: id.Start, Step: id.Step, Sequence: fmt.Sprintf("s%d_%d", o.ID, i)}
		}
	}
	t.Stage = stage{Dir: fmt.Sprintf("table-%d", o.ID), Encrypted: true}
	if err := w.createRows(o); err != nil {
		return nil, err
	}
	if st.Cluster != "" {
		if err := w.cluster(o, st.Cluster); err != nil {
			return nil, err
		}
	}
	if err := w.save(o); err != nil {
		return nil, err
	}
	if from != nil {
		into, _ := columnsOf(o, nil)
		if _, err := w.insertRows(o, into, `SELECT * FROM floe_rows`, from); err != nil {
			return nil, err
		}
	}
	return status(DDL, fmt.Sprintf("Table %s successfully created.", quoted(to.name))), drop()
}

// cluster sets the keys of CLUSTER BY, which are shown, and change no answer.
func (w *work) cluster(o *object, keys string) error {
	statements, err := syntax.Parse("SELECT " + keys + " FROM " + w.e.catalog.full(o))
	if err != nil {
		return err
	}
	st, ok := statements[0].(*syntax.QueryStmt)
	if !ok || len(statements) != 1 {
		return compilation(1003, "42000", "invalid clustering keys (%s)", keys) // approximate
	}
	reads := w.reads
	_, _, err = w.translate(st.Query)
	o.Table.Cluster, w.reads = keys, reads // nothing is read
	return err
}

// distinct refuses columns of one name, as CREATE TABLE AS may have them.
func distinct(columns []column) error {
	seen := map[string]bool{}
	for _, c := range columns {
		if seen[c.Name] {
			return compilation(2025, "42S21", "duplicate column name '%s'", c.Name)
		}
		seen[c.Name] = true
	}
	return nil
}

// read returns a table that a CREATE copies.
func (w *work) read(n syntax.Name) (*object, error) {
	o, err := w.need(syntax.Table, n, "CREATE TABLE")
	if err != nil {
		return nil, err
	}
	return o, w.authorize(o, "SELECT")
}

// selected makes the columns of CREATE TABLE AS.
func (w *work) selected(st *syntax.CreateTable, t *table) (string, []types.Type, error) {
	if err := w.compute(); err != nil {
		return "", nil, err
	}
	query, columns, err := w.translate(st.As)
	if err != nil {
		return "", nil, err
	}
	if len(st.Columns) > 0 && len(st.Columns) != len(columns) {
		return "", nil, compilation(2026, "42601", "Invalid column definition list") // approximate: the code
	}
	var from []types.Type
	for i, c := range typed(columns) {
		from = append(from, c.Type)
		col := column{Name: c.Name, Type: c.Type}
		if len(st.Columns) > 0 {
			d := st.Columns[i]
			col.Name, col.NotNull, col.Comment = d.Name, d.NotNull, d.Comment
			if d.Type.Kind != 0 {
				col.Type = d.Type
			}
		}
		t.Columns = append(t.Columns, col)
	}
	return query, from, nil
}

// defined makes the columns that a statement defines.
func (w *work) defined(st *syntax.CreateTable, t *table) error {
	if len(st.Columns) == 0 && st.Like == nil && st.Clone == nil {
		return compilation(1003, "42000", "a table needs a column")
	}
	for _, d := range st.Columns {
		if _, ok := t.column(d.Name); ok {
			return compilation(2025, "42S21", "duplicate column name '%s'", d.Name)
		}
		c, err := w.columnOf(d)
		if err != nil {
			return err
		}
		t.Columns = append(t.Columns, c)
		switch {
		case d.Primary:
			t.constrain(w, constraint{Kind: "PRIMARY KEY", Columns: []string{d.Name}})
		case d.Unique:
			t.constrain(w, constraint{Kind: "UNIQUE", Columns: []string{d.Name}})
		case d.References != nil:
			t.constrain(w, constraint{Kind: "FOREIGN KEY", Columns: []string{d.Name}, References: dotted(d.References.Parts)})
		}
	}
	for _, k := range st.Constraints {
		if err := t.constraint(w, k); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) columnOf(d syntax.ColumnDef) (column, error) {
	c := column{Name: d.Name, Type: d.Type, NotNull: d.NotNull, Comment: d.Comment, Collate: d.Collate}
	if d.Collate != "" && !strings.EqualFold(d.Collate, "utf8") {
		return c, unsupported("COLLATE '%s'", d.Collate)
	}
	if d.Default != nil {
		c.Default = d.Text
		if _, err := w.defaultOf(c); err != nil {
			return c, err
		}
	}
	if d.Identity != nil {
		if d.Type.Kind != types.Fixed {
			return c, compilation(2011, "42601", "AUTOINCREMENT of column %s, whose type is %s", quoted(d.Name), d.Type) // approximate
		}
		c.Identity = &identity{Start: d.Identity.Start, Step: d.Identity.Step}
	}
	return c, nil
}

// constraint keeps a constraint of a statement. A primary key makes its columns NOT NULL.
func (t *table) constraint(w *work, k syntax.Constraint) error {
	for _, n := range k.Columns {
		if _, ok := t.column(n); !ok {
			return invalidIdentifier(quoted(n))
		}
	}
	c := constraint{Name: k.Name, Kind: k.Kind, Columns: k.Columns, Referenced: k.Referenced}
	if k.References != nil {
		c.References = dotted(k.References.Parts)
	}
	if c.Kind == "PRIMARY KEY" && slices.ContainsFunc(t.Constraints, func(x constraint) bool { return x.Kind == c.Kind }) {
		return compilation(2205, "42601", "primary key already exists for the table") // approximate: the code
	}
	t.constrain(w, c)
	return nil
}

func (t *table) constrain(w *work, c constraint) {
	c.Created = w.e.now()
	if c.Name == "" {
		c.Name = "SYS_CONSTRAINT_" + queryID(w.e.number())
	}
	if c.Kind == "PRIMARY KEY" {
		for _, n := range c.Columns {
			if i, ok := t.column(n); ok {
				t.Columns[i].NotNull = true
			}
		}
	}
	t.Constraints = append(t.Constraints, c)
}

// tableParams sets the options of CREATE TABLE and ALTER TABLE SET.
func (w *work) tableParams(o *object, params []syntax.Param) error {
	t := o.Table
	for _, p := range params {
		if p.Name == "STAGE_FILE_FORMAT" || p.Name == "STAGE_COPY_OPTIONS" {
			s, err := w.formatOf(p.Value)
			if err != nil {
				return err
			}
			if p.Name == "STAGE_FILE_FORMAT" {
				t.Stage.Format = s
			} else {
				t.Stage.Copy = s
			}
			continue
		}
		text, err := w.scalar(p.Value)
		if err != nil {
			return err
		}
		switch p.Name {
		case "COMMENT":
			o.Comment = text
		case "ENABLE_SCHEMA_EVOLUTION":
			if t.Evolution, err = truth(p.Name, text); err != nil {
				return err
			}
		case "ERROR_LOGGING":
			if t.ErrorLogging, err = truth(p.Name, text); err != nil {
				return err
			}
		case "DATA_RETENTION_TIME_IN_DAYS":
			o.Retention = text
		case "MAX_DATA_EXTENSION_TIME_IN_DAYS":
			// There is no time travel whose time it could extend.
		case "CHANGE_TRACKING":
			if on, err := truth(p.Name, text); err != nil || on {
				return unsupported("CHANGE_TRACKING = %s", text)
			}
		default:
			return unsupported("%s of a table", p.Name)
		}
	}
	return nil
}

func truth(name, text string) (bool, error) {
	switch strings.ToUpper(text) {
	case "TRUE":
		return true, nil
	case "FALSE":
		return false, nil
	}
	return false, invalidProperty(text, name)
}
