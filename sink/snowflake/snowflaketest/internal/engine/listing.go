package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// listing is the answer of a SHOW: which columns, and the row of an object.
type listing struct {
	kinds   []syntax.Kind
	columns []string // a name, with :t behind it for a time, :n for a number
	row     func(w *work, o *object) []any
}

// listings are the SHOWs of objects, by what is shown. Columns that Snowflake has, and that say nothing of the fake, are left
// out at the end of the list, never in the middle.
var listings map[string]listing

func init() {
	listings = map[string]listing{
		"DATABASES": {
			kinds: []syntax.Kind{syntax.Database},
			columns: []string{
				"created_on:t", "name", "is_default", "is_current", "origin", "owner", "comment", "options", "retention_time", "kind",
				"budget", "owner_role_type",
			},
			row: func(w *work, o *object) []any {
				return []any{
					o.Created, o.Name, "N", yes(w.s.database == o.ID), "", w.e.catalog.name(o.Owner), o.Comment, transient(o), retention(o), "STANDARD",
					nil, "ROLE",
				}
			},
		},
		"SCHEMAS": {
			kinds: []syntax.Kind{syntax.Schema},
			columns: []string{
				"created_on:t", "name", "is_default", "is_current", "database_name", "owner", "comment", "options", "retention_time",
				"owner_role_type",
			},
			row: func(w *work, o *object) []any {
				return []any{
					o.Created, o.Name, "N", yes(w.s.schema == o.ID), w.e.catalog.name(o.Parent), w.e.catalog.name(o.Owner), o.Comment,
					transient(o), retention(o), "ROLE",
				}
			},
		},
		"TABLES": {
			kinds: []syntax.Kind{syntax.Table},
			columns: []string{
				"created_on:t", "name", "database_name", "schema_name", "kind", "comment", "cluster_by", "rows:n", "bytes:n", "owner",
				"retention_time", "automatic_clustering", "change_tracking", "search_optimization", "search_optimization_progress",
				"search_optimization_bytes", "is_external", "enable_schema_evolution", "owner_role_type", "is_event", "budget", "is_hybrid",
				"is_iceberg", "is_dynamic", "is_immutable",
			},
			row: func(w *work, o *object) []any {
				database, schema := w.place(o)
				return []any{
					o.Created, o.Name, database, schema, persistence(o), o.Comment, clustering(o), itoa(w.rowsIn(o)), "0", w.e.catalog.name(o.Owner),
					retention(o), "OFF", "OFF", "OFF", nil, nil, "N", yes(o.Table.Evolution), "ROLE", "N", nil, "N", "N", "N", "N",
				}
			},
		},
		"VIEWS": {
			kinds: []syntax.Kind{syntax.View},
			columns: []string{
				"created_on:t", "name", "reserved", "database_name", "schema_name", "owner", "comment", "text", "is_secure",
				"is_materialized", "owner_role_type", "change_tracking",
			},
			row: func(w *work, o *object) []any {
				database, schema := w.place(o)
				return []any{
					o.Created, o.Name, "", database, schema, w.e.catalog.name(o.Owner), o.Comment, o.View.Text, "false", "false", "ROLE", "OFF",
				}
			},
		},
		"STAGES": {
			kinds: []syntax.Kind{syntax.Stage},
			columns: []string{
				"created_on:t", "name", "database_name", "schema_name", "url", "has_credentials", "has_encryption_key", "owner", "comment",
				"region", "type", "cloud", "notification_channel", "storage_integration", "endpoint", "owner_role_type", "directory_enabled",
			},
			row: func(w *work, o *object) []any {
				database, schema := w.place(o)
				kind := "INTERNAL"
				if o.Stage.URL != "" {
					kind = "EXTERNAL"
				}
				if o.Session != 0 {
					kind += " TEMPORARY"
				}
				if o.Stage.URL == "" && !o.Stage.Encrypted {
					kind += " NO CSE"
				}
				return []any{
					o.Created, o.Name, database, schema, o.Stage.URL, "N", "N", w.e.catalog.name(o.Owner), o.Comment, nil, kind, nil, nil,
					optional(w.e.catalog.name(o.Stage.Integration)), nil, "ROLE", "N",
				}
			},
		},
		"FILE FORMATS": {
			kinds: []syntax.Kind{syntax.FileFormat},
			columns: []string{
				"created_on:t", "name", "database_name", "schema_name", "type", "owner", "comment", "format_options", "owner_role_type",
			},
			row: func(w *work, o *object) []any {
				database, schema := w.place(o)
				kind, options := shownFormat(o.Format)
				return []any{o.Created, o.Name, database, schema, kind, w.e.catalog.name(o.Owner), o.Comment, options, "ROLE"}
			},
		},
		"PIPES": {
			kinds: []syntax.Kind{syntax.Pipe},
			columns: []string{
				"created_on:t", "name", "database_name", "schema_name", "definition", "owner", "notification_channel", "comment",
				"integration", "pattern", "error_integration", "owner_role_type", "invalid_reason", "kind",
			},
			row: func(w *work, o *object) []any {
				database, schema := w.place(o)
				return []any{
					o.Created, o.Name, database, schema, o.Pipe.Copy, w.e.catalog.name(o.Owner), optional(w.channel(o)), o.Comment,
					optional(o.Pipe.Integration), optional(o.Pipe.Pattern), optional(o.Pipe.Errors), "ROLE", optional(o.Pipe.Fault), kindOf(o.Pipe),
				}
			},
		},
		"WAREHOUSES": {
			kinds: []syntax.Kind{syntax.Warehouse},
			columns: []string{
				"name", "state", "type", "size", "min_cluster_count:n", "max_cluster_count:n", "started_clusters:n", "running:n", "queued:n",
				"is_default", "is_current", "auto_suspend:n", "auto_resume", "available", "provisioning", "quiescing", "other", "created_on:t",
				"resumed_on:t", "updated_on:t", "owner", "comment", "enable_query_acceleration", "query_acceleration_max_scale_factor:n",
				"resource_monitor",
			},
			row: func(w *work, o *object) []any {
				state, started := "STARTED", "1"
				if o.Warehouse.Suspended {
					state, started = "SUSPENDED", "0"
				}
				return []any{
					o.Name, state, "STANDARD", o.Warehouse.Size, "1", "1", started, "0", "0", "N", yes(w.s.warehouse == o.ID),
					itoa(o.Warehouse.AutoSuspend), fmt.Sprint(o.Warehouse.AutoResume), "", "", "", "", o.Created, o.Created, o.Altered,
					w.e.catalog.name(o.Owner), o.Comment, "false", "8", "null",
				}
			},
		},
		"STORAGE INTEGRATIONS": integrations,
		"INTEGRATIONS":         integrations,
		"ROLES": {
			kinds: []syntax.Kind{syntax.Role},
			columns: []string{
				"created_on:t", "name", "is_default", "is_current", "is_inherited", "assigned_to_users:n", "granted_to_roles:n",
				"granted_roles:n", "owner", "comment",
			},
			row: func(w *work, o *object) []any {
				users, roles := 0, 0
				for _, u := range w.e.catalog.all(syntax.User) {
					if slices.Contains(u.User.Roles, o.ID) {
						users++
					}
				}
				for _, r := range w.e.catalog.all(syntax.Role) {
					if slices.Contains(r.Role.Granted, o.ID) {
						roles++
					}
				}
				me := w.e.catalog.objects[w.s.user]
				return []any{
					o.Created, o.Name, yes(me != nil && me.User.Default.Role == o.Name), yes(w.s.role == o.ID), yes(w.s.role != o.ID && w.roles()[o.ID]),
					itoa(int64(users)), itoa(int64(roles)), itoa(int64(len(o.Role.Granted))), w.e.catalog.name(o.Owner), o.Comment,
				}
			},
		},
		"USERS": {
			kinds: []syntax.Kind{syntax.User},
			columns: []string{
				"name", "created_on:t", "login_name", "display_name", "first_name", "last_name", "email", "mins_to_unlock", "days_to_expiry",
				"comment", "disabled", "must_change_password", "snowflake_lock", "default_warehouse", "default_namespace", "default_role",
				"default_secondary_roles", "ext_authn_duo", "ext_authn_uid", "mins_to_bypass_mfa", "owner", "last_success_login:t",
				"expires_at_time:t", "locked_until_time:t", "has_password", "has_rsa_public_key", "type",
			},
			row: func(w *work, o *object) []any {
				u := o.User
				return []any{
					o.Name, o.Created, u.LoginName, display(o), optional(u.Names["FIRST_NAME"]), optional(u.Names["LAST_NAME"]), u.Email, nil, nil, o.Comment, fmt.Sprint(u.Disabled), "false", "false",
					u.Default.Warehouse, u.Default.Namespace, u.Default.Role, nil, "false", nil, nil, w.e.catalog.name(o.Owner), nil, nil, nil,
					fmt.Sprint(u.Password != ""), fmt.Sprint(u.Keys[0] != ""), optional(u.Type),
				}
			},
		},
	}
}

// kindOf is what SHOW PIPES calls the kind of a pipe.
func kindOf(p *pipe) string {
	if p.Streaming {
		return "STREAMING"
	}
	return "STAGE"
}

// integrations are storage integrations: there are no others.
var integrations = listing{
	kinds:   []syntax.Kind{syntax.Integration},
	columns: []string{"name", "type", "category", "enabled", "comment", "created_on:t"},
	row: func(_ *work, o *object) []any {
		return []any{o.Name, "EXTERNAL_STAGE", "STORAGE", fmt.Sprint(!o.Integration.Disabled), optional(o.Comment), o.Created}
	},
}

func yes(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

// display is the name that a user has for others.
func display(o *object) string {
	if n := o.User.Names["DISPLAY_NAME"]; n != "" {
		return n
	}
	return o.Name
}

func retention(o *object) string {
	if o.Retention == "" {
		return "1"
	}
	return o.Retention
}

// clustering is the key by which a table is clustered.
func clustering(o *object) string {
	if o.Table.Cluster == "" {
		return ""
	}
	return "LINEAR(" + o.Table.Cluster + ")"
}

func transient(o *object) string {
	if o.Transient {
		return "TRANSIENT"
	}
	return ""
}

func persistence(o *object) string {
	switch {
	case o.Session != 0:
		return "TEMPORARY"
	case o.Transient:
		return "TRANSIENT"
	}
	return "TABLE"
}

// place returns the names of the database and schema that an object is in.
func (w *work) place(o *object) (database, schema string) {
	sc := w.e.catalog.objects[o.Parent]
	if sc == nil {
		return "", ""
	}
	return w.e.catalog.name(sc.Parent), sc.Name
}

// rowsIn counts the rows of a table that are committed.
func (w *work) rowsIn(o *object) int64 {
	n, err := w.number(fmt.Sprintf(`SELECT COUNT(*) FROM %s WHERE %s = 0`, physical(o), inserted))
	if err != nil {
		return 0
	}
	return n
}

// headed makes columns of names as listings have them.
func headed(names []string) []Column {
	out := make([]Column, len(names))
	for i, n := range names {
		name, kind, _ := strings.Cut(n, ":")
		out[i] = Column{Name: name, Type: varchar, Nullable: true}
		switch kind {
		case "t":
			out[i].Type = instant
		case "n":
			out[i].Type = integer
		}
	}
	return out
}
