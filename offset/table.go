package offset

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// DB is what the table's methods run on: a *sql.DB, *sql.Conn or *sql.Tx.
type DB interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Table keeps offsets in a SQL database beside the rows that they count, so that both move in one
// transaction. It is a value: share it freely. Its errors are the driver's, wrapped: the caller classifies
// them.
//
// Keys and texts may hold any bytes: what is not valid UTF-8, and NUL, which databases refuse or cut off, is
// stored with a backslash before its number, and a backslash as two.
//
// A row is made by [Table.Claim], never by a load: loads only update, so that a load which is tried again can
// tell what became of the last try.
type Table struct {
	// Name is the table as it stands in a statement: quoted, and qualified where needed.
	Name string
	// KeyType and TextType are the column types of keys and of texts; "" means TEXT. Keys must compare bytewise.
	KeyType, TextType string
	// Placeholder writes the n-th parameter, from 1; nil means "?".
	Placeholder func(n int) string
}

// DefaultTable is the name that sinks give the table, unquoted.
const DefaultTable = "_floe_offsets"

// Key names one row.
type Key struct {
	Pipeline  string
	Target    string // what is loaded: several targets in one database have offsets of their own
	Partition string
}

// Row is what the table holds under a key.
type Row struct {
	Epoch  int64  // raised by each claim; the newest claim holds the partition
	Offset string // committed so far; "" = nothing
	Mark   string // the id of the target that the rows went to; "" = none yet
}

// Stored returns the key as the table has it, for statements on it that are not of this package.
func (k Key) Stored() Key {
	return Key{Pipeline: Escape(k.Pipeline), Target: Escape(k.Target), Partition: Escape(k.Partition)}
}

// Create makes the table where it is missing.
func (t Table) Create(ctx context.Context, db DB) error {
	key, text := t.KeyType, t.TextType
	if key == "" {
		key = "TEXT"
	}
	if text == "" {
		text = "TEXT"
	}
	_, err := db.ExecContext(ctx, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s (
	pipeline %s NOT NULL, target %s NOT NULL, partition_id %s NOT NULL,
	epoch BIGINT NOT NULL, committed %s NOT NULL, mark %s NOT NULL,
	PRIMARY KEY (pipeline, target, partition_id))`, t.Name, key, key, key, text, text))
	return t.wrap("create", err)
}

// Claim makes the row of key where it is missing, raises its epoch and returns it. It belongs in a transaction
// of its own. Two first claims at once may collide on the primary key, which is worth another try.
func (t Table) Claim(ctx context.Context, tx DB, key Key) (Row, error) {
	_, found, err := t.Read(ctx, tx, key)
	if err != nil {
		return Row{}, err
	}
	if !found {
		if _, err := t.exec(ctx, tx, `INSERT INTO %s (pipeline, target, partition_id, epoch, committed, mark) VALUES (?, ?, ?, 0, '', '')`,
			key.Pipeline, key.Target, key.Partition); err != nil {
			return Row{}, err
		}
	}
	// Update first, read after: the update takes the row's lock, so what is read is what this claim raised. It
	// writes committed as well, because some databases (DuckDB) see a conflict only where two transactions write
	// the same column of a row: a load that began before would otherwise move the offset after this read.
	if _, err := t.exec(ctx, tx, `UPDATE %s SET epoch = epoch + 1, committed = committed WHERE pipeline = ? AND target = ? AND partition_id = ?`,
		key.Pipeline, key.Target, key.Partition); err != nil {
		return Row{}, err
	}
	row, found, err := t.Read(ctx, tx, key)
	if err == nil && !found {
		err = fmt.Errorf("offset: %s: the row of %v vanished while it was claimed", t.Name, key)
	}
	return row, err
}

// Move sets the offset of key from one to the next, if the claim of that epoch still stands and from is
// committed. It is the last statement of a load's transaction, so that its lock is short; false means roll
// back, then ask [Table.Outcome].
func (t Table) Move(ctx context.Context, tx DB, key Key, epoch int64, from, to string) (bool, error) {
	n, err := t.exec(ctx, tx, `UPDATE %s SET committed = ? WHERE pipeline = ? AND target = ? AND partition_id = ? AND epoch = ? AND committed = ?`,
		to, key.Pipeline, key.Target, key.Partition, epoch, from)
	return n == 1, err
}

// Outcome is what became of a load whose reply was lost or whose [Table.Move] changed nothing.
type Outcome int

// Outcomes of a load.
const (
	Fenced  Outcome = iota // another claim has the partition
	Pending                // the claim stands and the load is not there: it may be tried again
	Done                   // the load is there
)

// Outcome reads what became of the load of that epoch between two offsets.
func (t Table) Outcome(ctx context.Context, db DB, key Key, epoch int64, from, to string) (Outcome, error) {
	row, found, err := t.Read(ctx, db, key)
	switch {
	case err != nil:
		return Fenced, err
	case !found || row.Epoch != epoch:
		return Fenced, nil
	case row.Offset == to:
		return Done, nil
	case row.Offset == from:
		return Pending, nil
	}
	return Fenced, nil
}

// Adopt ties the row of key to the target marked mark and sets its offset, if the claim of that epoch still
// stands. A target that is new or another has none of the rows of the old: its offset is "".
func (t Table) Adopt(ctx context.Context, tx DB, key Key, epoch int64, mark, offset string) (bool, error) {
	n, err := t.exec(ctx, tx, `UPDATE %s SET mark = ?, committed = ? WHERE pipeline = ? AND target = ? AND partition_id = ? AND epoch = ?`,
		mark, offset, key.Pipeline, key.Target, key.Partition, epoch)
	return n == 1, err
}

// Read returns the row of key, and whether there is one.
func (t Table) Read(ctx context.Context, db DB, key Key) (row Row, found bool, err error) {
	rows, err := db.QueryContext(ctx, t.sql(`SELECT epoch, committed, mark FROM %s WHERE pipeline = ? AND target = ? AND partition_id = ?`),
		Escape(key.Pipeline), Escape(key.Target), Escape(key.Partition))
	if err != nil {
		return Row{}, false, t.wrap("read", err)
	}
	defer rows.Close()
	for rows.Next() {
		found = true
		if err := rows.Scan(&row.Epoch, &row.Offset, &row.Mark); err != nil {
			return Row{}, false, t.wrap("read", err)
		}
		row.Offset, row.Mark = Unescape(row.Offset), Unescape(row.Mark)
	}
	return row, found, t.wrap("read", rows.Err())
}

// List returns the rows of all partitions of a pipeline and target.
func (t Table) List(ctx context.Context, db DB, pipeline, target string) (map[string]Row, error) {
	rows, err := db.QueryContext(ctx, t.sql(`SELECT partition_id, epoch, committed, mark FROM %s WHERE pipeline = ? AND target = ?`), Escape(pipeline), Escape(target))
	if err != nil {
		return nil, t.wrap("list", err)
	}
	defer rows.Close()
	list := map[string]Row{}
	for rows.Next() {
		var id string
		var row Row
		if err := rows.Scan(&id, &row.Epoch, &row.Offset, &row.Mark); err != nil {
			return nil, t.wrap("list", err)
		}
		row.Offset, row.Mark = Unescape(row.Offset), Unescape(row.Mark)
		list[Unescape(id)] = row
	}
	return list, t.wrap("list", rows.Err())
}

// Reset forgets the offsets of a pipeline and target. It raises the epochs, which fences every writer, and
// keeps the rows, so that an epoch is never used twice.
func (t Table) Reset(ctx context.Context, tx DB, pipeline, target string) error {
	_, err := t.exec(ctx, tx, `UPDATE %s SET epoch = epoch + 1, committed = '' WHERE pipeline = ? AND target = ?`, pipeline, target)
	return err
}

// Forget removes the rows of a pipeline and target, which fences every writer. It is for a target that never
// comes back under that name: a row made anew would use its epochs twice.
func (t Table) Forget(ctx context.Context, tx DB, pipeline, target string) error {
	_, err := t.exec(ctx, tx, `DELETE FROM %s WHERE pipeline = ? AND target = ?`, pipeline, target)
	return err
}

func (t Table) exec(ctx context.Context, db DB, query string, args ...any) (int64, error) {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = Escape(text)
		}
	}
	res, err := db.ExecContext(ctx, t.sql(query), args...)
	if err != nil {
		return 0, t.wrap("write", err)
	}
	n, err := res.RowsAffected()
	return n, t.wrap("write", err)
}

// sql puts the table's name and the dialect's parameters into a statement of this file.
func (t Table) sql(query string) string {
	if t.Placeholder != nil {
		var b strings.Builder
		n := 0
		for _, r := range query {
			if r != '?' {
				b.WriteRune(r)
				continue
			}
			n++
			b.WriteString(t.Placeholder(n))
		}
		query = b.String()
	}
	return fmt.Sprintf(query, t.Name)
}

func (t Table) wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("offset: %s %s: %w", doing, t.Name, err)
}

// Escape writes any bytes as valid UTF-8 without NUL: the stored form of keys and texts, also where a target keeps an offset
// elsewhere than in a [Table]. Two texts never become one.
func Escape(s string) string {
	if utf8.ValidString(s) && !strings.ContainsAny(s, "\\\x00") {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == 0 || r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// Unescape undoes [Escape]; what Escape did not write stays as it is.
func Unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && s[i+1] == '\\' {
			i++
		} else if s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' {
			if n, err := strconv.ParseUint(s[i+2:i+4], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
