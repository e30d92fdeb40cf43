package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/pgvalue"
)

// Schema implements [dialect.Dialect].
func (Dialect) Schema(ctx context.Context, db dialect.DB) (string, error) {
	var schema sql.NullString
	if _, err := one(ctx, db, "SELECT current_schema()", nil, &schema); err != nil {
		return "", err
	}
	if !schema.Valid {
		return "", errors.New("no schema of the search_path is there: name one in Options.Schema")
	}
	return schema.String, nil
}

// CommentOf implements [dialect.Dialect].
func (Dialect) CommentOf(ctx context.Context, db dialect.DB, schema, table string) (text string, found bool, err error) {
	var comment sql.NullString
	found, err = one(ctx, db, `SELECT obj_description(c.oid, 'pg_class')
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relname = $2`, []any{schema, table}, &comment)
	return comment.String, found, err
}

// relation is what the catalog says of a table as a whole.
type relation struct {
	oid               int64
	kind, persistence string
	comment           sql.NullString
}

func find(ctx context.Context, db dialect.DB, schema, table string) (r relation, found bool, err error) {
	found, err = one(ctx, db, `SELECT c.oid::bigint, c.relkind::text, c.relpersistence::text, obj_description(c.oid, 'pg_class')
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relname = $2`, []any{schema, table}, &r.oid, &r.kind, &r.persistence, &r.comment)
	return r, found, err
}

// unfit says why rows cannot be loaded exactly once.
func (r relation) unfit() string {
	switch r.kind {
	case "r", "p":
	case "v":
		return "is a view"
	case "m":
		return "is a materialized view"
	case "f":
		return "is a foreign table, whose rows another server keeps"
	default:
		return "is no table"
	}
	switch r.persistence {
	case "u":
		return "is unlogged: a crash of the server empties it, and keeps the offsets"
	case "t":
		return "is temporary: other sessions do not see it"
	}
	return ""
}

// Inspect implements [dialect.Dialect]. Types are as format_type writes them. One that is the user's own says in a
// comment what it is: one of labels as mood /* enum */, a domain by the type that it stands on, as
// integer /* domain positive */.
func (Dialect) Inspect(ctx context.Context, db dialect.DB, schema, table string) (*dialect.Table, error) {
	r, found, err := find(ctx, db, schema, table)
	if err != nil || !found {
		return nil, err
	}
	t := &dialect.Table{Schema: schema, Name: table, Comment: r.comment.String, Unfit: r.unfit()}
	if t.Columns, err = columns(ctx, db, r.oid); err != nil {
		return nil, err
	}
	t.Unique, err = uniques(ctx, db, r.oid)
	return t, err
}

// columns reads the columns. Of a domain the type that it stands on is found by as many steps as it has domains below it.
func columns(ctx context.Context, db dialect.DB, oid int64) ([]dialect.Column, error) {
	var list []dialect.Column
	err := each(ctx, db, `WITH RECURSIVE base(attnum, type, mod, required, fallback) AS (
			SELECT a.attnum, a.atttypid, a.atttypmod, a.attnotnull, NULL::text COLLATE "C"
			FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL
			SELECT b.attnum, t.typbasetype, t.typtypmod, b.required OR t.typnotnull, coalesce(b.fallback, t.typdefault COLLATE "C")
			FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
		)
		SELECT a.attname, format_type(b.type, b.mod), t.typtype = 'e', t.oid <> a.atttypid, format_type(a.atttypid, a.atttypmod), b.required,
			CASE WHEN a.attidentity <> '' THEN 'nextval(' || quote_literal(pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)) || ')'
				ELSE coalesce(pg_get_expr(d.adbin, d.adrelid), b.fallback, '') END,
			a.attgenerated <> ''
		FROM pg_catalog.pg_attribute a
		JOIN base b ON b.attnum = a.attnum
		JOIN pg_catalog.pg_type t ON t.oid = b.type AND t.typtype <> 'd'
		LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE a.attrelid = $1::bigint::oid
		ORDER BY a.attnum`, []any{oid}, func(rows *sql.Rows) error {
		var c dialect.Column
		var isEnum, isDomain bool
		var declared string
		if err := rows.Scan(&c.Name, &c.Type, &isEnum, &isDomain, &declared, &c.NotNull, &c.Default, &c.Generated); err != nil {
			return err
		}
		if isEnum {
			c.Type = pgvalue.EnumName(c.Type)
		}
		if isDomain {
			c.Type = pgvalue.DomainName(c.Type, declared)
		}
		if c.Generated {
			c.Default = ""
		}
		list = append(list, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the columns: %w", err)
	}
	return list, nil
}

// uniques reads the unique indexes. One that is deferred, holds for some rows, is over an expression or unfinished
// finds no row to replace.
func uniques(ctx context.Context, db dialect.DB, oid int64) ([]dialect.Unique, error) {
	var list []dialect.Unique
	last := int64(-1)
	err := each(ctx, db, `SELECT i.indexrelid::bigint, i.indisprimary,
			i.indpred IS NOT NULL OR i.indexprs IS NOT NULL OR NOT i.indimmediate OR NOT i.indisvalid, coalesce(a.attname, '')
		FROM pg_catalog.pg_index i
		CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, n)
		LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
		WHERE i.indrelid = $1::bigint::oid AND i.indisunique AND k.n <= i.indnkeyatts
		ORDER BY NOT i.indisprimary, i.indexrelid, k.n`, []any{oid}, func(rows *sql.Rows) error {
		var index int64
		var primary, partial bool
		var column string
		if err := rows.Scan(&index, &primary, &partial, &column); err != nil {
			return err
		}
		if index != last {
			list = append(list, dialect.Unique{Primary: primary})
			last = index
		}
		if !partial {
			u := &list[len(list)-1]
			u.Columns = append(u.Columns, column)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the unique indexes: %w", err)
	}
	return list, nil
}

// one scans the only row of a query; found = there is one.
func one(ctx context.Context, db dialect.DB, query string, args []any, into ...any) (found bool, err error) {
	err = each(ctx, db, query, args, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(into...)
	})
	return found, err
}

// each calls do for every row of a query.
func each(ctx context.Context, db dialect.DB, query string, args []any, do func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
