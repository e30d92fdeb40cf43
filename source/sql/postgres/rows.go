package postgres

import (
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5"

	"github.com/floedata/floe/internal/decode/text"
	floesql "github.com/floedata/floe/source/sql"
)

// rows implements [floesql.Rows].
type rows struct {
	rows   pgx.Rows
	mem    memory.Allocator
	schema *arrow.Schema
	make   []maker // of columns
}

// describe makes the schema of the result.
func (r *rows) describe(types map[string]arrow.DataType) error {
	descriptions := r.rows.FieldDescriptions()
	if len(descriptions) == 0 {
		return errors.New("the statement has no columns")
	}
	fields := make([]arrow.Field, len(descriptions))
	for i, d := range descriptions {
		t, make, err := columnOf(d, types[d.Name])
		if err != nil {
			return err
		}
		fields[i] = arrow.Field{Name: d.Name, Type: t, Nullable: true}
		r.make = append(r.make, make)
	}
	r.schema = arrow.NewSchema(fields, nil)
	return nil
}

// Schema implements [floesql.Rows].
func (r *rows) Schema() *arrow.Schema { return r.schema }

// Read implements [floesql.Rows].
func (r *rows) Read(most, bytes int64) (floesql.Chunk, error) {
	b := array.NewRecordBuilder(r.mem, r.schema)
	defer b.Release()
	columns := make([]column, len(r.make))
	for i, make := range r.make {
		columns[i] = make(b.Field(i))
	}
	var faults []floesql.Fault
	n, size := int64(0), int64(0)
	for n < most && size < bytes && r.rows.Next() {
		for i, raw := range r.rows.RawValues() {
			if raw == nil {
				b.Field(i).AppendNull()
				continue
			}
			size += int64(len(raw))
			if f := columns[i].append(raw); f != text.None {
				if b.Field(i).Len() == int(n) { // a list has taken its place
					b.Field(i).AppendNull()
				}
				faults = r.fault(faults, n, i, f, columns[i].words(raw))
			}
		}
		n++
	}
	if n < most && size < bytes {
		if err := r.rows.Err(); err != nil {
			return floesql.Chunk{}, err
		}
	}
	if n == 0 {
		return floesql.Chunk{}, io.EOF
	}
	return floesql.Chunk{Record: b.NewRecord(), Faults: faults}, nil
}

// fault adds a value that did not fit to those of its row.
func (r *rows) fault(faults []floesql.Fault, row int64, column int, f text.Fault, words string) []floesql.Fault {
	if n := len(faults); n == 0 || faults[n-1].Row != row {
		faults = append(faults, floesql.Fault{
			Row: row, Column: column, Code: f.Code(), Message: f.Describe([]byte(words), r.schema.Field(column).Type.String()), Texts: map[int]string{},
		})
	}
	faults[len(faults)-1].Texts[column] = words
	return faults
}

// Close implements [floesql.Rows].
func (r *rows) Close() error {
	r.rows.Close()
	return r.rows.Err()
}
