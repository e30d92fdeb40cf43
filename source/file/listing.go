package file

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"golang.org/x/sync/errgroup"
)

// listing is the files that one look found, and what was learnt of them since.
type listing struct {
	files  []*entry // by name
	byName map[string]*entry

	mu    sync.Mutex
	known map[fileKey]shape // of an earlier look, too
	view  *view             // once all shapes are known
}

// fileKey identifies a version of a file.
type fileKey struct{ name, version string }

func newListing(files []*entry, before *listing) *listing {
	l := &listing{files: files, byName: make(map[string]*entry, len(files)), known: map[fileKey]shape{}}
	for _, e := range files {
		l.byName[e.name] = e
	}
	if before != nil {
		before.mu.Lock()
		defer before.mu.Unlock()
		for k, s := range before.known {
			if e := l.byName[k.name]; e != nil && e.version == k.version {
				l.known[k] = s
			}
		}
	}
	return l
}

// view is the files as one table.
type view struct {
	schema *arrow.Schema
	shapes map[string]shape // by name
}

const (
	surveyors    = 16 // files that are looked at at once
	wellSampled  = 64 // text files of which the whole sample is taken
	briefSample  = 16 // further ones: the sample is a 16th
	leastSampled = 4096
)

// survey looks at the beginning or the footer of each file, several at once, and makes the schema of all.
func (l *listing) survey(ctx context.Context, opts *Options) (*view, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.view != nil {
		return l.view, nil
	}
	shapes := make([]shape, len(l.files))
	errs := make([]error, len(l.files))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(max(opts.Parallel, surveyors))
	for i, e := range l.files {
		if s, ok := l.known[fileKey{e.name, e.version}]; ok {
			shapes[i] = s
			continue
		}
		sample := opts.SampleBytes
		if i >= wellSampled {
			sample = min(sample, max(sample/briefSample, leastSampled))
		}
		group.Go(func() error {
			if err := gctx.Err(); err != nil {
				return err
			}
			var err error
			if shapes[i], err = probe(gctx, e, opts, sample); err != nil {
				// The first of the files that are at fault is named, whichever is seen first.
				errs[i] = fmt.Errorf("source/file: %q: %w", e.name, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	l.intern(shapes)
	v, err := l.unify(shapes, opts)
	if err != nil {
		return nil, err
	}
	l.view = v
	return v, nil
}

// intern makes files of equal schemas, and of the same columns of strings, share one, and remembers the shapes.
func (l *listing) intern(shapes []shape) {
	schemas := map[string]*arrow.Schema{}
	for i := range shapes {
		if shapes[i].schema != nil {
			key := fmt.Sprint(shapes[i].strings, shapes[i].schema)
			if schemas[key] == nil {
				schemas[key] = shapes[i].schema
			}
			shapes[i].schema = schemas[key]
		}
		e := l.files[i]
		l.known[fileKey{e.name, e.version}] = shapes[i]
	}
}

// unify makes the schema of all files.
func (l *listing) unify(shapes []shape, opts *Options) (*view, error) {
	v := &view{schema: opts.Schema, shapes: make(map[string]shape, len(shapes))}
	u := newUnifier(opts.Types)
	for i, s := range shapes {
		e := l.files[i]
		v.shapes[e.name] = s
		if s.schema == nil {
			continue
		}
		var err error
		if opts.Schema != nil {
			err = conform(e.name, s, opts.Schema)
		} else {
			err = u.add(e.name, s)
		}
		if err != nil {
			return nil, err
		}
	}
	if opts.Schema != nil {
		return v, nil
	}
	if u.files == 0 {
		return nil, fmt.Errorf("source/file: %w", allEmpty(l.files))
	}
	var err error
	v.schema, err = u.schema()
	return v, err
}

func allEmpty(files []*entry) error {
	if len(files) == 1 {
		return fmt.Errorf("%q: the file is empty: give its columns by Options.Schema, or leave it out", files[0].name)
	}
	if len(files) == 0 {
		return errors.New("there are no files")
	}
	return fmt.Errorf("all %d files are empty, %q the first: give the columns by Options.Schema", len(files), files[0].name)
}

// probe looks at what is needed to know a file's columns.
func probe(ctx context.Context, e *entry, opts *Options, sample int) (shape, error) {
	switch e.format {
	case CSV, JSON:
		return probeText(ctx, e, opts, sample)
	case Arrow:
		return probeArrow(ctx, e)
	default:
		return probeParquet(ctx, e, opts.Dictionaries)
	}
}

// scan returns what reads files in the schema of the view.
func (v *view) scan(opts *Options) scan {
	texts := newTextScanner(v, opts)
	return func(ctx context.Context, e *entry, at place, out *feed) error {
		switch e.format {
		case CSV, JSON:
			return texts.scan(ctx, e, at, out)
		case Arrow:
			return scanArrow(ctx, e, v, opts, at, out)
		default:
			return scanParquet(ctx, e, v, opts, at, out)
		}
	}
}
