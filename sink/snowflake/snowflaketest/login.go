package snowflaketest

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
)

// loginRequest is what a driver sends to log in.
type loginRequest struct {
	Data struct {
		Account       string         `json:"ACCOUNT_NAME"`
		User          string         `json:"LOGIN_NAME"`
		Password      string         `json:"PASSWORD"`
		Authenticator string         `json:"AUTHENTICATOR"`
		Token         string         `json:"TOKEN"`
		Parameters    map[string]any `json:"SESSION_PARAMETERS"`
	} `json:"data"`
}

// loginReply is what a session begins with.
type loginReply struct {
	MasterToken       string      `json:"masterToken"`
	Token             string      `json:"token"`
	Seconds           int64       `json:"validityInSeconds"`
	MasterSeconds     int64       `json:"masterValidityInSeconds"`
	DisplayUser       string      `json:"displayUserName"`
	ServerVersion     string      `json:"serverVersion"`
	FirstLogin        bool        `json:"firstLogin"`
	RememberMe        *string     `json:"remMeToken"`
	RememberMeSeconds int64       `json:"remMeValidityInSeconds"`
	HealthCheck       int64       `json:"healthCheckInterval"`
	NewClient         *string     `json:"newClientForUpgrade"`
	SessionID         int64       `json:"sessionId"`
	Parameters        []parameter `json:"parameters"`
	Session           sessionInfo `json:"sessionInfo"`
	IDToken           *string     `json:"idToken"`
	IDTokenSeconds    int64       `json:"idTokenValidityInSeconds"`
	Response          *string     `json:"responseData"`
	MFAToken          *string     `json:"mfaToken"`
	MFATokenSeconds   int64       `json:"mfaTokenValidityInSeconds"`
}

type sessionInfo struct {
	Database  *string `json:"databaseName"`
	Schema    *string `json:"schemaName"`
	Warehouse *string `json:"warehouseName"`
	Role      *string `json:"roleName"`
}

type parameter struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

// serverVersion is what CURRENT_VERSION begins with, in drivers' eyes.
const serverVersion = "9.0.0"

// login opens a session for who can prove who he is.
func (r *run) login(x *exchange) reply {
	var req loginRequest
	if err := json.Unmarshal(x.body, &req); err != nil {
		return refuse(badRequest)
	}
	if !strings.EqualFold(accountName(req.Data.Account), accountName(r.server.options.Account)) {
		x.note(func(c *Call) { c.Reason = "account " + req.Data.Account + " is not " + r.server.options.Account })
		x.WriteHeader(http.StatusForbidden)
		return refuse(noAccount)
	}
	user, why, no := r.identify(req)
	if why != "" {
		id := uuid.NewString()
		x.note(func(c *Call) { c.Reason = why + " [" + id + "]" })
		if no != badPassword { // whose message tells nothing at all
			no.message += " [" + id + "]"
		}
		return refuse(no)
	}
	query := x.URL.Query()
	login := engine.Login{
		User:       user,
		Database:   query.Get("databaseName"),
		Schema:     query.Get("schemaName"),
		Warehouse:  query.Get("warehouse"),
		Role:       query.Get("roleName"),
		Parameters: texts(req.Data.Parameters),
	}
	es, err := r.engine.Connect(login)
	if err != nil {
		return refuse(refusalOf(err))
	}
	at := es.Current()
	if login.Parameters["CLIENT_VALIDATE_DEFAULT_PARAMETERS"] == "true" {
		for _, want := range []struct{ kind, name, is string }{
			{"database", login.Database, at.Database},
			{"schema", login.Schema, at.Schema},
			{"warehouse", login.Warehouse, at.Warehouse},
		} {
			if want.name != "" && want.is == "" {
				_ = es.Close() // nothing has happened in it
				return refuse(refusal{390201, "08001", "The requested " + want.kind + " does not exist or not authorized."})
			}
		}
	}
	t := r.sessions.add(es)
	x.note(func(c *Call) { c.Session = es.ID() })
	return succeed(loginReply{
		MasterToken:   t.master,
		Token:         t.session,
		Seconds:       seconds(r.server.options.SessionTokens),
		MasterSeconds: seconds(r.server.options.MasterTokens),
		DisplayUser:   at.User,
		ServerVersion: serverVersion,
		HealthCheck:   45,
		SessionID:     es.ID(),
		Parameters:    parameters(es),
		Session:       sessionInfo{orNull(at.Database), orNull(at.Schema), orNull(at.Warehouse), orNull(at.Role)},
	})
}

// identify finds out who logs in. Where it fails, why says it for the log, and no for the client.
func (r *run) identify(req loginRequest) (user, why string, no refusal) {
	d := req.Data
	switch strings.ToUpper(d.Authenticator) {
	case "", "SNOWFLAKE", "USERNAME_PASSWORD_MFA":
		if d.Password == "" || !r.engine.CheckPassword(d.User, d.Password) {
			return "", "no user has that name and password", badPassword
		}
		user = d.User
	case "SNOWFLAKE_JWT":
		login, err := verifyJWT(d.Token, accountName(r.server.options.Account), r.now(), func(login string) []string {
			u, _ := r.engine.User(login)
			return u.PublicKeys
		})
		if err != nil {
			return "", err.Error(), badJWT
		}
		user = login
	case "OAUTH":
		u, expired, ok := r.owner(d.Token, func(u User) []Token { return u.OAuth })
		switch {
		case !ok || d.User != "" && !strings.EqualFold(d.User, u):
			return "", "no user has that OAuth token", badOAuth
		case expired:
			return "", "the OAuth token has expired", expiredOAuth
		}
		user = u
	case "PROGRAMMATIC_ACCESS_TOKEN":
		u, expired, ok := r.owner(d.Token, func(u User) []Token { return u.AccessTokens })
		if !ok || expired || d.User != "" && !strings.EqualFold(d.User, u) {
			return "", "no user has that programmatic access token, or it has expired", badAccessToken
		}
		user = u
	default:
		return "", "authenticator " + d.Authenticator + " is not supported", refusal{
			390400, "0A000", "Unsupported authenticator '" + d.Authenticator + "'.",
		}
	}
	if u, there := r.engine.User(user); !there || u.Disabled {
		return "", "user " + user + " is missing or disabled", badPassword
	}
	return user, "", refusal{}
}

// owner finds the user who has a token.
func (r *run) owner(text string, of func(User) []Token) (user string, expired, ok bool) {
	for _, u := range r.server.options.Users {
		for _, t := range of(u) {
			if text != "" && subtle.ConstantTimeCompare([]byte(t.Text), []byte(text)) == 1 {
				return u.Name, !t.Expires.IsZero() && r.now().After(t.Expires), true
			}
		}
	}
	return "", false, false
}

// accountName is the account in an account identifier: without a region behind it, in upper case.
func accountName(identifier string) string {
	name, _, _ := strings.Cut(identifier, ".")
	return strings.ToUpper(name)
}

// texts returns parameters as the engine has them.
func texts(values map[string]any) map[string]string {
	out := make(map[string]string, len(values))
	for name, v := range values {
		switch v := v.(type) {
		case nil:
		case string:
			out[strings.ToUpper(name)] = v
		default:
			b, _ := json.Marshal(v) // it came from JSON
			out[strings.ToUpper(name)] = string(b)
		}
	}
	return out
}

// parameters returns those of a session, for a reply.
func parameters(s *engine.Session) []parameter {
	out := []parameter{}
	for _, p := range s.Parameters() {
		out = append(out, parameter{p.Name, p.Value})
	}
	return out
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// orNull returns nil for "".
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
