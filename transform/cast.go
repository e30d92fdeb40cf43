package transform

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/compute"
)

// OnError says what becomes of a row that breaks a rule.
type OnError int

const (
	// Reject gives the row back as rejected; the others go on. It is the default.
	Reject OnError = iota
	// Fail ends the run.
	Fail
)

// CastOptions are the options of [Cast]; nil means the zero value.
type CastOptions struct {
	// OnError says what becomes of a row with a value that the new type cannot hold; the default is Reject.
	OnError OnError
}

type casting struct {
	types   map[string]arrow.DataType
	onError OnError
}

// Cast gives columns other types. No value changes silently, and none becomes null: what the new type cannot
// hold makes the row a reject ([deadletter.CodeOutOfRange], or [deadletter.CodeInvalid] for a text that
// cannot be read), or fails the run. A cast that is not in this list is an error of Bind:
//
//   - integers, floats, decimals and booleans (0 and 1) into each other, exactly. A float becomes a decimal by
//     its shortest decimal text; only float64 to float32 and decimal to float may round.
//   - numbers, booleans, dates, times and timestamps to strings, and strings to them. Texts are read without
//     spaces around them, numbers to base ten, dates as 2006-01-02, times as 15:04:05, timestamps as RFC 3339
//     with a blank or T between, the fraction and the time of day optional. A timestamp with zone reads a text
//     without one as local time of its zone; one without zone refuses a text that has one.
//   - date32, date64 and timestamps of all units, times of day, and durations, each into each other; a
//     timestamp to its time of day. Date, time of day and text of a timestamp are those of its zone. Between
//     timestamps with and without zone the instant stays, as if the one without were UTC.
//   - integers to dates, times, timestamps and durations, and back, in the type's unit.
//   - strings, binaries, and binaries of fixed width into each other; what becomes a string must be UTF-8.
//   - a dictionary to whatever its values can become.
//   - lists to lists, structs to structs (fields are found by name), and maps to maps, by what is in them.
//   - the null type to all of these.
//
// Where values and layout stay, the new column shares the buffers of the old.
func Cast(types map[string]arrow.DataType, opts *CastOptions) Transform {
	if len(types) == 0 {
		return failed{"cast", errors.New("no column is named")}
	}
	c := casting{types: maps.Clone(types)}
	if opts != nil {
		c.onError = opts.OnError
	}
	if c.onError != Reject && c.onError != Fail {
		return failed{"cast", fmt.Errorf("CastOptions.OnError is %d; give Reject or Fail", c.onError)}
	}
	for _, name := range c.columns() {
		if types[name] == nil {
			return failed{"cast", fmt.Errorf("column %q: the type is nil", name)}
		}
	}
	return c
}

func (c casting) columns() []string { return slices.Sorted(maps.Keys(c.types)) }

func (c casting) Fingerprint() string {
	var parts []string
	for _, name := range c.columns() {
		parts = append(parts, fmt.Sprintf("%q: %s", name, c.types[name]))
	}
	return fmt.Sprintf("cast(%s; %d)", strings.Join(parts, ", "), c.onError)
}

// castColumn is one column to cast.
type castColumn struct {
	at   int
	name string
	from arrow.DataType
	to   arrow.DataType
	cast caster
}

func (c casting) Bind(_ context.Context, in *arrow.Schema) (Processor, error) {
	fields := slices.Clone(in.Fields())
	var columns []castColumn
	for _, name := range c.columns() {
		at, err := find("cast", in, name)
		if err != nil {
			return nil, err
		}
		from, to := fields[at].Type, c.types[name]
		cast, err := planCast(from, to)
		if err != nil {
			return nil, fmt.Errorf("transform: cast: column %q: %w", name, err)
		}
		columns = append(columns, castColumn{at, name, from, to, cast})
		fields[at].Type = to
		if from.ID() == arrow.NULL {
			fields[at].Nullable = true
		}
	}
	slices.SortFunc(columns, func(a, b castColumn) int { return a.at - b.at })
	p := &castProcessor{out: schemaOf(in, fields), columns: columns, onError: c.onError}
	return &processor{kind: "cast", in: in, out: p.out, fn: p.process}, nil
}

type castProcessor struct {
	out     *arrow.Schema
	columns []castColumn
	onError OnError
}

func (p *castProcessor) process(ctx context.Context, rec arrow.Record) (result, error) {
	mem := compute.GetAllocator(ctx)
	cols := slices.Clone(rec.Columns())
	var made []arrow.Array
	defer func() {
		for _, c := range made {
			c.Release()
		}
	}()
	broken := reasons{}
	for _, c := range p.columns {
		var fault error
		a, err := c.cast(ctx, rec.Column(c.at), func(row int, code, why string) {
			if fault == nil {
				broken.add(row, code, c.name, func() string {
					return fmt.Sprintf("column %q: cannot cast %s from %s to %s: %s", c.name, valueText(rec.Column(c.at), row), c.from, c.to, why)
				})
				if p.onError == Fail {
					fault = errors.New(broken.list[0].Message)
				}
			}
		})
		if err != nil {
			return result{}, fmt.Errorf("transform: cast: column %q: %w", c.name, err)
		}
		made = append(made, a)
		if fault != nil {
			return result{}, fmt.Errorf("transform: cast: row %d: %w", broken.list[0].Row, fault)
		}
		cols[c.at] = a
	}
	out := array.NewRecord(p.out, cols, rec.NumRows())
	return broken.split(mem, rec, out)
}
