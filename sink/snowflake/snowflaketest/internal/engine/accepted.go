package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// accepted is what one append has brought, from its acceptance to its commit. It is a file: a line of JSON with these
// fields, and then the rows, as lines. It is there as a whole or not at all, so that it outlives the process.
type accepted struct {
	Start, End *string   // offset tokens
	At         time.Time // by the account's clock
	Rows       int64
	Bytes      int64

	row  int64     // sequencer
	path string    // "": the rows were counted and thrown away
	due  time.Time // by the machine's clock; zero: when somebody says so
}

// write makes the file of an append, under a name that is nobody's: a crash leaves it to recover.
func (a *accepted) write(path string, rows []byte) error {
	head, err := json.Marshal(a)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(head, '\n'))
	if err == nil {
		_, err = f.Write(rows)
	}
	return errors.Join(err, f.Close())
}

// read returns the rows.
func (a *accepted) read() ([]byte, error) {
	if a.path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(a.path)
	if err != nil {
		return nil, err
	}
	_, rows, _ := bytes.Cut(text, []byte{'\n'})
	return rows, nil
}

func (a *accepted) remove() {
	if a.path != "" {
		_ = os.Remove(a.path) // what is left there is below what the channel has committed, or of a client before
	}
}

// due is when what is accepted now is to be committed.
func (s *streams) due() time.Time {
	if s.delay < 0 {
		return time.Time{}
	}
	return time.Now().Add(s.delay)
}

// discard forgets what is not committed.
func (c *channel) discard() {
	for _, a := range c.pending {
		a.remove()
	}
	c.pending, c.held = nil, 0
	c.next = c.Row + 1
}

// recover finds what channels had accepted when the process before this one ended.
func (s *streams) recover() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(s.dir, entry.Name())
		c, a, err := s.recovered(path, entry.Name())
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if c == nil {
			if err := os.Remove(path); err != nil {
				return err
			}
			continue
		}
		c.pending = append(c.pending, a)
	}
	for _, c := range s.channels {
		slices.SortFunc(c.pending, func(a, b *accepted) int { return int(a.row - b.row) })
		for _, a := range c.pending {
			if a.row != c.next {
				return fmt.Errorf("channel %s: append %d follows %d", c.Name, a.row, c.next-1)
			}
			c.next++
		}
	}
	return nil
}

// recovered reads a file; no channel is what nobody waits for.
func (s *streams) recovered(path, name string) (*channel, *accepted, error) {
	var id, opened, row int64
	if !strings.HasSuffix(name, ".ndjson") {
		return nil, nil, nil
	}
	if _, err := fmt.Sscanf(name, "%d-%d-%d.ndjson", &id, &opened, &row); err != nil {
		return nil, nil, err
	}
	c := s.channels[id]
	if c == nil || c.Opened != opened || row <= c.Row {
		return nil, nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	head, _, _ := bytes.Cut(text, []byte{'\n'})
	a := &accepted{row: row, path: path, due: s.due()}
	return c, a, json.Unmarshal(head, a)
}
