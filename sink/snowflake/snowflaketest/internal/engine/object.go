package engine

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// object is anything with a name in the catalog. Exactly the part of its kind is set. It is kept as JSON.
type object struct {
	ID      int64
	Parent  int64 // the database of a schema, the schema of what is in one; 0 = the account
	Kind    syntax.Kind
	Name    string
	Owner   int64 // a role; 0 = none (what the account came with)
	Comment string
	Created time.Time
	Altered time.Time
	Session int64   // of what is temporary: the session that alone sees it
	Grants  []grant `json:",omitempty"` // on this object

	Transient   bool         `json:",omitempty"`
	Retention   string       `json:",omitempty"` // DATA_RETENTION_TIME_IN_DAYS; "" = 1
	Future      []future     `json:",omitempty"` // of databases and schemas: grants on what will be made in them
	Table       *table       `json:",omitempty"`
	View        *view        `json:",omitempty"`
	Stage       *stage       `json:",omitempty"`
	Format      settings     `json:",omitempty"` // of file formats
	Pipe        *pipe        `json:",omitempty"`
	Integration *integration `json:",omitempty"`
	Warehouse   *warehouse   `json:",omitempty"`
	User        *user        `json:",omitempty"`
	Role        *role        `json:",omitempty"`
}

type table struct {
	Columns     []column
	Last        int64        // ID of the column that came last
	Constraints []constraint `json:",omitempty"`
	Evolution   bool         // ENABLE_SCHEMA_EVOLUTION
	Cluster     string       `json:",omitempty"` // the keys of CLUSTER BY

	ErrorLogging bool  `json:",omitempty"`
	Stage        stage // @%table
}

type column struct {
	ID       int64 // unique in the table, also of those that are gone
	Name     string
	Type     types.Type
	NotNull  bool
	Default  string // as it was written; "" = none
	Identity *identity
	Comment  string
	Collate  string
	Evolved  string // SchemaEvolutionRecord
}

// identity is AUTOINCREMENT. Its values come of a DuckDB sequence.
type identity struct {
	Start, Step int64
	Sequence    string
}

// constraint is kept and shown, not enforced: Snowflake does the same.
type constraint struct {
	Name       string
	Kind       string // "PRIMARY KEY", "UNIQUE", "FOREIGN KEY"
	Columns    []string
	References string
	Referenced []string
	Created    time.Time
}

type view struct {
	Text    string // the whole statement
	Body    string // the query
	Columns []column
}

type stage struct {
	Dir         string // below the engine's stages
	URL         string // of an external stage
	Integration int64  `json:",omitempty"` // by which it is there; 0 = none
	Format      settings
	Copy        settings // COPY_OPTIONS
	Encrypted   bool     // SNOWFLAKE_FULL: the client encrypts
	Directory   bool
}

// pipe loads the files that it is told of, or, as a streaming one, the rows.
type pipe struct {
	Copy    string // the statement, as it was written
	Table   int64
	Stage   int64  // whose files: a stage, or the table whose own it is; 0 of a streaming pipe
	Pattern string // PATTERN; "" = none
	// Location is where the files are, as reports have it.
	Location string

	Streaming bool // rows are sent to it

	AutoIngest  bool
	Integration string // INTEGRATION: where notifications come from
	Topic       string // AWS_SNS_TOPIC
	Errors      string // ERROR_INTEGRATION

	// Noticed is the object that came to the stage of a pipe with AUTO_INGEST last, and NoticedAt when that was noticed.
	Noticed   string    `json:",omitempty"`
	NoticedAt time.Time `json:",omitzero"`

	Paused      bool
	PausedAt    time.Time
	Transferred bool // to another owner, while it was paused

	// Fault is why it could last not begin to load, at FaultAt; "" since it could.
	Fault   string
	FaultAt time.Time
}

type warehouse struct {
	Size        string
	AutoSuspend int64
	AutoResume  bool
	Suspended   bool
}

type user struct {
	LoginName string
	Disabled  bool
	Password  string // salted hash
	Keys      [2]string
	Roles     []int64
	Default   struct{ Role, Warehouse, Namespace string }
	Email     string
	Type      string
	Secondary bool              // DEFAULT_SECONDARY_ROLES = ('ALL')
	Names     map[string]string `json:",omitempty"` // DISPLAY_NAME, FIRST_NAME, LAST_NAME
}

type role struct {
	Granted []int64 // the roles that this one has been granted
}

// settings are options as a statement had them, in its order.
type settings []setting

// setting is one of them: a text, or a list of texts.
type setting struct {
	Name   string
	Text   string
	Quoted bool     `json:",omitempty"`
	List   []string `json:",omitempty"`
}

func (s settings) get(name string) (string, bool) {
	for _, x := range s {
		if x.Name == name {
			return x.Text, true
		}
	}
	return "", false
}

// over returns s with the settings of o replacing those of the same name.
func (s settings) over(o settings) settings {
	var out settings
	for _, x := range s {
		if _, ok := o.get(x.Name); !ok {
			out = append(out, x)
		}
	}
	return append(out, o...)
}

func (o *object) encode() (string, error) {
	b, err := json.Marshal(o)
	return string(b), err
}

// physical is the column in DuckDB: it does not tell letters of both cases apart, so that names of Snowflake's do not serve.
func (c column) physical() string { return quote("c" + itoa(c.ID)) }

// number gives the column an ID.
func (t *table) number(c *column) {
	t.Last++
	c.ID = t.Last
}

func (t *table) column(name string) (int, bool) {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return i, true
		}
	}
	return 0, false
}

// namespace is what names are unique in, beside the parent: tables and views share one.
func namespace(k syntax.Kind) syntax.Kind {
	if k == syntax.View {
		return syntax.Table
	}
	return k
}

// quoted is a name as Snowflake prints it in messages and in what it prints of objects: in quotes only where it needs them.
func quoted(name string) string {
	if name == "" {
		return `""`
	}
	for i, c := range name {
		upper := c == '_' || c >= 'A' && c <= 'Z'
		if !upper && (i == 0 || c != '$' && (c < '0' || c > '9')) {
			return quote(name)
		}
	}
	return name
}

// quote is an identifier of DuckDB's or Snowflake's.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal is a text of DuckDB's or a text without backslashes of Snowflake's.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func dotted(parts []string) string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = quoted(p)
	}
	return strings.Join(out, ".")
}
