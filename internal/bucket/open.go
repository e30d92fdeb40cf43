package bucket

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"gocloud.dev/blob"
)

// Open opens a bucket by the drivers that the program has linked in, for the caller to close. The parameters of the URL,
// which may hold credentials, are in no error.
func Open(ctx context.Context, url string) (*blob.Bucket, error) {
	// Drivers may keep the context for their credentials: the bucket outlives this call.
	b, err := blob.OpenBucket(context.WithoutCancel(ctx), url)
	if err != nil {
		return nil, fmt.Errorf("open the bucket: %w", Redact(err, url))
	}
	return b, nil
}

// CheckScheme says which driver is missing for URLs of a scheme; nil = none is.
func CheckScheme(scheme string) error {
	if !blob.DefaultURLMux().ValidBucketScheme(scheme) {
		return fmt.Errorf("no driver for %s:// is linked in; import it, for example _ \"gocloud.dev/blob/s3blob\", gcsblob or azureblob", scheme)
	}
	return nil
}

// redacted is an error whose text does not show the parameters of a URL.
type redacted struct {
	text string
	err  error
}

func (r *redacted) Error() string { return r.text }
func (r *redacted) Unwrap() error { return r.err }

// Redact takes the parameters of a bucket's URL out of the text of an error. nil stays nil.
func Redact(err error, text string) error {
	_, query, _ := strings.Cut(text, "?")
	if err == nil || query == "" {
		return err
	}
	clean := strings.ReplaceAll(err.Error(), query, "...")
	if values, bad := url.ParseQuery(query); bad == nil {
		for _, list := range values {
			for _, v := range list {
				if len(v) > 3 {
					clean = strings.ReplaceAll(clean, v, "...")
				}
			}
		}
	}
	return &redacted{text: clean, err: err}
}
