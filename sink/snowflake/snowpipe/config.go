package snowpipe

import (
	"crypto/rsa"
	"net/url"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/sink/snowflake/internal/auth"
)

// Config says where the account is, and who is calling. It holds secrets: they are in no error and no log.
type Config struct {
	// Account is its identifier: myorg-account, or a locator with its region, as in xy12345.eu-west-1.aws.
	Account string
	// User is one who has registered a public key.
	User string
	// PrivateKey is the private key of the pair, PKCS#8 in PEM, and Passphrase opens it where it is encrypted. Key is the same,
	// read already. One of the two is needed.
	PrivateKey []byte
	Passphrase string
	Key        *rsa.PrivateKey
	// URL is where the account answers. Default: https://<account>.snowflakecomputing.com.
	URL string
}

// address returns where calls go to, without a slash behind.
func (c Config) address(f *config.Faults) string {
	if c.URL == "" {
		return "https://" + auth.Host(c.Account)
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		f.Add("Config.URL", "is not an address such as https://myorg-account.snowflakecomputing.com")
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// credentials returns what the user logs in by.
func (c Config) credentials(f *config.Faults) auth.Credentials {
	if c.Account == "" {
		f.Add("Config.Account", "is empty: name the account, such as myorg-account")
	}
	if c.User == "" {
		f.Add("Config.User", "is empty: name a user who has registered a public key")
	}
	key := c.Key
	switch {
	case c.Key != nil && c.PrivateKey != nil:
		f.Add("Config.PrivateKey", "is set beside Config.Key: set one of them")
	case c.Key == nil && c.PrivateKey == nil:
		f.Add("Config.PrivateKey", "is empty, and so is Config.Key: Snowpipe's REST takes users by key pair alone")
	case c.PrivateKey != nil:
		var err error
		if key, err = auth.ParseKey(c.PrivateKey, c.Passphrase); err != nil {
			f.Add("Config.PrivateKey", "%v", err)
		}
	}
	if c.PrivateKey == nil && c.Passphrase != "" {
		f.Add("Config.Passphrase", "has no effect without Config.PrivateKey")
	}
	if key == nil {
		return nil
	}
	pair, err := auth.NewKeyPair(c.Account, c.User, key, nil)
	if err != nil {
		f.Add("Config.Key", "%v", err)
	}
	return pair
}
