package snowflake

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/config"
)

const secretDSN = "user:hunter2@account/db/schema?warehouse=w"

// TestOpenFaults: faults of the configuration and of the options come together, and none tells a secret.
func TestOpenFaults(t *testing.T) {
	for _, tc := range []struct {
		name  string
		cfg   Config
		table string
		want  []string
	}{
		{"nothing", Config{}, "", []string{"table: ", "Config.DSN: is empty, and so is Config.Driver"}},
		{"both", Config{DSN: secretDSN, Driver: &gosnowflake.Config{}}, "t", []string{"Config.DSN: is set beside Config.Driver"}},
		{"no dsn", Config{DSN: "hunter2:hunter2:hunter2@:::hunter2"}, "t", []string{"Config.DSN: cannot be read"}},
		{"key", Config{DSN: secretDSN, PrivateKey: []byte("hunter2")}, "t", []string{"Config.PrivateKey: is not in PEM"}},
		{"passphrase alone", Config{DSN: secretDSN, Passphrase: "hunter2"}, "t", []string{"Config.Passphrase: has no effect"}},
		{"timeout", Config{DSN: secretDSN, Timeout: -1}, "t", []string{"Config.Timeout: -1ns is negative"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Open(t.Context(), tc.cfg, tc.table, nil)
			var faults *config.Error
			if !errors.As(err, &faults) {
				t.Fatalf("%v is no *config.Error", err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v tells a secret", err)
			}
		})
	}
}

// TestDriverConfig: options go over what the configuration says, parameters into the login, and the caller's is not changed.
func TestDriverConfig(t *testing.T) {
	value := "x"
	given := &gosnowflake.Config{Account: "a", User: "u", Schema: "other", Params: map[string]*string{"MINE": &value}}
	o, err := checked("x", "t", &Options{Database: "sales", Schema: "My Schema", Role: "loader", QueryTag: "it's"})
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join("internal", "auth", "testdata", "keys", "aes256.pem"))
	if err != nil {
		t.Fatal(err)
	}
	driver, faults := Config{Driver: given, PrivateKey: key, Passphrase: "secret"}.driver(o)
	if faults != nil {
		t.Fatal(faults)
	}
	if driver.Database != "SALES" || driver.Schema != `"My Schema"` || driver.Role != "LOADER" || driver.Warehouse != "" {
		t.Errorf("%q %q %q %q", driver.Database, driver.Schema, driver.Role, driver.Warehouse)
	}
	if driver.Authenticator != gosnowflake.AuthTypeJwt || driver.PrivateKey == nil {
		t.Error("the login is not by the key")
	}
	for name, want := range map[string]string{"MINE": "x", "QUERY_TAG": "it's", "LOCK_TIMEOUT": "60", "TIMEZONE": "UTC"} {
		if got := driver.Params[name]; got == nil || *got != want {
			t.Errorf("parameter %s is not %q", name, want)
		}
	}
	if given.Schema != "other" || len(given.Params) != 1 {
		t.Error("the caller's configuration was changed")
	}
}
