package engine

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// pipeMemory is how long a pipe knows a file by its name, and how long a paused one keeps notifications.
const pipeMemory = 14 * 24 * time.Hour

// refusedOfPipes are the copy options that a pipe may not have, documented.
var refusedOfPipes = []string{"FILES", "SIZE_LIMIT", "PURGE", "FORCE", "RETURN_FAILED_ONLY", "VALIDATION_MODE"}

// createPipe is CREATE PIPE.
func (w *work) createPipe(st *syntax.CreatePipe) (*Result, error) {
	parent, _, err := w.home(syntax.Pipe, st.Name, "CREATE PIPE")
	if err != nil {
		return nil, err
	}
	o := &object{Kind: syntax.Pipe, Pipe: &pipe{Copy: st.Copy.SQL()}}
	// Names in the statement without a schema mean the pipe's: approximate.
	outer := w.base
	w.base = parent
	err = w.definePipe(o.Pipe, st.Copy)
	w.base = outer
	if err != nil {
		return nil, err
	}
	if err := w.pipeParams(o, st.Params); err != nil {
		return nil, err
	}
	if err := w.checkPipe(o.Pipe); err != nil {
		return nil, err
	}
	to, err := w.slot(syntax.Pipe, st.Name, st.OrReplace, st.IfNotExists, false)
	if err != nil || to.done != nil {
		return to.done, err
	}
	if err := w.fill(to, o); err != nil {
		return nil, err
	}
	if o.Pipe.AutoIngest {
		if err := w.overlook(o); err != nil {
			return nil, err
		}
		w.done = append(w.done, w.e.conveyor.wake)
	}
	return status(DDL, fmt.Sprintf("Pipe %s successfully created.", quoted(to.name))), nil
}

// definePipe resolves the statement of a pipe and checks it.
func (w *work) definePipe(p *pipe, st *syntax.CopyInto) error {
	table, err := w.written(st.Table, "CREATE PIPE", "INSERT")
	if err != nil {
		return err
	}
	if err := w.authorize(table, "SELECT"); err != nil {
		return err
	}
	p.Table = table.ID
	if p.Streaming = streaming(st); p.Streaming {
		return w.streamingPipe(p, table, st)
	}
	if st.Source != nil {
		return unsupported("a pipe from TABLE(…) of anything but DATA_SOURCE(TYPE => 'STREAMING')")
	}
	for _, x := range st.Params {
		if slices.Contains(refusedOfPipes, x.Name) || x.Name == "ON_ERROR" && strings.EqualFold(x.Value.Text, "ABORT_STATEMENT") {
			return compilation(1008, "22023", "copy option %s is not supported in a pipe.", x.Name) // approximate: code and text
		}
	}
	l, err := w.loading(st, true)
	if err != nil {
		return err
	}
	if l.spot.object == nil {
		return compilation(1008, "22023", "a pipe cannot load from the stage of a user.") // approximate: code and text
	}
	if _, err := regexp.Compile(l.pattern); err != nil {
		return compilation(1008, "22023", "invalid value [%s] for parameter 'PATTERN'", l.pattern)
	}
	p.Stage, p.Pattern = l.spot.object.ID, l.pattern
	p.Location = l.location()
	return nil
}

// streaming reports whether a pipe's statement reads TABLE(DATA_SOURCE(TYPE => 'STREAMING')), as it is or transformed.
func streaming(st *syntax.CopyInto) bool {
	source := st.Source
	if st.Query != nil {
		if sel, ok := st.Query.Body.(*syntax.Select); ok && len(sel.From) == 1 {
			source, _ = sel.From[0].(*syntax.TableFunc)
		}
	}
	if source == nil || source.Call == nil || source.Call.Name != "DATA_SOURCE" || len(source.Call.Named) != 1 {
		return false
	}
	arg := source.Call.Named[0]
	kind, ok := arg.Value.(*syntax.String)
	return ok && arg.Name == "TYPE" && strings.EqualFold(kind.Value, "STREAMING")
}

// ofPipes are the copy options of a stage or table that hold for a pipe's loads, too.
func ofPipes(s settings) settings {
	return slices.DeleteFunc(slices.Clone(s), func(x setting) bool {
		return slices.Contains(refusedOfPipes, x.Name) || x.Name == "ON_ERROR" && strings.EqualFold(x.Text, "ABORT_STATEMENT")
	})
}

// pipeParams sets the options of CREATE PIPE.
func (w *work) pipeParams(o *object, params []syntax.Param) error {
	for _, x := range params {
		text, err := w.scalar(x.Value)
		if err != nil {
			return err
		}
		switch x.Name {
		case "COMMENT":
			o.Comment = text
		case "AUTO_INGEST":
			o.Pipe.AutoIngest, err = truth(x.Name, text)
		case "INTEGRATION":
			o.Pipe.Integration = text
		case "AWS_SNS_TOPIC":
			o.Pipe.Topic = text
		case "ERROR_INTEGRATION":
			o.Pipe.Errors = text
		default:
			return unsupported("%s of a pipe", x.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkPipe refuses what does not go together.
func (w *work) checkPipe(p *pipe) error {
	if !p.AutoIngest {
		return nil
	}
	stage := w.e.catalog.objects[p.Stage]
	switch {
	case p.Streaming:
		return compilation(1008, "22023", "AUTO_INGEST is not supported in a streaming pipe.") // approximate: code and text
	case stage.Stage == nil || stage.Stage.URL == "":
		return unsupported("AUTO_INGEST = TRUE on an internal stage")
	}
	return nil
}

// statement is that of the pipe, with the table and the stage that it was made for, whatever they are called by now.
func (w *work) statement(p *pipe) (*syntax.CopyInto, error) {
	all, err := syntax.Parse("CREATE PIPE p AS " + p.Copy)
	if err != nil {
		return nil, err
	}
	st := all[0].(*syntax.CreatePipe).Copy
	table, stage := w.e.catalog.objects[p.Table], w.e.catalog.objects[p.Stage]
	switch {
	case table == nil:
		return nil, &stoppedError{state: "STOPPED_MISSING_TABLE", err: compilation(2003, "42S02", "The table of the pipe does not exist or not authorized.")}
	case stage == nil:
		return nil, &stoppedError{state: "STOPPED_STAGE_DROPPED", err: compilation(2003, "02000", "The stage of the pipe does not exist or not authorized.")}
	}
	st.Table = syntax.Name{Parts: w.e.catalog.path(table)}
	at := syntax.Location{Stage: syntax.Name{Parts: w.e.catalog.path(stage)}, Table: stage.Kind == syntax.Table}
	switch {
	case st.Query != nil:
		ref, _, err := transformed(st.Query)
		if err != nil {
			return nil, err
		}
		at.Path = ref.Location.Path
		ref.Location = at
	case st.From != nil:
		at.Path = st.From.Path
		st.From = &at
	default:
		st.From = &at
	}
	return st, nil
}

// stoppedError is why a pipe cannot begin to load.
type stoppedError struct {
	state string // executionState of SYSTEM$PIPE_STATUS
	err   *Error
}

func (e *stoppedError) Error() string { return e.err.Error() }
func (e *stoppedError) Unwrap() error { return e.err }

// opened resolves the statement of a pipe for who uses it, and checks that the role of the session may load by it.
func (w *work) opened(o *object) (*loading, error) {
	st, err := w.statement(o.Pipe)
	if err != nil {
		return nil, err
	}
	outer := w.base
	w.base = w.e.catalog.objects[o.Parent]
	l, err := w.loading(st, true)
	w.base = outer
	if err != nil {
		return nil, err
	}
	if l.location() != o.Pipe.Location {
		return nil, &stoppedError{state: "STOPPED_STAGE_ALTERED", err: execution(1, "22000", "The location of the stage of pipe %s was altered: the pipe has to be made anew.",
			w.e.catalog.full(o))} // approximate: code and text
	}
	return l, w.authorize(l.table, "SELECT")
}

// location is where the pipe's files are, as reports have it.
func (l *loading) location() string {
	if l.spot.stage.URL != "" {
		return l.spot.called(directory(l.spot.path))
	}
	return l.spot.internal("") + directory(l.spot.path)
}

// onStage is the name on the stage of a file as a pipe is told of it.
func (l *loading) onStage(path string) string {
	return directory(l.spot.path) + strings.TrimPrefix(path, "/")
}

// alterPipe is ALTER PIPE.
func (w *work) alterPipe(o *object, st *syntax.Alter) (*Result, error) {
	done := status(DDL, "Statement executed successfully.")
	w.dirty = true // the second thing to set may be refused when the first is set
	switch a := st.Action.(type) {
	case *syntax.Do:
		if a.Verb != "REFRESH" {
			return nil, unsupported("ALTER PIPE %s", a.Verb)
		}
		return w.refresh(o, a.Params)
	case *syntax.SetParams:
		for _, x := range a.Params {
			if err := w.setOfPipe(o, x); err != nil {
				return nil, err
			}
		}
	case *syntax.UnsetParams:
		for _, n := range a.Names {
			switch n {
			case "PIPE_EXECUTION_PAUSED":
				if err := w.pausePipe(o, false); err != nil {
					return nil, err
				}
				continue
			case "COMMENT":
				o.Comment = ""
			case "ERROR_INTEGRATION":
				o.Pipe.Errors = ""
			default:
				return nil, unsupported("UNSET %s of a pipe", n)
			}
			if err := w.owned(o); err != nil {
				return nil, err
			}
		}
	default:
		return nil, unsupported("%s", firstWords(st.SQL()))
	}
	return done, w.save(o)
}

func (w *work) setOfPipe(o *object, x syntax.Param) error {
	text, err := w.scalar(x.Value)
	if err != nil {
		return err
	}
	if x.Name == "PIPE_EXECUTION_PAUSED" {
		on, err := truth(x.Name, text)
		if err != nil {
			return err
		}
		return w.pausePipe(o, on)
	}
	if err := w.owned(o); err != nil {
		return err
	}
	switch x.Name {
	case "COMMENT":
		o.Comment = text
	case "ERROR_INTEGRATION":
		o.Pipe.Errors = text
	default:
		return unsupported("ALTER PIPE … SET %s", x.Name)
	}
	return nil
}

// pausePipe pauses a pipe, or resumes it. One that has become stale, or has another owner since, is resumed by force alone.
func (w *work) pausePipe(o *object, pause bool) error {
	p := o.Pipe
	if err := w.authorize(o, "OPERATE"); err != nil {
		return err
	}
	if pause {
		if !p.Paused {
			p.Paused, p.PausedAt = true, w.e.now()
		}
		return nil
	}
	if p.Paused && p.Transferred {
		return execution(1, "22000", "Pipe %s cannot be resumed: its ownership was transferred while it was paused. Use SYSTEM$PIPE_FORCE_RESUME.",
			w.e.catalog.full(o)) // approximate: code and text
	}
	if p.Paused && w.stale(p) {
		return execution(1, "22000", "Pipe %s cannot be resumed: it has become stale. Use SYSTEM$PIPE_FORCE_RESUME with STALENESS_CHECK_OVERRIDE.",
			w.e.catalog.full(o)) // approximate: code and text
	}
	w.resume(p)
	return nil
}

// stale reports whether a pipe has been paused for longer than it keeps notifications. Files that clients name are kept.
func (w *work) stale(p *pipe) bool { return p.AutoIngest && w.e.now().Sub(p.PausedAt) > pipeMemory }

func (w *work) resume(p *pipe) {
	p.Paused, p.PausedAt, p.Transferred = false, time.Time{}, false
	w.done = append(w.done, w.e.conveyor.wake)
}

// handPipe is what GRANT OWNERSHIP does to a pipe beside giving it another owner.
func (w *work) handPipe(o *object) error {
	if o.Pipe.Streaming {
		return nil
	}
	if !o.Pipe.Paused {
		return execution(1, "22000", "Pipe %s has to be paused before its ownership is transferred.", w.e.catalog.full(o)) // approximate: code and text
	}
	o.Pipe.Transferred = true
	return nil
}

// refresh is ALTER PIPE REFRESH: it queues the files of the stage that neither the pipe nor a COPY has loaded.
func (w *work) refresh(o *object, params []syntax.Param) (*Result, error) {
	const reach = 7 * 24 * time.Hour // documented
	if err := w.authorize(o, "OPERATE"); err != nil {
		return nil, err
	}
	if o.Pipe.Streaming {
		return nil, unsupported("ALTER PIPE REFRESH of a streaming pipe")
	}
	prefix, since := "", w.e.now().Add(-reach)
	for _, x := range params {
		text, err := w.scalar(x.Value)
		if err != nil {
			return nil, err
		}
		switch x.Name {
		case "PREFIX":
			prefix = text
		case "MODIFIED_AFTER":
			after, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return nil, invalidProperty(text, x.Name)
			}
			if after.Before(since) {
				return nil, compilation(1008, "22023", "invalid value [%s] for parameter '%s': it is more than 7 days ago", text, x.Name) // approximate: the text
			}
			since = after
		default:
			return nil, unsupported("ALTER PIPE REFRESH %s", x.Name)
		}
	}
	l, err := w.opened(o)
	if err != nil {
		return nil, err
	}
	s := l.spot
	s.path = directory(s.path) + strings.TrimPrefix(prefix, "/")
	all, err := w.files(s, "", nil)
	if err != nil {
		return nil, err
	}
	before, _, err := w.loaded(l.table)
	if err != nil {
		return nil, err
	}
	var files []PipeFile
	for _, f := range all {
		if f.modified.Before(since) {
			continue
		}
		if etag, ok := before[f.key]; ok {
			sum, err := f.etag(w.ctx)
			if err != nil {
				return nil, err
			}
			if sum == etag {
				continue
			}
		}
		files = append(files, PipeFile{Path: strings.TrimPrefix(f.name, directory(l.spot.path)), Size: f.size})
	}
	queued, err := w.queue(o, files)
	if err != nil {
		return nil, err
	}
	res := &Result{Class: DDL, Columns: headed([]string{"File", "Status"})}
	for _, f := range queued.Queued {
		res.Rows = append(res.Rows, []any{f, "SENT"})
	}
	return res, nil
}

// matches reports whether a pipe's PATTERN takes a file: it is matched against what is left of its name behind the stage's
// location and the path of the pipe, documented.
func (p *pipe) matches(path string) (bool, error) {
	if p.Pattern == "" {
		return true, nil
	}
	match, err := regexp.Compile("^(?:" + p.Pattern + ")$")
	if err != nil {
		return false, err
	}
	return match.MatchString(strings.TrimPrefix(path, "/")), nil
}
