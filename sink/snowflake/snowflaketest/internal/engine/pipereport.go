package engine

import (
	"context"
	"encoding/json"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// PipeEvent is a file that a pipe has done with.
type PipeEvent struct {
	Mark           int64  // grows from event to event
	Path, Location string // the file as the pipe was told of it, and where that is below
	Size           int64
	Received, At   time.Time
	Status         copyinto.Status
	Parsed, Loaded int64
	Seen, Limit    int64
	First          copyinto.RowError // the first error; none has no message
	System         string            // why the file was not processed; "" = it was
}

// PipeSpan says which events of a pipe are wanted.
type PipeSpan struct {
	After    int64     // those behind this mark
	From, To time.Time // From ≤ At < To
	Most     int
	Latest   bool // of more than Most, the last ones and not the first
}

// PipeReport is what a pipe tells of the files that it has done with.
type PipeReport struct {
	Pipe     string // its name with all its parts
	Events   []PipeEvent
	Complete bool  // all of the span are there
	Behind   int64 // how many events are behind the span's mark, whether in the span or not
}

// PipeReport returns the events of a span in their order. It needs MONITOR; errors are *Error.
func (s *Session) PipeReport(ctx context.Context, name string, span PipeSpan) (PipeReport, error) {
	var r PipeReport
	err := s.atomically(ctx, func(w *work) error {
		o, err := w.pipeNamed(name, "MONITOR")
		if err != nil {
			return err
		}
		done, err := w.deliveries(o, span)
		if err != nil {
			return err
		}
		r.Pipe, r.Complete = w.e.catalog.full(o), len(done) <= span.Most
		if !r.Complete && span.Latest {
			done = done[len(done)-span.Most:]
		}
		for _, d := range done[:min(len(done), span.Most)] {
			l := d.Load
			r.Events = append(r.Events, PipeEvent{
				Mark: d.event, Path: l.Name, Location: l.Location, Size: l.Size, Received: d.Received.UTC(), At: l.At, Status: l.Status,
				Parsed: l.Parsed, Loaded: l.Loaded, Seen: l.Seen, Limit: l.Limit, First: l.first(), System: d.System,
			})
		}
		r.Behind, err = w.number(`SELECT COUNT(*) FROM floe_pipe_files WHERE pipe = ? AND event > ?`, o.ID, max(span.After, 0))
		return err
	})
	if err != nil {
		return PipeReport{}, answer(ctx, err)
	}
	return r, nil
}

// deliveries returns the files that a pipe has done with in a span, in order; one more than Most, if there are more.
func (w *work) deliveries(o *object, span PipeSpan) ([]delivery, error) {
	order := ""
	if span.Latest {
		order = " DESC"
	}
	rows, err := w.conn.QueryContext(w.ctx, `SELECT event, at, doc FROM (SELECT * FROM floe_pipe_files WHERE pipe = ? AND event > ? AND at >= ? AND at < ?
		ORDER BY at`+order+`, event`+order+` LIMIT ?) ORDER BY at, event`, o.ID, max(span.After, 0), span.From.UnixNano(), span.To.UnixNano(), span.Most+1)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []delivery
	for rows.Next() {
		var d delivery
		var at int64
		var doc string
		if err := rows.Scan(&d.event, &at, &doc); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(doc), &d); err != nil {
			return nil, err
		}
		d.Load.At = time.Unix(0, at).UTC()
		out = append(out, d)
	}
	return out, rows.Err()
}

// always is a span of all that a pipe remembers.
func (w *work) always() PipeSpan {
	now := w.e.now()
	return PipeSpan{From: now.Add(-pipeMemory), To: now.Add(time.Nanosecond), Most: 1 << 30}
}

// pipesInto returns the pipes that load files into a table.
func (w *work) pipesInto(table *object) []*object {
	var out []*object
	for _, o := range w.e.catalog.all(syntax.Pipe) {
		if o.Pipe.Table == table.ID && !o.Pipe.Streaming {
			out = append(out, o)
		}
	}
	return out
}
