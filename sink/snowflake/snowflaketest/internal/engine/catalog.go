package engine

import (
	"context"
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// catalog has all objects, in memory and, one row each, in the table floe_objects of the DuckDB file. Who reads or writes it
// holds the engine's lock; what a statement changed is taken back with its DuckDB transaction, by reading all again.
type catalog struct {
	objects map[int64]*object
	names   map[place]int64
	last    int64
}

// place is where a name is unique. Temporary objects hide permanent ones of the same name, in their session alone.
type place struct {
	parent  int64
	space   syntax.Kind
	name    string
	session int64
}

func (o *object) place() place {
	return place{parent: o.Parent, space: namespace(o.Kind), name: o.Name, session: o.Session}
}

func (c *catalog) load(ctx context.Context, q queryer) error {
	*c = catalog{objects: map[int64]*object{}, names: map[place]int64{}}
	return documents(ctx, q, func(o *object) {
		c.objects[o.ID] = o
		c.names[o.place()] = o.ID
		c.last = max(c.last, o.ID)
	}, `SELECT doc FROM floe_objects`)
}

// find returns the object of a kind and name below a parent; a temporary one of the session first.
func (c *catalog) find(parent int64, k syntax.Kind, name string, session int64) *object {
	p := place{parent: parent, space: namespace(k), name: name, session: session}
	if id, ok := c.names[p]; ok {
		return c.objects[id]
	}
	p.session = 0
	if id, ok := c.names[p]; ok {
		return c.objects[id]
	}
	return nil
}

// below returns what lies directly in parent, of the kinds, in the order of names; of temporary objects only those of the
// session.
func (c *catalog) below(parent, session int64, kinds ...syntax.Kind) []*object {
	var out []*object
	for _, o := range c.objects {
		if o.Parent == parent && slices.Contains(kinds, o.Kind) && (o.Session == 0 || o.Session == session) {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b *object) int {
		if n := strings.Compare(a.Name, b.Name); n != 0 {
			return n
		}
		return int(b.Session - a.Session)
	})
	return out
}

// all returns every object of a kind.
func (c *catalog) all(k syntax.Kind) []*object {
	var out []*object
	for _, o := range c.objects {
		if o.Kind == k {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b *object) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (c *catalog) name(id int64) string {
	if o := c.objects[id]; o != nil {
		return o.Name
	}
	return ""
}

// path returns the names of the object and of what it lies in: database, schema, table.
func (c *catalog) path(o *object) []string {
	parts := []string{o.Name}
	for p := c.objects[o.Parent]; p != nil; p = c.objects[p.Parent] {
		parts = append([]string{p.Name}, parts...)
	}
	return parts
}

func (c *catalog) full(o *object) string { return dotted(c.path(o)) }

// add gives the object an id and enters it.
func (w *work) add(o *object) error {
	c := &w.e.catalog
	c.last++
	o.ID = c.last
	o.Created = w.e.now()
	o.Altered = o.Created
	if o.Owner == 0 {
		o.Owner = w.s.role
	}
	c.objects[o.ID] = o
	c.names[o.place()] = o.ID
	return w.save(o)
}

// save writes what was changed in the object; its name and place are as they were: see move.
func (w *work) save(o *object) error {
	w.dirty = true
	o.Altered = w.e.now()
	doc, err := o.encode()
	if err != nil {
		return err
	}
	return w.exec(`INSERT OR REPLACE INTO floe_objects VALUES (?, ?)`, o.ID, doc)
}

// move gives the object another name or place.
func (w *work) move(o *object, parent int64, name string) error {
	c := &w.e.catalog
	if c.names[o.place()] == o.ID {
		delete(c.names, o.place())
	}
	o.Parent, o.Name = parent, name
	c.names[o.place()] = o.ID
	return w.save(o)
}

// erase removes the object with all that lies in it, its rows and files.
func (w *work) erase(o *object) error {
	c := &w.e.catalog
	w.dirty = true
	for _, x := range c.objects {
		if x.Parent == o.ID && o.ID != 0 {
			if err := w.erase(x); err != nil {
				return err
			}
		}
	}
	if o.Table != nil {
		if err := w.eraseRows(o); err != nil {
			return err
		}
		w.eraseFiles(o.Table.Stage.Dir)
	}
	if o.Stage != nil {
		w.eraseFiles(o.Stage.Dir)
	}
	if o.Pipe != nil {
		if err := w.forgetFiles(o); err != nil {
			return err
		}
	}
	if err := w.eraseChannels(o.ID); err != nil {
		return err
	}
	if o.Table != nil {
		if err := w.exec(`DELETE FROM floe_row_errors WHERE tbl = ?`, o.ID); err != nil {
			return err
		}
	}
	delete(c.objects, o.ID)
	if c.names[o.place()] == o.ID {
		delete(c.names, o.place())
	}
	return w.exec(`DELETE FROM floe_objects WHERE id = ?`, o.ID)
}

// eraseRows drops the DuckDB table of a table, and what is remembered of files that were loaded into it.
func (w *work) eraseRows(o *object) error {
	if err := w.exec(`DROP TABLE ` + physical(o)); err != nil {
		return err
	}
	for _, c := range o.Table.Columns {
		if c.Identity != nil {
			if err := w.exec(`DROP SEQUENCE ` + quote(c.Identity.Sequence)); err != nil {
				return err
			}
		}
	}
	return w.exec(`DELETE FROM floe_loads WHERE tbl = ?`, o.ID)
}

// physical is the DuckDB table of a table: its name never changes, so that renames, swaps and moves touch no rows.
func physical(o *object) string { return quote("t" + itoa(o.ID)) }
