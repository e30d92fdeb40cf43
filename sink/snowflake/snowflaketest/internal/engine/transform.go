package engine

import (
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
)

// transformed is the stage that COPY INTO a table FROM (SELECT … FROM @stage) reads, and its select list.
func transformed(q *syntax.Query) (*syntax.StageRef, *syntax.Select, error) {
	sel, ok := q.Body.(*syntax.Select)
	if ok && len(sel.From) == 1 && len(q.With) == 0 && len(q.Order) == 0 && q.Limit == nil && q.Offset == nil {
		if ref, ok := sel.From[0].(*syntax.StageRef); ok && len(ref.Params) == 0 {
			return ref, sel, nil
		}
	}
	return nil, nil, unsupported("a transformation of COPY that is more than a select list and one stage")
}

// transform renders the select list of a COPY over the columns that package copyinto has for a file.
func (w *work) transform(l *loading) error {
	if l.list == nil || len(l.request.Files) == 0 {
		return nil
	}
	if err := w.begin(); err != nil {
		return err
	}
	// How many columns there are: no more is asked of what is scanned.
	scanned, err := copyinto.Scan(w.ctx, w.conn, w.e.look, l.request.Source)
	if err != nil {
		return err
	}
	if err := scanned.Close(w.ctx); err != nil {
		return err
	}
	rel := translate.Relation{}
	for _, c := range scanned.Columns {
		meta := strings.HasPrefix(c.Name, "METADATA$")
		rel.Columns = append(rel.Columns, translate.Column{Name: c.Name, Type: c.Type, Nullable: true, Hidden: meta})
		if !meta {
			l.request.Width++
		}
	}
	_, rel.Open = l.format.(*copyinto.CSV)
	items, from, err := translate.Items(l.list, transformation{w.resolver(), rel})
	if err != nil {
		return err
	}
	// What is read is package copyinto's own; of the item of FROM it needs the names behind AS, with that of its first column.
	_, as, _ := strings.Cut(from, ") AS ")
	l.request.Transform = &copyinto.Transform{As: strings.Replace(as, "(", "(n, ", 1)}
	for _, x := range items {
		if x.Type.Kind == 0 {
			x.Type = varchar
		}
		l.request.Transform.Items = append(l.request.Transform.Items, copyinto.Item{SQL: x.SQL, Type: x.Type})
	}
	return nil
}

// transformation is a resolver to whom the stage is what a COPY reads.
type transformation struct {
	resolver
	stage translate.Relation
}

func (t transformation) Stage(*syntax.StageRef) (translate.Relation, error) { return t.stage, nil }
