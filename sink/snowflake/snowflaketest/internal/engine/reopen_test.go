package engine

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The test's own program, started again with this variable, opens the account in the directory that it names, does what it is to,
// and waits to be killed.
const childVariable = "FLOE_ENGINE_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		work := child
		if os.Getenv(pipeVariable) != "" {
			work = pipeChild
		}
		if err := work(dir); err != nil {
			fmt.Println(err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func child(dir string) error {
	e, err := New(dir, Options{})
	if err != nil {
		return err
	}
	s, err := e.Connect(Login{User: "ADMIN", Database: "DB", Schema: "PUBLIC", Warehouse: "WH"})
	if err != nil {
		return err
	}
	_, err = s.Execute(context.Background(), Request{SQL: `INSERT INTO t VALUES (2); CREATE TEMPORARY TABLE gone (v INT);
		BEGIN; INSERT INTO t VALUES (3); UPDATE t SET v = 100 WHERE v = 1; DELETE FROM t WHERE v = 2;
		COPY INTO t FROM @st; TRUNCATE TABLE u`})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	select {}
}

// What was committed outlives the process, killed amid a transaction; what was not is rolled back.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	func() {
		e, err := New(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}()
		s := connect(t, e, Login{User: "ADMIN"})
		run(t, s, `CREATE DATABASE DB; CREATE WAREHOUSE WH; CREATE TABLE t (v INT); INSERT INTO t VALUES (1); CREATE STAGE st; CREATE ROLE r;
			CREATE TABLE u (v INT); INSERT INTO u VALUES (5)`)
		upload(t, s, "@st", "a.csv", "4\n")
		upload(t, s, "@%u", "b.csv", "6\n")
		run(t, s, `COPY INTO u`)
	}()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if strings.TrimSpace(line) != "ready" {
		t.Errorf("the child says %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait()

	_, s := reopened(t, dir, Options{})
	is(t, s, `SELECT v FROM t ORDER BY v`, "1\n2")
	is(t, s, `SELECT v FROM u ORDER BY v`, "5\n6")
	fails(t, s, `SELECT * FROM gone`, 2003, "42S02", "GONE")
	is(t, s, `COPY INTO u`, "Copy executed with 0 files processed.")
	is(t, s, `COPY INTO t FROM @st`, "st/a.csv|LOADED|1|1|1|0|NULL|NULL|NULL|NULL")
	is(t, s, `UPDATE t SET v = v * 2`, "3|0")
	is(t, s, `SELECT v FROM t ORDER BY v`, "2\n4\n8")
	if got := part(run(t, s, `SHOW ROLES LIKE 'r'`), "name"); got != "R" {
		t.Errorf("the role is %q", got)
	}
}

// TestZeroKeepsItsSign: also once DuckDB has moved it from its log into its blocks, which it compresses otherwise.
func TestZeroKeepsItsSign(t *testing.T) {
	dir := t.TempDir()
	e, err := New(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := connect(t, e, Login{User: "ADMIN"})
	run(t, s, `CREATE DATABASE DB; CREATE WAREHOUSE WH; CREATE TABLE t (i INT, v FLOAT);
		INSERT INTO t SELECT SEQ4(), CASE SEQ4() WHEN 7 THEN '-0'::FLOAT WHEN 99 THEN 1 ELSE 0 END FROM TABLE(GENERATOR(ROWCOUNT => 100))`)
	is(t, s, `SELECT v::VARCHAR FROM t WHERE i IN (0, 7) ORDER BY i`, "0\n-0")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	_, s = reopened(t, dir, Options{})
	is(t, s, `SELECT v::VARCHAR FROM t WHERE i IN (0, 7) ORDER BY i`, "0\n-0")
}
