package file

import (
	"net/url"
	"strings"
)

// redacted is an error whose text does not show the parameters of a URL: they may hold credentials.
type redacted struct {
	text string
	err  error
}

func (r *redacted) Error() string { return r.text }
func (r *redacted) Unwrap() error { return r.err }

// withoutQuery takes the query of a URL out of the text of an error.
func withoutQuery(err error, text string) error {
	_, query, found := strings.Cut(text, "?")
	if !found || query == "" {
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
