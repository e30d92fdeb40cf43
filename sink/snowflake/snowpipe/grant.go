package snowpipe

import (
	"context"
	"fmt"
	"strings"

	sf "github.com/floedata/floe/dialect/snowflake"
)

// Duty is what a role is to do with a pipe.
type Duty int

// Duties of roles.
const (
	// Creator makes pipes, and thereby owns them.
	Creator Duty = iota
	// Owner has a pipe: whatever the pipe loads, it loads by this role's privileges.
	Owner
	// Operator pauses, resumes and refreshes a pipe, by SQL.
	Operator
	// Inserter calls the REST endpoints: it inserts files and reads reports.
	Inserter
)

// Objects are what a pipe has to do with.
type Objects struct {
	Pipe, Table, Stage Name
	// External: the stage is one on S3, Google Cloud Storage or Azure.
	External bool
	// TableStage: the stage is the table's own, which takes no privileges.
	TableStage bool
	// FileFormat is the named file format of the stage or the pipe; the zero Name: there is none.
	FileFormat Name
	// Integration is the notification integration that is told of errors; "" = none.
	Integration string
}

// Privilege is one that a role needs: privileges on one object.
type Privilege struct {
	Privileges []string
	Kind       string   // of object: DATABASE, SCHEMA, TABLE, STAGE, PIPE, FILE FORMAT, INTEGRATION
	Object     []string // its name's parts
}

// Grant writes the statement that grants it to a role.
func (p Privilege) Grant(role string) string {
	parts := make([]string, len(p.Object))
	for i, part := range p.Object {
		parts[i] = quote(part)
	}
	q := fmt.Sprintf("GRANT %s ON %s %s TO ROLE %s", strings.Join(p.Privileges, ", "), p.Kind, strings.Join(parts, "."), quote(role))
	if len(p.Privileges) == 1 && p.Privileges[0] == "OWNERSHIP" {
		q += " COPY CURRENT GRANTS"
	}
	return q
}

// Privileges lists what a role needs for a duty, as Snowflake's documentation has it. The names need their databases and
// schemas. Ownership is a privilege that goes from one role to another: a pipe has to be paused before.
func Privileges(d Duty, o Objects) []Privilege {
	var list []Privilege
	add := func(kind string, object []string, privileges ...string) {
		list = append(list, Privilege{Privileges: privileges, Kind: kind, Object: object})
	}
	type place struct{ database, schema string }
	databases, schemas := map[string]bool{}, map[place]bool{}
	used := []Name{o.Pipe, o.Table, o.Stage, o.FileFormat}
	for _, n := range used {
		if n.Object != "" && !databases[n.Database] {
			databases[n.Database] = true
			add("DATABASE", []string{n.Database}, "USAGE")
		}
	}
	for _, n := range used {
		if at := (place{n.Database, n.Schema}); n.Object != "" && !schemas[at] {
			schemas[at] = true
			add("SCHEMA", []string{n.Database, n.Schema}, "USAGE")
		}
	}
	pipe := parts(o.Pipe)
	switch d {
	case Creator:
		add("SCHEMA", pipe[:2], "CREATE PIPE")
		if o.Integration != "" {
			add("INTEGRATION", []string{o.Integration}, "USAGE")
		}
	case Owner:
		add("PIPE", pipe, "OWNERSHIP")
	case Operator:
		add("PIPE", pipe, "OPERATE")
	case Inserter:
		add("PIPE", pipe, "OPERATE", "MONITOR")
	}
	switch {
	case o.TableStage || o.Stage.Object == "":
	case o.External:
		add("STAGE", parts(o.Stage), "USAGE")
	default:
		add("STAGE", parts(o.Stage), "READ")
	}
	if o.FileFormat.Object != "" {
		add("FILE FORMAT", parts(o.FileFormat), "USAGE")
	}
	add("TABLE", parts(o.Table), "SELECT", "INSERT")
	return list
}

func parts(n Name) []string { return []string{n.Database, n.Schema, n.Object} }

// Grant grants privileges to a role, by the session's role, which must own the objects or have MANAGE GRANTS.
func Grant(ctx context.Context, db DB, role string, list []Privilege) error {
	for _, p := range list {
		if _, err := db.ExecContext(ctx, p.Grant(role)); err != nil {
			return fmt.Errorf("snowpipe: grant %s on %s %s to %s: %w",
				strings.Join(p.Privileges, ", "), strings.ToLower(p.Kind), strings.Join(p.Object, "."), sf.Plain(role), err)
		}
	}
	return nil
}
