package file

// In-package: the form of positions is not exported.

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPositionText(t *testing.T) {
	var done []byte
	var stamps []stamp
	for _, name := range []string{"/a", "/b|,:%", "s3://bucket/ü"} {
		s := stampOf(name, "1-2")
		stamps = append(stamps, s)
		done = s.letters(done)
	}
	if len(done) != len(stamps)*stampLetters {
		t.Fatalf("%d letters for %d stamps", len(done), len(stamps))
	}
	for _, c := range []current{{}, {name: "/b|,:% ü\n", version: "5-6", at: place{1, 2, 3}}} {
		text := formatPosition(c, done)
		got, err := parsePosition(text)
		if err != nil {
			t.Fatalf("parsePosition(%q): %v", text, err)
		}
		if diff := cmp.Diff(position{current: c, done: stamps}, got, cmp.AllowUnexported(position{}, current{}, place{})); diff != "" {
			t.Errorf("parsePosition(%q) mismatch (-want +got):\n%s", text, diff)
		}
	}
}

// What is parsed is written as the same text, or at least as one of the same meaning.
func FuzzParsePosition(f *testing.F) {
	f.Add("")
	f.Add("f1||")
	f.Add(formatPosition(current{name: "/a b", version: "1-2", at: place{4, 5, 6}}, stampOf("x", "y").letters(nil)))
	f.Add("f1|a,b,1:2:3|AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePosition(text)
		if err != nil || text == "" {
			return
		}
		var done []byte
		for _, s := range p.done {
			done = s.letters(done)
		}
		again, err := parsePosition(formatPosition(p.current, done))
		if err != nil {
			t.Fatalf("%q parses, what it means does not: %v", text, err)
		}
		if diff := cmp.Diff(p, again, cmp.AllowUnexported(position{}, current{}, place{})); diff != "" {
			t.Errorf("%q mismatch (-want +got):\n%s", text, diff)
		}
	})
}

// Metadata of Arrow files may hold anything: it is read without panic, and never as a wrong number of rows that
// is negative.
func FuzzArrowTable(f *testing.F) {
	f.Add([]byte{16, 0, 0, 0, 0, 0, 10, 0, 12, 0, 6, 0, 5, 0, 8, 0, 10, 0, 0, 0, 0, 1, 4, 0, 12, 0, 0, 0})
	f.Add([]byte{})
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		root := tableAt(data)
		blocks, n := root.vector(3, 24)
		if n > 0 && len(blocks) < 24*n {
			t.Errorf("%d blocks in %d bytes", n, len(blocks))
		}
		root.table(2).int64(0)
	})
}

func FuzzMatchSegments(f *testing.F) {
	f.Add("**/*.csv", "a/b.csv")
	f.Add("a/**", "a/.b/c")
	f.Fuzz(func(t *testing.T, pattern, key string) {
		if checkPattern(pattern) != nil {
			return
		}
		dir, segments := splitPattern(pattern)
		if len(segments) == 0 {
			t.Errorf("splitPattern(%q) = %q and no segments", pattern, dir)
		}
		matchSegments(segments, segments)
	})
}
