package ndjson_test

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/internal/encode/ndjson"
)

// TestAppend cuts rows at a number of bytes, whatever it is: together they are all rows.
func TestAppend(t *testing.T) {
	arr := fromJSON(t, checked(t), arrow.BinaryTypes.String, `["", "aa", null, "aaaaaaaaaaaaaaaaaaaa", "b", "c"]`)
	rec := record(t, arr)
	e, err := ndjson.New(rec.Schema(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Bind(rec); err != nil {
		t.Fatal(err)
	}
	whole, next := e.Append(nil, 0, 6, 1<<20)
	if want := strings.Join(lines(t, rec, nil), "\n") + "\n"; string(whole) != want || next != 6 {
		t.Fatalf("Append = %q, %d; want %q, 6", whole, next, want)
	}
	for most := range len(whole) + 2 {
		const head = "head\n"
		all, row := "", 0
		for row < 6 {
			out, next := e.Append([]byte(head), row, 6, most)
			if len(out) > max(most, len(head)) || !strings.HasPrefix(string(out), head) {
				t.Fatalf("most %d from row %d: %d bytes: %q", most, row, len(out), out)
			}
			if next < 6 {
				if with := string(e.AppendRow(out, next)); len(with) <= most {
					t.Fatalf("most %d from row %d: row %d is left out, and there is room for it", most, row, next)
				}
			}
			if next == row { // alone
				if string(out) != head {
					t.Fatalf("most %d from row %d: no row, but %q", most, row, out)
				}
				next, out = row+1, e.AppendRow(out, row)
			}
			all, row = all+string(out[len(head):]), next
		}
		if all != string(whole) {
			t.Fatalf("most %d: %q, want %q", most, all, whole)
		}
	}
}

// TestOtherRecords has the encoder refuse records of another schema, and take one of an equal schema.
func TestOtherRecords(t *testing.T) {
	mem := checked(t)
	rec := record(t, fromJSON(t, mem, arrow.PrimitiveTypes.Int64, `[1]`))
	e, err := ndjson.New(rec.Schema(), nil)
	if err != nil {
		t.Fatal(err)
	}
	same := record(t, fromJSON(t, mem, arrow.PrimitiveTypes.Int64, `[2]`))
	if err := e.Bind(same); err != nil {
		t.Fatal(err)
	}
	if got, want := string(e.AppendRow(nil, 0)), "{\"c\":2}\n"; got != want {
		t.Errorf("AppendRow = %q, want %q", got, want)
	}
	other := record(t, fromJSON(t, mem, arrow.PrimitiveTypes.Int32, `[2]`))
	if err := e.Bind(other); err == nil || !strings.Contains(err.Error(), `column 0 of the record is "c" of type int32`) {
		t.Errorf("Bind = %v, want an error that names the column", err)
	}
	two := arrow.NewSchema([]arrow.Field{{Name: "c", Type: arrow.PrimitiveTypes.Int64}, {Name: "d", Type: arrow.PrimitiveTypes.Int64}}, nil)
	wide := array.NewRecord(two, []arrow.Array{same.Column(0), same.Column(0)}, 1)
	defer wide.Release()
	if err := e.Bind(wide); err == nil || !strings.Contains(err.Error(), "2 columns") {
		t.Errorf("Bind = %v, want an error that counts the columns", err)
	}
}

// TestSeveralRecords has the caches of one record not be there in the next.
func TestSeveralRecords(t *testing.T) {
	mem := checked(t)
	var e *ndjson.Encoder
	for _, text := range []string{`["2024-02-29", null]`, `[null, "1969-12-31"]`, `[]`, `["2024-02-29"]`} {
		rec := record(t, fromJSON(t, mem, arrow.FixedWidthTypes.Date32, text))
		if e == nil {
			var err error
			if e, err = ndjson.New(rec.Schema(), nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Bind(rec); err != nil {
			t.Fatal(err)
		}
		out, _ := e.Append(nil, 0, int(rec.NumRows()), 1<<20)
		if got, want := strings.Count(string(out), "-"), 2*strings.Count(text, `-0`)+2*strings.Count(text, `-1`); got != want {
			t.Errorf("%s is %q", text, out)
		}
		e.Reset()
	}
}
