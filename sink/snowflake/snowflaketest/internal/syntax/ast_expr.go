package syntax

import "github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"

// Null is NULL.
type Null struct{ Node }

// Bool is TRUE or FALSE.
type Bool struct {
	Node
	Value bool
}

// Number is a numeric literal, as it was written: "12", "1.50", "1e3".
type Number struct {
	Node
	Text string
}

// String is a text literal, unescaped.
type String struct {
	Node
	Value string
}

// BinaryLit is X'00ff'.
type BinaryLit struct {
	Node
	Value []byte
}

// TypedLit is DATE '2026-01-31', TIME '…', TIMESTAMP '…'.
type TypedLit struct {
	Node
	Type  types.Type
	Value string
}

// Interval is INTERVAL '1 day, 2 hours'.
type Interval struct {
	Node
	Value string
}

// Bind is ? or :1. Index counts from 1; question marks are numbered in the order of the whole text.
type Bind struct {
	Node
	Index int
}

// Variable is $name (a session variable), or :name and :row.field (of Snowflake Scripting).
type Variable struct {
	Node
	Name    string
	Field   string // of a cursor's row; "" = none
	Session bool
}

// ColumnRef is a column, with what qualifies it: [database, schema,] table, column. In expressions of Snowflake Scripting
// one part is a variable, and two are a field of a cursor's row.
type ColumnRef struct {
	Node
	Parts []string
}

// StageColumn is $1 or t.$1: a column by its number.
type StageColumn struct {
	Node
	Table string
	Index int
}

// Star is * or t.* in a select list, with its EXCLUDE and RENAME, or the argument of COUNT(*).
type Star struct {
	Node
	Table   []string // what qualifies it
	Exclude []string
	Rename  []Renamed
}

// Renamed is one column AS another.
type Renamed struct {
	From, To string
}

// Unary is an operator before its operand: "-", "+", "NOT".
type Unary struct {
	Node
	Op string
	X  Expr
}

// Binary is an operator between operands: + - * / % || = <> < <= > >= AND OR (!= is <>).
type Binary struct {
	Node
	Op   string
	L, R Expr
}

// IsNull is x IS [NOT] NULL.
type IsNull struct {
	Node
	X   Expr
	Not bool
}

// IsDistinct is l IS [NOT] DISTINCT FROM r.
type IsDistinct struct {
	Node
	L, R Expr
	Not  bool
}

// IsBool is x IS [NOT] TRUE or FALSE.
type IsBool struct {
	Node
	X          Expr
	Not, Value bool
}

// Between is x [NOT] BETWEEN low AND high.
type Between struct {
	Node
	X, Low, High Expr
	Not          bool
}

// In is x [NOT] IN (list) or (query). X may be a Tuple.
type In struct {
	Node
	X     Expr
	List  []Expr
	Query *Query
	Not   bool
}

// Like is x [NOT] LIKE, ILIKE or RLIKE (REGEXP) a pattern, or LIKE ANY and ALL of several.
type Like struct {
	Node
	Op         string // "LIKE", "ILIKE", "RLIKE"
	X          Expr
	Patterns   []Expr // one, unless Quantifier is set
	Quantifier string // "", "ANY", "ALL"
	Escape     Expr   // nil = none
	Not        bool
}

// Case is CASE [operand] WHEN … THEN … [ELSE …] END.
type Case struct {
	Node
	Operand Expr // nil = searched
	Whens   []When
	Else    Expr // nil = NULL
}

// When is one branch of a Case.
type When struct {
	If, Then Expr
}

// Cast is CAST(x AS type), x::type, or TRY_CAST(x AS type).
type Cast struct {
	Node
	X    Expr
	Type types.Type
	Try  bool
}

// Func is a call of a function: name(args) [WITHIN GROUP (ORDER BY …)] [IGNORE NULLS] [OVER (…)]. EXTRACT(part FROM x),
// POSITION(x IN y), TRIM and CURRENT_TIMESTAMP without brackets are calls too.
type Func struct {
	Node
	Name        string // in capital letters; SYSTEM$… too
	Args        []Expr
	Named       []NamedArg // name => value
	Distinct    bool
	Within      []Order
	IgnoreNulls bool
	Over        *Window
}

// NamedArg is name => value.
type NamedArg struct {
	Name  string
	Value Expr
}

// Window is what OVER has in its brackets.
type Window struct {
	Partition []Expr
	Order     []Order
	Frame     *Frame
}

// Frame is ROWS or RANGE BETWEEN from AND to.
type Frame struct {
	Unit     string // "ROWS", "RANGE"
	From, To Bound
}

// Bound is an end of a Frame.
type Bound struct {
	Kind   string // "UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING"
	Offset Expr   // of PRECEDING and FOLLOWING
}

// Exists is EXISTS (query).
type Exists struct {
	Node
	Query *Query
}

// Subquery is a query in brackets, as a value.
type Subquery struct {
	Node
	Query *Query
}

// Quantified is l op ANY (query) or ALL (query).
type Quantified struct {
	Node
	Op    string
	L     Expr
	All   bool
	Query *Query
}

// Tuple is (a, b).
type Tuple struct {
	Node
	Items []Expr
}

// Path is a value inside a VARIANT: x:a.b[0]['c'].
type Path struct {
	Node
	X     Expr
	Steps []Step
}

// Step goes one level into a VARIANT: by Key, or by Index if that is not nil.
type Step struct {
	Key   string
	Index Expr
}

// ArrayLit is [a, b].
type ArrayLit struct {
	Node
	Items []Expr
}

// ObjectLit is {'a': 1, 'b': 2}.
type ObjectLit struct {
	Node
	Fields []Field
}

// Field is one of an ObjectLit.
type Field struct {
	Key   string
	Value Expr
}
