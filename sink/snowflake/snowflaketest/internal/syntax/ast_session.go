package syntax

// Begin is BEGIN [WORK | TRANSACTION] [NAME name] or START TRANSACTION.
type Begin struct {
	Stmt
	Name string
}

// Commit is COMMIT [WORK].
type Commit struct{ Stmt }

// Rollback is ROLLBACK [WORK].
type Rollback struct{ Stmt }

// AlterSession is ALTER SESSION SET NAME = value …, or UNSET.
type AlterSession struct {
	Stmt
	Set   []Param
	Unset []string
}

// Set is SET name = x, or SET (a, b) = (x, y): session variables.
type Set struct {
	Stmt
	Names  []string
	Values []Expr
}

// Unset is UNSET name, or UNSET (a, b).
type Unset struct {
	Stmt
	Names []string
}

// ExecuteImmediate is EXECUTE IMMEDIATE x [USING (a, b)]: x is a text to be parsed with [Parse].
type ExecuteImmediate struct {
	Stmt
	X     Expr
	Using []Expr
}

// Call is CALL name(args).
type Call struct {
	Stmt
	Name Name
	Args []Expr
}
