package transform

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
)

type selection struct{ columns []string }

// Select keeps the columns named, in that order. The columns are shared with the record given, not copied.
func Select(columns ...string) Transform {
	if len(columns) == 0 {
		return failed{"select", errors.New("no column is named")}
	}
	if name, twice := duplicate(columns); twice {
		return failed{"select", fmt.Errorf("column %q is named twice", name)}
	}
	return selection{append([]string(nil), columns...)}
}

func (s selection) Fingerprint() string { return "select(" + quoted(s.columns) + ")" }

func (s selection) Bind(_ context.Context, in *arrow.Schema) (Processor, error) {
	indices := make([]int, len(s.columns))
	fields := make([]arrow.Field, len(s.columns))
	for i, name := range s.columns {
		at, err := find("select", in, name)
		if err != nil {
			return nil, err
		}
		indices[i], fields[i] = at, in.Field(at)
	}
	return project("select", in, indices, fields), nil
}
