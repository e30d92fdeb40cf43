package file

import (
	"path"
	"path/filepath"
	"strings"
)

// hasMeta reports whether a path is a pattern.
func hasMeta(p string) bool { return strings.ContainsAny(p, `*?[`) }

// checkPattern reports a pattern that path.Match does not take.
func checkPattern(p string) error {
	for _, segment := range strings.Split(filepath.ToSlash(p), "/") {
		if _, err := path.Match(segment, ""); err != nil {
			return err
		}
	}
	return nil
}

// splitPattern divides a pattern into the directory above its first segment with a wildcard, and the segments
// from there.
func splitPattern(p string) (dir string, segments []string) {
	all := strings.Split(p, "/")
	for i, s := range all {
		if hasMeta(s) {
			return strings.Join(all[:i], "/"), all[i:]
		}
	}
	return path.Dir(p), all[len(all)-1:]
}

// matchSegments matches the segments of a key. "**" stands for any number of segments, none included; as the
// last one for at least one. Wildcards do not match names that begin with a dot.
func matchSegments(pattern, key []string) bool {
	if len(pattern) == 0 {
		return len(key) == 0
	}
	if pattern[0] != "**" {
		return len(key) > 0 && matchSegment(pattern[0], key[0]) && matchSegments(pattern[1:], key[1:])
	}
	if len(pattern) == 1 {
		return len(key) > 0 && !anyHidden(key)
	}
	for i := 0; i <= len(key); i++ {
		if matchSegments(pattern[1:], key[i:]) {
			return true
		}
		if i < len(key) && strings.HasPrefix(key[i], ".") {
			return false
		}
	}
	return false
}

func matchSegment(pattern, name string) bool {
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(pattern, ".") {
		return false
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

func anyHidden(segments []string) bool {
	for _, s := range segments {
		if strings.HasPrefix(s, ".") {
			return true
		}
	}
	return false
}

// aside reports whether a name in a directory is not data: hidden, or of the kind that writers put beside their
// files (_SUCCESS, _temporary).
func aside(name string) bool { return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") }
