package servers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// azuriteVersion is the newest that runs on the Node.js of Debian 12.
const azuriteVersion = "3.35.0"

// The account that every Azurite has, and its key, which is published.
const (
	AzuriteAccount = "devstoreaccount1"
	AzuriteKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

var azurite = kind{
	name:     "Azurite",
	variable: "FLOE_AZURITE",
	install:  "npm install --prefix " + azuriteDir() + " azurite@" + azuriteVersion,
	user:     "nobody",
	stop:     syscall.SIGTERM,
	quit:     syscall.SIGKILL,

	find: func() (programs, bool) {
		_, err := exec.LookPath("node")
		p := programs{serve: look("azurite-blob", filepath.Join(azuriteDir(), "node_modules", ".bin"))}
		return p, p.serve != "" && err == nil
	},
	serve: func(dir string, port int, settings []string) []string {
		return append([]string{
			"--location", filepath.Join(dir, "data"), "--blobHost", "127.0.0.1", "--blobPort", strconv.Itoa(port),
			"--silent", "--disableTelemetry", "--skipApiVersionCheck",
		}, settings...)
	},
	admin: func(port int, _ string) string { return "http://127.0.0.1:" + strconv.Itoa(port) },
	addr: func(dsn string) string {
		u, err := url.Parse(dsn)
		if err != nil {
			return ""
		}
		return u.Host
	},
	// ping has an answer of any kind: that nobody has logged in.
	ping: func(ctx context.Context, dsn string) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, dsn+"/"+AzuriteAccount, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		return errors.Join(err, resp.Body.Close())
	},
}

// azuriteDir is where Azurite is installed: for root, where the user that it runs as gets to.
func azuriteDir() string {
	cache, err := os.UserCacheDir()
	if err != nil || os.Geteuid() == 0 {
		cache = "/var/cache"
	}
	return filepath.Join(cache, "floe", "azurite-"+azuriteVersion)
}

// Azurite returns the address, http://host:port, of the Azure Blob Storage that tests share, whose account is
// [AzuriteAccount], and skips tb where there is none.
func Azurite(tb TB) string {
	tb.Helper()
	return sharedAzurite.get(tb).DSN()
}
