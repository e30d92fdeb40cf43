package file

import (
	"fmt"
	"strings"
	"time"

	"github.com/floedata/floe/source"
)

// plan is what a position leaves to read.
type plan struct {
	files []*entry
	at    place  // in the first of files
	done  []byte // letters of the stamps of finished files
}

// after makes the plan behind a position. What has become of the files that the position knows decides, and
// what the user wants done about it.
func (l *listing) after(text string, changed Changed) (plan, error) {
	p, err := parsePosition(text)
	if err != nil {
		return plan{}, &source.OffsetError{Partition: partitionID, Position: text, Lost: "it is no position of this source", Err: err}
	}
	r := resumption{changed: changed, finished: make(map[nameHash]stamp, len(p.done))}
	for _, s := range p.done {
		r.finished[s.name()] = s
	}
	r.begin(l, p.current)
	for _, e := range l.files {
		r.next(e, p.current)
	}
	if len(r.lost) > 0 {
		return plan{}, &source.OffsetError{Partition: partitionID, Position: text, Lost: r.explain()}
	}
	for _, s := range p.done {
		if r.finished[s.name()] == s {
			r.plan.done = s.letters(r.plan.done)
		}
	}
	return r.plan, nil
}

// resumption gathers a plan.
type resumption struct {
	plan     plan
	changed  Changed
	finished map[nameHash]stamp
	lost     []string
}

// begin puts the file that was half read at the front.
func (r *resumption) begin(l *listing, c current) {
	if c.name == "" {
		return
	}
	e := l.byName[c.name]
	switch {
	case e == nil && r.changed == RefuseChanged:
		r.lost = append(r.lost, fmt.Sprintf("%q was read in part and is not there any more", c.name))
	case e == nil:
		// Given up. Should it come back as it was, it counts as finished.
		r.plan.done = stampOf(c.name, c.version).letters(r.plan.done)
	case e.version == c.version || r.changed == KeepChanged:
		r.plan.files, r.plan.at = append(r.plan.files, e), c.at
	case r.changed == ReloadChanged:
		r.plan.files = append(r.plan.files, e)
	default:
		r.lost = append(r.lost, fmt.Sprintf("%q was read in part and changed since (%s)", c.name, difference(c.version, e.version)))
	}
}

// next takes up a file that is there, if it is not finished.
func (r *resumption) next(e *entry, c current) {
	if e.name == c.name {
		return
	}
	now := stampOf(e.name, e.version)
	was, known := r.finished[now.name()]
	switch {
	case !known:
		r.plan.files = append(r.plan.files, e)
	case was == now || r.changed == KeepChanged:
	case r.changed == ReloadChanged:
		delete(r.finished, now.name())
		r.plan.files = append(r.plan.files, e)
	default:
		r.lost = append(r.lost, fmt.Sprintf("%q changed after it was loaded (now %s)", e.name, describe(e.version)))
	}
}

func (r *resumption) explain() string {
	const most = 3
	lost := r.lost
	more := ""
	if len(lost) > most {
		more = fmt.Sprintf("; and %d more", len(lost)-most)
		lost = lost[:most]
	}
	return strings.Join(lost, "; ") + more + ". Put the file back as it was, or set Options.Changed: file.KeepChanged takes it as it was, " +
		"file.ReloadChanged reads it from its beginning"
}

// describe says in words what a version tells.
func describe(version string) string {
	size, rest, _ := strings.Cut(version, "-")
	var nanos int64
	if _, err := fmt.Sscanf(rest, "%d", &nanos); err != nil || len(rest) == 32 {
		return fmt.Sprintf("%s bytes, checksum %s", size, rest)
	}
	return fmt.Sprintf("%s bytes, modified %s", size, time.Unix(0, nanos).UTC().Format(time.RFC3339Nano))
}

// difference says in words how two versions of a file differ.
func difference(was, now string) string {
	return "it was " + describe(was) + "; now " + describe(now)
}
