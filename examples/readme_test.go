// Package main_test holds README.md against the examples: its code is theirs, and its program works.
package main_test

import (
	"database/sql"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "github.com/marcboeker/go-duckdb"
)

// blocks returns the Go code of README.md, block by block.
func blocks(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		all = append(all, m[1])
	}
	if len(all) != 3 {
		t.Fatalf("README.md has %d blocks of Go code, want 3: one that no test looks at grows wrong", len(all))
	}
	return all
}

// body is a file without its package clause and imports.
func body(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, path, text, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Decls) == 0 {
		t.Fatalf("%s imports nothing", path)
	}
	end := files.Position(f.Decls[len(f.Decls)-1].End()).Offset
	return strings.TrimLeft(string(text[end:]), "\n")
}

func TestReadmeShowsTheSink(t *testing.T) {
	for i, path := range []string{"custom_sink/shelf.go", "custom_sink/shelf_test.go"} {
		if diff := cmp.Diff(body(t, path), blocks(t)[i+1]); diff != "" {
			t.Errorf("README.md does not show %s (-want +got):\n%s", path, diff)
		}
	}
}

// TestReadmeProgram builds the program and sees whether it does what the text below it says.
func TestReadmeProgram(t *testing.T) {
	dir := t.TempDir()
	code, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	if err := os.WriteFile(code, []byte(blocks(t)[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", program, code)
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	trips := filepath.Join(dir, "trips")
	if err := os.Mkdir(trips, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ file, want string }{
		{"2.parquet", "read=1000 written=1000 rejected=0"},
		{"", "read=0 written=0 rejected=0"},
		{"1.parquet", "read=1000 written=1000 rejected=0"},
	} {
		if step.file != "" {
			trip(t, filepath.Join(trips, step.file))
		}
		run := exec.Command(program)
		run.Dir = dir
		out, err := run.CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), step.want) {
			t.Errorf("after adding %q: %v: %s, want %s", step.file, err, out, step.want)
		}
	}
}

// trip writes a Parquet file of 1,000 rows.
func trip(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("COPY (SELECT i AS id, i / 7 AS miles FROM range(1000) r(i)) TO '" + path + "' (FORMAT parquet)"); err != nil {
		t.Fatal(err)
	}
}
