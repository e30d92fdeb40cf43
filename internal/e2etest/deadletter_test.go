package e2etest_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"
	goduckdb "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe"
	"github.com/floedata/floe/batching"
	"github.com/floedata/floe/config"
	"github.com/floedata/floe/deadletter"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/duckdb"
	"github.com/floedata/floe/transform"
)

// faulty is the rows of some as CSV, of which some cannot be read and one breaks a CHECK.
func faulty(t *testing.T) []byte {
	content := made(t, ".csv", 0, 1000)
	for _, swap := range [][2]string{
		{"\n300,row-300,150\n", "\n300,row-300,many\n"}, // no number
		{"\n400,row-400,200\n", "\n400,row-400\n"},      // too short
		{"\n500,row-500,250\n", "\n500,row-500,-250\n"}, // negative
	} {
		if !bytes.Contains(content, []byte(swap[0])) {
			t.Fatalf("there is no %q", swap[0])
		}
		content = bytes.Replace(content, []byte(swap[0]), []byte(swap[1]), 1)
	}
	return content
}

const checkedTable = "CREATE TABLE t (id BIGINT, name VARCHAR, value DOUBLE CHECK (value >= 0))"

// TestDeadLettersReplayed rejects rows where they are read and where they are loaded. Their letters have the columns that
// package deadletter says, and once they are mended the letters are a source like any other.
func TestDeadLettersReplayed(t *testing.T) {
	w := into(t, write(t, t.TempDir(), "a.csv", faulty(t)))
	w.from.SampleBytes, w.from.BlockBytes = 1000, 2000
	do(t, w.db, checkedTable)
	box := letterbox(t)
	w.opts.DeadLetter, w.opts.Batching = box.sink, batching.Policy{Rows: 100}
	w.must(t, 1000, 997, 3)
	w.must(t, 0, 0, 0)
	box.close(t)
	same(t, w.db, "SELECT * FROM ("+some(0, 1000)+") WHERE id NOT IN (300, 400, 500)", "FROM t")

	want := []string{"id", "name", "value"}
	for _, f := range deadletter.Columns() {
		want = append(want, f.Name)
	}
	got := ask(t, box.path, "SELECT column_name FROM duckdb_columns() WHERE table_name = 'letters' ORDER BY column_index")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns of the letters (-want +got):\n%s", diff)
	}
	same(t, box.path, `VALUES ('e2e', 'files', 'source', 'invalid', 'value', 300, 'line 302: column "value": "many" is not a value of type'),
			('e2e', 'files', 'source', 'invalid', NULL, 400, 'line 402: the row has 2 fields of 3'),
			('e2e', 'files', 'sink', 'constraint', NULL, 500, 'CHECK constraint failed: t')`,
		`SELECT _floe_pipeline, _floe_partition, _floe_stage, _floe_code, _floe_column, id,
			regexp_extract(_floe_reason, 'line 302: column "value": "many" is not a value of type|line 402: the row has 2 fields of 3|CHECK constraint failed: t') FROM letters`)

	letters := filepath.Join(t.TempDir(), "letters.parquet")
	do(t, box.path, "COPY letters TO '"+letters+"' (FORMAT parquet)")
	again := work{name: "e2e replay", db: w.db, paths: []string{letters}}
	again.opts.Transforms = []transform.Transform{
		transform.Func("strip", func(in *arrow.Schema) (*arrow.Schema, error) { return deadletter.Original(in), nil },
			func(_ context.Context, rec arrow.Record) (arrow.Record, *deadletter.Rows, error) {
				return deadletter.Strip(rec), nil, nil
			}),
		transform.Derive("value", "id/2", func(in *transform.Inputs) func(transform.Row) (float64, error) {
			id := transform.Column[int64](in, "id")
			return func(r transform.Row) (float64, error) { return float64(id.At(r)) / 2, nil }
		}),
	}
	again.must(t, 3, 3, 0)
	again.must(t, 0, 0, 0)
	same(t, w.db, some(0, 1000), "FROM t")
}

// TestRejectsTable keeps what the target refuses in a table beside it, once each, whatever run it was.
func TestRejectsTable(t *testing.T) {
	rows := "SELECT id, name, CASE WHEN id % 100 = 7 THEN -1 ELSE value END AS value FROM (" + some(0, 1000) + ")"
	w := into(t, write(t, t.TempDir(), "a.parquet", parquet(t, rows)))
	do(t, w.db, checkedTable)
	w.to.Rejects, w.from.BatchRows, w.opts.Batching = "refused", 100, batching.Policy{Rows: 100}
	w.must(t, 1000, 990, 10)
	w.must(t, 0, 0, 0)
	same(t, w.db, "SELECT * FROM ("+rows+") WHERE value >= 0", "FROM t")
	same(t, w.db, "SELECT 'constraint', id, -1 FROM ("+rows+") WHERE value < 0",
		"SELECT _floe_code, (_floe_values ->> 'id')::BIGINT, (_floe_values ->> 'value')::DOUBLE FROM refused")
}

// A row that cannot be read is no reject of the target: without dead letters it ends the run even where the target keeps its
// own rejects.
func TestRejectsTableIsForTheTarget(t *testing.T) {
	w := into(t, write(t, t.TempDir(), "a.csv", faulty(t)))
	w.from.SampleBytes, w.to.Rejects = 1000, "refused"
	_, err := w.run(t)
	says(t, err, "line 302", "Options.DeadLetter")
	if lost := new(floe.RejectError); !errors.As(err, &lost) {
		t.Errorf("the error is no floe.RejectError: %v", err)
	}
}

// TestMaxRejects ends a run that meets one more bad row than it bears; what was loaded stays, and a later run that bears
// them goes on.
func TestMaxRejects(t *testing.T) {
	w := into(t, write(t, t.TempDir(), "a.csv", faulty(t)))
	w.from.SampleBytes, w.from.BlockBytes = 1000, 2000
	box := letterbox(t)
	w.opts.DeadLetter, w.opts.Batching, w.opts.MaxRejects = box.sink, batching.Policy{Rows: 100}, 1
	res, err := w.run(t)
	says(t, err, "line 402")
	if lost := new(floe.RejectError); !errors.As(err, &lost) || !lost.TooMany {
		t.Errorf("the error says not that there are too many: %v", err)
	}
	w.opts.MaxRejects = 2
	more, err := w.run(t)
	if err != nil {
		t.Fatal(err)
	}
	box.close(t)
	if sum := res.Written + more.Written; sum != 998 {
		t.Errorf("%d rows are written, want 998", sum)
	}
	same(t, box.path, "VALUES (300), (400)", "SELECT DISTINCT id FROM letters")
	same(t, w.db, "SELECT id FROM ("+some(0, 1000)+") WHERE id NOT IN (300, 400)", "SELECT id FROM t")
}

// Dead letters on the sink's own database would wait for the load that waits for them: that is refused, by whichever way
// the database was opened.
func TestDeadLettersOnTheSameDatabase(t *testing.T) {
	connector, err := goduckdb.NewConnector(filepath.Join(t.TempDir(), "shared.duckdb"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer connector.Close()
	open := func(table string) sink.Sink {
		s, err := duckdb.New(connector, table, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close(context.Background()) })
		return s
	}
	other, err := duckdb.Open(filepath.Join(t.TempDir(), "other.duckdb"), "t", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(t.Context())
	rows := into(t, write(t, t.TempDir(), "a.csv", made(t, ".csv", 0, 10)))
	for _, tc := range []struct {
		name string
		dst  sink.Sink
	}{
		{"alone", open("t")},
		{"the first branch of a Tee", sink.Tee(open("t"), other)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := rows
			w.opts.DeadLetter = open("letters")
			_, err := w.runInto(t, tc.dst)
			var wrong *config.Error
			if !errors.As(err, &wrong) || !slices.ContainsFunc(wrong.Faults, func(f config.Fault) bool { return f.Field == "Options.DeadLetter" }) {
				t.Errorf("error %v, want a config.Error about Options.DeadLetter", err)
			}
			if err != nil && !strings.Contains(err.Error(), "another database") {
				t.Errorf("the error does not say what to do: %v", err)
			}
		})
	}
}
