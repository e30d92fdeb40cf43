package copyinto

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/marcboeker/go-duckdb"
)

// fill appends rows to a temporary table on conn, in its transaction, as next gives them: the values of a row, or nil at the
// end. The slice is next's.
func fill(ctx context.Context, conn *sql.Conn, table string, next func() ([]driver.Value, error)) error {
	return conn.Raw(func(raw any) (err error) {
		a, err := duckdb.NewAppenderFromConn(raw.(driver.Conn), "", table)
		if err != nil {
			return fmt.Errorf("append records: %w", err)
		}
		defer func() {
			if closed := a.Close(); err == nil && closed != nil {
				err = fmt.Errorf("append records: %w", closed)
			}
		}()
		for rows := 0; ; rows++ {
			if rows%4096 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			row, err := next()
			if err != nil || row == nil {
				return err
			}
			if err := a.AppendRow(row...); err != nil {
				return fmt.Errorf("append records: %w", err)
			}
		}
	})
}
