package mysql_test

import (
	"context"
	"fmt"

	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/mysql"
)

func ExampleOpen() {
	_, err := mysql.Open(context.Background(), "loader:secret@tcp(db.example.com)", "orders", &floesql.Options{Mode: sink.Upsert})
	fmt.Println(err)
	// Output:
	// sink/sql/mysql.Open: bad configuration: dsn: cannot be used: missing the slash separating the database name: it is of the form user:password@tcp(host:port)/database?name=value
	// sink/sql: mysql: bad configuration: Options.Key: is needed by Upsert: name the columns that make a row unique
}
