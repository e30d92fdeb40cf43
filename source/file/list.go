package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/memblob" // the driver of mem:// URLs, as documented

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/internal/bucket"
)

// target is one of the paths that the user gave, taken apart.
type target struct {
	given  string // as the user wrote it, without the query of a URL
	local  string // absolute path or pattern; "" where it is an object
	bucket string // URL of the bucket; "" where it is local, or a key of Options.Bucket
	base   string // what stands before the key in names
	key    string // key or pattern in the bucket
}

// parseTargets takes the paths apart and notes the faults of all of them.
func parseTargets(f *config.Faults, paths []string, own bool) []target {
	if len(paths) == 0 {
		f.Add("paths", "there are none; give files, directories, patterns or URLs")
	}
	var out []target
	for i, p := range paths {
		field := fmt.Sprintf("paths[%d]", i)
		if p == "" {
			f.Add(field, "it is empty")
			continue
		}
		var t target
		var err error
		switch {
		case own:
			t = target{given: p, key: strings.TrimPrefix(p, "/")}
		case strings.Contains(p, "://"):
			t, err = parseURL(p)
		default:
			t, err = parseLocal(p, p)
		}
		if err != nil {
			f.AddErr(field, "it cannot be used", err)
			continue
		}
		if err := checkPattern(t.local + t.key); err != nil {
			f.AddErr(field, fmt.Sprintf("%q is no pattern", t.given), err)
			continue
		}
		out = append(out, t)
	}
	return out
}

func parseLocal(given, p string) (target, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return target{}, err
	}
	return target{given: given, local: abs}, nil
}

func parseURL(text string) (target, error) {
	// A pattern may hold a question mark, which a URL takes for the beginning of its query: only one with a "="
	// behind is.
	raw, query := text, ""
	if i := strings.LastIndexByte(text, '?'); i >= 0 && strings.Contains(text[i:], "=") {
		raw, query = text[:i], text[i+1:]
	}
	scheme, rest, _ := strings.Cut(raw, "://")
	if scheme == "file" {
		p, err := url.PathUnescape(rest)
		if err != nil {
			return target{}, err
		}
		if !strings.HasPrefix(p, "/") || query != "" {
			return target{}, fmt.Errorf("%q: a file URL has the form file:///path", raw)
		}
		return parseLocal(raw, filepath.FromSlash(p))
	}
	if err := bucket.CheckScheme(scheme); err != nil {
		return target{}, fmt.Errorf("%q: %w", raw, err)
	}
	host, key, _ := strings.Cut(rest, "/")
	t := target{given: raw, base: scheme + "://" + host + "/", bucket: scheme + "://" + host, key: key}
	if query != "" {
		t.bucket += "?" + query
	}
	return t, nil
}

// lister finds the files of targets.
type lister struct {
	format Format
	own    *blob.Bucket
	open   func(ctx context.Context, url string) (*blob.Bucket, error)
	found  map[string]*entry
}

// list returns the files of all targets in the order of their names, each once. The errors of all targets come
// together.
func (l *lister) list(ctx context.Context, targets []target) ([]*entry, error) {
	l.found = map[string]*entry{}
	var errs []error
	for _, t := range targets {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if t.local != "" {
			err = l.local(t)
		} else {
			err = l.objects(ctx, t)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("source/file: %q: %w", t.given, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	out := make([]*entry, 0, len(l.found))
	for _, e := range l.found {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b *entry) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

// add notes a file. One that was named, by itself or by a pattern, must have a known format; one that lies in a
// directory is passed over without.
func (l *lister) add(e *entry, inDirectory bool) error {
	k := kindOf(e.name)
	e.format, e.tabs, e.packed = k.format, k.tabs, k.compressed
	if l.format != "" {
		e.format = l.format
	}
	if e.format == "" {
		if inDirectory {
			return nil
		}
		return fmt.Errorf("the name of %q says no format: set Options.Format", e.name)
	}
	if e.packed && !e.format.text() {
		return fmt.Errorf("%q: %s files are compressed inside, not as a whole: unpack it first", e.name, e.format)
	}
	l.found[e.name] = e
	return nil
}

// absent is an error that wraps fs.ErrNotExist without its words, which would say the same twice.
type absent string

func (a absent) Error() string { return string(a) }

func (a absent) Unwrap() error { return fs.ErrNotExist }

const errNoMatch = absent("no file matches")

// noneIn is the error of a directory without files.
func noneIn() error {
	return absent("no file of a known format (csv, tsv, json, ndjson, jsonl, parquet, arrow) is in the directory")
}
