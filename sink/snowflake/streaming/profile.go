package streaming

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
)

// Profile says which account to speak to, and who is calling. Its fields are those of the profile.json of Snowflake's own
// SDKs. It holds secrets: it prints without them.
type Profile struct {
	// AuthorizationType is JWT, a key pair; OAUTH, a refresh token; or PAT, a programmatic access token. Default: JWT. How
	// a token for the service is had by the latter two is not documented: they are presented as a key pair's token is.
	AuthorizationType string `json:"authorization_type,omitempty"`
	// URL is the account's, such as https://myorg-account.snowflakecomputing.com:443. Default: that of Account.
	URL string `json:"url,omitempty"`
	// Account is the account's identifier, such as myorg-account. Default: that of URL.
	Account string `json:"account,omitempty"`
	User    string `json:"user,omitempty"`
	// Role is the one to use. Default: the user's own.
	Role string `json:"role,omitempty"`
	// PrivateKey is a key in PKCS#8, in PEM or the text between PEM's first line and its last; PrivateKeyFile is a file
	// of one. PrivateKeyPassphrase opens it where it is encrypted.
	PrivateKey           string `json:"private_key,omitempty"`
	PrivateKeyFile       string `json:"private_key_file,omitempty"`
	PrivateKeyPassphrase string `json:"private_key_passphrase,omitempty"`
	// Key is a private key that is there, in place of PrivateKey and PrivateKeyFile.
	Key *rsa.PrivateKey `json:"-"`
	// OAuthTokenEndpoint gives out access tokens for OAuthRefreshToken. Default: that of the account.
	OAuthClientID      string `json:"oauth_client_id,omitempty"`
	OAuthClientSecret  string `json:"oauth_client_secret,omitempty"`
	OAuthRefreshToken  string `json:"oauth_refresh_token,omitempty"`
	OAuthTokenEndpoint string `json:"oauth_token_endpoint,omitempty"`
	// PersonalAccessToken is a programmatic access token.
	PersonalAccessToken string `json:"personal_access_token,omitempty"`
	// Application names the caller to Snowflake.
	Application string `json:"application,omitempty"`
}

// LoadProfile reads a profile from a file of JSON; see [ParseProfile].
func LoadProfile(path string) (Profile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Profile{}, fmt.Errorf("sink/snowflake/streaming: profile: %w", err)
	}
	p, err := ParseProfile(text)
	if err != nil {
		return Profile{}, fmt.Errorf("%w (%s)", err, path)
	}
	return p, nil
}

// ParseProfile reads a profile from JSON: an object with the names of the fields' tags. A field that is not known is an
// error, which names it.
func ParseProfile(text []byte) (Profile, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var p Profile
	if err := dec.Decode(&p); err != nil {
		return Profile{}, fmt.Errorf("sink/snowflake/streaming: profile: %w", redacted(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Profile{}, errors.New("sink/snowflake/streaming: profile: there is more than one JSON object")
	}
	return p, nil
}

// redacted leaves out what an error of JSON quotes of the text.
func redacted(err error) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return fmt.Errorf("the field %q is not a string", kind.Field)
	case errors.As(err, &syntax):
		return fmt.Errorf("is not JSON from byte %d on", syntax.Offset)
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the JSON ends too early")
	}
	return err // names a field that is not known
}

// String says whose profile it is, without secrets.
func (p Profile) String() string {
	kind := p.AuthorizationType
	if kind == "" {
		kind = "JWT"
	}
	account := p.Account
	if account == "" {
		account = p.URL
	}
	return fmt.Sprintf("profile of %q at %q by %s", p.User, account, kind)
}

// GoString is String.
func (p Profile) GoString() string { return p.String() }

// Format writes String, whatever the verb.
func (p Profile) Format(s fmt.State, _ rune) { fmt.Fprint(s, p.String()) }

// LogValue is String.
func (p Profile) LogValue() slog.Value { return slog.StringValue(p.String()) }
