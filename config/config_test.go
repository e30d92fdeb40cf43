package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/config"
)

func TestFaults(t *testing.T) {
	var faults config.Faults
	if err := faults.Err("x"); err != nil {
		t.Fatalf("no fault, but Err = %v", err)
	}
	faults.Add("Options.Workers", "%d is negative: leave it 0 for all cores", -1)
	faults.AddErr("Options.Path", "cannot be read", fs.ErrNotExist)
	faults.AddErr("Options.Log", "is closed", fs.ErrClosed)
	err := faults.Err("floe.New")

	want := "floe.New: bad configuration: " +
		"Options.Workers: -1 is negative: leave it 0 for all cores; " +
		"Options.Path: cannot be read: file does not exist; " +
		"Options.Log: is closed: file already closed"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("Error() mismatch (-want +got):\n%s", diff)
	}
	for _, cause := range []error{fs.ErrNotExist, fs.ErrClosed} {
		if !errors.Is(err, cause) {
			t.Errorf("errors.Is does not find %q: every cause is kept", cause)
		}
	}
	var e *config.Error
	if !errors.As(fmt.Errorf("start: %w", err), &e) {
		t.Fatal("errors.As does not find the *Error")
	}
	var fields []string
	for _, f := range e.Faults {
		fields = append(fields, f.Field)
	}
	if diff := cmp.Diff([]string{"Options.Workers", "Options.Path", "Options.Log"}, fields); diff != "" {
		t.Errorf("fields mismatch (-want +got):\n%s", diff)
	}
}

// TestErrIsASnapshot: faults noted after Err are not in its result.
func TestErrIsASnapshot(t *testing.T) {
	var faults config.Faults
	faults.Add("a", "is wrong")
	first := faults.Err("x")
	faults.Add("b", "is wrong too")
	if diff := cmp.Diff("x: bad configuration: a: is wrong", first.Error()); diff != "" {
		t.Errorf("Error() mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("x: bad configuration: a: is wrong; b: is wrong too", faults.Err("x").Error()); diff != "" {
		t.Errorf("Error() mismatch (-want +got):\n%s", diff)
	}
}

func TestProblemWithPercentSign(t *testing.T) {
	var faults config.Faults
	faults.Add("Options.Share", "%s", "110% is too much")
	if diff := cmp.Diff("x: bad configuration: Options.Share: 110% is too much", faults.Err("x").Error()); diff != "" {
		t.Errorf("Error() mismatch (-want +got):\n%s", diff)
	}
}

func ExampleFaults() {
	type options struct {
		Table   string
		Workers int
	}
	check := func(o options) error {
		var faults config.Faults
		if o.Table == "" {
			faults.Add("Options.Table", "is empty: name the table to load")
		}
		if o.Workers < 0 {
			faults.Add("Options.Workers", "%d is negative: leave it 0 for all cores", o.Workers)
		}
		return faults.Err("sink/example")
	}
	fmt.Println(check(options{Table: "t"}))
	fmt.Println(check(options{Workers: -2}))
	// Output:
	// <nil>
	// sink/example: bad configuration: Options.Table: is empty: name the table to load; Options.Workers: -2 is negative: leave it 0 for all cores
}
