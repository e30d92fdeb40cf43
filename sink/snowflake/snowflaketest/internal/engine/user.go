package engine

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

func (w *work) configureUser(u *user, p syntax.Param) error {
	if p.Name == "DEFAULT_SECONDARY_ROLES" {
		set, err := w.settingsOf([]syntax.Param{p})
		if err != nil {
			return err
		}
		u.Secondary = slices.Contains(set[0].List, "ALL")
		if len(set[0].List) > 1 || len(set[0].List) == 1 && !u.Secondary {
			return invalidProperty(strings.Join(set[0].List, ", "), p.Name)
		}
		return nil
	}
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
	case "DISPLAY_NAME", "FIRST_NAME", "LAST_NAME":
		if u.Names == nil {
			u.Names = map[string]string{}
		}
		u.Names[p.Name] = text
	case "MUST_CHANGE_PASSWORD":
		if strings.EqualFold(text, "TRUE") {
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
