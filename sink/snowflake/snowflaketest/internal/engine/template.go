package engine

import (
	"encoding/json"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// template makes the columns of CREATE TABLE USING TEMPLATE: of an array of objects as INFER_SCHEMA's rows are.
func (w *work) template(q *syntax.Query, t *table) error {
	res, err := w.query(q)
	if err != nil {
		return err
	}
	invalid := compilation(2026, "42601", "USING TEMPLATE has no array of objects with COLUMN_NAME, TYPE and NULLABLE") // approximate: the code
	if len(res.Rows) != 1 || len(res.Columns) != 1 {
		return invalid
	}
	text, _ := res.Rows[0][0].(string)
	var columns []struct {
		Name     string `json:"COLUMN_NAME"`
		Type     string `json:"TYPE"`
		Nullable bool   `json:"NULLABLE"`
	}
	if err := json.Unmarshal([]byte(text), &columns); err != nil || len(columns) == 0 {
		return invalid
	}
	for _, c := range columns {
		x, err := parseExpr("NULL::" + c.Type)
		if err != nil {
			return err
		}
		cast, ok := x.(*syntax.Cast)
		if !ok || c.Name == "" {
			return invalid
		}
		t.Columns = append(t.Columns, column{Name: c.Name, Type: cast.Type, NotNull: !c.Nullable})
	}
	return nil
}
