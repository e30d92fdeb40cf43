package snowflake_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// TestConformanceSchemaEvolution runs the rules about schemas where Snowflake adds the columns.
func TestConformanceSchemaEvolution(t *testing.T) {
	for name, o := range map[string]snowflake.Options{
		"append": {}, "upsert": {Mode: sink.Upsert, Key: []string{"id"}}, "replace": {Mode: sink.Replace},
	} {
		t.Run(name, func(t *testing.T) {
			o.Evolve, o.SchemaEvolution = sink.AddColumns, true
			i := newInstance(t, o)
			rules := []string{"schema/"}
			if o.Mode == sink.Append {
				rules = append(rules, "shape/columns")
			}
			err := sinktest.Check(t.Context(), func() (sinktest.Harness, error) {
				h, err := i.on(t.Context(), "t")
				h.AddColumns = true
				return h, err
			}, rules...)
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// loader starts an account in which BOB's role, LOADER, may load EVENTS and change its columns by COPY alone.
func loader(t testing.TB, grants ...string) *snowflaketest.Server {
	t.Helper()
	server := snowflaketest.Start(t, &snowflaketest.Options{
		LocalStages: true, Roles: []string{"LOADER"}, Users: []snowflaketest.User{{Name: "bob", Password: "x", Role: "LOADER"}},
	})
	exec(t, server,
		"CREATE TABLE EVENTS (ID NUMBER(38,0), OLD VARCHAR NOT NULL) ENABLE_SCHEMA_EVOLUTION = TRUE COMMENT = '[floe:11111111-1111-4111-8111-111111111111]'",
		"GRANT USAGE ON DATABASE TEST TO ROLE LOADER", "GRANT USAGE ON WAREHOUSE TEST_WH TO ROLE LOADER",
		"GRANT USAGE, CREATE TABLE, CREATE STAGE ON SCHEMA TEST.PUBLIC TO ROLE LOADER",
		"GRANT SELECT, INSERT ON TABLE EVENTS TO ROLE LOADER")
	exec(t, server, grants...)
	return server
}

// TestSchemaEvolution: a role that does not own the table has Snowflake add columns and take nulls, in the types that it
// finds, and nothing is left on the stage.
func TestSchemaEvolution(t *testing.T) {
	server := loader(t, "GRANT EVOLVE SCHEMA ON TABLE EVENTS TO ROLE LOADER")
	o := snowflake.Options{Evolve: sink.AddColumns, SchemaEvolution: true}
	if problems, _ := preflight(t, server, o); len(problems) > 0 {
		t.Errorf("problems %q", problems)
	}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "amount", Type: &arrow.Decimal128Type{Precision: 12, Scale: 2}, Nullable: true},
		{Name: "at", Type: &arrow.TimestampType{Unit: arrow.Microsecond}, Nullable: true},
		{Name: "tags", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
		{Name: "a \"name\"", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "nothing", Type: arrow.Null, Nullable: true},
	}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(
		`[{"id": 1, "amount": "12.50", "at": "2024-01-02T03:04:05", "tags": ["x", "y"], "a \"name\"": "z"}]`))
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	s := open(t, server, "events", o)
	w, from, err := s.Open(t.Context(), "p", "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Prepare(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	b := batch(t, "a", from, rec)
	stage(t, w, b)
	if _, err := w.Load(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	want(t, server, `SELECT ID, OLD, AMOUNT, AT::VARCHAR, TAGS[1]::VARCHAR, "a ""name""", NOTHING FROM EVENTS`, "1  12.50 2024-01-02 03:04:05.000 y z ")
	want(t, server, "SELECT COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'EVENTS' AND SCHEMA_EVOLUTION_RECORD IS NOT NULL ORDER BY ORDINAL_POSITION", "OLD", "AMOUNT", "AT", "TAGS", `a "name"`, "NOTHING")
	if left := staged(t, server); len(left) > 0 {
		t.Errorf("the stage has %q", left)
	}
}

// TestSchemaEvolutionIsNotGranted: without the privilege Snowflake leaves the table as it is, and the sink says so.
func TestSchemaEvolutionIsNotGranted(t *testing.T) {
	server := loader(t)
	o := snowflake.Options{Evolve: sink.AddColumns, SchemaEvolution: true}
	problems, fixes := preflight(t, server, o)
	if len(problems) != 1 || problems[0] != "table TEST.PUBLIC.EVENTS: role LOADER lacks EVOLVE SCHEMA" {
		t.Errorf("problems %q", problems)
	}
	w, _, err := open(t, server, "events", o).Open(t.Context(), "p", "a")
	if err != nil {
		t.Fatal(err)
	}
	var schema *sink.SchemaError
	if err := w.Prepare(t.Context(), rowSchema); !errors.As(err, &schema) || schema.Column != "name" || !strings.Contains(schema.Reason, "EVOLVE SCHEMA") {
		t.Errorf("Prepare: %v", err)
	}
	exec(t, server, fixes...)
	if err := w.Prepare(t.Context(), rowSchema); err != nil {
		t.Error(err)
	}
}

// TestSchemaEvolutionIsTurnedOn: of a table that the role owns.
func TestSchemaEvolutionIsTurnedOn(t *testing.T) {
	server := start(t)
	exec(t, server, "CREATE TABLE EVENTS (ID NUMBER(38,0))")
	w, from := claim(t, open(t, server, "events", snowflake.Options{Evolve: sink.AddColumns, SchemaEvolution: true}), "a")
	load(t, w, "a", from, 1, 2)
	want(t, server, "SELECT ID, NAME FROM EVENTS ORDER BY ID", "1 ", "2 ")
}

// TestSchemaEvolutionOfInstants: Snowflake would add a column that does not hold them, so that nothing is added.
func TestSchemaEvolutionOfInstants(t *testing.T) {
	server := start(t)
	exec(t, server, "CREATE TABLE EVENTS (ID NUMBER(38,0))")
	w, _, err := open(t, server, "events", snowflake.Options{Evolve: sink.AddColumns, SchemaEvolution: true}).Open(t.Context(), "p", "a")
	if err != nil {
		t.Fatal(err)
	}
	fields := []arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "at", Type: arrow.FixedWidthTypes.Timestamp_us, Nullable: true}}
	var schema *sink.SchemaError
	if err := w.Prepare(t.Context(), arrow.NewSchema(fields, nil)); !errors.As(err, &schema) || schema.Column != "at" || !strings.Contains(schema.Reason, "TIMESTAMP_LTZ") {
		t.Errorf("Prepare: %v", err)
	}
	exec(t, server, "ALTER TABLE EVENTS ADD COLUMN AT TIMESTAMP_LTZ(9)")
	if err := w.Prepare(t.Context(), arrow.NewSchema(append(fields, arrow.Field{Name: "more", Type: arrow.PrimitiveTypes.Int64, Nullable: true}), nil)); err != nil {
		t.Error(err)
	}
}
