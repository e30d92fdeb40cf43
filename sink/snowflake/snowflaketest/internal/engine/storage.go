package engine

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// stored is a file of a stage.
type stored struct {
	name     string // below the stage, with slashes
	key      string // what the load history knows it by: unique among the files of all stages
	path     string // on this machine, or in its bucket
	size     int64
	modified time.Time
	md5      string // "" where a listing does not tell
	in       storage
}

// storage has the files of a stage.
type storage interface {
	// list returns the files whose names begin with a prefix, in any order.
	list(ctx context.Context, prefix string) ([]stored, error)
	// stat returns the file of a name.
	stat(ctx context.Context, name string) (stored, bool, error)
	etag(ctx context.Context, f stored) (string, error)
	remove(ctx context.Context, f stored) error
	// local returns a file of this machine with what f has. It is of the storage, or made in the directory scratch, which
	// made says, for the caller to remove.
	local(ctx context.Context, f stored, scratch string) (path string, made bool, err error)
}

func (f stored) etag(ctx context.Context) (string, error) { return f.in.etag(ctx, f) }
func (f stored) remove(ctx context.Context) error         { return f.in.remove(ctx, f) }

// disk has the files of an internal stage.
type disk struct {
	dir     string // of the stage
	stages  string // of all
	digests *digests
}

// list walks the directory that the prefix is in alone: a stage may have thousands, of files that were loaded long ago.
func (d disk) list(_ context.Context, prefix string) ([]stored, error) {
	within, _ := path.Split(prefix)
	if within != "" && !filepath.IsLocal(filepath.FromSlash(within)) {
		return nil, nil // nothing can be there
	}
	root := filepath.Join(d.dir, filepath.FromSlash(within))
	var out []stored
	err := filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil || file == root {
			return err
		}
		rel, err := filepath.Rel(d.dir, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch {
		case strings.HasPrefix(name, prefix) && e.Type().IsRegular():
			info, err := e.Info()
			if err != nil {
				return err
			}
			out = append(out, d.stored(name, file, info))
		case !strings.HasPrefix(name, prefix) && e.IsDir():
			return fs.SkipDir
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG) {
		err = nil // removed meanwhile, or nothing was ever put there
	}
	return out, err
}

func (d disk) stored(name, path string, info fs.FileInfo) stored {
	key := strings.TrimPrefix(strings.TrimPrefix(path, d.stages), string(os.PathSeparator))
	return stored{name: name, key: key, path: path, size: info.Size(), modified: info.ModTime(), in: d}
}

func (d disk) stat(_ context.Context, name string) (stored, bool, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return stored{}, false, nil
	}
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG) || err == nil && !info.Mode().IsRegular() {
		return stored{}, false, nil // nothing can be there
	}
	if err != nil {
		return stored{}, false, err
	}
	return d.stored(name, path, info), true, nil
}

func (d disk) etag(_ context.Context, f stored) (string, error) { return d.digests.of(f) }

func (d disk) remove(_ context.Context, f stored) error {
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (d disk) local(_ context.Context, f stored, _ string) (string, bool, error) {
	return f.path, false, nil
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

// bucket has the objects of an external stage.
type bucket struct {
	*blob.Bucket
	root string // of the stage in the bucket, with a slash behind, unless it is ""
	url  string // of the stage, with a slash behind
}

// bucket finds where the objects of an external stage are: of the buckets that the account was given, the one with the
// longest URL that the stage's begins with.
func (e *Engine) bucket(stage string) (bucket, bool) {
	b, of := bucket{url: directory(stage)}, ""
	for url, given := range e.options.Buckets {
		url = directory(url)
		if root, below := strings.CutPrefix(b.url, url); below && len(url) > len(of) {
			b.Bucket, b.root, of = given, root, url
		}
	}
	return b, of != ""
}

func (b bucket) list(ctx context.Context, prefix string) ([]stored, error) {
	var out []stored
	for it := b.List(&blob.ListOptions{Prefix: b.root + prefix}); ; {
		o, err := it.Next(ctx)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		name := strings.TrimPrefix(o.Key, b.root)
		if strings.HasSuffix(name, "/") { // the marker of a directory
			continue
		}
		out = append(out, stored{
			name: name, key: b.url + name, path: o.Key, size: o.Size, modified: o.ModTime, md5: hex.EncodeToString(o.MD5), in: b,
		})
	}
}

func (b bucket) stat(ctx context.Context, name string) (stored, bool, error) {
	a, err := b.Attributes(ctx, b.root+name)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return stored{}, false, nil
	}
	if err != nil {
		return stored{}, false, err
	}
	return stored{
		name: name, key: b.url + name, path: b.root + name, size: a.Size, modified: a.ModTime, md5: hex.EncodeToString(a.MD5), in: b,
	}, true, nil
}

func (b bucket) etag(ctx context.Context, f stored) (string, error) {
	if f.md5 != "" {
		return f.md5, nil
	}
	a, err := b.Attributes(ctx, f.path)
	if err != nil {
		return "", err
	}
	return strings.Trim(a.ETag, `"`), nil
}

func (b bucket) remove(ctx context.Context, f stored) error {
	if err := b.Delete(ctx, f.path); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return err
	}
	return nil
}

func (b bucket) local(ctx context.Context, f stored, scratch string) (path string, made bool, err error) {
	file, err := os.CreateTemp(scratch, "object")
	if err != nil {
		return "", false, err
	}
	err = b.Download(ctx, f.path, file, nil)
	return file.Name(), true, errors.Join(err, file.Close())
}
