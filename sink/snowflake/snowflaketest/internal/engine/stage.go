package engine

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// spot is a location of a statement: a stage and a path on it.
type spot struct {
	object *object // the stage, or the table whose stage it is; nil for that of the user
	stage  *stage
	dir    string // of the stage on this machine
	path   string // below, as the statement has it, without a slash in front
	label  string // what names on the stage begin with in results: "mystage/"
}

// spot finds a location, and checks that the session may read or write there.
func (w *work) spot(l syntax.Location, verb string, write bool) (spot, error) {
	s := spot{path: strings.TrimPrefix(l.Path, "/")}
	for part := range strings.SplitSeq(s.path, "/") {
		if part == ".." || part == "." {
			return spot{}, compilation(1011, "42601", "invalid path '%s'", l.Path) // approximate
		}
	}
	switch {
	case l.URL != "":
		return spot{}, unsupported("%s of %s without a stage", verb, l.URL)
	case l.User:
		s.stage = &stage{Dir: fmt.Sprintf("user-%d", w.s.user), Encrypted: true}
	case l.Table:
		o, err := w.need(syntax.Table, l.Stage, verb)
		if err != nil {
			return spot{}, err
		}
		if err := w.owned(o); err != nil {
			return spot{}, err
		}
		s.object, s.stage = o, &o.Table.Stage
	default:
		o, err := w.need(syntax.Stage, l.Stage, verb)
		if err != nil {
			return spot{}, err
		}
		privilege := "READ"
		if write {
			privilege = "WRITE"
		}
		if o.Stage.URL != "" {
			privilege = "USAGE"
		}
		if err := w.authorize(o, privilege); err != nil {
			return spot{}, err
		}
		s.object, s.stage, s.label = o, o.Stage, strings.ToLower(o.Name)+"/"
	}
	if s.stage.URL != "" {
		dir, ok := w.e.options.Buckets[s.stage.URL]
		if !ok {
			return spot{}, unsupported("the external stage %s, whose URL is in none of the buckets that this account was given", w.e.catalog.full(s.object))
		}
		s.dir = dir
		return s, nil
	}
	s.dir = filepath.Join(w.e.stages, s.stage.Dir)
	return s, nil
}

// internal is where Snowflake keeps a file of the stage, which PATTERN of COPY is matched against: never its bare name.
func (s spot) internal(name string) string { return "stages/" + s.stage.Dir + "/" + name }

// stored is a file of a stage.
type stored struct {
	name     string // below the stage, with slashes
	path     string // on this machine
	size     int64
	modified time.Time
}

// files returns the files whose names begin with the spot's path, in the order of names. If the pattern is not "", it
// matches all of what against(name) is.
func (s spot) files(pattern string, against func(name string) string) ([]stored, error) {
	var match *regexp.Regexp
	if pattern != "" {
		var err error
		if match, err = regexp.Compile("^(?:" + pattern + ")$"); err != nil {
			return nil, compilation(1008, "22023", "invalid value [%s] for parameter 'PATTERN'", pattern)
		}
	}
	var out []stored
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(s.dir, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if !strings.HasPrefix(name, s.path) || match != nil && !match.MatchString(against(name)) {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		out = append(out, stored{name: name, path: path, size: info.Size(), modified: info.ModTime()})
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // removed meanwhile, or nothing was ever put there
	}
	slices.SortFunc(out, func(a, b stored) int { return strings.Compare(a.name, b.name) })
	return out, err
}

// digests remembers the MD5 of files that have not changed since.
type digests struct {
	mu     sync.Mutex
	byFile map[string]digest
}

type digest struct {
	size     int64
	modified time.Time
	md5      string
}

func (d *digests) of(f stored) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if x, ok := d.byFile[f.path]; ok && x.size == f.size && x.modified.Equal(f.modified) {
		return x.md5, nil
	}
	file, err := os.Open(f.path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	h := md5.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	sum := hex.EncodeToString(h.Sum(nil))
	d.byFile[f.path] = digest{size: f.size, modified: f.modified, md5: sum}
	return sum, nil
}

// list is LIST.
func (w *work) list(st *syntax.List) (*Result, error) {
	s, err := w.spot(st.Location, "LIST", false)
	if err != nil {
		return nil, err
	}
	files, err := s.files(st.Pattern, func(name string) string { return s.label + name })
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Select, Columns: []Column{
		{Name: "name", Type: varchar}, {Name: "size", Type: integer}, {Name: "md5", Type: varchar, Nullable: true}, {Name: "last_modified", Type: varchar},
	}}
	for _, f := range files {
		sum, err := w.e.digests.of(f)
		if err != nil {
			return nil, err
		}
		res.Rows = append(res.Rows, []any{s.label + f.name, itoa(f.size), sum, f.modified.UTC().Format("Mon, 2 Jan 2006 15:04:05 GMT")})
	}
	return res, nil
}

// remove is REMOVE. It belongs to no transaction.
func (w *work) remove(st *syntax.Remove) (*Result, error) {
	s, err := w.spot(st.Location, "REMOVE", true)
	if err != nil {
		return nil, err
	}
	files, err := s.files(st.Pattern, func(name string) string { return s.label + name })
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Select, Columns: []Column{{Name: "name", Type: varchar}, {Name: "result", Type: varchar}}}
	for _, f := range files {
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		res.Rows = append(res.Rows, []any{s.label + f.name, "removed"})
	}
	return res, nil
}

// put is PUT: what the driver is to upload where.
func (w *work) put(st *syntax.Put) (*Result, error) {
	s, err := w.spot(st.Location, "PUT", true)
	if err != nil {
		return nil, err
	}
	t := &Transfer{
		Files: []string{st.Local}, Stage: s.dir, Path: directory(s.path), Parallel: 4, Compress: true, Source: "auto_detect",
		Encrypted: s.stage.Encrypted,
	}
	for _, p := range st.Params {
		text, err := w.scalar(p.Value)
		if err != nil {
			return nil, err
		}
		switch p.Name {
		case "PARALLEL":
			t.Parallel, err = strconv.Atoi(text)
			if err != nil || t.Parallel < 1 || t.Parallel > 99 {
				return nil, invalidProperty(text, p.Name)
			}
		case "AUTO_COMPRESS":
			if t.Compress, err = truth(p.Name, text); err != nil {
				return nil, err
			}
		case "OVERWRITE":
			if t.Overwrite, err = truth(p.Name, text); err != nil {
				return nil, err
			}
		case "SOURCE_COMPRESSION":
			t.Source = strings.ToLower(text)
			if !slices.Contains([]string{"auto_detect", "gzip", "bz2", "brotli", "zstd", "deflate", "raw_deflate", "none"}, t.Source) {
				return nil, invalidProperty(text, p.Name)
			}
		default:
			return nil, unsupported("%s of PUT", p.Name)
		}
	}
	return &Result{Class: Select, Transfer: t}, os.MkdirAll(s.dir, 0o755)
}

// get is GET: what the driver is to download.
func (w *work) get(st *syntax.Get) (*Result, error) {
	s, err := w.spot(st.Location, "GET", false)
	if err != nil {
		return nil, err
	}
	t := &Transfer{Get: true, Local: st.Local, Stage: s.dir, Parallel: 10, Encrypted: s.stage.Encrypted}
	pattern := ""
	for _, p := range st.Params {
		text, err := w.scalar(p.Value)
		if err != nil {
			return nil, err
		}
		switch p.Name {
		case "PARALLEL":
			if t.Parallel, err = strconv.Atoi(text); err != nil || t.Parallel < 1 || t.Parallel > 99 {
				return nil, invalidProperty(text, p.Name)
			}
		case "PATTERN":
			pattern = text
		default:
			return nil, unsupported("%s of GET", p.Name)
		}
	}
	files, err := s.files(pattern, func(name string) string { return s.label + name })
	if err != nil {
		return nil, err
	}
	// A path that is a file's name, or begins several, has its directory as the place that names are below of.
	t.Path = s.path[:strings.LastIndexByte(s.path, '/')+1]
	for _, f := range files {
		t.Files = append(t.Files, strings.TrimPrefix(f.name, t.Path))
	}
	return &Result{Class: Select, Transfer: t}, nil
}

// directory is a path with a slash behind it, unless it is none.
func directory(path string) string {
	if path == "" || strings.HasSuffix(path, "/") {
		return path
	}
	return path + "/"
}
