// Package rejects has what sinks do alike with the rows that their target refuses.
package rejects

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

// Columns is the layout of a table of rejects. A row that the target refuses may hold what no typed column
// can, so that it is kept as text to read and as an Arrow stream to replay.
func Columns() []arrow.Field {
	return append(deadletter.Columns(),
		arrow.Field{Name: "_floe_values", Type: arrow.BinaryTypes.String},
		arrow.Field{Name: "_floe_record", Type: arrow.BinaryTypes.Binary})
}

// Record lays the rows that the sink refused of a batch out for the table of rejects; the record is the caller's. Origin counts from the source's position at the start of
// the batch, so that it names the same row however the batches are cut.
func Record(mem memory.Allocator, b *sink.Batch, rejected *deadletter.Rows) (arrow.Record, error) {
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
	whole := counted.WithReasons(mem, deadletter.Origin{Stage: "sink", Pipeline: b.Pipeline, Partition: b.Partition, Offset: strings.ToValidUTF8(from.Position, "\uFFFD")})
	defer whole.Release()
	columns := append([]arrow.Array{}, whole.Columns()[rejected.Record.NumCols():]...)
	texts := array.NewStringBuilder(mem)
	defer texts.Release()
	streams := array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary)
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
	return array.NewRecord(arrow.NewSchema(Columns(), nil), append(columns, values, records), rejected.Len()), nil
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
