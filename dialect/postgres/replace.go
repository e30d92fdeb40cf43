package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/floedata/floe/dialect"
)

// obstacles lists what a table has that one made like it lacks, and what stands on it and would not let it go.
const obstacles = `
	SELECT 'trigger ' || quote_ident(tgname) FROM pg_catalog.pg_trigger WHERE tgrelid = $1::bigint::oid AND NOT tgisinternal
UNION ALL
	SELECT 'foreign key ' || quote_ident(conname) FROM pg_catalog.pg_constraint WHERE conrelid = $1::bigint::oid AND contype = 'f'
UNION ALL
	SELECT 'rule ' || quote_ident(rulename) FROM pg_catalog.pg_rewrite WHERE ev_class = $1::bigint::oid
UNION ALL
	SELECT 'policy ' || quote_ident(polname) FROM pg_catalog.pg_policy WHERE polrelid = $1::bigint::oid
UNION ALL
	SELECT 'row-level security' FROM pg_catalog.pg_class WHERE oid = $1::bigint::oid AND relrowsecurity
UNION ALL
	SELECT 'publication ' || quote_ident(p.pubname) FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
	WHERE r.prrelid = $1::bigint::oid
UNION ALL
	SELECT 'privileges of column ' || quote_ident(attname) FROM pg_catalog.pg_attribute WHERE attrelid = $1::bigint::oid AND attacl IS NOT NULL
UNION ALL
	SELECT 'partitions' FROM pg_catalog.pg_class WHERE oid = $1::bigint::oid AND relkind = 'p'
UNION ALL
	SELECT 'parent ' || inhparent::regclass FROM pg_catalog.pg_inherits WHERE inhrelid = $1::bigint::oid
UNION ALL
	SELECT 'child ' || i.inhrelid::regclass FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhparent
	WHERE i.inhparent = $1::bigint::oid AND c.relkind <> 'p'
UNION ALL
	SELECT 'security label' FROM pg_catalog.pg_seclabel WHERE classoid = 'pg_class'::regclass AND objoid = $1::bigint::oid
UNION ALL
	SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)
	FROM pg_catalog.pg_depend d
	JOIN pg_catalog.pg_class c ON c.oid = $1::bigint::oid
	LEFT JOIN pg_catalog.pg_type t ON t.oid = c.reltype
	WHERE d.deptype = 'n' AND (
		d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
		OR d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray))
	AND NOT EXISTS (SELECT FROM pg_catalog.pg_attrdef x WHERE d.classid = 'pg_attrdef'::regclass AND x.oid = d.objid AND x.adrelid = c.oid)
	AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint x WHERE d.classid = 'pg_constraint'::regclass AND x.oid = d.objid AND x.conrelid = c.oid)
	AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger x WHERE d.classid = 'pg_trigger'::regclass AND x.oid = d.objid)
	AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy x WHERE d.classid = 'pg_policy'::regclass AND x.oid = d.objid AND x.polrelid = c.oid)
	AND NOT EXISTS (SELECT FROM pg_catalog.pg_rewrite x WHERE d.classid = 'pg_rewrite'::regclass AND x.oid = d.objid AND x.ev_class = c.oid)
	AND NOT EXISTS (SELECT FROM pg_catalog.pg_publication_rel x WHERE d.classid = 'pg_publication_rel'::regclass AND x.oid = d.objid)
	AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits x WHERE d.classid = 'pg_class'::regclass AND x.inhrelid = d.objid AND x.inhparent = c.oid)
ORDER BY 1`

// traits writes the statements that give a table the owner, the settings and the privileges of another one; %[1]s
// is the new table.
const traits = `
	SELECT 'ALTER TABLE %[1]s SET (' || (SELECT string_agg(quote_ident(option_name) || ' = ' || quote_literal(option_value), ', ')
		FROM pg_catalog.pg_options_to_table(reloptions)) || ')'
	FROM pg_catalog.pg_class WHERE oid = $1::bigint::oid AND reloptions IS NOT NULL
UNION ALL
	SELECT 'ALTER TABLE %[1]s REPLICA IDENTITY ' || CASE relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END
	FROM pg_catalog.pg_class WHERE oid = $1::bigint::oid AND relreplident IN ('f', 'n')
UNION ALL
	SELECT 'ALTER TABLE %[1]s OWNER TO ' || quote_ident(pg_get_userbyid(relowner))
	FROM pg_catalog.pg_class WHERE oid = $1::bigint::oid AND pg_get_userbyid(relowner) <> current_user
UNION ALL
	SELECT 'GRANT ' || a.privilege_type || ' ON %[1]s TO ' ||
		CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END ||
		CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
	FROM pg_catalog.pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a WHERE c.oid = $1::bigint::oid AND a.grantee <> c.relowner`

// CreateLike implements [dialect.Dialect]. The new table has the columns, defaults, identities, constraints, indexes,
// comments, settings, owner and privileges of the old one. One with triggers, foreign keys, policies, views and the
// like, which it would not have, is refused.
func (d Dialect) CreateLike(ctx context.Context, db dialect.DB, schema, table string, like *dialect.Table) ([]string, error) {
	r, found, err := find(ctx, db, like.Schema, like.Name)
	if err != nil {
		return nil, err
	}
	old := dialect.Qualified(d, like.Schema, like.Name)
	if !found {
		return nil, fmt.Errorf("%s is gone", old)
	}
	lost, err := texts(ctx, db, obstacles, r.oid)
	if err != nil {
		return nil, fmt.Errorf("read what stands on %s: %w", old, err)
	}
	if len(lost) > 0 {
		return nil, fmt.Errorf("%s cannot be replaced by another table, which would not have its %s: drop that before, or load in another mode", old, strings.Join(lost, ", "))
	}
	name := dialect.Qualified(d, schema, table)
	list := []string{"CREATE TABLE " + name + " (LIKE " + old + " INCLUDING ALL)"}
	if like.Comment != "" {
		list = append(list, d.Comment(name, like.Comment))
	}
	kept, err := texts(ctx, db, fmt.Sprintf(traits, strings.ReplaceAll(name, "'", "''")), r.oid)
	if err != nil {
		return nil, fmt.Errorf("read the privileges of %s: %w", old, err)
	}
	return append(list, kept...), nil
}

// sequences writes the statements that let sequences outlive the old table, $1: what a serial column counts by goes over
// to the new one, $2, and what an identity counts by goes on where the old one was.
// The second column is what follows once the old table is gone.
const sequences = `
	SELECT CASE d.deptype
		WHEN 'a' THEN format('ALTER SEQUENCE %s OWNED BY %s.%I', d.objid::regclass, n.oid::regclass, a.attname)
		ELSE format('SELECT setval(%L, greatest(o.last_value, n.last_value), o.is_called OR n.is_called) FROM %s o, %s n',
			s.new, d.objid::regclass, s.new::regclass)
		END,
		CASE d.deptype WHEN 'i' THEN format('ALTER SEQUENCE %s RENAME TO %I', s.new::regclass, q.relname) ELSE '' END
	FROM pg_catalog.pg_depend d
	JOIN pg_catalog.pg_class q ON q.oid = d.objid AND q.relkind = 'S'
	JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
	JOIN pg_catalog.pg_class n ON n.oid = $2::bigint::oid
	CROSS JOIN LATERAL (SELECT pg_get_serial_sequence(n.oid::regclass::text, a.attname) AS new) s
	WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::bigint::oid
		AND (d.deptype = 'a' OR d.deptype = 'i' AND s.new IS NOT NULL)
	ORDER BY a.attnum`

// indexes writes the statements that give the indexes of the new table, $2, the names that those of the old one, $1, have:
// errors name them.
const indexes = `
	WITH signed AS (
		SELECT i.indrelid, c.relname, c.oid, row_number() OVER (PARTITION BY i.indrelid, s.signature ORDER BY i.indexrelid) AS n, s.signature
		FROM pg_catalog.pg_index i
		JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
		CROSS JOIN LATERAL (SELECT concat_ws('|', c.relam, i.indisprimary, i.indisunique, i.indnkeyatts, i.indclass, i.indcollation, i.indoption,
			pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid),
			(SELECT string_agg(quote_ident(a.attname), ',' ORDER BY k.n)
				FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, n)
				LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum)) AS signature) s
		WHERE i.indrelid IN ($1::bigint::oid, $2::bigint::oid)
	)
	SELECT format('ALTER INDEX %s RENAME TO %I', new.oid::regclass, old.relname)
	FROM signed old JOIN signed new USING (signature, n)
	WHERE old.indrelid = $1::bigint::oid AND new.indrelid = $2::bigint::oid
	ORDER BY 1`

// Swap implements [dialect.Dialect].
func (d Dialect) Swap(ctx context.Context, db dialect.DB, schema, shadow, table string, old *dialect.Table) ([]string, error) {
	rename, err := d.Standard.Swap(ctx, db, schema, shadow, table, old)
	if err != nil || old == nil {
		return rename, err
	}
	was, oldFound, err := find(ctx, db, old.Schema, old.Name)
	if err != nil {
		return nil, err
	}
	is, newFound, err := find(ctx, db, schema, shadow)
	if err != nil {
		return nil, err
	}
	if !oldFound || !newFound {
		return rename, nil // whoever runs it is told by the server
	}
	var before, after []string
	err = each(ctx, db, sequences, []any{was.oid, is.oid}, func(rows *sql.Rows) error {
		var move, name string
		if err := rows.Scan(&move, &name); err != nil {
			return err
		}
		before = append(before, move)
		if name != "" {
			after = append(after, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the sequences of %q: %w", old.Name, err)
	}
	names, err := texts(ctx, db, indexes, was.oid, is.oid)
	if err != nil {
		return nil, fmt.Errorf("read the indexes of %q: %w", old.Name, err)
	}
	return append(append(append(before, rename...), after...), names...), nil
}

// texts returns the rows of a query of one text.
func texts(ctx context.Context, db dialect.DB, query string, args ...any) ([]string, error) {
	var list []string
	err := each(ctx, db, query, args, func(rows *sql.Rows) error {
		var s string
		err := rows.Scan(&s)
		list = append(list, s)
		return err
	})
	return list, err
}
