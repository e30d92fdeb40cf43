package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/floedata/floe/dialect"
)

// order numbers the rows of the temporary table: of two with keys that the table takes for one the later stays.
const order = "n"

// temporary is the name of the temporary table, in the schema of the other: the session may have none of its own.
func (l *loader) temporary() string { return schemaOf(l.into.Table) + my.Quote("_floe_rows") }

// schemaOf returns the schema of a qualified name with the point behind it; "" = the name has none.
func schemaOf(table string) string {
	for i := 1; i < len(table); i++ {
		switch {
		case table[i] != '`':
		case strings.HasPrefix(table[i+1:], "`"):
			i++
		case strings.HasPrefix(table[i+1:], "."):
			return table[:i+2]
		default:
			return ""
		}
	}
	return ""
}

// makeTemporary makes the temporary table. That commits nothing.
func (l *loader) makeTemporary(ctx context.Context, c *sql.Conn, name string) error {
	if err := exec(ctx, c, "DROP TEMPORARY TABLE IF EXISTS "+name); err != nil {
		return err
	}
	parts := []string{order + " BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY"}
	for i, name := range numbered(len(l.columns)) {
		parts = append(parts, name+" "+l.columns[i].typ+" NULL")
	}
	return exec(ctx, c, "CREATE TEMPORARY TABLE "+name+" ("+strings.Join(parts, ", ")+") ENGINE=InnoDB ROW_FORMAT=DYNAMIC")
}

// merge moves the rows on.
func (l *loader) merge(ctx context.Context, c *sql.Conn, from string) error {
	names := l.names()
	u := dialect.Upsert{Columns: names, Rest: l.into.Rest}
	for _, k := range l.into.Key {
		u.Key = append(u.Key, names[k])
	}
	statement := fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s ORDER BY %s",
		l.into.Table, dialect.Names(my, names), strings.Join(numbered(len(names)), ", "), from, order) + my.Upsert(u)
	if _, err := c.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("INSERT … SELECT … ON DUPLICATE KEY UPDATE: %w", err)
	}
	return exec(ctx, c, "DROP TEMPORARY TABLE "+from)
}

// numbered names the columns of the temporary table.
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
	}
	return names
}
