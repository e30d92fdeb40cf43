// Package file has the source of files: Parquet, CSV, JSON (an object a line, or one array) and Arrow IPC (file
// and stream), CSV and JSON also compressed by gzip or zstd. They lie on local disks, or in buckets.
//
// # Paths
//
// A path is a file, a directory, a pattern, or a URL. A directory stands for all files of known formats below
// it, at any depth; names that begin with "." or "_" are passed over. In a pattern, *, ? and [a-z] match within
// one name, as in path.Match, and a name ** matches any number of directories; a name that begins with a dot
// must be written out. A path that exists is taken as it is, whatever characters it has. URLs are file:///path,
// or those of gocloud.dev/blob: scheme://bucket/key, with the driver's parameters behind; the key may be a
// pattern, too. mem:// is linked in; s3://, gs:// and azblob:// work where the program imports their drivers.
// A file that is named twice is read once.
//
// # Rows
//
// There is one partition, "files". It gives the files in the order of their names: absolute paths and URLs,
// compared byte by byte. Within a file rows come in order. The ends of small files are joined into common
// records.
//
// The schema is that of all files together, by the names of columns, as [Options.Schema] and [Options.Types]
// do not say otherwise. Columns that some files lack are null there. Types that differ are widened where no
// value is lost (int32 and int64, int and float, units of time, decimals, what lists and structs hold) or else
// refused, with file and column named. Types of CSV and JSON files are inferred from a sample of each; where
// inferred types differ the column is text. A value further on that is not of its column's type rejects its
// row, with file, line, column and value; see source.Batch.Rejected. So does one that could be read as an inferred
// type but would not stay what it is: 00501, +5 and 1e3 among whole numbers, yes among true and false, a JSON string
// among numbers. A type that the options give reads those: 00501 as 501. A 64-bit integer beyond 2^53 in a column
// that is float in another file is an error: it might not be exact there.
//
// An empty CSV or JSON file has no rows. If all are empty and Options.Schema is nil that is an error.
//
// # Going on
//
// A position knows every finished file that had rows, in 16 bytes, and the one that is being read. So a later run goes on in
// the middle of a file, and also reads files that were not there before, wherever they are in the order. A
// finished file may go away. One that changed (by size and checksum, or size and time of modification) is an
// *[source.OffsetError], as [Options.Changed] does not say otherwise. One without rows does not count as finished:
// later runs look at it again, and load the rows that it has got by then. Files are found anew by each run, when it
// asks for partitions; a Source may be used by several runs, one after the other.
//
// A failure of a bucket that may pass is marked transient: Next goes on behind the last batch.
package file

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"gocloud.dev/blob"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/internal/bucket"
	"github.com/floedata/floe/source"
)

// partitionID is the same for all paths, so that a path that is added to a pipeline later does not make its
// other files new.
const partitionID = "files"

// Source reads files. It implements source.Source and source.Estimator.
type Source struct {
	opts    Options
	targets []target

	mu      sync.Mutex
	buckets map[string]*blob.Bucket // by URL; those that this source opened
	last    *listing                // what was found last; nil = nothing yet
}

// New returns the source of the files under paths (see the package's documentation); nil options are the
// defaults. It looks at nothing but its arguments: whether there are files is seen when partitions are asked
// for. All faults come together as a *config.Error.
func New(paths []string, opts *Options) (*Source, error) {
	if opts == nil {
		opts = &Options{}
	}
	var f config.Faults
	targets := parseTargets(&f, paths, opts.Bucket != nil)
	opts.check(&f)
	if err := f.Err("source/file"); err != nil {
		return nil, err
	}
	return &Source{opts: opts.withDefaults(), targets: targets, buckets: map[string]*blob.Bucket{}}, nil
}

// Unbounded implements source.Source: the files that are there end.
func (s *Source) Unbounded() bool { return false }

// Partitions looks for the files and yields the one partition. A path without any file is an error that wraps
// fs.ErrNotExist.
func (s *Source) Partitions(ctx context.Context) iter.Seq2[source.Partition, error] {
	return func(yield func(source.Partition, error) bool) {
		l, err := s.list(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		yield(&partition{opts: &s.opts, listing: l}, nil)
	}
}

// list looks for the files.
func (s *Source) list(ctx context.Context) (*listing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	finder := lister{format: s.opts.Format, own: s.opts.Bucket, open: s.bucket}
	files, err := finder.list(ctx, s.targets)
	if err != nil {
		return nil, err
	}
	s.last = newListing(files, s.last)
	return s.last, nil
}

// bucket opens a bucket once. The caller holds mu.
func (s *Source) bucket(ctx context.Context, url string) (*blob.Bucket, error) {
	if b := s.buckets[url]; b != nil {
		return b, nil
	}
	b, err := bucket.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	s.buckets[url] = b
	return b, nil
}

// Estimate returns the rows of all files, -1 where one of them does not say (CSV, JSON and Arrow streams), and
// the bytes as they are stored; both -1 where the files cannot be found.
func (s *Source) Estimate(ctx context.Context) (rows, bytes int64) {
	s.mu.Lock()
	l := s.last
	s.mu.Unlock()
	if l == nil {
		var err error
		if l, err = s.list(ctx); err != nil {
			return -1, -1
		}
	}
	for _, e := range l.files {
		bytes += e.size
		if e.format.text() {
			rows = -1
		}
	}
	if rows < 0 {
		return rows, bytes
	}
	v, err := l.survey(ctx, &s.opts)
	if err != nil {
		return -1, bytes
	}
	for _, sh := range v.shapes {
		if sh.rows < 0 {
			return -1, bytes
		}
		rows += sh.rows
	}
	return rows, bytes
}

// Close closes the buckets that were opened for URLs.
func (s *Source) Close(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for url, b := range s.buckets {
		if err := b.Close(); err != nil {
			errs = append(errs, fmt.Errorf("source/file: close the bucket: %w", bucket.Redact(err, url)))
		}
	}
	clear(s.buckets)
	return errors.Join(errs...)
}

// partition implements source.Partition.
type partition struct {
	opts    *Options
	listing *listing
}

// ID implements source.Partition.
func (p *partition) ID() string { return partitionID }

// Open implements source.Partition.
func (p *partition) Open(ctx context.Context, after string) (source.Reader, error) {
	pl, err := p.listing.after(after, p.opts.Changed)
	if err != nil {
		return nil, err
	}
	v, err := p.listing.survey(ctx, p.opts)
	if err != nil {
		return nil, err
	}
	return &reader{
		schema: v.schema, opts: p.opts, read: v.scan(p.opts),
		files: pl.files, at: pl.at, some: pl.at != (place{}), done: pl.done,
	}, nil
}
