package syntax

// Query is [WITH …] body [ORDER BY …] [LIMIT …] [OFFSET …].
type Query struct {
	Pos
	With      []CTE
	Recursive bool
	Body      Body
	Order     []Order
	Limit     Expr // nil = all
	Offset    Expr // nil = 0
}

// CTE is one name of a WITH.
type CTE struct {
	Name    string
	Columns []string
	Query   *Query
}

// Order is one key of ORDER BY. NullsFirst is what was said, nil = nothing: ascending has NULLs last, descending first.
type Order struct {
	X          Expr
	Desc       bool
	NullsFirst *bool
}

// Body is a *Select, *SetOp, *Values or *Query (one in brackets).
type Body interface {
	Position() Pos
	body()
}

func (*Query) body()  {}
func (*Select) body() {}
func (*SetOp) body()  {}
func (*Values) body() {}

// Select is SELECT … FROM ….
type Select struct {
	Pos
	Distinct bool
	Top      Expr // nil = none
	Items    []Item
	Into     []string // SELECT … INTO :a, :b
	From     []From   // items between commas
	Where    Expr
	Group    Group
	Having   Expr
	Qualify  Expr
}

// Item is one of a select list.
type Item struct {
	X     Expr // *Star for * and t.*
	Alias string
	Text  string // X as it was written
}

// Group is GROUP BY. The zero value is none.
type Group struct {
	All  bool
	Keys []Expr
}

// SetOp is UNION [ALL], INTERSECT or EXCEPT (MINUS).
type SetOp struct {
	Pos
	Op   string // "UNION", "INTERSECT", "EXCEPT"
	All  bool
	L, R Body
}

// Values is VALUES (…), (…).
type Values struct {
	Pos
	Rows [][]Expr
}

// From is what a query reads: *TableRef, *Derived, *TableFunc, *StageRef or *Join.
type From interface {
	Position() Pos
	from()
}

// Alias is [AS] name [(columns)].
type Alias struct {
	Alias   string
	Columns []string
}

// TableRef is a table, view or CTE.
type TableRef struct {
	Pos
	Name Name
	Alias
}

// Derived is a query in brackets, or VALUES.
type Derived struct {
	Pos
	Lateral bool
	Query   *Query
	Alias
}

// TableFunc is TABLE(f(…)), LATERAL FLATTEN(…), or TABLE($var) and TABLE(:rs), where X is the argument and Call is nil.
type TableFunc struct {
	Pos
	Lateral bool
	Call    *Func
	Name    Name // the function's whole name: INFORMATION_SCHEMA.COPY_HISTORY
	X       Expr
	Alias
}

// StageRef is files of a stage that are read as rows: @stage/path (FILE_FORMAT => …, PATTERN => …).
type StageRef struct {
	Pos
	Location Location
	Params   []Param
	Alias
}

// Join is l JOIN r.
type Join struct {
	Pos
	Kind    string // "INNER", "LEFT", "RIGHT", "FULL", "CROSS"
	Natural bool
	L, R    From
	On      Expr
	Using   []string
}

func (*TableRef) from()  {}
func (*Derived) from()   {}
func (*TableFunc) from() {}
func (*StageRef) from()  {}
func (*Join) from()      {}

// QueryStmt is a query as a statement.
type QueryStmt struct {
	Stmt
	Query *Query
}
