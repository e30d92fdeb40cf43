package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/floedata/floe/dialect"
)

// Dialect is that of MySQL and MariaDB.
type Dialect struct{ dialect.Standard }

var _ dialect.Dialect = Dialect{}

// Name implements [dialect.Dialect].
func (Dialect) Name() string { return "mysql" }

// Quote writes a name in backticks.
func (Dialect) Quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// maxName is how many characters a name has at most.
const maxName = 64

// CheckName implements [dialect.Dialect].
func (d Dialect) CheckName(name string) error {
	if err := d.Standard.CheckName(name); err != nil {
		return err
	}
	if !utf8.ValidString(name) {
		return errors.New("is not valid UTF-8")
	}
	for _, r := range name {
		if r > 0xFFFF {
			return fmt.Errorf("holds %q, and MySQL has no characters above U+FFFF in names", r)
		}
	}
	switch {
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Errorf("is longer than %d characters", maxName)
	case strings.HasSuffix(name, " "):
		return errors.New("ends with a blank, which MySQL refuses")
	case strings.HasPrefix(name, "#mysql50#"):
		return errors.New("begins with #mysql50#, which MySQL takes for a table of long ago")
	}
	return nil
}

// Fold takes names for one that differ in case only.
func (Dialect) Fold(name string) string { return strings.ToLower(name) }

// FoldTable takes names for one that differ in case only where the server does: by its lower_case_table_names.
func (d Dialect) FoldTable(ctx context.Context, db dialect.DB, name string) (string, error) {
	rows, err := db.QueryContext(ctx, "SELECT @@lower_case_table_names <> 0")
	if err != nil {
		return "", fmt.Errorf("ask for lower_case_table_names: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var folded bool
		if err := rows.Scan(&folded); err != nil {
			return "", fmt.Errorf("read lower_case_table_names: %w", err)
		}
		if folded {
			name = d.Fold(name)
		}
	}
	return name, rows.Err()
}

// MaxParameters is that of the protocol.
func (Dialect) MaxParameters() int { return 1<<16 - 1 }

// session makes a session read text as UTF-8, refuse what it cannot hold, keep a zero that goes into a column with
// AUTO_INCREMENT, read instants in UTC, leave no transaction open that nobody began, and wait for others for a minute at
// most. A session whose client says nothing for 45 s ends, and its transaction with it: the locks of a client that died
// do not stay.
const session = "SET NAMES utf8mb4, SESSION sql_mode = 'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO," +
	"NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00', autocommit = 1, completion_type = 'NO_CHAIN', innodb_lock_wait_timeout = 60, lock_wait_timeout = 60, wait_timeout = 45"

// Begin implements [dialect.Dialect].
func (Dialect) Begin() []string {
	return []string{session, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION"}
}

// TransactionalDDL is false: DDL commits.
func (Dialect) TransactionalDDL() bool { return false }

// OffsetTypes are of bytes, which have no collation.
func (Dialect) OffsetTypes() (key, text string) { return "VARBINARY(1000)", "LONGBLOB" }

// UpsertByAnyKey is true: ON DUPLICATE KEY names no key.
func (Dialect) UpsertByAnyKey() bool { return true }

// Upsert is ON DUPLICATE KEY UPDATE. The key is set too: a collation may take another one for the same.
func (d Dialect) Upsert(u dialect.Upsert) string {
	set := make([]string, 0, len(u.Columns)+len(u.Rest))
	for _, c := range u.Columns {
		set = append(set, fmt.Sprintf("%s = VALUES(%[1]s)", d.Quote(c)))
	}
	for _, c := range u.Rest {
		// A number that the server counts stays with its row.
		if !c.Generated && c.Default != autoIncrement {
			set = append(set, d.Quote(c.Name)+" = DEFAULT")
		}
	}
	return " ON DUPLICATE KEY UPDATE " + strings.Join(set, ", ")
}
