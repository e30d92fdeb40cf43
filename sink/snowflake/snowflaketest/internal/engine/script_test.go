package engine

import (
	"strings"
	"testing"
)

func TestBlocks(t *testing.T) {
	e, s := start(t, Options{})
	b := connect(t, e, Login{User: "ADMIN"})
	run(t, s, `CREATE TABLE t (v INT); CREATE TABLE log (what VARCHAR)`)
	for _, c := range []struct{ name, block, want string }{
		{"return", `BEGIN RETURN 1 + 1; END`, "2"},
		{"nothing", `BEGIN INSERT INTO log VALUES ('x'); END`, "NULL"},
		{"variables", `DECLARE a INT DEFAULT 2; b VARCHAR; BEGIN LET c := a * 3; b := 'n' || c; RETURN b; END`, "n6"},
		{"if", `DECLARE n INT DEFAULT 3; BEGIN IF (n > 3) THEN RETURN 'more'; ELSEIF (n = 3) THEN RETURN 'three'; ELSE RETURN 'less'; END IF; END`, "three"},
		{"sqlrowcount", `BEGIN INSERT INTO t VALUES (1), (2); UPDATE t SET v = v + 1 WHERE v = 1; RETURN SQLROWCOUNT || ',' || SQLFOUND; END`, "1,true"},
		{"into", `DECLARE n INT; m INT; BEGIN SELECT COUNT(*), MAX(v) INTO :n, :m FROM t; RETURN n || '/' || m; END`, "2/2"},
		{"bind of variable", `DECLARE n INT DEFAULT 2; BEGIN DELETE FROM t WHERE v = :n; RETURN SQLROWCOUNT; END`, "2"},
		{"range", `DECLARE sum INT DEFAULT 0; BEGIN FOR i IN 1 TO 4 DO IF (i = 3) THEN CONTINUE; END IF; sum := sum + i; END FOR; RETURN sum; END`, "7"},
		{"reverse", `DECLARE s VARCHAR DEFAULT ''; BEGIN FOR i IN REVERSE 1 TO 3 DO s := s || i; END FOR; RETURN s; END`, "321"},
		{"while", `DECLARE n INT DEFAULT 0; BEGIN WHILE (n < 5) DO n := n + 2; END WHILE; RETURN n; END`, "6"},
		{"repeat", `DECLARE n INT DEFAULT 0; BEGIN REPEAT n := n + 2; UNTIL (n > 3) END REPEAT; RETURN n; END`, "4"},
		{"loop", `DECLARE n INT DEFAULT 0; BEGIN LOOP n := n + 1; IF (n = 3) THEN BREAK; END IF; END LOOP; RETURN n; END`, "3"},
		{"rows", `DECLARE sum INT DEFAULT 0; c CURSOR FOR SELECT column1 AS v FROM VALUES (1), (2), (3); BEGIN FOR r IN c DO sum := sum + r.v; END FOR; RETURN sum; END`, "6"},
		{"resultset", `DECLARE sum INT DEFAULT 0; rs RESULTSET DEFAULT (SELECT column1 AS v FROM VALUES (4), (5)); BEGIN FOR r IN rs DO sum := sum + r.v; END FOR; RETURN sum; END`, "9"},
		{"table", `DECLARE rs RESULTSET; BEGIN rs := (SELECT 1 AS a, 'x' AS b); RETURN TABLE(rs); END`, "1|x"},
		{"cursor", `DECLARE v INT; c CURSOR FOR SELECT column1 FROM VALUES (7); BEGIN OPEN c; FETCH c INTO v; CLOSE c; RETURN v; END`, "7"},
		{"sqlid", `DECLARE id VARCHAR; n INT; BEGIN INSERT INTO log VALUES ('y'), ('z'); id := SQLID; SELECT "number of rows inserted" INTO :n FROM TABLE(RESULT_SCAN(:id)); RETURN n; END`, "2"},
		{"handled", `BEGIN SELECT 1 / 0; RETURN 'no'; EXCEPTION WHEN STATEMENT_ERROR THEN RETURN SQLCODE || ' ' || SQLSTATE; END`, "100051 22012"},
		{"declared", `DECLARE mine EXCEPTION (-20001, 'my own'); BEGIN RAISE mine; EXCEPTION WHEN mine THEN RETURN SQLERRM || SQLCODE; END`, "my own-20001"},
		{"nested", `BEGIN BEGIN SELECT * FROM nowhere; EXCEPTION WHEN mine THEN RETURN 'no'; END; EXCEPTION WHEN OTHER THEN RETURN 'outer'; END`, "outer"},
	} {
		is(t, s, "EXECUTE IMMEDIATE $$\n"+c.block+";\n$$", c.want)
		is(t, s, `DELETE FROM t`, text(run(t, s, `SELECT COUNT(*) FROM t`)))
		if t.Failed() {
			t.Log(c.name)
		}
		if c.name == "into" || c.name == "bind of variable" || c.name == "sqlrowcount" {
			run(t, s, `INSERT INTO t VALUES (2), (2)`)
		}
	}
	if got := names(run(t, s, `BEGIN RETURN 1; END`)); got != "anonymous block" {
		t.Errorf("a block answers the column %s", got)
	}

	// What nobody handles has its code and where it was raised.
	err := refused(t, s, "EXECUTE IMMEDIATE $$\nBEGIN\n  SELECT * FROM nowhere;\nEND;\n$$")
	if err.Code != 2003 || err.SQLState != "42S02" || !strings.HasPrefix(err.Message, "Uncaught exception of type 'STATEMENT_ERROR' on line 3 at position 2 : SQL compilation error:\nObject 'NOWHERE'") {
		t.Errorf("uncaught: %v", err)
	}
	// RAISE hands on the same.
	err = refused(t, s, "EXECUTE IMMEDIATE $$\nBEGIN\n  SELECT * FROM nowhere;\nEXCEPTION WHEN OTHER THEN ROLLBACK; RAISE;\nEND;\n$$")
	if err.Code != 2003 || !strings.HasPrefix(err.Message, "Uncaught exception of type 'STATEMENT_ERROR' on line 3 at position 2 : ") {
		t.Errorf("raised again: %v", err)
	}

	// A transaction of a block ends with it.
	err = refused(t, s, `BEGIN BEGIN TRANSACTION; INSERT INTO t VALUES (9); RETURN 'left'; END`)
	if !strings.Contains(err.Message, "Scoped transaction started in stored procedure is incomplete and it was rolled back.") {
		t.Errorf("left open: %v", err)
	}
	is(t, b, `SELECT COUNT(*) FROM t`, "0")
	run(t, s, `BEGIN BEGIN TRANSACTION; INSERT INTO t VALUES (9); COMMIT; BEGIN TRANSACTION; INSERT INTO t VALUES (10); ROLLBACK; END`)
	is(t, b, `SELECT COUNT(*) FROM t`, "1")
	err = refused(t, s, `BEGIN BEGIN TRANSACTION; INSERT INTO t VALUES ('x'); COMMIT; END`)
	if err.Code != 100038 {
		t.Errorf("an error in a transaction of a block: %v", err)
	}
	is(t, s, `SELECT CURRENT_TRANSACTION()`, "NULL")
	// One that began outside goes on, and cannot end inside.
	run(t, s, `BEGIN; BEGIN INSERT INTO t VALUES (11); END`)
	err = refused(t, s, `BEGIN COMMIT; END`)
	if !strings.Contains(err.Message, "Modifying a transaction that has started at a different scope is not allowed.") {
		t.Errorf("COMMIT of the outer transaction: %v", err)
	}
	run(t, s, `ROLLBACK`)
	is(t, b, `SELECT COUNT(*) FROM t`, "1")
}

func TestSessions(t *testing.T) {
	e, s := start(t, Options{})
	steps(t, s, []step{
		{`SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_DATABASE(), CURRENT_SCHEMA(), CURRENT_WAREHOUSE()`, "ADMIN|ACCOUNTADMIN|DB|PUBLIC|WH"},
		{`SET (a, b) = (1, 'two')`, "Statement executed successfully."},
		{`SELECT $a + 1, $b`, "2|two"},
		{`UNSET a`, "Statement executed successfully."},
		{`SELECT $a`, "(2211 42601) Session variable '$A' does not exist"},
		{`SET tab = 'DB.PUBLIC.T'`, "Statement executed successfully."},
		{`CREATE TABLE IDENTIFIER($tab) (v INT)`, "Table T successfully created."},
		{`INSERT INTO IDENTIFIER('t') VALUES (3)`, "1"},
		{`SELECT * FROM IDENTIFIER($tab)`, "3"},
		{`UPDATE IDENTIFIER($tab) SET v = v + 1 WHERE t.v = 3`, "1|0"},
		{`UPDATE DB.PUBLIC.t SET t.v = t.v - 1 WHERE DB.PUBLIC.t.v = 4`, "1|0"},
		{`DELETE FROM IDENTIFIER($tab) WHERE v = 4`, "0"},
		{`SELECT 1 AS x UNION ALL SELECT 2 ORDER BY x`, "1\n2"},
		{`SELECT SUM(x) FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))`, "3"},
		{`ALTER SESSION SET NOTHING = 1`, "(1006 22023) invalid property 'NOTHING'"},
		{`ALTER SESSION SET QUERY_TAG = 'x' LOCK_TIMEOUT = 5`, "Statement executed successfully."},
		{`SHOW PARAMETERS LIKE 'lock_timeout'`, "LOCK_TIMEOUT|5|43200|SESSION|Number of seconds to wait while trying to lock a resource|NUMBER"},
		{`ALTER SESSION UNSET LOCK_TIMEOUT`, "Statement executed successfully."},
		{`ALTER SESSION SET TIMESTAMP_TYPE_MAPPING = 'TIMESTAMP_LTZ'`, "(2 0A000) TIMESTAMP_TYPE_MAPPING"},
		{`CALL nothing(1)`, "(2141 42601) NOTHING"},
		{`SELECT SYSTEM$WAIT(1, 'MILLISECONDS')`, "waited 1 milliseconds"},
	})
	one, two := "3", "four"
	is(t, s, `SELECT ?, ?`, "3|four", Bind{Type: "FIXED", Value: &one}, Bind{Type: "TEXT", Value: &two})
	run(t, s, `CREATE OR REPLACE TABLE t (v INT, w VARCHAR)`)
	is(t, s, `INSERT INTO t VALUES (?, ?)`, "2", Bind{Type: "FIXED", Values: []*string{&one, nil}}, Bind{Type: "TEXT", Values: []*string{&two, &two}})
	is(t, s, `SELECT * FROM t ORDER BY v`, "3|four\nNULL|four")
	long := "12345.678"
	run(t, s, `CREATE OR REPLACE TABLE t (v NUMBER(10,2), w VARCHAR, x ARRAY)`)
	is(t, s, `INSERT INTO t (w, v) VALUES (? || '!', ? + 1)`, "3", Bind{Type: "TEXT", Values: []*string{&two, &one, nil}}, Bind{Type: "FIXED", Values: []*string{&one, &long, &one}})
	is(t, s, `SELECT v, w FROM t ORDER BY v, w`, "4.00|four!\n4.00|NULL\n12346.68|3!")
	many := make([]*string, 5000)
	for i := range many {
		many[i] = &one
	}
	is(t, s, `INSERT INTO t (v) VALUES (?)`, "5000", Bind{Type: "FIXED", Values: many})
	is(t, s, `INSERT OVERWRITE INTO t SELECT SUM(v), NULL, NULL FROM t`, "1")
	is(t, s, `SELECT v FROM t`, "27354.68")

	if _, err := s.Execute(t.Context(), Request{SQL: `SELECT 1; SELECT 2`, Statements: 1}); err == nil || err.(*Error).Code != 8 {
		t.Errorf("two statements for one: %v", err)
	}
	results, err := s.Execute(t.Context(), Request{SQL: `SELECT 1; SELECT nothing; SELECT 2`})
	if len(results) != 1 || err == nil {
		t.Errorf("%d results, %v", len(results), err)
	}
	if _, err := e.Connect(Login{User: "nobody"}); err == nil || err.(*Error).Code != 390100 {
		t.Errorf("an unknown user: %v", err)
	}
	res, err := s.Execute(t.Context(), Request{SQL: `SELECT v FROM t`, DescribeOnly: true})
	if err != nil || len(res[0].Rows) != 0 || names(res[0]) != "V" {
		t.Errorf("described: %v, %v", res, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Execute(t.Context(), Request{SQL: `SELECT 1`}); err == nil || err.(*Error).Code != 390111 {
		t.Errorf("a closed session: %v", err)
	}
}
