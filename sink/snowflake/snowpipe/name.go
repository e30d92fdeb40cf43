package snowpipe

import (
	"net/url"
	"strings"

	"github.com/floedata/floe/dialect"
	sf "github.com/floedata/floe/dialect/snowflake"
)

// Name names a pipe, a table, a stage or another object of a schema, as Snowflake has it: in upper case where it was made
// by a name without quotes. An empty Database or Schema is the session's; the REST calls need both.
type Name struct{ Database, Schema, Object string }

// String writes the name as it stands in a statement: every part quoted.
func (n Name) String() string { return n.join(dialect.Standard{}.Quote) }

// plain writes the name as Snowflake's reports do: a part that means the same without quotes has none.
func (n Name) plain() string { return n.join(sf.Plain) }

// path writes the name as one segment of a path.
func (n Name) path() string { return url.PathEscape(n.plain()) }

func (n Name) join(write func(string) string) string {
	var parts []string
	for _, part := range []string{n.Database, n.Schema, n.Object} {
		if part != "" {
			parts = append(parts, write(part))
		}
	}
	return strings.Join(parts, ".")
}
