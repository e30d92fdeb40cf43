package file

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

const (
	tinyBytes  = 1 << 20  // a record up to this size may be joined with those of other files
	groupBytes = 16 << 20 // what is joined into one record at most
	groupWidth = 256      // records that are copied together at once
)

// group is the ends of small files that are joined into one record, so that ten thousand files of a row do not
// make as many batches.
type group struct {
	pieces []piece // without their records
	loose  []arrow.Record
	joined []arrow.Record
	rows   int64
	bytes  int64
}

// tiny reports whether a piece is worth joining. Only the end of a file is: within one, pieces are as large as
// they are meant to be.
func tiny(p piece, batchRows int64) bool {
	return p.last && p.rejected.Len() == 0 && (p.rows() == 0 || p.rows() <= batchRows/8 && recordBytes(p.rec) <= tinyBytes)
}

// takes reports whether p has room.
func (g *group) takes(p piece, batchRows int64) bool {
	return g.rows+p.rows() <= batchRows && g.bytes <= groupBytes
}

// add takes p over.
func (g *group) add(mem memory.Allocator, p piece) error {
	if p.rec != nil {
		g.rows += p.rec.NumRows()
		g.bytes += recordBytes(p.rec)
		g.loose = append(g.loose, p.rec)
		p.rec = nil
	}
	g.pieces = append(g.pieces, p)
	if len(g.loose) < groupWidth {
		return nil
	}
	return g.tie(mem)
}

// tie joins the loose records into one.
func (g *group) tie(mem memory.Allocator) error {
	rec, err := concat(mem, g.loose)
	if err != nil {
		return err
	}
	g.loose, g.joined = nil, append(g.joined, rec)
	return nil
}

// take empties the group: one record of all rows, nil where there are none, and the pieces.
func (g *group) take(mem memory.Allocator) (arrow.Record, []piece, error) {
	if g.rows == 0 {
		pieces := g.pieces
		g.drop()
		return nil, pieces, nil
	}
	g.loose = append(g.joined, g.loose...)
	g.joined = nil
	if err := g.tie(mem); err != nil {
		return nil, nil, err
	}
	rec, pieces := g.joined[0], g.pieces
	*g = group{}
	return rec, pieces, nil
}

// drop forgets everything.
func (g *group) drop() {
	for _, r := range append(g.joined, g.loose...) {
		r.Release()
	}
	*g = group{}
}

// recordBytes returns the bytes of all buffers that a record refers to, whatever part of them it views.
func recordBytes(rec arrow.Record) int64 {
	n := int64(0)
	for _, c := range rec.Columns() {
		n += dataBytes(c.Data())
	}
	return n
}

func dataBytes(d arrow.ArrayData) int64 {
	n := int64(0)
	for _, b := range d.Buffers() {
		if b != nil {
			n += int64(b.Len())
		}
	}
	for _, c := range d.Children() {
		n += dataBytes(c)
	}
	return n
}

// concat takes records of one schema over and returns them as one.
func concat(mem memory.Allocator, recs []arrow.Record) (arrow.Record, error) {
	if len(recs) == 1 {
		return recs[0], nil
	}
	schema, rows := recs[0].Schema(), int64(0)
	for _, r := range recs {
		rows += r.NumRows()
	}
	cols := make([]arrow.Array, 0, schema.NumFields())
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	parts := make([]arrow.Array, len(recs))
	for i := range schema.NumFields() {
		for k, r := range recs {
			parts[k] = r.Column(i)
		}
		col, err := array.Concatenate(parts, mem)
		if err != nil {
			return nil, fmt.Errorf("source/file: join small files: column %q: %w", schema.Field(i).Name, err)
		}
		cols = append(cols, col)
	}
	out := array.NewRecord(schema, cols, rows)
	for _, r := range recs {
		r.Release()
	}
	return out, nil
}
