package snowflaketest_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

func Example() {
	ctx := context.Background()
	account, err := snowflaketest.New(snowflaketest.Options{}) // in a test: snowflaketest.Start(t, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = account.Close() }()

	db := sql.OpenDB(gosnowflake.NewConnector(gosnowflake.SnowflakeDriver{}, *account.Config()))
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, "CREATE TABLE trips (id NUMBER, fare NUMBER(10,2))"); err != nil {
		log.Fatal(err)
	}
	if _, err := db.ExecContext(ctx, "INSERT INTO trips VALUES (?, ?), (?, ?)", 1, "12.50", 2, "7.25"); err != nil {
		log.Fatal(err)
	}
	var rows int
	var total string
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*), SUM(fare) FROM trips").Scan(&rows, &total); err != nil {
		log.Fatal(err)
	}
	fmt.Println(rows, "trips for", total)
	// Output: 2 trips for 19.75
}

// The reply to an INSERT is lost. The driver sends the request again, and the account knows that it has been carried out.
func ExampleServer_Inject() {
	ctx := context.Background()
	account, err := snowflaketest.New(snowflaketest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = account.Close() }()
	db := sql.OpenDB(gosnowflake.NewConnector(gosnowflake.SnowflakeDriver{}, *account.Config()))
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, "CREATE TABLE t (n NUMBER)"); err != nil {
		log.Fatal(err)
	}

	account.Inject(snowflaketest.Fault{Match: snowflaketest.Statement("INSERT"), Effect: snowflaketest.CutAfter()})
	if _, err := db.ExecContext(ctx, "INSERT INTO t VALUES (1)"); err != nil {
		log.Fatal(err)
	}

	var rows int
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM t").Scan(&rows); err != nil {
		log.Fatal(err)
	}
	sent := 0
	for _, call := range account.Calls() {
		if call.Statement == "INSERT" {
			sent++
		}
	}
	fmt.Println("sent", sent, "times, rows:", rows)
	// Output: sent 2 times, rows: 1
}
