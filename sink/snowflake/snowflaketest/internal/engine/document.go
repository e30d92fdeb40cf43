package engine

import (
	"context"
	"encoding/json"
)

// documents hands on what a query answers in its one column, which is JSON, row by row.
func documents[T any](ctx context.Context, q queryer, each func(*T), query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		doc := new(T)
		if err := json.Unmarshal([]byte(text), doc); err != nil {
			return err
		}
		each(doc)
	}
	return rows.Err()
}
