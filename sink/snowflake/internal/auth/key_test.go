package auth_test

import (
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floedata/floe/sink/snowflake/internal/auth"
)

// TestParseKey reads one key in the forms in which openssl writes it, and without the lines around it.
func TestParseKey(t *testing.T) {
	want, err := auth.ParseKey(keyFile(t, "plain.pem"), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ file, passphrase, want string }{
		{"plain.pem", "not needed", ""},
		{"aes128.pem", "secret", ""},
		{"aes256.pem", "secret", ""},
		{"des3.pem", "secret", ""},
		{"aes192sha1.pem", "secret", ""},
		{"aes256.pem", "", "is encrypted: give its passphrase"},
		{"aes256.pem", "wrong!", "cannot be opened"},
		{"v1.pem", "secret", "is encrypted in a way that is not known"},
		{"pkcs1.pem", "", `is a "RSA PRIVATE KEY" in PEM`},
		{"ec.pem", "", "is a *ecdsa.PrivateKey"},
	} {
		t.Run(tc.file+" "+tc.passphrase, func(t *testing.T) {
			text := keyFile(t, tc.file)
			if p, _ := pem.Decode(text); strings.HasSuffix(p.Type, " PRIVATE KEY") == (p.Type == "ENCRYPTED PRIVATE KEY") && tc.file != "v1.pem" {
				body, err := auth.ParseKey([]byte(base64.StdEncoding.EncodeToString(p.Bytes)), tc.passphrase)
				if (err == nil) != (tc.want == "") || body != nil && !body.Equal(want) {
					t.Errorf("without the lines around it: %v", err)
				}
			}
			key, err := auth.ParseKey(text, tc.passphrase)
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want == "" && !key.Equal(want):
				t.Error("another key")
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
	for _, text := range []string{"secret", "c2VjcmV0", ""} {
		if _, err := auth.ParseKey([]byte(text), ""); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
	}
}

func keyFile(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "keys", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// FuzzParseKey: no bytes make it panic, and what is encrypted does not open by another passphrase.
func FuzzParseKey(f *testing.F) {
	for _, name := range []string{"aes256.pem", "aes192sha1.pem", "v1.pem", "plain.pem"} {
		p, _ := pem.Decode(keyFile(f, name))
		f.Add(p.Bytes)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		if len(der) > 4096 {
			t.Skip()
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der})
		if key, err := auth.ParseKey(text, "another"); (key == nil) == (err == nil) || key != nil {
			t.Errorf("%v, %v", key, err)
		}
	})
}
