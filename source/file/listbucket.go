package file

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/floedata/floe/internal/bucket"
)

// objects adds the objects of one key, prefix or pattern.
func (l *lister) objects(ctx context.Context, t target) error {
	b := l.own
	if t.bucket != "" {
		var err error
		if b, err = l.open(ctx, t.bucket); err != nil {
			return err
		}
	}
	if t.key != "" && !strings.HasSuffix(t.key, "/") {
		a, err := b.Attributes(ctx, t.key)
		switch {
		case err == nil:
			return l.addObject(b, t, t.key, a.Size, a.MD5, a.ModTime, false)
		case gcerrors.Code(err) != gcerrors.NotFound:
			return bucket.Classify(err)
		}
	}
	if hasMeta(t.key) {
		return l.match(ctx, b, t)
	}
	return l.prefix(ctx, b, t)
}

func (l *lister) addObject(b *blob.Bucket, t target, key string, size int64, md5 []byte, modTime time.Time, inDirectory bool) error {
	return l.add(&entry{
		name: t.base + key, key: key, store: bucketStore{b},
		size: size, modTime: modTime, version: versionOf(size, md5, modTime),
	}, inDirectory)
}

// prefix adds the objects below a key that is taken for a directory.
func (l *lister) prefix(ctx context.Context, b *blob.Bucket, t target) error {
	prefix := t.key
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	objects, taken := 0, 0
	err := each(ctx, b, prefix, func(o *blob.ListObject) error {
		for _, segment := range strings.Split(strings.TrimPrefix(o.Key, prefix), "/") {
			if aside(segment) {
				return nil
			}
		}
		objects++
		err := l.addObject(b, t, o.Key, o.Size, o.MD5, o.ModTime, true)
		if l.found[t.base+o.Key] != nil {
			taken++
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case objects == 0 && prefix != "":
		return absent("there is no such object, and none below it")
	case taken == 0:
		return noneIn()
	}
	return nil
}

// match adds the objects that a pattern matches.
func (l *lister) match(ctx context.Context, b *blob.Bucket, t target) error {
	dir, segments := splitPattern(t.key)
	prefix := ""
	if dir != "" && dir != "." {
		prefix = dir + "/"
	}
	// What stands before the wildcard makes the listing shorter.
	literal := segments[0][:strings.IndexAny(segments[0]+"*", `*?[\`)]
	matched := 0
	err := each(ctx, b, prefix+literal, func(o *blob.ListObject) error {
		if !matchSegments(segments, strings.Split(strings.TrimPrefix(o.Key, prefix), "/")) {
			return nil
		}
		matched++
		return l.addObject(b, t, o.Key, o.Size, o.MD5, o.ModTime, false)
	})
	if err == nil && matched == 0 {
		return errNoMatch
	}
	return err
}

// each calls f for the objects under a prefix. Markers of directories are none.
func each(ctx context.Context, b *blob.Bucket, prefix string, f func(*blob.ListObject) error) error {
	it := b.List(&blob.ListOptions{Prefix: prefix})
	for {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return bucket.Classify(err)
		}
		if strings.HasSuffix(o.Key, "/") || path.Base(o.Key) == "" {
			continue
		}
		if err := f(o); err != nil {
			return err
		}
	}
}
