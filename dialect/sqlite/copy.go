package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/floedata/floe/dialect"
)

// CreateLike implements [dialect.Dialect]. It makes the unique indexes, under names of their own; the others, and the
// triggers, come with [Dialect.Swap].
func (d Dialect) CreateLike(ctx context.Context, db dialect.DB, schema, table string, like *dialect.Table) ([]string, error) {
	if err := d.checkReferences(ctx, db, schema, like.Name); err != nil {
		return nil, err
	}
	all, err := d.objects(ctx, db, schema, `tbl_name = ? COLLATE NOCASE AND type IN ('table', 'index') AND sql IS NOT NULL`, like.Name)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, o := range all {
		words := tokens(o.sql)
		switch {
		case o.kind == "table" && len(words) > 3 && words[1].is("table"):
			list = append(list, "CREATE TABLE "+dialect.Qualified(d, schema, table)+o.sql[words[2].end():])
		case o.kind == "index" && len(words) > 6 && words[1].is("unique"):
			// CREATE UNIQUE INDEX name ON table (…
			index := fmt.Sprintf("%s_%d", table, len(list))
			list = append(list, "CREATE UNIQUE INDEX "+dialect.Qualified(d, schema, index)+" ON "+d.Quote(table)+o.sql[words[5].end():])
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("the table %q is not there any more", like.Name)
	}
	return list, nil
}

// Swap implements [dialect.Dialect].
func (d Dialect) Swap(ctx context.Context, db dialect.DB, schema, shadow, table string, old *dialect.Table) ([]string, error) {
	var list, after []string
	if old != nil {
		if err := d.checkReferences(ctx, db, schema, old.Name); err != nil {
			return nil, err
		}
		list = append(list, "DROP TABLE "+dialect.Qualified(d, schema, old.Name))
		aside, err := d.objects(ctx, db, schema, `tbl_name = ? COLLATE NOCASE AND type = 'index' AND sql IS NOT NULL`, shadow)
		if err != nil {
			return nil, err
		}
		for _, o := range aside {
			after = append(after, "DROP INDEX "+dialect.Qualified(d, schema, o.name))
		}
		own, err := d.objects(ctx, db, schema, `tbl_name = ? COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL`, old.Name)
		if err != nil {
			return nil, err
		}
		for _, o := range own {
			after = append(after, qualify(d.Quote(schema), o))
		}
	}
	rename := []string{"ALTER TABLE " + dialect.Qualified(d, schema, shadow) + " RENAME TO " + d.Quote(table)}
	var legacy int
	if err := each(ctx, db, "PRAGMA legacy_alter_table", nil, func(rows *sql.Rows) error { return rows.Scan(&legacy) }); err != nil {
		return nil, err
	}
	if legacy == 0 {
		// A view or a trigger that names the table would else make the renaming fail, because the table is not there.
		rename = []string{"PRAGMA legacy_alter_table = ON", rename[0], "PRAGMA legacy_alter_table = OFF"}
	}
	return append(append(list, rename...), after...), nil
}

// qualify puts the schema before the name that a statement of sqlite_schema makes.
func qualify(schema string, o object) string {
	for i, w := range tokens(o.sql) {
		if i > 0 && (w.is("index") || w.is("trigger")) {
			name := tokens(o.sql)[i+1]
			return o.sql[:name.at] + schema + "." + o.sql[name.at:]
		}
	}
	return o.sql
}

// checkReferences refuses a table to which another one refers while foreign keys count on the connection: to drop it
// would delete its rows one by one, and others with them.
func (d Dialect) checkReferences(ctx context.Context, db dialect.DB, schema, table string) error {
	var on bool
	if err := each(ctx, db, "PRAGMA foreign_keys", nil, func(rows *sql.Rows) error { return rows.Scan(&on) }); err != nil || !on {
		return err
	}
	var names []string
	err := each(ctx, db, `SELECT DISTINCT m.name FROM `+d.Quote(schema)+`.sqlite_schema m, pragma_foreign_key_list(m.name, ?1) f
		WHERE m.type = 'table' AND f."table" = ?2 COLLATE NOCASE AND m.name <> ?2 COLLATE NOCASE`, []any{schema, table}, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, fmt.Sprintf("%q", name))
		return err
	})
	if err == nil && len(names) > 0 {
		err = fmt.Errorf("%s has a foreign key to %q, which therefore cannot be dropped: load it by upsert, or drop the foreign key", strings.Join(names, ", "), table)
	}
	return err
}
