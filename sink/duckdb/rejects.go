package duckdb

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// rejectColumns is the layout of the rejects table. A row that the target refuses may hold what no typed column
// can, so that it is kept as text to read and as an Arrow stream to replay.
func rejectColumns() []arrow.Field {
	return append(deadletter.Columns(),
		arrow.Field{Name: "_floe_values", Type: arrow.BinaryTypes.String},
		arrow.Field{Name: "_floe_record", Type: arrow.BinaryTypes.Binary})
}

// prepareRejects makes the rejects table where the options ask for one.
func (s *Sink) prepareRejects(ctx context.Context, c *sql.Conn) error {
	if s.opts.Rejects == "" {
		return nil
	}
	var columns []string
	for _, f := range rejectColumns() {
		m, err := mapField(s.opts.Rejects, f)
		if err != nil {
			return err
		}
		columns = append(columns, quote(f.Name)+" "+m.sql)
	}
	return s.exec(ctx, c, "CREATE TABLE IF NOT EXISTS "+s.qualified(s.opts.Rejects)+" ("+strings.Join(columns, ", ")+")")
}

// writeRejects puts the rows refused into the rejects table, in the load's transaction.
func (w *writer) writeRejects(ctx context.Context, c *sql.Conn, b *sink.Batch, rejected *deadletter.Rows) error {
	if w.s.opts.Rejects == "" || rejected.Len() == 0 {
		return nil
	}
	rec, err := w.rejectRecord(b, rejected)
	if err != nil {
		return fmt.Errorf("write to the rejects table %q: %w", w.s.opts.Rejects, err)
	}
	defer rec.Release()
	var names []string
	for _, f := range rejectColumns() {
		names = append(names, quote(f.Name))
	}
	list := strings.Join(names, ", ")
	err = w.s.withView(ctx, c, rec.Schema(), []arrow.Record{rec}, func(view string) error {
		return w.s.exec(ctx, c, "INSERT INTO "+w.s.qualified(w.s.opts.Rejects)+" ("+list+") SELECT "+list+" FROM "+view)
	})
	if err != nil {
		return fmt.Errorf("write to the rejects table %q: %w", w.s.opts.Rejects, err)
	}
	return nil
}

// rejectRecord lays the rows out for the rejects table. Origin counts from the source's position at the start of
// the batch, so that it names the same row however the batches are cut.
func (w *writer) rejectRecord(b *sink.Batch, rejected *deadletter.Rows) (arrow.Record, error) {
	from, err := offset.Parse(b.From)
	if err != nil {
		from = offset.Offset{Position: b.From}
	}
	counted := deadletter.Rows{Record: rejected.Record, Reasons: make([]deadletter.Reason, len(rejected.Reasons))}
	for i, r := range rejected.Reasons {
		r.Row += from.Skip
		r.Message = strings.ToValidUTF8(r.Message, "\uFFFD")
		counted.Reasons[i] = r
	}
	whole := counted.WithReasons(w.s.mem, deadletter.Origin{Stage: "sink", Pipeline: b.Pipeline, Partition: b.Partition, Offset: strings.ToValidUTF8(from.Position, "\uFFFD")})
	defer whole.Release()
	columns := append([]arrow.Array{}, whole.Columns()[rejected.Record.NumCols():]...)
	texts := array.NewStringBuilder(w.s.mem)
	defer texts.Release()
	streams := array.NewBinaryBuilder(w.s.mem, arrow.BinaryTypes.Binary)
	defer streams.Release()
	for i := range rejected.Record.NumRows() {
		row := rejected.Record.NewSlice(i, i+1)
		text, stream, err := spell(row)
		row.Release()
		if err != nil {
			return nil, err
		}
		texts.Append(text)
		streams.Append(stream)
	}
	values, records := texts.NewArray(), streams.NewArray()
	defer values.Release()
	defer records.Release()
	return array.NewRecord(arrow.NewSchema(rejectColumns(), nil), append(columns, values, records), rejected.Len()), nil
}

// spell writes one row as a JSON object of texts, in the order of the columns, and as an Arrow stream.
func spell(row arrow.Record) (text string, stream []byte, err error) {
	var b strings.Builder
	for i, col := range row.Columns() {
		name, err := json.Marshal(row.ColumnName(i))
		if err != nil {
			return "", nil, err
		}
		value := []byte("null")
		if col.IsValid(0) {
			if value, err = json.Marshal(col.ValueStr(0)); err != nil {
				return "", nil, err
			}
		}
		b.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	var buf bytes.Buffer
	w := ipc.NewWriter(&buf, ipc.WithSchema(row.Schema()))
	if err := w.Write(row); err != nil {
		return "", nil, err
	}
	if err := w.Close(); err != nil {
		return "", nil, err
	}
	return b.String(), buf.Bytes(), nil
}
