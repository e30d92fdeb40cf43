package snowflake_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

func start(t testing.TB) *snowflaketest.Server {
	return snowflaketest.Start(t, &snowflaketest.Options{LocalStages: true})
}

func open(t testing.TB, server *snowflaketest.Server, table string, o snowflake.Options) *snowflake.Sink {
	t.Helper()
	s, err := snowflake.Open(t.Context(), snowflake.Config{Driver: server.Config()}, table, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
	return s
}

var rowSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

// rowsOf makes a record of the usual schema.
func rowsOf(t testing.TB, ids []int64, names ...string) arrow.Record {
	t.Helper()
	b := array.NewRecordBuilder(memory.DefaultAllocator, rowSchema)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues(ids, nil)
	for i := range ids {
		if i < len(names) {
			b.Field(1).(*array.StringBuilder).Append(names[i])
		} else {
			b.Field(1).AppendNull()
		}
	}
	rec := b.NewRecord()
	t.Cleanup(rec.Release)
	return rec
}

// claim opens a partition, and prepares for the usual rows.
func claim(t testing.TB, s sink.Sink, partition string) (sink.Writer, string) {
	t.Helper()
	w, committed, err := s.Open(t.Context(), "p", partition)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Prepare(t.Context(), rowSchema); err != nil {
		t.Fatal(err)
	}
	return w, committed
}

// batch makes one of a record, behind an offset.
func batch(t testing.TB, partition, from string, rec arrow.Record) *sink.Batch {
	t.Helper()
	n, err := offset.Ordinal(from)
	if err != nil {
		t.Fatal(err)
	}
	b, err := sinktest.NewBatch("p", partition, from, fmt.Sprint("row ", n+rec.NumRows()), rec.Schema(), rec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Release)
	return b
}

func stage(t testing.TB, w sink.Writer, b *sink.Batch) {
	t.Helper()
	if err := w.(sink.Stager).Stage(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// load stages and loads ids behind from, and returns the offset then.
func load(t testing.TB, w sink.Writer, partition, from string, ids ...int64) string {
	t.Helper()
	b := batch(t, partition, from, rowsOf(t, ids))
	stage(t, w, b)
	if _, err := w.Load(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return b.To
}

// texts returns the rows of a query, each with blanks between its values.
func texts(t testing.TB, server *snowflaketest.Server, query string) []string {
	t.Helper()
	list := []string{}
	err := look(server.Config(), func(db *sql.DB) error {
		rows, err := db.QueryContext(t.Context(), query)
		if err != nil {
			return err
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(sql.NullString)
			}
			if err := rows.Scan(values...); err != nil {
				return err
			}
			parts := make([]string, len(values))
			for i, v := range values {
				parts[i] = v.(*sql.NullString).String
			}
			list = append(list, strings.Join(parts, " "))
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return list
}

func want(t testing.TB, server *snowflaketest.Server, query string, rows ...string) {
	t.Helper()
	if diff := cmp.Diff(slices.Concat([]string{}, rows), texts(t, server, query)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", query, diff)
	}
}

// staged lists the base names of the files on the sink's stage.
func staged(t testing.TB, server *snowflaketest.Server) []string {
	t.Helper()
	var names []string
	for _, row := range texts(t, server, "LIST @_FLOE_STAGE") {
		path, _, _ := strings.Cut(row, " ")
		names = append(names, path[strings.LastIndexByte(path, '/')+1:])
	}
	return names
}

func exec(t testing.TB, server *snowflaketest.Server, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if err := server.Exec(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// TestNames: a plain name is that of Snowflake without quotes, any other is taken as it is, and columns are found by either.
func TestNames(t *testing.T) {
	server := start(t)
	exec(t, server, `CREATE TABLE EVENTS ("id" NUMBER(38,0), NAME VARCHAR(20))`)
	s := open(t, server, "events", snowflake.Options{})
	w, from := claim(t, s, "a")
	load(t, w, "a", from, 1, 2)
	want(t, server, `SELECT "id", NAME FROM EVENTS ORDER BY 1`, "1 ", "2 ")

	s = open(t, server, "my table", snowflake.Options{})
	w, from = claim(t, s, "a")
	load(t, w, "a", from, 3)
	want(t, server, `SELECT ID, NAME FROM "my table"`, "3 ")
}

// TestFilesGo: files are removed once they are loaded, those of an attempt that came to nothing once its rows are, and others
// never.
func TestFilesGo(t *testing.T) {
	server := start(t)
	s := open(t, server, "events", snowflake.Options{})
	w, from := claim(t, s, "a")
	lost := batch(t, "a", from, rowsOf(t, []int64{1, 2, 3}))
	stage(t, w, lost) // and its process dies
	if got := staged(t, server); len(got) != 1 || !strings.HasPrefix(got[0], "0-3-") {
		t.Fatalf("staged: %q", got)
	}
	w, from = claim(t, open(t, server, "events", snowflake.Options{}), "a")
	from = load(t, w, "a", from, 1, 2)
	if got := staged(t, server); len(got) != 1 {
		t.Errorf("staged: %q: the file of three rows is of two that are committed and one that is not", got)
	}
	load(t, w, "a", from, 3)
	if got := staged(t, server); len(got) != 0 {
		t.Errorf("staged: %q, all of whose rows are committed", got)
	}

	kept := open(t, server, "kept", snowflake.Options{KeepStaged: true})
	w, from = claim(t, kept, "a")
	load(t, w, "a", from, 1)
	if got := staged(t, server); len(got) != 1 {
		t.Errorf("staged: %q of what is to be kept", got)
	}
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2", "3")
}

// TestLocalFiles: nothing stays in the staging directory.
func TestLocalFiles(t *testing.T) {
	server, dir := start(t), t.TempDir()
	s := open(t, server, "events", snowflake.Options{StagingDir: dir, FileSize: 1 << 10})
	w, from := claim(t, s, "a")
	load(t, w, "a", from, make([]int64, 10_000)...)
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
	want(t, server, "SELECT COUNT(*) FROM EVENTS", "10000")
}

// TestFileIsShort: a load whose file is not there, or does not have its rows, does not commit.
func TestFileIsShort(t *testing.T) {
	server := start(t)
	s := open(t, server, "events", snowflake.Options{})
	w, from := claim(t, s, "a")
	b := batch(t, "a", from, rowsOf(t, []int64{1, 2}))
	stage(t, w, b)
	exec(t, server, "REMOVE @_FLOE_STAGE")
	if _, err := w.Load(t.Context(), b); err == nil {
		t.Error("a file that is gone was loaded")
	}
	want(t, server, "SELECT COUNT(*) FROM EVENTS", "0")
	want(t, server, "SELECT COMMITTED FROM _FLOE_OFFSETS", "")
}

// TestTableIsSwapped: rows do not go into another table than the offset counts.
func TestTableIsSwapped(t *testing.T) {
	server := start(t)
	s := open(t, server, "events", snowflake.Options{})
	w, from := claim(t, s, "a")
	from = load(t, w, "a", from, 1, 2)
	b := batch(t, "a", from, rowsOf(t, []int64{3}))
	stage(t, w, b)
	exec(t, server, "CREATE OR REPLACE TABLE EVENTS (ID NUMBER(38,0), NAME VARCHAR)")
	if _, err := w.Load(t.Context(), b); err == nil || retry.IsTransient(err) || !strings.Contains(err.Error(), "made anew") {
		t.Errorf("Load: %v", err)
	}
	want(t, server, "SELECT COUNT(*) FROM EVENTS", "0")
	exec(t, server, "DROP TABLE EVENTS")
	w, from = claim(t, open(t, server, "events", snowflake.Options{}), "a")
	if from != "" {
		t.Errorf("the claim goes on from %q in a table that is gone", from)
	}
	load(t, w, "a", from, 1, 2, 3)
	want(t, server, "SELECT COUNT(*) FROM EVENTS", "3")

	exec(t, server, "COMMENT ON TABLE EVENTS IS 'mine'")
	if _, _, err := s.Open(t.Context(), "p", "a"); err == nil || !strings.Contains(err.Error(), "has lost the mark") {
		t.Errorf("Open: %v", err)
	}
}

// TestTwins: two rows of one partition, as two first claims at once may leave them, move together.
func TestTwins(t *testing.T) {
	server := start(t)
	s := open(t, server, "events", snowflake.Options{})
	old, from := claim(t, s, "a")
	from = load(t, old, "a", from, 1)
	exec(t, server, "INSERT INTO _FLOE_OFFSETS SELECT PIPELINE, TARGET, PARTITION_ID, 0, '', '' FROM _FLOE_OFFSETS")
	w, again := claim(t, open(t, server, "events", snowflake.Options{}), "a")
	if again != from {
		t.Errorf("the claim goes on from %q, want %q", again, from)
	}
	b := batch(t, "a", from, rowsOf(t, []int64{2}))
	stage(t, old, b)
	if _, err := old.Load(t.Context(), b); !errors.Is(err, sink.ErrFenced) {
		t.Errorf("the older claim: %v", err)
	}
	to := load(t, w, "a", again, 2)
	want(t, server, "SELECT EPOCH, COMMITTED FROM _FLOE_OFFSETS", "2 "+to, "2 "+to)
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2")
}

// TestGroup: batches of several partitions, and consecutive ones of one, are one load: all, or none where one is fenced.
func TestGroup(t *testing.T) {
	server := start(t)
	s := open(t, server, "events", snowflake.Options{})
	var group []sink.Loading
	add := func(w sink.Writer, partition, from string, ids ...int64) *sink.Batch {
		b := batch(t, partition, from, rowsOf(t, ids))
		stage(t, w, b)
		group = append(group, sink.Loading{Writer: w, Batch: b})
		return b
	}
	a, fromA := claim(t, s, "a")
	b, fromB := claim(t, s, "b")
	first := add(a, "a", fromA, 1, 2)
	add(b, "b", fromB, 3)
	second := add(a, "a", first.To, 4)

	claim(t, open(t, server, "events", snowflake.Options{}), "b")
	_, errs := s.LoadAll(t.Context(), group)
	if !errors.Is(errs[1], sink.ErrFenced) || !retry.IsTransient(errs[0]) || !retry.IsTransient(errs[2]) {
		t.Fatalf("errors %v", errs)
	}
	want(t, server, "SELECT COUNT(*) FROM EVENTS", "0")
	receipts, errs := s.LoadAll(t.Context(), []sink.Loading{group[0], group[2]})
	if errs[0] != nil || errs[1] != nil || receipts[0].Rows != 2 || receipts[1].Rows != 1 || len(receipts[0].Files) != 1 {
		t.Fatalf("%v, %v", receipts, errs)
	}
	want(t, server, "SELECT ID FROM EVENTS ORDER BY ID", "1", "2", "4")
	want(t, server, "SELECT COMMITTED FROM _FLOE_OFFSETS WHERE PARTITION_ID = 'a'", second.To)
	copies := 0
	for _, c := range server.Calls() {
		copies += strings.Count(c.SQL, "COPY INTO")
	}
	if copies != 2 {
		t.Errorf("%d COPYs, want one for each of the two groups", copies)
	}
}

// TestRejectsTable: rows that the table cannot take come with the load into the table of rejects.
func TestRejectsTable(t *testing.T) {
	server := start(t)
	exec(t, server, "CREATE TABLE EVENTS (ID NUMBER(2,0), NAME VARCHAR(3) NOT NULL)")
	s := open(t, server, "events", snowflake.Options{Rejects: "bad"})
	w, from := claim(t, s, "a")
	b := batch(t, "a", from, rowsOf(t, []int64{1, 200, 3, 4}, "abc", "abc", "abcd"))
	stage(t, w, b)
	if _, err := w.Load(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	want(t, server, "SELECT ID, NAME FROM EVENTS", "1 abc")
	want(t, server, `SELECT _FLOE_CODE, _FLOE_COLUMN, _FLOE_ROW, _FLOE_VALUES FROM BAD ORDER BY _FLOE_ROW`,
		`outofrange id 1 {"id":"200","name":"abc"}`, `outofrange name 2 {"id":"3","name":"abcd"}`, `null name 3 {"id":"4","name":null}`)
}

// TestOnAPool: New sets the sessions of the caller's pool up.
func TestOnAPool(t *testing.T) {
	server := start(t)
	db := sql.OpenDB(gosnowflake.NewConnector(gosnowflake.SnowflakeDriver{}, *server.Config()))
	t.Cleanup(func() { db.Close() })
	s, err := snowflake.New(db, "events", nil)
	if err != nil {
		t.Fatal(err)
	}
	w, from := claim(t, s, "a")
	load(t, w, "a", from, 1, 2)
	want(t, server, "SELECT COUNT(*) FROM EVENTS", "2")
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := db.PingContext(t.Context()); err != nil {
		t.Errorf("the pool is the caller's: %v", err)
	}
}

// TestRefusedLogin: it is told at once, as a fault of the configuration, without the password.
func TestRefusedLogin(t *testing.T) {
	server := start(t)
	cfg := server.Config()
	cfg.Password = "hunter2"
	_, err := snowflake.Open(t.Context(), snowflake.Config{Driver: cfg}, "events", nil)
	var faults *config.Error
	if !errors.As(err, &faults) || strings.Contains(err.Error(), "hunter2") || retry.IsTransient(err) {
		t.Errorf("%v", err)
	}
}

// TestManifest: each file has its line.
func TestManifest(t *testing.T) {
	server := start(t)
	var text strings.Builder
	s := open(t, server, "events", snowflake.Options{Manifest: &text})
	w, from := claim(t, s, "a")
	from = load(t, w, "a", from, 1, 2)
	load(t, w, "a", from, 3)
	var lines []snowflake.ManifestLine
	for d := json.NewDecoder(strings.NewReader(text.String())); d.More(); {
		var l snowflake.ManifestLine
		if err := d.Decode(&l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	if len(lines) != 2 || lines[0].BatchID != "p/a/0-2" || lines[0].RowCount != 2 || lines[1].BatchID != "p/a/2-3" ||
		lines[0].QueryID == "" || lines[0].QueryID == lines[1].QueryID || lines[0].LoadedAt.IsZero() || !strings.HasSuffix(lines[0].StagePath, ".parquet") {
		t.Errorf("%+v", lines)
	}
	if !strings.Contains(text.String(), `{"batch_id":"p/a/0-2","stage_path":"floe/`) {
		t.Errorf("%s", text.String())
	}
}
