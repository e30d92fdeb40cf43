package csv_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/floedata/floe/internal/decode/csv"
	"github.com/floedata/floe/internal/decode/text"
)

// result is what came of a text: the values of all rows as text, nulls as "NULL", and the messages of rejects.
type result struct {
	Rows    [][]string
	Rejects []string
}

// decode decodes in with blocks of that size.
func decode(t *testing.T, in string, schema *arrow.Schema, o csv.Options, blockBytes int) result {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	d, err := csv.NewDecoder(mem, schema, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	var res result
	s := csv.NewSplitter(iotest.OneByteReader(strings.NewReader(in)), o, blockBytes, text.Mark{})
	for {
		b, err := s.Next()
		if errors.Is(err, io.EOF) {
			return res
		}
		if err != nil {
			t.Fatal(err)
		}
		rec, rejected, err := d.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		b.Free()
		if rec != nil {
			for row := range int(rec.NumRows()) {
				res.Rows = append(res.Rows, values(rec, row))
			}
			rec.Release()
		}
		if rejected != nil {
			for _, r := range rejected.Reasons {
				res.Rejects = append(res.Rejects, r.Code+": "+r.Message)
			}
			rejected.Release()
		}
	}
}

func values(rec arrow.Record, row int) []string {
	vs := make([]string, rec.NumCols())
	for i, c := range rec.Columns() {
		vs[i] = "NULL"
		if c.IsValid(row) {
			vs[i] = c.ValueStr(row)
		}
	}
	return vs
}

func schemaOf(types ...arrow.DataType) *arrow.Schema {
	fields := make([]arrow.Field, len(types))
	for i, dt := range types {
		fields[i] = arrow.Field{Name: string(rune('a' + i)), Type: dt, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

var (
	str = arrow.BinaryTypes.String
	i64 = arrow.PrimitiveTypes.Int64
)

func TestDecode(t *testing.T) {
	for _, tc := range []struct {
		name   string
		in     string
		schema *arrow.Schema
		o      csv.Options
		want   result
	}{
		{
			name: "plain", in: "a,b\n1,x\n2,y\n", schema: schemaOf(i64, str),
			want: result{Rows: [][]string{{"1", "x"}, {"2", "y"}}},
		},
		{
			name: "no line break at the end", in: "a,b\n1,x\n2,y", schema: schemaOf(i64, str),
			want: result{Rows: [][]string{{"1", "x"}, {"2", "y"}}},
		},
		{
			name: "mark, CRLF and empty lines", in: "\xef\xbb\xbfa,b\r\n\r\n1,x\r\n\r\n2,\"y\"\r\n", schema: schemaOf(i64, str),
			want: result{Rows: [][]string{{"1", "x"}, {"2", "y"}}},
		},
		{
			name: "lone CR", in: "a,b\r1,x\r2,\"y\rz\"\r", schema: schemaOf(i64, str), o: csv.Options{LineEnd: '\r'},
			want: result{Rows: [][]string{{"1", "x"}, {"2", "y\rz"}}},
		},
		{
			name: "quotes", in: "a,b\n\"x,y\",\"l1\nl2\"\n\"say \"\"hi\"\"\",\"\"\n\"\"\"\",5\" disk\n", schema: schemaOf(str, str),
			want: result{Rows: [][]string{{"x,y", "l1\nl2"}, {`say "hi"`, ""}, {`"`, `5" disk`}}},
		},
		{
			name: "escapes", in: "a;b\n'x\\';\\\\y';'it\\'s'\n", schema: schemaOf(str, str), o: csv.Options{Comma: ';', Quote: '\'', Escape: '\\'},
			want: result{Rows: [][]string{{`x';\y`, "it's"}}},
		},
		{
			name: "without quotes", in: "a|b\n\"x|y\"\n", schema: schemaOf(str, str), o: csv.Options{Comma: '|', NoQuote: true},
			want: result{Rows: [][]string{{`"x`, `y"`}}},
		},
		{
			name: "nulls", in: "a,b\n,\nNA,NA\n\"\",\"\"\n\"NA\",\"NA\"\n", schema: schemaOf(i64, str), o: csv.Options{Nulls: []string{"", "NA"}},
			want: result{Rows: [][]string{{"NULL", "NULL"}, {"NULL", "NULL"}, {"NULL", ""}, {"NULL", "NA"}}},
		},
		{
			name: "empty is no null", in: "a,b\n,\nNA,NA\n", schema: schemaOf(i64, str), o: csv.Options{Nulls: []string{"NA"}},
			want: result{Rows: [][]string{{"NULL", ""}, {"NULL", "NULL"}}},
		},
		{
			name: "one column has empty rows", in: "a\n1\n\n3\n", schema: schemaOf(i64),
			want: result{Rows: [][]string{{"1"}, {"NULL"}, {"3"}}},
		},
		{
			name: "no header", in: "1,x\n2,y\n", schema: schemaOf(i64, str), o: csv.Options{NoHeader: true},
			want: result{Rows: [][]string{{"1", "x"}, {"2", "y"}}},
		},
		{
			name: "spaces", in: "a,b\n 1 , x \n2,\" y \"\n", schema: schemaOf(i64, str), o: csv.Options{Trim: true},
			want: result{Rows: [][]string{{"1", "x"}, {"2", " y "}}},
		},
		{
			name: "numbers are read with spaces", in: "a,b\n 1 , x \n", schema: schemaOf(i64, str),
			want: result{Rows: [][]string{{"1", " x "}}},
		},
		{
			name: "misfits", in: "a,b\n1,x\nzwei,y\n\"3\n\",z\n9999999999999999999,w\n5,v\n", schema: schemaOf(i64, str),
			want: result{
				Rows: [][]string{{"1", "x"}, {"5", "v"}},
				Rejects: []string{
					`invalid: line 3: column "a": "zwei" is not a value of type int64`,
					`invalid: line 4: column "a": "3\n" is not a value of type int64`,
					`outofrange: line 6: column "a": "9999999999999999999" does not fit int64`,
				},
			},
		},
		{
			name: "ragged", in: "a,b\n1\n1,x,\"q\"\n\n2,y\n", schema: schemaOf(i64, str),
			want: result{
				Rows: [][]string{{"2", "y"}},
				Rejects: []string{
					"invalid: line 2: the row has 1 field of 2",
					`invalid: line 3: the row has 3 fields and should have 2; the first too many is "q"`,
				},
			},
		},
		{
			name: "ragged allowed", in: "a,b\n1\n1,x,y\n", schema: schemaOf(i64, str), o: csv.Options{Ragged: true},
			want: result{
				Rows:    [][]string{{"1", "NULL"}},
				Rejects: []string{`invalid: line 3: the row has 3 fields and should have 2; the first too many is "y"`},
			},
		},
		{
			name: "unclosed quote", in: "a,b\n1,x\n2,\"y\n3,z\n", schema: schemaOf(i64, str),
			want: result{
				Rows:    [][]string{{"1", "x"}},
				Rejects: []string{`invalid: line 3: a quote is not closed before the end of the text: "y\n3,z\n"`},
			},
		},
		{
			name: "text behind a quote", in: "a,b\n1,\"x\"y\n2,\"x\" \n3,z\n", schema: schemaOf(i64, str),
			want: result{
				Rows: [][]string{{"3", "z"}},
				Rejects: []string{
					`invalid: line 2: text stands behind the quote that closes a field: "\"x\"y"`,
					`invalid: line 3: text stands behind the quote that closes a field: "\"x\" "`,
				},
			},
		},
		{
			name: "no UTF-8", in: "a,b\n1,x\xff\n2,\xc3\xa9\n", schema: schemaOf(i64, str),
			want: result{
				Rows:    [][]string{{"2", "é"}},
				Rejects: []string{`invalid: line 2: column "b": "x\xff" is not valid UTF-8`},
			},
		},
		{
			name: "null where none may be", in: "a,b\n\"1\n\",x\n,y\n3,z\n", schema: arrow.NewSchema([]arrow.Field{{Name: "a", Type: i64}, {Name: "b", Type: str, Nullable: true}}, nil),
			want: result{
				Rows: [][]string{{"3", "z"}},
				Rejects: []string{
					`invalid: line 2: column "a": "1\n" is not a value of type int64`,
					`null: line 4: column "a": the value is missing and the column takes no null`,
				},
			},
		},
		{name: "header alone", in: "a,b", schema: schemaOf(i64, str)},
		{name: "nothing", in: "", schema: schemaOf(i64, str)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, size := range []int{1, 3, 8, 17, 1 << 16} {
				if diff := cmp.Diff(tc.want, decode(t, tc.in, tc.schema, tc.o, size)); diff != "" {
					t.Errorf("blocks of %d bytes: mismatch (-want +got):\n%s", size, diff)
				}
			}
		})
	}
}

func TestSplitterResumes(t *testing.T) {
	in := "a,b\n1,\"x\ny\"\n2,z\n3,\"w\"\n4,v"
	type place struct {
		Offset, Line int64
		Data         string
	}
	read := func(from text.Mark) (places []place, marks []text.Mark) {
		s := csv.NewSplitter(strings.NewReader(in[from.Offset:]), csv.Options{}, 8, from)
		for {
			b, err := s.Next()
			if errors.Is(err, io.EOF) {
				return places, marks
			}
			if err != nil {
				t.Fatal(err)
			}
			places = append(places, place{b.Offset, b.Line, string(b.Data)})
			marks = append(marks, b.After)
		}
	}
	want, marks := read(text.Mark{})
	all := ""
	for _, p := range want {
		all += p.Data
		if line := int64(1 + strings.Count(in[:p.Offset], "\n")); p.Line != line {
			t.Errorf("the block at %d is on line %d, not %d", p.Offset, line, p.Line)
		}
	}
	if diff := cmp.Diff(in[4:], all); diff != "" {
		t.Errorf("blocks mismatch (-want +got):\n%s", diff)
	}
	for i, m := range marks {
		got, _ := read(m)
		if diff := cmp.Diff(want[i+1:], got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("after block %d: mismatch (-want +got):\n%s", i, diff)
		}
	}
}

func TestSplitterBoundsRows(t *testing.T) {
	in := "a\n1\n\"" + strings.Repeat("x\n", 1000)
	s := csv.NewSplitter(strings.NewReader(in), csv.Options{MaxRowBytes: 500}, 64, text.Mark{})
	b, err := s.Next()
	if err != nil {
		t.Fatal(err)
	}
	b.Free()
	if _, err = s.Next(); err == nil || !strings.HasPrefix(err.Error(), "line 3: a row is longer than 500 bytes") || !strings.Contains(err.Error(), "Options.MaxRowBytes") {
		t.Errorf("Next answered %v", err)
	}
	if _, err := s.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("Next after an error answered %v, not io.EOF", err)
	}
}

func TestSplitterPassesErrors(t *testing.T) {
	fault := errors.New("broken pipe")
	s := csv.NewSplitter(io.MultiReader(strings.NewReader("a\n1\n"), iotest.ErrReader(fault)), csv.Options{}, 0, text.Mark{})
	if _, err := s.Next(); !errors.Is(err, fault) || !strings.Contains(err.Error(), "byte 4") {
		t.Errorf("Next answered %v", err)
	}
}

func TestRejectsKeepWhatCouldBeRead(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	d, err := csv.NewDecoder(mem, schemaOf(i64, str, i64), nil, csv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rec, rejected, err := d.Decode(text.Block{Name: "f.csv", Data: []byte("1,x,2\ny,z,3\n4,w\n5,v,6\n"), Line: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	defer rejected.Release()
	var got [][]string
	for i := range int(rejected.Len()) {
		r := rejected.Reasons[i]
		got = append(got, append(values(rejected.Record, i), string(rune('0'+r.Row)), r.Column, r.Message))
	}
	want := [][]string{
		{"NULL", "z", "3", "1", "a", `f.csv: line 11: column "a": "y" is not a value of type int64`},
		{"4", "w", "NULL", "2", "", "f.csv: line 12: the row has 2 fields of 3"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rejects mismatch (-want +got):\n%s", diff)
	}
}

func TestDecoderMapsColumns(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	d, err := csv.NewDecoder(mem, schemaOf(str, i64, str), []int{1, -1, 0}, csv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rec, _, err := d.Decode(text.Block{Data: []byte("1,no,x\n2,no,y\n")})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	if diff := cmp.Diff([][]string{{"x", "1", "NULL"}, {"y", "2", "NULL"}}, [][]string{values(rec, 0), values(rec, 1)}); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
}

func TestNewDecoderNamesFaults(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "l", Type: arrow.ListOf(i64), Nullable: true}, {Name: "n", Type: i64}}, nil)
	_, err := csv.NewDecoder(memory.DefaultAllocator, schema, []int{0, 0, 7}, csv.Options{Comma: '"', LineEnd: 'x', Nulls: []string{strings.Repeat("n", 64)}})
	for _, want := range []string{"option Quote", "option LineEnd", "option Nulls", `field "l"`, "field 7 of 2", `column "l"`, `column "n" is not in the text`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not speak of %s: %v", want, err)
		}
	}
}

func TestHeader(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		o        csv.Options
		want     []string
		mark     text.Mark
		wantErr  string
	}{
		{name: "plain", in: "\xef\xbb\xbf\na,\"b\nc\",\r\n1,2,3", want: []string{"a", "b\nc", "column2"}, mark: text.Mark{Offset: 14, Line: 4}},
		{name: "names that repeat", in: "a,a,a_1,a\n", want: []string{"a", "a_1", "a_1_1", "a_2"}, mark: text.Mark{Offset: 10, Line: 2}},
		{name: "no header", in: "1,2\n", o: csv.Options{NoHeader: true}, want: []string{"column0", "column1"}, mark: text.Mark{Line: 1}},
		{name: "nothing", in: "", mark: text.Mark{Line: 1}},
		{name: "unclosed quote", in: "a,\"b", wantErr: "line 1: a quote is not closed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			names, mark, err := csv.Header([]byte(tc.in), true, tc.o)
			if tc.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
					t.Errorf("Header answered %v, want %q", err, tc.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, names); diff != "" {
				t.Errorf("names mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.mark, mark); diff != "" {
				t.Errorf("mark mismatch (-want +got):\n%s", diff)
			}
		})
	}
	if _, _, err := csv.Header([]byte("a,b"), false, csv.Options{}); err == nil {
		t.Error("Header of a sample that ends within the header answered no error")
	}
}

func TestInfer(t *testing.T) {
	for in, want := range map[string]string{
		"1\n2\n\n":                            "int64",
		"1\n2.5\n":                            "float64",
		"nan\n-inf\n1e3\n":                    "float64",
		"true\nFalse\n":                       "bool",
		"true\n1\n":                           "utf8",
		"00501\n12\n":                         "utf8",
		"12\n+5\n":                            "utf8",
		"12345678901234567890\n":              "utf8",
		"0\n0.5\n-0.5\n":                      "float64",
		"2024-02-29\n":                        "date32",
		"2023-02-29\n":                        "utf8",
		"2024-01-01\n2024-01-01 10:00:00.5\n": "timestamp[us]",
		"2024-01-01T10:00:00Z\n":              "timestamp[us, tz=UTC]",
		"2024-01-01T10:00:00Z\n2024-01-01\n":  "utf8",
		"10:00:00\n":                          "time64[us]",
		"\n\n":                                "null",
		"\n\"\"\n":                            "utf8",
		"\n\"\"\n1\n":                         "int64",
		"x\n1\n":                              "utf8",
	} {
		schema, err := csv.Infer([]byte("a\n"+in), true, csv.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := schema.Field(0).Type.String(); got != want {
			t.Errorf("Infer(%q) = %s, want %s", in, got, want)
		}
	}
	schema, err := csv.Infer([]byte("a,b\n1,2\n3,\"x"), false, csv.Options{}, map[string]arrow.DataType{"b": arrow.PrimitiveTypes.Float32})
	if err != nil {
		t.Fatal(err)
	}
	if got := schema.Field(0).Type.String() + " " + schema.Field(1).Type.String(); got != "int64 float32" {
		t.Errorf("with an override: %s", got)
	}
	if _, err := csv.Infer([]byte("a\n1\n"), true, csv.Options{}, map[string]arrow.DataType{"x": i64}); err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("an override of no column answered %v", err)
	}
}

func TestDecodeAtOnce(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	d, err := csv.NewDecoder(mem, trips(), nil, csv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := csv.NewSplitter(bytes.NewReader(tripsCSV(3000)), csv.Options{}, 1<<14, text.Mark{})
	counts := make(chan int64, 1000)
	n := 0
	for {
		b, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
		go func() {
			rec, rejected, err := d.Decode(b)
			if err != nil || rejected != nil {
				t.Errorf("Decode answered %v and %v", rejected, err)
			}
			b.Free()
			rows := rec.NumRows()
			rec.Release()
			counts <- rows
		}()
	}
	var rows int64
	for range n {
		rows += <-counts
	}
	if rows != 3000 {
		t.Errorf("%d rows of 3000", rows)
	}
}
