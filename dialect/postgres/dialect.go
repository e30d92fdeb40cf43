package postgres

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/internal/pgvalue"
)

// Dialect is PostgreSQL's. The zero value is ready to use.
type Dialect struct{ dialect.Standard }

var _ dialect.Dialect = Dialect{}

// Name implements [dialect.Dialect].
func (Dialect) Name() string { return "postgres" }

// maxName is how many bytes of a name PostgreSQL keeps.
const maxName = 63

// systemColumns are names that no column may have.
var systemColumns = []string{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}

// CheckName implements [dialect.Dialect].
func (d Dialect) CheckName(name string) error {
	switch {
	case len(name) > maxName:
		return fmt.Errorf("is %d bytes long: PostgreSQL keeps %d of a name", len(name), maxName)
	case !utf8.ValidString(name):
		return errors.New("is not valid UTF-8")
	case slices.Contains(systemColumns, name):
		return errors.New("is the name of a column that every table of PostgreSQL has by itself")
	}
	return d.Standard.CheckName(name)
}

// Placeholder implements [dialect.Dialect].
func (Dialect) Placeholder(n int) string { return "$" + strconv.Itoa(n) }

// MaxParameters implements [dialect.Dialect].
func (Dialect) MaxParameters() int { return 65_535 }

// Begin implements [dialect.Dialect]. A transaction waits for a lock for 30 s. One whose client says nothing for 45 s is
// rolled back by the server, which also asks after 30 s whether the client's machine is there: the locks of a client that
// died do not stay. Texts are UTF-8, and NULL in an array is null, whatever the session says. Constraints are checked by the statement that breaks them, not by COMMIT.
func (Dialect) Begin() []string {
	return []string{
		"BEGIN ISOLATION LEVEL READ COMMITTED",
		"SELECT set_config('lock_timeout', '30s', true), set_config('idle_in_transaction_session_timeout', '45s', true), " +
			"set_config('tcp_keepalives_idle', '30', true), set_config('tcp_keepalives_interval', '10', true), " +
			"set_config('tcp_keepalives_count', '3', true), set_config('client_encoding', 'UTF8', true), set_config('array_nulls', 'on', true)",
		"SET CONSTRAINTS ALL IMMEDIATE",
	}
}

// Lock implements [dialect.Dialect]. The lock ends with its transaction.
func (Dialect) Lock(name string) []string {
	h := fnv.New64a()
	h.Write([]byte(name))
	return []string{fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", int64(h.Sum64()))}
}

// OffsetTypes implements [dialect.Dialect].
func (Dialect) OffsetTypes() (key, text string) { return `text COLLATE "C"`, `text COLLATE "C"` }

// Type implements [dialect.Dialect].
func (Dialect) Type(f arrow.Field, key bool) (string, error) {
	name, err := pgvalue.ColumnType(f)
	if err == nil && key && name == "json" {
		return "", errors.New("a column of json cannot be part of a primary key: make the column text before")
	}
	return name, err
}

// Bind implements [dialect.Dialect]. Parameters are texts, which the server reads as what the column is.
func (Dialect) Bind(f arrow.Field, c dialect.Column) (dialect.Binder, error) {
	codec, err := pgvalue.For(f, pgvalue.Parse(c.Type))
	if err != nil {
		return nil, err
	}
	return func(a arrow.Array, row int) (any, error) {
		if pgvalue.IsNull(a, row) {
			return nil, nil
		}
		if check := codec.Check(a); check != nil {
			if fault := check(row); fault != nil {
				return nil, fault
			}
		}
		return string(codec.Text(a)(nil, row)), nil
	}, nil
}

// Widen implements [dialect.Dialect].
func (Dialect) Widen(c dialect.Column, f arrow.Field) (string, bool) {
	return pgvalue.Widen(pgvalue.Parse(c.Type), f)
}

// Comment implements [dialect.Dialect].
func (Dialect) Comment(table, text string) string {
	return "COMMENT ON TABLE " + table + " IS " + literal(text)
}

// literal writes a text as a constant, whatever standard_conforming_strings is set to.
func literal(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(text, `\`) {
		return "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

// Upsert implements [dialect.Dialect].
func (d Dialect) Upsert(u dialect.Upsert) string {
	u.Rest = slices.Clone(u.Rest)
	for i := range u.Rest {
		u.Rest[i].Default = "DEFAULT" // also of an identity
	}
	return d.Standard.Upsert(u)
}
