package e2etest_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/floedata/floe/batching"
)

// The test binary does what these name in a process of its own.
const (
	childVar = "FLOE_E2E_CHILD" // hold, full, create
	pathVar  = "FLOE_E2E_PATH"  // the database
	filesVar = "FLOE_E2E_FILES" // the files to load
)

// child does what another process is wanted for, and exits; "" does nothing.
func child(what string) {
	var err error
	switch what {
	case "":
		return
	case "hold":
		err = hold(os.Getenv(pathVar))
	case "full":
		err = full(fullAt)
	case "create":
		err = full(createAt)
	default:
		err = errors.New("no such child")
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// hold has a database open until its standard input ends.
func hold(path string) error {
	db, err := sql.Open("duckdb", path)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS held (id INTEGER)"); err != nil {
		return err
	}
	fmt.Println("held")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// holding lets another process have a database open until release is called.
func holding(t *testing.T, path string) (release func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"=hold", pathVar+"="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("the process that should hold the database says %q (%v)", line, err)
	}
	return func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

// Sizes in bytes beyond which no file grows in a child that has a full disk: amid the rows, and amid what DuckDB writes of a
// database that is new, 12 KiB.
const (
	fullAt   = 2 << 20
	createAt = 5 << 10
)

// full loads files onto a disk that becomes full, and prints how many rows it wrote.
func full(size uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: size}); err != nil {
		return err
	}
	w := fullDisk(os.Getenv(pathVar), os.Getenv(filesVar))
	res, err := w.start(context.Background(), nil)
	fmt.Println(res.Written, res.Retries)
	return err
}

func fullDisk(db, files string) work {
	w := work{db: db, paths: []string{files}}
	w.opts.Batching = batching.Policy{Rows: 10_000}
	w.from.BlockBytes = 100_000
	return w
}

// TestFullDisk loads more than the disk has room for: the error says so, the target has the rows of the batches that were
// loaded, and with room it ends with all.
func TestFullDisk(t *testing.T) {
	const rows = 100_000
	dir := t.TempDir()
	w := into(t)
	const all = "SELECT i AS id, md5(i::VARCHAR) || md5(i || 'x') AS name FROM range(%d) r(i)" // does not compress
	do(t, "", fmt.Sprintf("COPY ("+all+") TO '%s/rows.csv'", rows, dir))
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"=full", pathVar+"="+w.db, filesVar+"="+dir)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("all rows had room: %s", out)
	}
	var written, retries int64
	if _, err := fmt.Sscanf(string(out), "%d %d\n", &written, &retries); err != nil {
		t.Fatalf("the child says %q", out)
	}
	if written == 0 || written >= rows || retries > 0 {
		t.Errorf("%d rows are written after %d retries, want some without any", written, retries)
	}
	says(t, errors.New(string(out)), "sink/duckdb", "File too large")
	same(t, w.db, fmt.Sprintf(all, written), "FROM t")
	fullDisk(w.db, dir).must(t, rows-written, rows-written, 0)
	same(t, w.db, fmt.Sprintf(all, rows), "FROM t")
}

// TestFullDiskFromTheStart makes a database where the disk has no room for one: nothing of it stays, and with room it is
// made.
func TestFullDiskFromTheStart(t *testing.T) {
	w := into(t)
	files := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(files, []byte("id\n1\n2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"=create", pathVar+"="+w.db, filesVar+"="+files)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("there was room: %s", out)
	}
	says(t, errors.New(string(out)), "sink/duckdb: create", w.db, "File too large")
	left, err := os.ReadDir(filepath.Dir(w.db))
	if err != nil || len(left) > 0 {
		t.Fatalf("%v is left (%v)", left, err)
	}
	fullDisk(w.db, files).must(t, 2, 2, 0)
}
