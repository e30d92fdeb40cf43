package snowflake

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/offset"
)

// owedFile is a file whose rows are committed and not seen in the table yet.
type owedFile struct {
	path  string // below the stage
	rows  int64
	bytes int64
	pipe  pipeID        // that it was entered for; zero: any
	age   time.Duration // since it was entered
}

// name is the last part of the path, which no other file has.
func (f owedFile) name() string { return f.path[strings.LastIndexByte(f.path, '/')+1:] }

// owedName is the table of owed files, beside that of the offsets.
const owedName = "_FLOE_OWED"

// owedTable is the name of the table that keeps the owed files of table.
func owedTable(table string) string {
	if table == owedName {
		return owedName + "_"
	}
	return owedName
}

// owed is that table as it stands in a statement.
func (p *PipeSink) owed() string { return p.s.qualified(owedTable(p.s.name)) }

func (p *PipeSink) createOwed() string {
	return `CREATE TABLE IF NOT EXISTS ` + p.owed() + ` (
	pipeline VARCHAR NOT NULL, target VARCHAR NOT NULL, partition_id VARCHAR NOT NULL, epoch BIGINT NOT NULL,
	file VARCHAR NOT NULL, row_count BIGINT NOT NULL, bytes BIGINT NOT NULL,
	pipe VARCHAR NOT NULL, pipe_created BIGINT NOT NULL, owed_at TIMESTAMP_LTZ NOT NULL)`
}

// enter writes the statement that enters the files of batches, if they have any.
func (p *PipeSink) enter(loads []*loading, id pipeID) []string {
	var rows []string
	for _, l := range loads {
		k := literals(offset.Key(l.w.Key))
		for _, f := range p.filesOf(l) {
			rows = append(rows, fmt.Sprintf("(%s, %s, %s, %d, %s, %d, %d)", k.pipeline, k.target, k.partition, l.w.Epoch, sf.Literal(f.path), f.rows, f.bytes))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return []string{fmt.Sprintf(`INSERT INTO %s (pipeline, target, partition_id, epoch, file, row_count, bytes, pipe, pipe_created, owed_at)
    SELECT column1, column2, column3, column4, column5, column6, column7, %s, %d, CURRENT_TIMESTAMP() FROM VALUES %s`,
		p.owed(), sf.Literal(id.name), id.created, strings.Join(rows, ", "))}
}

// filesOf are the files of a batch.
func (p *PipeSink) filesOf(l *loading) []owedFile {
	if l.st == nil {
		return nil
	}
	list := make([]owedFile, len(l.st.files))
	for i, f := range l.st.files {
		list[i] = owedFile{path: p.directory() + l.w.lane + f.name, rows: f.rows, bytes: f.bytes}
	}
	return list
}

// read reads what is owed by whom the condition says.
func (p *PipeSink) read(ctx context.Context, c *sql.Conn, condition string) ([]owedFile, error) {
	rows, err := c.QueryContext(ctx, fmt.Sprintf(`SELECT file, row_count, bytes, pipe, pipe_created, DATEDIFF(second, owed_at, CURRENT_TIMESTAMP())
    FROM %s WHERE %s ORDER BY file`, p.owed(), condition))
	if err != nil {
		return nil, fmt.Errorf("read what is owed: %w", err)
	}
	defer rows.Close()
	var list []owedFile
	for rows.Next() {
		var f owedFile
		var age int64
		if err := rows.Scan(&f.path, &f.rows, &f.bytes, &f.pipe.name, &f.pipe.created, &age); err != nil {
			return nil, fmt.Errorf("read what is owed: %w", err)
		}
		f.age = time.Duration(age) * time.Second
		list = append(list, f)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read what is owed: %w", err)
	}
	return list, nil
}

// paid writes the statement that takes files out again: by their paths alone, which are of no other batch.
func (p *PipeSink) paid(files []owedFile) string {
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = sf.Literal(f.path)
	}
	return fmt.Sprintf("DELETE FROM %s WHERE file IN (%s)", p.owed(), strings.Join(list, ", "))
}

// forgive takes out what is owed by whom the condition says, and removes the files, so that no pipe loads them.
func (p *PipeSink) forgive(ctx context.Context, c *sql.Conn, condition string) error {
	files, err := p.read(ctx, c, condition)
	if err != nil || len(files) == 0 {
		return err
	}
	p.withdraw(ctx, files)
	for _, f := range files {
		below, err := p.staged(f)
		if err == nil {
			err = p.s.store.remove(ctx, c, below)
		}
		if err != nil {
			return fmt.Errorf("remove %s, which was owed: %w", f.path, err)
		}
	}
	return execAll(ctx, c, "DELETE FROM "+p.owed()+" WHERE "+condition)
}
