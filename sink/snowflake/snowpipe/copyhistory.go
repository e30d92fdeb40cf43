package snowpipe

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	sf "github.com/floedata/floe/dialect/snowflake"
)

// DB is what statements run on: a *sql.DB, *sql.Conn or *sql.Tx of gosnowflake.
type DB interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Load is a file of a table's history.
type Load struct {
	File
	// Table is where it went.
	Table Name
	// Pipe loaded it; the zero Name: a COPY did, or the role lacks MONITOR on the pipe.
	Pipe Name
	// BytesBilled is what Snowpipe counts of it.
	BytesBilled int64
}

// CopyHistoryOptions narrow a history. nil: all that there is.
type CopyHistoryOptions struct {
	// From and To bound the time of the load; both within 14 days. Zero: the last 14 days; now.
	From, To time.Time
	// Pipe has only files that this pipe loaded. nil: all.
	Pipe *Name
	// Files has only files of these names, which are the last parts of their paths. nil: all.
	Files []string
}

// CopyHistory asks INFORMATION_SCHEMA.COPY_HISTORY what was loaded into a table: by pipes and by COPY, within 14 days, by
// time. A table or a pipe that was made anew has no history of before. A load that goes on may be missing. Errors are the
// driver's.
func CopyHistory(ctx context.Context, db DB, table Name, opts *CopyHistoryOptions) ([]Load, error) {
	if table.Database == "" || table.Schema == "" || table.Object == "" {
		return nil, errors.New("snowpipe: CopyHistory: the table's name needs its database and schema")
	}
	var o CopyHistoryOptions
	if opts != nil {
		o = *opts
	}
	var list []Load
	var fault error
	err := sf.Each(ctx, db, o.query(table), func(row map[string]string) {
		l, err := parseLoad(row)
		if err != nil && fault == nil {
			fault = err
		}
		list = append(list, l)
	})
	if err == nil {
		err = fault
	}
	if err != nil {
		return nil, fmt.Errorf("snowpipe: the history of %s: %w", table.plain(), err)
	}
	return list, nil
}

// historyTimes are the columns whose texts are asked for as they are parsed.
var historyTimes = []string{"LAST_LOAD_TIME", "PIPE_RECEIVED_TIME"}

func (o CopyHistoryOptions) query(table Name) string {
	var b strings.Builder
	b.WriteString("SELECT FILE_NAME, STAGE_LOCATION, FILE_SIZE, ROW_COUNT, ROW_PARSED, ERROR_COUNT, ERROR_LIMIT, STATUS," +
		" FIRST_ERROR_MESSAGE, FIRST_ERROR_LINE_NUMBER, FIRST_ERROR_CHARACTER_POS, FIRST_ERROR_COLUMN_NAME," +
		" TABLE_CATALOG_NAME, TABLE_SCHEMA_NAME, TABLE_NAME, PIPE_CATALOG_NAME, PIPE_SCHEMA_NAME, PIPE_NAME, BYTES_BILLED")
	for _, name := range historyTimes {
		fmt.Fprintf(&b, `, TO_VARCHAR(CONVERT_TIMEZONE('UTC', %s), 'YYYY-MM-DD"T"HH24:MI:SS.FF9"Z"') AS %s`, name, name)
	}
	start := "DATEADD(minute, 1, DATEADD(day, -14, CURRENT_TIMESTAMP()))"
	if !o.From.IsZero() {
		start = timestamp(o.From)
	}
	fmt.Fprintf(&b, "\nFROM TABLE(%s.INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => %s, START_TIME => %s", quote(table.Database), sf.Literal(table.String()), start)
	if !o.To.IsZero() {
		b.WriteString(", END_TIME => " + timestamp(o.To))
	}
	b.WriteString("))")
	var where []string
	if o.Pipe != nil {
		for _, part := range []struct{ column, value string }{
			{"PIPE_CATALOG_NAME", o.Pipe.Database}, {"PIPE_SCHEMA_NAME", o.Pipe.Schema}, {"PIPE_NAME", o.Pipe.Object},
		} {
			if part.value != "" {
				where = append(where, part.column+" = "+sf.Literal(part.value))
			}
		}
	}
	if o.Files != nil {
		names := make([]string, len(o.Files))
		for i, name := range o.Files {
			names[i] = sf.Literal(name)
		}
		where = append(where, "SPLIT_PART(FILE_NAME, '/', -1) IN ("+strings.Join(names, ", ")+")")
	}
	if len(where) > 0 {
		b.WriteString("\nWHERE " + strings.Join(where, " AND "))
	}
	b.WriteString("\nORDER BY LAST_LOAD_TIME")
	return b.String()
}

func quote(name string) string { return Name{Object: name}.String() }

// timestamp writes a moment.
func timestamp(at time.Time) string {
	return sf.Literal(at.UTC().Format("2006-01-02 15:04:05.000000000 +0000")) + "::TIMESTAMP_LTZ"
}

// parseLoad reads a row of the history, by the names of its columns in lower case; null is "".
func parseLoad(row map[string]string) (Load, error) {
	var fault error
	number := func(name string) int64 {
		text := row[name]
		if text == "" {
			return 0
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil && fault == nil {
			fault = fmt.Errorf("%s of %.200q is %.60q, not a number", strings.ToUpper(name), row["file_name"], text)
		}
		return n
	}
	moment := func(name string) time.Time {
		var s stamp
		if err := s.parse(row[name]); err != nil && fault == nil {
			fault = fmt.Errorf("%s of %.200q: %w", strings.ToUpper(name), row["file_name"], err)
		}
		return s.Time
	}
	l := Load{
		File: File{
			Path: row["file_name"], StageLocation: row["stage_location"], Size: number("file_size"),
			Received: moment("pipe_received_time"), LastInsert: moment("last_load_time"),
			RowsInserted: number("row_count"), RowsParsed: number("row_parsed"), Errors: number("error_count"), ErrorLimit: number("error_limit"),
			FirstError: row["first_error_message"], FirstErrorLine: number("first_error_line_number"),
			FirstErrorCharacter: number("first_error_character_pos"), FirstErrorColumn: row["first_error_column_name"],
			Status: parseStatus(row["status"]),
		},
		Table:       Name{row["table_catalog_name"], row["table_schema_name"], row["table_name"]},
		Pipe:        Name{row["pipe_catalog_name"], row["pipe_schema_name"], row["pipe_name"]},
		BytesBilled: number("bytes_billed"),
	}
	l.Complete = l.Status.Done()
	if l.Path == "" && fault == nil {
		fault = errors.New("a row has no FILE_NAME")
	}
	return l, fault
}
