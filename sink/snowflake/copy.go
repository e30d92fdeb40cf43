package snowflake

import (
	"fmt"
	"slices"
	"strings"

	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/mark"
	"github.com/floedata/floe/sink"
)

// What a block of a load answers.
const (
	answerLoaded  = "LOADED"
	answerShort   = "SHORT"   // a file was not loaded with exactly its rows; which ones follows
	answerSwapped = "SWAPPED" // the table is not the one that the offsets count
	answerMoved   = "MOVED"   // the offset of a batch has moved; its number in the group follows
)

// fileFormat has what makes Snowflake read the files by the types that they say: without it, timestamps become numbers,
// bytes text, and the text \N null.
const fileFormat = "(TYPE = PARQUET USE_VECTORIZED_SCANNER = TRUE USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE REPLACE_INVALID_CHARACTERS = FALSE TRIM_SPACE = FALSE NULL_IF = ())"

// loadBlock is the program that loads batches, all or none.
func (s *Sink) loadBlock(loads []*loading) *block {
	b := newLoadBlock()
	switch {
	case s.opts.OnError != Abort:
		s.fromWork(b, loads)
	case s.opts.Mode == sink.Upsert:
		s.upsert(b, loads)
	default:
		b.add("BEGIN TRANSACTION")
		for _, t := range tables(loads) {
			s.copyInto(b, s.qualified(t), s.filesOf(loads, t))
		}
	}
	s.endLoadBlock(b, loads)
	return b
}

// newLoadBlock returns a block with the variables of a load.
func newLoadBlock() *block {
	return &block{variables: []string{"id VARCHAR", "short INTEGER", "detail VARCHAR", "comment VARCHAR"}}
}

// endLoadBlock adds what ends the transaction of a load: rejects, the look at the table, the offsets, and the commit.
func (s *Sink) endLoadBlock(b *block, loads []*loading) {
	s.copyInto(b, s.qualified(s.opts.resolve(s.opts.Rejects)), refusedFiles(loads))
	for _, t := range tables(loads) {
		s.sameTable(b, t, loads)
	}
	b.add(s.moves(loads)...)
	b.add("COMMIT")
	b.add(b.failed...) // of an upsert: its work tables go
	b.add("RETURN '" + answerLoaded + "'")
}

// tables are those that the batches go into.
func tables(loads []*loading) []string {
	var list []string
	for _, l := range loads {
		if !slices.Contains(list, l.w.table) {
			list = append(list, l.w.table)
		}
	}
	return list
}

// copied is a file that a COPY reads.
type copied struct {
	path string // below the sink's directory
	name string
	rows int64
}

func (l *loading) copied(files []stagedFile) []copied {
	list := make([]copied, len(files))
	for i, f := range files {
		list[i] = copied{l.w.lane + f.name, f.name, f.rows}
	}
	return list
}

func (s *Sink) filesOf(loads []*loading, table string) (list []copied) {
	for _, l := range loads {
		if l.st != nil && l.w.table == table {
			list = append(list, l.copied(l.st.files)...)
		}
	}
	return list
}

func refusedFiles(loads []*loading) (list []copied) {
	for _, l := range loads {
		if l.st != nil {
			list = append(list, l.copied(l.st.refused)...)
		}
	}
	return list
}

// copyInto adds the COPY of files into a table, and the look at its result: each file is to be there with exactly its rows.
func (s *Sink) copyInto(b *block, table string, files []copied) {
	for part := range slices.Chunk(files, s.opts.CopyFiles) {
		paths, values := make([]string, len(part)), make([]string, len(part))
		for i, f := range part {
			paths[i] = sf.Literal(f.path)
			values[i] = fmt.Sprintf("(%s, %d)", sf.Literal(f.name), f.rows)
		}
		b.add(
			s.copyStatement(table, paths),
			"id := SQLID",
			fmt.Sprintf(`SELECT COUNT(*), LISTAGG(e.name || ': ' || COALESCE(r."status", 'not loaded') || ', ' || COALESCE(r."rows_loaded", 0) || ' of ' || e.n || ' rows' || COALESCE(': ' || r."first_error", ''), '; ')
    INTO :short, :detail
    FROM (SELECT column1 AS name, column2 AS n FROM VALUES %s) e
    LEFT JOIN TABLE(RESULT_SCAN(:id)) r ON SPLIT_PART(r."file", '/', -1) = e.name
    WHERE COALESCE(r."status", '') <> 'LOADED' OR r."rows_loaded" <> e.n`, strings.Join(values, ", ")),
			when("short > 0", slices.Concat([]string{"ROLLBACK"}, b.failed, []string{"RETURN '" + answerShort + " ' || detail"})...))
	}
}

// copyStatement is the COPY of files, whose paths are literals.
func (s *Sink) copyStatement(table string, paths []string) string {
	return fmt.Sprintf(`COPY INTO %s
    FROM %s
    FILES = (%s)
    FILE_FORMAT = %s
    MATCH_BY_COLUMN_NAME = CASE_SENSITIVE
    ON_ERROR = %s`, table, s.stage(s.directory()), strings.Join(paths, ", "), fileFormat, s.opts.OnError)
}

// sameTable adds the check that a table is still the one that the offsets count.
func (s *Sink) sameTable(b *block, table string, loads []*loading) {
	var other []string // conditions under which it is not
	for _, l := range loads {
		condition := fmt.Sprintf("POSITION(%s, comment) = 0", sf.Literal(mark.Text(l.w.Mark)))
		if l.w.table == table && l.w.Mark != "" && !slices.Contains(other, condition) {
			other = append(other, condition)
		}
	}
	if len(other) == 0 {
		return
	}
	b.add(s.readComment(table)...)
	b.add(when(strings.Join(other, " OR "), slices.Concat([]string{"ROLLBACK"}, b.failed, []string{"RETURN '" + answerSwapped + "'"})...))
}

// readComment reads the comment of a table into the variable comment of a block; "" = there is none, or no table. The
// block has the variable id, too.
func (s *Sink) readComment(table string) []string {
	return []string{
		s.place.ShowTables(table),
		"id := SQLID",
		fmt.Sprintf(`SELECT COALESCE(MAX("comment"), '') INTO :comment FROM TABLE(RESULT_SCAN(:id)) WHERE "name" = %s`, sf.Literal(table)),
	}
}
