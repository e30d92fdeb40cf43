package scalar

import (
	"fmt"
	"strconv"
	"strings"
)

// Fault is an error of Snowflake.
type Fault struct {
	Code     int    // 100038
	SQLState string // "22018"
	Message  string
}

const mark = "floe:"

func (f *Fault) Error() string {
	return fmt.Sprintf("%s%06d:%s:%s", mark, f.Code, f.SQLState, f.Message)
}

// Parse finds the fault in the text of an error of DuckDB.
func Parse(message string) (*Fault, bool) {
	_, rest, ok := strings.Cut(message, mark)
	parts := strings.SplitN(rest, ":", 3)
	if !ok || len(parts) < 3 {
		return nil, false
	}
	code, err := strconv.Atoi(parts[0])
	if err != nil {
		return nil, false
	}
	return &Fault{code, parts[1], parts[2]}, true
}

func fault(code int, state, format string, args ...any) error {
	return &Fault{code, state, fmt.Sprintf(format, args...)}
}

// or answers v, or what err says; NULL instead if try is set.
func or[T any](v T, err error, try bool) (any, error) {
	if err != nil {
		if try {
			return nil, nil
		}
		return nil, err
	}
	return v, nil
}
