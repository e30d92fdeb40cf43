package translate

import (
	"fmt"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// tableFunc translates TABLE(f(…)) and LATERAL f(…). Its arguments see the items of FROM before it.
func (t *translator) tableFunc(f *syntax.TableFunc, s *scope) string {
	if f.Call != nil && len(f.Name.Parts) == 1 {
		switch f.Call.Name {
		case "FLATTEN":
			return t.flatten(f, s)
		case "SPLIT_TO_TABLE":
			return t.splitToTable(f, s)
		case "GENERATOR":
			return t.generator(f, s)
		}
	}
	rel := must(t.r.TableFunc(f))
	return t.add(relation{rel.SQL, rel.Columns}, f.Alias, f.Name.Parts, false, s)
}

// tableCall is a call whose arguments may be named.
func (t *translator) tableCall(f *syntax.TableFunc, s *scope, names ...string) map[string]value {
	given := map[string]value{}
	for i, x := range f.Call.Args {
		if i >= len(names) {
			panic(compilation(939, "22023", f.Pos, "too many arguments for function [%s] expected %d, got %d", f.Call.Name, len(names), len(f.Call.Args)))
		}
		given[names[i]] = t.expr(x, s)
	}
	for _, a := range f.Call.Named {
		known := false
		for _, n := range names {
			known = known || n == a.Name
		}
		if !known {
			panic(compilation(939, "22023", f.Pos, "%s has no argument %s", f.Call.Name, a.Name))
		}
		given[a.Name] = t.expr(a.Value, s)
	}
	return given
}

// flatten makes a row of every part of an ARRAY or OBJECT.
func (t *translator) flatten(f *syntax.TableFunc, s *scope) string {
	args := t.tableCall(f, s, "INPUT", "PATH", "OUTER", "RECURSIVE", "MODE")
	input, ok := args["INPUT"]
	if !ok {
		panic(compilation(938, "22023", f.Pos, "FLATTEN has no argument INPUT"))
	}
	or := func(name string, v value) string {
		if given, ok := args[name]; ok {
			return t.cast(given, v.typ, implicit).sql
		}
		return v.sql
	}
	no := value{"FALSE", boolType, true}
	in := t.cast(input, variantType, implicit).sql
	rows := called("floe_flatten", in, or("PATH", value{"''", textType, true}), or("OUTER", no), or("RECURSIVE", no), or("MODE", value{"'BOTH'", textType, true}))
	field := func(i int) string { return fmt.Sprintf("floe_variant_text(floe_get_at(r, CAST(%d AS BIGINT)))", i) }
	sql := fmt.Sprintf("SELECT CAST(hash(%s) %% 1000000007 AS DECIMAL(38,0)), %s, %s, CAST(%s AS DECIMAL(38,0)), %s, %s FROM (SELECT unnest(%s) AS r)",
		in, field(0), field(1), field(2), field(3), field(4), rows)
	return t.add(relation{sql, []Column{
		{Name: "SEQ", Type: fixed(38, 0)},
		{Name: "KEY", Type: textType, Nullable: true},
		{Name: "PATH", Type: textType, Nullable: true},
		{Name: "INDEX", Type: fixed(38, 0), Nullable: true},
		{Name: "VALUE", Type: variantType, Nullable: true},
		{Name: "THIS", Type: variantType, Nullable: true},
	}}, f.Alias, nil, false, s)
}

// splitToTable makes a row of every part of a text.
func (t *translator) splitToTable(f *syntax.TableFunc, s *scope) string {
	args := t.tableCall(f, s, "STRING", "DELIMITER")
	if len(args) != 2 {
		panic(compilation(938, "22023", f.Pos, "SPLIT_TO_TABLE has two arguments"))
	}
	in := t.text(args["STRING"]).sql
	rows := called("floe_flatten", called("floe_split", in, t.text(args["DELIMITER"]).sql), "''", "FALSE", "FALSE", "'BOTH'")
	sql := fmt.Sprintf("SELECT CAST(hash(%s) %% 1000000007 AS DECIMAL(38,0)), CAST(CAST(floe_variant_text(floe_get_at(r, CAST(2 AS BIGINT))) AS BIGINT) + 1 AS DECIMAL(38,0)), floe_variant_text(floe_variant_text(floe_get_at(r, CAST(3 AS BIGINT)))) FROM (SELECT unnest(%s) AS r)",
		in, rows)
	return t.add(relation{sql, []Column{
		{Name: "SEQ", Type: fixed(38, 0)}, {Name: "INDEX", Type: fixed(38, 0)}, {Name: "VALUE", Type: textType},
	}}, f.Alias, nil, false, s)
}

// generated is the hidden column that numbers the rows of GENERATOR, for SEQ4 and its like.
const generated = "$SEQ"

// generator makes rows without columns.
func (t *translator) generator(f *syntax.TableFunc, s *scope) string {
	if _, ok := t.tableCall(f, s, "ROWCOUNT", "TIMELIMIT")["TIMELIMIT"]; ok {
		panic(unsupported("GENERATOR with a TIMELIMIT"))
	}
	n, ok := t.tableCall(f, s, "ROWCOUNT")["ROWCOUNT"]
	if !ok {
		panic(compilation(938, "22023", f.Pos, "GENERATOR needs a ROWCOUNT"))
	}
	sql := fmt.Sprintf("SELECT CAST(range AS DECIMAL(18,0)) FROM range(CAST(%s AS BIGINT))", t.cast(n, fixed(18, 0), implicit).sql)
	return t.add(relation{sql, []Column{{Name: generated, Type: fixed(18, 0), Hidden: true}}}, f.Alias, nil, false, s)
}
