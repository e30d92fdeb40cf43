package duckdb_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v17/arrow"
	goduckdb "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
)

// A sink with an instance of its own, that keeps one row a key.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "floe")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	s, err := duckdb.Open(filepath.Join(dir, "trips.db"), "trips", &duckdb.Options{
		Mode:   sink.Upsert,
		Key:    []string{"id"},
		Evolve: sink.AddColumns,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close(context.Background())
	fmt.Println(s.Limits().RecordRows, "rows a record")
	// Output: 122880 rows a record
}

// A sink in the caller's instance: the engine calls Open, Prepare and Load; here they are called by hand.
func ExampleNew() {
	ctx := context.Background()
	connector, err := goduckdb.NewConnector("", nil)
	if err != nil {
		log.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	s, err := duckdb.New(connector, "trips", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close(ctx)
	w, committed, err := s.Open(ctx, "pipeline", "partition")
	if err != nil {
		log.Fatal(err)
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "at", Type: arrow.FixedWidthTypes.Timestamp_us}}, nil)
	if err := w.Prepare(ctx, schema); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("goes on from %q\n", committed)
	rows, err := db.Query("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'trips'")
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, typ string
		if err := rows.Scan(&name, &typ); err != nil {
			log.Fatal(err)
		}
		fmt.Println(name, typ)
	}
	// Output:
	// goes on from ""
	// id BIGINT
	// at TIMESTAMP WITH TIME ZONE
}
