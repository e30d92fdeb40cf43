package syntax

import "github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"

// Create makes a database, schema, stage, file format, warehouse, role, user or integration.
type Create struct {
	Stmt
	Kind        Kind
	Name        Name
	OrReplace   bool
	IfNotExists bool
	Temporary   bool
	Transient   bool
	Clone       *Name
	Params      []Param // COMMENT too
}

// CreateTable is CREATE TABLE with columns, AS a query, LIKE or CLONE another table, or USING TEMPLATE of a query.
type CreateTable struct {
	Stmt
	Name        Name
	OrReplace   bool
	IfNotExists bool
	Temporary   bool
	Transient   bool
	Columns     []ColumnDef // with As: at most names (Type of kind 0)
	Constraints []Constraint
	Cluster     string // the keys of CLUSTER BY as they were written; "" = none
	Like        *Name
	Clone       *Name
	As          *Query
	Template    *Query
	CopyGrants  bool
	Params      []Param
}

// ColumnDef is a column of CREATE TABLE and ALTER TABLE ADD COLUMN.
type ColumnDef struct {
	Pos
	Name     string
	Type     types.Type
	NotNull  bool
	Default  Expr   // nil = none
	Text     string // Default as it was written
	Identity *Identity
	Collate  string
	Comment  string
	// Primary and Unique are constraints of the column; they are kept and not enforced.
	Primary, Unique bool
	// References is what a foreign key of the column refers to.
	References *Name
}

// Identity is AUTOINCREMENT or IDENTITY.
type Identity struct {
	Start, Step int64
}

// Constraint is one of a table: kept, not enforced.
type Constraint struct {
	Pos
	Name       string // "" = none given
	Kind       string // "PRIMARY KEY", "UNIQUE", "FOREIGN KEY"
	Columns    []string
	References *Name
	Referenced []string
}

// CreateView is CREATE VIEW name [(columns)] AS query.
type CreateView struct {
	Stmt
	Name        Name
	OrReplace   bool
	IfNotExists bool
	Temporary   bool
	Columns     []string
	Query       *Query
	Body        string // Query as it was written
	Params      []Param
}

// CreatePipe is CREATE PIPE name AS COPY INTO …, which may stand in brackets.
type CreatePipe struct {
	Stmt
	Name        Name
	OrReplace   bool
	IfNotExists bool
	Params      []Param
	Copy        *CopyInto
}

// AlterTable is ALTER TABLE name action. Exactly one action is set.
type AlterTable struct {
	Stmt
	Name     Name
	IfExists bool
	Action   Action
}

// Alter changes what is no table: RenameTo, SwapWith, SetParams, UnsetParams and Do are its actions.
type Alter struct {
	Stmt
	Kind     Kind
	Name     Name // without parts: the current one (ALTER WAREHOUSE SUSPEND), the session, the account
	IfExists bool
	Action   Action
}

// Action is what an ALTER does. The set is closed.
type Action interface{ action() }

// AddColumns is ADD [COLUMN] [IF NOT EXISTS] ….
type AddColumns struct {
	IfNotExists bool
	Columns     []ColumnDef
}

// DropColumns is DROP [COLUMN] [IF EXISTS] ….
type DropColumns struct {
	IfExists bool
	Names    []string
}

// RenameColumn is RENAME COLUMN from TO to.
type RenameColumn struct {
	From, To string
}

// RenameTo is RENAME TO name.
type RenameTo struct {
	Name Name
}

// SwapWith is SWAP WITH name.
type SwapWith struct {
	Name Name
}

// ModifyColumns is ALTER or MODIFY [COLUMN] … [, …].
type ModifyColumns struct {
	Changes []ColumnChange
}

// ColumnChange changes one column. Exactly one of its changes is set.
type ColumnChange struct {
	Pos
	Column      string
	Type        *types.Type // SET DATA TYPE
	SetNotNull  bool
	DropNotNull bool
	DropDefault bool
	Comment     *string
}

// AddConstraint is ADD [CONSTRAINT name] PRIMARY KEY (…) and the like.
type AddConstraint struct {
	Constraint Constraint
}

// DropConstraint is DROP PRIMARY KEY, DROP UNIQUE (…) or DROP CONSTRAINT name.
type DropConstraint struct {
	Name    string
	Kind    string
	Columns []string
}

// ClusterBy is CLUSTER BY (…), or DROP CLUSTERING KEY without keys.
type ClusterBy struct {
	Keys string // as they were written
}

// SetParams is SET NAME = value ….
type SetParams struct {
	Params []Param
}

// UnsetParams is UNSET name, ….
type UnsetParams struct {
	Names []string
}

// Do is an action of one word on an object that is no table: "SUSPEND", "RESUME", "RESUME IF SUSPENDED", "REFRESH",
// "ABORT ALL QUERIES". Params are those of REFRESH (PREFIX, MODIFIED_AFTER).
type Do struct {
	Verb   string
	Params []Param
}

func (*AddColumns) action()     {}
func (*DropColumns) action()    {}
func (*RenameColumn) action()   {}
func (*RenameTo) action()       {}
func (*SwapWith) action()       {}
func (*ModifyColumns) action()  {}
func (*AddConstraint) action()  {}
func (*DropConstraint) action() {}
func (*ClusterBy) action()      {}
func (*SetParams) action()      {}
func (*UnsetParams) action()    {}
func (*Do) action()             {}

// Drop is DROP kind [IF EXISTS] name [CASCADE | RESTRICT].
type Drop struct {
	Stmt
	Kind     Kind
	IfExists bool
	Name     Name
	Restrict bool
}

// Undrop is UNDROP kind name.
type Undrop struct {
	Stmt
	Kind Kind
	Name Name
}

// Comment is COMMENT [IF EXISTS] ON kind name IS 'text'. Of a column, Name has the column as its last part.
type Comment struct {
	Stmt
	Kind     Kind
	IfExists bool
	Name     Name
	Comment  string
}
