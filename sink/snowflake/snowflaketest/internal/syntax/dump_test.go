package syntax_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// dump writes a tree: names of types with the fields that are not zero, without positions and texts.
func dump(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return dump(v.Elem())
	case reflect.Slice:
		list := make([]string, v.Len())
		for i := range list {
			list[i] = dump(v.Index(i))
		}
		return "[" + strings.Join(list, " ") + "]"
	case reflect.String:
		return v.String()
	case reflect.Struct:
		if t, ok := v.Interface().(types.Type); ok {
			return t.String()
		}
		if n, ok := v.Interface().(syntax.Name); ok && n.Dynamic == nil {
			return strings.Join(n.Parts, ".")
		}
		var fields []string
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Anonymous && f.Name != "Alias" || v.Field(i).IsZero() || f.Name == "Text" && v.Type().Name() == "Item" {
				continue
			}
			fields = append(fields, f.Name+":"+dump(v.Field(i)))
		}
		return v.Type().Name() + "{" + strings.Join(fields, " ") + "}"
	}
	return fmt.Sprint(v.Interface())
}

func TestExpressions(t *testing.T) {
	for _, c := range []struct{ expr, want string }{
		{`a + b * -c::INT`, `Binary{Op:+ L:ColumnRef{Parts:[A]} R:Binary{Op:* L:ColumnRef{Parts:[B]} R:Unary{Op:- X:Cast{X:ColumnRef{Parts:[C]} Type:NUMBER(38,0)}}}}`},
		{`a - b - c`, `Binary{Op:- L:Binary{Op:- L:ColumnRef{Parts:[A]} R:ColumnRef{Parts:[B]}} R:ColumnRef{Parts:[C]}}`},
		{`NOT a = b AND c OR d`, `Binary{Op:OR L:Binary{Op:AND L:Unary{Op:NOT X:Binary{Op:= L:ColumnRef{Parts:[A]} R:ColumnRef{Parts:[B]}}} R:ColumnRef{Parts:[C]}} R:ColumnRef{Parts:[D]}}`},
		{`a BETWEEN 1 AND 2 AND b`, `Binary{Op:AND L:Between{X:ColumnRef{Parts:[A]} Low:Number{Text:1} High:Number{Text:2}} R:ColumnRef{Parts:[B]}}`},
		{`a || b != c`, `Binary{Op:<> L:Binary{Op:|| L:ColumnRef{Parts:[A]} R:ColumnRef{Parts:[B]}} R:ColumnRef{Parts:[C]}}`},
		{`"a b".x."Y""Z"`, `ColumnRef{Parts:[a b X Y"Z]}`},
		{`v:a.B[0]."c d"::VARCHAR(10)`, `Cast{X:Path{X:ColumnRef{Parts:[V]} Steps:[Step{Key:a} Step{Key:B} Step{Index:Number{Text:0}} Step{Key:c d}]} Type:VARCHAR(10)}`},
		{`$1:x`, `Path{X:StageColumn{Index:1} Steps:[Step{Key:x}]}`},
		{`t.$2`, `StageColumn{Table:T Index:2}`},
		{`? + :2 + :v + $w + :r.f`, `Binary{Op:+ L:Binary{Op:+ L:Binary{Op:+ L:Binary{Op:+ L:Bind{Index:1} R:Bind{Index:2}} R:Variable{Name:V}} R:Variable{Name:W Session:true}} R:Variable{Name:R Field:F}}`},
		{`x NOT IN (1, 2)`, `In{X:ColumnRef{Parts:[X]} List:[Number{Text:1} Number{Text:2}] Not:true}`},
		{`COUNT(DISTINCT a, b)`, `Func{Name:COUNT Args:[ColumnRef{Parts:[A]} ColumnRef{Parts:[B]}] Distinct:true}`},
		{`f(a => 1, b => 'x')`, `Func{Name:F Named:[NamedArg{Name:A Value:Number{Text:1}} NamedArg{Name:B Value:String{Value:x}}]}`},
		{`LAG(x) IGNORE NULLS OVER (PARTITION BY a ORDER BY b DESC NULLS LAST)`, `Func{Name:LAG Args:[ColumnRef{Parts:[X]}] IgnoreNulls:true Over:Window{Partition:[ColumnRef{Parts:[A]}] Order:[Order{X:ColumnRef{Parts:[B]} Desc:true NullsFirst:false}]}}`},
		{`EXTRACT(year FROM d)`, `Func{Name:EXTRACT Args:[ColumnRef{Parts:[YEAR]} ColumnRef{Parts:[D]}]}`},
		{`POSITION('a' IN b)`, `Func{Name:POSITION Args:[String{Value:a} ColumnRef{Parts:[B]}]}`},
		{`IDENTIFIER('a."b"')`, `ColumnRef{Parts:[A b]}`},
		{`CASE a WHEN 1 THEN 2 END`, `Case{Operand:ColumnRef{Parts:[A]} Whens:[When{If:Number{Text:1} Then:Number{Text:2}}]}`},
		{`TRY_CAST(a AS TIMESTAMP WITH LOCAL TIME ZONE)`, `Cast{X:ColumnRef{Parts:[A]} Type:TIMESTAMP_LTZ(9) Try:true}`},
		{`(a, b) = (1, 2)`, `Binary{Op:= L:Tuple{Items:[ColumnRef{Parts:[A]} ColumnRef{Parts:[B]}]} R:Tuple{Items:[Number{Text:1} Number{Text:2}]}}`},
		{`a.b - .5`, `Binary{Op:- L:ColumnRef{Parts:[A B]} R:Number{Text:.5}}`},
	} {
		x, err := syntax.ParseExpr(c.expr)
		if err != nil {
			t.Errorf("%s: %v", c.expr, err)
			continue
		}
		if got := dump(reflect.ValueOf(x)); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.expr, got, c.want)
		}
	}
}

func TestStatements(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{`SELECT a x, t.* EXCLUDE b FROM d.s.t AS t (c) WHERE y GROUP BY 1`, `QueryStmt{Query:Query{Body:Select{Items:[Item{X:ColumnRef{Parts:[A]} Alias:X} Item{X:Star{Table:[T] Exclude:[B]}}] From:[TableRef{Name:D.S.T Alias:Alias{Alias:T Columns:[C]}}] Where:ColumnRef{Parts:[Y]} Group:Group{Keys:[Number{Text:1}]}}}}`},
		{`SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 3 LIMIT 1`, `QueryStmt{Query:Query{Body:SetOp{Op:UNION All:true L:Select{Items:[Item{X:Number{Text:1}}]} R:SetOp{Op:INTERSECT L:Select{Items:[Item{X:Number{Text:2}}]} R:Select{Items:[Item{X:Number{Text:3}}]}}} Limit:Number{Text:1}}}`},
		{`SELECT * FROM a LEFT JOIN b USING (x), LATERAL FLATTEN(input => v) f`, `QueryStmt{Query:Query{Body:Select{Items:[Item{X:Star{}}] From:[Join{Kind:LEFT L:TableRef{Name:A} R:TableRef{Name:B} Using:[X]} TableFunc{Lateral:true Call:Func{Name:FLATTEN Named:[NamedArg{Name:INPUT Value:ColumnRef{Parts:[V]}}]} Name:FLATTEN Alias:Alias{Alias:F}}]}}}`},
		{`SELECT * FROM TABLE(RESULT_SCAN(:id)) r`, `QueryStmt{Query:Query{Body:Select{Items:[Item{X:Star{}}] From:[TableFunc{Call:Func{Name:RESULT_SCAN Args:[Variable{Name:ID}]} Name:RESULT_SCAN Alias:Alias{Alias:R}}]}}}`},
		{`INSERT INTO t (a) VALUES (DEFAULT), (1)`, `Insert{Table:T Columns:[A] Query:Query{Body:Values{Rows:[[Default{}] [Number{Text:1}]]}}}`},
		{`MERGE INTO t USING u ON t.a = u.a WHEN MATCHED AND u.d THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1)`, `Merge{Table:T Using:TableRef{Name:U} On:Binary{Op:= L:ColumnRef{Parts:[T A]} R:ColumnRef{Parts:[U A]}} Clauses:[MergeClause{Matched:true And:ColumnRef{Parts:[U D]} Delete:true} MergeClause{Values:[Number{Text:1}]}]}`},
		{`COPY INTO t FROM @s/p FILES = ('a') FILE_FORMAT = (TYPE = CSV NULL_IF = ()) ON_ERROR = SKIP_FILE_5% PURGE = TRUE`, `CopyInto{Table:T From:Location{Stage:S Path:p} Params:[Param{Name:FILES Value:Value{Kind:4 List:[Value{Kind:1 Text:a}]}} Param{Name:FILE_FORMAT Value:Value{Kind:5 Params:[Param{Name:TYPE Value:Value{Kind:3 Text:CSV Parts:[CSV]}} Param{Name:NULL_IF Value:Value{Kind:4}}]}} Param{Name:ON_ERROR Value:Value{Kind:3 Text:SKIP_FILE_5% Parts:[SKIP_FILE_5]}} Param{Name:PURGE Value:Value{Kind:3 Text:TRUE Parts:[TRUE]}}]}`},
		{`COPY INTO IDENTIFIER(?) FROM @ADBC$BIND`, `CopyInto{Table:Name{Dynamic:Bind{Index:1}} From:Location{Stage:ADBC$BIND}}`},
		{`CREATE PIPE p AS (COPY INTO t FROM TABLE(DATA_SOURCE(TYPE => 'STREAMING')) ON_ERROR = CONTINUE)`, `CreatePipe{Name:P Copy:CopyInto{Table:T Source:TableFunc{Call:Func{Name:DATA_SOURCE Named:[NamedArg{Name:TYPE Value:String{Value:STREAMING}}]} Name:DATA_SOURCE} Params:[Param{Name:ON_ERROR Value:Value{Kind:3 Text:CONTINUE Parts:[CONTINUE]}}]}}`},
		{`PUT 'file:///tmp/a b' @%t PARALLEL = 4`, `Put{Local:/tmp/a b Location:Location{Stage:T Table:true} Params:[Param{Name:PARALLEL Value:Value{Kind:2 Text:4}}]}`},
		{`CREATE OR REPLACE TEMP TABLE t (a INT NOT NULL DEFAULT 1 + 1, PRIMARY KEY (a)) COMMENT = 'x'`, `CreateTable{Name:T OrReplace:true Temporary:true Columns:[ColumnDef{Name:A Type:NUMBER(38,0) NotNull:true Default:Binary{Op:+ L:Number{Text:1} R:Number{Text:1}} Text:1 + 1}] Constraints:[Constraint{Kind:PRIMARY KEY Columns:[A]}] Params:[Param{Name:COMMENT Value:Value{Kind:1 Text:x}}]}`},
		{`CREATE WAREHOUSE w WITH AUTO_SUSPEND = 60 COMMENT = 'x'`, `Create{Kind:WAREHOUSE Name:W Params:[Param{Name:AUTO_SUSPEND Value:Value{Kind:2 Text:60}} Param{Name:COMMENT Value:Value{Kind:1 Text:x}}]}`},
		{`ALTER TABLE t ALTER a SET DATA TYPE VARCHAR(5), COLUMN b DROP NOT NULL`, `AlterTable{Name:T Action:ModifyColumns{Changes:[ColumnChange{Column:A Type:VARCHAR(5)} ColumnChange{Column:B DropNotNull:true}]}}`},
		{`ALTER WAREHOUSE SUSPEND`, `Alter{Kind:WAREHOUSE Action:Do{Verb:SUSPEND}}`},
		{`ALTER SESSION SET A = 1 B = 'x'`, `AlterSession{Set:[Param{Name:A Value:Value{Kind:2 Text:1}} Param{Name:B Value:Value{Kind:1 Text:x}}]}`},
		{`SHOW TABLES LIKE 'a%' IN SCHEMA d.s`, `Show{Objects:TABLES Like:a% In:Scope{Kind:SCHEMA Name:D.S}}`},
		{`GRANT SELECT, CREATE TABLE ON ALL TABLES IN SCHEMA s TO ROLE r`, `Grant{Privileges:[SELECT CREATE TABLE] On:Object{Kind:TABLE} All:true In:Object{Kind:SCHEMA Name:S} To:Object{Kind:ROLE Name:R}}`},
		{`REVOKE ALL ON STAGE d.s.st FROM r`, `Grant{Revoke:true Privileges:[ALL] On:Object{Kind:STAGE Name:D.S.ST} To:Object{Kind:ROLE Name:R}}`},
		{`USE WAREHOUSE w`, `Use{Kind:WAREHOUSE Name:W}`},
		{`USE schema`, `Use{Name:SCHEMA}`},
		{`SET (a, b) = (1, 2)`, `Set{Names:[A B] Values:[Number{Text:1} Number{Text:2}]}`},
		{
			`DECLARE x INT := 1; e EXCEPTION (-20001, 'm'); BEGIN LET c CURSOR FOR SELECT 1; x := (SELECT 2); IF (x = 1) THEN RETURN x; ELSE RAISE e; END IF; EXCEPTION WHEN e OR OTHER THEN RAISE; END`,
			`Block{Declare:[Declaration{Kind:1 Name:X Type:NUMBER(38,0) Default:Number{Text:1}} Declaration{Kind:4 Name:E Code:-20001 Message:m}]` +
				` Body:[Let{Declaration:Declaration{Kind:2 Name:C Query:QueryStmt{Query:Query{Body:Select{Items:[Item{X:Number{Text:1}}]}}}}}` +
				` Assign{Name:X X:Subquery{Query:Query{Body:Select{Items:[Item{X:Number{Text:2}}]}}} Query:QueryStmt{Query:Query{Body:Select{Items:[Item{X:Number{Text:2}}]}}}}` +
				` If{Branches:[Branch{If:Binary{Op:= L:ColumnRef{Parts:[X]} R:Number{Text:1}} Body:[Return{X:ColumnRef{Parts:[X]}}]}] Else:[Raise{Name:E}]}]` +
				` Handlers:[Handler{Names:[E OTHER] Body:[Raise{}]}]}`,
		},
	} {
		s, err := syntax.Parse(c.sql)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		if got := dump(reflect.ValueOf(s[0])); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.sql, got, c.want)
		}
	}
}

// The text of a query that is assigned is that of the query, and binds are counted over all statements.
func TestTexts(t *testing.T) {
	s, err := syntax.Parse("SELECT ?;\nBEGIN rs := ( SELECT ? /* x */ ); END")
	if err != nil {
		t.Fatal(err)
	}
	assign := s[1].(*syntax.Block).Body[0].(*syntax.Assign)
	if got, want := assign.Query.SQL(), "SELECT ?"; got != want {
		t.Errorf("the query is %q, want %q", got, want)
	}
	if got, want := assign.SQL(), "rs := ( SELECT ? /* x */ )"; got != want {
		t.Errorf("the statement is %q, want %q", got, want)
	}
	if got, want := assign.Position(), (syntax.Pos{Line: 2, Column: 7}); got != want {
		t.Errorf("the statement is at %v, want %v", got, want)
	}
	bind := assign.X.(*syntax.Subquery).Query.Body.(*syntax.Select).Items[0].X.(*syntax.Bind)
	if bind.Index != 2 {
		t.Errorf("the second question mark is number %d", bind.Index)
	}
}
