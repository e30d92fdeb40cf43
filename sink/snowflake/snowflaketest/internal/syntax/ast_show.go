package syntax

// Show is SHOW kind [LIKE '…'] [IN …] [STARTS WITH '…'] [LIMIT n].
type Show struct {
	Stmt
	Objects    string // "TABLES", "FILE FORMATS", "PRIMARY KEYS", "PARAMETERS", …
	Terse      bool
	History    bool
	Like       string // "" = all
	In         *Scope // nil = not said
	StartsWith string
	Limit      int    // 0 = all
	From       string // LIMIT n FROM 'name'
}

// Scope is IN ACCOUNT, IN DATABASE [name], IN SCHEMA [name], IN TABLE name, IN name (Kind "").
type Scope struct {
	Kind Kind
	Name Name
}

// ShowGrants is SHOW GRANTS [ON object | TO ROLE or USER name | OF ROLE name]; with none of them, those of the current user.
type ShowGrants struct {
	Stmt
	Future bool
	On     *Object // ON ACCOUNT, ON TABLE t; with Future: IN DATABASE or IN SCHEMA
	To     *Object
	Of     *Object
}

// Object is an object with its kind.
type Object struct {
	Kind Kind
	Name Name
}

// Describe is DESCRIBE kind name.
type Describe struct {
	Stmt
	Kind Kind
	Name Name
	Type string // DESCRIBE TABLE t TYPE = STAGE: "COLUMNS" if not said
}

// Use is USE kind name. Kind is "" in USE name, and "SECONDARY ROLES" with the name ALL or NONE.
type Use struct {
	Stmt
	Kind Kind
	Name Name
}

// Grant is GRANT privileges ON object TO role, or REVOKE … FROM.
type Grant struct {
	Stmt
	Revoke      bool
	GrantOption bool     // WITH GRANT OPTION, or GRANT OPTION FOR
	Privileges  []string // "SELECT", "CREATE TABLE", "ALL"
	On          Object   // of All and Future the kind of the objects, without a name
	All, Future bool     // ON ALL TABLES IN, ON FUTURE TABLES IN
	In          *Object  // the database or schema of those
	To          Object   // a role, or a user
	// Ownership of GRANT OWNERSHIP: "COPY" or "REVOKE" CURRENT GRANTS, or ""
	CurrentGrants string
}

// GrantRole is GRANT ROLE r TO ROLE or USER, or REVOKE … FROM.
type GrantRole struct {
	Stmt
	Revoke bool
	Role   string
	To     Object
}
