package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// spot is a location of a statement: a stage and a path on it.
type spot struct {
	object *object // the stage, or the table whose stage it is; nil for that of the user
	stage  *stage
	in     storage
	dir    string // of an internal stage on this machine
	path   string // below, as the statement has it, without a slash in front
	label  string // what names on the stage begin with in results: "mystage/", "s3://bucket/path/"
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
		if err := w.checkPlace(s.stage); err != nil {
			return spot{}, err
		}
		in, ok := w.e.bucket(s.stage.URL)
		if !ok {
			return spot{}, unsupported("the external stage %s, whose URL is in none of the buckets that this account was given", w.e.catalog.full(s.object))
		}
		s.in, s.label = in, in.url
		return s, nil
	}
	s.dir = filepath.Join(w.e.stages, s.stage.Dir)
	s.in = disk{dir: s.dir, stages: w.e.stages, digests: &w.e.digests}
	return s, nil
}

// internal is where Snowflake keeps a file of the stage, which PATTERN of COPY is matched against: never its bare name.
func (s spot) internal(name string) string {
	if b, external := s.in.(bucket); external {
		return b.root + name
	}
	return "stages/" + s.stage.Dir + "/" + name
}

// called is what results call a file of the stage.
func (s spot) called(name string) string { return s.label + name }

// address is what errors call a file of the stage.
func (s spot) address(name string) string {
	if s.stage.URL != "" {
		return s.label + name
	}
	return "@" + s.label + name
}

// files returns the files whose names begin with the spot's path, in the order of names. If the pattern is not "", it
// matches all of what against(name) is.
func (w *work) files(s spot, pattern string, against func(name string) string) ([]stored, error) {
	var match *regexp.Regexp
	if pattern != "" {
		var err error
		if match, err = regexp.Compile("^(?:" + pattern + ")$"); err != nil {
			return nil, compilation(1008, "22023", "invalid value [%s] for parameter 'PATTERN'", pattern)
		}
	}
	out, err := s.in.list(w.ctx, s.path)
	if match != nil {
		out = slices.DeleteFunc(out, func(f stored) bool { return !match.MatchString(against(f.name)) })
	}
	slices.SortFunc(out, func(a, b stored) int { return strings.Compare(a.name, b.name) })
	return out, err
}

// stat returns the file of a name.
func (w *work) stat(s spot, name string) (stored, bool, error) { return s.in.stat(w.ctx, name) }

// list is LIST.
func (w *work) list(st *syntax.List) (*Result, error) {
	s, err := w.spot(st.Location, "LIST", false)
	if err != nil {
		return nil, err
	}
	files, err := w.files(s, st.Pattern, s.called)
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Select, Columns: []Column{
		{Name: "name", Type: varchar}, {Name: "size", Type: integer}, {Name: "md5", Type: varchar, Nullable: true}, {Name: "last_modified", Type: varchar},
	}}
	for _, f := range files {
		sum, err := f.etag(w.ctx)
		if err != nil {
			return nil, err
		}
		res.Rows = append(res.Rows, []any{s.called(f.name), itoa(f.size), sum, f.modified.UTC().Format("Mon, 2 Jan 2006 15:04:05 GMT")})
	}
	return res, nil
}

// remove is REMOVE. It belongs to no transaction.
func (w *work) remove(st *syntax.Remove) (*Result, error) {
	s, err := w.spot(st.Location, "REMOVE", true)
	if err != nil {
		return nil, err
	}
	files, err := w.files(s, st.Pattern, s.called)
	if err != nil {
		return nil, err
	}
	res := &Result{Class: Select, Columns: []Column{{Name: "name", Type: varchar}, {Name: "result", Type: varchar}}}
	for _, f := range files {
		if err := f.remove(w.ctx); err != nil {
			return nil, err
		}
		res.Rows = append(res.Rows, []any{s.called(f.name), "removed"})
	}
	return res, nil
}

// put is PUT: what the driver is to upload where.
func (w *work) put(st *syntax.Put) (*Result, error) {
	s, err := w.spot(st.Location, "PUT", true)
	if err != nil {
		return nil, err
	}
	if s.stage.URL != "" {
		return nil, unsupported("PUT to an external stage")
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
	if s.stage.URL != "" {
		return nil, unsupported("GET from an external stage")
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
	files, err := w.files(s, pattern, s.called)
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
