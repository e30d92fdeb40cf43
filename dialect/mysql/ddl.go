package mysql

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/floedata/floe/dialect"
)

// autoIncrement stands in [dialect.Column] as the default of a column that the server counts.
const autoIncrement = "AUTO_INCREMENT"

// definition writes a column as CREATE and ALTER TABLE have it. NULL is said, because TIMESTAMP may be NOT NULL without.
func (d Dialect) definition(c dialect.Column) string {
	text := d.Quote(c.Name) + " " + c.Type
	if c.NotNull {
		text += " NOT NULL"
	} else {
		text += " NULL"
	}
	if c.Default != "" && c.Default != autoIncrement {
		text += " DEFAULT " + c.Default
	}
	return text
}

// CreateTable makes an InnoDB table.
func (d Dialect) CreateTable(table string, columns []dialect.Column, key []string) string {
	parts := make([]string, 0, len(columns)+1)
	for _, c := range columns {
		parts = append(parts, d.definition(c))
	}
	if len(key) > 0 {
		parts = append(parts, "PRIMARY KEY ("+dialect.Names(d, key)+")")
	}
	return "CREATE TABLE " + table + " (" + strings.Join(parts, ", ") + ") ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4"
}

// AddColumn implements [dialect.Dialect].
func (d Dialect) AddColumn(table string, c dialect.Column) string {
	return "ALTER TABLE " + table + " ADD COLUMN " + d.definition(c)
}

// AlterColumn implements [dialect.Dialect].
func (d Dialect) AlterColumn(table string, c dialect.Column, typ string) string {
	c.Type = typ
	return "ALTER TABLE " + table + " MODIFY COLUMN " + d.definition(c)
}

// Comment implements [dialect.Dialect]. The text is read as [Dialect.Lock] sets the session.
func (d Dialect) Comment(table, text string) string {
	return "ALTER TABLE " + table + " COMMENT = " + literal(text)
}

// literal writes a text where no parameter may stand.
func literal(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`, "\x00", `\0`).Replace(text) + "'"
}

// Lock takes a lock of the server's under a name made from that one, for which it waits a minute. GET_LOCK that waits in
// vain is no error: a query of two rows, where one is asked for, is. It also sets the session, for what is said in DDL.
func (Dialect) Lock(name string) []string {
	return []string{session, "SET @floe_lock = IF(GET_LOCK('" + lockName(name) + "', 60) = 1, 1, (SELECT 1 UNION ALL SELECT 2))"}
}

// Unlock gives the lock back.
func (Dialect) Unlock(name string) []string {
	return []string{"DO RELEASE_LOCK('" + lockName(name) + "')"}
}

// lockName is of 64 characters at most, whatever the name has.
func lockName(name string) string {
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("floe_%x", sum[:16])
}

// CreateLike makes the table with columns, defaults, indexes, constraints and comment of the other one. What could not
// go with them is an error: triggers, and foreign keys of other tables that refer to it.
func (d Dialect) CreateLike(ctx context.Context, db dialect.DB, schema, table string, like *dialect.Table) ([]string, error) {
	old := dialect.Qualified(d, like.Schema, like.Name)
	if err := d.checkReplaceable(ctx, db, like); err != nil {
		return nil, err
	}
	keys, err := d.foreignKeys(ctx, db, like)
	if err != nil {
		return nil, err
	}
	name := dialect.Qualified(d, schema, table)
	list := []string{"CREATE TABLE " + name + " LIKE " + old}
	if len(keys) > 0 {
		list = append(list, "ALTER TABLE "+name+" "+strings.Join(keys, ", "))
	}
	return list, nil
}

// Swap renames both tables in one step, which commits by itself.
func (d Dialect) Swap(ctx context.Context, db dialect.DB, schema, shadow, table string, old *dialect.Table) ([]string, error) {
	from, to := dialect.Qualified(d, schema, shadow), dialect.Qualified(d, schema, table)
	if old == nil {
		return []string{"RENAME TABLE " + from + " TO " + to}, nil
	}
	// A trigger or foreign key may have come since CreateLike.
	if err := d.checkReplaceable(ctx, db, old); err != nil {
		return nil, err
	}
	was, aside := dialect.Qualified(d, schema, old.Name), dialect.Qualified(d, schema, dialect.Aside(shadow))
	return []string{
		"DROP TABLE IF EXISTS " + aside,
		"RENAME TABLE " + was + " TO " + aside + ", " + from + " TO " + to,
		"DROP TABLE " + aside,
	}, nil
}
