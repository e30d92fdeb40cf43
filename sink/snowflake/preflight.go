package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/floedata/floe/dialect"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/bucket"
	"github.com/floedata/floe/internal/mark"
	"github.com/floedata/floe/sink"
)

// Problem is something that keeps a sink from loading, or makes its rows wrong.
type Problem struct {
	// Object is what it is about: "table", "stage", "warehouse" and the like, with its name.
	Object string
	// Text says what is wrong and what to do.
	Text string
	// Fix is a statement that mends it, run by a role that may; "" = there is none.
	Fix string
}

func (p Problem) String() string {
	if p.Fix == "" {
		return p.Object + ": " + p.Text
	}
	return p.Object + ": " + p.Text + ": " + p.Fix
}

// Preflight connects as [Open] does, looks for what would keep a load from going well, and moves nothing: privileges that the
// role and the roles that it has lack, a stage or a warehouse that is missing or does not start, a table that a pipe loads,
// too, a clock that is wrong. An error says that it could not look.
func Preflight(ctx context.Context, cfg Config, table string, opts *Options) ([]Problem, error) {
	s, err := open(ctx, "sink/snowflake.Preflight", cfg, table, opts)
	if err != nil {
		return nil, err
	}
	var found []Problem
	err = s.wrap(ctx, "look for problems of", s.session(ctx, func(c *sql.Conn) error {
		p := preflight{s: s, c: c}
		err := p.run(ctx)
		found = p.found
		return err
	}))
	return found, errors.Join(err, s.Close(ctx))
}

// preflight is one look.
type preflight struct {
	s     *Sink
	c     *sql.Conn
	role  string
	held  map[grant]bool
	own   string // the sink's pipe; "" = it has none
	found []Problem
}

// grant is a privilege on an object, as SHOW GRANTS names it.
type grant struct{ privilege, kind, name string }

// add adds a problem, once: several objects may lack the same.
func (p *preflight) add(object, fix, format string, args ...any) {
	problem := Problem{Object: object, Text: fmt.Sprintf(format, args...), Fix: fix}
	if !slices.Contains(p.found, problem) {
		p.found = append(p.found, problem)
	}
}

func (p *preflight) run(ctx context.Context) error {
	if err := p.common(ctx); err != nil {
		return err
	}
	return p.stage(ctx)
}

// common looks at what every mode needs.
func (p *preflight) common(ctx context.Context) error {
	var warehouse sql.NullString
	before := time.Now()
	var there time.Time
	err := p.c.QueryRowContext(ctx, "SELECT CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_TIMESTAMP()").Scan(&p.role, &warehouse, &there)
	if err != nil {
		return err
	}
	p.clock(there, before, time.Now())
	if err := p.grants(ctx); err != nil {
		return err
	}
	if err := p.warehouse(ctx, warehouse.String); err != nil {
		return err
	}
	if err := p.tables(ctx); err != nil {
		return err
	}
	return p.pipes(ctx)
}

// skew is how wrong a clock may be: tokens of key pairs are good for a minute.
const skew = 30 * time.Second

func (p *preflight) clock(there, before, after time.Time) {
	switch {
	case there.Before(before.Add(-skew)):
		p.add("clock", "", "this machine is %v ahead of Snowflake, which refuses logins by tokens of the future: set its clock", before.Sub(there).Round(time.Second))
	case there.After(after.Add(skew)):
		p.add("clock", "", "this machine is %v behind Snowflake, which refuses logins by tokens that have expired: set its clock", there.Sub(after).Round(time.Second))
	}
}

// grants reads what the role has, and the roles that are granted to it.
func (p *preflight) grants(ctx context.Context) error {
	p.held = map[grant]bool{}
	roles := []string{p.role}
	for i := 0; i < len(roles); i++ {
		err := sf.Each(ctx, p.c, "SHOW GRANTS TO ROLE "+p.s.d.Quote(roles[i]), func(row map[string]string) {
			p.held[grant{row["privilege"], row["granted_on"], row["name"]}] = true
			if role := unquote(row["name"]); row["granted_on"] == "ROLE" && row["privilege"] == "USAGE" && !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		})
		if err != nil {
			return fmt.Errorf("read the privileges of role %q: %w", roles[i], err)
		}
	}
	return nil
}

// name writes the name of an object as SHOW GRANTS does.
func name(parts ...string) string {
	list := make([]string, len(parts))
	for i, part := range parts {
		list[i] = sf.Plain(part)
	}
	return strings.Join(list, ".")
}

func unquote(name string) string {
	if inner, ok := strings.CutPrefix(name, `"`); ok {
		return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
	}
	return name
}

// needs sees to it that privileges on an object are held: by themselves, or by owning it.
func (p *preflight) needs(kind string, parts []string, privileges ...string) {
	object := name(parts...)
	if p.held[grant{"OWNERSHIP", kind, object}] {
		return
	}
	var lacking []string
	for _, privilege := range privileges {
		if !p.held[grant{privilege, kind, object}] {
			lacking = append(lacking, privilege)
		}
	}
	if len(lacking) == 0 {
		return
	}
	list := strings.Join(lacking, ", ")
	fix := fmt.Sprintf("GRANT %s ON %s %s TO ROLE %s", list, kind, object, name(p.role))
	if slices.Contains(lacking, "OWNERSHIP") {
		fix += " COPY CURRENT GRANTS"
	}
	p.add(strings.ToLower(kind)+" "+object, fix, "role %s lacks %s", p.role, list)
}

func (p *preflight) warehouse(ctx context.Context, warehouse string) error {
	if warehouse == "" {
		p.add("warehouse", "", "the session has none, and COPY needs one: name one in the configuration, or give the user a default")
		return nil
	}
	p.needs("WAREHOUSE", []string{warehouse}, "USAGE")
	err := sf.Each(ctx, p.c, "SHOW WAREHOUSES LIKE "+sf.Literal(likeName(warehouse)), func(row map[string]string) {
		if row["name"] == warehouse && row["state"] == "SUSPENDED" && row["auto_resume"] != "true" {
			p.add("warehouse "+warehouse, "ALTER WAREHOUSE "+p.s.d.Quote(warehouse)+" RESUME", "is suspended, and does not resume by itself")
		}
	})
	if err != nil {
		return fmt.Errorf("look for the warehouse: %w", err)
	}
	return nil
}

// likeName writes a name as a pattern that it alone, and names that differ in case, fit.
func likeName(name string) string {
	return strings.NewReplacer(`\`, `\\`, `_`, `\_`, `%`, `\%`).Replace(name)
}

// tables looks at the table, the table of offsets and that of rejects: what is missing must be made, and what is there written.
func (p *preflight) tables(ctx context.Context) error {
	s := p.s
	schema := []string{s.place.Database, s.place.Schema}
	p.needs("DATABASE", schema[:1], "USAGE")
	p.needs("SCHEMA", schema, "USAGE")
	if s.opts.Mode == sink.Replace {
		p.needs("SCHEMA", schema, "CREATE TABLE")
	}
	evolves := false
	if s.opts.SchemaEvolution {
		var err error
		if evolves, err = s.evolves(ctx, p.c, s.name); err != nil {
			return err
		}
	}
	err := p.table(ctx, s.name, func(t *dialect.Table) []string {
		list := []string{"INSERT", "SELECT"}
		if s.opts.Mode == sink.Upsert {
			list = append(list, "UPDATE")
		}
		switch {
		case s.opts.Mode == sink.Replace || s.opts.Evolve != sink.EvolveNone && !evolves || mark.Find(t.Comment) == "":
			list = append(list, "OWNERSHIP") // to swap, to alter, to comment
		case evolves:
			list = append(list, "EVOLVE SCHEMA")
		}
		return list
	})
	if err != nil {
		return err
	}
	if err := p.table(ctx, offsetsTable(s.name), always("SELECT", "INSERT", "UPDATE", "DELETE")); err != nil || s.opts.Rejects == "" {
		return err
	}
	return p.table(ctx, s.opts.resolve(s.opts.Rejects), always("SELECT", "INSERT"))
}

func always(list ...string) func(*dialect.Table) []string {
	return func(*dialect.Table) []string { return list }
}

// table looks at a table of the schema: the role must be able to make it, or have these privileges on it.
func (p *preflight) table(ctx context.Context, table string, privileges func(*dialect.Table) []string) error {
	place := p.s.place
	t, err := sf.Inspect(ctx, p.c, place, table)
	parts := []string{place.Database, place.Schema, table}
	switch {
	case err != nil:
		return err
	case t == nil:
		p.needs("SCHEMA", parts[:2], "CREATE TABLE")
	case t.Unfit != "":
		p.add("table "+name(parts...), "", "%s, so that rows cannot be loaded into it exactly once: name another table", t.Unfit)
	default:
		p.needs("TABLE", parts, privileges(t)...)
	}
	return nil
}

// stage looks at the stage, where it is one of the schema.
func (p *preflight) stage(ctx context.Context) error {
	s := p.s
	if s.opts.Stage == "~" || s.opts.Stage == "%" {
		return nil
	}
	stage := s.opts.resolve(s.opts.Stage)
	schema := []string{s.place.Database, s.place.Schema}
	if e, ok := s.store.(*externalStage); ok {
		return p.external(ctx, e, append(schema, stage))
	}
	there, external := false, false
	err := sf.Each(ctx, p.c, s.place.Show("STAGES"), func(row map[string]string) {
		if row["name"] == stage {
			there, external = true, strings.HasPrefix(row["type"], "EXTERNAL")
		}
	})
	switch {
	case err != nil:
		return fmt.Errorf("look for the stage: %w", err)
	case !there:
		p.needs("SCHEMA", schema, "CREATE STAGE")
	case external:
		p.add("stage "+name(append(schema, stage)...), "", "is an external one, to which PUT does not upload: name its bucket in Options.External, or an internal one in Options.Stage")
	default:
		p.needs("STAGE", append(schema, stage), "READ", "WRITE")
	}
	return nil
}

// external looks at an external stage, and at its bucket.
func (p *preflight) external(ctx context.Context, e *externalStage, stage []string) error {
	_, found, err := e.look(ctx, p.c)
	var fault *stageFault
	switch {
	case errors.As(err, &fault):
		p.add("stage "+name(stage...), "", "%s", fault.text)
	case err != nil:
		return fmt.Errorf("look for the stage: %w", err)
	case found:
		p.needs("STAGE", stage, "USAGE")
	case e.to.Integration != "":
		p.needs("SCHEMA", stage[:2], "CREATE STAGE")
		p.needs("INTEGRATION", []string{p.s.opts.resolve(e.to.Integration)}, "USAGE")
	default:
		p.add("stage "+name(stage...), "", missingStage)
	}
	b, err := e.open(ctx)
	if err != nil {
		p.add("bucket "+e.to.Location, "", "%v", err)
		return nil
	}
	switch there, err := b.IsAccessible(ctx); {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		p.add("bucket "+e.to.Location, "", "%v", bucket.Classify(err))
	case !there:
		p.add("bucket "+e.to.Location, "", "is missing, or this program may not list it: look at its name and the credentials")
	}
	return nil
}

// pipes looks for one that loads the table, too: a pipe and COPY do not know of one another's files.
func (p *preflight) pipes(ctx context.Context) error {
	s := p.s
	err := sf.Each(ctx, p.c, s.place.Show("PIPES"), func(row map[string]string) {
		if row["name"] != p.own && loads(row["definition"], s.place, s.name) {
			p.add("pipe "+name(s.place.Database, s.place.Schema, row["name"]), "",
				"loads the table as well: where both get the same rows, they are there twice")
		}
	})
	if err != nil {
		return fmt.Errorf("look for pipes: %w", err)
	}
	return nil
}

// loads says that the definition of a pipe is a COPY into the table.
func loads(definition string, place sf.Place, table string) bool {
	_, rest, found := strings.Cut(strings.ToUpper(strings.Join(strings.Fields(definition), " ")), "COPY INTO ")
	if !found {
		return false
	}
	for _, parts := range [][]string{{table}, {place.Schema, table}, {place.Database, place.Schema, table}} {
		quoted := make([]string, len(parts))
		for i, part := range parts {
			quoted[i] = sf.Dialect{}.Quote(part)
		}
		for _, form := range []string{name(parts...), strings.Join(quoted, ".")} {
			after, ok := strings.CutPrefix(rest, strings.ToUpper(form))
			if ok && (after == "" || strings.ContainsAny(after[:1], " (;")) {
				return true
			}
		}
	}
	return false
}
