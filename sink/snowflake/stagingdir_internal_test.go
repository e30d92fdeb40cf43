package snowflake

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStagingDirsAreSwept: what a process left that was killed goes with the next one's first file, and nothing else.
func TestStagingDirsAreSwept(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	file := newAttempt(0, 5).file(1)
	make := func(dir string, files ...string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(temp, dir), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if err := os.WriteFile(filepath.Join(temp, dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	make("floe-snowflake-1")
	make("floe-snowflake-2", file, newAttempt(5, 9).file(2))
	make("floe-snowflake-3", file, "notes.txt")
	make("floe-snowflake-mine", file)
	if err := os.WriteFile(filepath.Join(temp, "floe-snowflake-4"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var living, next stagingDir
	path, err := living.path()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, file), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := next.path()
	if err != nil || other == path {
		t.Fatalf("%s, %v", other, err)
	}
	list := func() (paths []string) {
		for _, pattern := range []string{"*", "*/*"} {
			found, err := filepath.Glob(filepath.Join(temp, pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range found {
				rel, _ := filepath.Rel(temp, p)
				paths = append(paths, rel)
			}
		}
		return paths
	}
	has := map[string]bool{}
	for _, p := range list() {
		has[p] = true
	}
	want := map[string]bool{
		"floe-snowflake-3": true, "floe-snowflake-3/notes.txt": true, "floe-snowflake-mine": true, "floe-snowflake-mine/" + file: true,
		"floe-snowflake-4": true, filepath.Base(path): true, filepath.Base(path) + "/" + file: true, filepath.Base(other): true,
	}
	if diff := cmp.Diff(want, has); diff != "" {
		t.Errorf("what is there (-want +got):\n%s", diff)
	}
	for _, d := range []*stagingDir{&living, &next} {
		if err := d.remove(); err != nil {
			t.Error(err)
		}
	}
	for _, p := range []string{path, other} {
		if _, err := os.Stat(p); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", p, err)
		}
	}
}
