package syntax

// Insert is INSERT [OVERWRITE] INTO table [(columns)] query (VALUES is one too, and may have DEFAULT, which is *Default).
type Insert struct {
	Stmt
	Overwrite bool
	Table     Name
	Columns   []string
	Query     *Query
}

// Default is DEFAULT among the VALUES of an INSERT or in SET.
type Default struct{ Node }

// Assignment is column = x.
type Assignment struct {
	Pos
	Column string
	X      Expr
}

// Update is UPDATE table [alias] SET … [FROM …] [WHERE …].
type Update struct {
	Stmt
	Table Name
	Alias string
	Set   []Assignment
	From  []From
	Where Expr
}

// Delete is DELETE FROM table [alias] [USING …] [WHERE …].
type Delete struct {
	Stmt
	Table Name
	Alias string
	Using []From
	Where Expr
}

// Merge is MERGE INTO table [alias] USING source ON condition WHEN ….
type Merge struct {
	Stmt
	Table   Name
	Alias   string
	Using   From
	On      Expr
	Clauses []MergeClause
}

// MergeClause is one WHEN [NOT] MATCHED [AND condition] THEN.
type MergeClause struct {
	Matched bool
	And     Expr         // nil = always
	Delete  bool         // THEN DELETE
	Set     []Assignment // THEN UPDATE SET
	Columns []string     // THEN INSERT (columns): empty = all
	Values  []Expr       // VALUES of it; nil = no INSERT
}

// Truncate is TRUNCATE [TABLE] [IF EXISTS] name.
type Truncate struct {
	Stmt
	IfExists bool
	Table    Name
}
