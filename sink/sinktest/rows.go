package sinktest

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
)

// baseSchema is the one of the usual rows.
var baseSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

// id is the one of a row of a partition.
func id(partition int, row int64) int64 { return int64(partition)<<32 + row }

// name returns the usual name of a row; some rows have none.
func name(id int64) (name string, null bool) {
	switch id % 7 {
	case 3:
		return "", true
	case 5:
		return "", false
	}
	return "naïve " + strconv.FormatInt(id, 10), false
}

// baseRecord makes a record of usual rows.
func baseRecord(mem memory.Allocator, ids []int64, names []string) arrow.Record {
	b := array.NewRecordBuilder(mem, baseSchema)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues(ids, nil)
	text := b.Field(1).(*array.StringBuilder)
	text.Reserve(len(ids))
	for i, id := range ids {
		if names != nil {
			text.Append(names[i])
		} else if s, null := name(id); null {
			text.AppendNull()
		} else {
			text.Append(s)
		}
	}
	return b.NewRecord()
}

// idRange returns the ids of rows of a partition.
func idRange(partition int, from, to int64) []int64 {
	ids := make([]int64, 0, to-from)
	for row := from; row < to; row++ {
		ids = append(ids, id(partition, row))
	}
	return ids
}

// expect reads back and compares with the ids wanted; names are the usual ones.
func (k *kit) expect(ctx context.Context, want ...[]int64) error {
	recs, err := k.read(ctx)
	if err != nil {
		return err
	}
	defer releaseAll(recs)
	return expectIn(recs, slices.Concat(want...))
}

func expectIn(recs []arrow.Record, want []int64) error {
	var got []int64
	for _, rec := range recs {
		ids, err := columnOf(rec, "id")
		if err != nil {
			return err
		}
		names, err := columnOf(rec, "name")
		if err != nil {
			return err
		}
		for i := range int(rec.NumRows()) {
			id, err := integer(ids, i)
			if err != nil {
				return err
			}
			got = append(got, id)
			wantName, null := name(id)
			if names.IsNull(i) != null || !null && !isText(names, i, wantName) {
				return fmt.Errorf("row with id %d has the name %s, want %s", id, text(names, i), textOf(wantName, null))
			}
		}
	}
	return compareIDs(slices.Clone(want), got)
}

func textOf(s string, null bool) string {
	if null {
		return "null"
	}
	return strconv.Quote(s)
}

// compareIDs says how many rows are missing, doubled or too many.
func compareIDs(want, got []int64) error {
	slices.Sort(want)
	slices.Sort(got)
	if slices.Equal(want, got) {
		return nil
	}
	var missing, doubled, foreign []int64
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case j == len(got) || i < len(want) && want[i] < got[j]:
			missing = append(missing, want[i])
			i++
		case i < len(want) && want[i] == got[j]:
			i++
			j++
		case i > 0 && want[i-1] == got[j]:
			doubled = append(doubled, got[j])
			j++
		default:
			foreign = append(foreign, got[j])
			j++
		}
	}
	return fmt.Errorf("%d rows are there, want %d: %s", len(got), len(want), listed("missing", missing)+listed("there twice", doubled)+listed("not to be there", foreign))
}

func listed(what string, ids []int64) string {
	if len(ids) == 0 {
		return ""
	}
	s := fmt.Sprintf("%d %s (", len(ids), what)
	for i, id := range ids[:min(3, len(ids))] {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprintf("row %d of partition %d", id&(1<<32-1), id>>32)
	}
	return s + ") "
}

// columnOf finds a column by its exact name.
func columnOf(rec arrow.Record, name string) (arrow.Array, error) {
	at := rec.Schema().FieldIndices(name)
	if len(at) != 1 {
		return nil, fmt.Errorf("what is read back has %d columns named %q, want 1: %v", len(at), name, fieldNames(rec.Schema()))
	}
	return rec.Column(at[0]), nil
}

func fieldNames(s *arrow.Schema) []string {
	names := make([]string, s.NumFields())
	for i, f := range s.Fields() {
		names[i] = f.Name
	}
	return names
}

// rejected is one row that came back.
type rejected struct {
	id     int64
	known  bool // the row has an id
	reason deadletter.Reason
	kept   string // the whole row as text
}

// rejectsOf copies what the rules want to know of rejected rows.
func rejectsOf(rows *deadletter.Rows) []rejected {
	if rows == nil {
		return nil
	}
	var all []rejected
	for i, reason := range rows.Reasons {
		r := rejected{reason: reason}
		if ids, err := columnOf(rows.Record, "id"); err == nil && !ids.IsNull(i) {
			r.id, err = integer(ids, i)
			r.known = err == nil
		}
		for c := range int(rows.Record.NumCols()) {
			r.kept += rows.Record.ColumnName(c) + "=" + text(rows.Record.Column(c), i) + " "
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b rejected) int { return cmp.Compare(a.reason.Row, b.reason.Row) })
	return all
}

// seed keeps checksums of one process comparable.
var seed = maphash.MakeSeed()

// checksum is of all buffers of a record.
func checksum(rec arrow.Record) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, col := range rec.Columns() {
		checksumData(&h, col.Data())
	}
	return h.Sum64()
}

func checksumData(h *maphash.Hash, data arrow.ArrayData) {
	for _, buf := range data.Buffers() {
		if buf != nil {
			_, _ = h.Write(buf.Bytes()) // never fails
		}
	}
	for _, child := range data.Children() {
		checksumData(h, child)
	}
	if data.DataType().ID() == arrow.DICTIONARY {
		checksumData(h, data.Dictionary())
	}
}

func releaseAll(recs []arrow.Record) {
	for _, rec := range recs {
		rec.Release()
	}
}
