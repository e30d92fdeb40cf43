package archtest_test

import (
	"cmp"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pkg is a package as go list tells it.
type pkg struct {
	path    string // in this module
	name    string
	imports []string // of its code, tests aside
}

func TestImports(t *testing.T) {
	pkgs := list(t)
	used := map[string]bool{}
	for _, p := range pkgs {
		if matches(programs, p.path) {
			if p.name != "main" {
				t.Errorf("%s is package %s, want main: only programs stand there", p.path, p.name)
			}
			for _, imported := range p.imports {
				if within(imported, module+"/internal") {
					t.Errorf("%s imports %s: a program shows what a user can do", p.path, imported)
				}
			}
			continue
		}
		r := find(p.path)
		if r == nil {
			t.Errorf("%s has no rule: add one to internal/archtest, with its reason", p.path)
			continue
		}
		if want := cmp.Or(r.name, path.Base(p.path)); p.name != want {
			t.Errorf("%s is package %s, want %s", p.path, p.name, want)
		}
		for _, imported := range p.imports {
			if !allowed(*r, p.path, imported, used) {
				t.Errorf("%s imports %s, which its rule forbids: %s", cmp.Or(p.path, module), imported, r.reason)
			}
		}
	}
	// A rule about what is no more misleads its reader.
	for _, r := range rules {
		for _, pattern := range slices.Concat(append(r.inside, r.packages)...) {
			if !slices.ContainsFunc(pkgs, func(p pkg) bool { return matches([]string{pattern}, p.path) }) {
				t.Errorf("stale rule: no package is named %q", pattern)
			}
		}
		for _, m := range slices.Concat(r.outside...) {
			if !used[m] {
				t.Errorf("stale rule: nothing imports %s any more", m)
			}
		}
	}
}

// TestWalls holds the rules themselves against imports that must not and must be.
func TestWalls(t *testing.T) {
	for _, tc := range []struct {
		from, to string
		want     bool
	}{
		{"retry", "time", true},
		{"retry", module + "/config", false},
		{"retry", "github.com/apache/arrow/go/v17/arrow", false},
		{"batching", "github.com/apache/arrow/go/v17/arrow/array", true},
		{"batching", "github.com/apache/arrow/go/v18/arrow", false},
		{"source", module + "/deadletter", true},
		{"source", module + "/sink", false},
		{"sink", module + "/source", false},
		{"sink", module + "/sink/duckdb", false},
		{"sink", module + "/internal/decode/csv", false},
		{"sink", module, false},
		{"", module + "/sink", true},
		{"", module + "/sink/duckdb", false},
		{"", module + "/source/file", false},
		{"source/file", module + "/source", true},
		{"source/file", module + "/internal/decode/csv", true},
		{"source/file", module + "/sink/duckdb", false},
		{"source/file", module, false},
		{"source/file", "github.com/marcboeker/go-duckdb", false},
		{"sink/duckdb", "github.com/marcboeker/go-duckdb", true},
		{"internal/decode/csv", module + "/internal/decode/text", true},
		{"internal/decode/csv", module + "/source", false},
		{"sink/sinktest", module + "/sink/duckdb", false},
	} {
		r := find(tc.from)
		if r == nil {
			t.Errorf("no rule for %q", tc.from)
			continue
		}
		if got := allowed(*r, tc.from, tc.to, map[string]bool{}); got != tc.want {
			t.Errorf("%q may import %s: %v, want %v", tc.from, tc.to, got, tc.want)
		}
	}
	if find("sink/unheard") != nil {
		t.Error("a package that no rule names has one")
	}
}

func TestTestingIsImportedByTestKitsAlone(t *testing.T) {
	found := 0
	for _, p := range list(t) {
		if !slices.Contains(p.imports, "testing") {
			continue
		}
		found++
		if !strings.HasSuffix(p.path, "test") {
			t.Errorf("%s imports testing: that is for test kits, whose names end in test", p.path)
		}
	}
	if found == 0 {
		t.Error("no package imports testing: this test looks at the wrong thing")
	}
}

// TestRootNeedsNoDriver looks at everything that a program gets with the root package.
func TestRootNeedsNoDriver(t *testing.T) {
	seen := false
	for _, line := range goList(t, "-deps", "-f", "{{.ImportPath}} {{len .CgoFiles}}", ".") {
		imported, cgo, _ := strings.Cut(line, " ")
		seen = seen || imported == module
		if cgo != "0" {
			t.Errorf("the root package needs cgo for %s", imported)
		}
		for driver, reason := range drivers {
			if within(imported, driver) {
				t.Errorf("the root package brings %s, which %s", imported, reason)
			}
		}
		if sub, ok := strings.CutPrefix(imported, module+"/"); ok && strings.Count(sub, "/") > 0 {
			t.Errorf("the root package brings the connector or helper %s", imported)
		}
	}
	if !seen {
		t.Errorf("go list -deps . does not list %s: this test looks at the wrong thing", module)
	}
}

func TestRootBuildsWithoutCgo(t *testing.T) {
	cmd := exec.Command("go", "build", "-o", os.DevNull, ".")
	cmd.Dir, cmd.Env = root(), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("CGO_ENABLED=0 go build .: %v\n%s", err, out)
	}
}

func root() string { return filepath.Join("..", "..") }

// goList runs go list in the module's root, without cgo, and returns its lines.
func goList(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	var stderr strings.Builder
	cmd.Dir, cmd.Env, cmd.Stderr = root(), append(os.Environ(), "CGO_ENABLED=0"), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// list returns the packages of this module that have code beside tests. It does not fail for packages that
// need cgo: -e.
func list(t *testing.T) []pkg {
	t.Helper()
	var pkgs []pkg
	for _, line := range goList(t, "-e", "-f", `{{if .Name}}{{.ImportPath}} {{.Name}}{{range .Imports}} {{.}}{{end}}{{end}}`, "./...") {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		in := strings.TrimPrefix(strings.TrimPrefix(f[0], module), "/")
		pkgs = append(pkgs, pkg{path: in, name: f[1], imports: f[2:]})
	}
	return pkgs
}

func find(p string) *rule {
	for i := range rules {
		if matches(rules[i].packages, p) {
			return &rules[i]
		}
	}
	return nil
}

// allowed reports whether package p may import the other, and notes the modules of its rule that it used.
func allowed(r rule, p, other string, used map[string]bool) bool {
	if sub, ok := strings.CutPrefix(other, module); ok {
		sub = strings.TrimPrefix(sub, "/")
		return matches(slices.Concat(r.inside...), sub) || sameTree(r, p, sub)
	}
	if first, _, _ := strings.Cut(other, "/"); !strings.Contains(first, ".") {
		return true // the standard library
	}
	for _, m := range slices.Concat(r.outside...) {
		if within(other, m) {
			used[m] = true
			return true
		}
	}
	return false
}

// sameTree reports whether one pattern of the rule, with "/..." at its end, holds both packages: a connector
// and its parts know one another.
func sameTree(r rule, a, b string) bool {
	return slices.ContainsFunc(r.packages, func(pattern string) bool {
		return strings.HasSuffix(pattern, "/...") && matches([]string{pattern}, a) && matches([]string{pattern}, b)
	})
}

func matches(patterns []string, p string) bool {
	for _, pattern := range patterns {
		if tree, ok := strings.CutSuffix(pattern, "..."); ok {
			if tree == "" || within(p, strings.TrimSuffix(tree, "/")) {
				return true
			}
		} else if p == pattern {
			return true
		}
	}
	return false
}

// within reports whether path p is tree or below it.
func within(p, tree string) bool { return p == tree || strings.HasPrefix(p, tree+"/") }
