package engine

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// create is CREATE of everything but tables, views and pipes.
func (w *work) create(st *syntax.Create) (*Result, error) {
	if st.Clone != nil {
		return nil, unsupported("CREATE %s CLONE", st.Kind)
	}
	o := &object{Kind: st.Kind, Transient: st.Transient}
	switch st.Kind {
	case syntax.Database, syntax.Schema:
	case syntax.Stage:
		o.Stage = &stage{Encrypted: true}
	case syntax.FileFormat:
	case syntax.Warehouse:
		o.Warehouse = &warehouse{Size: "X-Small", AutoSuspend: 600, AutoResume: true}
	case syntax.Role:
		o.Role = &role{}
	case syntax.User:
		o.User = &user{}
	default:
		return nil, unsupported("CREATE %s", st.Kind)
	}
	if err := w.configure(o, st.Params); err != nil {
		return nil, err
	}
	if o.Kind == syntax.FileFormat {
		if err := checkFormat(o.Format); err != nil {
			return nil, err
		}
	}
	to, err := w.slot(st.Kind, st.Name, st.OrReplace, st.IfNotExists, st.Temporary)
	if err != nil || to.done != nil {
		return to.done, err
	}
	if err := w.fill(to, o); err != nil {
		return nil, err
	}
	switch st.Kind {
	case syntax.Database:
		for _, name := range []string{"PUBLIC"} {
			if err := w.add(&object{Kind: syntax.Schema, Name: name, Parent: o.ID, Transient: o.Transient}); err != nil {
				return nil, err
			}
		}
		w.s.database, w.s.schema = o.ID, w.e.catalog.find(o.ID, syntax.Schema, "PUBLIC", 0).ID
	case syntax.Schema:
		w.s.database, w.s.schema = o.Parent, o.ID
	case syntax.Warehouse:
		w.s.warehouse = o.ID
	case syntax.Stage:
		if o.Stage.URL == "" {
			o.Stage.Dir = fmt.Sprintf("stage-%d", o.ID)
		}
	case syntax.User:
		if o.User.LoginName == "" {
			o.User.LoginName = o.Name
		}
	}
	what := title(st.Kind)
	if st.Kind == syntax.Stage {
		what = "Stage area"
	}
	return status(DDL, fmt.Sprintf("%s %s successfully created.", what, quoted(to.name))), w.save(o)
}

// configure sets the options of CREATE and of ALTER … SET.
func (w *work) configure(o *object, params []syntax.Param) error {
	for _, p := range params {
		if p.Name == "COMMENT" {
			text, err := w.scalar(p.Value)
			if err != nil {
				return err
			}
			o.Comment = text
			continue
		}
		var err error
		switch o.Kind {
		case syntax.Stage:
			err = w.configureStage(o.Stage, p)
		case syntax.FileFormat:
			var s settings
			if s, err = w.settingsOf([]syntax.Param{p}); err == nil {
				o.Format = o.Format.over(s)
			}
		case syntax.Warehouse:
			err = w.configureWarehouse(o.Warehouse, p)
		case syntax.User:
			err = w.configureUser(o.User, p)
		case syntax.Database, syntax.Schema:
			switch p.Name {
			case "DATA_RETENTION_TIME_IN_DAYS", "MAX_DATA_EXTENSION_TIME_IN_DAYS":
			default:
				err = unsupported("%s of a %s", p.Name, strings.ToLower(string(o.Kind)))
			}
		default:
			err = unsupported("%s of a %s", p.Name, strings.ToLower(string(o.Kind)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *work) configureStage(s *stage, p syntax.Param) error {
	switch p.Name {
	case "FILE_FORMAT", "COPY_OPTIONS":
		set, err := w.formatOf(p.Value)
		if err != nil {
			return err
		}
		if p.Name == "COPY_OPTIONS" {
			s.Copy = set
			return nil
		}
		s.Format = set
		return checkFormat(set)
	case "DIRECTORY":
		for _, d := range p.Value.Params {
			if on, err := truth(d.Name, d.Value.Text); err != nil || on {
				return unsupported("DIRECTORY = (%s = %s)", d.Name, d.Value.Text)
			}
		}
		return nil
	case "ENCRYPTION":
		set, err := w.settingsOf(p.Value.Params)
		if err != nil {
			return err
		}
		switch kind, _ := set.get("TYPE"); strings.ToUpper(kind) {
		case "SNOWFLAKE_FULL":
			s.Encrypted = true
		case "SNOWFLAKE_SSE":
			s.Encrypted = false
		default:
			return unsupported("ENCRYPTION = (TYPE = %s)", kind)
		}
		return nil
	case "URL":
		text, err := w.scalar(p.Value)
		if err != nil {
			return err
		}
		s.URL, s.Encrypted = text, false
		return nil
	case "STORAGE_INTEGRATION", "CREDENTIALS", "ENDPOINT", "USE_PRIVATELINK_ENDPOINT", "AWS_ACCESS_POINT_ARN":
		return nil // how the fake gets at a bucket is its own affair
	}
	return unsupported("%s of a stage", p.Name)
}

func (w *work) configureWarehouse(h *warehouse, p syntax.Param) error {
	text, err := w.scalar(p.Value)
	if err != nil {
		return err
	}
	switch p.Name {
	case "WAREHOUSE_SIZE":
		h.Size = text
	case "AUTO_SUSPEND":
		if strings.EqualFold(text, "NULL") {
			text = "0"
		}
		if h.AutoSuspend, err = strconv.ParseInt(text, 10, 64); err != nil {
			return invalidProperty(text, p.Name)
		}
	case "AUTO_RESUME":
		h.AutoResume, err = truth(p.Name, text)
	case "INITIALLY_SUSPENDED":
		h.Suspended, err = truth(p.Name, text)
	case "WAREHOUSE_TYPE", "MIN_CLUSTER_COUNT", "MAX_CLUSTER_COUNT", "SCALING_POLICY", "MAX_CONCURRENCY_LEVEL",
		"ENABLE_QUERY_ACCELERATION", "RESOURCE_MONITOR":
		// Of how fast something is done, and when it is charged: no answer depends on it.
	default:
		return unsupported("%s of a warehouse", p.Name)
	}
	return err
}

func (w *work) configureUser(u *user, p syntax.Param) error {
	text, err := w.scalar(p.Value)
	if err != nil {
		return err
	}
	switch p.Name {
	case "PASSWORD":
		u.Password = hashed(text)
	case "LOGIN_NAME":
		u.LoginName = strings.ToUpper(text)
	case "DISABLED":
		u.Disabled, err = truth(p.Name, text)
	case "RSA_PUBLIC_KEY":
		u.Keys[0] = bare(text)
	case "RSA_PUBLIC_KEY_2":
		u.Keys[1] = bare(text)
	case "DEFAULT_ROLE":
		u.Default.Role = nameOf(p.Value, text)
	case "DEFAULT_WAREHOUSE":
		u.Default.Warehouse = nameOf(p.Value, text)
	case "DEFAULT_NAMESPACE":
		u.Default.Namespace = nameOf(p.Value, text)
	case "EMAIL":
		u.Email = text
	case "TYPE":
		u.Type = strings.ToUpper(text)
	case "DISPLAY_NAME", "FIRST_NAME", "LAST_NAME", "MUST_CHANGE_PASSWORD", "DEFAULT_SECONDARY_ROLES":
		if p.Name == "MUST_CHANGE_PASSWORD" && strings.EqualFold(text, "TRUE") {
			return unsupported("MUST_CHANGE_PASSWORD = TRUE")
		}
	default:
		return unsupported("%s of a user", p.Name)
	}
	return err
}

// nameOf is a name in an option: a word is resolved already, a text is folded as drivers' names are.
func nameOf(v syntax.Value, text string) string {
	if v.Kind == syntax.WordValue && len(v.Parts) > 0 {
		return strings.Join(v.Parts, ".")
	}
	return folded(text)
}

// bare is a public key without the lines around it and without breaks.
func bare(pem string) string {
	var out strings.Builder
	for line := range strings.Lines(pem) {
		if !strings.HasPrefix(line, "-----") {
			out.WriteString(strings.TrimSpace(line))
		}
	}
	return out.String()
}

// hashed keeps a password: "salt hash" in hex. It guards a test's data against nothing but a look.
func hashed(password string) string {
	salt := make([]byte, 8)
	_, _ = rand.Read(salt)
	sum := sha256.Sum256(append(salt, password...))
	return hex.EncodeToString(salt) + " " + hex.EncodeToString(sum[:])
}

// User is what the engine knows of a user for a login to be checked. Names are as in the catalog: folded to upper case.
type User struct {
	Name, LoginName string
	Disabled        bool
	PublicKeys      []string // RSA_PUBLIC_KEY and RSA_PUBLIC_KEY_2 where set: base64 of DER, without the PEM's first and last line
}

// User finds a user by login name, which is matched without regard to case.
func (e *Engine) User(login string) (User, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	o := e.byLogin(login)
	if o == nil {
		return User{}, false
	}
	u := User{Name: o.Name, LoginName: o.User.LoginName, Disabled: o.User.Disabled}
	for _, k := range o.User.Keys {
		if k != "" {
			u.PublicKeys = append(u.PublicKeys, k)
		}
	}
	return u, true
}

// CheckPassword reports whether the user of that login name has that password. Of a user without one it never does.
func (e *Engine) CheckPassword(login, password string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	o := e.byLogin(login)
	if o == nil {
		return false
	}
	salt, sum, ok := strings.Cut(o.User.Password, " ")
	raw, err := hex.DecodeString(salt)
	if !ok || err != nil {
		return false
	}
	got := sha256.Sum256(append(raw, password...))
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(got[:])), []byte(sum)) == 1
}

func (e *Engine) byLogin(login string) *object {
	for _, o := range e.catalog.all(syntax.User) {
		if strings.EqualFold(o.User.LoginName, login) {
			return o
		}
	}
	return nil
}

// found makes what every account has, if it is not there yet.
func (w *work) found() error {
	c := &w.e.catalog
	for _, o := range c.all(syntax.Account) {
		w.e.account = o
		return nil
	}
	roles := map[string]*object{}
	for _, name := range []string{"PUBLIC", "USERADMIN", "SECURITYADMIN", "SYSADMIN", "ACCOUNTADMIN"} {
		roles[name] = &object{Kind: syntax.Role, Name: name, Role: &role{}}
		if err := w.add(roles[name]); err != nil {
			return err
		}
	}
	roles["SECURITYADMIN"].Role.Granted = []int64{roles["USERADMIN"].ID}
	roles["ACCOUNTADMIN"].Role.Granted = []int64{roles["SECURITYADMIN"].ID, roles["SYSADMIN"].ID}
	account := &object{Kind: syntax.Account, Name: w.e.options.Account, Owner: roles["ACCOUNTADMIN"].ID}
	for name, list := range map[string][]string{
		"SYSADMIN":      {"CREATE DATABASE", "CREATE WAREHOUSE"},
		"USERADMIN":     {"CREATE ROLE", "CREATE USER"},
		"SECURITYADMIN": {"MANAGE GRANTS"},
	} {
		for _, p := range list {
			account.Grants = append(account.Grants, grant{Privilege: p, To: roles[name].ID})
		}
	}
	slices.SortFunc(account.Grants, func(a, b grant) int { return strings.Compare(a.Privilege, b.Privilege) })
	if err := w.add(account); err != nil {
		return err
	}
	admin := &object{Kind: syntax.User, Name: "ADMIN", Owner: roles["ACCOUNTADMIN"].ID, User: &user{LoginName: "ADMIN", Roles: []int64{roles["ACCOUNTADMIN"].ID}}}
	admin.User.Default.Role = "ACCOUNTADMIN"
	if err := w.add(admin); err != nil {
		return err
	}
	for _, r := range roles {
		if err := w.save(r); err != nil {
			return err
		}
	}
	w.e.account = account
	return nil
}

// settingsOf makes texts of a statement's options.
func (w *work) settingsOf(params []syntax.Param) (settings, error) {
	var out settings
	for _, p := range params {
		s := setting{Name: p.Name}
		switch p.Value.Kind {
		case syntax.ListValue:
			s.List = []string{}
			for _, v := range p.Value.List {
				text, err := w.scalar(v)
				if err != nil {
					return nil, err
				}
				s.List = append(s.List, text)
			}
		case syntax.ParamsValue:
			return nil, unsupported("%s = (…) here", p.Name)
		default:
			text, err := w.scalar(p.Value)
			if err != nil {
				return nil, err
			}
			s.Text, s.Quoted = text, p.Value.Kind == syntax.StringValue
			if p.Name == "FORMAT_NAME" && p.Value.Kind == syntax.WordValue {
				s.Text = dotted(p.Value.Parts)
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// formatOf is the settings of FILE_FORMAT: those that it has, or those of the format that it names.
func (w *work) formatOf(v syntax.Value) (settings, error) {
	name := ""
	switch v.Kind {
	case syntax.StringValue, syntax.WordValue:
		name = v.Text
		if v.Kind == syntax.WordValue {
			name = dotted(v.Parts)
		}
	case syntax.ParamsValue:
		set, err := w.settingsOf(v.Params)
		if err != nil {
			return nil, err
		}
		text, ok := set.get("FORMAT_NAME")
		if !ok {
			return set, nil
		}
		if len(set) > 1 {
			return nil, compilation(1003, "42000", "FORMAT_NAME and other options exclude each other.")
		}
		name = text
	default:
		return nil, compilation(1003, "42000", "FILE_FORMAT has no options.")
	}
	n, err := syntax.ParseName(name)
	if err != nil {
		return nil, err
	}
	o, err := w.need(syntax.FileFormat, n, "COPY")
	if err != nil {
		return nil, err
	}
	return o.Format, w.authorize(o, "USAGE")
}

func checkFormat(s settings) error {
	_, err := copyinto.NewFormat(nil, s.copying())
	return err
}

// copying is the settings in the form that package copyinto has them in.
func (s settings) copying() []copyinto.Setting {
	out := make([]copyinto.Setting, len(s))
	for i, x := range s {
		out[i] = copyinto.Setting{Name: x.Name, Text: x.Text, Quoted: x.Quoted, List: x.List, IsList: x.List != nil}
	}
	return out
}
