package syntax

import "github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"

// Block is [DECLARE …] BEGIN … [EXCEPTION …] END of Snowflake Scripting.
type Block struct {
	Stmt
	Declare  []Declaration
	Body     []Statement
	Handlers []Handler
}

// DeclKind tells what a declaration makes.
type DeclKind uint8

// Kinds of declarations.
const (
	DeclVariable DeclKind = iota + 1
	DeclCursor
	DeclResultSet
	DeclException
)

// Declaration is one of DECLARE or LET.
type Declaration struct {
	Pos
	Kind    DeclKind
	Name    string
	Type    types.Type // of a variable; kind 0 = that of its value
	Default Expr       // of a variable; nil = NULL
	Query   Statement  // of a cursor and a result set: what it runs; nil = a result set without one yet
	From    string     // of a cursor: FOR this result set, instead of Query
	Code    int        // of an exception: its number and message
	Message string
}

// Handler is WHEN name [OR name …] THEN …: OTHER catches what no other does, STATEMENT_ERROR and EXPRESSION_ERROR are
// Snowflake's own.
type Handler struct {
	Pos
	Names []string
	Body  []Statement
}

// Let is LET declaration.
type Let struct {
	Stmt
	Declaration Declaration
}

// Assign is name := x, or name := (statement) for a result set. A query in brackets is both: its value to a variable, its
// rows to a result set.
type Assign struct {
	Stmt
	Name  string
	X     Expr
	Query Statement
}

// If is IF (condition) THEN … ELSEIF … ELSE … END IF.
type If struct {
	Stmt
	Branches []Branch
	Else     []Statement
}

// Branch is one condition and what it guards.
type Branch struct {
	If   Expr
	Body []Statement
}

// CaseStmt is CASE [(operand)] WHEN … THEN … [ELSE …] END [CASE] as a statement.
type CaseStmt struct {
	Stmt
	Operand  Expr
	Branches []Branch
	Else     []Statement
}

// ForRows is FOR row IN cursor DO … END FOR, over a cursor or a result set.
type ForRows struct {
	Stmt
	Label string
	Row   string
	In    string
	Body  []Statement
}

// ForRange is FOR i IN [REVERSE] from TO to DO … END FOR.
type ForRange struct {
	Stmt
	Label    string
	Counter  string
	Reverse  bool
	From, To Expr
	Body     []Statement
}

// While is WHILE (condition) DO … END WHILE.
type While struct {
	Stmt
	Label string
	If    Expr
	Body  []Statement
}

// Repeat is REPEAT … UNTIL (condition) END REPEAT.
type Repeat struct {
	Stmt
	Label string
	Body  []Statement
	Until Expr
}

// Loop is LOOP … END LOOP.
type Loop struct {
	Stmt
	Label string
	Body  []Statement
}

// Break is BREAK [label] (EXIT too), or CONTINUE (ITERATE) with Continue set.
type Break struct {
	Stmt
	Continue bool
	Label    string
}

// Return is RETURN [x], or RETURN TABLE(x), x a result set's name or a query.
type Return struct {
	Stmt
	X     Expr
	Table bool
	Query Statement // RETURN TABLE(SELECT …)
}

// Raise is RAISE [exception]: without a name, the one being handled.
type Raise struct {
	Stmt
	Name string
}

// NullStmt is NULL: nothing.
type NullStmt struct{ Stmt }

// Open is OPEN cursor [USING (…)].
type Open struct {
	Stmt
	Cursor string
	Using  []Expr
}

// Fetch is FETCH cursor INTO a, b.
type Fetch struct {
	Stmt
	Cursor string
	Into   []string
}

// Close is CLOSE cursor.
type Close struct {
	Stmt
	Cursor string
}
