package snowflake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/config"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/sink/snowflake/internal/auth"
)

// Config is how [Open] connects. It holds secrets: they are in no error and no log.
type Config struct {
	// DSN is gosnowflake's connection string: user:password@account/database/schema?warehouse=w&role=r.
	DSN string
	// Driver is gosnowflake's own configuration, with all that it offers: passwords, key pairs, OAuth, programmatic access
	// tokens, the external browser, proxies, other hosts. It is copied. Either DSN or Driver is needed.
	Driver *gosnowflake.Config
	// PrivateKey is a key pair's private key, PKCS#8 in PEM, and Passphrase opens it where it is encrypted. With it the
	// login is by key pair.
	PrivateKey []byte
	Passphrase string
	// Timeout is how long Open tries to connect. Default: 30 s.
	Timeout time.Duration
}

const defaultTimeout = 30 * time.Second

// Open connects to Snowflake and returns a sink of a table. What is wrong with the configuration or the options, and what
// keeps from connecting within [Config].Timeout, is a *config.Error; package retry still tells whether another try may help.
func Open(ctx context.Context, cfg Config, table string, opts *Options) (*Sink, error) {
	return open(ctx, "sink/snowflake.Open", cfg, table, opts)
}

// open is Open; more are faults that its caller has found.
func open(ctx context.Context, of string, cfg Config, table string, opts *Options, more ...config.Fault) (*Sink, error) {
	o, err := checked(of, table, opts)
	var faults config.Error
	if given := (*config.Error)(nil); errors.As(err, &given) {
		faults = *given
	}
	driver, own := cfg.driver(o)
	if faults.Of, faults.Faults = of, slices.Concat(faults.Faults, own, more); len(faults.Faults) > 0 {
		return nil, &faults
	}
	s := newSink(sql.OpenDB(gosnowflake.NewConnector(gosnowflake.SnowflakeDriver{}, *driver)), table, o)
	s.owned = true
	s.db.SetMaxIdleConns(o.Uploads + 4) // a login takes longer than most statements
	timeout := cfg.Timeout
	set(&timeout, defaultTimeout)
	within, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := s.start(within); err != nil {
		err = errors.Join(err, s.db.Close())
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, &config.Error{Of: of, Faults: []config.Fault{{Field: "Config", Problem: "Snowflake cannot be reached, or lets nobody in, with it", Err: err}}}
	}
	return s, nil
}

// driver returns the driver's configuration, or the faults of c.
func (c Config) driver(o Options) (*gosnowflake.Config, []config.Fault) {
	var list []config.Fault
	add := func(field, format string, args ...any) {
		list = append(list, config.Fault{Field: field, Problem: fmt.Sprintf(format, args...)})
	}
	var driver gosnowflake.Config
	switch {
	case c.DSN != "" && c.Driver != nil:
		add("Config.DSN", "is set beside Config.Driver: set one of them")
	case c.Driver != nil:
		driver = *c.Driver
	case c.DSN == "":
		add("Config.DSN", "is empty, and so is Config.Driver: set one of them")
	default:
		parsed, err := gosnowflake.ParseDSN(c.DSN)
		if err != nil {
			add("Config.DSN", "cannot be read (user:password@account/database/schema?warehouse=w&role=r)") // the error may quote it
		} else {
			driver = *parsed
		}
	}
	if c.Timeout < 0 {
		add("Config.Timeout", "%v is negative", c.Timeout)
	}
	if c.PrivateKey != nil {
		key, err := auth.ParseKey(c.PrivateKey, c.Passphrase)
		if err != nil {
			add("Config.PrivateKey", "%v", err)
		}
		driver.PrivateKey, driver.Authenticator = key, gosnowflake.AuthTypeJwt
	} else if c.Passphrase != "" {
		add("Config.Passphrase", "has no effect without Config.PrivateKey")
	}
	if len(list) > 0 {
		return nil, list
	}
	for _, f := range []struct {
		field *string
		name  string
	}{{&driver.Database, o.Database}, {&driver.Schema, o.Schema}, {&driver.Warehouse, o.Warehouse}, {&driver.Role, o.Role}} {
		if f.name == "" {
			continue
		}
		*f.field = sf.Plain(o.resolve(f.name))
	}
	set(&driver.Application, "Floe")
	//lint:ignore SA1019 nothing else ends an upload that hangs: the driver does not look at its context meanwhile
	if uploads := &driver.CloudStorageTimeout; *uploads <= 0 {
		*uploads = o.StatementTimeout
	}
	params := make(map[string]*string, len(driver.Params))
	for name, value := range driver.Params {
		params[name] = value
	}
	for _, p := range o.parameters() {
		params[p[0]] = &p[1]
	}
	driver.Params = params
	return &driver, nil
}
