package snowflaketest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// object is a file on a stage, as a signed address names it.
type object struct {
	stage     string // below the engine's directory
	name      string // below the stage
	encrypted bool
}

// addressLife is how long a signed address is good.
const addressLife = time.Hour

// sign returns the address of an object, to upload and download it by.
func (r *run) sign(o object) (string, error) {
	if !filepath.IsLocal(o.stage) || !filepath.IsLocal(o.name) {
		return "", fmt.Errorf("%q is no name of a file on a stage", o.name)
	}
	expires := strconv.FormatInt(r.now().Add(addressLife).Unix(), 10)
	u, err := url.Parse(r.url)
	if err != nil {
		return "", err
	}
	u.Path = "/stages/" + path.Join(filepath.ToSlash(o.stage), o.name)
	u.RawQuery = url.Values{
		"stage": {o.stage}, "encrypted": {strconv.FormatBool(o.encrypted)}, "expires": {expires},
		"signature": {r.signature(o, expires)},
	}.Encode()
	return u.String(), nil
}

// object returns the object of a signed address, or why it is none.
func (r *run) object(x *exchange) (object, error) {
	q := x.URL.Query()
	o := object{stage: q.Get("stage"), encrypted: q.Get("encrypted") == "true"}
	name, ok := strings.CutPrefix(x.PathValue("path"), filepath.ToSlash(o.stage)+"/")
	o.name = name
	expires, err := strconv.ParseInt(q.Get("expires"), 10, 64)
	want := r.signature(o, q.Get("expires"))
	if !ok || err != nil || subtle.ConstantTimeCompare([]byte(want), []byte(q.Get("signature"))) != 1 {
		return object{}, fmt.Errorf("the signature is not this account's")
	}
	if r.now().Unix() > expires {
		return object{}, fmt.Errorf("the address has expired")
	}
	return o, nil
}

func (r *run) signature(o object, expires string) string {
	mac := hmac.New(sha256.New, r.server.secret)
	fmt.Fprintf(mac, "%q %q %t %s", o.stage, o.name, o.encrypted, expires)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// file is where an object is on the disk.
func (r *run) file(o object) string { return filepath.Join(r.dir, o.stage, filepath.FromSlash(o.name)) }

// upload takes a file. It is there when it has come as a whole, decrypted.
func (r *run) upload(x *exchange) {
	o, err := r.object(x)
	if err != nil {
		http.Error(x, err.Error(), http.StatusBadRequest) // by which the driver knows that it needs a new address
		return
	}
	size, rows, err := r.store(x, o)
	if err != nil {
		x.note(func(c *Call) { c.Reason = err.Error() })
		http.Error(x, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	r.server.uploads.add(size, rows)
	x.WriteHeader(http.StatusOK)
}

// store writes the body of an upload to its place, and returns its bytes and, if they are to be counted, its rows.
func (r *run) store(x *exchange, o object) (size, rows int64, err error) {
	f, err := os.CreateTemp(r.scratch, "upload")
	if err != nil {
		return 0, 0, err
	}
	defer func() {
		_ = f.Close()           // closed already, if all went well
		_ = os.Remove(f.Name()) // renamed already
	}()
	var to io.Writer = f
	var count *footerCounter
	if r.server.options.CountOnly {
		count = &footerCounter{}
		to = count
	}
	if size, err = r.receive(x, o, to); err != nil {
		return 0, 0, err
	}
	if count != nil {
		if rows, err = count.writeTo(f); err != nil {
			return 0, 0, err
		}
	}
	if err := f.Close(); err != nil {
		return 0, 0, err
	}
	if err := os.MkdirAll(filepath.Dir(r.file(o)), 0o700); err != nil {
		return 0, 0, err
	}
	return size, rows, os.Rename(f.Name(), r.file(o))
}

// download serves a file, encrypted where the stage is.
func (r *run) download(x *exchange) {
	o, err := r.object(x)
	if err != nil {
		http.Error(x, err.Error(), http.StatusBadRequest)
		return
	}
	f, err := os.Open(r.file(o))
	if err != nil {
		http.Error(x, "no such file", http.StatusNotFound)
		return
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		http.Error(x, "no such file", http.StatusNotFound)
		return
	}
	if !o.encrypted {
		http.ServeContent(x, x.Request, "", info.ModTime(), f)
		return
	}
	if err := r.send(x, o, f, info); err != nil {
		x.note(func(c *Call) { c.Reason = err.Error() })
		http.Error(x, err.Error(), http.StatusInternalServerError)
	}
}
