package snowflake

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

func TestOnErrorOption(t *testing.T) {
	for _, tc := range []struct {
		e           OnError
		want, fault string
	}{
		{OnError{}, "ABORT_STATEMENT", ""},
		{Continue, "CONTINUE", ""},
		{SkipFile, "SKIP_FILE", ""},
		{SkipFileFrom(3), "SKIP_FILE_3", ""},
		{SkipFileFrom(0), "SKIP_FILE_0", "from 1 error on"},
		{SkipFileOver(5), "'SKIP_FILE_5%'", ""},
		{SkipFileOver(-1), "'SKIP_FILE_-1%'", "from 0 to 100 percent"},
	} {
		if tc.e.String() != tc.want || (tc.fault == "") != (tc.e.fault == "") || !strings.Contains(tc.e.fault, tc.fault) {
			t.Errorf("%s, %q, want %s, %q", tc.e, tc.e.fault, tc.want, tc.fault)
		}
	}
}

// TestOnError has COPY refuse a row that the sink took for good, because it was made blind.
func TestOnError(t *testing.T) {
	server := snowflaketest.Start(t, &snowflaketest.Options{LocalStages: true})
	for i, tc := range []struct {
		name    string
		o       Options
		refused string // rows
		loaded  int64
	}{
		{"continue", Options{OnError: Continue}, "1 4", 4},
		{"continue by key", Options{OnError: Continue, Mode: sink.Upsert, Key: []string{"id"}}, "1 4", 4},
		{"skip the file", Options{OnError: SkipFile}, "0 1 2 4 5", 1}, // the row 3 is in a file of its own
		{"skip from three errors", Options{OnError: SkipFileFrom(3)}, "1 4", 4},
		{"skip over a share", Options{OnError: SkipFileOver(100)}, "1 4", 4},
		{"abort", Options{}, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			table := fmt.Sprintf("T%d", i)
			if err := server.Exec(t.Context(), "CREATE TABLE "+table+" (ID NUMBER(2,0))"); err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), Config{Driver: server.Config()}, table, &tc.o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
			loadBlind(t, s, tc.refused, tc.loaded)
		})
	}
}

// loadBlind loads 1, 200, 3 and, in a file of its own, 4, and then 500 and 6.
func loadBlind(t *testing.T, s *Sink, refused string, loaded int64) {
	t.Helper()
	opened, _, err := s.Open(t.Context(), "p", "a")
	if err != nil {
		t.Fatal(err)
	}
	w := opened.(*writer)
	schema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil)
	if err := w.Prepare(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	p := w.plan.Load()
	for i := range p.columns {
		p.columns[i].checks = nil
	}
	var got []string
	b := &sink.Batch{Pipeline: "p", Partition: "a", To: offset.Offset{Position: "x", Ordinal: 6}.String(), Schema: schema, Rows: 6, Release: func() {}}
	for _, ids := range [][]int64{{1, 200, 3}, {4}, {500, 6}} {
		builder := array.NewInt64Builder(memory.DefaultAllocator)
		builder.AppendValues(ids, nil)
		column := builder.NewArray()
		b.Records = append(b.Records, array.NewRecord(schema, []arrow.Array{column}, int64(len(ids))))
	}
	var receipt sink.Receipt
	b.Gate = func(_ context.Context, r sink.Receipt) error {
		defer r.Rejected.Release()
		receipt = r
		if r.Rejected != nil {
			for i, reason := range r.Rejected.Reasons {
				got = append(got, fmt.Sprint(reason.Row))
				// Only rows with errors are told of, not those beside them in a file that is skipped.
				value := map[int64]string{1: "200", 4: "500"}[reason.Row]
				own := strings.HasPrefix(reason.Message, "COPY refused it: ") && strings.Contains(reason.Message, value)
				beside := strings.HasPrefix(reason.Message, "COPY refused it, or its file; the first error there: ")
				if own != (value != "") || own == beside || r.Rejected.Record.NumRows() != r.Rejected.Len() {
					t.Errorf("reject %d: %+v", i, reason)
				}
			}
		}
		return nil
	}
	s.opts.FileSize = 1 // every record is a file
	if err := w.Stage(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	_, err = w.Load(t.Context(), b)
	if s.opts.OnError == Abort {
		if err == nil || retry.IsTransient(err) {
			t.Errorf("Load: %v", err)
		}
	} else if err != nil {
		t.Fatal(err)
	}
	if s.opts.OnError != Abort {
		if diff := cmp.Diff(refused, strings.Join(got, " ")); diff != "" || receipt.Rows != loaded {
			t.Errorf("refused rows (-want +got):\n%s\n%d loaded, want %d", diff, receipt.Rows, loaded)
		}
	}
	var n, sum int64
	if err := s.db.QueryRowContext(t.Context(), "SELECT COUNT(*), COALESCE(SUM(ID), 0) FROM "+s.qualified(s.name)).Scan(&n, &sum); err != nil {
		t.Fatal(err)
	}
	if n != loaded {
		t.Errorf("the table has %d rows, want %d", n, loaded)
	}
}
