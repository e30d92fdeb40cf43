package transform

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

type renaming struct{ names map[string]string }

// Rename gives columns new names: the keys are the names now, the values the names after. All are renamed
// at once, so that two columns may swap their names. The columns are shared with the record given, not copied.
func Rename(names map[string]string) Transform {
	if len(names) == 0 {
		return failed{"rename", errors.New("no column is named")}
	}
	return renaming{maps.Clone(names)}
}

func (r renaming) Fingerprint() string {
	var parts []string
	for _, from := range slices.Sorted(maps.Keys(r.names)) {
		parts = append(parts, fmt.Sprintf("%q: %q", from, r.names[from]))
	}
	return "rename(" + strings.Join(parts, ", ") + ")"
}

func (r renaming) Bind(_ context.Context, in *arrow.Schema) (Processor, error) {
	for _, from := range slices.Sorted(maps.Keys(r.names)) {
		if _, err := find("rename", in, from); err != nil {
			return nil, err
		}
	}
	indices := make([]int, in.NumFields())
	fields := make([]arrow.Field, in.NumFields())
	names := make([]string, in.NumFields())
	for i, f := range in.Fields() {
		if to, ok := r.names[f.Name]; ok {
			f.Name = to
		}
		indices[i], fields[i], names[i] = i, f, f.Name
	}
	for _, from := range slices.Sorted(maps.Keys(r.names)) {
		to, times := r.names[from], 0
		for _, n := range names {
			if n == to {
				times++
			}
		}
		if times > 1 {
			return nil, fmt.Errorf("transform: rename: %q to %q: then %d columns have that name", from, to, times)
		}
	}
	return project("rename", in, indices, fields), nil
}
