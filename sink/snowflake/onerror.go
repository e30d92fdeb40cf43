package snowflake

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/floedata/floe/deadletter"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/rejects"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
)

// OnError says what COPY does with rows that it refuses. They become rejects: which rows they are is found out, why is
// told as far as Snowflake does, by VALIDATE, or else by the first error of each file.
type OnError struct{ option, fault string }

// What COPY does with rows that it refuses.
var (
	Abort    = OnError{}                    // nothing of the batch is loaded, which fails
	Continue = OnError{option: "CONTINUE"}  // the others are loaded
	SkipFile = OnError{option: "SKIP_FILE"} // those of other files are loaded
)

// SkipFileFrom is SkipFile for files with that many errors or more; of others the rows that are good are loaded.
func SkipFileFrom(n int) OnError {
	e := OnError{option: fmt.Sprintf("SKIP_FILE_%d", n)}
	if n < 1 {
		e.fault = fmt.Sprintf("SkipFileFrom(%d): a file is skipped from 1 error on", n)
	}
	return e
}

// SkipFileOver is SkipFile for files with more errors than that share of their rows.
func SkipFileOver(percent int) OnError {
	e := OnError{option: fmt.Sprintf("'SKIP_FILE_%d%%'", percent)}
	if percent < 0 || percent > 100 {
		e.fault = fmt.Sprintf("SkipFileOver(%d): a share is from 0 to 100 percent", percent)
	}
	return e
}

// String is the option of COPY.
func (e OnError) String() string {
	if e.option == "" {
		return "ABORT_STATEMENT"
	}
	return e.option
}

// tolerate copies batches into work tables, and makes rejects of what COPY refuses.
func (s *Sink) tolerate(ctx context.Context, c *sql.Conn, loads []*loading) error {
	for _, l := range loads {
		if l.done || l.st == nil {
			continue
		}
		if err := s.tolerateOne(ctx, c, l); err != nil {
			l.err = err
			return retry.Transient(errGroup)
		}
	}
	return nil
}

func (s *Sink) tolerateOne(ctx context.Context, c *sql.Conn, l *loading) error {
	reasons := l.st.reasons
	if len(l.st.files) > 0 {
		l.work = s.newWork()
		results, err := s.copyToWork(ctx, c, l)
		if err != nil {
			return err
		}
		refused, err := s.refusedBy(ctx, c, l, results)
		if err != nil {
			return err
		}
		reasons = rejects.Merge(reasons, refused)
	}
	l.st.rejected.Release()
	l.st.rejected = nil
	var err error
	if l.st.rejected, err = rejects.Take(s.mem, l.b.Records, reasons); err != nil {
		return err
	}
	l.st.rows = l.b.Rows - l.st.rejected.Len()
	g, ctx := errgroup.WithContext(ctx)
	err = l.w.encodeRejects(ctx, g, l.b, l.st)
	return errors.Join(err, g.Wait())
}

// copyResult is what COPY answers of a file.
type copyResult struct {
	File   string      `json:"file"`
	Status string      `json:"status"`
	Loaded json.Number `json:"loaded"`
	Error  string      `json:"error"` // the first
	Query  string      `json:"query"` // the id of the COPY
}

// copyToWork copies the files of a batch into its work table.
func (s *Sink) copyToWork(ctx context.Context, c *sql.Conn, l *loading) (map[string]copyResult, error) {
	answer, err := run(ctx, c, s.workBlock(l).String())
	if err != nil {
		return nil, err
	}
	results := map[string]copyResult{}
	for d := json.NewDecoder(strings.NewReader(answer)); d.More(); {
		var list []copyResult
		if err := d.Decode(&list); err != nil {
			return nil, fmt.Errorf("the answer of COPY: %w", err)
		}
		for _, r := range list {
			results[r.File[strings.LastIndexByte(r.File, '/')+1:]] = r
		}
	}
	return results, nil
}

// workBlock makes the work table of a batch, copies its files there, and answers what became of each.
func (s *Sink) workBlock(l *loading) *block {
	b := &block{variables: []string{"id VARCHAR", "part VARCHAR", "detail VARCHAR"}, failed: []string{"DROP TABLE IF EXISTS " + l.work}}
	b.add("detail := ''", l.st.plan.createWork(s, l.work))
	files := l.copied(l.st.files)
	for len(files) > 0 {
		part := files[:min(len(files), s.opts.CopyFiles)]
		files = files[len(part):]
		paths := make([]string, len(part))
		for i, f := range part {
			paths[i] = sf.Literal(f.path)
		}
		b.add(
			s.copyStatement(l.work, paths),
			"id := SQLID",
			`SELECT TO_JSON(ARRAY_AGG(OBJECT_CONSTRUCT('file', "file", 'status', "status", 'loaded', "rows_loaded", 'error', "first_error", 'query', :id))) INTO :part FROM TABLE(RESULT_SCAN(:id))`,
			"detail := detail || part")
	}
	b.add("RETURN detail")
	return b
}

// refusedBy finds the rows of a batch that are in no work table and were not refused before, by their ordinals.
func (s *Sink) refusedBy(ctx context.Context, c *sql.Conn, l *loading, results map[string]copyResult) ([]deadletter.Reason, error) {
	loaded := int64(0)
	for _, f := range l.st.files {
		r, found := results[f.name]
		n, err := r.Loaded.Int64()
		if !found || err != nil || r.Status == "LOAD_SKIPPED" {
			return nil, retry.Transient(fmt.Errorf("COPY does not say what became of %s (%s)", f.name, r.Status))
		}
		loaded += n
	}
	rows := int64(0)
	for _, f := range l.st.files {
		rows += f.rows
	}
	if loaded == rows {
		return nil, nil
	}
	missing, err := s.missing(ctx, c, l)
	if err != nil {
		return nil, err
	}
	before := map[int64]bool{}
	for _, r := range l.st.reasons {
		before[l.st.start+r.Row] = true
	}
	told := s.validate(ctx, c, l, results)
	var reasons []deadletter.Reason
	file, next, number := 0, l.st.start, int64(0) // number counts the rows of the file before next
	for _, ordinal := range missing {
		if before[ordinal] {
			continue
		}
		for ordinal >= l.st.files[file].end {
			next, number = l.st.files[file].end, 0
			file++
		}
		for ; next < ordinal; next++ {
			if !before[next] {
				number++
			}
		}
		f := l.st.files[file]
		message := "COPY refused it, or its file; the first error there: " + results[f.name].Error
		if text := told[rowOfFile{f.name, number + 1}]; text != "" {
			message = "COPY refused it: " + text
		}
		reasons = append(reasons, deadletter.Reason{Row: ordinal - l.st.start, Code: deadletter.CodeConstraint, Message: message})
	}
	if int64(len(reasons)) != rows-loaded {
		return nil, fmt.Errorf("COPY says that it refused %d rows, and %d are missing", rows-loaded, len(reasons))
	}
	return reasons, nil
}

// rowOfFile is a row by its number in a file, from 1 on.
type rowOfFile struct {
	file string
	row  int64
}

// validate asks what was wrong with the rows that the COPYs of a batch refused. What Snowflake does not tell is no error.
func (s *Sink) validate(ctx context.Context, c *sql.Conn, l *loading, results map[string]copyResult) map[rowOfFile]string {
	told := map[rowOfFile]string{}
	asked := map[string]bool{}
	for _, r := range results {
		if r.Query == "" || asked[r.Query] {
			continue
		}
		asked[r.Query] = true
		err := sf.Each(ctx, c, fmt.Sprintf("SELECT * FROM TABLE(VALIDATE(%s, JOB_ID => %s))", l.work, sf.Literal(r.Query)), func(row map[string]string) {
			n, err := strconv.ParseInt(row["row_number"], 10, 64)
			at := rowOfFile{row["file"][strings.LastIndexByte(row["file"], '/')+1:], n}
			if err == nil && told[at] == "" {
				told[at] = row["error"]
			}
		})
		if err != nil {
			s.opts.Logger.WarnContext(ctx, "Snowflake does not tell why it refused rows", "sink", "snowflake", "table", s.name, "error", err)
		}
	}
	return told
}

// missing lists the ordinals of a batch that its work table has not, by the gaps between those that it has.
func (s *Sink) missing(ctx context.Context, c *sql.Conn, l *loading) ([]int64, error) {
	found, err := c.QueryContext(ctx, s.gaps(l))
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var list []int64
	next := l.st.start
	fill := func(end int64) {
		for ; next < end; next++ {
			list = append(list, next)
		}
	}
	for found.Next() {
		var before, after int64
		if err := found.Scan(&before, &after); err != nil {
			return nil, err
		}
		next = before + 1
		fill(after)
		next = after + 1
	}
	return list, found.Err()
}

// gaps is the query of the gaps: the ordinals before and behind each. One is behind the last.
func (s *Sink) gaps(l *loading) string {
	return fmt.Sprintf(`SELECT before, ordinal FROM (
    SELECT ordinal, LAG(ordinal, 1, %d) OVER (ORDER BY ordinal) AS before FROM (
      SELECT %s AS ordinal FROM %s UNION ALL SELECT %d))
  WHERE ordinal > before + 1 ORDER BY ordinal`, l.st.start-1, s.d.Quote(ordinalColumn), l.work, l.st.end)
}

// fromWork adds what takes rows from work tables that are there.
func (s *Sink) fromWork(b *block, loads []*loading) {
	for _, l := range loads {
		if l.work != "" {
			b.failed = append(b.failed, "DROP TABLE IF EXISTS "+l.work)
		}
	}
	for i, l := range loads {
		if l.work != "" && s.opts.Mode == sink.Upsert {
			b.variables = append(b.variables, l.st.plan.boundVariables(i)...)
			b.add(l.st.plan.readBounds(s, i, l.work))
		}
	}
	b.add("BEGIN TRANSACTION")
	for i, l := range loads {
		switch {
		case l.work == "":
		case s.opts.Mode == sink.Upsert:
			b.add(l.w.plan.Load().merge(s, i, l.work, s.qualified(l.w.table)))
		default:
			list := l.st.plan.list(s)
			b.add(
				fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s", s.qualified(l.w.table), list, list, l.work),
				when(fmt.Sprintf("SQLROWCOUNT <> %d", l.st.rows), append(append([]string{"detail := SQLROWCOUNT || ' rows'", "ROLLBACK"}, b.failed...), "RETURN '"+answerShort+" ' || detail")...))
		}
	}
}

// list writes the columns that rows have.
func (p *plan) list(s *Sink) string {
	names := make([]string, len(p.columns))
	for i, c := range p.columns {
		names[i] = s.d.Quote(c.Name)
	}
	return strings.Join(names, ", ")
}
