// Package config has the error that reports every fault of a configuration at once, so that a user mends
// them in one go.
package config

import (
	"fmt"
	"strings"
)

// Error lists all faults found in one configuration, in the order in which they were found. It never holds
// a secret: whoever adds a fault names the field and leaves the value of a credential out.
type Error struct {
	// Of is what was configured, for example "floe.New" or "sink/duckdb".
	Of string
	// Faults has at least one entry.
	Faults []Fault
}

// Fault is one faulty field.
type Fault struct {
	// Field is the name as the user writes it, for example "Options.Workers".
	Field string
	// Problem says what is wrong and what to do.
	Problem string
	// Err is the cause, where there is one; it may be nil.
	Err error
}

func (f Fault) String() string {
	if f.Err != nil {
		return fmt.Sprintf("%s: %s: %v", f.Field, f.Problem, f.Err)
	}
	return f.Field + ": " + f.Problem
}

func (e *Error) Error() string {
	parts := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		parts[i] = f.String()
	}
	return e.Of + ": bad configuration: " + strings.Join(parts, "; ")
}

// Unwrap returns the causes of all faults.
func (e *Error) Unwrap() []error {
	var errs []error
	for _, f := range e.Faults {
		if f.Err != nil {
			errs = append(errs, f.Err)
		}
	}
	return errs
}

// Faults gathers the faults of one configuration. The zero value is ready to use.
type Faults struct{ list []Fault }

// Add notes a fault of field; format and args say what is wrong and what to do.
func (f *Faults) Add(field, format string, args ...any) {
	f.list = append(f.list, Fault{Field: field, Problem: fmt.Sprintf(format, args...)})
}

// AddErr notes a fault of field that err explains.
func (f *Faults) AddErr(field, problem string, err error) {
	f.list = append(f.list, Fault{Field: field, Problem: problem, Err: err})
}

// Err returns an *Error with all faults noted so far, or nil where there are none.
func (f *Faults) Err(of string) error {
	if len(f.list) == 0 {
		return nil
	}
	return &Error{Of: of, Faults: f.list}
}
