package snowflake

import (
	"net/url"
	"os"
	"strings"

	"gocloud.dev/blob"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/internal/bucket"
)

// External is the bucket of an external stage, which [Options].Stage names: files are written there by gocloud.dev/blob, with
// credentials of this program's own, and COPY reads them through the stage, with Snowflake's.
type External struct {
	// URL opens the bucket by a driver that the program has linked in: s3://bucket, gs://bucket, azblob://container, with
	// the driver's parameters behind. Either URL or Bucket is needed.
	URL string
	// Bucket is one that is open. It stays the caller's: to be closed after the sink.
	Bucket *blob.Bucket
	// Location is where the bucket's root is for Snowflake, such as s3://bucket/, gcs://bucket/ or
	// azure://account.blob.core.windows.net/container/. The stage's own URL must be this or below, which the first
	// claim and [Preflight] see to. Default: what URL says.
	Location string
	// Integration names a storage integration by which the stage is made, at Location, where it is missing.
	// Default: the stage must be there.
	Integration string
}

// check notes the faults of e, and fills in what URL says.
func (e *External) check(f *config.Faults) {
	switch {
	case e.URL != "" && e.Bucket != nil:
		f.Add("Options.External.URL", "is set beside Bucket: set one of them")
	case e.Bucket != nil && e.Location == "":
		f.Add("Options.External.Location", "is needed beside Bucket, which does not say where it is: as in the stage's URL, s3://bucket/")
	case e.URL != "":
		e.fromURL(f)
	case e.Bucket == nil:
		f.Add("Options.External.URL", "is empty, and so is Bucket: set one of them")
	}
	if e.Location == "" {
		return
	}
	scheme, rest, found := strings.Cut(e.Location, "://")
	if !found || scheme == "" || rest == "" || strings.ContainsAny(rest, "?#'\\") {
		f.Add("Options.External.Location", "%q is not the URL of a bucket as stages have it, such as s3://bucket/, gcs://bucket/ or azure://account.blob.core.windows.net/container/", e.Location)
	}
	e.Location = asDirectory(e.Location)
}

// fromURL finds out where Snowflake has the bucket that URL opens.
func (e *External) fromURL(f *config.Faults) {
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme == "" {
		f.Add("Options.External.URL", "is not the URL of a bucket, such as s3://bucket, gs://bucket or azblob://container") // the error quotes it
		return
	}
	if err := bucket.CheckScheme(u.Scheme); err != nil {
		f.AddErr("Options.External.URL", "cannot be used", err)
	}
	if e.Location != "" {
		return
	}
	query := u.Query()
	switch u.Scheme {
	case "s3":
		e.Location = "s3://" + u.Host
	case "gs":
		e.Location = "gcs://" + u.Host
	case "azblob":
		account, domain := query.Get("storage_account"), query.Get("domain")
		set(&account, os.Getenv("AZURE_STORAGE_ACCOUNT"))
		set(&domain, os.Getenv("AZURE_STORAGE_DOMAIN"))
		set(&domain, "blob.core.windows.net")
		if account != "" {
			e.Location = "azure://" + account + "." + domain + "/" + u.Host
		}
	}
	if e.Location == "" {
		f.Add("Options.External.Location", "is needed: the URL of the bucket does not say what Snowflake calls it")
		return
	}
	e.Location = asDirectory(e.Location) + query.Get("prefix")
}

// asDirectory is a path, or URL, with a slash behind.
func asDirectory(path string) string { return strings.TrimRight(path, "/") + "/" }
