package streaming

import (
	"crypto/rsa"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/sink/snowflake/internal/auth"
)

// address is where an account is.
type address struct{ scheme, host, account string }

// address works out where the account is, and what it is called.
func (o *ClientOptions) address(f *config.Faults) address {
	a := address{scheme: "https", account: o.Profile.Account}
	port := ""
	if o.Profile.URL != "" {
		u, err := url.Parse(o.Profile.URL)
		switch {
		case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || strings.Trim(u.Path, "/") != "":
			f.Add("Profile.URL", "is not like https://myorg-account.snowflakecomputing.com:443")
			return a
		default:
			a.scheme, a.host, port = u.Scheme, u.Hostname(), u.Port()
		}
	} else if a.account != "" {
		a.host = auth.Host(a.account)
	}
	set(&a.account, auth.AccountOf(a.host))
	if o.Scheme != "" {
		a.scheme = o.Scheme
	}
	if o.Host != "" {
		a.host, port = o.Host, ""
	}
	if o.Port != 0 {
		port = strconv.Itoa(o.Port)
	}
	a.host = strings.ToLower(a.host)
	if port != "" && (a.scheme != "https" || port != "443") {
		a.host = net.JoinHostPort(strings.Trim(a.host, "[]"), port)
	}
	switch {
	case a.host == "":
		f.Add("Profile.Account", "is empty, and so is Profile.URL: set one of them")
	case !validHost(a.host):
		f.Add("ClientOptions.Host", "%q is not the name of a host", a.host)
	case a.scheme != "https" && a.scheme != "http":
		f.Add("ClientOptions.Scheme", "%q is neither https nor http", a.scheme)
	case a.scheme == "http" && !loopback(a.host):
		f.Add("ClientOptions.Scheme", "http is for a server on this machine alone, and %s is none: tokens would be readable on their way", a.host)
	}
	return a
}

// credentials makes what logs in.
func (o *ClientOptions) credentials(f *config.Faults, a address) auth.Credentials {
	p := o.Profile
	need := func(field, value string) {
		if value == "" {
			f.Add("Profile."+field, "is empty, and %s needs it", strings.ToUpper(p.AuthorizationType))
		}
	}
	switch strings.ToUpper(p.AuthorizationType) {
	case "", "JWT":
		p.AuthorizationType = "JWT"
		need("User", p.User)
		if a.account == "" {
			f.Add("Profile.Account", "is empty, and JWT needs it")
		}
		return p.keyPair(f, a, o)
	case "OAUTH":
		need("OAuthClientID", p.OAuthClientID)
		need("OAuthClientSecret", p.OAuthClientSecret)
		need("OAuthRefreshToken", p.OAuthRefreshToken)
		endpoint := p.OAuthTokenEndpoint
		set(&endpoint, a.scheme+"://"+a.host+"/oauth/token-request")
		if u, err := url.Parse(endpoint); err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Host)) {
			f.Add("Profile.OAuthTokenEndpoint", "is not a URL of https")
		}
		return auth.NewRefreshToken(auth.OAuth{
			Endpoint: endpoint, ClientID: p.OAuthClientID, ClientSecret: p.OAuthClientSecret, RefreshToken: p.OAuthRefreshToken,
			Client: o.HTTPClient, Now: o.Now,
		})
	case "PAT":
		need("PersonalAccessToken", p.PersonalAccessToken)
		return auth.NewPAT(p.PersonalAccessToken)
	}
	f.Add("Profile.AuthorizationType", "%q is none of JWT, OAUTH, PAT", p.AuthorizationType)
	return nil
}

func (p *Profile) keyPair(f *config.Faults, a address, o *ClientOptions) auth.Credentials {
	key, field := p.Key, "Profile.Key"
	if key == nil || p.PrivateKey != "" || p.PrivateKeyFile != "" {
		if key, field = p.readKey(f); key == nil {
			return nil
		}
	}
	pair, err := auth.NewKeyPair(a.account, p.User, key, o.Now)
	if err != nil {
		f.AddErr(field, "cannot be used", err)
		return nil
	}
	return pair
}

// readKey reads the private key, and answers the field that it is in. nil = it cannot be read.
func (p *Profile) readKey(f *config.Faults) (*rsa.PrivateKey, string) {
	text, field := []byte(p.PrivateKey), "Profile.PrivateKey"
	given := 0
	for _, is := range []bool{p.PrivateKey != "", p.PrivateKeyFile != "", p.Key != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		f.Add(field, "and PrivateKeyFile and Key are %d that are set: JWT needs one of them", given)
		return nil, field
	}
	if p.PrivateKeyFile != "" {
		field = "Profile.PrivateKeyFile"
		var err error
		if text, err = os.ReadFile(p.PrivateKeyFile); err != nil {
			f.AddErr(field, "cannot be read", err)
			return nil, field
		}
	}
	key, err := auth.ParseKey(text, p.PrivateKeyPassphrase)
	if err != nil {
		f.Add(field, "%v", err)
	}
	return key, field
}

// fold writes a name as the service has it: a plain one in upper case, unless names are taken as they are.
func (o *ClientOptions) fold(name string) string {
	if o.KeepCase || !plain(name) {
		return name
	}
	return strings.ToUpper(name)
}

// foldPipe is fold for pipes: of a default pipe it folds the table's name.
func (o *ClientOptions) foldPipe(pipe string) string {
	if n := len(pipe) - len(defaultPipe); !o.KeepCase && n > 0 && strings.EqualFold(pipe[n:], defaultPipe) {
		return o.fold(pipe[:n]) + defaultPipe
	}
	return o.fold(pipe)
}

// defaultPipe is what the name of a table's default pipe ends with.
const defaultPipe = "-STREAMING"

// plain says that a name needs no quotes in SQL.
func plain(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c != '$' && (c < '0' || c > '9')) {
			return false
		}
	}
	return name != ""
}

// checkName says what is wrong with a name that goes into a path.
func checkName(name string) string {
	switch {
	case name == "":
		return "is empty"
	case name == "." || name == "..":
		return "is a name that paths have another meaning for"
	case !utf8.ValidString(name):
		return "is not UTF-8"
	}
	return ""
}
