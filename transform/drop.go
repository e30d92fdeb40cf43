package transform

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

type dropping struct{ columns []string }

// Drop removes the columns named. At least one column must be left. The columns are shared with the record
// given, not copied.
func Drop(columns ...string) Transform {
	if len(columns) == 0 {
		return failed{"drop", errors.New("no column is named")}
	}
	if name, twice := duplicate(columns); twice {
		return failed{"drop", fmt.Errorf("column %q is named twice", name)}
	}
	return dropping{append([]string(nil), columns...)}
}

func (d dropping) Fingerprint() string { return "drop(" + quoted(d.columns) + ")" }

func (d dropping) Bind(_ context.Context, in *arrow.Schema) (Processor, error) {
	gone := make(map[int]bool, len(d.columns))
	for _, name := range d.columns {
		at, err := find("drop", in, name)
		if err != nil {
			return nil, err
		}
		gone[at] = true
	}
	var indices []int
	var fields []arrow.Field
	for i, f := range in.Fields() {
		if !gone[i] {
			indices, fields = append(indices, i), append(fields, f)
		}
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("transform: drop: no column is left without %s", quoted(d.columns))
	}
	return project("drop", in, indices, fields), nil
}
