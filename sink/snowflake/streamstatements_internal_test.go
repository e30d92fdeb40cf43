package snowflake

import (
	"errors"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/dialect"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/sink"
)

func TestStreamingStatements(t *testing.T) {
	s := &StreamingSink{s: testSink(t, "events", Options{Mode: sink.Upsert, Key: []string{"id", "day"}}), opts: StreamingOptions{Pipe: "it's a pipe"}}
	columns := landingColumns(&dialect.Table{Columns: []dialect.Column{
		{Name: "ID", Type: "NUMBER(38,0)", NotNull: true},
		{Name: "DAY", Type: "DATE", NotNull: true},
		{Name: "text", Type: "VARCHAR(16777216)", Default: "'none'"},
		{Name: "TWICE", Type: "NUMBER(38,0)", Generated: true},
	}})
	landing := &dialect.Table{Name: s.lands(), Columns: columns}
	golden(t, "streaming",
		s.s.d.CreateTable(s.s.qualified(s.lands()), columns, nil),
		s.createPipe(),
		sf.Immediate(s.mergeBlock(landing, map[string]int64{"FLOE_P_0_AB": 17, "FLOE_P_1_CD": all}).String()))
}

// TestPosition: the offset after a row that is sent is behind the rows, next to it, that are not.
func TestPosition(t *testing.T) {
	var reasons []deadletter.Reason
	for _, row := range []int64{0, 1, 4, 7} {
		reasons = append(reasons, deadletter.Reason{Row: row})
	}
	// Of 8 rows those numbered 2, 3, 5 and 6 are sent.
	for sent, want := range []int64{2, 3, 5, 6, 8} {
		if got := position(reasons, int64(sent)); got != want {
			t.Errorf("with %d rows sent, the offset is behind row %d, want %d", sent, got, want)
		}
	}
	if got := position(nil, 5); got != 5 {
		t.Errorf("without rejects, the offset of 5 rows is behind row %d", got)
	}
}

func TestStreamedColumnNames(t *testing.T) {
	schema := func(names ...string) *arrow.Schema {
		var fields []arrow.Field
		for _, name := range names {
			fields = append(fields, arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int64})
		}
		return arrow.NewSchema(fields, nil)
	}
	byCase := []dialect.Column{{Name: "Id"}}
	upsert := Options{Mode: sink.Upsert, Key: []string{"id"}}
	for _, tc := range []struct {
		name   string
		o      Options
		pipe   string
		schema *arrow.Schema
		rest   []dialect.Column
		want   bool
	}{
		{"plain", Options{}, "", schema("id", "name"), nil, true},
		{"the sink's own", upsert, "", schema("id", "_floe_channel"), nil, false},
		{"nobody's", Options{}, "", schema("id", "_floe_channel"), nil, true},
		{"two that differ in case", Options{KeepCase: true}, "", schema("id", "ID"), nil, false},
		{"two that differ in case, by names", Options{KeepCase: true}, "p", schema("id", "ID"), nil, true},
		{"another one of the table", Options{}, "", schema("id"), byCase, false},
		{"another one of the table, by names", Options{}, "p", schema("id"), byCase, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &StreamingSink{s: testSink(t, "events", tc.o), opts: StreamingOptions{Pipe: tc.pipe}}
			err := s.checkNames(tc.schema, tc.rest)
			var refused *sink.SchemaError
			if (err == nil) != tc.want || err != nil && !errors.As(err, &refused) {
				t.Errorf("checkNames: %v", err)
			}
		})
	}
}
