package snowflake

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/dialect"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/claim"
	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/sink"
)

var update = flag.Bool("update", false, "write the golden files anew")

// ids are made anew by every run.
var ids = regexp.MustCompile(`[0-9A-F]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// golden compares statements with a file, to be read as text.
func golden(t *testing.T, name string, statements ...string) {
	t.Helper()
	got := ids.ReplaceAllString(strings.Join(statements, "\n;\n")+"\n;\n", "<id>")
	path := filepath.Join("testdata", name+".sql")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", path, diff)
	}
}

// testSink is a sink that knows where its table is, and has no database.
func testSink(t *testing.T, table string, o Options) *Sink {
	t.Helper()
	o, err := checked("test", table, &o)
	if err != nil {
		t.Fatal(err)
	}
	s := newSink(nil, table, o)
	s.place = sf.Place{Database: "DB", Schema: "PUBLIC"}
	s.offsets = offset.Table{Name: s.place.Of(offsetsTable(s.name)), KeyType: "VARCHAR", TextType: "VARCHAR"}
	s.started = true
	return s
}

const testMark = "2f1c2f1c-0000-4000-8000-000000000001"

func testWriter(s *Sink, partition string, epoch int64) *writer {
	key := offset.Key{Pipeline: "p", Target: s.name, Partition: partition}
	return &writer{s: s, Claim: claim.Claim{Offsets: s.offsets, Key: key, Epoch: epoch, Mark: testMark}, table: s.name, lane: lane("p", partition)}
}

// testLoading is a batch of rows that are staged in files of the rows given.
func testLoading(w *writer, from, to string, rows ...int64) *loading {
	l := &loading{w: w, b: &sink.Batch{From: from, To: to}}
	start, _ := offset.Ordinal(from)
	end, _ := offset.Ordinal(to)
	if len(rows) == 0 {
		return l
	}
	l.st = &staged{attempt: attempt{start, end, strings.Repeat("9f86d081", 4)}}
	for i, n := range rows {
		l.b.Rows += n
		l.st.files = append(l.st.files, stagedFile{name: l.st.file(i + 1), rows: n})
	}
	return l
}

func at(ordinal int64, position string) string {
	return offset.Offset{Position: position, Ordinal: ordinal}.String()
}

func TestSessionStatement(t *testing.T) {
	s := testSink(t, "events", Options{QueryTag: "it's"})
	golden(t, "session", s.opts.setUp())
}

func TestClaimStatement(t *testing.T) {
	s := testSink(t, "events", Options{})
	golden(t, "claim",
		sf.Immediate(s.claimBlock(offset.Key{Pipeline: "p", Target: s.name, Partition: "part 0"}).String()),
		sf.Immediate(s.claimBlock(offset.Key{Pipeline: "p", Target: s.name, Partition: "it's a $$ \\ \x00 \xff\nline"}).String()))
}

func TestLoadStatements(t *testing.T) {
	s := testSink(t, "events", Options{Rejects: "events_rejects", CopyFiles: 2})
	a, b := testWriter(s, "part 0", 1), testWriter(s, "part 1", 7)
	refusing := testLoading(b, at(5, "x"), at(9, "y"), 3)
	refusing.st.refused = []stagedFile{{name: refusing.st.file(2), rows: 1}}
	golden(t, "load",
		sf.Immediate(s.loadBlock([]*loading{testLoading(a, "", at(100, "100"), 60, 40)}).String()),
		sf.Immediate(s.loadBlock([]*loading{
			testLoading(a, "", at(100, "100"), 60, 40), testLoading(a, at(100, "100"), at(150, "150"), 50), refusing,
		}).String()),
		sf.Immediate(s.loadBlock([]*loading{testLoading(a, "", at(0, "100"))}).String()))
}

func TestUpsertStatement(t *testing.T) {
	s := testSink(t, "events", Options{Mode: sink.Upsert, Key: []string{"k", "day"}})
	w := testWriter(s, "part 0", 1)
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "k", Type: arrow.PrimitiveTypes.Int64},
		{Name: "day", Type: arrow.FixedWidthTypes.Date32},
		{Name: `a"b`, Type: arrow.BinaryTypes.String},
	}, nil)
	p, err := s.newPlan(schema, &dialect.Table{Name: "EVENTS", Columns: []dialect.Column{
		{Name: "K", Type: "NUMBER(38,0)", NotNull: true},
		{Name: "DAY", Type: "DATE", NotNull: true},
		{Name: `a"b`, Type: "VARCHAR(16777216)"},
		{Name: "MADE", Type: "TIMESTAMP_LTZ(9)", Default: "CURRENT_TIMESTAMP()"},
		{Name: "NOTE", Type: "VARCHAR(10)"},
		{Name: "TWICE", Type: "NUMBER(38,0)", Generated: true},
	}}, true)
	if err != nil {
		t.Fatal(err)
	}
	w.plan.Store(p)
	golden(t, "upsert", sf.Immediate(s.loadBlock([]*loading{testLoading(w, "", at(100, "100"), 100)}).String()))
}

func TestStageStatements(t *testing.T) {
	var list []string
	for _, o := range []Options{{}, {Stage: "~", Prefix: "a/b"}, {Stage: "%"}, {Stage: `my "stage"`, Schema: "x"}} {
		s := testSink(t, `it's "t"`, o)
		w := testWriter(s, "naïve/../../part ☃", 1)
		list = append(list, s.putStatement("/tmp/floe/0-100-9f86d081-1.parquet", w.lane), "LIST "+s.stage(s.directory()+w.lane))
	}
	golden(t, "stage", list...)
}

func TestMarkStatement(t *testing.T) {
	s := testSink(t, `it's "t"`, Options{})
	golden(t, "mark", s.markBlock(`it's "t"`, `the user's \ words`, `the user's \ words [floe:`+testMark+`]`).String())
}

func TestReplaceStatements(t *testing.T) {
	s := testSink(t, "events", Options{Mode: sink.Replace})
	golden(t, "replace",
		sf.Immediate(s.beginBlock("p", testMark).String()),
		sf.Immediate(s.retireBlock("p", shadowOf(testMark), donePrefix+testMark).String()))
}
