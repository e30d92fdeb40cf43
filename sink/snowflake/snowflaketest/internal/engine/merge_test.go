package engine

import "testing"

func TestMerge(t *testing.T) {
	_, s := start(t, Options{})
	run(t, s, `CREATE TABLE t (k INT NOT NULL, v VARCHAR, n INT DEFAULT 7); CREATE TABLE src (k INT, v VARCHAR, del BOOLEAN);
		INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3);
		INSERT INTO src VALUES (1, 'A', FALSE), (2, 'B', TRUE), (4, 'D', FALSE), (5, 'E', TRUE)`)
	merge := `MERGE INTO t USING src s ON t.k = s.k
		WHEN MATCHED AND s.del THEN DELETE
		WHEN MATCHED THEN UPDATE SET v = s.v, n = t.n + 100
		WHEN NOT MATCHED AND NOT s.del THEN INSERT (k, v) VALUES (s.k, s.v)`
	for _, begin := range []string{"BEGIN", "COMMIT"} {
		run(t, s, begin)
		res := run(t, s, merge)
		if got := names(res); got != "number of rows inserted|number of rows updated|number of rows deleted" {
			t.Errorf("columns %s", got)
		}
		if got := text(res); got != "1|1|1" {
			t.Errorf("counts %s", got)
		}
		is(t, s, `SELECT * FROM t ORDER BY k`, "1|A|101\n3|c|3\n4|D|7")
		run(t, s, `ROLLBACK`)
		if begin == "BEGIN" {
			is(t, s, `SELECT * FROM t ORDER BY k`, "1|a|1\n2|b|2\n3|c|3")
		}
	}
	steps(t, s, []step{
		{`MERGE INTO t USING (SELECT 9 AS k) s ON t.k = s.k WHEN MATCHED THEN DELETE`, "0"},
		// Values of clauses that do not apply are not computed.
		{`MERGE INTO t USING (SELECT 1 AS k, 'x' AS v) s ON t.k = s.k WHEN NOT MATCHED THEN INSERT (k) VALUES (s.v) WHEN MATCHED THEN UPDATE SET v = s.v`, "0|1"},
		{`MERGE INTO t USING (SELECT NULL AS k) s ON t.k = s.k WHEN NOT MATCHED THEN INSERT (k) VALUES (s.k)`, "(100072 22000) NULL result in a non-nullable column"},
		// Two rows of the source for one of the target.
		{`MERGE INTO t USING (SELECT column1 AS k, column2 AS v FROM VALUES (1, 'p'), (1, 'q')) s ON t.k = s.k WHEN MATCHED THEN UPDATE SET v = s.v`, "(100090 42P18) Duplicate row detected during DML action\nRow Values: [1,"},
		{`MERGE INTO t USING (SELECT column1 AS k FROM VALUES (3), (3)) s ON t.k = s.k WHEN MATCHED THEN DELETE`, "1"},
		{`ALTER SESSION SET ERROR_ON_NONDETERMINISTIC_MERGE = FALSE`, "Statement executed successfully."},
		{`MERGE INTO t USING (SELECT column1 AS k, column2 AS v FROM VALUES (1, 'p'), (1, 'p')) s ON t.k = s.k WHEN MATCHED THEN UPDATE SET v = s.v`, "1"},
		{`SELECT v FROM t WHERE k = 1`, "p"},
		// Keys are not enforced.
		{`CREATE TABLE keyed (id INT PRIMARY KEY, u INT UNIQUE)`, "Table KEYED successfully created."},
		{`INSERT INTO keyed VALUES (1, 1), (1, 1)`, "2"},
		{`INSERT INTO keyed VALUES (NULL, 1)`, "(100072 22000) NULL result"},
		{`MERGE INTO keyed t USING (SELECT 1 AS id) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)`, "0"},
		{`SELECT COUNT(*) FROM keyed`, "2"},
		{`UPDATE keyed SET u = s.v FROM (SELECT column1 AS v FROM VALUES (5), (6)) s`, "2|2"},
		{`ALTER SESSION SET ERROR_ON_NONDETERMINISTIC_UPDATE = TRUE`, "Statement executed successfully."},
		{`UPDATE keyed SET u = s.v FROM (SELECT column1 AS v FROM VALUES (5), (6)) s`, "(100090 42P18) Duplicate row"},
		{`DELETE FROM keyed USING (SELECT column1 AS v FROM VALUES (1), (1)) s WHERE keyed.id = s.v`, "2"},
	})
}
