package snowflaketest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

// TestStorageIntegration holds that a stage is only where its integration lets it be, for roles that may use that.
func TestStorageIntegration(t *testing.T) {
	t.Parallel()
	bucket := memblob.OpenBucket(nil)
	defer bucket.Close()
	if err := bucket.WriteAll(t.Context(), "in/a.parquet", parquetFile(t, 0, 10), nil); err != nil {
		t.Fatal(err)
	}
	server := snowflaketest.Start(t, &snowflaketest.Options{
		Buckets: map[string]*blob.Bucket{"s3://bucket/": bucket}, Roles: []string{"LOADER"},
		Users: []snowflaketest.User{{Name: "TESTER", Password: "testing"}, {Name: "BOB", Password: "x", Role: "LOADER"}},
	})
	db := open(t, server)
	mustExec(t, db,
		"CREATE STORAGE INTEGRATION OURS TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::1:role/r' STORAGE_ALLOWED_LOCATIONS = ('s3://bucket/in/', 's3://bucket/out') STORAGE_BLOCKED_LOCATIONS = ('s3://bucket/in/no/') COMMENT = 'ours'",
		"CREATE STAGE HERE URL = 's3://bucket/in/' STORAGE_INTEGRATION = OURS",
		"GRANT USAGE ON DATABASE TEST TO ROLE LOADER", "GRANT USAGE, CREATE STAGE ON SCHEMA TEST.PUBLIC TO ROLE LOADER")
	if got := query(t, db, "LIST @HERE"); len(got) != 1 {
		t.Errorf("LIST has %v", got)
	}
	for statement, why := range map[string]string{
		"CREATE STAGE X URL = 's3://bucket/' STORAGE_INTEGRATION = OURS":                                      "Location 's3://bucket/' is not allowed by integration OURS",
		"CREATE STAGE X URL = 's3://bucket/in/no/x' STORAGE_INTEGRATION = OURS":                               "is not allowed by integration OURS",
		"CREATE STAGE X URL = 's3://bucket/outside/' STORAGE_INTEGRATION = OURS":                              "is not allowed by integration OURS",
		"CREATE STAGE X URL = 's3://bucket/in/' STORAGE_INTEGRATION = NONE":                                   "does not exist",
		"ALTER STAGE HERE SET URL = 's3://other/'":                                                            "is not allowed by integration OURS",
		"CREATE STORAGE INTEGRATION Y TYPE = EXTERNAL_STAGE ENABLED = TRUE STORAGE_ALLOWED_LOCATIONS = ('*')": "STORAGE_PROVIDER",
		"CREATE NOTIFICATION INTEGRATION Y TYPE = QUEUE ENABLED = TRUE":                                       "INTEGRATION of TYPE = QUEUE",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q", statement, err, why)
		}
	}
	if got := query(t, db, "LIST @HERE"); len(got) != 1 {
		t.Errorf("LIST has %v after an ALTER that was refused", got)
	}
	if got := query(t, db, "SHOW STORAGE INTEGRATIONS"); len(got) != 1 || !cmp.Equal(got[0][:5], []string{"OURS", "EXTERNAL_STAGE", "STORAGE", "true", "ours"}) {
		t.Errorf("SHOW has %v", got)
	}
	properties := map[string]string{}
	for _, row := range query(t, db, "DESC INTEGRATION OURS") {
		properties[row[0]] = row[2]
	}
	if diff := cmp.Diff(map[string]string{
		"ENABLED": "true", "STORAGE_PROVIDER": "S3", "STORAGE_ALLOWED_LOCATIONS": "s3://bucket/in/,s3://bucket/out",
		"STORAGE_BLOCKED_LOCATIONS": "s3://bucket/in/no/", "STORAGE_AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "COMMENT": "ours",
	}, properties); diff != "" {
		t.Errorf("DESC INTEGRATION (-want +got):\n%s", diff)
	}
	found := false
	for _, row := range query(t, db, "DESC STAGE HERE") {
		found = found || row[1] == "URL" && row[3] == `["s3://bucket/in/"]`
	}
	if !found {
		t.Error("DESC STAGE does not have the URL")
	}
	const makes = "CREATE STAGE BOBS URL = 's3://bucket/in/' STORAGE_INTEGRATION = OURS"
	mustExec(t, db, "GRANT ROLE LOADER TO USER TESTER")
	conn := one(t, db)
	if _, err := conn.ExecContext(t.Context(), "USE ROLE LOADER"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), makes); err == nil {
		t.Error("a role that may not use the integration makes a stage by it")
	}
	mustExec(t, db, "GRANT USAGE ON INTEGRATION OURS TO ROLE LOADER")
	if _, err := conn.ExecContext(t.Context(), makes); err != nil {
		t.Error(err)
	}
	mustExec(t, db, "ALTER STORAGE INTEGRATION OURS SET ENABLED = FALSE")
	if _, err := db.ExecContext(t.Context(), "LIST @HERE"); err == nil || !strings.Contains(err.Error(), "not enabled") {
		t.Errorf("LIST by an integration that is not enabled: %v", err)
	}
	mustExec(t, db, "DROP STORAGE INTEGRATION OURS")
	if _, err := db.ExecContext(t.Context(), "LIST @HERE"); err == nil {
		t.Error("LIST by an integration that is dropped succeeds")
	}
}
