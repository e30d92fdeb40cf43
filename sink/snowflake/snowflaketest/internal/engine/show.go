package engine

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
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
					o.Created, o.Name, "N", yes(w.s.database == o.ID), "", w.e.catalog.name(o.Owner), o.Comment, transient(o), "1", "STANDARD",
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
					transient(o), "1", "ROLE",
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
					o.Created, o.Name, database, schema, persistence(o), o.Comment, "", itoa(w.rowsIn(o)), "0", w.e.catalog.name(o.Owner),
					"1", "OFF", "OFF", "OFF", nil, nil, "N", yes(o.Table.Evolution), "ROLE", "N", nil, "N", "N", "N", "N",
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
					o.Created, o.Name, database, schema, o.Stage.URL, "N", "N", w.e.catalog.name(o.Owner), o.Comment, nil, kind, nil, nil, nil,
					nil, "ROLE", "N",
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
					o.Created, o.Name, database, schema, o.Pipe.Copy, w.e.catalog.name(o.Owner), nil, o.Comment, nil, nil, nil, "ROLE", nil, "STAGE",
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
					o.Name, o.Created, u.LoginName, o.Name, nil, nil, u.Email, nil, nil, o.Comment, fmt.Sprint(u.Disabled), "false", "false",
					u.Default.Warehouse, u.Default.Namespace, u.Default.Role, nil, "false", nil, nil, w.e.catalog.name(o.Owner), nil, nil, nil,
					fmt.Sprint(u.Password != ""), fmt.Sprint(u.Keys[0] != ""), optional(u.Type),
				}
			},
		},
	}
}

func yes(b bool) string {
	if b {
		return "Y"
	}
	return "N"
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

// show is SHOW.
func (w *work) show(st *syntax.Show) (*Result, error) {
	switch st.Objects {
	case "PARAMETERS":
		return w.showParameters(st)
	case "VARIABLES":
		return w.showVariables(st)
	case "COLUMNS":
		return w.showColumns(st)
	case "PRIMARY KEYS", "UNIQUE KEYS", "IMPORTED KEYS":
		return w.showKeys(st)
	case "TRANSACTIONS":
		return w.showTransactions()
	case "LOCKS":
		return w.showLocks()
	case "OBJECTS":
		return w.showObjects(st)
	}
	l, ok := listings[st.Objects]
	if !ok {
		return nil, unsupported("SHOW %s", st.Objects)
	}
	objects, err := w.shownObjects(st, l.kinds...)
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Show, Columns: headed(l.columns)}
	for _, o := range objects {
		res.Rows = append(res.Rows, l.row(w, o))
	}
	if st.Terse {
		return terse(res, objects), nil
	}
	return res, nil
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

// terse is what SHOW TERSE leaves of a result.
func terse(res *Result, objects []*object) *Result {
	out := &Result{Class: Show}
	var at []int
	for _, n := range []string{"created_on", "name", "kind", "database_name", "schema_name"} {
		if i := slices.IndexFunc(res.Columns, func(c Column) bool { return c.Name == n }); i >= 0 {
			at = append(at, i)
			out.Columns = append(out.Columns, res.Columns[i])
		}
	}
	for r := range objects {
		var row []any
		for _, i := range at {
			row = append(row, res.Rows[r][i])
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// shownObjects finds what a SHOW is to show.
func (w *work) shownObjects(st *syntax.Show, kinds ...syntax.Kind) ([]*object, error) {
	var all []*object
	for _, k := range kinds {
		for _, o := range w.e.catalog.all(k) {
			if (o.Session == 0 || o.Session == w.s.id) && w.visible(o) {
				all = append(all, o)
			}
		}
	}
	in, err := w.scopeOf(st, kinds[0])
	if err != nil {
		return nil, err
	}
	if in != nil {
		all = slices.DeleteFunc(all, func(o *object) bool { return !w.inside(o, in) })
	}
	like, err := pattern(st.Like)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(o *object) bool {
		return like != nil && !like.MatchString(o.Name) || !strings.HasPrefix(o.Name, st.StartsWith)
	})
	slices.SortStableFunc(all, func(a, b *object) int {
		return strings.Compare(strings.Join(w.e.catalog.path(a), "\x00"), strings.Join(w.e.catalog.path(b), "\x00"))
	})
	if st.From != "" {
		for len(all) > 0 && all[0].Name <= st.From {
			all = all[1:]
		}
	}
	if st.Limit > 0 && len(all) > st.Limit {
		all = all[:st.Limit]
	}
	return all, nil
}

// scopeOf is the object that a SHOW looks in: what IN says, or else the current schema or database, or nil for the account.
func (w *work) scopeOf(st *syntax.Show, k syntax.Kind) (*object, error) {
	c := &w.e.catalog
	if st.In == nil {
		switch {
		case accountLevel(k):
			return nil, nil
		case k == syntax.Schema:
			return c.objects[w.s.database], nil
		case c.objects[w.s.schema] != nil:
			return c.objects[w.s.schema], nil
		}
		return c.objects[w.s.database], nil
	}
	named := len(st.In.Name.Parts) > 0 || st.In.Name.Dynamic != nil
	switch st.In.Kind {
	case syntax.Account:
		return nil, nil
	case syntax.Database:
		if !named {
			return w.databaseOf(nil, "SHOW "+st.Objects)
		}
		return w.need(syntax.Database, st.In.Name, "SHOW "+st.Objects)
	case syntax.Schema:
		if !named {
			return w.schemaOf(nil, "SHOW "+st.Objects)
		}
		return w.need(syntax.Schema, st.In.Name, "SHOW "+st.Objects)
	case syntax.Table, syntax.View:
		return w.need(st.In.Kind, st.In.Name, "SHOW "+st.Objects)
	case "":
		// IN x: a database for schemas; a schema, or else a database, for what lies in schemas; a table for columns and keys.
		if k == syntax.Schema {
			return w.need(syntax.Database, st.In.Name, "SHOW "+st.Objects)
		}
		if k == syntax.Column {
			return w.need(syntax.Table, st.In.Name, "SHOW "+st.Objects)
		}
		if o, _, err := w.lookup(syntax.Schema, st.In.Name, "SHOW "+st.Objects); err == nil && o != nil {
			return o, nil
		}
		return w.need(syntax.Database, st.In.Name, "SHOW "+st.Objects)
	}
	return nil, unsupported("SHOW %s IN %s", st.Objects, st.In.Kind)
}

// inside reports whether an object lies in another.
func (w *work) inside(o, in *object) bool {
	for p := w.e.catalog.objects[o.Parent]; p != nil; p = w.e.catalog.objects[p.Parent] {
		if p == in {
			return true
		}
	}
	return o == in
}

// pattern is LIKE '…' of SHOW: without regard to case.
func pattern(like string) (*regexp.Regexp, error) {
	if like == "" {
		return nil, nil
	}
	var out strings.Builder
	out.WriteString("(?is)^")
	for rest := like; rest != ""; rest = rest[1:] {
		switch c := rest[0]; {
		case c == '%':
			out.WriteString(".*")
		case c == '_':
			out.WriteString(".")
		case c == '\\' && len(rest) > 1:
			rest = rest[1:]
			out.WriteString(regexp.QuoteMeta(rest[:1]))
		default:
			out.WriteString(regexp.QuoteMeta(rest[:1]))
		}
	}
	return regexp.Compile(out.String() + "$")
}

// showObjects is SHOW OBJECTS: tables and views in one list.
func (w *work) showObjects(st *syntax.Show) (*Result, error) {
	objects, err := w.shownObjects(st, syntax.Table, syntax.View)
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Show, Columns: headed([]string{
		"created_on:t", "name", "database_name", "schema_name", "kind", "comment", "cluster_by", "rows:n", "bytes:n", "owner", "retention_time",
		"owner_role_type",
	})}
	for _, o := range objects {
		database, schema := w.place(o)
		row := []any{o.Created, o.Name, database, schema, "VIEW", o.Comment, "", "0", "0", w.e.catalog.name(o.Owner), "1", "ROLE"}
		if o.Kind == syntax.Table {
			row[4], row[7] = persistence(o), itoa(w.rowsIn(o))
		}
		res.Rows = append(res.Rows, row)
	}
	return res, nil
}

func (w *work) showParameters(st *syntax.Show) (*Result, error) {
	if st.In != nil && st.In.Kind != syntax.Session && st.In.Kind != "" {
		return nil, unsupported("SHOW PARAMETERS IN %s", st.In.Kind)
	}
	like, err := pattern(st.Like)
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Show, Columns: headed([]string{"key", "value", "default", "level", "description", "type"})}
	for _, p := range parameters {
		if like != nil && !like.MatchString(p.name) {
			continue
		}
		level, kind := "", "STRING"
		if _, ok := w.s.set[p.name]; ok {
			level = "SESSION"
		}
		switch p.value.(type) {
		case bool:
			kind = "BOOLEAN"
		case int64:
			kind = "NUMBER"
		}
		res.Rows = append(res.Rows, []any{p.name, shown(w.s.parameter(p.name)), shown(p.value), level, p.about, kind})
	}
	return res, nil
}

func (w *work) showVariables(st *syntax.Show) (*Result, error) {
	like, err := pattern(st.Like)
	if err != nil {
		return nil, err
	}
	var names []string
	for n := range w.s.variables {
		if like == nil || like.MatchString(n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	res := &Result{Class: Show, Columns: headed([]string{"session_id:n", "created_on:t", "updated_on:t", "name", "value", "type", "comment"})}
	for _, n := range names {
		v := w.s.variables[n]
		text, ok := v.text()
		row := []any{itoa(w.s.id), nil, nil, n, text, strings.ToLower(v.typ.Kind.Wire()), ""}
		if !ok {
			row[4] = nil
		}
		res.Rows = append(res.Rows, row)
	}
	return res, nil
}

// showKeys is SHOW PRIMARY KEYS and the like.
func (w *work) showKeys(st *syntax.Show) (*Result, error) {
	in, err := w.scopeOf(st, syntax.Column)
	if err != nil {
		return nil, err
	}
	columns := []string{"created_on:t", "database_name", "schema_name", "table_name", "column_name", "key_sequence:n", "constraint_name", "rely", "comment"}
	kind := strings.TrimSuffix(st.Objects, " KEYS")
	switch kind {
	case "PRIMARY":
		kind = "PRIMARY KEY"
	case "IMPORTED":
		return nil, unsupported("SHOW IMPORTED KEYS")
	}
	res := &Result{Class: Show, Columns: headed(columns)}
	for _, o := range w.e.catalog.all(syntax.Table) {
		if o.Session != 0 && o.Session != w.s.id || !w.visible(o) || in != nil && !w.inside(o, in) {
			continue
		}
		database, schema := w.place(o)
		for _, c := range o.Table.Constraints {
			if c.Kind != kind {
				continue
			}
			for i, n := range c.Columns {
				res.Rows = append(res.Rows, []any{c.Created, database, schema, o.Name, n, itoa(int64(i + 1)), c.Name, "false", nil})
			}
		}
	}
	return res, nil
}

// showColumns is SHOW COLUMNS.
func (w *work) showColumns(st *syntax.Show) (*Result, error) {
	in, err := w.scopeOf(st, syntax.Column)
	if err != nil {
		return nil, err
	}
	like, err := pattern(st.Like)
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Show, Columns: headed([]string{
		"table_name", "schema_name", "column_name", "data_type", "null?", "default", "kind", "expression", "comment", "database_name",
		"autoincrement", "schema_evolution_record",
	})}
	for _, k := range []syntax.Kind{syntax.Table, syntax.View} {
		for _, o := range w.e.catalog.all(k) {
			if o.Session != 0 && o.Session != w.s.id || !w.visible(o) || in != nil && !w.inside(o, in) {
				continue
			}
			database, schema := w.place(o)
			for _, c := range o.columns() {
				if like != nil && !like.MatchString(c.Name) {
					continue
				}
				increment := ""
				if c.Identity != nil {
					increment = fmt.Sprintf("IDENTITY START %d INCREMENT %d ORDER", c.Identity.Start, c.Identity.Step)
				}
				res.Rows = append(res.Rows, []any{
					o.Name, schema, c.Name, typeJSON(c), strings.ToLower(fmt.Sprint(!c.NotNull)), c.Default, "COLUMN", "", c.Comment, database, increment,
					optional(c.Evolved),
				})
			}
		}
	}
	return res, nil
}

// columns are those of a table or view.
func (o *object) columns() []column {
	switch {
	case o.Table != nil:
		return o.Table.Columns
	case o.View != nil:
		return o.View.Columns
	}
	return nil
}

// typeJSON is a type as SHOW COLUMNS has it.
func typeJSON(c column) string {
	name := strings.ToUpper(c.Type.Kind.Wire())
	nullable := fmt.Sprintf(`"nullable":%t`, !c.NotNull)
	switch c.Type.Kind {
	case types.Fixed:
		return fmt.Sprintf(`{"type":"FIXED","precision":%d,"scale":%d,%s}`, c.Type.Precision, c.Type.Scale, nullable)
	case types.Text:
		return fmt.Sprintf(`{"type":"TEXT","length":%d,"byteLength":%d,%s,"fixed":false}`, c.Type.Length, min(c.Type.Length*4, types.MaxText), nullable)
	case types.Binary:
		return fmt.Sprintf(`{"type":"BINARY","length":%d,"byteLength":%[1]d,%s,"fixed":true}`, c.Type.Length, nullable)
	case types.Time, types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
		return fmt.Sprintf(`{"type":"%s","precision":0,"scale":%d,%s}`, name, c.Type.Scale, nullable)
	}
	return fmt.Sprintf(`{"type":"%s",%s}`, name, nullable)
}

func (w *work) showTransactions() (*Result, error) {
	res := &Result{Class: Show, Columns: headed([]string{"id:n", "user", "session:n", "name", "started_on:t", "state", "scope:n"})}
	for _, s := range w.e.sorted() {
		if s.tx != nil && s.user == w.s.user {
			res.Rows = append(res.Rows, []any{
				itoa(s.tx.id), w.e.catalog.name(s.user), itoa(s.id), s.tx.name, s.tx.started, "running", "0",
			})
		}
	}
	return res, nil
}

func (w *work) showLocks() (*Result, error) {
	res := &Result{Class: Show, Columns: headed([]string{"resource", "type", "transaction:n", "transaction_started_on:t", "status", "acquired_on:t", "query_id"})}
	var ids []int64
	for id := range w.e.locks {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		l, o := w.e.locks[id], w.e.catalog.objects[id]
		if o == nil {
			continue
		}
		if l.holder != nil {
			res.Rows = append(res.Rows, []any{w.e.catalog.full(o), "PARTITIONS", itoa(l.holder.id), l.holder.started, "HOLDING", l.holder.started, l.query})
		}
		for _, q := range l.queue {
			if q.tx != nil {
				res.Rows = append(res.Rows, []any{w.e.catalog.full(o), "PARTITIONS", itoa(q.tx.id), q.tx.started, "WAITING", nil, q.tx.session.queryID})
			}
		}
	}
	return res, nil
}

// sorted are the sessions in the order of their numbers.
func (e *Engine) sorted() []*Session {
	var out []*Session
	for _, s := range e.sessions {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *Session) int { return int(a.id - b.id) })
	return out
}

// showGrants is SHOW GRANTS.
func (w *work) showGrants(st *syntax.ShowGrants) (*Result, error) {
	if st.Future {
		return w.showFuture(st)
	}
	c := &w.e.catalog
	switch {
	case st.On != nil:
		o, err := w.securable(*st.On)
		if err != nil {
			return nil, err
		}
		res := &Result{Class: Show, Columns: headed(grantColumns)}
		for _, g := range w.grantsOn(o) {
			res.Rows = append(res.Rows, w.grantRow(o, g))
		}
		return res, nil
	case st.Of != nil:
		r, err := w.need(syntax.Role, st.Of.Name, "SHOW GRANTS")
		if err != nil {
			return nil, err
		}
		res := &Result{Class: Show, Columns: headed([]string{"created_on:t", "role", "granted_to", "grantee_name", "granted_by"})}
		for _, x := range c.all(syntax.Role) {
			if slices.Contains(x.Role.Granted, r.ID) {
				res.Rows = append(res.Rows, []any{r.Created, r.Name, "ROLE", x.Name, ""})
			}
		}
		for _, x := range c.all(syntax.User) {
			if slices.Contains(x.User.Roles, r.ID) {
				res.Rows = append(res.Rows, []any{r.Created, r.Name, "USER", x.Name, ""})
			}
		}
		return res, nil
	case st.To == nil || st.To.Kind == syntax.User:
		u := c.objects[w.s.user]
		if st.To != nil {
			var err error
			if u, err = w.need(syntax.User, st.To.Name, "SHOW GRANTS"); err != nil {
				return nil, err
			}
		}
		res := &Result{Class: Show, Columns: headed([]string{"created_on:t", "role", "granted_to", "grantee_name", "granted_by"})}
		for _, id := range u.User.Roles {
			res.Rows = append(res.Rows, []any{u.Created, c.name(id), "USER", u.Name, ""})
		}
		return res, nil
	case st.To.Kind != syntax.Role:
		return nil, unsupported("SHOW GRANTS TO %s", st.To.Kind)
	}
	r, err := w.need(syntax.Role, st.To.Name, "SHOW GRANTS")
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Show, Columns: headed(grantColumns)}
	var objects []*object
	for _, o := range c.objects {
		objects = append(objects, o)
	}
	slices.SortFunc(objects, func(a, b *object) int { return int(a.ID - b.ID) })
	for _, o := range objects {
		for _, g := range w.grantsOn(o) {
			if g.To == r.ID {
				res.Rows = append(res.Rows, w.grantRow(o, g))
			}
		}
	}
	for _, id := range r.Role.Granted {
		res.Rows = append(res.Rows, []any{r.Created, "USAGE", "ROLE", quoted(c.name(id)), "ROLE", r.Name, "false", ""})
	}
	return res, nil
}

var grantColumns = []string{"created_on:t", "privilege", "granted_on", "name", "granted_to", "grantee_name", "grant_option", "granted_by"}

// grantsOn are the grants on an object, its owner's among them.
func (w *work) grantsOn(o *object) []grant {
	out := slices.Clone(o.Grants)
	if o.Owner != 0 && o.Kind != syntax.Account && o.Session == 0 {
		out = append(out, grant{Privilege: ownership, To: o.Owner, By: o.Owner, Option: true})
	}
	slices.SortStableFunc(out, func(a, b grant) int { return strings.Compare(a.Privilege, b.Privilege) })
	return out
}

func (w *work) grantRow(o *object, g grant) []any {
	on := strings.ReplaceAll(string(o.Kind), " ", "_")
	return []any{
		o.Created, g.Privilege, on, w.e.catalog.full(o), "ROLE", w.e.catalog.name(g.To), fmt.Sprint(g.Option), w.e.catalog.name(g.By),
	}
}

func (w *work) showFuture(st *syntax.ShowGrants) (*Result, error) {
	res := &Result{Class: Show, Columns: headed([]string{"created_on:t", "privilege", "grant_on", "name", "grant_to", "grantee_name", "grant_option"})}
	add := func(in *object, to int64) {
		for _, f := range in.Future {
			if to == 0 || f.Grant.To == to {
				res.Rows = append(res.Rows, []any{
					in.Created, f.Grant.Privilege, strings.ReplaceAll(string(f.Kind), " ", "_"), w.e.catalog.full(in) + ".<" + string(f.Kind) + ">",
					"ROLE", w.e.catalog.name(f.Grant.To), fmt.Sprint(f.Grant.Option),
				})
			}
		}
	}
	switch {
	case st.On != nil:
		in, err := w.need(st.On.Kind, st.On.Name, "SHOW GRANTS")
		if err != nil {
			return nil, err
		}
		add(in, 0)
	case st.To != nil && st.To.Kind == syntax.Role:
		r, err := w.need(syntax.Role, st.To.Name, "SHOW GRANTS")
		if err != nil {
			return nil, err
		}
		for _, k := range []syntax.Kind{syntax.Database, syntax.Schema} {
			for _, o := range w.e.catalog.all(k) {
				add(o, r.ID)
			}
		}
	default:
		return nil, unsupported("SHOW FUTURE GRANTS of that")
	}
	return res, nil
}

// describe is DESCRIBE.
func (w *work) describe(st *syntax.Describe) (*Result, error) {
	k := st.Kind
	o, err := w.need(k, st.Name, "DESCRIBE")
	if err != nil && k == syntax.Table {
		// DESCRIBE TABLE takes a view, too.
		if v, e := w.need(syntax.View, st.Name, "DESCRIBE"); e == nil {
			o, err = v, nil
		}
	}
	if err != nil {
		return nil, err
	}
	switch k {
	case syntax.Table, syntax.View:
		if st.Type == "STAGE" {
			return describeSettings([]string{"STAGE_FILE_FORMAT"}, o.Table.Stage.Format), nil
		}
		return w.describeTable(o), nil
	case syntax.FileFormat:
		res := describeFormat(o.Format)
		return res, nil
	case syntax.Stage:
		return describeSettings([]string{"STAGE_FILE_FORMAT"}, o.Stage.Format), nil
	case syntax.User:
		res := &Result{Class: Describe, Columns: headed([]string{"property", "value", "default", "description"})}
		for _, p := range [][2]string{
			{"NAME", o.Name},
			{"COMMENT", o.Comment},
			{"LOGIN_NAME", o.User.LoginName},
			{"EMAIL", o.User.Email},
			{"DISABLED", fmt.Sprint(o.User.Disabled)},
			{"DEFAULT_WAREHOUSE", o.User.Default.Warehouse},
			{"DEFAULT_NAMESPACE", o.User.Default.Namespace},
			{"DEFAULT_ROLE", o.User.Default.Role},
			{"RSA_PUBLIC_KEY", o.User.Keys[0]},
			{"RSA_PUBLIC_KEY_2", o.User.Keys[1]},
		} {
			res.Rows = append(res.Rows, []any{p[0], optional(p[1]), "null", ""})
		}
		return res, nil
	case syntax.Database, syntax.Schema:
		res := &Result{Class: Describe, Columns: headed([]string{"created_on:t", "name", "kind"})}
		kinds := []syntax.Kind{syntax.Schema}
		if k == syntax.Schema {
			kinds = []syntax.Kind{syntax.Table, syntax.View}
		}
		for _, x := range w.e.catalog.below(o.ID, w.s.id, kinds...) {
			res.Rows = append(res.Rows, []any{x.Created, x.Name, string(x.Kind)})
		}
		return res, nil
	case syntax.Warehouse:
		res := &Result{Class: Describe, Columns: headed([]string{"created_on:t", "name", "kind"})}
		res.Rows = append(res.Rows, []any{o.Created, o.Name, "WAREHOUSE"})
		return res, nil
	case syntax.Pipe:
		l := listings["PIPES"]
		return &Result{Class: Describe, Columns: headed(l.columns), Rows: [][]any{l.row(w, o)}}, nil
	}
	return nil, unsupported("DESCRIBE %s", k)
}

// describeTable is DESCRIBE TABLE.
func (w *work) describeTable(o *object) *Result {
	res := &Result{Class: Describe, Columns: headed([]string{
		"name", "type", "kind", "null?", "default", "primary key", "unique key", "check", "expression", "comment", "policy name",
		"privacy domain", "schema_evolution_record",
	})}
	key := func(kind, name string) string {
		if o.Table == nil {
			return "N"
		}
		return yes(slices.ContainsFunc(o.Table.Constraints, func(c constraint) bool { return c.Kind == kind && slices.Contains(c.Columns, name) }))
	}
	for _, c := range o.columns() {
		standard := optional(c.Default)
		if c.Identity != nil {
			standard = fmt.Sprintf("IDENTITY START %d INCREMENT %d ORDER", c.Identity.Start, c.Identity.Step)
		}
		res.Rows = append(res.Rows, []any{
			c.Name, c.Type.String(), "COLUMN", yes(!c.NotNull), standard, key("PRIMARY KEY", c.Name), key("UNIQUE", c.Name), nil, nil,
			optional(c.Comment), nil, nil, optional(c.Evolved),
		})
	}
	return res
}
