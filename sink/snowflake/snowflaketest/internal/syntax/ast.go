// Package syntax parses Snowflake SQL: the statements that loaders and tests of applications send, Snowflake Scripting
// among them. What it does not know it refuses by name.
//
// Identifiers are resolved when they are parsed: unquoted ones are folded to upper case, quoted ones keep their letters.
// So are type names: see [types.Type].
package syntax

// Pos is where a node begins in the text that was parsed: line and column, in characters from 1.
type Pos struct {
	Line, Column int
}

// Position returns where the node begins.
func (p Pos) Position() Pos { return p }

// Statement is one statement. The set is closed: a type switch over the types of this package is complete.
type Statement interface {
	Position() Pos
	// SQL is the statement's text as it was written, without the semicolon.
	SQL() string
	statement()
}

// Stmt is what every statement has.
type Stmt struct {
	Pos
	Text string
}

// SQL returns the statement's text.
func (s Stmt) SQL() string { return s.Text }

func (Stmt) statement() {}

// Expr is an expression. The set is closed.
type Expr interface {
	Position() Pos
	expr()
}

// Node is what every expression has.
type Node struct {
	Pos
}

func (Node) expr() {}

// Name names an object by one to three parts: [database, [schema,]] object. An empty part in the middle (db..table) stands
// for the schema PUBLIC.
type Name struct {
	Pos
	Parts []string
	// Dynamic is set instead of Parts when the name is IDENTIFIER(x) with x a bind or a variable: whose value is the name,
	// to be parsed with [ParseName].
	Dynamic Expr
}

// Last returns the last part, the object's own name.
func (n Name) Last() string {
	if len(n.Parts) == 0 {
		return ""
	}
	return n.Parts[len(n.Parts)-1]
}

// Kind is a kind of object, in capital letters and singular: "TABLE", "FILE FORMAT".
type Kind string

// Kinds of objects that statements can name.
const (
	Account     Kind = "ACCOUNT"
	Database    Kind = "DATABASE"
	Schema      Kind = "SCHEMA"
	Table       Kind = "TABLE"
	View        Kind = "VIEW"
	Stage       Kind = "STAGE"
	FileFormat  Kind = "FILE FORMAT"
	Pipe        Kind = "PIPE"
	Warehouse   Kind = "WAREHOUSE"
	Role        Kind = "ROLE"
	User        Kind = "USER"
	Integration Kind = "INTEGRATION"
	Session     Kind = "SESSION"
	Column      Kind = "COLUMN"
)

// Param is one option of a statement: NAME = value.
type Param struct {
	Pos
	Name  string // in capital letters
	Value Value
}

// ValueKind tells the forms of an option's value apart.
type ValueKind uint8

// Forms of values.
const (
	StringValue ValueKind = iota + 1 // 'text'
	NumberValue                      // 10, -1, 0.5
	WordValue                        // TRUE, CONTINUE, SKIP_FILE_3: in capital letters; or a name with dots
	ListValue                        // ('a', 'b')
	ParamsValue                      // (TYPE = CSV FIELD_DELIMITER = ',')
	ExprValue                        // a bind, a variable or another expression
)

// Value is the value of an option.
type Value struct {
	Kind   ValueKind
	Text   string   // of a string, a number (as written) or a word
	Parts  []string // of a word: its parts, as those of a [Name]
	List   []Value
	Params []Param
	Expr   Expr
}
