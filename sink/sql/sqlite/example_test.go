package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe"
	"github.com/floedata/floe/sink"
	floesql "github.com/floedata/floe/sink/sql"
	"github.com/floedata/floe/sink/sql/sqlite"
	"github.com/floedata/floe/source"
)

// scores makes a source of one record.
func scores(id, rows string) source.Source {
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, idAndName, strings.NewReader(rows))
	if err != nil {
		log.Fatal(err)
	}
	return source.FromRecords(id, rec)
}

func ExampleOpen() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "floe")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, rows := range []string{`[{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}]`, `[{"id": 2, "name": "Cleo"}]`} {
		s, err := sqlite.Open(filepath.Join(dir, "people.db"), "people", &floesql.Options{Mode: sink.Upsert, Key: []string{"id"}})
		if err != nil {
			log.Fatal(err)
		}
		p, err := floe.New("people", scores(rows, rows), s, nil)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := p.Run(ctx); err != nil {
			log.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "people.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	var names string
	if err := db.QueryRowContext(ctx, "SELECT group_concat(id || ' ' || name, ', ') FROM people").Scan(&names); err != nil {
		log.Fatal(err)
	}
	fmt.Println(names)
	// Output: 1 Ada, 2 Cleo
}

func ExampleNew() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // else each connection would have a database of its own

	s, err := sqlite.New(db, "people", nil)
	if err != nil {
		log.Fatal(err)
	}
	p, err := floe.New("people", scores("first", `[{"id": 1, "name": "Ada"}]`), s, nil)
	if err != nil {
		log.Fatal(err)
	}
	result, err := p.Run(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Written, "row")
	// Output: 1 row
}
