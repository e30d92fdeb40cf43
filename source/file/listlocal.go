package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// local adds the files of one path of the operating system.
func (l *lister) local(t target) error {
	info, err := os.Stat(t.local)
	switch {
	case err == nil && info.IsDir():
		return l.directory(t.local)
	case err == nil && !info.Mode().IsRegular():
		return errors.New("it is no regular file; read it by a source of its own (source.FromReader)")
	case err == nil:
		return l.addLocal(t.local, info, false)
	case errors.Is(err, fs.ErrNotExist) && hasMeta(t.local):
		return l.glob(t.local)
	case errors.Is(err, fs.ErrNotExist):
		return absent("there is no such file or directory")
	default:
		return err
	}
}

func (l *lister) addLocal(p string, info fs.FileInfo, inDirectory bool) error {
	return l.add(&entry{
		name: filepath.ToSlash(p), key: p, store: localStore{},
		size: info.Size(), modTime: info.ModTime(), version: versionOf(info.Size(), nil, info.ModTime()),
	}, inDirectory)
}

// directory adds all files under root that are data.
func (l *lister) directory(root string) error {
	taken := 0
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case p == root:
			return nil
		case aside(d.Name()) && d.IsDir():
			return filepath.SkipDir
		case aside(d.Name()) || d.IsDir():
			return nil
		}
		info, err := os.Stat(p)
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		err = l.addLocal(p, info, true)
		if l.found[filepath.ToSlash(p)] != nil {
			taken++
		}
		return err
	})
	if err == nil && taken == 0 {
		return noneIn()
	}
	return err
}

// glob adds the files that a pattern matches.
func (l *lister) glob(pattern string) error {
	dir, segments := splitPattern(filepath.ToSlash(pattern))
	if segments[len(segments)-1] == "**" {
		segments = append(segments, "*")
	}
	if dir == "" {
		dir = "/"
	}
	matched := 0
	if err := l.descend(filepath.FromSlash(dir), segments, &matched); err != nil {
		return err
	}
	if matched == 0 {
		return errNoMatch
	}
	return nil
}

// descend matches the first of segments in dir and goes on below it. What is gone is no match.
func (l *lister) descend(dir string, segments []string, matched *int) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if segments[0] == "**" {
		if err := l.descend(dir, segments[1:], matched); err != nil {
			return err
		}
		for _, d := range entries {
			if d.IsDir() && !strings.HasPrefix(d.Name(), ".") {
				if err := l.descend(filepath.Join(dir, d.Name()), segments, matched); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, d := range entries {
		if !matchSegment(segments[0], d.Name()) {
			continue
		}
		p := filepath.Join(dir, d.Name())
		info, err := os.Stat(p) // follows links
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		switch {
		case len(segments) > 1 && info.IsDir():
			if err := l.descend(p, segments[1:], matched); err != nil {
				return err
			}
		case len(segments) == 1 && info.Mode().IsRegular():
			*matched++
			if err := l.addLocal(p, info, false); err != nil {
				return err
			}
		}
	}
	return nil
}
