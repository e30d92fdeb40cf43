package duckdb

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/marcboeker/go-duckdb"
)

// createFile makes the database where there is none, whole or not at all: DuckDB writes a new file in several steps, and
// takes what a process that dies between them leaves for no database. So it is made beside its place, in a directory that
// only a process which dies meanwhile leaves behind, and linked to its place. Where a file system has no links, DuckDB makes
// it there.
func createFile(path string) error {
	file := realPath(path)
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return nil // what is wrong with it, DuckDB says
	}
	dir, err := os.MkdirTemp(filepath.Dir(file), "."+filepath.Base(file)+".new-*")
	if err != nil {
		return nil // nor can DuckDB, who says why
	}
	made := filepath.Join(dir, "new.duckdb")
	if err = makeFile(made); err == nil {
		_ = os.Link(made, file) // fails where another process was first, too
	}
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		return fmt.Errorf("sink/duckdb: create %q: %w", path, err)
	}
	return nil
}

// makeFile makes an empty database and closes it.
func makeFile(path string) error {
	connector, err := duckdb.NewConnector(path, nil)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	return errors.Join(db.Ping(), db.Close())
}
