package engine

import "testing"

func TestPrivileges(t *testing.T) {
	e, admin := start(t, Options{})
	run(t, admin, `CREATE TABLE t (v INT); INSERT INTO t VALUES (1); CREATE STAGE st; CREATE ROLE reader; CREATE ROLE loader; GRANT ROLE reader TO ROLE loader;
		CREATE USER u PASSWORD = 'secret' DEFAULT_ROLE = reader DEFAULT_WAREHOUSE = wh DEFAULT_NAMESPACE = 'DB.PUBLIC';
		GRANT ROLE loader TO USER u; GRANT USAGE ON WAREHOUSE wh TO ROLE reader`)
	if !e.CheckPassword("u", "secret") || e.CheckPassword("u", "wrong") || e.CheckPassword("ADMIN", "") || e.CheckPassword("nobody", "") {
		t.Error("CheckPassword lets the wrong ones in")
	}
	u, err := e.Connect(Login{User: "u"})
	if err != nil {
		t.Fatal(err)
	}
	if got := u.Current(); got != (Current{User: "U", Warehouse: "WH", Role: "READER"}) {
		t.Errorf("without USAGE of the database the session stands at %+v", got)
	}
	fails(t, u, `SELECT * FROM DB.PUBLIC.t`, 2003, "02000", "Database 'DB' does not exist or not authorized")
	run(t, admin, `GRANT USAGE ON DATABASE DB TO ROLE reader; GRANT USAGE ON SCHEMA DB.PUBLIC TO ROLE reader`)
	run(t, u, `USE SCHEMA DB.PUBLIC`)
	fails(t, u, `SELECT * FROM t`, 2003, "42S02", "Object 'T' does not exist or not authorized")
	run(t, admin, `GRANT SELECT ON TABLE t TO ROLE reader`)
	is(t, u, `SELECT * FROM t`, "1")
	fails(t, u, `INSERT INTO t VALUES (2)`, 3001, "42501", "Insufficient privileges to operate on table 'T'")
	fails(t, u, `UPDATE t SET v = 2`, 3001, "42501", "")
	fails(t, u, `CREATE TABLE x (v INT)`, 3001, "42501", "Insufficient privileges to operate on schema 'PUBLIC'")
	fails(t, u, `DROP TABLE t`, 3001, "42501", "")
	fails(t, u, `COPY INTO t FROM @st`, 3001, "42501", "table 'T'")
	fails(t, u, `USE ROLE ACCOUNTADMIN`, 3013, "42501", "Requested role 'ACCOUNTADMIN' is not assigned")
	run(t, admin, `GRANT INSERT, UPDATE ON TABLE t TO ROLE loader; GRANT CREATE TABLE ON SCHEMA DB.PUBLIC TO ROLE loader`)
	fails(t, u, `INSERT INTO t VALUES (2)`, 3001, "42501", "")
	run(t, u, `USE ROLE loader`)
	steps(t, u, []step{
		{`INSERT INTO t VALUES (2)`, "1"},
		{`SELECT SUM(v) FROM t`, "3"},
		{`DELETE FROM t`, "(3001 42501) Insufficient privileges"},
		{`MERGE INTO t USING (SELECT 1 AS v) s ON t.v = s.v WHEN MATCHED THEN DELETE`, "(3001 42501) Insufficient privileges"},
		{`LIST @st`, "(2003 02000) Stage 'DB.PUBLIC.ST' does not exist or not authorized"},
		{`CREATE TABLE mine (v INT)`, "Table MINE successfully created."},
		{`INSERT INTO mine VALUES (1)`, "1"},
		{`GRANT SELECT ON TABLE t TO ROLE PUBLIC`, "(3001 42501) Insufficient privileges"},
		{`GRANT SELECT ON TABLE mine TO ROLE reader`, "Statement executed successfully."},
		{`GRANT FLYING ON TABLE mine TO ROLE reader`, "(3008 42601) Invalid privilege 'FLYING'"},
		{`USE ROLE reader`, "Statement executed successfully."},
		{`SELECT * FROM mine`, "1"},
		{`USE ROLE loader`, "Statement executed successfully."},
		{`REVOKE SELECT ON TABLE mine FROM ROLE reader`, "Statement executed successfully."},
	})
	run(t, admin, `GRANT READ ON STAGE st TO ROLE loader`)
	is(t, u, `LIST @st`, "")
	fails(t, u, `PUT 'file:///x' @st`, 3001, "42501", "stage 'ST'")
	if got := part(run(t, admin, `SHOW GRANTS TO ROLE loader`), "privilege", "granted_on", "name"); got != "CREATE TABLE|SCHEMA|DB.PUBLIC\n"+
		"INSERT|TABLE|DB.PUBLIC.T\nUPDATE|TABLE|DB.PUBLIC.T\nREAD|STAGE|DB.PUBLIC.ST\nOWNERSHIP|TABLE|DB.PUBLIC.MINE\nUSAGE|ROLE|READER" {
		t.Errorf("SHOW GRANTS TO ROLE answers\n%s", got)
	}
	if got := part(run(t, admin, `SHOW GRANTS ON TABLE t`), "privilege", "grantee_name"); got != "INSERT|LOADER\nOWNERSHIP|ACCOUNTADMIN\nSELECT|READER\nUPDATE|LOADER" {
		t.Errorf("SHOW GRANTS ON TABLE answers\n%s", got)
	}
	run(t, admin, `GRANT SELECT ON FUTURE TABLES IN SCHEMA DB.PUBLIC TO ROLE reader; CREATE TABLE later (v INT); GRANT INSERT ON ALL TABLES IN SCHEMA DB.PUBLIC TO ROLE reader`)
	run(t, u, `USE ROLE reader`)
	is(t, u, `INSERT INTO later VALUES (1)`, "1")
	is(t, u, `SELECT * FROM later`, "1")

	run(t, admin, `ALTER WAREHOUSE wh SUSPEND`)
	is(t, u, `SELECT * FROM later`, "1")
	run(t, admin, `ALTER WAREHOUSE wh SUSPEND; ALTER WAREHOUSE wh SET AUTO_RESUME = FALSE`)
	fails(t, u, `SELECT * FROM later`, 606, "57P03", "No active warehouse selected")
	is(t, u, `SELECT 1`, "1")
	run(t, admin, `CREATE USER both DEFAULT_ROLE = PUBLIC DEFAULT_WAREHOUSE = wh DEFAULT_SECONDARY_ROLES = ('ALL') DISPLAY_NAME = 'Both'; GRANT ROLE loader TO USER both;
		ALTER WAREHOUSE wh SET AUTO_RESUME = TRUE`)
	both := connect(t, e, Login{User: "both"})
	is(t, both, `SELECT COUNT(*) FROM later`, "1")
	run(t, both, `USE SECONDARY ROLES NONE`)
	fails(t, both, `SELECT COUNT(*) FROM DB.PUBLIC.later`, 2003, "02000", "Database 'DB'")
	run(t, admin, `DROP ROLE reader`)
	if _, err := e.Connect(Login{User: "u"}); err == nil || err.(*Error).Code != 390189 {
		t.Errorf("a session with a role that is gone: %v", err)
	}
}
