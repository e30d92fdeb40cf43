package copyinto

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// Relation is the rows of files, as SELECT $1 FROM @stage has them.
type Relation struct {
	// SQL is a SELECT in parentheses: n, the ordinal of a record in its file, and the columns.
	SQL     string
	Columns []Column
	inputs  []*input
}

// Close drops what the relation reads.
func (r *Relation) Close(ctx context.Context) error {
	var all []error
	for _, in := range r.inputs {
		all = append(all, in.close(context.WithoutCancel(ctx)))
	}
	return errors.Join(all...)
}

// Scan makes a relation of the source's files, which reads on conn. See [Load] about look and errors; a record that cannot be
// read is an error. The caller closes the relation after its last use, in the same transaction.
func Scan(ctx context.Context, conn, look *sql.Conn, s Source) (_ *Relation, err error) {
	r := &Relation{}
	defer func() {
		if err != nil {
			_ = r.Close(ctx)
		}
	}()
	width := max(1, s.Width)
	for _, f := range s.Files {
		in, err := openWhole(ctx, conn, look, s, f)
		if err != nil {
			var broken *fileError
			if errors.As(err, &broken) {
				return nil, broken.row(f).abort()
			}
			return nil, fmt.Errorf("scan %s: %w", f.Name, err)
		}
		r.inputs = append(r.inputs, in)
		width = max(width, len(in.columns))
		if len(in.errors) > 0 {
			e := in.errors[0]
			e.File = f.relative()
			return nil, e.abort()
		}
	}
	var parts []string
	for i, in := range r.inputs {
		parts = append(parts, in.scanned(s.Files[i], s, width))
	}
	typ := types.Type{Kind: types.Variant}
	if s.Format.Type() == "CSV" {
		typ = types.Type{Kind: types.Text, Length: types.DefaultText}
	}
	for i := range width {
		r.Columns = append(r.Columns, Column{Name: fmt.Sprintf("$%d", i+1), Type: typ, Nullable: true})
	}
	for _, name := range metadataNames {
		r.Columns = append(r.Columns, Column{Name: name, Type: metadata[name].typ, Nullable: true})
	}
	if len(parts) == 0 {
		parts = []string{noRows(r.Columns)}
	}
	r.SQL = "(" + strings.Join(parts, " UNION ALL ") + ")"
	return r, nil
}

// noRows is a SELECT of the columns and no rows.
func noRows(columns []Column) string {
	items := []string{"CAST(NULL AS BIGINT) AS n"}
	for _, c := range columns {
		items = append(items, "CAST(NULL AS "+c.Type.DuckDB()+") AS "+ident(c.Name))
	}
	return "SELECT " + strings.Join(items, ", ") + " WHERE FALSE"
}

var metadataNames = []string{
	"METADATA$FILENAME", "METADATA$FILE_ROW_NUMBER", "METADATA$FILE_CONTENT_KEY", "METADATA$FILE_LAST_MODIFIED", "METADATA$START_SCAN_TIME",
}

// openWhole opens a file with all that its records have.
func openWhole(ctx context.Context, conn, look *sql.Conn, s Source, f File) (*input, error) {
	switch format := s.Format.(type) {
	case *CSV:
		return openCSV(ctx, conn, format, f, csvPlan{match: MatchNone})
	case *JSON:
		return openJSON(ctx, conn, format, f, MatchNone, nil)
	case *Parquet:
		c := newConverter(s)
		in, err := openParquet(ctx, look, format, &c, f.Path)
		if err != nil {
			return nil, err
		}
		return in.whole(format, &c), nil
	}
	return nil, fmt.Errorf("unknown format %T", s.Format)
}

// scanned is a SELECT of the input's rows with width columns $n, their ordinals n, and the METADATA$ columns.
func (in *input) scanned(f File, s Source, width int) string {
	items := []string{"n"}
	for i := range width {
		value := "CAST(NULL AS VARCHAR)"
		if i < len(in.columns) {
			value = in.columns[i].sql
		}
		items = append(items, fmt.Sprintf(`%s AS "$%d"`, value, i+1))
	}
	for _, name := range metadataNames {
		items = append(items, fmt.Sprintf("CAST(%s AS %s) AS %s", metadata[name].of(f, s.Session), metadata[name].typ.DuckDB(), ident(name)))
	}
	return "SELECT " + strings.Join(items, ", ") + " FROM " + in.from
}

// relative is what texts of errors call the file.
func (f File) relative() string {
	if f.Relative == "" {
		return f.Name
	}
	return f.Relative
}
