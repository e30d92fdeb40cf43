package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/postgres"
)

// What is wrong with a configuration is told at once, before anything is connected to.
func ExampleOpen() {
	ctx := context.Background()
	s, err := postgres.Open(ctx, "postgres://loader:secret@db.example:54x32/shop", "orders", &floesql.Options{Mode: sink.Upsert})
	var bad *config.Error
	if errors.As(err, &bad) {
		for _, f := range bad.Faults {
			fmt.Println(f.Field)
		}
		return
	}
	defer s.Close(ctx)
	// Output:
	// connString
	// Options.Key
}

// A sink on the program's own pool. It connects once it is used.
func ExampleNew() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://loader:secret@db.example/shop")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	s, err := postgres.New(pool, "orders", &floesql.Options{Mode: sink.Upsert, Key: []string{"id"}, Rejects: "orders_rejects"})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close(ctx)
	fmt.Println(s.Limits().Batch.Rows, "rows a load")
	// Output: 500000 rows a load
}
